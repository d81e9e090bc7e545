// SPDX-License-Identifier: Apache-2.0
#include "promql/functions.h"

#include <algorithm>
#include <array>

namespace tidegate::promql {
namespace {

enum class CounterResets { kAdd, kIgnore };
enum class Unit { kTotal, kPerSecond };

double Seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000; }

// What the value changed by, over samples that need not reach the window's edges. The order of
// operations is Prometheus 3's, so that results are equal to the last bit.
std::optional<double> Extrapolated(std::span<const Sample> samples, const Window& window,
                                   CounterResets resets, Unit unit) {
  if (samples.size() < 2) return std::nullopt;
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
  double to_start = Seconds(samples.front().time_ms - window.begin_ms());
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
  if (unit == Unit::kPerSecond) factor /= Seconds(window.range_ms);
  return change * factor;
}

std::optional<double> Rate(std::span<const Sample> samples, const Window& window) {
  return Extrapolated(samples, window, CounterResets::kAdd, Unit::kPerSecond);
}

std::optional<double> Increase(std::span<const Sample> samples, const Window& window) {
  return Extrapolated(samples, window, CounterResets::kAdd, Unit::kTotal);
}

std::optional<double> Delta(std::span<const Sample> samples, const Window& window) {
  return Extrapolated(samples, window, CounterResets::kIgnore, Unit::kTotal);
}

constexpr std::array<Function, 3> kFunctions = {{
    {.name = "delta", .over_range = Delta},
    {.name = "increase", .counter = true, .over_range = Increase},
    {.name = "rate", .counter = true, .over_range = Rate},
}};

constexpr std::array<std::string_view, 88> kUnsupported = {"abs",
                                                           "absent",
                                                           "absent_over_time",
                                                           "acos",
                                                           "acosh",
                                                           "asin",
                                                           "asinh",
                                                           "atan",
                                                           "atanh",
                                                           "avg_over_time",
                                                           "ceil",
                                                           "changes",
                                                           "clamp",
                                                           "clamp_max",
                                                           "clamp_min",
                                                           "cos",
                                                           "cosh",
                                                           "count_over_time",
                                                           "day_of_month",
                                                           "day_of_week",
                                                           "day_of_year",
                                                           "days_in_month",
                                                           "deg",
                                                           "deriv",
                                                           "double_exponential_smoothing",
                                                           "end",
                                                           "exp",
                                                           "first_over_time",
                                                           "floor",
                                                           "histogram_avg",
                                                           "histogram_count",
                                                           "histogram_fraction",
                                                           "histogram_quantile",
                                                           "histogram_quantiles",
                                                           "histogram_stddev",
                                                           "histogram_stdvar",
                                                           "histogram_sum",
                                                           "hour",
                                                           "idelta",
                                                           "info",
                                                           "integral",
                                                           "irate",
                                                           "label_join",
                                                           "label_replace",
                                                           "last_over_time",
                                                           "ln",
                                                           "log10",
                                                           "log2",
                                                           "mad_over_time",
                                                           "max_of",
                                                           "max_over_time",
                                                           "min_of",
                                                           "min_over_time",
                                                           "minute",
                                                           "month",
                                                           "pi",
                                                           "predict_linear",
                                                           "present_over_time",
                                                           "quantile_over_time",
                                                           "rad",
                                                           "range",
                                                           "resets",
                                                           "round",
                                                           "scalar",
                                                           "sgn",
                                                           "sin",
                                                           "sinh",
                                                           "sort",
                                                           "sort_by_label",
                                                           "sort_by_label_desc",
                                                           "sort_desc",
                                                           "sqrt",
                                                           "start",
                                                           "start_timestamp",
                                                           "stddev_over_time",
                                                           "stdvar_over_time",
                                                           "step",
                                                           "sum_over_time",
                                                           "tan",
                                                           "tanh",
                                                           "time",
                                                           "timestamp",
                                                           "ts_of_first_over_time",
                                                           "ts_of_last_over_time",
                                                           "ts_of_max_over_time",
                                                           "ts_of_min_over_time",
                                                           "vector",
                                                           "year"};

}  // namespace

std::string_view TypeName(ExprType type) {
  switch (type) {
    case ExprType::kScalar:
      return "scalar";
    case ExprType::kVector:
      return "instant vector";
    case ExprType::kMatrix:
      return "range vector";
    case ExprType::kString:
      return "string";
  }
  return "";
}

const Function* FindFunction(std::string_view name) {
  const auto found = std::find_if(kFunctions.begin(), kFunctions.end(),
                                  [name](const Function& f) { return f.name == name; });
  return found == kFunctions.end() ? nullptr : &*found;
}

bool IsUnsupportedFunction(std::string_view name) {
  return std::find(kUnsupported.begin(), kUnsupported.end(), name) != kUnsupported.end();
}

}  // namespace tidegate::promql
