// SPDX-License-Identifier: Apache-2.0
#include "promql/selection.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace tidegate::promql {
namespace {

std::int64_t SaturatingAdd(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? INT64_MAX : INT64_MIN;
}

// All of them are looked at, which takes no branches.
bool HasStaleMarker(std::span<const Sample> samples) {
  bool any = false;
  for (const Sample& sample : samples) any |= IsStaleMarker(sample.value);
  return any;
}

/// A series' samples at times that only grow.
class Cursor {
 public:
  explicit Cursor(const SampleRing& samples) : samples_(samples) {}

  /// The newest sample that is not after `time_ms`; null if there is none.
  const Sample* At(std::int64_t time_ms) {
    if (!started_) {
      const bool all = !samples_.empty() && samples_.back().time_ms <= time_ms;
      count_ = all ? samples_.size() : samples_.CountUpTo(time_ms);
      started_ = true;
    }
    while (count_ < samples_.size() && samples_[count_].time_ms <= time_ms) ++count_;
    return count_ == 0 ? nullptr : &samples_[count_ - 1];
  }

  /// The line between the samples around `time_ms`, as far as the lookback goes either way.
  double Smoothed(std::int64_t time_ms, std::int64_t lookback_ms) {
    At(time_ms);
    const Sample* before = nullptr;
    for (std::size_t i = count_; i > 0 && before == nullptr; --i) {
      if (samples_[i - 1].time_ms <= SaturatingSub(time_ms, lookback_ms)) break;
      if (!IsStaleMarker(samples_[i - 1].value)) before = &samples_[i - 1];
    }
    const Sample* after = nullptr;
    for (std::size_t i = count_; i < samples_.size() && after == nullptr; ++i) {
      if (samples_[i].time_ms > SaturatingAdd(time_ms, lookback_ms)) break;
      if (!IsStaleMarker(samples_[i].value)) after = &samples_[i];
    }
    if (before == nullptr) return kNoValue;
    if (before->time_ms == time_ms || after == nullptr) return before->value;
    return before->value + (after->value - before->value) *
                               static_cast<double>(time_ms - before->time_ms) /
                               static_cast<double>(after->time_ms - before->time_ms);
  }

 private:
  const SampleRing& samples_;
  std::size_t count_ = 0;
  bool started_ = false;
};

class InstantSelector final : public Operator {
 public:
  InstantSelector(const VectorSelector& selector, SampleField field)
      : selector_(selector), field_(field), selection_(selector.matchers) {}

 private:
  bool Evaluate(Context& context, const Grid& grid) override {
    const std::optional<ResolvedShift> shift = Resolve(context, selector_.shift);
    if (!shift) return false;
    selection_.Bind(context);
    if (frame_.version != selection_.version()) {
      frame_.rows = selection_.rows();
      frame_.version = selection_.version();
    }
    if (!context.Resize(frame_, frame_.rows.size(), grid.steps)) return false;
    bool any = false;
    for (std::size_t row = 0; row < frame_.rows.size(); ++row) {
      any = Fill(context, grid, *shift, row) || any;
    }
    if (!any) context.quality.no_series = true;
    return true;
  }

  bool Fill(Context& context, const Grid& grid, const ResolvedShift& shift, std::size_t row) {
    Cursor cursor(selection_.series()[row]->samples);
    double* out = frame_.column(row);
    const Sample* newest = nullptr;
    for (std::size_t step = 0; step < grid.steps; ++step) {
      const std::int64_t time_ms = shift.DataTime(grid.At(step));
      const Sample* sample = cursor.At(time_ms);
      out[step] = kNoValue;
      if (selector_.mode == RangeMode::kSmoothed) {
        out[step] = cursor.Smoothed(time_ms, context.lookback_ms());
      } else if (sample != nullptr &&
                 sample->time_ms > SaturatingSub(time_ms, context.lookback_ms()) &&
                 !IsStaleMarker(sample->value)) {
        out[step] = field_ == SampleField::kValue ? sample->value
                                                  : static_cast<double>(sample->time_ms) / 1000;
      }
      if (!IsAbsent(out[step])) newest = sample;  // there is one
    }
    if (newest == nullptr) return false;
    context.UseNewest(newest->time_ms);
    if (!std::isfinite(newest->value)) context.quality.non_finite = true;
    return true;
  }

