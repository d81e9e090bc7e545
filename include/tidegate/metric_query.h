// SPDX-License-Identifier: Apache-2.0
//
// How the values of a metric are made from samples.
//
// Plain values; compare with ==.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tidegate/types.h"

namespace tidegate {

enum class Averaging : std::uint8_t {
  kLatest,       ///< the newest value; no window
  kLinear,       ///< every value of the window counts the same; Knative's default
  kExponential,  ///< a bucket counts the less the older it is; Knative's other one
  kBucket,       ///< every bucket counts the same, however many values it has
  kQuantile,     ///< 1: the largest value, 0.5: the median
};

/// Over which values of the recent past a metric is averaged.
struct AveragingWindow {
  Averaging average = Averaging::kLatest;
  Duration length = std::chrono::minutes(1);
  Duration bucket{};      ///< what the window is counted in; 0: the workload's period
  double quantile = 0.5;  ///< kQuantile only

  friend bool operator==(const AveragingWindow&, const AveragingWindow&) = default;
};

/// How one metric is read; what is absent is the workload's.
struct MetricQuery {
  std::string metric;  ///< the MetricSpec's name
  /// PromQL; empty: the instant selector of the metric's name. For Pods metrics it is evaluated
  /// once for each replica, over that replica's series only (label `replica`), which is what
  /// `by (<<.GroupBy>>)` does in Prometheus Adapter.
  std::string query{};
  AveragingWindow window{};
  std::optional<Duration> max_age{};     ///< older samples are missing
  std::optional<double> min_coverage{};  ///< below it a reading is kPartial: no scale-down
  /// A source that answered, but has no series of the metric, means 0. One that did not answer
  /// never does.
  bool empty_as_zero = false;

  friend bool operator==(const MetricQuery&, const MetricQuery&) = default;
};

}  // namespace tidegate
