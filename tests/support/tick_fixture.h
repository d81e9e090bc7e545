// SPDX-License-Identifier: Apache-2.0
//
// TickFixture: a TickReport put together by hand, for tests of reporters.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tidegate/reporter.h"

namespace tidegate::testing {

struct TickFixture {
  TickInput input;
  TickOutput output;
  std::vector<Applied> applied;
  std::vector<History> histories;
  std::vector<StatusUpdate> statuses;
  std::vector<std::vector<TargetState>> targets;
  std::vector<TargetState> fleet_targets;

  /// A workload with `ready` serving replicas named NAME-0, … that wants `desired` of them.
  void Add(const WorkloadId& name, std::int32_t ready, std::int32_t desired) {
    WorkloadInput workload;
    workload.spec.workload = name;
    workload.spec.min_replicas = 1;
    workload.spec.max_replicas = 7;
    workload.spec.metrics.emplace_back().name = "queue_us";
    workload.observation.spec_replicas = ready;
    workload.observation.status_replicas = ready;
    for (std::int32_t i = 0; i < ready; ++i) {
      Replica replica;
      replica.name = name + "-" + std::to_string(i);
      replica.phase = ReplicaPhase::kRunning;
      replica.ready = ConditionStatus::kTrue;
      workload.observation.replicas.push_back(std::move(replica));
    }
    WorkloadOutput out;
    out.decision.workload = name;
    out.decision.current = ready;
    out.decision.desired = desired;
    out.decision.proposed = desired;
    if (ready != desired) {
      out.decision.reason = "pods metric queue_us above target";
      out.command = ScaleCommand{.workload = name, .replicas = desired, .victims = {}};
    }
    input.workloads.push_back(std::move(workload));
    output.workloads.push_back(std::move(out));
    applied.emplace_back();
    histories.emplace_back();
    statuses.emplace_back();
    targets.emplace_back();
  }

  /// As Decide() does when nothing can be proposed.
  void Hold(std::size_t i, Error error) {
    Decision& decision = output.workloads[i].decision;
    decision.desired = decision.current;
    decision.proposed.reset();
    decision.reason.clear();
    decision.steps.push_back({.stage = Stage::kMetrics,
                              .cause = StepCause::kFailed,
                              .replicas = decision.current,
                              .reason = "holds: " + error.message});
    decision.error = std::move(error);
    output.workloads[i].command.reset();
  }

  /// As Decide() does when a scale-down is refused on doubtful data.
  void HoldOnDoubt(std::size_t i, Doubt doubt) {
    Decision& decision = output.workloads[i].decision;
    decision.desired = decision.current;
    decision.reason.clear();
    decision.error = Error{ErrorCode::kNoData, doubt.detail};
    decision.steps.push_back({.stage = Stage::kHold,
                              .cause = StepCause::kDoubt,
                              .replicas = decision.current,
                              .reason = "no scale-down: " + doubt.detail});
    output.workloads[i].command.reset();
    input.workloads[i].readings.resize(1);
    input.workloads[i].readings[0].doubts.push_back(std::move(doubt));
  }

  void SendTo(Reporter& reporter, TimePoint now) {
    input.now = now;
    reporter.OnTick({.input = input,
                     .output = output,
                     .applied = applied,
                     .histories = histories,
                     .statuses = statuses,
                     .targets = targets,
                     .fleet_targets = fleet_targets,
                     .gather_duration = std::chrono::milliseconds(20),
                     .plan_duration = std::chrono::microseconds(30),
                     .apply_duration = std::chrono::milliseconds(1),
                     .lateness = std::chrono::milliseconds(2)});
  }
};

inline TargetState UpTarget(const std::string& replica, TimePoint at) {
  TargetState state;
  state.target = "http://127.0.0.1:1/metrics";
  state.replica = replica;
  state.up = true;
  state.last_attempt = at;
  state.last_success = at;
  state.last_duration = std::chrono::milliseconds(3);
  state.samples = 5;
  return state;
}

inline TargetState DownTarget(const std::string& replica, TimePoint at, std::string error) {
  TargetState state = UpTarget(replica, at);
  state.up = false;
  state.last_success = {};
  state.error = std::move(error);
  return state;
}

}  // namespace tidegate::testing