  const VectorSelector& selector_;
  const SampleField field_;
  Selection selection_;
};

}  // namespace

std::int64_t SaturatingSub(std::int64_t a, std::int64_t b) {
  std::int64_t difference = 0;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return b > 0 ? INT64_MIN : INT64_MAX;
}

std::int64_t ResolvedShift::DataTime(std::int64_t eval_ms) const {
  return SaturatingSub(fixed ? at_ms : eval_ms, offset_ms);
}

std::optional<ResolvedShift> Resolve(Context& context, const TimeShift& shift) {
  ResolvedShift resolved;
  if (shift.offset.set()) {
    const std::optional<std::int64_t> offset_ms = context.Milliseconds(shift.offset, true);
    if (!offset_ms) return std::nullopt;
    resolved.offset_ms = *offset_ms;
  }
  resolved.fixed = shift.fixed();
  if (shift.at_ms) {
    resolved.at_ms = *shift.at_ms;
  } else if (shift.at) {
    resolved.at_ms = *shift.at == QueryTime::kStart ? context.query.start_ms : context.query.end_ms;
  }
  return resolved;
}

void Selection::Bind(Context& context) {
  if (epoch_ == context.epoch) return;
  epoch_ = context.epoch;
  version_ = context.NewVersion();
  series_ = context.reader.Select(matchers_, context.options.matchers);
  if (context.options.series_order == SeriesOrder::kByArrival) {
    std::sort(series_.begin(), series_.end(),
              [](const Series* a, const Series* b) { return a->serial < b->serial; });
  }
  rows_.clear();
  rows_.reserve(series_.size());
  for (const Series* series : series_) rows_.push_back({series->metric, series->labels});
}

SelectorWindows::SelectorWindows(const MatrixSelector& matrix)
    : matrix_(matrix),
      selector_(*matrix.selector->As<VectorSelector>()),
      selection_(selector_.matchers) {
  mode_ = selector_.mode;
}

bool SelectorWindows::Prepare(Context& context, const Grid&) {
  const std::optional<std::int64_t> range_ns = context.Nanoseconds(matrix_.range, false);
  const std::optional<ResolvedShift> shift = Resolve(context, selector_.shift);
  if (!range_ns || !shift) return false;
  range_ns_ = *range_ns;
  shift_ = *shift;
  selection_.Bind(context);
  return true;
}

std::span<const Sample> SelectorWindows::Load(std::size_t row, std::int64_t from_ms,
                                              std::int64_t to_ms) {
  const std::vector<const Series*>& series = selection_.series();
  if (row + 2 < series.size()) __builtin_prefetch(series[row + 2]);
  if (row + 1 < series.size()) series[row + 1]->samples.PrefetchRange(begin_, end_);
  const SampleRing& ring = series[row]->samples;
  end_ = ring.CountUpTo(to_ms, end_);
  begin_ = std::min(ring.CountUpTo(from_ms, begin_), end_);
  const auto [older, newer] = ring.Range(begin_, end_);
  if (newer.empty() && !HasStaleMarker(older)) return older;
  samples_.clear();
  for (const std::span<const Sample> part : {older, newer}) {
    std::copy_if(part.begin(), part.end(), std::back_inserter(samples_),
                 [](const Sample& sample) { return !IsStaleMarker(sample.value); });
  }
  return samples_;
}

// A series that is sampled evenly, as scraped ones are, does not cover what its holes leave out.
// The pauses of one that is pushed when something happens say nothing.
std::int64_t SelectorWindows::HolesMs(std::span<const Sample> samples) {
  gaps_.clear();
  std::int64_t shortest = std::numeric_limits<std::int64_t>::max();
  std::int64_t longest = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const std::int64_t gap = samples[i].time_ms - samples[i - 1].time_ms;
    shortest = std::min(shortest, gap);
    longest = std::max(longest, gap);
  }
  const auto is_hole = [](std::int64_t gap, std::int64_t usual) { return 2 * gap > 3 * usual; };
  if (samples.size() < 3 || !is_hole(longest, shortest)) return 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    gaps_.push_back(samples[i].time_ms - samples[i - 1].time_ms);
  }
  const auto middle = gaps_.begin() + static_cast<std::ptrdiff_t>((gaps_.size() - 1) / 2);
  std::nth_element(gaps_.begin(), middle, gaps_.end());
  const std::int64_t usual = *middle;
  std::size_t even = 0;
  std::int64_t holes = 0;
  for (const std::int64_t gap : gaps_) {
    if (4 * std::abs(gap - usual) <= usual) ++even;
    if (is_hole(gap, usual)) holes += gap - usual;
  }
  return 2 * even >= gaps_.size() ? holes : 0;
}

