// SPDX-License-Identifier: Apache-2.0
#include "core/window_average.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/golden/golden_file.h"

namespace tidegate::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{std::chrono::hours(1)};

// One value a second from kStart on; NaN: none.
std::vector<TimedValue> EachSecond(const std::vector<double>& values) {
  std::vector<TimedValue> timed;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i])) {
      timed.push_back({kStart + seconds(static_cast<int>(i)), values[i]});
    }
  }
  return timed;
}

AveragingWindow Window(Averaging average, int buckets, double quantile = 0.5) {
  return {average, seconds(buckets), seconds(1), quantile};
}

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

struct Row {
  const char* name;
  AveragingWindow window;
  std::vector<double> values;  // the last one is that of now
  bool gaps_are_zero;
  std::optional<double> want;
  double coverage;
};

TEST(WindowAverageTest, EveryKindOverFullAndHoledWindows) {
  const std::vector<double> full = {100, 1, 2, 3, 6};
  const std::vector<double> holed = {8, kGap, kGap, 4};
  const double c = 1 - std::pow(0.0001, 0.25);
  const Row rows[] = {
      {"latest", Window(Averaging::kLatest, 4), full, false, 6, 1},
      {"linear", Window(Averaging::kLinear, 4), full, false, 3, 1},
      {"bucket", Window(Averaging::kBucket, 4), full, false, 3, 1},
      {"median", Window(Averaging::kQuantile, 4), full, false, 2.5, 1},
      {"largest", Window(Averaging::kQuantile, 4, 1), full, false, 6, 1},
      {"smallest", Window(Averaging::kQuantile, 4, 0), full, false, 1, 1},
      {"exponential", Window(Averaging::kExponential, 4), full, true,
       c * (6 + (1 - c) * (3 + (1 - c) * (2 + (1 - c)))), 1},
      // What is missing is left out, and the weights of what is there sum up to 1.
      {"linear, holes", Window(Averaging::kLinear, 4), holed, false, 6, 0.5},
      {"exponential, holes", Window(Averaging::kExponential, 4), holed, false,
       (4 + std::pow(1 - c, 3) * 8) / (1 + std::pow(1 - c, 3)), 0.5},
      {"quantile, holes", Window(Averaging::kQuantile, 4, 1), holed, false, 8, 0.5},
      // Or it is zero.
      {"linear, zeros", Window(Averaging::kLinear, 4), holed, true, 3, 0.5},
      {"bucket, zeros", Window(Averaging::kBucket, 4), holed, true, 3, 0.5},
      {"median, zeros", Window(Averaging::kQuantile, 4), holed, true, 2, 0.5},
      // A window that has just begun is as long as what was seen.
      {"young", Window(Averaging::kLinear, 10), {4, 8}, true, 6, 0.2},
      {"idle at its end", Window(Averaging::kLinear, 4), {4, 8, 4, 8, kGap}, true, 20.0 / 3, 0.75},
      {"silent", Window(Averaging::kLinear, 2), {4, kGap, kGap}, true, std::nullopt, 0},
      {"empty", Window(Averaging::kLinear, 4), {}, false, std::nullopt, 0},
      // Silence over a whole window begins it anew.
      {"begun anew", Window(Averaging::kLinear, 3), {9, kGap, kGap, 6}, true, 6, 1.0 / 3},
  };
  for (const Row& row : rows) {
    const TimePoint now = kStart + seconds(static_cast<int>(row.values.size()) - 1);
    const WindowAverage got = Average(EachSecond(row.values), now, row.window, row.gaps_are_zero);
    ASSERT_EQ(got.value.has_value(), row.want.has_value()) << row.name;
    if (row.want) {
      EXPECT_NEAR(*got.value, *row.want, 1e-6) << row.name;
    }
    EXPECT_DOUBLE_EQ(got.coverage, row.coverage) << row.name;
  }
}

// Lost scrapes lower no average, unless they are asked to.
TEST(WindowAverageTest, LostValuesLowerNoAverage) {
  std::vector<double> values(60, 50);
  for (std::size_t i = 0; i < values.size(); i += 3) values[i] = kGap;
  const TimePoint now = kStart + seconds(59);
  for (const Averaging kind :
       {Averaging::kLinear, Averaging::kExponential, Averaging::kBucket, Averaging::kQuantile}) {
    EXPECT_NEAR(*Average(EachSecond(values), now, Window(kind, 60), false).value, 50, 1e-9);
  }
  EXPECT_LT(*Average(EachSecond(values), now, Window(Averaging::kLinear, 60), true).value, 35);
}

TEST(WindowAverageTest, AValueOfManyInABucketCountsLess) {
  std::vector<TimedValue> values = {{kStart, 10}};
  for (int i = 0; i < 9; ++i) values.push_back({kStart + seconds(1) + milliseconds(i), 100});
  const AveragingWindow window = Window(Averaging::kBucket, 2);
  EXPECT_DOUBLE_EQ(*Average(values, kStart + seconds(1), window, false).value, 55);
  const AveragingWindow each = Window(Averaging::kLinear, 2);
  EXPECT_DOUBLE_EQ(*Average(values, kStart + seconds(1), each, false).value, 91);
}

TEST(WindowAverageTest, BucketsBeforeTheEpochAreInOrder) {
  std::vector<TimedValue> values;
  for (int i = -4; i <= 0; ++i) values.push_back({TimePoint(milliseconds(i * 1000 - 500)), 4.0});
  EXPECT_DOUBLE_EQ(
      Average(values, TimePoint(milliseconds(-500)), Window(Averaging::kLinear, 5), false).coverage,
      1);
}

// The averages of Knative's own code (the set kpa), second by second. Its logarithms and powers
// are Go's: the weights of the exponential average may differ in their last bits.
TEST(WindowAverageTest, AgreesWithKnative) {
  std::istringstream cases(golden::ReadGoldenFile("kpa/windows.jsonl.gz"));
  std::string line;
  std::size_t compared = 0;
  while (std::getline(cases, line)) {
    const auto test = nlohmann::json::parse(line);
    const bool linear = test.at("algorithm") == "linear";
    const AveragingWindow window{linear ? Averaging::kLinear : Averaging::kExponential,
                                 milliseconds(test.at("window_ms").get<int>()), seconds(1)};
    std::vector<TimedValue> values;
    for (const auto& stat : test.at("stats")) {
      values.push_back({kStart + milliseconds(stat[0].get<int>()), stat[1].get<double>()});
    }
    for (const auto& [second, want] :
         test.at("averages").get<std::vector<std::pair<int, double>>>()) {
      const TimePoint now = kStart + seconds(second);
      std::vector<TimedValue> seen;
      for (const TimedValue& each : values) {
        if (each.time <= now && now - each.time <= 2 * window.length) seen.push_back(each);
      }
      const double got = Average(seen, now, window, true).value.value_or(0);
      const double slack = linear ? 0 : std::abs(want) * 1e-14;
      EXPECT_NEAR(got, want, slack) << test.at("id") << " at " << second << " s";
      ++compared;
    }
  }
  EXPECT_GT(compared, 1000u);
}

}  // namespace
}  // namespace tidegate::core
