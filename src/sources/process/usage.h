// SPDX-License-Identifier: Apache-2.0
//
// What a process and all below it use, as /proc and cgroups say.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "tidegate/observation.h"
#include "tidegate/result.h"

namespace tidegate::process {

struct Usage {
  double cpu_seconds = 0;
  double memory_bytes = 0;
  std::optional<double> proportional_bytes;
};

/// One look at the processes. One that ends meanwhile may be missing, with what it has used; none
/// counts twice. kNoData: the process is gone, or its number is another one's now.
Result<Usage> ReadProcesses(const ProcessId& root, bool proportional_memory);

/// cpu.stat and memory.current without the files that are cached and not in use. kNoData: no such
/// cgroup, or it does not count one of them.
Result<Usage> ReadCgroup(const std::string& folder);

/// Makes a counter that never falls of looks that may have missed something. What one look misses
/// the next one finds; what a second look misses as well was not taken over by anybody (its parent
/// ignores SIGCHLD): it stays counted.
class CpuCounter {
 public:
  /// Whether `seconds` is less than what was seen before.
  bool Fell(double seconds) const { return seconds < seen_; }
  double Advance(double seconds) {
    if (Fell(seconds)) lost_ += seen_ - seconds;
    seen_ = seconds;
    // The sum may be rounded down: a fall by the last bit would be a restart, too.
    value_ = std::max(value_, seen_ + lost_);
    return value_;
  }

 private:
  double seen_ = 0;
  double lost_ = 0;
  double value_ = 0;
};

}  // namespace tidegate::process
