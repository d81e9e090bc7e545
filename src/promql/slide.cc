// SPDX-License-Identifier: Apache-2.0
#include "promql/slide.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "promql/lane_sums.h"

namespace tidegate::promql {
namespace {

using Samples = std::span<const Sample>;
using Windows = std::span<const WindowBounds>;

double Seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000; }

/// rate, increase, delta: scrapes are regular mostly, so that what depends on times only stays the
/// same from window to window; resets are looked for once.
class ChangeSlider final : public Slider {
 public:
  ChangeSlider(bool counter, bool per_second) : counter_(counter), per_second_(per_second) {}

  void Run(Samples samples, Windows windows, double range_seconds, double* out) override {
    if (counter_) FindResets(samples);
    if (range_seconds != range_seconds_) size_ = 0;
    range_seconds_ = range_seconds;
    for (const WindowBounds& bounds : windows) {
      *out++ = bounds.size() < 2 ? kNoValue : Of(samples, bounds);
    }
  }

 private:
  // resets_[i]: how often the value fell up to the i-th sample; from what: fell_from_.
  void FindResets(Samples samples) {
    resets_.resize(samples.size());
    fell_from_.clear();
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (i > 0 && samples[i].value < samples[i - 1].value) {
        fell_from_.push_back(samples[i - 1].value);
      }
      resets_[i] = fell_from_.size();
    }
  }

  double Of(Samples samples, const WindowBounds& bounds) {
    const Sample& first = samples[bounds.low];
    const Sample& last = samples[bounds.high - 1];
    SetTimes(first.time_ms - bounds.begin_ms, bounds.end_ms - last.time_ms,
             last.time_ms - first.time_ms, bounds.size());
    double change = last.value - first.value;
    if (!counter_) return change * factor_;
    for (std::size_t i = resets_[bounds.low]; i < resets_[bounds.high - 1]; ++i) {
      change += fell_from_[i];
    }
    return change * (BeganInside(first.value, change) ? FactorFrom(first.value, change) : factor_);
  }

  // Whether a counter that rose so much may have begun at 0 after the window did. Without a
  // division, and sure only if it says no.
  bool BeganInside(double first, double change) const {
    constexpr double kRounding = 1 + 1e-9;
    return change > 0 && first >= 0 && !(first * sampled_ > change * to_start_ * kRounding);
  }

  double FactorFrom(double first, double change) const {
    return Factor(std::min(to_start_, sampled_ * (first / change)));
  }

  double Factor(double to_start) const {
    const double factor = (sampled_ + to_start + to_end_) / sampled_;
    return per_second_ ? factor / range_seconds_ : factor;
  }

  void SetTimes(std::int64_t start_ms, std::int64_t end_ms, std::int64_t sampled_ms,
                std::size_t size) {
    if (start_ms == start_ms_ && end_ms == end_ms_ && sampled_ms == sampled_ms_ && size == size_) {
      return;
    }
    start_ms_ = start_ms;
    end_ms_ = end_ms;
    sampled_ms_ = sampled_ms;
    size_ = size;
    sampled_ = Seconds(sampled_ms);
    const double interval = sampled_ / static_cast<double>(size - 1);
    const double threshold = interval * 1.1;
    to_start_ = Seconds(start_ms);
    to_end_ = Seconds(end_ms);
    if (to_start_ >= threshold) to_start_ = interval / 2;
    if (to_end_ >= threshold) to_end_ = interval / 2;
    factor_ = Factor(to_start_);
  }

  const bool counter_;
  const bool per_second_;
  std::vector<std::size_t> resets_;
  std::vector<double> fell_from_;
  double range_seconds_ = 0;
  std::int64_t start_ms_ = 0;
  std::int64_t end_ms_ = 0;
  std::int64_t sampled_ms_ = 0;
  std::size_t size_ = 0;  // of the window that the following are of
  double sampled_ = 0;
  double to_start_ = 0;
  double to_end_ = 0;
  double factor_ = 0;
};

/// min and max: candidates in a queue, each better than all that come after it.
template <bool kMax>
class ExtremeSlider final : public Slider {
 public:
  void Run(Samples samples, Windows windows, double, double* out) override {
    queue_.resize(samples.size());
    std::size_t front = 0;
    std::size_t back = 0;
    std::size_t next = 0;  // the first sample that has not been looked at
    for (const WindowBounds& bounds : windows) {
      for (; next < bounds.high; ++next) {
        const double value = samples[next].value;
        if (std::isnan(value)) continue;
        while (back > front && Better(value, samples[queue_[back - 1]].value)) --back;
        queue_[back++] = next;
      }
      while (front < back && queue_[front] < bounds.low) ++front;
      if (bounds.size() == 0) {
        *out++ = kNoValue;
      } else {
        *out++ = samples[front < back ? queue_[front] : bounds.low].value;
      }
    }
  }

