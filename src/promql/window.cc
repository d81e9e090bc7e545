// SPDX-License-Identifier: Apache-2.0
#include "promql/window.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "promql/arithmetic.h"

namespace tidegate::promql {
namespace {

using Samples = std::span<const Sample>;

enum class CounterResets { kAdd, kIgnore };
enum class Unit { kTotal, kPerSecond };

double Seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000; }

// What falls of a counter have taken away from it.
double LostInResets(Samples samples, double previous) {
  double lost = 0;
  for (const Sample& sample : samples) {
    if (sample.value < previous) lost += previous;
    previous = sample.value;
  }
  return lost;
}

// What the value changed by, over samples that need not reach the window's edges.
double Extrapolated(Samples samples, const Window& window, CounterResets resets, Unit unit) {
  if (samples.size() < 2) return kNoValue;
  const bool is_counter = resets == CounterResets::kAdd;
  const double first = samples.front().value;
  double change = samples.back().value - first;
  if (is_counter) {
    double previous = first;
    for (const Sample& sample : samples.subspan(1)) {
      if (sample.value < previous) change += previous;
      previous = sample.value;
    }
  }
  double to_start = Seconds(samples.front().time_ms - window.begin_ms);
  double to_end = Seconds(window.end_ms - samples.back().time_ms);
  const double sampled = Seconds(samples.back().time_ms - samples.front().time_ms);
  const double interval = sampled / static_cast<double>(samples.size() - 1);
  // A series that begins or ends well inside the window is continued by half an interval only.
  const double threshold = interval * 1.1;
  if (to_start >= threshold) to_start = interval / 2;
  if (is_counter && change > 0 && first >= 0) {
    to_start = std::min(to_start, sampled * (first / change));  // a counter began at 0
  }
  if (to_end >= threshold) to_end = interval / 2;
  double factor = (sampled + to_start + to_end) / sampled;
  if (unit == Unit::kPerSecond) factor /= window.range_seconds;
  return change * factor;
}

// The line between two samples; a counter that fell between them began at 0.
double Interpolated(const Sample& a, const Sample& b, std::int64_t time_ms, bool is_counter) {
  const double from = is_counter && b.value < a.value ? 0 : a.value;
  return from + (b.value - from) * static_cast<double>(time_ms - a.time_ms) /
                    static_cast<double>(b.time_ms - a.time_ms);
}

// The samples that an extended range is about: `first` is the last one that is not inside, if
// there is one; `last` is, if smoothed, the first one that is behind it.
struct Extent {
  std::size_t first = 0;
  std::size_t last = 0;
  bool empty = false;
};

Extent ExtentOf(Samples samples, const Window& window) {
  Extent extent;
  extent.last = samples.size() - 1;
  const auto end = samples.begin() + static_cast<std::ptrdiff_t>(extent.last);
  const auto inside = std::find_if(samples.begin(), end, [&window](const Sample& sample) {
    return sample.time_ms > window.begin_ms;
  });
  const auto before = static_cast<std::size_t>(inside - samples.begin());
  extent.first = before > 0 ? before - 1 : 0;
  if (window.smoothed) {
    const auto behind = std::find_if(samples.begin(), end, [&window](const Sample& sample) {
      return sample.time_ms >= window.end_ms;
    });
    extent.last = static_cast<std::size_t>(behind - samples.begin());
  }
  extent.empty = samples[extent.last].time_ms <= window.begin_ms ||
                 (window.smoothed && samples[extent.first].time_ms > window.end_ms);
  return extent;
}

double AtLeftEdge(Samples samples, std::size_t first, const Window& window, bool is_counter) {
  const Sample& sample = samples[first];
  if (sample.time_ms >= window.begin_ms || !window.smoothed) return sample.value;
  return Interpolated(sample, samples[first + 1], window.begin_ms, is_counter);
}

double AtRightEdge(Samples samples, std::size_t last, const Window& window, bool is_counter) {
  const Sample& sample = samples[last];
  if (sample.time_ms <= window.end_ms || last == 0) return sample.value;
  if (!window.smoothed) return samples[last - 1].value;
  return Interpolated(samples[last - 1], sample, window.end_ms, is_counter);
}

// From edge to edge of the window; nothing is extrapolated.
double Extended(Samples samples, const Window& window, CounterResets resets, Unit unit) {
  Extent extent = ExtentOf(samples, window);
  if (extent.empty) return kNoValue;
  const bool is_counter = resets == CounterResets::kAdd;
  const double left = AtLeftEdge(samples, extent.first, window, is_counter);
  const double right = AtRightEdge(samples, extent.last, window, is_counter);
  double change = right - left;
  if (is_counter) {
    const std::size_t first =
        samples[extent.first].time_ms <= window.begin_ms ? extent.first + 1 : extent.first;
    const std::size_t end =
        samples[extent.last].time_ms >= window.end_ms ? extent.last : extent.last + 1;
    const Samples inside = end > first ? samples.subspan(first, end - first) : Samples{};
    double lost = LostInResets(inside, left);
    const double previous = inside.empty() ? left : inside.back().value;
    if (right < previous) lost += previous;
    change += lost;
  }
  return unit == Unit::kPerSecond ? change / window.range_seconds : change;
}

double Change(Samples samples, const Window& window, CounterResets resets, Unit unit) {
  const bool extended = window.anchored || window.smoothed;
  return extended ? Extended(samples, window, resets, unit)
                  : Extrapolated(samples, window, resets, unit);
}

struct Line {
  double slope = 0;
  double intercept = 0;
};

// Least squares; the intercept is the line's value at `origin_ms`.
Line Regression(Samples samples, std::int64_t origin_ms) {
  const double first = samples.front().value;
  if (std::all_of(samples.begin(), samples.end(),
                  [first](const Sample& sample) { return sample.value == first; })) {
    if (std::isinf(first)) return {std::nan(""), std::nan("")};
    return {0, first};
  }
  CompensatedSum x_sum;
  CompensatedSum y_sum;
  CompensatedSum xy_sum;
  CompensatedSum xx_sum;
  for (const Sample& sample : samples) {
    const double x = static_cast<double>(sample.time_ms - origin_ms) / 1e3;
    x_sum.Add(x);
    y_sum.Add(sample.value);
    xy_sum.Add(x * sample.value);
    xx_sum.Add(x * x);
  }
  const auto n = static_cast<double>(samples.size());
  const double x = x_sum.sum + x_sum.lost;
  const double y = y_sum.sum + y_sum.lost;
  const double covariance = (xy_sum.sum + xy_sum.lost) - x * y / n;
  const double variance = (xx_sum.sum + xx_sum.lost) - x * x / n;
  const double slope = covariance / variance;
  return {slope, y / n - slope * x / n};
}

double CompensatedVariance(Samples samples) {
  double count = 0;
  CompensatedSum mean;
  CompensatedSum squares;
  for (const Sample& sample : samples) {
    ++count;
    const double delta = sample.value - (mean.sum + mean.lost);
    mean.Add(delta / count);
    squares.Add(delta * (sample.value - (mean.sum + mean.lost)));
  }
  return (squares.sum + squares.lost) / count;
}

// The sample that `better` than all others before it; a NaN is worse than anything.
template <typename Better>
const Sample& Best(Samples samples, Better better) {
  const Sample* best = &samples.front();
  for (const Sample& sample : samples) {
    if (better(sample.value, best->value) || std::isnan(best->value)) best = &sample;
  }
  return *best;
}

std::vector<double> Values(Samples samples) {
  std::vector<double> values(samples.size());
  std::transform(samples.begin(), samples.end(), values.begin(),
                 [](const Sample& sample) { return sample.value; });
  return values;
}

// The last sample in front of the window, or else the first in it; size(): there is none in it.
std::size_t FirstOfAnchored(Samples samples, const Window& window) {
  std::size_t inside = 0;
  while (inside < samples.size() && samples[inside].time_ms <= window.begin_ms) ++inside;
  if (inside == samples.size()) return inside;
  return inside > 0 ? inside - 1 : 0;
}

}  // namespace

