// SPDX-License-Identifier: Apache-2.0
//
// The only file that reads real time and the only one that sleeps.
#include <time.h>

#include <condition_variable>
#include <mutex>

#include "tidegate/clock.h"

namespace tidegate {

namespace {

Duration Read(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// Wall time at the start plus what the boot clock has run since: a step of the wall clock
// changes no decision, a suspended machine's windows do expire.
class SystemClock final : public Clock {
 public:
  SystemClock() : offset_(Read(CLOCK_REALTIME) - Read(CLOCK_BOOTTIME)) {}

  TimePoint Now() const override { return TimePoint(Read(CLOCK_BOOTTIME) + offset_); }

  bool WaitUntil(TimePoint when, std::stop_token stop) override {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      const Duration left = when - Now();
      if (left <= Duration::zero()) return true;
      wake.wait_for(lock, stop, left, [] { return false; });
    }
    return false;
  }

 private:
  const Duration offset_;
};

}  // namespace

std::unique_ptr<Clock> MakeSystemClock() { return std::make_unique<SystemClock>(); }

}  // namespace tidegate