 private:
  static bool Better(double a, double b) { return kMax ? a > b : a < b; }
  std::vector<std::size_t> queue_;
};

/// sum and avg. Sums of whole numbers are exact, so that one window's follows from the one before.
/// Otherwise rounding depends on where a window begins: each is added up by itself, but some of
/// them side by side.
class SumSlider final : public Slider {
 public:
  SumSlider(WindowFunction function, bool mean) : function_(function), mean_(mean) {}

  void Run(Samples samples, Windows windows, double, double* out) override {
    values_.resize(samples.size());
    std::transform(samples.begin(), samples.end(), values_.begin(),
                   [](const Sample& sample) { return sample.value; });
    if (Exact()) return Differences(windows, out);
    std::size_t i = 0;
    while (i < windows.size()) {
      if (i + kLanes <= windows.size() && SideBySide(windows.data() + i)) {
        if (Add(windows[i].low, windows[i].size(), out + i)) {
          i += kLanes;
          continue;
        }
      }
      const WindowBounds& bounds = windows[i];
      out[i] =
          bounds.size() == 0 ? kNoValue : function_(samples.subspan(bounds.low, bounds.size()), {});
      ++i;
    }
  }

 private:
  // Whether all values are whole and no sum of them is ever rounded; fills sums_.
  bool Exact() {
    constexpr double kLargest = 0x1p53;
    sums_.resize(values_.size() + 1);
    double magnitude = 0;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const double value = values_[i];
      magnitude += std::fabs(value);
      const bool whole = std::trunc(value) == value && !(value == 0 && std::signbit(value));
      if (!whole || !(magnitude < kLargest)) return false;
      sums_[i + 1] = sums_[i] + value;
    }
    return true;
  }

  void Differences(Windows windows, double* out) const {
    for (const WindowBounds& bounds : windows) {
      const double sum = sums_[bounds.high] - sums_[bounds.low];
      const auto count = static_cast<double>(bounds.size());
      *out++ = bounds.size() == 0 ? kNoValue : mean_ ? sum / count : sum;
    }
  }

  // Whether the windows are as long as the first and begin one sample later each.
  static bool SideBySide(const WindowBounds* windows) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (windows[lane].low != windows[0].low + lane) return false;
      if (windows[lane].size() != windows[0].size() || windows[0].size() == 0) return false;
    }
    return true;
  }

  // False: some sum is not finite, which takes other ways.
  bool Add(std::size_t low, std::size_t size, double* out) const {
    LaneSums lanes;
    const double* values = values_.data() + low;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      lanes.sum[lane] = mean_ ? values[lane] : 0.0 + values[lane];
    }
    add_(values + 1, size - 1, lanes);
    // An infinity on the way leaves a NaN behind.
    if (!std::all_of(lanes.lost.begin(), lanes.lost.end(),
                     [](double lost) { return std::isfinite(lost); })) {
      return false;
    }
    const auto count = static_cast<double>(size);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double sum = lanes.sum[lane];
      const double lost = lanes.lost[lane];
      if (!std::isfinite(sum)) return false;
      out[lane] = mean_ ? sum / count + lost / count : sum + lost;
    }
    return true;
  }

  const WindowFunction function_;
  const bool mean_;
  const AddLanesFunction add_ = BestAddLanes();
  std::vector<double> values_;
  std::vector<double> sums_;  // of the values in front of each
};

}  // namespace

std::unique_ptr<Slider> MakeSlider(WindowFunction function) {
  if (function == Rate) return std::make_unique<ChangeSlider>(true, true);
  if (function == Increase) return std::make_unique<ChangeSlider>(true, false);
  if (function == Delta) return std::make_unique<ChangeSlider>(false, false);
  if (function == MaxOverTime) return std::make_unique<ExtremeSlider<true>>();
  if (function == MinOverTime) return std::make_unique<ExtremeSlider<false>>();
  if (function == SumOverTime) return std::make_unique<SumSlider>(function, false);
  if (function == AvgOverTime) return std::make_unique<SumSlider>(function, true);
  return nullptr;
}

}  // namespace tidegate::promql
