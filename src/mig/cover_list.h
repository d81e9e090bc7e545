// SPDX-License-Identifier: Apache-2.0
//
// The covers of a rate: slices that serve it, none of which can be left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidegate {

/// Lists them: the largest slices first, and as many of the last size as it takes.
class CoverList {
 public:
  static constexpr std::size_t kMost = 2'000;

  /// What one slice of each size serves; 0: it is of no use.
  explicit CoverList(const std::vector<std::int64_t>& served);

  /// Counts by size. Empty: there are more than kMost, or none.
  std::vector<std::vector<std::int32_t>> Of(std::int64_t rate);

 private:
  void Descend(std::size_t depth, std::int64_t left);

  const std::vector<std::int64_t>& served_;
  std::vector<std::size_t> order_;
  std::vector<std::int32_t> counts_;
  std::vector<std::vector<std::int32_t>> covers_;
};

}  // namespace tidegate
