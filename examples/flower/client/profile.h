// SPDX-License-Identifier: Apache-2.0
//
// Profile: how many requests a second are offered, over time.
//
//   # comment
//   hold 20s 8/s        20 seconds at 8 requests a second
//   step 80/s           from here on
//   hold 15s            … at the rate reached before
//   ramp 30s 260/s      evenly from that rate to 260
//   ramp 30s 20/s 200/s from 20 to 200
//
// Durations: ms, s, m, h. Thread safety: plain values.
#pragma once

#include <string_view>
#include <vector>

#include "tidegate/result.h"

namespace flower {

/// Rates change evenly within a segment.
struct Segment {
  double seconds = 0;
  double from_per_s = 0;
  double to_per_s = 0;

  friend bool operator==(const Segment&, const Segment&) = default;
};

struct Profile {
  std::vector<Segment> segments;

  double seconds() const;
  /// How many requests were offered until `t` seconds after the start.
  double CountUntil(double t) const;
};

/// kInvalidArgument: `name:line:column: what is wrong`.
tidegate::Result<Profile> ParseProfile(std::string_view text, std::string_view name);

}  // namespace flower
