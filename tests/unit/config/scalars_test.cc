// SPDX-License-Identifier: Apache-2.0
#include "config/scalars.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace tidegate::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST(ScalarsTest, DurationsReadAsPeopleWriteThem) {
  const std::pair<const char*, Duration> rows[] = {
      {"30s", seconds(30)},         {"1m30s", seconds(90)}, {"500ms", milliseconds(500)},
      {"1.5s", milliseconds(1500)}, {"2h", seconds(7200)},  {"0", Duration{}},
      {"0s", Duration{}},           {"-1s", seconds(-1)},   {"1us", Duration(1000)},
      {"7ns", Duration(7)},         {"0.5m", seconds(30)},
  };
  for (const auto& [text, value] : rows) EXPECT_EQ(ParseDuration(text), value) << text;
  for (const char* text : {"", "30", "s", "-", "1x", "1 s", "1.2.3s", ".s", "1e3s", "0.1ns", "30S",
                           "9999999999999h", "99999999999999999999s"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(ScalarsTest, DurationsAreWrittenShortly) {
  EXPECT_EQ(FormatDuration(seconds(90)), "1m30s");
  EXPECT_EQ(FormatDuration(seconds(300)), "5m");
  EXPECT_EQ(FormatDuration(milliseconds(1500)), "1.5s");
  EXPECT_EQ(FormatDuration(milliseconds(700)), "700ms");
  EXPECT_EQ(FormatDuration(Duration(1001)), "1001ns");
  EXPECT_EQ(FormatDuration(seconds(3601)), "1h1s");
  EXPECT_EQ(FormatDuration(Duration{}), "0s");
}

TEST(ScalarsTest, InstantsReadWithFractionsAndOffsets) {
  EXPECT_EQ(FormatTime(TimePoint{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(ParseTime("2000-02-29T12:00:00.5Z"), TimePoint(Duration(951'825'600'500'000'000)));
  EXPECT_EQ(ParseTime("2000-02-29T13:00:00.5+01:00"), ParseTime("2000-02-29T12:00:00.5Z"));
  EXPECT_EQ(FormatTime(TimePoint(Duration(-1))), "1969-12-31T23:59:59.999999999Z");
  for (const char* text : {"", "2001-02-29T00:00:00Z", "2001-13-01T00:00:00Z",
                           "2001-01-01T24:00:00Z", "2001-01-01T00:00:00", "2001-01-01 00:00:00Z",
                           "2001-01-01T00:00:00.1234567891Z", "2300-01-01T00:00:00Z"}) {
    EXPECT_EQ(ParseTime(text), std::nullopt) << text;
  }
}

TEST(ScalarsTest, EveryDurationAndInstantComesBack) {
  std::mt19937_64 engine(7);
  std::vector<std::int64_t> counts{0, 1, -1, kMin, kMin + 1, kMax, 999'999'999, -1'000'000'000};
  for (int i = 0; i < 10'000; ++i) {
    counts.push_back(static_cast<std::int64_t>(engine() >> (engine() % 60)));
  }
  for (std::int64_t count : counts) {
    const Duration value(count);
    ASSERT_EQ(ParseDuration(FormatDuration(value)), value) << count << FormatDuration(value);
    ASSERT_EQ(ParseTime(FormatTime(TimePoint(value))), TimePoint(value)) << count;
  }
}

TEST(ScalarsTest, QuantitiesThatDoNotFitAreRefusedAndNotWrapped) {
  EXPECT_EQ(ParseMilli("1500m").value(), 1500);
  EXPECT_EQ(ParseMilli("2k").value(), 2'000'000);
  EXPECT_EQ(ParseMilli("0.1m").value(), 1);
  EXPECT_FALSE(ParseMilli("999999999999999999").has_value());
  EXPECT_FALSE(ParseMilli("10P").has_value());
  EXPECT_FALSE(ParseMilli("5 k").has_value());
}

TEST(ScalarsTest, RatiosAreKubernetesDoublesAndComeBack) {
  EXPECT_EQ(ParseRatio("0.1").value(), 0.1);
  EXPECT_EQ(ParseRatio("0.009").value(), 9 * 0.001);  // not 0.009
  for (int i = 0; i < 2000; ++i) {
    const double value = ParseRatio(std::to_string(i) + "m").value();
    EXPECT_EQ(ParseRatio(FormatRatio(value)).value(), value) << i;
  }
}

TEST(ScalarsTest, EditDistanceCountsASwapAsOne) {
  EXPECT_EQ(EditDistance("metrics", "metrics"), 0u);
  EXPECT_EQ(EditDistance("metircs", "metrics"), 1u);
  EXPECT_EQ(EditDistance("maxReplica", "maxReplicas"), 1u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
}

}  // namespace
}  // namespace tidegate::config
