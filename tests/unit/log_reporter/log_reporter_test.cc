// SPDX-License-Identifier: Apache-2.0
#include "tidegate/reporters/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "tests/support/tick_fixture.h"

namespace tidegate {
namespace {

using std::chrono::seconds;
using testing::DownTarget;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;
using testing::TickFixture;
using testing::UpTarget;

constexpr TimePoint kT0{seconds(1'700'000'000)};

class LogReporterTest : public ::testing::Test {
 protected:
  LogReporterTest() : before_(spdlog::default_logger()) {
    EXPECT_TRUE(ConfigureLogging("info", "text", &out_).ok());
  }
  ~LogReporterTest() override { spdlog::set_default_logger(before_); }

  /// The messages, without time, since the last call.
  std::vector<std::string> Lines() {
    std::vector<std::string> lines;
    std::istringstream in(out_.str());
    out_.str("");
    for (std::string line; std::getline(in, line);) lines.push_back(line.substr(25));
    return lines;
  }
  std::vector<std::string> Tick(TickFixture tick) {
    tick.SendTo(*reporter_, now_ += seconds(1));
    return Lines();
  }

  std::shared_ptr<spdlog::logger> before_;
  std::ostringstream out_;
  std::unique_ptr<Reporter> reporter_ = MakeLogReporter();
  TimePoint now_ = kT0;
};

TEST_F(LogReporterTest, IsQuietWhileNothingChanges) {
  for (int i = 0; i < 5; ++i) {
    TickFixture tick;
    tick.Add("flower", 2, 2);
    tick.targets[0] = {UpTarget("flower-0", now_), UpTarget("flower-1", now_)};
    EXPECT_THAT(Tick(std::move(tick)), IsEmpty());
  }
}

TEST_F(LogReporterTest, SaysEachChangeOnce) {
  TickFixture tick;
  tick.Add("flower", 1, 3);
  tick.applied[0].scaled = true;
  EXPECT_THAT(Tick(tick),
              ElementsAre("info flower: scaled from 1 to 3: pods metric queue_us above target"));
  TickFixture after;
  after.Add("flower", 3, 3);
  EXPECT_THAT(Tick(after), IsEmpty());
}

TEST_F(LogReporterTest, SaysThatSlicesAreLackingOnceAndMovesEachTime) {
  const auto with = [](StepCause cause, const std::string& reason) {
    TickFixture tick;
    tick.Add("flower", 1, 1);
    tick.output.workloads[0].decision.steps.push_back(
        {.stage = Stage::kPlace, .cause = cause, .replicas = 1, .reason = reason});
    return tick;
  };
  const TickFixture refused = with(StepCause::kNoRoom, "slices for 1 of 3 replicas");
  EXPECT_THAT(Tick(refused), ElementsAre("warning flower: slices for 1 of 3 replicas"));
  EXPECT_THAT(Tick(refused), IsEmpty());
  EXPECT_THAT(Tick(with(StepCause::kMove, "moves flower-0")),
              ElementsAre("info flower: moves flower-0",
                          "info flower: has a slice for each replica again"));
  EXPECT_THAT(Tick(with(StepCause::kMove, "moves flower-1")),
              ElementsAre("info flower: moves flower-1"));
}

TEST_F(LogReporterTest, AChangeThatTakesSeveralTicks) {
  TickFixture tick;
  tick.Add("flower", 3, 1);
  EXPECT_THAT(
      Tick(tick),
      ElementsAre("info flower: wants to go from 3 to 1: pods metric queue_us above target"));
  EXPECT_THAT(Tick(tick), IsEmpty());
  TickFixture done;
  done.Add("flower", 1, 1);
  done.applied[0].scaled = true;
  EXPECT_THAT(Tick(done), ElementsAre(HasSubstr("flower: scaled from 3 to 1")));
}

TEST_F(LogReporterTest, SaysStartAndEndOfAHoldAndANewReasonButNotANewAge) {
  const auto stale = [](const std::string& detail) {
    TickFixture tick;
    tick.Add("flower", 3, 1);
    tick.HoldOnDoubt(0, {DoubtKind::kStale, "flower-2", detail});
    return tick;
  };
  EXPECT_THAT(Tick(stale("newest sample is 11 s old")),
              ElementsAre("warning flower: holds 3 replicas: no scale-down: newest sample is 11 s "
                          "old"));
  EXPECT_THAT(Tick(stale("newest sample is 12 s old")), IsEmpty());
  TickFixture late;
  late.Add("flower", 3, 3);
  late.Hold(0, {ErrorCode::kDeadlineExceeded, "observing took too long"});
  late.input.workloads[0].error = late.output.workloads[0].decision.error;
  EXPECT_THAT(Tick(late), ElementsAre("warning flower: holds: observing took too long"));
  TickFixture fine;
  fine.Add("flower", 3, 3);
  EXPECT_THAT(Tick(fine), ElementsAre("info flower: no longer holds, after 3.0 s"));
}

TEST_F(LogReporterTest, AFailingMetricThatDoesNotHoldIsNoHold) {
  TickFixture tick;
  tick.Add("flower", 3, 3);
  tick.output.workloads[0].decision.error = Error{ErrorCode::kNoData, "one of two metrics"};
  EXPECT_THAT(Tick(tick), IsEmpty());
}

TEST_F(LogReporterTest, SaysStartAndEndOfAFault) {
  TickFixture bad;
  bad.Add("flower", 3, 3);
  bad.applied[0].error = Error{ErrorCode::kUnavailable, "nginx -t failed"};
  EXPECT_THAT(Tick(bad), ElementsAre("warning flower: cannot apply: Unavailable: nginx -t failed"));
  EXPECT_THAT(Tick(bad), IsEmpty());
  TickFixture good;
  good.Add("flower", 3, 3);
  EXPECT_THAT(Tick(good), ElementsAre("info flower: applying works again"));
}

TEST_F(LogReporterTest, SaysWhichReplicasWereStartedAgain) {
  TickFixture tick;
  tick.Add("flower", 2, 2);
  Observation& seen = tick.input.workloads[0].observation;
  ASSERT_THAT(seen.replicas, SizeIs(2));
  seen.replicas[0].restarts = 7;  // before there was anybody to see it
  EXPECT_THAT(Tick(tick), IsEmpty());
  seen.replicas[1].name = "flower-2";
  seen.replicas[1].restarts = 1;
  seen.replicas[1].restart_reason = "flower-1 exited with code 1";
  EXPECT_THAT(Tick(tick),
              ElementsAre("warning flower: replica flower-2: restart 1: flower-1 exited "
                          "with code 1"));
  EXPECT_THAT(Tick(tick), IsEmpty());
  seen.replicas[0].restarts = 9;
  EXPECT_THAT(Tick(tick), ElementsAre("warning flower: replica flower-0: restart 9"));
  TickFixture blind = tick;
  blind.input.workloads[0].error = Error{ErrorCode::kUnavailable, "no API server"};
  blind.input.workloads[0].observation.replicas.clear();
  EXPECT_THAT(Tick(blind), Each(Not(HasSubstr("restart"))));
  EXPECT_THAT(Tick(tick), IsEmpty());  // what it knew before is known still
}

TEST_F(LogReporterTest, AWorkloadThatWasGoneIsNews) {
  TickFixture bad;
  bad.Add("flower", 3, 3);
  bad.applied[0].error = Error{ErrorCode::kUnavailable, "nginx -t failed"};
  EXPECT_THAT(Tick(bad), SizeIs(1));
  reporter_->OnReplace({"flower"});
  EXPECT_THAT(Tick(bad), IsEmpty());
  reporter_->OnReplace({});
  EXPECT_THAT(Tick(bad), SizeIs(1));
}

TEST_F(LogReporterTest, SaysWhichTargetsGoDownAndComeBack) {
  const auto with = [this](TargetState second) {
    TickFixture tick;
    tick.Add("flower", 2, 2);
    tick.targets[0] = {UpTarget("flower-0", now_), std::move(second)};
    return tick;
  };
  EXPECT_THAT(Tick(with(UpTarget("flower-1", now_))), IsEmpty());
  EXPECT_THAT(Tick(with(DownTarget("flower-1", now_, "connect refused"))),
              ElementsAre("warning flower: target flower-1 is down: connect refused"));
  EXPECT_THAT(Tick(with(DownTarget("flower-1", now_, "connect refused"))), IsEmpty());
  // Not observed in between: nothing is known, nothing is said.
  TickFixture blind = with(UpTarget("flower-1", now_));
  blind.targets[0].clear();
  blind.Hold(0, {ErrorCode::kDeadlineExceeded, "late"});
  blind.input.workloads[0].error = blind.output.workloads[0].decision.error;
  EXPECT_THAT(Tick(blind), ElementsAre(HasSubstr("holds")));
  EXPECT_THAT(
      Tick(with(UpTarget("flower-1", now_))),
      ElementsAre(HasSubstr("no longer holds"), "info flower: target flower-1 is up again"));
}

TEST_F(LogReporterTest, SaysThatLinesAreSkippedWhenThereAreMoreAndWhenItEnds) {
  const auto skipping = [&](std::size_t lines) {
    TickFixture tick;
    tick.Add("flower", 1, 1);
    TargetState target = UpTarget("flower-0", now_);
    target.skipped_lines = lines;
    if (lines > 0) target.warning = std::to_string(lines) + " skipped, the first: line 3, column 1";
    tick.targets[0] = {target};
    return Tick(std::move(tick));
  };
  EXPECT_THAT(skipping(0), IsEmpty());
  EXPECT_THAT(skipping(2),
              ElementsAre("warning flower: target flower-0: 2 skipped, the first: line 3, "
                          "column 1"));
  EXPECT_THAT(skipping(2), IsEmpty());
  EXPECT_THAT(skipping(1), IsEmpty());
  EXPECT_THAT(skipping(3), SizeIs(1));
  EXPECT_THAT(skipping(0),
              ElementsAre("info flower: target flower-0: no line is skipped any more"));
  EXPECT_THAT(skipping(1), SizeIs(1));
}

TEST_F(LogReporterTest, OneOfTwoTargetsOfAReplicaIsSaidOnce) {
  TickFixture tick;
  tick.Add("flower", 1, 1);
  TargetState other = DownTarget("flower-0", now_, "HTTP 404");
  other.target = "http://127.0.0.1:1/v2/models/stats";
  tick.targets[0] = {UpTarget("flower-0", now_), other};
  EXPECT_THAT(Tick(tick), ElementsAre("warning flower: target flower-0 is down: HTTP 404"));
  EXPECT_THAT(Tick(tick), IsEmpty());
}

TEST_F(LogReporterTest, SaysWhichDiscoveredTargetsGoDownAndComeBack) {
  TickFixture tick;
  TargetState gateway{.target = "http://gw:80/metrics"};
  gateway.job = "gw";
  TargetState replica = DownTarget("flower-0", now_, "HTTP 404");
  replica.workload = "flower";  // is said of the workload
  tick.fleet_targets = {gateway, replica};
  EXPECT_THAT(Tick(tick), IsEmpty());  // not due yet
  tick.fleet_targets[0].last_attempt = now_;
  tick.fleet_targets[0].error = "connect refused";
  EXPECT_THAT(Tick(tick),
              ElementsAre("warning gw: target http://gw:80/metrics is down: connect refused"));
  EXPECT_THAT(Tick(tick), IsEmpty());
  tick.fleet_targets[0].up = true;
  EXPECT_THAT(Tick(tick), ElementsAre("info gw: target http://gw:80/metrics is up again"));
}

TEST_F(LogReporterTest, AReplicaThatIsStillStartingMayBeDown) {
  TickFixture tick;
  tick.Add("flower", 1, 1);
  tick.input.workloads[0].observation.replicas[0].ready = ConditionStatus::kFalse;
  tick.targets[0] = {DownTarget("flower-0", now_, "connect refused")};
  EXPECT_THAT(Tick(tick), IsEmpty());
  tick.input.workloads[0].observation.replicas[0].ready = ConditionStatus::kTrue;
  EXPECT_THAT(Tick(tick), ElementsAre(HasSubstr("flower-0 is down")));
}

TEST(LoggingTest, JsonLinesAreJson) {
  const auto before = spdlog::default_logger();
  std::ostringstream out;
  ASSERT_TRUE(ConfigureLogging("debug", "json", &out).ok());
  spdlog::warn("a \"quoted\" \\ text\nwith a line break and \xff");
  spdlog::debug("second");
  spdlog::set_default_logger(before);
  std::istringstream in(out.str());
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["level"], "warning");
  EXPECT_EQ(lines[0]["message"], "a \"quoted\" \\ text\nwith a line break and \xef\xbf\xbd");
  EXPECT_EQ(lines[1]["message"], "second");
  EXPECT_THAT(lines[0]["time"].get<std::string>(), MatchesRegex("20[0-9T:-]+\\.[0-9]{3}Z"));
}

TEST(LoggingTest, TextIsOneLineAndObeysTheLevel) {
  const auto before = spdlog::default_logger();
  std::ostringstream out;
  ASSERT_TRUE(ConfigureLogging("warning", "text", &out).ok());
  spdlog::info("not shown");
  spdlog::error("one\ntwo");
  spdlog::set_default_logger(before);
  EXPECT_THAT(out.str(), MatchesRegex("20[0-9T:.-]+Z error one two\n"));
}

TEST(LoggingTest, RefusesUnknownValuesAndKeepsTheLogger) {
  const auto before = spdlog::default_logger();
  EXPECT_EQ(ConfigureLogging("loud", "text").error(),
            (Error{ErrorCode::kInvalidArgument,
                   "log level: want debug, info, warning, error or off, got \"loud\""}));
  EXPECT_EQ(ConfigureLogging("info", "xml").error(),
            (Error{ErrorCode::kInvalidArgument, "log format: want text or json, got \"xml\""}));
  EXPECT_EQ(spdlog::default_logger(), before);
}

}  // namespace
}  // namespace tidegate
