// SPDX-License-Identifier: Apache-2.0
//
// What the buckets of a classic histogram say.
#pragma once

#include <limits>
#include <span>
#include <vector>

namespace tidegate::promql {

struct Bucket {
  double upper_bound = 0;
  double count = 0;  ///< of all observations up to the bound
};

/// Where counts fell from one bucket to the next, which they cannot.
struct ForcedMonotonicity {
  bool forced = false;
  double min_bound = std::numeric_limits<double>::infinity();
  double max_bound = -std::numeric_limits<double>::infinity();
  double max_difference = 0;
};

/// The q-quantile, linear inside of a bucket. NaN: no buckets, no observations or no +Inf bucket.
double BucketQuantile(double q, std::vector<Bucket>& buckets, ForcedMonotonicity& forced);

/// The share of observations between the two values.
double BucketFraction(double lower, double upper, std::vector<Bucket>& buckets);

}  // namespace tidegate::promql
