// SPDX-License-Identifier: Apache-2.0
//
// SimClock: time that stands still until it is moved.
//
// Thread safety: all members are safe to call concurrently.
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "tidegate/clock.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate::python {

class SimClock final : public Clock {
 public:
  explicit SimClock(TimePoint start) : now_(start) {}

  TimePoint Now() const override;
  bool WaitUntil(TimePoint when, std::stop_token stop) override;

  /// kInvalidArgument: time does not go back.
  Status MoveTo(TimePoint when);
  Status Advance(Duration by);

 private:
  Status MoveLocked(TimePoint when);

  mutable std::mutex mutex_;
  std::condition_variable_any moved_;
  TimePoint now_;
};

}  // namespace tidegate::python
