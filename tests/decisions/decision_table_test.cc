// SPDX-License-Identifier: Apache-2.0
//
// Runs tests/decisions/*.table; README.md beside them says how to read and write one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tidegate/plan.h"

namespace tidegate {
namespace {

using Settings = std::map<std::string, std::string>;

const std::filesystem::path kFolder =
    std::filesystem::path(TIDEGATE_SOURCE_DIR) / "tests/decisions";

std::string Get(const Settings& settings, const std::string& key, const std::string& otherwise) {
  const auto found = settings.find(key);
  return found == settings.end() ? otherwise : found->second;
}

Settings ParseWords(const std::string& text) {
  Settings settings;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const auto equals = word.find('=');
    settings[word.substr(0, equals)] = equals == std::string::npos ? "" : word.substr(equals + 1);
  }
  return settings;
}

Duration ParseDuration(const std::string& text) {
  std::size_t used = 0;
  const double number = std::stod(text, &used);
  const std::string unit = text.substr(used);
  const double seconds = unit == "ms" ? number / 1000 : unit == "m" ? number * 60 : number;
  return Duration(static_cast<std::int64_t>(seconds * 1e9));
}

ScalingRules ParseRules(const Settings& settings, const std::string& direction,
                        ScalingRules rules) {
  if (Get(settings, direction, "") == "uncapped") {
    rules.policies = {{ScalingPolicyType::kPods, 1'000'000, std::chrono::seconds(1)}};
  }
  if (settings.contains(direction + ".window")) {
    rules.stabilization_window = ParseDuration(settings.at(direction + ".window"));
  }
  if (settings.contains(direction + ".tolerance")) {
    rules.tolerance = std::stod(settings.at(direction + ".tolerance"));
  }
  const std::string select = Get(settings, direction + ".select", "Max");
  rules.select_policy = select == "Min"   ? SelectPolicy::kMin
                        : select == "Max" ? SelectPolicy::kMax
                                          : SelectPolicy::kDisabled;
  if (!settings.contains(direction + ".policies")) return rules;
  rules.policies.clear();
  std::istringstream list(settings.at(direction + ".policies"));
  for (std::string item; std::getline(list, item, ',');) {
    const auto slash = item.find('/');
    const bool percent = item[slash - 1] == '%';
    rules.policies.push_back({percent ? ScalingPolicyType::kPercent : ScalingPolicyType::kPods,
                              std::stoi(item), ParseDuration(item.substr(slash + 1))});
  }
  return rules;
}

ScalingSpec ParseSpec(const Settings& settings) {
  ScalingSpec spec;
  spec.workload = "web";
  spec.min_replicas = std::stoi(Get(settings, "min", "1"));
  spec.max_replicas = std::stoi(Get(settings, "max", "10"));
  MetricSpec metric{.name = "m"};
  metric.target.average_value = std::stoll(Get(settings, "target", "100")) * 1000;
  spec.metrics = {metric};
  spec.missing_data =
      Get(settings, "missing", "hold") == "fill" ? MissingData::kFill : MissingData::kHold;
  if (Get(settings, "behavior", "") == "none") return spec;
  const Behavior defaults = DefaultBehavior();
  spec.behavior = Behavior{.scale_up = ParseRules(settings, "up", defaults.scale_up),
                           .scale_down = ParseRules(settings, "down", defaults.scale_down)};
  return spec;
}

WorkloadInput ParseRow(const ScalingSpec& spec, const Settings& row) {
  WorkloadInput input{
      .spec = spec, .observation = {}, .readings = {{}}, .history = {}, .error = std::nullopt};
  const int replicas = std::stoi(row.at("replicas"));
  const int ready = std::stoi(Get(row, "ready", row.at("replicas")));
  const int doubtful = std::stoi(Get(row, "doubt", "0"));
  input.observation.spec_replicas = input.observation.status_replicas = replicas;
  Reading& reading = input.readings.front();
  for (int i = 0; i < replicas; ++i) {
    const std::string name = "web-" + std::to_string(i);
    input.observation.replicas.push_back(
        {.name = name,
         .phase = i < ready ? ReplicaPhase::kRunning : ReplicaPhase::kPending,
         .ready = i < ready ? ConditionStatus::kTrue : ConditionStatus::kFalse,
         .start_time = TimePoint(std::chrono::seconds(-3600))});
    if (i < doubtful) {
      reading.doubts.push_back({DoubtKind::kStale, name, "newest sample is 11.0 s old"});
    } else if (row.at("m") != "-") {
      reading.replicas.push_back({.replica = name, .value = std::stoll(row.at("m")) * 1000});
    }
  }
  if (reading.replicas.empty()) reading.error = Error{ErrorCode::kNoData, "no samples"};
  return input;
}

std::string Answer(const WorkloadOutput& output) {
  std::string text = std::to_string(output.decision.desired);
  for (const Step& step : output.decision.steps) {
    text += " " + std::string(ToString(step.stage)) + "=" + std::to_string(step.replicas);
  }
  return text;
}

// Runs a table's text and returns it with the answers that were given.
std::string AnswerTable(std::istream& in) {
  std::ostringstream out;
  ScalingSpec spec;
  PolicySet policies;
  History history;
  for (std::string line; std::getline(in, line);) {
    const auto arrow = line.find(" -> ");
    if (line.rfind("# spec:", 0) == 0) {
      spec = ParseSpec(ParseWords(line.substr(7)));
      history = {};
      EXPECT_TRUE(policies.AddAll(spec, BuiltinPolicies()).ok());
    }
    if (arrow == std::string::npos) {
      out << line << '\n';
      continue;
    }
    const Settings row = ParseWords(line.substr(0, arrow));
    const TimePoint now(ParseDuration(row.at("t")));
    WorkloadInput input = ParseRow(spec, row);
    if (row.contains("restart")) history = {};
    input.history = history;
    const WorkloadOutput output = Decide(input, policies, now);
    history = output.next;
    if (output.command) {
      RecordScale(spec, output.decision.current, output.command->replicas, now, history);
    }
    out << line.substr(0, arrow) << " -> " << Answer(output) << '\n';
  }
  return out.str();
}

class DecisionTableTest : public testing::TestWithParam<std::string> {};

TEST_P(DecisionTableTest, AnswersAsWritten) {
  const std::filesystem::path path = kFolder / (GetParam() + ".table");
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::stringstream text;
  text << file.rdbuf();
  const std::string answered = AnswerTable(text);
  if (std::getenv("GOLDEN_UPDATE") != nullptr) {
    std::ofstream(path) << answered;
    return;
  }
  EXPECT_EQ(answered, text.str());
}

std::vector<std::string> Tables() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".table") names.push_back(entry.path().stem());
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Tables, DecisionTableTest, testing::ValuesIn(Tables()),
                         [](const auto& table) { return table.param; });

}  // namespace
}  // namespace tidegate
