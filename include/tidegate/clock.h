// SPDX-License-Identifier: Apache-2.0
//
// Clock: the only way in which the shell learns the time, and the only way in which it sleeps.
//
// Thread safety: all members are safe to call concurrently.
#pragma once

#include <memory>
#include <stop_token>

#include "tidegate/export.h"
#include "tidegate/types.h"

namespace tidegate {

class TIDEGATE_EXPORT Clock {
 public:
  virtual ~Clock();
  virtual TimePoint Now() const = 0;
  /// Returns true at `when`, false as soon as a stop is requested.
  virtual bool WaitUntil(TimePoint when, std::stop_token stop) = 0;
};

/// Wall-clock time that never jumps: it starts at the system's and runs on the boot clock.
TIDEGATE_EXPORT std::unique_ptr<Clock> MakeSystemClock();

}  // namespace tidegate
