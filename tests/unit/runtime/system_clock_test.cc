// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <thread>

#include "tidegate/clock.h"

namespace tidegate {
namespace {

TEST(SystemClockTest, WaitsUntilThenAndNotLonger) {
  const auto clock = MakeSystemClock();
  const TimePoint when = clock->Now() + std::chrono::milliseconds(20);
  EXPECT_TRUE(clock->WaitUntil(when, {}));
  EXPECT_GE(clock->Now(), when);
  EXPECT_TRUE(clock->WaitUntil(when, {}));  // the past is no wait
}

TEST(SystemClockTest, AStopEndsTheWait) {
  const auto clock = MakeSystemClock();
  bool reached = true;
  {
    std::jthread waiter([&](const std::stop_token& stop) {
      reached = clock->WaitUntil(clock->Now() + std::chrono::hours(1), stop);
    });
    waiter.request_stop();
  }
  EXPECT_FALSE(reached);
}

}  // namespace
}  // namespace tidegate
