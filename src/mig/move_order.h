// SPDX-License-Identifier: Apache-2.0
//
// From target layouts to moves in an order in which each finds its place free.
#pragma once

#include <cstdint>
#include <vector>

#include "mig/fleet_impl.h"

namespace tidegate {

struct OrderedMoves {
  std::vector<SliceMove> moves;
  std::vector<Spot> room;  ///< what the targets leave free, by device
  std::int32_t rounds = 0;
  std::int32_t spare_devices = 0;
  bool stuck = false;  ///< a cycle, and nowhere to step aside
};

/// `target` by device (kNone: not touched); `admit` by profile: slices that must find room
/// afterwards. Slices whose place is in the target stay.
OrderedMoves OrderMoves(const Fleet::Impl& fleet, std::size_t model, const std::vector<int>& target,
                        const std::vector<std::int64_t>& admit);

}  // namespace tidegate
