// SPDX-License-Identifier: Apache-2.0
//
// What functions over range vectors compute from the samples of one series in one window. The order
// of operations is Prometheus 3's, so that results are equal to the last bit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "series/ring.h"
#include "series/staleness.h"

namespace tidegate::promql {

/// Stands for "no value": no computation has these bits as its result.
inline constexpr double kNoValue = kStaleMarker;
inline bool IsAbsent(double value) { return IsStaleMarker(value); }

struct Window {
  std::int64_t begin_ms = 0;  ///< not part of it
  std::int64_t end_ms = 0;
  std::int64_t eval_ms = 0;  ///< when it is evaluated; @ and offset make it differ from end_ms
  double range_seconds = 0;
  bool anchored = false;  ///< there may be samples of up to the lookback before begin_ms
  bool smoothed = false;  ///< and of up to the lookback after end_ms
  std::span<const double> parameters;  ///< the function's scalar arguments, in order
};

/// REQUIRES: !samples.empty(); they are in time order.
using WindowFunction = double (*)(std::span<const Sample> samples, const Window& window);

double AvgOverTime(std::span<const Sample> samples, const Window& window);
double Changes(std::span<const Sample> samples, const Window& window);
double CountOverTime(std::span<const Sample> samples, const Window& window);
double Delta(std::span<const Sample> samples, const Window& window);
double Deriv(std::span<const Sample> samples, const Window& window);
double DoubleExponentialSmoothing(std::span<const Sample> samples, const Window& window);
double FirstOverTime(std::span<const Sample> samples, const Window& window);
double Idelta(std::span<const Sample> samples, const Window& window);
double Increase(std::span<const Sample> samples, const Window& window);
double Integral(std::span<const Sample> samples, const Window& window);
double Irate(std::span<const Sample> samples, const Window& window);
double LastOverTime(std::span<const Sample> samples, const Window& window);
double MadOverTime(std::span<const Sample> samples, const Window& window);
double MaxOverTime(std::span<const Sample> samples, const Window& window);
double MinOverTime(std::span<const Sample> samples, const Window& window);
double PredictLinear(std::span<const Sample> samples, const Window& window);
double PresentOverTime(std::span<const Sample> samples, const Window& window);
double QuantileOverTime(std::span<const Sample> samples, const Window& window);
double Rate(std::span<const Sample> samples, const Window& window);
double Resets(std::span<const Sample> samples, const Window& window);
double StddevOverTime(std::span<const Sample> samples, const Window& window);
double StdvarOverTime(std::span<const Sample> samples, const Window& window);
double SumOverTime(std::span<const Sample> samples, const Window& window);
double TimeOfFirst(std::span<const Sample> samples, const Window& window);
double TimeOfLast(std::span<const Sample> samples, const Window& window);
double TimeOfMax(std::span<const Sample> samples, const Window& window);
double TimeOfMin(std::span<const Sample> samples, const Window& window);

/// The samples in a window with an extended range, with one at each edge; none if there are none.
std::vector<Sample> WithEdges(std::span<const Sample> samples, const Window& window);

}  // namespace tidegate::promql
