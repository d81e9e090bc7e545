// SPDX-License-Identifier: Apache-2.0
//
// What a decision costs: one workload with a Pods metric, behavior and a full trace, by number
// of replicas; and one tick over many workloads. The counter `allocations` is that of a decision.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "benchmarks/allocations.h"
#include "tidegate/plan.h"

namespace tidegate {
namespace {

// Reports the allocations since `before`, for each of `decisions` of an iteration.
void CountAllocations(benchmark::State& state, std::int64_t before, std::int64_t decisions) {
  state.counters["allocations"] = static_cast<double>(Allocations() - before) /
                                  static_cast<double>(state.iterations() * decisions);
  state.SetItemsProcessed(state.iterations() * decisions);
}

constexpr TimePoint kNow{std::chrono::hours(1)};

WorkloadInput World(std::int64_t replicas, int metrics = 1) {
  WorkloadInput input;
  input.spec.workload = "web";
  input.spec.max_replicas = 100'000;
  input.spec.behavior = DefaultBehavior();
  input.observation.spec_replicas = static_cast<std::int32_t>(replicas);
  input.observation.status_replicas = static_cast<std::int32_t>(replicas);
  for (int m = 0; m < metrics; ++m) {
    MetricSpec metric{.name = "metric_" + std::to_string(m)};
    metric.target.average_value = 10'000;
    input.spec.metrics.push_back(metric);
    input.readings.emplace_back();
  }
  for (std::int64_t i = 0; i < replicas; ++i) {
    const std::string name = "web-" + std::to_string(i);
    input.observation.replicas.push_back({.name = name,
                                          .phase = ReplicaPhase::kRunning,
                                          .ready = ConditionStatus::kTrue,
                                          .start_time = TimePoint()});
    for (Reading& reading : input.readings) {
      reading.replicas.push_back({.replica = name, .value = 9'000 + 37 * i, .timestamp = kNow});
    }
  }
  input.history.recommendations = {{{.replicas = input.observation.spec_replicas, .time = kNow}}};
  return input;
}

PolicySet Policies(const WorkloadInput& input) {
  PolicySet policies;
  (void)policies.AddAll(input.spec, BuiltinPolicies()).ok();
  return policies;
}

void MeasureDecide(const WorkloadInput& input, benchmark::State& state) {
  const PolicySet policies = Policies(input);
  Planner planner;
  WorkloadOutput output;
  planner.Decide(input, policies, kNow, output);  // the buffers grow once
  const std::int64_t before = Allocations();
  for (auto _ : state) {
    planner.Decide(input, policies, kNow, output);
    benchmark::DoNotOptimize(output.decision.desired);
  }
  CountAllocations(state, before, 1);
}

void BM_Decide(benchmark::State& state) { MeasureDecide(World(state.range(0)), state); }
BENCHMARK(BM_Decide)->Arg(1)->Arg(10)->Arg(100)->Arg(1000);

// With the rule for missing replicas, none of which is missing.
void BM_DecideMissingReplicas(benchmark::State& state) {
  WorkloadInput input = World(state.range(0));
  input.spec.missing_replicas.emplace();
  MeasureDecide(input, state);
}
BENCHMARK(BM_DecideMissingReplicas)->Arg(100);

void BM_PlanTick(benchmark::State& state) {
  TickInput input{.now = kNow};
  for (std::int64_t i = 0; i < state.range(0); ++i) input.workloads.push_back(World(10, 2));
  const PolicySet policies = Policies(input.workloads.front());
  Planner planner;
  TickOutput output;
  planner.PlanTick(input, policies, output);  // the buffers grow once
  const std::int64_t before = Allocations();
  for (auto _ : state) {
    planner.PlanTick(input, policies, output);
    benchmark::DoNotOptimize(output.workloads.data());
  }
  CountAllocations(state, before, state.range(0));
}
BENCHMARK(BM_PlanTick)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tidegate
