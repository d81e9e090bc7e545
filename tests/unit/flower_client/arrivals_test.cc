// SPDX-License-Identifier: Apache-2.0
#include "examples/flower/client/arrivals.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace flower {
namespace {

std::vector<double> All(const Profile& profile, Spacing spacing, std::uint64_t seed) {
  Arrivals arrivals(profile, spacing, seed);
  std::vector<double> times;
  while (const std::optional<double> t = arrivals.Next()) times.push_back(*t);
  return times;
}

TEST(ArrivalsTest, EvenSpacingFollowsTheRate) {
  const std::vector<double> times = All({{{2, 5, 5}, {1, 10, 10}}}, Spacing::kEven, 1);
  ASSERT_EQ(times.size(), 20u);
  EXPECT_DOUBLE_EQ(times[0], 0.1);
  EXPECT_DOUBLE_EQ(times[1], 0.3);
  EXPECT_NEAR(times[10], 2.05, 1e-12);
  EXPECT_NEAR(times[19], 2.95, 1e-12);
}

// On a ramp as well, the k-th arrival is where k - 1/2 requests were offered.
TEST(ArrivalsTest, EvenSpacingInvertsTheProfile) {
  const Profile profile{{{3, 0, 20}, {4, 20, 20}, {5, 20, 0}, {2, 0, 0}, {1, 7, 7}}};
  const std::vector<double> times = All(profile, Spacing::kEven, 1);
  ASSERT_EQ(times.size(), 167u);
  for (std::size_t k = 0; k < times.size(); ++k) {
    EXPECT_NEAR(profile.CountUntil(times[k]), static_cast<double>(k) + 0.5, 1e-9) << times[k];
    EXPECT_GT(times[k], k > 0 ? times[k - 1] : 0);
  }
}

// Counts in disjoint intervals of a Poisson process: mean and variance are the expected count.
TEST(ArrivalsTest, PoissonCountsHaveTheRightMeanAndVariance) {
  const Profile profile{{{1000, 20, 20}}};
  const std::vector<double> times = All(profile, Spacing::kPoisson, 7);
  std::vector<double> counts(1000);
  for (const double t : times) counts.at(static_cast<std::size_t>(t)) += 1;
  double sum = 0;
  double squares = 0;
  for (const double count : counts) sum += count;
  const double mean = sum / 1000;
  for (const double count : counts) squares += (count - mean) * (count - mean);
  EXPECT_NEAR(mean, 20, 0.6);           // 4 standard errors
  EXPECT_NEAR(squares / 999, 20, 3.6);  // likewise
}

TEST(ArrivalsTest, TheSeedDecidesEverything) {
  const Profile profile{{{10, 5, 50}}};
  EXPECT_EQ(All(profile, Spacing::kPoisson, 3), All(profile, Spacing::kPoisson, 3));
  EXPECT_NE(All(profile, Spacing::kPoisson, 3), All(profile, Spacing::kPoisson, 4));
}

TEST(ArrivalsTest, NothingIsSentAtRateZero) {
  EXPECT_TRUE(All({{{5, 0, 0}}}, Spacing::kPoisson, 1).empty());
  EXPECT_TRUE(All({{{5, 0, 0}}}, Spacing::kEven, 1).empty());
}

}  // namespace
}  // namespace flower
