// SPDX-License-Identifier: Apache-2.0
#include "promql/slide.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace tidegate::promql {
namespace {

using Samples = std::span<const Sample>;
using Windows = std::span<const WindowBounds>;

double Seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000; }

/// rate, increase, delta: scrapes are regular mostly, so that what depends on times only stays the
/// same from window to window; resets are counted once.
class ChangeSlider final : public Slider {
 public:
  ChangeSlider(WindowFunction function, bool counter, bool per_second)
      : function_(function), counter_(counter), per_second_(per_second) {}

  void Run(Samples samples, Windows windows, double range_seconds, double* out) override {
    if (counter_) CountResets(samples);
    Window window;
    window.range_seconds = range_seconds;
    for (const WindowBounds& bounds : windows) {
      const bool reset =
          counter_ && bounds.size() > 1 && resets_[bounds.high - 1] != resets_[bounds.low];
      if (bounds.size() < 2) {
        *out++ = kNoValue;
      } else if (reset) {
        window.begin_ms = bounds.begin_ms;
        window.end_ms = bounds.end_ms;
        *out++ = function_(samples.subspan(bounds.low, bounds.size()), window);
      } else {
        *out++ = WithoutReset(samples, bounds, range_seconds);
      }
    }
  }

 private:
  // resets_[i]: how often the value fell up to the i-th sample.
  void CountResets(Samples samples) {
    resets_.resize(samples.size());
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (i > 0 && samples[i].value < samples[i - 1].value) ++count;
      resets_[i] = count;
    }
  }

  double WithoutReset(Samples samples, const WindowBounds& bounds, double range_seconds) {
    const Sample& first = samples[bounds.low];
    const Sample& last = samples[bounds.high - 1];
    SetTimes(first.time_ms - bounds.begin_ms, bounds.end_ms - last.time_ms,
             last.time_ms - first.time_ms, bounds.size());
    const double change = last.value - first.value;
    double to_start = to_start_;
    if (counter_ && change > 0 && first.value >= 0) {
      to_start = std::min(to_start, sampled_ * (first.value / change));
    }
    double factor = (sampled_ + to_start + to_end_) / sampled_;
    if (per_second_) factor /= range_seconds;
    return change * factor;
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
  }

  const WindowFunction function_;
  const bool counter_;
  const bool per_second_;
  std::vector<std::uint32_t> resets_;
  std::int64_t start_ms_ = 0;
  std::int64_t end_ms_ = 0;
  std::int64_t sampled_ms_ = 0;
  std::size_t size_ = 0;  // of the window that the following are of
  double sampled_ = 0;
  double to_start_ = 0;
  double to_end_ = 0;
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
  static constexpr std::size_t kLanes = 8;

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
    std::array<double, kLanes> sum{};
    std::array<double, kLanes> lost{};
    const double* values = values_.data() + low;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sum[lane] = mean_ ? values[lane] : 0.0 + values[lane];
    }
    for (std::size_t i = 1; i < size; ++i) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const double value = values[i + lane];
        const double next = sum[lane] + value;
        const bool sum_is_larger = std::fabs(sum[lane]) >= std::fabs(value);
        const double larger = sum_is_larger ? sum[lane] : value;
        const double smaller = sum_is_larger ? value : sum[lane];
        lost[lane] += (larger - next) + smaller;
        sum[lane] = next;
      }
    }
    // An infinity on the way leaves a NaN behind.
    if (!std::all_of(lost.begin(), lost.end(), [](double c) { return std::isfinite(c); })) {
      return false;
    }
    const auto count = static_cast<double>(size);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (!std::isfinite(sum[lane])) return false;
      out[lane] = mean_ ? sum[lane] / count + lost[lane] / count : sum[lane] + lost[lane];
    }
    return true;
  }

  const WindowFunction function_;
  const bool mean_;
  std::vector<double> values_;
  std::vector<double> sums_;  // of the values in front of each
};

}  // namespace

std::unique_ptr<Slider> MakeSlider(WindowFunction function) {
  if (function == Rate) return std::make_unique<ChangeSlider>(function, true, true);
  if (function == Increase) return std::make_unique<ChangeSlider>(function, true, false);
  if (function == Delta) return std::make_unique<ChangeSlider>(function, false, false);
  if (function == MaxOverTime) return std::make_unique<ExtremeSlider<true>>();
  if (function == MinOverTime) return std::make_unique<ExtremeSlider<false>>();
  if (function == SumOverTime) return std::make_unique<SumSlider>(function, false);
  if (function == AvgOverTime) return std::make_unique<SumSlider>(function, true);
  return nullptr;
}

}  // namespace tidegate::promql
