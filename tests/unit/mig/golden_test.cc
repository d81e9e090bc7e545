// SPDX-License-Identifier: Apache-2.0
//
// A sample of the golden set: optima and least moves from integer programmes solved elsewhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/golden/golden_file.h"
#include "tests/golden/sets.h"
#include "tidegate/mig.h"

namespace tidegate::golden {
namespace {

using Json = nlohmann::json;

// Compute-weighted share of the requests that got a place.
double Served(const Json& test, const Json& placed) {
  const DeviceModel model = FindDeviceModel(test.at("board").get<std::string>()).value();
  double served = 0, asked = 0;
  std::size_t next = 0;
  for (const Json& event : test.at("events")) {
    if (event[0] != "add") continue;
    const std::size_t profile = FindProfile(model, event[2].get<std::string>()).value();
    asked += model.profiles[profile].compute_slices;
    served += placed.at(next++).is_null() ? 0 : model.profiles[profile].compute_slices;
  }
  return served / asked;
}

void Compare(const Json& test, const Json& answer) {
  ASSERT_FALSE(answer.contains("unsupported")) << answer;
  const std::string kind = test.at("kind");
  if (kind == "static") {
    EXPECT_EQ(answer.at("gpus"), test.at("gpus"));
    EXPECT_TRUE(answer.at("proven").get<bool>());
  } else if (kind == "mixed") {
    EXPECT_NEAR(answer.at("price").get<double>(), test.at("cost").get<double>(), 1e-6);
    EXPECT_NEAR(answer.at("bound").get<double>(), test.at("cost").get<double>(), 1e-6);
  } else if (kind == "online") {
    double best = 0;
    for (const Json& rule : test.at("baselines")) best = std::max(best, rule[1].get<double>());
    EXPECT_GE(Served(test, answer.at("placed")), best - 0.003);
  } else {
    if (kind == "admit") {
      EXPECT_EQ(answer.at("feasible"), test.at("feasible"));
      if (!test.at("feasible").get<bool>()) return;
    }
    EXPECT_EQ(answer.at("moves").size(), test.at("moves").get<std::size_t>());
    EXPECT_LE(answer.at("least"), test.at("moves"));
  }
}

TEST(MigGoldenTest, FindsTheOptima) {
  const std::string cases = ReadGoldenFile("mig/sample.jsonl.gz");
  std::istringstream in(cases);
  std::ostringstream results;
  ASSERT_EQ(RunMigSet(in, results), 0);
  std::map<std::string, Json> answers;
  std::istringstream lines(results.str());
  for (std::string line; std::getline(lines, line);) {
    const Json answer = Json::parse(line);
    answers[answer.at("id")] = answer;
  }
  std::size_t compared = 0;
  std::istringstream tests(cases);
  for (std::string line; std::getline(tests, line); ++compared) {
    const Json test = Json::parse(line);
    SCOPED_TRACE(test.at("id"));
    Compare(test, answers.at(test.at("id")));
  }
  EXPECT_GE(compared, 300U);
}

}  // namespace
}  // namespace tidegate::golden