double Rate(Samples samples, const Window& window) {
  return Change(samples, window, CounterResets::kAdd, Unit::kPerSecond);
}

double Increase(Samples samples, const Window& window) {
  return Change(samples, window, CounterResets::kAdd, Unit::kTotal);
}

double Delta(Samples samples, const Window& window) {
  return Change(samples, window, CounterResets::kIgnore, Unit::kTotal);
}

double Irate(Samples samples, const Window&) {
  if (samples.size() < 2) return kNoValue;
  const Sample& before = samples[samples.size() - 2];
  const Sample& last = samples.back();
  const double change = last.value < before.value ? last.value : last.value - before.value;
  return change / Seconds(last.time_ms - before.time_ms);
}

double Idelta(Samples samples, const Window&) {
  if (samples.size() < 2) return kNoValue;
  return samples.back().value - samples[samples.size() - 2].value;
}

double Deriv(Samples samples, const Window&) {
  if (samples.size() < 2) return kNoValue;
  return Regression(samples, samples.front().time_ms).slope;
}

double PredictLinear(Samples samples, const Window& window) {
  if (samples.size() < 2) return kNoValue;
  const Line line = Regression(samples, window.eval_ms);
  return line.slope * window.parameters[0] + line.intercept;
}

double DoubleExponentialSmoothing(Samples samples, const Window& window) {
  if (samples.size() < 2) return kNoValue;
  const double smoothing = window.parameters[0];
  const double trend_factor = window.parameters[1];
  double previous = 0;
  double smoothed = samples[0].value;
  double trend = samples[1].value - samples[0].value;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const double scaled = smoothing * samples[i].value;
    if (i > 1) trend = trend_factor * (smoothed - previous) + (1 - trend_factor) * trend;
    const double next = scaled + (1 - smoothing) * (smoothed + trend);
    previous = smoothed;
    smoothed = next;
  }
  return smoothed;
}

