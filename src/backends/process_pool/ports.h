// SPDX-License-Identifier: Apache-2.0
//
// Finds free TCP ports, going round the range so that a port rests before it is used again.
#pragma once

#include <cstdint>
#include <set>

#include "tidegate/result.h"

namespace tidegate {

/// True if a server could bind it now on any address; false in TIME_WAIT, too. kUnavailable: there
/// is no descriptor to find out with.
Result<bool> PortIsFree(std::uint16_t port);

class PortFinder {
 public:
  /// `offset` spreads the pools that share a range.
  PortFinder(std::uint16_t min, std::uint16_t max, std::uint64_t offset)
      : min_(min), size_(std::uint32_t{max} - min + 1), at_(offset % size_) {}

  /// The next free port that is not in `taken`. kUnavailable: there is none, or no descriptor.
  Result<std::uint16_t> Next(const std::set<std::uint16_t>& taken);

 private:
  std::uint32_t min_;
  std::uint32_t size_;
  std::uint64_t at_;
};

}  // namespace tidegate
