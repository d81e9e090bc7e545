// SPDX-License-Identifier: Apache-2.0
#include "core/window_average.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace tidegate::core {

namespace {

constexpr double kForgotten = 0.0001;  // share of the weight that lies beyond the window
constexpr double kLeastWeight = 0.2;   // of the newest bucket

struct Bucket {
  std::int64_t index = 0;  // since the epoch
  double sum = 0;
  std::int64_t count = 0;

  double Mean() const { return sum / static_cast<double>(count); }
};

std::int64_t IndexOf(TimePoint time, Duration bucket) {
  const std::int64_t ns = time.time_since_epoch().count();
  return ns / bucket.count() - (ns % bucket.count() < 0 ? 1 : 0);
}

std::vector<Bucket> Sort(std::span<const TimedValue> values, Duration length) {
  std::vector<Bucket> buckets;
  for (const TimedValue& each : values) {
    const std::int64_t index = IndexOf(each.time, length);
    if (buckets.empty() || buckets.back().index != index) buckets.push_back({.index = index});
    buckets.back().sum += each.value;
    ++buckets.back().count;
  }
  return buckets;
}

// Where values begin that no silence of a whole window ends.
std::int64_t FirstOf(const std::vector<Bucket>& buckets, std::int64_t count) {
  std::size_t first = buckets.size() - 1;
  while (first > 0 && buckets[first].index - buckets[first - 1].index < count) --first;
  return buckets[first].index;
}

double Rounded(double value) { return std::round(value * 1e6) / 1e6; }

// By squaring, so that the last bit does not depend on the C library.
double Power(double base, std::int64_t exponent) {
  double power = 1;
  for (; exponent > 0; exponent /= 2, base *= base) {
    if (exponent % 2 == 1) power *= base;
  }
  return power;
}

double Coefficient(std::int64_t count) {
  return std::max(kLeastWeight,
                  1 - std::exp(1 / static_cast<double>(count) * std::log(kForgotten)));
}

double Quantile(std::vector<double> values, double quantile) {
  std::sort(values.begin(), values.end());
  const double rank = std::clamp(quantile, 0.0, 1.0) * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const double weight = rank - std::floor(rank);
  return values[below] * (1 - weight) + values[above] * weight;
}

// The buckets of a window that has values, as seen from the bucket of now.
class Averager {
 public:
  Averager(std::span<const Bucket> buckets, std::int64_t newest, std::int64_t count,
           std::int64_t filled)
      : buckets_(buckets), newest_(newest), count_(count), filled_(filled) {}

  // Knative's, which knows no more than one value in a bucket, or the mean of all values.
  double Linear(bool gaps_are_zero) const {
    if (gaps_are_zero) return Rounded(Means());
    double total = 0;
    std::int64_t count = 0;
    for (const Bucket& bucket : buckets_) {
      total += bucket.sum;
      count += bucket.count;
    }
    return Rounded(total / static_cast<double>(count));
  }

  double Exponential(bool gaps_are_zero) const {
    const double c = Coefficient(count_);
    std::int64_t index = buckets_.back().index;
    double weight = c * Power(1 - c, newest_ - index);
    double total = 0, weights = 0;
    for (auto bucket = buckets_.rbegin(); bucket != buckets_.rend(); ++bucket) {
      for (; index > bucket->index; --index) weight *= 1 - c;
      total += bucket->Mean() * weight;
      weights += weight;
    }
    return gaps_are_zero ? total : total / weights;
  }

  // Over `filled` buckets: those that have values, or those since the first one.
  double Means() const {
    double total = 0;
    for (const Bucket& bucket : buckets_) total += bucket.Mean();
    return total / static_cast<double>(filled_);
  }

 private:
  std::span<const Bucket> buckets_;
  std::int64_t newest_;
  std::int64_t count_;
  std::int64_t filled_;
};

}  // namespace

std::int64_t BucketCount(const AveragingWindow& window) {
  const std::int64_t bucket = std::max<std::int64_t>(window.bucket.count(), 1);
  return std::max<std::int64_t>((window.length.count() + bucket - 1) / bucket, 1);
}

WindowAverage Average(std::span<const TimedValue> values, TimePoint now,
                      const AveragingWindow& window, bool gaps_are_zero) {
  const Duration length = std::max(window.bucket, Duration(1));
  const std::int64_t count = BucketCount(window);
  const std::int64_t newest = IndexOf(now, length);
  std::vector<Bucket> all = Sort(values, length);
  while (!all.empty() && all.back().index > newest) all.pop_back();
  const auto begin = std::find_if(
      all.begin(), all.end(), [&](const Bucket& bucket) { return bucket.index > newest - count; });
  const std::span<const Bucket> buckets(begin, all.end());
  if (buckets.empty()) return {};
  const auto present = static_cast<std::int64_t>(buckets.size());
  const double coverage = static_cast<double>(present) / static_cast<double>(count);
  const std::int64_t last = buckets.back().index;
  const std::int64_t seen = std::min(last - FirstOf(all, count) + 1, count - (newest - last));
  const Averager averager(buckets, newest, count, gaps_are_zero ? seen : present);
  switch (window.average) {
    case Averaging::kLatest:
      return {buckets.back().Mean(), coverage};
    case Averaging::kLinear:
      return {averager.Linear(gaps_are_zero), coverage};
    case Averaging::kExponential:
      return {averager.Exponential(gaps_are_zero), coverage};
    case Averaging::kBucket:
      return {averager.Means(), coverage};
    case Averaging::kQuantile:
      break;
  }
  std::vector<double> sorted(
      gaps_are_zero ? static_cast<std::size_t>(std::max<std::int64_t>(seen - present, 0)) : 0);
  for (const TimedValue& each : values) {
    const std::int64_t index = IndexOf(each.time, length);
    if (index > newest - count && index <= newest) sorted.push_back(each.value);
  }
  return {Quantile(std::move(sorted), window.quantile), coverage};
}

}  // namespace tidegate::core
