// SPDX-License-Identifier: Apache-2.0
//
// Balancer: sends requests to the replicas. It is told the whole list each time.
//
// A replica leaves the balancer before the backend stops it: the shell applies a scale-down only
// once Sync() has answered kInEffect for a list without the victims.
//
// Thread safety: called by one thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tidegate/export.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

/// Where a replica serves.
struct Endpoint {
  std::string replica;
  std::string host;
  std::uint16_t port = 0;
  std::int32_t weight = 1;

  friend auto operator<=>(const Endpoint&,
                          const Endpoint&) = default;  // NOLINT(modernize-use-nullptr)
};

enum class SyncState {
  kInEffect,  ///< requests go to exactly these endpoints
  kPending,   ///< accepted, waits to be batched with others; call again at the next tick
};

class TIDEGATE_EXPORT Balancer {
 public:
  virtual ~Balancer();
  virtual Result<SyncState> Sync(std::span<const Endpoint> wanted, TimePoint deadline) = 0;
};

}  // namespace tidegate
