// SPDX-License-Identifier: Apache-2.0
//
// The fewest devices in closed form, for the two families of boards that have one.
//
// Seven/eight boards (A100, H100, H200, B200 …): a device is two independent halves, slots 0-3
// and 4-7, besides the whole-device profile. The left half takes a 4g, a 3g or two full cells;
// the right one a 3g, or a full cell and a tail. A full cell holds a 2g, a double-memory 1g or
// two 1g; the tail, which has memory but one compute slice, a double-memory 1g or one 1g. So 3g
// go right first, double-memory 1g to the tails first, and what is left is counting.
//
// Buddy boards (A30, RTX PRO): sizes divide each other, and only their sum matters.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tidegate/mig.h"

namespace tidegate {

/// What a profile is on a seven/eight board.
enum class HalfRole : std::uint8_t { kWhole, kFour, kThree, kTwo, kDouble, kOne, kOther };

struct ClosedForm {
  bool halves = false;              ///< a seven/eight board; else a buddy board
  std::vector<HalfRole> roles;      ///< by profile
  std::vector<std::int32_t> cells;  ///< by profile: memory slices; 0: not covered
  std::int32_t device_cells = 0;

  bool Covers(std::span<const std::int64_t> demand) const;
  /// REQUIRES: Covers(demand).
  std::int64_t MinimumDevices(std::span<const std::int64_t> demand) const;
  /// A layout with that many devices. REQUIRES: Covers(demand), a seven/eight board.
  std::vector<LayoutCount> Layouts(std::span<const std::int64_t> demand,
                                   std::int64_t devices) const;
};

/// The closed form of a model; none if it belongs to no known family.
std::optional<ClosedForm> FindClosedForm(const DeviceModel& model);

}  // namespace tidegate
