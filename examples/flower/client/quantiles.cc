// SPDX-License-Identifier: Apache-2.0
#include "examples/flower/client/quantiles.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace flower {
namespace {

// Microseconds below 256 have a bucket each; above, every power of two has 128 buckets.
constexpr int kBits = 7;
constexpr int kMaxExponent = 36;
constexpr std::size_t kPerPower = std::size_t{1} << kBits;
constexpr std::size_t kBuckets = (kMaxExponent - kBits + 1) * kPerPower;

std::size_t BucketOf(std::uint64_t us) {
  if (us < 2 * kPerPower) return us;
  const int shift = std::bit_width(us) - 1 - kBits;
  return static_cast<std::size_t>(shift) * kPerPower + (us >> shift);
}

double MiddleMs(std::size_t bucket) {
  if (bucket < 2 * kPerPower) return static_cast<double>(bucket) / 1e3;
  const std::size_t shift = bucket / kPerPower - 1;
  const double width = std::ldexp(1.0, static_cast<int>(shift));
  const double low = static_cast<double>(bucket - shift * kPerPower) * width;
  return (low + (width - 1) / 2) / 1e3;
}

}  // namespace

QuantileRecorder::QuantileRecorder() : buckets_(kBuckets) {}

void QuantileRecorder::Add(double ms) {
  const double us = std::clamp(std::round(ms * 1e3), 0.0, std::ldexp(1.0, kMaxExponent) - 1);
  ++buckets_[BucketOf(static_cast<std::uint64_t>(us))];
  ++count_;
  sum_ms_ += us / 1e3;
  max_ms_ = std::max(max_ms_, us / 1e3);
}

void QuantileRecorder::Clear() {
  std::fill(buckets_.begin(), buckets_.end(), 0);
  count_ = 0;
  sum_ms_ = 0;
  max_ms_ = 0;
}

double QuantileRecorder::Quantile(double q) const {
  if (count_ == 0) return 0;
  const double rank =
      std::clamp(std::ceil(q * static_cast<double>(count_)), 1.0, static_cast<double>(count_));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (static_cast<double>(seen) >= rank) return std::min(MiddleMs(i), max_ms_);
  }
  return max_ms_;
}

}  // namespace flower
