// SPDX-License-Identifier: Apache-2.0
//
// flower_client: an open-loop load generator for the flower model.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "examples/flower/client/load.h"

namespace flower {
namespace {

using nlohmann::json;
using tidegate::Error;
using tidegate::ErrorCode;
using tidegate::Result;

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

struct Arguments {
  std::string url;
  std::string profile;
  std::string questions;
  std::string spacing = "poisson";
  std::uint64_t seed = 1;
  std::size_t max_in_flight = 512;
  double timeout_s = 30;
  std::string progress_file;
  std::string summary_file;
  bool quiet = false;
};

Result<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return Error{ErrorCode::kNotFound, path + ": cannot be read"};
  }
  return text.str();
}

Result<LoadOptions> MakeOptions(const Arguments& arguments) {
  LoadOptions options;
  const Result<std::string> profile = ReadFile(arguments.profile);
  if (!profile) return profile.error();
  const Result<std::string> questions = ReadFile(arguments.questions);
  if (!questions) return questions.error();
  Result<Profile> parsed = ParseProfile(*profile, arguments.profile);
  if (!parsed) return parsed.error();
  Result<std::vector<Question>> list = ParseQuestions(*questions, arguments.questions);
  if (!list) return list.error();
  options.url = arguments.url;
  options.profile = *std::move(parsed);
  options.questions = *std::move(list);
  options.spacing = arguments.spacing == "even" ? Spacing::kEven : Spacing::kPoisson;
  options.seed = arguments.seed;
  options.max_in_flight = arguments.max_in_flight;
  options.timeout = std::chrono::milliseconds(static_cast<long>(arguments.timeout_s * 1e3));
  return options;
}

double Rounded(double value) { return std::round(value * 1e3) / 1e3; }

// Quantiles of nothing are null, never 0.
void AddQuantiles(const QuantileRecorder& latency, json& to) {
  const bool none = latency.count() == 0;
  to["p50_ms"] = none ? json() : json(Rounded(latency.Quantile(0.5)));
  to["p90_ms"] = none ? json() : json(Rounded(latency.Quantile(0.9)));
  to["p99_ms"] = none ? json() : json(Rounded(latency.Quantile(0.99)));
}

std::string SecondAsJson(const SecondReport& second) {
  json line = {{"t", Rounded(second.t)},  {"offered", Rounded(second.offered)},
               {"sent", second.sent},     {"answered", second.answered},
               {"failed", second.failed}, {"in_flight", second.in_flight}};
  AddQuantiles(second.latency, line);
  return line.dump();
}

void PrintSecond(const SecondReport& second) {
  std::fprintf(stderr,
               "%5.0f s  offered %6.1f/s  answered %4llu  failed %3llu  in flight %3zu"
               "  p50 %8.1f  p99 %8.1f ms\n",
               second.t, second.offered, static_cast<unsigned long long>(second.answered),
               static_cast<unsigned long long>(second.failed), second.in_flight,
               second.latency.Quantile(0.5), second.latency.Quantile(0.99));
}

json SummaryAsJson(const LoadSummary& summary) {
  json failures;
  for (std::size_t i = 0; i < kFailureNames.size(); ++i) {
    failures[std::string(kFailureNames[i])] = summary.failures[i];
  }
  json statuses = json::object();
  for (const auto& [status, count] : summary.statuses) statuses[std::to_string(status)] = count;
  json examples = json::array();
  for (const FailureExample& example : summary.examples) {
    examples.push_back({{"t", Rounded(example.t)},
                        {"kind", kFailureNames[static_cast<std::size_t>(example.kind)]},
                        {"detail", example.detail}});
  }
  json out = {{"start_unix", summary.start_unix},
              {"seconds", Rounded(summary.seconds)},
              {"requests", summary.requests},
              {"sent", summary.sent},
              {"answered", summary.answered},
              {"failed", summary.failed()},
              {"failures", failures},
              {"http_statuses", statuses},
              {"failure_examples", examples},
              {"retries", summary.retries},
              {"most_in_flight", summary.most_in_flight},
              {"throughput_per_s",
               Rounded(static_cast<double>(summary.answered) / std::max(summary.seconds, 1e-9))},
              {"mean_ms", Rounded(summary.latency.mean_ms())},
              {"max_ms", Rounded(summary.latency.max_ms())},
              {"interrupted", summary.interrupted}};
  AddQuantiles(summary.latency, out);
  return out;
}

int Fail(const std::string& message) {
  std::cerr << "flower_client: " << message << "\n";
  return 2;
}

int Run(const Arguments& arguments) {
  const Result<LoadOptions> options = MakeOptions(arguments);
  if (!options) return Fail(options.error().message);
  std::ofstream progress;
  if (!arguments.progress_file.empty()) {
    progress.open(arguments.progress_file);
    if (!progress) return Fail(arguments.progress_file + ": cannot be written");
  }
  const Result<LoadSummary> summary = RunLoad(
      *options,
      [&](const SecondReport& second) {
        if (progress.is_open()) progress << SecondAsJson(second) << std::endl;
        if (!arguments.quiet) PrintSecond(second);
      },
      stop_requested);
  if (!summary) return Fail(summary.error().message);
  const std::string text =
      SummaryAsJson(*summary).dump(1, ' ', false, json::error_handler_t::replace);
  if (arguments.summary_file.empty()) {
    std::cout << text << "\n";
  } else if (std::ofstream file(arguments.summary_file); !(file << text << "\n")) {
    return Fail(arguments.summary_file + ": cannot be written");
  }
  return summary->failed() == 0 ? 0 : 1;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Sends flowers to classify at a given rate, whatever the servers do, and measures.");
  app.footer("Exit status: 0 all were answered rightly, 1 some were not, 2 a usage error.");
  app.add_option("url", arguments.url, "http://HOST:PORT/v2/models/flower/infer")->required();
  app.add_option("--profile", arguments.profile, "file with hold, ramp and step lines")->required();
  app.add_option("--questions", arguments.questions, "training/answers.csv")->required();
  app.add_option("--spacing", arguments.spacing, "of the requests")
      ->check(CLI::IsMember({"poisson", "even"}))
      ->capture_default_str();
  app.add_option("--seed", arguments.seed, "of the Poisson arrivals")->capture_default_str();
  app.add_option("--max-in-flight", arguments.max_in_flight, "beyond it requests are not sent")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--timeout", arguments.timeout_s, "seconds for one request")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  app.add_option("--progress-json", arguments.progress_file, "file: one JSON line each second");
  app.add_option("--summary", arguments.summary_file, "file for the summary; default: stdout");
  app.add_flag("--quiet", arguments.quiet, "no progress on standard error");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  std::signal(SIGINT, [](int) { stop_requested = true; });
  std::signal(SIGTERM, [](int) { stop_requested = true; });
  return Run(arguments);
}

}  // namespace
}  // namespace flower

int main(int argc, char** argv) { return flower::Main(argc, argv); }
