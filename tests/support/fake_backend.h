// SPDX-License-Identifier: Apache-2.0
//
// A backend in memory: replicas are ready at once and are gone at once. What a test wants to go
// wrong, it sets.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tidegate/backend.h"

namespace tidegate::testing {

class FakeBackend final : public Backend {
 public:
  FakeBackend(WorkloadId workload, std::int32_t count) : workload_(std::move(workload)) {
    Grow(count);
    spec_ = count;
  }

  Result<Observation> Observe(const WorkloadId& workload, TimePoint) override {
    if (workload != workload_) return Error{ErrorCode::kNotFound, "no workload " + workload};
    if (observe_error) return *observe_error;
    return Observation{spec_, static_cast<std::int32_t>(replicas.size()), replicas};
  }

  Status Apply(const ScaleCommand& command, TimePoint) override {
    if (command.workload != workload_) {
      return Error{ErrorCode::kNotFound, "no workload " + command.workload};
    }
    if (command.replicas < 0) return Error{ErrorCode::kInvalidArgument, "replicas: negative"};
    if (apply_error) return *apply_error;
    applied.push_back(command);
    spec_ = command.replicas;
    auto surplus = static_cast<std::int64_t>(replicas.size()) - command.replicas;
    for (const std::string& victim : command.victims) {
      if (surplus <= 0) break;
      surplus -= static_cast<std::int64_t>(
          std::erase_if(replicas, [&](const Replica& r) { return r.name == victim; }));
    }
    for (; surplus > 0; --surplus) replicas.pop_back();
    Grow(static_cast<std::int32_t>(-surplus));
    return {};
  }

  std::optional<Error> observe_error;
  std::optional<Error> apply_error;
  std::vector<ScaleCommand> applied;
  std::vector<Replica> replicas;  ///< oldest first

 private:
  void Grow(std::int32_t count) {
    for (; count > 0; --count) {
      Replica replica;
      replica.name = workload_ + "-" + std::to_string(next_);
      replica.phase = ReplicaPhase::kRunning;
      replica.ready = ConditionStatus::kTrue;
      replica.start_time = TimePoint{};
      replica.host = "127.0.0.1";
      replica.ports["http"] = static_cast<std::uint16_t>(20000 + next_++);
      replicas.push_back(std::move(replica));
    }
  }

  WorkloadId workload_;
  std::int32_t spec_ = 0;
  std::int64_t next_ = 0;
};

}  // namespace tidegate::testing
