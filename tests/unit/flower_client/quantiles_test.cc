// SPDX-License-Identifier: Apache-2.0
#include "examples/flower/client/quantiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace flower {
namespace {

TEST(QuantileRecorderTest, IsExactBelowAQuarterOfAMillisecond) {
  QuantileRecorder recorder;
  for (int us = 1; us <= 100; ++us) recorder.Add(us / 1e3);
  EXPECT_DOUBLE_EQ(recorder.Quantile(0), 0.001);
  EXPECT_DOUBLE_EQ(recorder.Quantile(0.5), 0.050);
  EXPECT_DOUBLE_EQ(recorder.Quantile(0.99), 0.099);
  EXPECT_DOUBLE_EQ(recorder.Quantile(1), 0.100);
}

// Against sorting, over seven decades.
TEST(QuantileRecorderTest, IsWithinFourPerMilleOfTheTruth) {
  std::mt19937_64 engine(11);
  QuantileRecorder recorder;
  std::vector<double> all;
  for (int i = 0; i < 20000; ++i) {
    const double uniform = static_cast<double>(engine() >> 11) * 0x1p-53;
    all.push_back(std::pow(10, 7 * uniform - 2));
    recorder.Add(all.back());
  }
  std::sort(all.begin(), all.end());
  for (const double q : {0.001, 0.01, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const double truth = all[static_cast<std::size_t>(std::ceil(q * 20000)) - 1];
    EXPECT_NEAR(recorder.Quantile(q), truth, truth * 0.004 + 0.0005) << q;
  }
  EXPECT_NEAR(recorder.max_ms(), all.back(), 0.001);
}

TEST(QuantileRecorderTest, TakesAnyValue) {
  QuantileRecorder recorder;
  EXPECT_EQ(recorder.Quantile(0.5), 0);
  recorder.Add(-3);
  EXPECT_EQ(recorder.Quantile(0.5), 0);
  recorder.Add(1e15);
  EXPECT_GT(recorder.Quantile(1), 6e7);
  EXPECT_EQ(recorder.count(), 2u);
  recorder.Clear();
  EXPECT_EQ(recorder.count(), 0u);
  EXPECT_EQ(recorder.max_ms(), 0);
}

TEST(QuantileRecorderTest, NeverExceedsTheLargest) {
  QuantileRecorder recorder;
  recorder.Add(1000.001);
  EXPECT_DOUBLE_EQ(recorder.Quantile(0.5), 1000.001);
}

}  // namespace
}  // namespace flower
