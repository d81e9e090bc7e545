// SPDX-License-Identifier: Apache-2.0
//
// What the place stage adds to a tick: three workloads on slices, by number of devices. Settled:
// everybody has what it wants. At rest: likewise, and moves are looked for. Refused: one wants
// more than there is room for. Growing: all replicas get their slices at once.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "tidegate/plan.h"

namespace tidegate {
namespace {

constexpr TimePoint kNow{std::chrono::hours(1)};

void AddWorkload(TickInput& input, const std::string& name, const std::string& profile,
                 std::int64_t replicas) {
  WorkloadInput& workload = input.workloads.emplace_back();
  workload.spec.workload = name;
  workload.spec.min_replicas = static_cast<std::int32_t>(replicas);
  workload.spec.max_replicas = 1'000'000;
  workload.spec.slice = SliceSpec{.profile = profile};
  workload.observation.spec_replicas = 1;  // below the minimum: no metric is asked
}

// Wants three slices a device: the halves of all of them are full, or nearly so.
TickInput World(std::int64_t devices) {
  TickInput input{.now = kNow, .workloads = {}};
  input.inventory.devices = SimulateDevices("a100-40gb", devices).value();
  AddWorkload(input, "chat", "3g.20gb", devices);
  AddWorkload(input, "embed", "1g.5gb", devices);
  AddWorkload(input, "rerank", "2g.10gb", devices);
  return input;
}

// The world after the commands: all that has a slice serves.
TickInput Placed(TickInput input, const PolicySet& policies) {
  const TickOutput output = PlanTick(input, policies);
  for (std::size_t i = 0; i < input.workloads.size(); ++i) {
    Observation& seen = input.workloads[i].observation;
    const ScaleCommand& command = *output.workloads[i].command;
    seen.spec_replicas = command.replicas;
    seen.slices = command.slices;
    for (ReplicaSlice& slice : seen.slices) {
      slice.replica = command.workload + "-" + std::to_string(seen.replicas.size());
      seen.replicas.push_back({.name = slice.replica,
                               .phase = ReplicaPhase::kRunning,
                               .ready = ConditionStatus::kTrue,
                               .start_time = TimePoint()});
    }
  }
  return input;
}

void Ticks(benchmark::State& state, const TickInput& input, const PolicySet& policies) {
  Planner planner;
  TickOutput output;
  planner.PlanTick(input, policies, output);  // the tables of the device model
  for (auto _ : state) {
    planner.PlanTick(input, policies, output);
    benchmark::DoNotOptimize(output);
  }
}

PolicySet Policies(const TickInput& input) {
  PolicySet policies;
  for (const WorkloadInput& workload : input.workloads) {
    (void)policies.AddAll(workload.spec, BuiltinPolicies()).ok();
  }
  return policies;
}

void BM_PlaceGrowing(benchmark::State& state) {
  const TickInput input = World(state.range(0));
  Ticks(state, input, Policies(input));
}

void BM_PlaceSettled(benchmark::State& state) {
  const PolicySet policies = Policies(World(1));
  Ticks(state, Placed(World(state.range(0)), policies), policies);
}

void BM_PlaceAtRest(benchmark::State& state) {
  const PolicySet policies = Policies(World(1));
  TickInput input = Placed(World(state.range(0)), policies);
  input.inventory.repack_after = std::chrono::seconds(1);
  Ticks(state, input, policies);
}

void BM_PlaceRefused(benchmark::State& state) {
  const PolicySet policies = Policies(World(1));
  TickInput input = Placed(World(state.range(0)), policies);
  input.workloads[0].spec.min_replicas = 1'000'000;
  Ticks(state, input, policies);
}

BENCHMARK(BM_PlaceGrowing)->Arg(8)->Arg(64)->Arg(512)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_PlaceSettled)->Arg(8)->Arg(64)->Arg(512)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_PlaceAtRest)->Arg(8)->Arg(64)->Arg(512)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_PlaceRefused)->Arg(8)->Arg(64)->Arg(512)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tidegate
