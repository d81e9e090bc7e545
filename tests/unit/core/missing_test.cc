// SPDX-License-Identifier: Apache-2.0
//
// What replicas without a value do to the count, and for how long.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/decision_fixture.h"

namespace tidegate {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// One workload whose first replicas may be without a value.
class MissingTest : public testing::DecisionTest {
 protected:
  explicit MissingTest(std::int32_t replicas = 40) {
    input_.spec.max_replicas = 500;
    input_.spec.missing_replicas.emplace();
    AddMetric("queue", MetricSourceType::kPods);
    Replicas(replicas);
  }

  // As MetricReader makes it: without a value there is a doubt.
  Reading Without(std::size_t missing, MilliValue value) const {
    Reading reading;
    for (std::size_t i = 0; i < input_.observation.replicas.size(); ++i) {
      const std::string& name = input_.observation.replicas[i].name;
      if (i < missing) {
        reading.doubts.push_back({DoubtKind::kMissing, name, "no samples of its series"});
      } else {
        reading.replicas.push_back({.replica = name, .value = value, .timestamp = {}});
      }
    }
    if (reading.replicas.empty()) reading.error = Error{ErrorCode::kNoData, "no replica"};
    return reading;
  }

  const Decision& Tick(Duration after, Reading reading) {
    return TickAt(after, {std::move(reading)});
  }
};

TEST_F(MissingTest, AFewThatHaveBeenMissingForLongAreLeftOut) {
  EXPECT_EQ(Tick(seconds(0), Without(1, 5'000)).desired, 40);  // it holds
  EXPECT_THAT(Reason(Stage::kHold), HasSubstr("web-0 missing (no samples of its series)"));
  EXPECT_EQ(status_.Find(condition::kMissingReplicas)->status, ConditionStatus::kFalse);
  EXPECT_EQ(Tick(minutes(10) - seconds(1), Without(1, 5'000)).desired, 40);
  EXPECT_EQ(Tick(minutes(10), Without(1, 5'000)).desired, 20);  // ceil(0.5 * 39)
  EXPECT_EQ(Reason(Stage::kMetrics),
            "pods metric queue: 1 of 40 replicas is left out, without a value for 10m or longer: "
            "web-0");
  EXPECT_EQ(Reason(Stage::kPolicy),
            "target_tracking: pods metric queue: 5 / target 10 = 0.5, 39 ready, 1 ignored");
  EXPECT_EQ(output_.decision.metrics[0].groups[0], ReplicaGroup::kIgnored);
  EXPECT_EQ(output_.decision.metrics[0].filled_ratio, std::nullopt);
  EXPECT_FALSE(output_.decision.error);
  EXPECT_EQ(status_.Find(condition::kMissingReplicas)->status, ConditionStatus::kTrue);
  EXPECT_EQ(status_.Find(condition::kMissingReplicas)->message, Reason(Stage::kMetrics));
  // One value, and the time begins anew.
  EXPECT_EQ(Tick(minutes(11), Without(0, 5'000)).desired, 20);
  EXPECT_THAT(output_.next.metrics, IsEmpty());
  EXPECT_EQ(Tick(minutes(12), Without(1, 5'000)).desired, 40);
}

TEST_F(MissingTest, WhereManyAreMissingNothingChanges) {
  for (int minute = 0; minute < 30; ++minute) {
    EXPECT_EQ(Tick(minutes(minute), Without(3, 5'000)).desired, 40) << minute;  // 7.5 %
    EXPECT_EQ(Reason(Stage::kMetrics), "");
  }
  ASSERT_THAT(output_.next.metrics, SizeIs(1));
  EXPECT_THAT(output_.next.metrics[0].missing, SizeIs(3));
  EXPECT_EQ(output_.next.metrics[0].missing[0], (MissingReplica{"web-0", kStart}));
  // One of them is back; the others have been missing for long.
  EXPECT_EQ(Tick(minutes(30), Without(2, 5'000)).desired, 19);
  EXPECT_THAT(Reason(Stage::kMetrics), HasSubstr("2 of 40 replicas are left out"));
}

// Another doubt about the rest holds as before.
TEST_F(MissingTest, OnlyWhatIsLeftOutIsNoDoubtAnyMore) {
  Tick(seconds(0), Without(1, 5'000));
  Reading reading = Without(1, 5'000);
  reading.doubts.push_back({DoubtKind::kPartial, "web-7", "samples cover 40 % of the window"});
  EXPECT_EQ(Tick(minutes(10), reading).desired, 40);
  EXPECT_EQ(Reason(Stage::kHold).find("web-0"), std::string::npos);
  EXPECT_THAT(Reason(Stage::kHold), HasSubstr("web-7 partial"));
}

// While there is no reading at all everybody is missing; who still is afterwards has been so since.
TEST_F(MissingTest, AnOutageCounts) {
  Tick(seconds(0), Without(40, 0));
  EXPECT_THAT(output_.next.metrics.at(0).missing, SizeIs(40));
  Tick(minutes(9), Without(40, 0));
  EXPECT_EQ(Tick(minutes(10), Without(1, 5'000)).desired, 20);
}

TEST_F(MissingTest, WhoNeedsNoValueIsNotMissing) {
  input_.observation.replicas[0].phase = ReplicaPhase::kPending;
  input_.observation.replicas[1].terminating = true;
  input_.observation.replicas[2].phase = ReplicaPhase::kFailed;
  Tick(seconds(0), Without(3, 10'000));
  EXPECT_THAT(output_.next.metrics, IsEmpty());
}

TEST_F(MissingTest, WithoutTheRuleNothingIsRemembered) {
  Tick(seconds(0), Without(1, 5'000));
  input_.spec.missing_replicas.reset();
  EXPECT_EQ(Tick(minutes(20), Without(1, 5'000)).desired, 40);
  EXPECT_THAT(output_.next.metrics, IsEmpty());
  WorkloadStatus status;
  EXPECT_EQ(UpdateStatus(status, input_, output_, {}, std::nullopt, kStart)
                .status.Find(condition::kMissingReplicas),
            nullptr);
}

// A fallback is of the metric; both remember in one place.
TEST_F(MissingTest, StandsBesideAFallback) {
  input_.spec.fallbacks = {{.last_known = minutes(1), .after = minutes(30)}};
  Tick(seconds(0), Without(1, 5'000));
  ASSERT_THAT(output_.next.metrics, SizeIs(1));
  EXPECT_EQ(output_.next.metrics[0].read_at, kStart);
  EXPECT_THAT(output_.next.metrics[0].missing, SizeIs(1));
  EXPECT_EQ(Tick(minutes(10), Without(1, 5'000)).desired, 20);
  EXPECT_EQ(Tick(minutes(10) + seconds(1), Without(40, 0)).desired, 40);  // the last one, in doubt
  EXPECT_THAT(output_.next.metrics.at(0).missing, SizeIs(40));
}

// With 0 to 100 % missing: from `ignore_after` on, up to the limit, the answer is that of the
// workload in which those replicas are going, and before and above it that of a workload without
// the rule, which never shrinks.
TEST_F(MissingTest, SweepOfAllShares) {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    const auto count = static_cast<std::int32_t>(1 + random() % 60);
    const auto percent = static_cast<std::int32_t>(1 + random() % 50);
    const auto value = static_cast<MilliValue>(random() % 25'000);
    for (std::int32_t missing = 0; missing <= count; ++missing) {
      Replicas(count);
      input_.history = {};
      input_.spec.missing_data = random() % 2 == 0 ? MissingData::kHold : MissingData::kFill;
      input_.spec.missing_replicas = {.ignore_after = minutes(5), .at_most_percent = percent};
      const auto lacking = static_cast<std::size_t>(missing);
      const Decision young = Tick(seconds(0), Without(lacking, value));
      const Decision old = Tick(minutes(5), Without(lacking, value));
      input_.history = {};
      input_.spec.missing_replicas.reset();
      const Decision plain = Tick(minutes(5), Without(lacking, value));
      EXPECT_EQ(young.desired, plain.desired);
      if (missing * 100 > percent * count || missing == 0) {
        EXPECT_EQ(old.desired, plain.desired);
        EXPECT_EQ(old.steps, plain.steps);
        const bool holds = input_.spec.missing_data == MissingData::kHold || missing == count;
        if (missing > 0 && holds) {
          EXPECT_GE(old.desired, count);
        }
        continue;
      }
      for (std::size_t i = 0; i < lacking; ++i) {
        input_.observation.replicas[i].terminating = true;
      }
      Reading rest = Without(lacking, value);
      rest.doubts.clear();
      input_.history = {};
      const Decision without = Tick(minutes(5), rest);
      EXPECT_GE(old.desired, without.desired);
      if (value > 10'000) {
        EXPECT_GE(old.desired, count);  // more load never shrinks
      } else if (value < 9'000) {
        EXPECT_EQ(old.desired, without.desired);
      }
      EXPECT_LE(old.desired, std::max(plain.desired, without.desired));
    }
  }
}

}  // namespace
}  // namespace tidegate
