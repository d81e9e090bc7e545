// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <utility>

#include "promql/literals.h"
#include "promql/operators.h"
#include "promql/slide.h"

namespace tidegate::promql {
namespace {

bool HasCounterSuffix(std::string_view name) {
  const auto ends = [name](std::string_view suffix) {
    return name.size() >= suffix.size() &&
           name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
  };
  return ends("_total") || ends("_sum") || ends("_count") || ends("_bucket");
}

/// A function of the samples in a window, for each series and each time.
class OverTime final : public Operator {
 public:
  OverTime(const Function& function, WindowSourcePtr source, std::vector<OperatorPtr> parameters,
           std::size_t pos)
      : function_(function),
        source_(std::move(source)),
        parameters_(std::move(parameters)),
        pos_(pos),
        values_(parameters_.size()),
        slider_(MakeSlider(function.over_time)) {}

 private:
  bool Evaluate(Context& context, const Grid& grid) override {
    if (!Allowed(context)) return false;
    for (const OperatorPtr& parameter : parameters_) {
      if (!parameter->Run(context, grid)) return false;
    }
    if (!source_->Prepare(context, grid)) return false;
    if (source_->version() != bound_) Bind(context);
    const std::vector<Row>& rows = source_->rows();
    if (!context.Resize(frame_, rows.size(), grid.steps)) return false;
    PlaceWindows(grid);
    bool any = false;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      any = Fill(context, grid, row) || any;
      if (context.error()) return false;
    }
    if (!any) source_->JudgeEmpty(context);
    return merger_.Apply(context, frame_);
  }

  bool Allowed(Context& context) const {
    const RangeMode mode = source_->mode();
    if (mode == RangeMode::kPlain) return true;
    const bool change =
        function_.name == "rate" || function_.name == "increase" || function_.name == "delta";
    const bool count = function_.name == "changes" || function_.name == "resets";
    const std::string name(function_.name);
    if (mode == RangeMode::kSmoothed && !change) {
      return context.Fail(
          "smoothed modifier can only be used with: delta, increase, rate - not with " + name);
    }
    if (change || count) return true;
    return context.Fail(
        "anchored modifier can only be used with: changes, delta, increase, rate, resets - not "
        "with " +
        name);
  }

  void Bind(Context& context) {
    bound_ = source_->version();
    frame_.version = context.NewVersion();
    frame_.rows = source_->rows();
    for (Row& row : frame_.rows) {
      if (function_.keeps_name) continue;
      if (context.delayed_names()) {
        row.drop_name = true;
      } else {
        row = context.labels.WithoutName(row);
      }
    }
    if (!context.delayed_names()) merger_.Bind(frame_.rows);
  }

  // True: some window has samples.
  bool Fill(Context& context, const Grid& grid, std::size_t row) {
    const std::int64_t before = source_->mode() == RangeMode::kPlain ? 0 : context.lookback_ms();
    const std::int64_t after = source_->mode() == RangeMode::kSmoothed ? context.lookback_ms() : 0;
    const std::span<const Sample> samples =
        source_->Load(row, SaturatingSub(WindowAt(grid, 0).begin_ms, before),
                      source_->shift().DataTime(grid.end_ms()) + after);
    FindSamples(samples, before, after);
    double* out = frame_.column(row);
    if (slider_ && grid.steps > 1 && source_->mode() == RangeMode::kPlain) {
      slider_->Run(samples, windows_, ToSeconds(source_->range_ns()), out);
    } else if (!EachAlone(context, grid, samples, out)) {
      return false;
    }
    const WindowBounds& last = windows_.back();
    if (last.size() > 0) {
      source_->Judge(context, row, WindowAt(grid, grid.steps - 1),
                     samples.subspan(last.low, last.size()), &function_);
    }
    if (context.options.annotate) Annotate(context, row, grid.steps);
    return std::any_of(windows_.begin(), windows_.end(),
                       [](const WindowBounds& window) { return window.size() > 0; });
  }

  void PlaceWindows(const Grid& grid) {
    windows_.resize(grid.steps);
    for (std::size_t step = 0; step < grid.steps; ++step) {
      windows_[step].end_ms = source_->shift().DataTime(grid.At(step));
      windows_[step].begin_ms = SaturatingSub(windows_[step].end_ms, source_->range_ms());
    }
  }

