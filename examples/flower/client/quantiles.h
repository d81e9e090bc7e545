// SPDX-License-Identifier: Apache-2.0
//
// QuantileRecorder: quantiles of any number of latencies in bounded memory.
//
// Counts in buckets whose width is at most 1/128 of their value, so a quantile is off by less
// than 0.4 %. Thread safety: one thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace flower {

class QuantileRecorder {
 public:
  QuantileRecorder();

  /// Negative counts as 0; more than 19 hours as 19 hours.
  void Add(double ms);
  void Clear();

  std::uint64_t count() const { return count_; }
  double max_ms() const { return max_ms_; }
  double mean_ms() const { return count_ == 0 ? 0 : sum_ms_ / static_cast<double>(count_); }
  /// The smallest recorded latency that at least `q` of all do not exceed; 0 if there are none.
  double Quantile(double q) const;

 private:
  std::vector<std::uint32_t> buckets_;
  std::uint64_t count_ = 0;
  double sum_ms_ = 0;
  double max_ms_ = 0;
};

}  // namespace flower
