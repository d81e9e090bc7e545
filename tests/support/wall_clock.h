// SPDX-License-Identifier: Apache-2.0
//
// Real time for tests that watch real processes.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

#include "tidegate/clock.h"

namespace tidegate::testing {

class WallClock final : public Clock {
 public:
  TimePoint Now() const override {
    return TimePoint(std::chrono::steady_clock::now().time_since_epoch()) + kEpoch;
  }
  bool WaitUntil(TimePoint when, std::stop_token stop) override {
    while (Now() < when) {
      if (stop.stop_requested()) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

 private:
  static constexpr Duration kEpoch = std::chrono::hours(24 * 365 * 50);
};

/// Polls until it holds or the time is up; says whether it holds.
inline bool Eventually(const std::function<bool()>& holds,
                       std::chrono::milliseconds limit = std::chrono::seconds(10)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= end) return holds();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace tidegate::testing
