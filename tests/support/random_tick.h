// SPDX-License-Identifier: Apache-2.0
//
// Random but reproducible worlds: for property tests of everything that takes a TickInput.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "tidegate/plan.h"

namespace tidegate::testing {

/// Raw engine output only: distributions differ between standard libraries.
class RandomTicks {
 public:
  explicit RandomTicks(std::uint64_t seed) : random_(seed) {}

  std::int64_t Below(std::int64_t limit) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit));
  }
  bool Chance(int percent) { return Below(100) < percent; }

  TickInput Next() {
    now_ += Duration(1'000'000 * (1 + Below(20'000)));
    TickInput input{.now = now_};
    const std::int64_t workloads = 1 + Below(3);
    for (std::int64_t i = 0; i < workloads; ++i) {
      input.workloads.push_back(NextWorkload("web-" + std::to_string(i)));
    }
    return input;
  }

  WorkloadInput NextWorkload(const std::string& id) {
    WorkloadInput input;
    input.spec = NextSpec(id);
    input.observation = NextObservation(id);
    for (const MetricSpec& metric : input.spec.metrics) {
      input.readings.push_back(NextReading(metric, input.observation));
    }
    input.history = NextHistory();
    if (input.spec.missing_replicas) AddMissing(input);
    if (Chance(3)) input.error = Error{ErrorCode::kUnavailable, "connection \"refused\"\n"};
    return input;
  }

 private:
  TimePoint Past() { return now_ - Duration(1'000'000'000 * Below(600) + Below(1'000'000'000)); }

  ScalingRules NextRules() {
    ScalingRules rules;
    if (Chance(50)) rules.stabilization_window = std::chrono::seconds(Below(400));
    rules.select_policy = static_cast<SelectPolicy>(Below(3));
    for (std::int64_t i = 1 + Below(3); i > 0; --i) {
      rules.policies.push_back({static_cast<ScalingPolicyType>(Below(2)),
                                static_cast<std::int32_t>(1 + Below(150)),
                                std::chrono::seconds(1 + Below(300))});
    }
    if (Chance(30)) rules.tolerance = static_cast<double>(Below(1000)) / 977;
    return rules;
  }

  MetricSpec NextMetric(std::int64_t i) {
    MetricSpec metric{.type = static_cast<MetricSourceType>(Below(5)),
                      .name = "m" + std::to_string(i)};
    const bool global =
        metric.type == MetricSourceType::kObject || metric.type == MetricSourceType::kExternal;
    if (global && Chance(50)) {
      metric.target = {.type = MetricTargetType::kValue, .value = 1 + Below(100'000)};
    } else {
      metric.target.average_value = 1 + Below(100'000);
    }
    if (metric.type == MetricSourceType::kObject) metric.described_object = {"v1", "Service", "s"};
    return metric;
  }

  ScalingSpec NextSpec(const std::string& id) {
    ScalingSpec spec{.workload = id};
    spec.min_replicas = static_cast<std::int32_t>(1 + Below(4));
    spec.max_replicas = spec.min_replicas + static_cast<std::int32_t>(Below(20));
    for (std::int64_t i = 1 + Below(3); i > 0; --i) spec.metrics.push_back(NextMetric(i));
    if (Chance(70)) spec.behavior = Behavior{NextRules(), NextRules()};
    spec.missing_data = static_cast<MissingData>(Below(2));
    spec.hpa.tolerance = static_cast<double>(Below(300)) / 1009;
    if (Chance(30)) {
      spec.fallbacks.push_back({.metric = Chance(50) ? "m1" : "",
                                .last_known = std::chrono::minutes(Below(5)),
                                .after = std::chrono::seconds(Below(2)),
                                .behavior = static_cast<FallbackBehavior>(Below(5)),
                                .replicas = static_cast<std::int32_t>(Below(9))});
    }
    if (Chance(30)) {
      spec.missing_replicas = {.ignore_after = std::chrono::seconds(Below(300)),
                               .at_most_percent = static_cast<std::int32_t>(1 + Below(60))};
    }
    return spec;
  }

  Observation NextObservation(const std::string& id) {
    Observation observation;
    observation.spec_replicas = static_cast<std::int32_t>(Below(16));
    observation.status_replicas = observation.spec_replicas + static_cast<std::int32_t>(Below(2));
    for (std::int32_t i = 0; i < observation.status_replicas; ++i) {
      Replica replica{
          .name = id + "-" + std::to_string(i),
          .phase = Chance(85) ? ReplicaPhase::kRunning : static_cast<ReplicaPhase>(Below(5))};
      if (Chance(95)) replica.ready = static_cast<ConditionStatus>(Chance(85) ? 0 : Below(3));
      replica.ready_transition = Past();
      if (Chance(95)) replica.start_time = Past();
      replica.terminating = Chance(5);
      replica.host = "127.0.0.1";
      replica.ports["http"] = static_cast<std::uint16_t>(20'000 + i);
      replica.containers.push_back({"main", {{"cpu", 1 + Below(2000)}}});
      observation.replicas.push_back(std::move(replica));
    }
    return observation;
  }

  Reading NextReading(const MetricSpec& metric, const Observation& observation) {
    Reading reading;
    reading.age = Duration(Below(5'000'000'000));
    if (Chance(5)) {
      reading.error = Error{ErrorCode::kNoData, "no samples of " + metric.name};
      return reading;
    }
    if (metric.type == MetricSourceType::kObject || metric.type == MetricSourceType::kExternal) {
      reading.values.push_back(Below(1'000'000) - 1000);
      return reading;
    }
    for (const Replica& replica : observation.replicas) {
      if (Chance(90)) {
        reading.replicas.push_back(
            {replica.name, Below(300'000), Past(), std::chrono::seconds(30)});
      } else {
        reading.doubts.push_back({static_cast<DoubtKind>(Below(5)), replica.name, "6.0 s old"});
      }
    }
    return reading;
  }

  History NextHistory() {
    History history;
    if (Chance(20)) return history;
    history.recommendations.emplace();
    for (std::int64_t i = Below(12); i > 0; --i) {
      history.recommendations->push_back({static_cast<std::int32_t>(Below(20)), Past()});
    }
    for (std::int64_t i = Below(4); i > 0; --i) {
      history.scale_up_events.push_back(
          {static_cast<std::int32_t>(1 + Below(5)), Past(), Chance(20)});
      history.scale_down_events.push_back({static_cast<std::int32_t>(1 + Below(5)), Past(), false});
    }
    if (Chance(50)) history.last_scale_time = Past();
    history.scaled_to_zero = Chance(10);
    return history;
  }

  void AddMissing(WorkloadInput& input) {
    for (std::size_t i = 0; i < input.spec.metrics.size(); ++i) {
      MetricMemory memory{.metric = std::to_string(i) + " " + input.spec.metrics[i].name};
      for (const Replica& replica : input.observation.replicas) {
        if (Chance(50)) memory.missing.push_back({replica.name, Past()});
      }
      input.history.metrics.push_back(std::move(memory));
    }
  }

  std::mt19937_64 random_;
  TimePoint now_{std::chrono::hours(24 * 365 * 56)};
};

/// The policies that these worlds use.
inline PolicySet RandomTickPolicies() {
  PolicySet policies;
  (void)policies.Add({.name = "target_tracking"}, BuiltinPolicies());
  return policies;
}

}  // namespace tidegate::testing
