// SPDX-License-Identifier: Apache-2.0
#include "tidegate/reporters/prometheus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cctype>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

#include "tests/support/tick_fixture.h"
#include "tidegate/version.h"

namespace tidegate {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using testing::DownTarget;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using testing::TickFixture;
using testing::UpTarget;

constexpr TimePoint kT0{seconds(1'700'000'000)};

bool IsNameCharacter(char c, bool first) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == ':' ||
         (!first && std::isdigit(static_cast<unsigned char>(c)) != 0);
}

/// Takes a metric or label name off the front; empty if there is none.
std::string TakeName(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && IsNameCharacter(text[size], size == 0)) ++size;
  const std::string name(text.substr(0, size));
  text.remove_prefix(size);
  return name;
}

/// Takes `{a="…",b="…"}` off the front, if it is there and well-formed.
std::string TakeLabels(std::string_view& text) {
  if (text.empty() || text.front() != '{') return "";
  const std::string_view start = text;
  do {
    text.remove_prefix(1);  // the brace or the comma
    EXPECT_NE(TakeName(text), "") << start;
    EXPECT_EQ(text.substr(0, 2), "=\"") << start;
    text.remove_prefix(2);
    while (!text.empty() && text.front() != '"') {
      const bool escaped = text.front() == '\\';
      if (escaped) {
        EXPECT_NE(std::string_view("\\\"n").find(text.at(1)), std::string_view::npos) << start;
      }
      text.remove_prefix(escaped ? 2 : 1);
    }
    EXPECT_FALSE(text.empty()) << start;
    text.remove_prefix(1);
  } while (!text.empty() && text.front() == ',');
  EXPECT_EQ(text.substr(0, 1), "}") << start;
  text.remove_prefix(1);
  return std::string(start.substr(0, start.size() - text.size()));
}

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool IsSampleOf(const std::string& name, const std::string& family, const std::string& type) {
  if (type != "histogram") return name == family;
  return name == family + "_bucket" || name == family + "_sum" || name == family + "_count";
}

/// A page, checked line by line: each sample belongs to the family whose HELP and TYPE came
/// before it, no family and no series comes twice, counters and only they end in _total.
std::map<std::string, double> Parse(const std::string& page) {
  std::map<std::string, double> series;
  std::set<std::string> families;
  std::string family;
  std::string type;
  std::istringstream in(page);
  for (std::string line; std::getline(in, line);) {
    std::string_view rest = line;
    if (line.substr(0, 7) == "# HELP ") {
      rest.remove_prefix(7);
      family = TakeName(rest);
      EXPECT_TRUE(families.insert(family).second) << line;
      EXPECT_GT(rest.size(), 5u) << line;
    } else if (line.substr(0, 7) == "# TYPE ") {
      rest.remove_prefix(7);
      EXPECT_EQ(TakeName(rest), family) << line;
      type = rest.substr(1);
      EXPECT_TRUE(type == "counter" || type == "gauge" || type == "histogram") << line;
      EXPECT_EQ(EndsWith(family, "_total"), type == "counter") << line;
    } else {
      std::string name = TakeName(rest);
      EXPECT_TRUE(IsSampleOf(name, family, type)) << line;
      name += TakeLabels(rest);
      EXPECT_EQ(rest.substr(0, 1), " ") << line;
      const std::string value(rest.substr(1));
      std::size_t used = 0;
      EXPECT_TRUE(series.emplace(name, std::stod(value, &used)).second) << line;
      EXPECT_EQ(used, value.size()) << line;
    }
  }
  EXPECT_EQ(page.back(), '\n');
  return series;
}

class PrometheusReporterTest : public ::testing::Test {
 protected:
  std::map<std::string, double> Tick(TickFixture tick, Duration later = seconds(1)) {
    tick.SendTo(*reporter_, now_ += later);
    return Parse(reporter_->Page());
  }

