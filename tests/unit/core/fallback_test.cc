// SPDX-License-Identifier: Apache-2.0
//
// What stands in for the readings of metrics that have none, tick by tick.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/decision_fixture.h"

namespace tidegate {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class FallbackTest : public testing::DecisionTest {
 protected:
  FallbackTest() {
    input_.spec.max_replicas = 20;
    AddMetric("queue", MetricSourceType::kPods);
    Replicas(4);
  }

  Reading Each(MilliValue value) const {
    Reading reading;
    for (const Replica& replica : input_.observation.replicas) {
      reading.replicas.push_back({.replica = replica.name, .value = value, .timestamp = {}});
    }
    return reading;
  }

  static Reading Total(MilliValue value) {
    Reading reading;
    reading.values.push_back(value);
    return reading;
  }

  static Reading Lost() {
    Reading reading;
    reading.error = Error{ErrorCode::kNoData, "HTTP 503"};
    reading.doubts.push_back({DoubtKind::kMissing, "web-0", "no samples of its series"});
    return reading;
  }

  const Decision& Tick(int after, std::vector<Reading> readings) {
    return TickAt(seconds(after), std::move(readings));
  }
};

TEST_F(FallbackTest, WithoutOneALostMetricHolds) {
  Tick(0, {Each(20'000)});
  EXPECT_EQ(Tick(15, {Lost()}).desired, 4);
  EXPECT_TRUE(output_.decision.error);
  EXPECT_TRUE(output_.next.metrics.empty());
  EXPECT_EQ(status_.Find(condition::kFallback), nullptr);
}

// The last value for its time, then the replicas that were asked for, each with its reason.
TEST_F(FallbackTest, TheLastValueThenTheReplicasThenTheReadingAgain) {
  input_.spec.fallbacks = {{.metric = "queue",
                            .last_known = seconds(60),
                            .after = seconds(90),
                            .behavior = FallbackBehavior::kStatic,
                            .replicas = 2}};
  EXPECT_EQ(Tick(0, {Each(15'000)}).desired, 6);
  EXPECT_EQ(status_.Find(condition::kFallback)->status, ConditionStatus::kFalse);
  // It still asks for six.
  EXPECT_EQ(Tick(15, {Lost()}).desired, 6);
  EXPECT_EQ(Reason(Stage::kMetrics),
            "pods metric queue: HTTP 503; its last known value of 15s ago stands in");
  EXPECT_EQ(output_.decision.steps.front().until, kStart + seconds(60));
  EXPECT_EQ(status_.Find(condition::kFallback)->status, ConditionStatus::kTrue);
  EXPECT_THAT(status_.Find(condition::kFallback)->message, HasSubstr("15s ago stands in"));
  EXPECT_EQ(Tick(60, {Lost()}).desired, 6);
  // Between the two it holds.
  EXPECT_EQ(Tick(75, {Lost()}).desired, 4);
  EXPECT_TRUE(output_.decision.error);
  EXPECT_EQ(Tick(104, {Lost()}).desired, 4);
  // Lost since second 15: at 105 the replicas count, and may lower the count since that is asked.
  EXPECT_EQ(Tick(105, {Lost()}).desired, 2);
  EXPECT_FALSE(output_.decision.error);
  EXPECT_EQ(Reason(Stage::kMetrics), "pods metric queue: HTTP 503; its fallback asks for 2");
  EXPECT_EQ(Reason(Stage::kPolicy), "target_tracking: pods metric queue: its fallback");
  EXPECT_EQ(status_.current_metrics.at(0).average_value, std::nullopt);
  // A reading takes everything back.
  EXPECT_EQ(Tick(120, {Each(15'000)}).desired, 6);
  EXPECT_EQ(Tick(135, {Lost()}).desired, 6);
  EXPECT_EQ(status_.Find(condition::kFallback)->status, ConditionStatus::kTrue);
}

TEST_F(FallbackTest, AReadingOfThePastNeverLowersTheCount) {
  input_.spec.fallbacks = {{.last_known = seconds(60)}};
  Tick(0, {Each(2'000)});
  for (const MissingData missing : {MissingData::kHold, MissingData::kFill}) {
    input_.spec.missing_data = missing;
    EXPECT_EQ(Tick(15, {Lost()}).desired, 4);
    EXPECT_THAT(Reason(Stage::kHold), HasSubstr("its last known value of 15s ago stands in"));
  }
  EXPECT_EQ(Tick(30, {Each(2'000)}).desired, 1);
}

// Values of replicas that are gone go with them.
TEST_F(FallbackTest, TheLastValueIsThatOfTheReplicasThatAreStillThere) {
  input_.spec.fallbacks = {{.last_known = seconds(60)}};
  Reading uneven = Each(10'000);
  uneven.replicas[3].value = 200'000;
  Tick(0, {uneven});
  Replicas(3);
  EXPECT_EQ(Tick(15, {Lost()}).desired, 3);
}

TEST_F(FallbackTest, EveryBehavior) {
  struct Row {
    FallbackBehavior behavior;
    std::int32_t replicas;
    std::int32_t want;
  };
  for (const Row& row : {Row{FallbackBehavior::kHold, 9, 4},
                         {FallbackBehavior::kStatic, 6, 6},
                         {FallbackBehavior::kStatic, 2, 2},
                         {FallbackBehavior::kCurrentReplicas, 9, 4},
                         {FallbackBehavior::kCurrentReplicasIfHigher, 6, 6},
                         {FallbackBehavior::kCurrentReplicasIfHigher, 2, 4},
                         {FallbackBehavior::kCurrentReplicasIfLower, 6, 4},
                         {FallbackBehavior::kCurrentReplicasIfLower, 2, 2}}) {
    input_.spec.fallbacks = {{.behavior = row.behavior, .replicas = row.replicas}};
    input_.history = {};
    EXPECT_EQ(Tick(0, {Lost()}).desired, row.want)
        << static_cast<int>(row.behavior) << " " << row.replicas;
    EXPECT_EQ(output_.decision.error.has_value(), row.behavior == FallbackBehavior::kHold);
  }
}

// Only the metric that is lost falls back; the others count as ever.
TEST_F(FallbackTest, OneOfTwoMetrics) {
  AddMetric("jobs", MetricSourceType::kExternal);
  input_.spec.fallbacks = {
      {.metric = "jobs", .behavior = FallbackBehavior::kStatic, .replicas = 3}};
  EXPECT_EQ(Tick(0, {Each(15'000), Lost()}).desired, 6);
  EXPECT_EQ(Tick(15, {Each(2'000), Lost()}).desired, 3);
  EXPECT_EQ(Tick(30, {Each(2'000), Total(10'000)}).desired, 1);
  // The one without a fallback blocks the way down.
  EXPECT_EQ(Tick(45, {Lost(), Total(10'000)}).desired, 4);
}

// A Value target needs ready replicas to compute with, a fallback does not.
TEST_F(FallbackTest, AsksForReplicasWhileNoneIsReady) {
  AddMetric("jobs", MetricSourceType::kExternal);
  input_.spec.metrics.erase(input_.spec.metrics.begin());
  input_.spec.metrics[0].target = {.type = MetricTargetType::kValue, .value = 7'000};
  input_.spec.fallbacks = {{.behavior = FallbackBehavior::kStatic, .replicas = 6}};
  for (Replica& replica : input_.observation.replicas) replica.ready = ConditionStatus::kFalse;
  EXPECT_EQ(Tick(0, {Lost()}).desired, 6);
}

TEST_F(FallbackTest, ReplicasThatAreOnlyStartingLackNothing) {
  input_.spec.fallbacks = {{.behavior = FallbackBehavior::kStatic, .replicas = 9}};
  for (Replica& replica : input_.observation.replicas) replica.phase = ReplicaPhase::kPending;
  EXPECT_EQ(Tick(0, {Lost()}).desired, 4);
  EXPECT_FALSE(output_.next.metrics.at(0).lost_since);
}

TEST_F(FallbackTest, TheMetricsOwnOneComesBeforeThatOfAll) {
  input_.spec.fallbacks = {
      {.behavior = FallbackBehavior::kStatic, .replicas = 9},
      {.metric = "queue", .behavior = FallbackBehavior::kStatic, .replicas = 5}};
  EXPECT_EQ(Tick(0, {Lost()}).desired, 5);
}

// Nothing is remembered for what cannot stand in.
TEST_F(FallbackTest, RemembersNoMoreThanItNeeds) {
  input_.spec.fallbacks = {{.metric = "queue"}};
  Tick(0, {Each(10'000)});
  ASSERT_EQ(output_.next.metrics.size(), 1u);
  EXPECT_TRUE(output_.next.metrics[0].replicas.empty());
  input_.spec.fallbacks.clear();
  Tick(15, {Each(10'000)});
  EXPECT_TRUE(output_.next.metrics.empty());
}

}  // namespace
}  // namespace tidegate
