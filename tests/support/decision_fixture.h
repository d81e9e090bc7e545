// SPDX-License-Identifier: Apache-2.0
//
// One workload's decisions, tick by tick: what one remembers the next one knows.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tidegate/plan.h"
#include "tidegate/status.h"

namespace tidegate::testing {

/// Metrics have a target of 10 a replica; the way down is not stabilized.
class DecisionTest : public ::testing::Test {
 protected:
  static constexpr TimePoint kStart{std::chrono::hours(1)};

  DecisionTest() {
    input_.spec.workload = "web";
    input_.spec.behavior = DefaultBehavior();
    input_.spec.behavior->scale_down.stabilization_window = Duration::zero();
  }

  void AddMetric(const std::string& name, MetricSourceType type) {
    MetricSpec& metric = input_.spec.metrics.emplace_back();
    metric.type = type;
    metric.name = name;
    metric.target.average_value = 10'000;
  }

  void Replicas(std::int32_t count) {
    input_.observation = {.spec_replicas = count, .status_replicas = count};
    for (std::int32_t i = 0; i < count; ++i) {
      input_.observation.replicas.push_back({.name = "web-" + std::to_string(i),
                                             .phase = ReplicaPhase::kRunning,
                                             .ready = ConditionStatus::kTrue,
                                             .start_time = kStart - std::chrono::hours(1)});
    }
  }

  WorkloadOutput DecideAt(Duration after) const {
    PolicySet policies;
    EXPECT_TRUE(policies.AddAll(input_.spec, BuiltinPolicies()).ok());
    WorkloadOutput output = Decide(input_, policies, kStart + after);
    EXPECT_EQ(output, Decide(input_, policies, kStart + after));
    return output;
  }

  /// A tick `after` the start; its history is the next one's.
  const Decision& TickAt(Duration after, std::vector<Reading> readings) {
    input_.readings = std::move(readings);
    output_ = DecideAt(after);
    status_ = UpdateStatus(status_, input_, output_, {}, std::nullopt, kStart + after).status;
    input_.history = output_.next;
    return output_.decision;
  }

  /// Of the stage's first step; empty: there is none.
  std::string Reason(Stage stage) const {
    for (const Step& step : output_.decision.steps) {
      if (step.stage == stage) return step.reason;
    }
    return "";
  }

  WorkloadInput input_;
  WorkloadOutput output_;
  WorkloadStatus status_;
};

}  // namespace tidegate::testing