  std::unique_ptr<PrometheusReporter> reporter_ = MakePrometheusReporter();
  TimePoint now_ = kT0;
};

TEST_F(PrometheusReporterTest, BeforeTheFirstTick) {
  const auto page = Parse(reporter_->Page());
  EXPECT_THAT(page,
              Contains(Pair("tidegate_build_info{version=\"" + std::string(kVersion) + "\"}", 1)));
  EXPECT_THAT(page, Contains(Pair("tidegate_ticks_total", 0)));
  EXPECT_THAT(page, Not(Contains(Key("tidegate_config_last_reload_successful"))));
  EXPECT_GT(page.at("process_resident_memory_bytes"), 1e5);
  EXPECT_GE(page.at("process_open_fds"), 3);
  EXPECT_GE(page.at("process_cpu_seconds_total"), 0);
  EXPECT_GT(page.at("process_start_time_seconds"), 1.6e9);
}

TEST_F(PrometheusReporterTest, CountsAndSignals) {
  TickFixture tick;
  tick.Add("ns/flower", 2, 3);
  tick.applied[0].scaled = true;
  tick.input.workloads[0].observation.replicas[1].ready = ConditionStatus::kFalse;
  tick.input.workloads[0].readings.resize(1);
  tick.input.workloads[0].readings[0].age = std::chrono::milliseconds(1500);
  MetricTrace trace;
  trace.metric = "pods metric \"queue\"\n";
  trace.proposal = 3;
  tick.output.workloads[0].decision.metrics = {trace};
  const auto page = Tick(tick);
  const std::string w = "{workload=\"ns/flower\"}";
  EXPECT_EQ(page.at("tidegate_desired_replicas" + w), 3);
  EXPECT_EQ(page.at("tidegate_current_replicas" + w), 2);
  EXPECT_EQ(page.at("tidegate_ready_replicas" + w), 1);
  EXPECT_EQ(page.at("tidegate_min_replicas" + w), 1);
  EXPECT_EQ(page.at("tidegate_max_replicas" + w), 7);
  EXPECT_EQ(page.at("tidegate_signal_age_seconds{workload=\"ns/flower\",metric=\"queue_us\"}"),
            1.5);
  EXPECT_EQ(page.at("tidegate_recommendation{workload=\"ns/flower\",metric=\"pods metric "
                    "\\\"queue\\\"\\n\"}"),
            3);
  EXPECT_EQ(page.at("tidegate_scale_actions_total{workload=\"ns/flower\",direction=\"up\","
                    "result=\"success\"}"),
            1);
  EXPECT_EQ(page.at("tidegate_ticks_total"), 1);
  EXPECT_EQ(page.at("tidegate_decision_duration_seconds_count"), 1);
  EXPECT_EQ(page.at("tidegate_tick_lateness_seconds_count"), 1);
  EXPECT_DOUBLE_EQ(page.at("tidegate_tick_lateness_seconds_sum"), 0.002);
}

TEST_F(PrometheusReporterTest, CountsRestartsSinceItLooks) {
  const std::string restarts = "tidegate_replica_restarts_total{workload=\"flower\"}";
  TickFixture tick;
  tick.Add("flower", 2, 2);
  std::vector<Replica>& replicas = tick.input.workloads[0].observation.replicas;
  replicas[0].restarts = 5;
  EXPECT_EQ(Tick(tick).at(restarts), 0);
  replicas[0].restarts = 7;       // under its name
  replicas[1].name = "flower-2";  // a successor
  replicas[1].restarts = 1;
  EXPECT_EQ(Tick(tick).at(restarts), 3);
  replicas.pop_back();
  EXPECT_EQ(Tick(tick).at(restarts), 3);
}

TEST_F(PrometheusReporterTest, WhatCannotBeObservedIsAbsentNotZero) {
  TickFixture tick;
  tick.Add("flower", 3, 3);
  Tick(tick);
  TickFixture blind;
  blind.Add("flower", 0, 0);
  blind.Hold(0, {ErrorCode::kDeadlineExceeded, "observing took too long"});
  blind.input.workloads[0].error = blind.output.workloads[0].decision.error;
  const auto page = Tick(blind);
  EXPECT_EQ(page.at("tidegate_desired_replicas{workload=\"flower\"}"), 3);
  EXPECT_THAT(page, Not(Contains(Key("tidegate_current_replicas{workload=\"flower\"}"))));
  EXPECT_THAT(page, Not(Contains(Key("tidegate_ready_replicas{workload=\"flower\"}"))));
  EXPECT_EQ(page.at("tidegate_held{workload=\"flower\",reason=\"DeadlineExceeded\"}"), 1);
}

TEST_F(PrometheusReporterTest, HeldByKindOfDoubt) {
  TickFixture held;
  held.Add("flower", 3, 1);
  held.HoldOnDoubt(0, {DoubtKind::kStale, "flower-2", "newest sample is 11 s old"});
  auto page = Tick(held);
  EXPECT_EQ(page.at("tidegate_held{workload=\"flower\",reason=\"stale\"}"), 1);
  TickFixture fine;
  fine.Add("flower", 3, 3);
  page = Tick(fine);
  EXPECT_EQ(page.at("tidegate_held{workload=\"flower\",reason=\"stale\"}"), 0);
}

TEST_F(PrometheusReporterTest, FallbacksThatStandIn) {
  TickFixture tick;
  tick.Add("flower", 3, 3);
  const std::string series = "tidegate_fallbacks{workload=\"flower\"}";
  EXPECT_THAT(Tick(tick), Not(Contains(Key(series))));
  tick.input.workloads[0].spec.fallbacks.emplace_back();
  EXPECT_EQ(Tick(tick).at(series), 0);
  tick.output.workloads[0].decision.steps.push_back({.cause = StepCause::kFallback});
  EXPECT_EQ(Tick(tick).at(series), 1);
}

TEST_F(PrometheusReporterTest, MetricsWithoutTheReplicasThatAreMissing) {
  TickFixture tick;
  tick.Add("flower", 3, 3);
  const std::string series = "tidegate_metrics_without_missing_replicas{workload=\"flower\"}";
  EXPECT_THAT(Tick(tick), Not(Contains(Key(series))));
  tick.input.workloads[0].spec.missing_replicas.emplace();
  EXPECT_EQ(Tick(tick).at(series), 0);
  tick.output.workloads[0].decision.steps.push_back({.cause = StepCause::kMissingReplicas});
  EXPECT_EQ(Tick(tick).at(series), 1);
}

TEST_F(PrometheusReporterTest, TargetsComeAndGoAndAreCountedOncePerScrape) {
  TickFixture tick;
  tick.Add("flower", 2, 2);
  tick.targets[0] = {UpTarget("flower-0", kT0), DownTarget("flower-1", kT0, "connect refused")};
  auto page = Tick(tick);
  EXPECT_EQ(page.at("tidegate_scrape_up{workload=\"flower\",replica=\"flower-0\"}"), 1);
  EXPECT_EQ(page.at("tidegate_scrape_up{workload=\"flower\",replica=\"flower-1\"}"), 0);
  EXPECT_EQ(page.at("tidegate_stale_targets{workload=\"flower\"}"), 1);
  const std::string count = "tidegate_scrape_duration_seconds_count{workload=\"flower\"}";
  EXPECT_EQ(page.at(count), 2);
  EXPECT_EQ(Tick(tick).at(count), 2) << "not due: the same results again";
  tick.targets[0] = {UpTarget("flower-0", kT0 + seconds(5))};
  page = Tick(tick);
  EXPECT_EQ(page.at(count), 3);
  EXPECT_THAT(page,
              Not(Contains(Key("tidegate_scrape_up{workload=\"flower\",replica=\"flower-1\"}"))));
  EXPECT_EQ(page.at("tidegate_stale_targets{workload=\"flower\"}"), 0);
}

// Two sources ask the same replica: it is up if both are answered.
TEST_F(PrometheusReporterTest, AReplicaWithTwoTargetsIsUpIfBothAre) {
  TickFixture tick;
  tick.Add("flower", 1, 1);
  for (const bool first_fails : {true, false}) {
    TargetState fails = DownTarget("flower-0", kT0, "HTTP 404");
    fails.target = first_fails ? "http://127.0.0.1:1/a" : "http://127.0.0.1:1/z";
    tick.targets[0] = {UpTarget("flower-0", kT0), fails};
    const auto page = Tick(tick);
    EXPECT_EQ(page.at("tidegate_scrape_up{workload=\"flower\",replica=\"flower-0\"}"), 0);
    EXPECT_EQ(page.at("tidegate_stale_targets{workload=\"flower\"}"), 1);
  }
}

TEST_F(PrometheusReporterTest, JobsByWhatTheyFound) {
  TickFixture tick;
  TargetState up = UpTarget("", kT0);
  up.job = "gw";
  up.labels = {{"instance", "h:1"}};
  TargetState down = DownTarget("", kT0, "HTTP 404");
  down.job = "gw";
  down.labels = {{"instance", "h:2"}};
  TargetState none;
  none.job = "empty";
  none.error = "selects none of the workloads";
  tick.fleet_targets = {up, down, none};
  const auto page = Tick(tick);
  EXPECT_EQ(page.at("tidegate_job_targets{job=\"gw\"}"), 2);
  EXPECT_EQ(page.at("tidegate_job_targets_up{job=\"gw\"}"), 1);
  EXPECT_EQ(page.at("tidegate_job_targets{job=\"empty\"}"), 0);
  EXPECT_EQ(page.at("tidegate_job_targets_up{job=\"empty\"}"), 0);
}

TEST_F(PrometheusReporterTest, ActionsByDirectionAndResult) {
  TickFixture failed;
  failed.Add("flower", 3, 1);
  failed.applied[0].error = Error{ErrorCode::kUnavailable, "no"};
  auto page = Tick(failed);
  EXPECT_EQ(page.at("tidegate_scale_actions_total{workload=\"flower\",direction=\"down\","
                    "result=\"failure\"}"),
            1);
  TickFixture done;  // a slow backend, which has finished the change by now
  done.Add("flower", 1, 1);
  done.applied[0].scaled = true;
  page = Tick(done);
  EXPECT_EQ(page.at("tidegate_scale_actions_total{workload=\"flower\",direction=\"down\","
                    "result=\"success\"}"),
            1);
}

TEST_F(PrometheusReporterTest, ForgetsWorkloadsThatAreGone) {
  TickFixture both;
  both.Add("a", 1, 1);
  both.Add("b", 1, 1);
  Tick(both);
  TickFixture one;
  one.Add("a", 1, 1);
  // Not due at a tick is not gone.
  EXPECT_THAT(Tick(one, std::chrono::hours(1)),
              Contains(Key("tidegate_desired_replicas{workload=\"b\"}")));
  reporter_->OnReplace({"a", "c"});
  const std::string page = reporter_->Page();
  EXPECT_THAT(page, Not(HasSubstr("workload=\"b\"")));
  EXPECT_THAT(Parse(page), Contains(Key("tidegate_desired_replicas{workload=\"a\"}")));
}

TEST_F(PrometheusReporterTest, ReloadsAndTheStore) {
  reporter_->SetConfigReload(false);
  SeriesStoreStats stats;
  stats.series = 42;
  stats.ingested_total = 1'000'000'007;
  stats.duplicate_total = 3;
  stats.skipped_total = 5;
  stats.skipped_lines_total = 5;
  reporter_->SetStoreStats(stats);
  auto page = Parse(reporter_->Page());
  EXPECT_EQ(page.at("tidegate_config_last_reload_successful"), 0);
  EXPECT_EQ(page.at("tidegate_series"), 42);
  EXPECT_EQ(page.at("tidegate_ingested_samples_total"), 1'000'000'007);
  EXPECT_EQ(page.at("tidegate_skipped_lines_total"), 5);
  EXPECT_EQ(page.at("tidegate_refused_total{reason=\"duplicate\"}"), 3);
  EXPECT_EQ(page.at("tidegate_skipped_samples_total"), 5);
  EXPECT_EQ(page.at("tidegate_refused_total{reason=\"series_limit\"}"), 0);
  reporter_->SetConfigReload(true);
  page = Parse(reporter_->Page());
  EXPECT_EQ(page.at("tidegate_config_last_reload_successful"), 1);
}

TEST_F(PrometheusReporterTest, PagesAreMadeWhileTicksArrive) {
  std::atomic<bool> stop = false;
  std::jthread reader([this, &stop] {
    while (!stop) EXPECT_FALSE(reporter_->Page().empty());
  });
  for (int i = 0; i < 200; ++i) {
    TickFixture tick;
    tick.Add("flower", i % 7, 3);
    tick.targets[0] = {UpTarget("flower-" + std::to_string(i), now_)};
    tick.SendTo(*reporter_, now_ += seconds(1));
    reporter_->SetStoreStats({});
    reporter_->SetConfigReload(true);
  }
  stop = true;
}

}  // namespace
}  // namespace tidegate
