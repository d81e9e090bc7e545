// SPDX-License-Identifier: Apache-2.0
//
// What a pool has to remember to find its replicas again after it was killed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/process_pool/keeper_process.h"
#include "tidegate/export.h"
#include "tidegate/observation.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

struct ReplicaState {
  std::int64_t index = 0;
  std::string name;
  ProcessId process;  ///< of the keeper
  std::string token;
  std::map<std::string, std::uint16_t> ports;
  TimePoint start_time{};
  bool was_ready = false;
  bool ready = false;
  TimePoint ready_transition{};
  std::int32_t restarts = 0;
  std::int32_t failures = 0;
  bool terminating = false;
  std::optional<ReplicaSlice> slice;  ///< of a pool on slices
};

struct PoolState {
  WorkloadId workload;
  std::int32_t target = 0;
  std::int64_t next_index = 0;
  std::vector<ReplicaState> replicas;
  std::vector<ReplicaSlice> slices;  ///< that shall have a replica each
};

std::string EncodePoolState(const PoolState& state);
/// kInvalidArgument: not JSON, another version, a wrong checksum, a field that is missing or odd.
Result<PoolState> DecodePoolState(std::string_view text);

/// Whole or not at all, durable, readable by the owner only.
Status WritePoolState(const std::string& path, const PoolState& state);
/// kNotFound: there is none.
TIDEGATE_EXPORT Result<PoolState> ReadPoolState(const std::string& path);

}  // namespace tidegate
