// SPDX-License-Identifier: Apache-2.0
#include "hpa/replica_calculator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tidegate::hpa {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr TimePoint kNow{std::chrono::hours(1)};

MetricSpec PodsMetric(MilliValue target) {
  MetricSpec metric{.type = MetricSourceType::kPods, .name = "queue"};
  metric.target.average_value = target;
  return metric;
}

Observation Fleet(int replicas) {
  Observation observation{.spec_replicas = replicas, .status_replicas = replicas};
  for (int i = 0; i < replicas; ++i) {
    observation.replicas.push_back({.name = "web-" + std::to_string(i),
                                    .phase = ReplicaPhase::kRunning,
                                    .ready = ConditionStatus::kTrue,
                                    .start_time = TimePoint()});
  }
  return observation;
}

Reading Values(const std::vector<MilliValue>& values) {
  Reading reading;
  for (std::size_t i = 0; i < values.size(); ++i) {
    reading.replicas.push_back({.replica = "web-" + std::to_string(i), .value = values[i]});
  }
  return reading;
}

MetricTrace Compute(const MetricSpec& metric, const Reading& reading, const Observation& fleet) {
  const ScalingSpec spec{.max_replicas = 1000};
  Scratch scratch;
  MetricTrace trace;
  const MetricContext context{.observation = fleet,
                              .now = kNow,
                              .spec = spec,
                              .compatibility = CompatibilityOf(KubernetesVersion::kV137),
                              .tolerance = {},
                              .scratch = scratch};
  ComputeMetric(metric, reading, context, trace);
  return trace;
}

// The ratio is rounded before it is multiplied: exact arithmetic would say 14.
TEST(ReplicaCalculatorTest, MultipliesTheRoundedRatio) {
  const std::vector<MilliValue> values(50, 14'000);
  EXPECT_EQ(Compute(PodsMetric(50'000), Values(values), Fleet(50)).proposal, 15);
}

TEST(ReplicaCalculatorTest, NamesWhatCountedAndWhatDidNot) {
  Observation fleet = Fleet(4);
  fleet.replicas[1].phase = ReplicaPhase::kPending;
  fleet.replicas[2].terminating = true;
  Reading reading = Values({30'000});
  const MetricTrace trace = Compute(PodsMetric(10'000), reading, fleet);
  EXPECT_THAT(trace.groups, ElementsAre(ReplicaGroup::kReady, ReplicaGroup::kUnready,
                                        ReplicaGroup::kIgnored, ReplicaGroup::kMissing));
  EXPECT_EQ(trace.ratio, 3.0);
  // 30 over three replicas (pending and missing as 0) is exactly the target: no change.
  EXPECT_EQ(trace.proposal, 4);
}

TEST(ReplicaCalculatorTest, ReadingErrorIsNamedWithTheMetric) {
  Reading reading;
  reading.error = Error{ErrorCode::kNoData, "no samples"};
  const MetricTrace trace = Compute(PodsMetric(10'000), reading, Fleet(1));
  ASSERT_TRUE(trace.error);
  EXPECT_EQ(trace.error->code, ErrorCode::kNoData);
  EXPECT_THAT(trace.error->message, HasSubstr("unable to get metric queue: no samples"));
}

TEST(ReplicaCalculatorTest, SaturatesWhereUpstreamDoes) {
  MetricSpec metric{.type = MetricSourceType::kExternal, .name = "depth"};
  metric.target = {.type = MetricTargetType::kValue, .value = 1};
  Reading reading;
  reading.values = {std::numeric_limits<MilliValue>::max(), 5};
  EXPECT_EQ(Compute(metric, reading, Fleet(2)).proposal, std::numeric_limits<std::int32_t>::max());
}

// More load never asks for fewer replicas, and the order of replicas and values is irrelevant.
TEST(ReplicaCalculatorTest, IsMonotoneAndIgnoresOrder) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    const int replicas = 1 + static_cast<int>(random() % 12);
    Observation fleet = Fleet(replicas);
    std::vector<MilliValue> values;
    for (int i = 0; i < replicas; ++i)
      values.push_back(static_cast<MilliValue>(random() % 300'000));
    Reading reading = Values(values);
    const MetricSpec metric = PodsMetric(100'000);
    const std::int32_t before = Compute(metric, reading, fleet).proposal;

    Reading more = reading;
    more.replicas[random() % more.replicas.size()].value += 50'000;
    EXPECT_GE(Compute(metric, more, fleet).proposal, before);

    std::shuffle(reading.replicas.begin(), reading.replicas.end(), random);
    std::shuffle(fleet.replicas.begin(), fleet.replicas.end(), random);
    EXPECT_EQ(Compute(metric, reading, fleet).proposal, before);
  }
}

}  // namespace
}  // namespace tidegate::hpa