  // Which samples are in which window.
  void FindSamples(std::span<const Sample> samples, std::int64_t before, std::int64_t after) {
    std::size_t low = 0;
    std::size_t high = 0;
    for (WindowBounds& bounds : windows_) {
      const std::int64_t from_ms = SaturatingSub(bounds.begin_ms, before);
      const std::int64_t to_ms = bounds.end_ms + after;
      while (high < samples.size() && samples[high].time_ms <= to_ms) ++high;
      while (low < high && samples[low].time_ms <= from_ms) ++low;
      bounds.low = low;
      bounds.high = high;
    }
  }

  bool EachAlone(Context& context, const Grid& grid, std::span<const Sample> samples, double* out) {
    for (std::size_t step = 0; step < grid.steps; ++step) {
      const WindowBounds& bounds = windows_[step];
      out[step] = kNoValue;
      if (bounds.size() == 0) continue;
      if (!ReadParameters(context, step)) return false;
      Window window = WindowAt(grid, step);
      window.parameters = values_;
      out[step] = function_.over_time(samples.subspan(bounds.low, bounds.size()), window);
    }
    return true;
  }

  Window WindowAt(const Grid& grid, std::size_t step) const {
    Window window;
    window.eval_ms = grid.At(step);
    window.end_ms = source_->shift().DataTime(window.eval_ms);
    window.begin_ms = SaturatingSub(window.end_ms, source_->range_ms());
    window.range_seconds = ToSeconds(source_->range_ns());
    window.anchored = source_->mode() == RangeMode::kAnchored;
    window.smoothed = source_->mode() == RangeMode::kSmoothed;
    return window;
  }

  // Of the step; they are checked where a function is really called.
  bool ReadParameters(Context& context, std::size_t step) {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      values_[i] = parameters_[i]->frame().values[step];
    }
    if (function_.name == "double_exponential_smoothing") {
      constexpr std::string_view kNames[] = {"smoothing", "trend"};
      constexpr std::string_view kShort[] = {"sf", "tf"};
      for (std::size_t i = 0; i < values_.size(); ++i) {
        if (!(values_[i] <= 0 || values_[i] >= 1)) continue;
        return context.Fail("invalid " + std::string(kNames[i]) + " factor. Expected: 0 < " +
                            std::string(kShort[i]) + " < 1, got: " + std::to_string(values_[i]));
      }
    }
    const bool quantile = function_.name == "quantile_over_time";
    if (quantile && !(values_[0] >= 0 && values_[0] <= 1)) {
      context.Warn("quantile value should be between 0 and 1, got " + GoNumber(values_[0]), pos_);
    }
    const bool strategy = function_.name == "integral" && !values_.empty();
    if (strategy && values_[0] != 0 && values_[0] != 1 && values_[0] != 2) {
      context.Warn("strategy should be 0, 1, or 2 (default), using 2, got " + GoNumber(values_[0]),
                   pos_);
    }
    return true;
  }

  void Annotate(Context& context, std::size_t row, std::size_t steps) {
    if (function_.name != "rate" && function_.name != "increase") return;
    const double* values = frame_.column(row);
    if (std::all_of(values, values + steps, IsAbsent)) return;
    const std::string_view name = context.labels.Text(source_->rows()[row].metric);
    if (name.empty() || HasCounterSuffix(name)) return;
    context.Inform(
        "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: " +
            GoQuote(name),
        pos_);
  }

  const Function& function_;
  WindowSourcePtr source_;
  std::vector<OperatorPtr> parameters_;
  const std::size_t pos_;  // of what annotations are about
  std::vector<double> values_;
  std::unique_ptr<Slider> slider_;  // null: each window is computed alone
  std::vector<WindowBounds> windows_;
  std::uint64_t bound_ = 0;
  Merger merger_;
};

}  // namespace

OperatorPtr MakeOverTime(const Function& function, WindowSourcePtr source,
                         std::vector<OperatorPtr> parameters, std::size_t pos) {
  return std::make_unique<OverTime>(function, std::move(source), std::move(parameters), pos);
}

}  // namespace tidegate::promql
