// SPDX-License-Identifier: Apache-2.0
//
// Values of the recent past -> one value: what a metric is, averaged over a window.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "tidegate/metric_query.h"
#include "tidegate/types.h"

namespace tidegate::core {

struct TimedValue {
  TimePoint time;
  double value = 0;
};

struct WindowAverage {
  std::optional<double> value;  ///< absent: the window is empty
  double coverage = 0;          ///< share of the window's buckets that have values
};

/// The buckets of a window of this kind; at least 1.
std::int64_t BucketCount(const AveragingWindow& window);

/// `values`: in time order. Buckets begin at multiples of their length and the newest is that of
/// `now`. Without `gaps_are_zero` a bucket without values is left out. With it, it counts as 0
/// unless nothing was ever seen before it, which is Knative's rule; to tell, it needs the values
/// of two windows.
///
/// kLinear is the mean of the values, and with gaps as zeros Knative's average
/// (knative.dev/serving, pkg/autoscaler/aggregation), rounded to 6 decimals, kExponential its
/// weighted one of the buckets' means: c(1-c)^i for the bucket of age i, where c is the larger of
/// 0.2 and 1-0.0001^(1/buckets). kBucket is the mean of the buckets' means, kQuantile the quantile
/// of the values, interpolated as PromQL's quantile_over_time().
WindowAverage Average(std::span<const TimedValue> values, TimePoint now,
                      const AveragingWindow& window, bool gaps_are_zero);

}  // namespace tidegate::core
