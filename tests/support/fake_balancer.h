// SPDX-License-Identifier: Apache-2.0
//
// A balancer in memory: in effect at once, unless a test says otherwise.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "tidegate/balancer.h"

namespace tidegate::testing {

class FakeBalancer final : public Balancer {
 public:
  Result<SyncState> Sync(std::span<const Endpoint> wanted, TimePoint) override {
    ++syncs;
    if (error) return *error;
    for (const Endpoint& endpoint : wanted) {
      if (endpoint.host.empty() || endpoint.port == 0) {
        return Error{ErrorCode::kInvalidArgument, "endpoint " + endpoint.replica + ": no address"};
      }
    }
    if (state == SyncState::kInEffect) endpoints.assign(wanted.begin(), wanted.end());
    return state;
  }

  SyncState state = SyncState::kInEffect;
  std::optional<Error> error;
  std::vector<Endpoint> endpoints;  ///< where requests go
  int syncs = 0;
};

}  // namespace tidegate::testing
