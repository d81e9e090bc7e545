// SPDX-License-Identifier: Apache-2.0
//
// SliceDriver: the GPUs whose slices replicas run on, as a driver has them, and who makes slices.
//
// A plan is a proposal until the driver has made every slice of it: what it refuses is in the next
// inventory, so that the next plan knows.
//
// Thread safety: all members may be called concurrently.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/inventory.h"
#include "tidegate/observation.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

/// What became of slices that are wanted.
struct SliceSupply {
  std::vector<ReplicaSlice> slices;  ///< those that exist, by the ids that they have
  std::optional<Error> error;        ///< why others do not
};

class TIDEGATE_EXPORT SliceDriver {
 public:
  virtual ~SliceDriver();

  /// Devices and slices as they were last seen. Never waits for the driver.
  virtual Inventory inventory() const = 0;

  /// Looks again, if it is time to. An error leaves the inventory as it was.
  virtual Status Refresh(TimePoint now) = 0;

  /// Makes what is wanted and does not exist yet. Slices that have a replica are let through.
  /// `held` is what anybody has or is about to get: nothing of it is destroyed.
  virtual SliceSupply Make(std::span<const ReplicaSlice> wanted, std::span<const ReplicaSlice> held,
                           TimePoint deadline) = 0;
};

}  // namespace tidegate
