// SPDX-License-Identifier: Apache-2.0
//
// When something is due that is done once in an interval, at ticks that come when they come.
#pragma once

#include <algorithm>

#include "tidegate/types.h"

namespace tidegate {

class Schedule {
 public:
  /// At once the first time; an interval of 0: always.
  bool IsDue(TimePoint now, Duration interval) const {
    if (!begun_ || interval <= Duration::zero()) return true;
    const bool clock_went_back = next_ - now > interval;
    return clock_went_back || now + Slack(interval) >= next_;
  }

  /// It is done now. Stays on the grid of the first time, so that lateness does not add up.
  void Advance(TimePoint now, Duration interval) {
    if (interval <= Duration::zero()) return;
    const bool on_grid = begun_ && next_ - now <= interval;
    const TimePoint grid = on_grid ? next_ : now;
    const Duration elapsed = std::max(now - grid, Duration::zero()) + Slack(interval);
    next_ = grid + (elapsed / interval + 1) * interval;
    begun_ = true;
  }

 private:
  /// A tick that begins a little early still does what is due then; otherwise a jitter of a
  /// millisecond would halve the rate.
  static Duration Slack(Duration interval) {
    return std::min<Duration>(interval / 10, std::chrono::milliseconds(100));
  }

  TimePoint next_{};
  bool begun_ = false;
};

}  // namespace tidegate
