// SPDX-License-Identifier: Apache-2.0
#include "examples/flower/client/arrivals.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace flower {
namespace {

double ExpectedCount(const Segment& segment) {
  return segment.seconds * (segment.from_per_s + segment.to_per_s) / 2;
}

// When, in seconds after the segment's start, so many requests are expected. This form of the
// quadratic's solution loses no digits where the slope is small or negative.
double TimeOfCount(const Segment& segment, double count) {
  if (count <= 0) return 0;
  const double slope = (segment.to_per_s - segment.from_per_s) / segment.seconds;
  const double root = segment.from_per_s * segment.from_per_s + 2 * slope * count;
  const double seconds = 2 * count / (segment.from_per_s + std::sqrt(std::max(root, 0.0)));
  return std::min(seconds, segment.seconds);
}

}  // namespace

Arrivals::Arrivals(Profile profile, Spacing spacing, std::uint64_t seed)
    : profile_(std::move(profile)), spacing_(spacing), engine_(seed) {
  if (spacing_ == Spacing::kEven) count_ = -0.5;  // the first one in the middle of its interval
}

std::optional<double> Arrivals::Next() {
  count_ += Gap();
  while (segment_ < profile_.segments.size()) {
    const Segment& segment = profile_.segments[segment_];
    const double expected = ExpectedCount(segment);
    if (count_ < expected) return segment_start_ + TimeOfCount(segment, count_);
    count_ -= expected;
    segment_start_ += segment.seconds;
    ++segment_;
  }
  return std::nullopt;
}

// A Poisson process with a changing rate is one of rate 1 on the axis of expected requests, where
// the gaps are exponential.
double Arrivals::Gap() {
  if (spacing_ == Spacing::kEven) return 1;
  const double uniform = (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53;  // in (0, 1)
  return -std::log(uniform);
}

}  // namespace flower
