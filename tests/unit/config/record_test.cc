// SPDX-License-Identifier: Apache-2.0
#include "tidegate/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "random_tick.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;

TickRecord SmallTick() {
  TickRecord record;
  record.input.now = TimePoint(std::chrono::nanoseconds(1'767'323'045'123'456'789));
  WorkloadInput input;
  input.spec.workload = "flower";
  input.spec.max_replicas = 7;
  record.input.workloads.push_back(input);
  return record;
}

TEST(RecordTest, ThousandRandomTicksComeBackBitIdentical) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const TickRecord record = testing::RandomTick(seed);
    const std::string line = EncodeTick(record);
    ASSERT_EQ(line.find('\n'), std::string::npos) << "seed " << seed;
    const Result<TickRecord> back = DecodeTick(line);
    ASSERT_TRUE(back.has_value()) << "seed " << seed << ": " << back.error().message;
    ASSERT_EQ(*back, record) << "seed " << seed << "\n" << line;
    // == takes -0.0 for 0.0; the text does not.
    ASSERT_EQ(EncodeTick(*back), line) << "seed " << seed;
  }
}

TEST(RecordTest, LeavesOutWhatIsZeroAndNothingElse) {
  EXPECT_EQ(
      EncodeTick(SmallTick()),
      R"({"version":3,"workloads":["flower"],"input":{"now":"2026-01-02T03:04:05.123456789Z",)"
      R"("workloads":[{"spec":{"workload":"flower","minReplicas":1,"maxReplicas":7,)"
      R"("compatibility":"1.37","hpa":{"tolerance":0.1,"downscaleStabilization":"5m",)"
      R"("cpuInitializationPeriod":"5m","initialReadinessDelay":"30s"}}}]}})");
}

TEST(RecordTest, AbsentIsZeroWhateverTheStructsDefaultIs) {
  const Result<TickRecord> record =
      DecodeTick(R"({"version":3,"input":{"workloads":[{"spec":{"workload":"a"}}]}})");
  ASSERT_TRUE(record.has_value()) << record.error().message;
  EXPECT_EQ(record->input.workloads[0].spec.min_replicas, 0);
  EXPECT_EQ(record->input.workloads[0].spec.hpa.tolerance, 0);
}

TEST(RecordTest, NaNAndInfinitiesAreKept) {
  TickRecord record = SmallTick();
  record.output.workloads.resize(1);
  record.output.workloads[0].decision.metrics.resize(2);
  record.output.workloads[0].decision.metrics[0].ratio = std::numeric_limits<double>::quiet_NaN();
  record.output.workloads[0].decision.metrics[1].ratio = -std::numeric_limits<double>::infinity();
  const Result<TickRecord> back = DecodeTick(EncodeTick(record));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  const auto& metrics = back->output.workloads[0].decision.metrics;
  EXPECT_NE(metrics[0].ratio, metrics[0].ratio);
  EXPECT_EQ(metrics[1].ratio, -std::numeric_limits<double>::infinity());
}

TEST(RecordTest, BytesThatAreNotUtf8DoNotBreakTheLine) {
  TickRecord record = SmallTick();
  record.input.workloads[0].spec.workload = "bad\xff";
  const Result<TickRecord> back = DecodeTick(EncodeTick(record));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back->input.workloads[0].spec.workload, "bad\xef\xbf\xbd");
}

struct BadLine {
  const char* line;
  const char* message;
};

TEST(RecordTest, RefusalsNamePathAndValue) {
  const BadLine rows[] = {
      {"", "not valid JSON"},
      {"{\"version\":1", "not valid JSON at byte"},
      {"[]", "version: is required; not a record of Tidegate"},
      {"{}", "version: is required; not a record of Tidegate"},
      {R"({"version":1})", "record version \"1\" is not known; this Tidegate reads version 3"},
      {R"({"version":3,"inptu":{}})", "unknown key \"inptu\"; did you mean \"input\"?"},
      {R"({"version":3,"input":{"now":"yesterday"}})", "input.now: want an instant such as"},
      {R"({"version":3,"applied":[{"scaled":1}]})",
       "applied[0].scaled: want true or false, got \"1\""},
      {R"({"version":3,"output":{"workloads":[{"decision":{"current":3000000000}}]}})",
       "output.workloads[0].decision.current: must be less than or equal to 2147483647, got "
       "3000000000"},
      {R"({"version":3,"output":{"workloads":[{"decision":{"steps":[{"stage":"up"}]}}]}})",
       "output.workloads[0].decision.steps[0].stage: unsupported value \"up\""},
      {R"({"version":3,"version":3})", "duplicate key \"version\""},
  };
  for (const BadLine& row : rows) {
    const Result<TickRecord> result = DecodeTick(row.line);
    ASSERT_FALSE(result.has_value()) << row.line;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument) << row.line;
    EXPECT_THAT(result.error().message, HasSubstr(row.message)) << row.line;
  }
}

TEST(RecordTest, DeepNestingIsRefused) {
  const Result<TickRecord> result = DecodeTick(std::string(100'000, '['));
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().message, HasSubstr("nested more than 64 levels deep"));
}

TEST(RecordTest, ToJsonTellsZerosToo) {
  Decision decision;
  decision.workload = "flower";
  decision.steps.push_back({.stage = Stage::kRateLimit, .reason = "by 4 Pods in 15s"});
  EXPECT_EQ(ToJson(decision),
            R"({"workload":"flower","current":0,"desired":0,"reason":"",)"
            R"("steps":[{"stage":"rateLimit","cause":"proposal","replicas":0,"wanted":0,)"
            R"("window":"0s","reason":"by 4 Pods in 15s"}],"metrics":[]})");
}

}  // namespace
}  // namespace tidegate
