// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include "tidegate/clock.h"

namespace tidegate::testing {

/// Time that moves only when it is told to, or when somebody waits.
class SimClock final : public Clock {
 public:
  explicit SimClock(TimePoint start = TimePoint(std::chrono::hours(1))) : now_(start) {}

  TimePoint Now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }

  bool WaitUntil(TimePoint when, std::stop_token stop) override {
    const std::lock_guard lock(mutex_);
    if (stop.stop_requested()) return false;
    if (when > now_) now_ = when;
    return true;
  }

  void Advance(Duration duration) {
    const std::lock_guard lock(mutex_);
    now_ += duration;
  }

 private:
  mutable std::mutex mutex_;
  TimePoint now_;
};

}  // namespace tidegate::testing
