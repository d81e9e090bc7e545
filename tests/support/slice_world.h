// SPDX-License-Identifier: Apache-2.0
//
// SliceWorld: workloads on slices of simulated GPUs in virtual time. It does what commands say, as
// a backend would: replicas take some ticks to start and to go.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tidegate/plan.h"

namespace tidegate::testing {

/// Proposes what the option "replicas" says.
class WantedPolicy final : public Policy {
 public:
  explicit WantedPolicy(std::int32_t replicas) : replicas_(replicas) {}
  std::string_view name() const noexcept override { return "wanted"; }
  Status Propose(const PolicyInput& /*input*/, Proposal& proposal) const override {
    proposal = {.replicas = replicas_, .reason = "wanted"};
    return {};
  }

 private:
  std::int32_t replicas_;
};

class SliceWorld {
 public:
  SliceWorld(std::string_view model, std::int64_t devices) {
    input.now = TimePoint(std::chrono::hours(1));
    input.inventory.devices = SimulateDevices(model, devices).value();
  }

  /// A workload without replicas yet; asked for `wanted` of them once Tick() runs.
  WorkloadInput& Add(const std::string& name, const std::string& profile, std::int32_t wanted) {
    WorkloadInput& workload = input.workloads.emplace_back();
    workload.spec.workload = name;
    workload.spec.max_replicas = 1000;
    workload.spec.slice = SliceSpec{.profile = profile};
    workload.spec.behavior = DefaultBehavior();
    for (ScalingRules* rules :
         {&workload.spec.behavior->scale_up, &workload.spec.behavior->scale_down}) {
      rules->stabilization_window = Duration::zero();
      rules->policies = {{ScalingPolicyType::kPods, 1000, std::chrono::seconds(1)}};
    }
    workload.observation.spec_replicas = 1;
    Want(name, wanted);
    return workload;
  }

  void Want(const std::string& name, std::int32_t replicas) {
    Workload(name).spec.policies = {{"wanted", {{"replicas", std::to_string(replicas)}}}};
  }

  WorkloadInput& Workload(const std::string& name) {
    return *std::find_if(
        input.workloads.begin(), input.workloads.end(),
        [&](const WorkloadInput& workload) { return workload.spec.workload == name; });
  }

  /// One tick, and what comes of its commands. Every layout on the way is legal.
  TickOutput Tick() {
    PolicyRegistry registry = BuiltinPolicies();
    registry.Add("wanted", [](const PolicyOptions& options) -> Result<std::unique_ptr<Policy>> {
      return std::unique_ptr<Policy>(
          std::make_unique<WantedPolicy>(std::stoi(options.at("replicas"))));
    });
    PolicySet policies;
    for (const WorkloadInput& workload : input.workloads) {
      EXPECT_TRUE(policies.AddAll(workload.spec, registry).ok());
    }
    TickOutput output = PlanTick(input, policies);
    planner.PlanTick(input, policies, again);
    for (std::size_t i = 0; i < input.workloads.size(); ++i) {
      Explain(input.workloads[i], again.workloads[i].decision);
    }
    EXPECT_EQ(again, output) << "a planner that has seen other ticks answers otherwise";
    Pass(output);
    return output;
  }

  /// Ticks until nothing is commanded any more; false: there is no end to it.
  bool Settle(int ticks = 200) {
    for (int quiet = 0; ticks > 0; --ticks) {
      const TickOutput output = Tick();
      const bool any = std::any_of(output.workloads.begin(), output.workloads.end(),
                                   [](const WorkloadOutput& each) { return each.command; });
      quiet = any ? 0 : quiet + 1;
      if (quiet > 8) return true;
    }
    return false;
  }

  /// What is taken; every slice has found its place.
  Fleet TakenSlices() const {
    HeldSlices held = input.held;
    std::size_t count = 0;
    for (const WorkloadInput& workload : input.workloads) {
      held[workload.spec.workload] = workload.observation.slices;
    }
    for (const auto& [name, slices] : held) count += slices.size();
    Fleet fleet = FleetOf({.devices = input.inventory.devices}, held).value();
    EXPECT_EQ(fleet.slice_count(), count) << "two slices are in the same place";
    return fleet;
  }

  TickInput input;
  Duration start_time = std::chrono::seconds(2);  ///< from a command to a replica that serves
  Duration stop_time = std::chrono::seconds(1);
  Planner planner;

 private:
  void Pass(const TickOutput& output) {
    for (std::size_t i = 0; i < input.workloads.size(); ++i) {
      WorkloadInput& workload = input.workloads[i];
      workload.history = output.workloads[i].next;
      const std::optional<ScaleCommand>& command = output.workloads[i].command;
      if (command) Obey(*command, workload);
    }
    input.now += std::chrono::seconds(1);
    for (WorkloadInput& workload : input.workloads) Live(workload.observation);
    (void)TakenSlices();
  }

  void Obey(const ScaleCommand& command, WorkloadInput& workload) {
    Observation& seen = workload.observation;
    RecordScale(workload.spec, seen.spec_replicas, command.replicas, input.now, workload.history);
    seen.spec_replicas = command.replicas;
    std::vector<ReplicaSlice> slices;
    for (ReplicaSlice slice : command.slices) {
      if (slice.replica.empty()) {
        slice.replica = command.workload + "-" + std::to_string(next_[command.workload]++);
        seen.replicas.push_back({.name = slice.replica,
                                 .phase = ReplicaPhase::kRunning,
                                 .ready = ConditionStatus::kFalse,
                                 .ready_transition = input.now,
                                 .start_time = input.now});
      }
      slices.push_back(std::move(slice));
    }
    for (const ReplicaSlice& old : seen.slices) {
      const bool stays = std::any_of(slices.begin(), slices.end(), [&](const ReplicaSlice& slice) {
        return slice.replica == old.replica;
      });
      if (stays) continue;
      for (Replica& replica : seen.replicas) {
        if (replica.name != old.replica) continue;
        if (!replica.terminating) replica.ready_transition = input.now;
        replica.terminating = true;
      }
      slices.push_back(old);
    }
    seen.slices = std::move(slices);
  }

  void Live(Observation& seen) {
    for (Replica& replica : seen.replicas) {
      const bool started = input.now - replica.start_time.value() >= start_time;
      if (replica.ready == ConditionStatus::kTrue || !started) continue;
      replica.ready = ConditionStatus::kTrue;
      replica.ready_transition = input.now;
    }
    std::erase_if(seen.replicas, [&](const Replica& replica) {
      if (!replica.terminating || input.now - replica.ready_transition < stop_time) return false;
      std::erase_if(seen.slices,
                    [&](const ReplicaSlice& slice) { return slice.replica == replica.name; });
      return true;
    });
    seen.status_replicas = static_cast<std::int32_t>(seen.replicas.size());
  }

  std::map<std::string, int> next_;
  TickOutput again;
};

}  // namespace tidegate::testing
