// SPDX-License-Identifier: Apache-2.0
#include "tests/support/allocations.h"

#include <gtest/gtest.h>

#include <string>

#include "tidegate/plan.h"

namespace tidegate {
namespace {

constexpr TimePoint kNow{std::chrono::hours(1)};

// `count` replicas with as much to do as they are there for, on slices of two sizes.
WorkloadInput Moldable(std::int32_t count) {
  WorkloadInput input;
  input.spec.workload = "a-workload-whose-name-is-not-short";
  input.spec.max_replicas = 100;
  input.spec.behavior = DefaultBehavior();
  input.spec.slice = SliceSpec{.sizes = {{"1g.5gb", 1000}, {"2g.10gb", 2000}}};
  MetricSpec& metric = input.spec.metrics.emplace_back();
  metric.name = "queue";
  metric.target.average_value = 10'000;
  Reading& reading = input.readings.emplace_back();
  for (std::int32_t i = 0; i < count; ++i) {
    const std::string name = input.spec.workload + "-" + std::to_string(i);
    input.observation.replicas.push_back({.name = name,
                                          .phase = ReplicaPhase::kRunning,
                                          .ready = ConditionStatus::kTrue,
                                          .start_time = kNow - std::chrono::minutes(10),
                                          .host = "a-host-whose-name-is-not-short",
                                          .ports = {{"http", 8000}, {"metrics", 8002}}});
    input.observation.slices.push_back(
        {"MIG-" + name, "GPU-" + name, i % 2 == 0 ? "1g.5gb" : "2g.10gb", 0, name});
    reading.replicas.push_back({name, 15'000, kNow});
  }
  input.observation.spec_replicas = count + count / 2;
  input.observation.status_replicas = count;
  return input;
}

TEST(PlannerTest, AllocatesNothingForAMoldableWorkloadThatItKnows) {
  WorkloadInput input = Moldable(8);
  PolicySet policies;
  ASSERT_TRUE(policies.AddAll(input.spec, BuiltinPolicies()).ok());
  Planner planner;
  WorkloadOutput output;
  std::uint64_t taken = 0;
  for (int tick = 0; tick < 20; ++tick) {
    const std::uint64_t before = testing::allocations;
    planner.Decide(input, policies, kNow, output);
    taken = testing::allocations - before;
    ASSERT_EQ(output.decision.desired, 12);
    input.history = output.next;
  }
  EXPECT_EQ(taken, 0U);
}

}  // namespace
}  // namespace tidegate
