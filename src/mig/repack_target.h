// SPDX-License-Identifier: Apache-2.0
//
// Which layout every device of one model should have: the integer programme of a repack.
//
// Devices in the same state are alike, so the programme has a group a state, not a device. A
// column brings a device to a layout; its cost is the slices that have to leave. All rows are
// shared: slices of each profile, and the devices in use.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "mig/fleet_impl.h"

namespace tidegate {

struct TargetRequest {
  std::vector<std::int64_t> admit;  ///< by profile: slices to add
  bool fewest_devices = false;
  std::optional<std::int64_t> limit;      ///< devices in use afterwards
  std::optional<std::int64_t> max_moves;  ///< with fewest_devices
};

struct Targets {
  /// By device of the fleet: the state it should have room for, kNone for other models' devices.
  std::vector<int> state;
  std::int64_t moves = 0;        ///< slices that leave their place
  std::int64_t least_moves = 0;  ///< no choice of layouts has fewer
  std::int64_t devices = 0;      ///< in use afterwards, at most
};

/// kUnavailable: there is no such layout. `variant` picks among equally good ones.
Result<Targets> FindTargets(const Fleet::Impl& fleet, std::size_t model,
                            const TargetRequest& request, unsigned variant = 0);

}  // namespace tidegate
