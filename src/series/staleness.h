// SPDX-License-Identifier: Apache-2.0
//
// Prometheus's staleness marker: one NaN, told from all others by its bits. It ends a series.
#pragma once

#include <bit>
#include <cstdint>

namespace tidegate {

inline constexpr std::uint64_t kStaleMarkerBits = 0x7ff0000000000002;
inline constexpr double kStaleMarker = std::bit_cast<double>(kStaleMarkerBits);

inline bool IsStaleMarker(double value) noexcept {
  return std::bit_cast<std::uint64_t>(value) == kStaleMarkerBits;
}

}  // namespace tidegate