void SelectorWindows::Judge(Context& context, std::size_t row, const Window& window,
                            std::span<const Sample> samples, const Function* function) {
  const Series& series = *selection_.series()[row];
  EvaluateQuality& quality = context.quality;
  context.UseNewest(samples.back().time_ms);
  double coverage = 0;
  if (samples.size() > 1) {
    const std::int64_t sampled =
        samples.back().time_ms - samples.front().time_ms - HolesMs(samples);
    const std::int64_t interval = sampled / static_cast<std::int64_t>(samples.size() - 1);
    const std::int64_t left = std::max<std::int64_t>(samples.front().time_ms - window.begin_ms, 0);
    coverage = static_cast<double>(sampled + std::min(interval, left)) /
               static_cast<double>(window.end_ms - window.begin_ms);
  }
  quality.min_coverage = std::min(quality.min_coverage, std::min(coverage, 1.0));
  const bool untyped = series.type == MetricType::kUnknown;
  const bool counter =
      untyped ? function != nullptr && function->counter : series.type != MetricType::kGauge;
  double previous = samples.front().value;
  for (const Sample& sample : samples) {
    if (counter && sample.value < previous) quality.counter_reset = true;
    if (!std::isfinite(sample.value)) quality.non_finite = true;
    previous = sample.value;
  }
  const SampleRing& ring = series.samples;
  const std::size_t end = ring.CountUpTo(window.end_ms, ring.size());
  if (end > 0 && IsStaleMarker(ring[end - 1].value)) quality.ended_series = true;
}

std::optional<std::int64_t> SubqueryWindows::StepMs(Context& context) {
  if (!subquery_.step.set()) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(context.options.subquery_step)
        .count();
  }
  const std::optional<std::int64_t> step_ms = context.Milliseconds(subquery_.step, false);
  if (step_ms && *step_ms == 0) {
    context.Fail("unexpected error: runtime error: integer divide by zero");
    return std::nullopt;
  }
  return step_ms;
}

bool SubqueryWindows::Prepare(Context& context, const Grid& grid) {
  const std::optional<std::int64_t> range_ns = context.Nanoseconds(subquery_.range, false);
  const std::optional<ResolvedShift> shift = Resolve(context, subquery_.shift);
  const std::optional<std::int64_t> step_ms = StepMs(context);
  if (!range_ns || !shift || !step_ms) return false;
  range_ns_ = *range_ns;
  shift_ = *shift;
  // Aligned to multiples of its step, whatever the outer times are.
  const std::int64_t begin = SaturatingSub(shift_.DataTime(grid.start_ms), range_ms());
  const std::int64_t end = shift_.DataTime(grid.end_ms());
  grid_.step_ms = *step_ms;
  grid_.start_ms = *step_ms * (begin / *step_ms);
  if (grid_.start_ms <= begin) grid_.start_ms = SaturatingAdd(grid_.start_ms, *step_ms);
  if (end < grid_.start_ms) {
    grid_.steps = 0;
    return child_->Run(context, {end, 1, 1});  // its rows, without samples
  }
  const std::int64_t length = -SaturatingSub(grid_.start_ms, end);
  grid_.steps = static_cast<std::size_t>(length / *step_ms) + 1;
  return child_->Run(context, grid_);
}

std::span<const Sample> SubqueryWindows::Load(std::size_t row, std::int64_t from_ms,
                                              std::int64_t to_ms) {
  samples_.clear();
  const double* values = child_->frame().column(row);
  for (std::size_t step = 0; step < grid_.steps; ++step) {
    const std::int64_t time_ms = grid_.At(step);
    if (time_ms <= from_ms || time_ms > to_ms || IsAbsent(values[step])) continue;
    samples_.push_back({time_ms, values[step]});
  }
  return samples_;
}

OperatorPtr MakeInstantSelector(const VectorSelector& selector, SampleField field) {
  return std::make_unique<InstantSelector>(selector, field);
}

}  // namespace tidegate::promql
