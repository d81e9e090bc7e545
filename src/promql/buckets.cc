// SPDX-License-Identifier: Apache-2.0
#include "promql/buckets.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace tidegate::promql {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// In order, each bound once. False: there is no +Inf bucket.
bool Normalize(std::vector<Bucket>& buckets) {
  std::sort(buckets.begin(), buckets.end(),
            [](const Bucket& a, const Bucket& b) { return a.upper_bound < b.upper_bound; });
  if (buckets.empty() || buckets.back().upper_bound != kInfinity) return false;
  std::size_t last = 0;
  for (std::size_t i = 1; i < buckets.size(); ++i) {
    if (buckets[i].upper_bound == buckets[last].upper_bound) {
      buckets[last].count += buckets[i].count;
    } else {
      buckets[++last] = buckets[i];
    }
  }
  buckets.resize(last + 1);
  return true;
}

// Differences as small as rounding makes them.
bool AlmostEqual(double a, double b) {
  constexpr double kTolerance = 1e-12;
  constexpr double kMinNormal = std::numeric_limits<double>::min();
  if (std::isnan(a) && std::isnan(b)) return true;
  const double sum = std::fabs(a) + std::fabs(b);
  const double difference = std::fabs(a - b);
  if (a == 0 || b == 0 || sum < kMinNormal) return difference < kTolerance * kMinNormal;
  return difference / std::min(sum, std::numeric_limits<double>::max()) < kTolerance;
}

void MakeMonotonic(std::vector<Bucket>& buckets, ForcedMonotonicity& forced) {
  double previous = buckets.front().count;
  for (Bucket& bucket : buckets) {
    if (bucket.count == previous) continue;
    if (AlmostEqual(previous, bucket.count)) {
      bucket.count = previous;
    } else if (bucket.count < previous) {
      forced.forced = true;
      forced.min_bound = std::min(forced.min_bound, bucket.upper_bound);
      forced.max_bound = std::max(forced.max_bound, bucket.upper_bound);
      forced.max_difference = std::max(forced.max_difference, previous - bucket.count);
      bucket.count = previous;
    } else {
      previous = bucket.count;
    }
  }
}

// How many observations are below `value`.
double Rank(const std::vector<Bucket>& buckets, double value) {
  double below = buckets.front().upper_bound <= 0 ? -kInfinity : 0;
  double rank = 0;
  for (const Bucket& bucket : buckets) {
    if (below >= value) return rank;
    if (bucket.upper_bound > value) {
      if (below == -kInfinity) return bucket.count;
      return rank + (bucket.count - rank) * (value - below) / (bucket.upper_bound - below);
    }
    rank = bucket.count;
    below = bucket.upper_bound;
  }
  return buckets.back().count;
}

}  // namespace

double BucketQuantile(double q, std::vector<Bucket>& buckets, ForcedMonotonicity& forced) {
  if (std::isnan(q)) return q;
  if (q < 0) return -kInfinity;
  if (q > 1) return kInfinity;
  if (!Normalize(buckets)) return std::nan("");
  MakeMonotonic(buckets, forced);
  const double observations = buckets.back().count;
  if (buckets.size() < 2 || observations == 0) return std::nan("");
  double rank = q * observations;
  const auto found = std::partition_point(buckets.begin(), buckets.end() - 1,
                                          [rank](const Bucket& b) { return !(b.count >= rank); });
  const auto index = static_cast<std::size_t>(found - buckets.begin());
  if (index == buckets.size() - 1) return buckets[index - 1].upper_bound;
  if (index == 0 && buckets[0].upper_bound <= 0) return buckets[0].upper_bound;
  double begin = 0;
  double count = buckets[index].count;
  if (index > 0) {
    begin = buckets[index - 1].upper_bound;
    count -= buckets[index - 1].count;
    rank -= buckets[index - 1].count;
  }
  return begin + (buckets[index].upper_bound - begin) * (rank / count);
}

double BucketFraction(double lower, double upper, std::vector<Bucket>& buckets) {
  if (!Normalize(buckets)) return std::nan("");
  const double count = buckets.back().count;
  if (count == 0 || std::isnan(lower) || std::isnan(upper)) return std::nan("");
  if (lower >= upper) return 0;
  const double upper_rank = std::min(Rank(buckets, upper), count);
  const double lower_rank = std::min(Rank(buckets, lower), count);
  return (upper_rank - lower_rank) / count;
}

}  // namespace tidegate::promql