double Resets(Samples samples, const Window& window) {
  if (window.anchored) samples = samples.subspan(FirstOfAnchored(samples, window));
  if (samples.empty()) return kNoValue;
  double resets = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    if (samples[i].value < samples[i - 1].value) ++resets;
  }
  return resets;
}

double Changes(Samples samples, const Window& window) {
  if (window.anchored) samples = samples.subspan(FirstOfAnchored(samples, window));
  if (samples.empty()) return kNoValue;
  double changes = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const double a = samples[i - 1].value;
    const double b = samples[i].value;
    if (a != b && !(std::isnan(a) && std::isnan(b))) ++changes;
  }
  return changes;
}

double SumOverTime(Samples samples, const Window&) {
  CompensatedSum sum;
  for (const Sample& sample : samples) sum.Add(sample.value);
  return std::isinf(sum.sum) ? sum.sum : sum.sum + sum.lost;
}

double AvgOverTime(Samples samples, const Window&) {
  Mean mean;
  for (const Sample& sample : samples) mean.Add(sample.value);
  return mean.Get();
}

double MinOverTime(Samples samples, const Window&) {
  return Best(samples, [](double a, double b) { return a < b; }).value;
}

double MaxOverTime(Samples samples, const Window&) {
  return Best(samples, [](double a, double b) { return a > b; }).value;
}

double TimeOfMin(Samples samples, const Window&) {
  return Seconds(Best(samples, [](double a, double b) { return a <= b; }).time_ms);
}

double TimeOfMax(Samples samples, const Window&) {
  return Seconds(Best(samples, [](double a, double b) { return a >= b; }).time_ms);
}

double StdvarOverTime(Samples samples, const Window&) { return CompensatedVariance(samples); }

double StddevOverTime(Samples samples, const Window&) {
  return std::sqrt(CompensatedVariance(samples));
}

double QuantileOverTime(Samples samples, const Window& window) {
  std::vector<double> values = Values(samples);
  return Quantile(window.parameters[0], values);
}

double MadOverTime(Samples samples, const Window&) {
  std::vector<double> values = Values(samples);
  if (std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); })) {
    return std::nan("");
  }
  const double median = Quantile(0.5, values);
  for (double& value : values) value = std::fabs(value - median);
  return Quantile(0.5, values);
}

double Integral(Samples samples, const Window& window) {
  const auto number = [](double value) { return std::isnan(value) ? 0 : value; };
  const double strategy = window.parameters.empty() ? 2 : window.parameters[0];
  CompensatedSum sum;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const double before = number(samples[i - 1].value);
    const double after = number(samples[i].value);
    CompensatedSum height{strategy == 0 ? before : after, 0};
    if (strategy != 0 && strategy != 1) {
      height = {before, 0};
      height.Add(after);
      if (std::isinf(height.sum) && std::isfinite(before) && std::isfinite(after)) {
        height = {before / 2, 0};
        height.Add(after / 2);
      } else {
        height.sum /= 2;
        height.lost /= 2;
      }
    }
    if (height.sum == 0 && height.lost == 0) continue;
    const double width = Seconds(samples[i].time_ms - samples[i - 1].time_ms);
    sum.lost += height.lost * width;
    sum.Add(height.sum * width);
  }
  return std::isinf(sum.sum) ? sum.sum : sum.sum + sum.lost;
}

double CountOverTime(Samples samples, const Window&) { return static_cast<double>(samples.size()); }
double PresentOverTime(Samples, const Window&) { return 1; }
double FirstOverTime(Samples samples, const Window&) { return samples.front().value; }
double LastOverTime(Samples samples, const Window&) { return samples.back().value; }
double TimeOfFirst(Samples samples, const Window&) { return Seconds(samples.front().time_ms); }
double TimeOfLast(Samples samples, const Window&) { return Seconds(samples.back().time_ms); }

std::vector<Sample> WithEdges(Samples samples, const Window& window) {
  const Extent extent = ExtentOf(samples, window);
  if (samples[extent.last].time_ms <= window.begin_ms) return {};
  std::vector<Sample> shown;
  shown.push_back({window.begin_ms, AtLeftEdge(samples, extent.first, window, false)});
  for (std::size_t i = extent.first; i <= extent.last; ++i) {
    if (samples[i].time_ms > window.begin_ms && samples[i].time_ms < window.end_ms) {
      shown.push_back(samples[i]);
    }
  }
  shown.push_back({window.end_ms, AtRightEdge(samples, extent.last, window, false)});
  return shown;
}

}  // namespace tidegate::promql
