// SPDX-License-Identifier: Apache-2.0
#include "exposition/number.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace tidegate {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(NumberTest, ReadsWhatGoReads) {
  struct Row {
    const char* text;
    double want;
  };
  for (const Row& row : {Row{"0", 0},
                         {"-0", -0.0},
                         {"007", 7},
                         {"9223372036854775807", 0x1p63},
                         {"18446744073709551616", 0x1p64},
                         {"+1", 1},
                         {"1e3", 1000},
                         {"1E+3", 1000},
                         {".5", 0.5},
                         {"5.", 5},
                         {"-1.5e-3", -0.0015},
                         {"Inf", kInf},
                         {"+inf", kInf},
                         {"-INFINITY", -kInf},
                         {"1e-400", 0},
                         {"5e-324", 5e-324},
                         {"1.7976931348623157e308", 1.7976931348623157e308}}) {
    double value = -1;
    EXPECT_EQ(ParseNumber(row.text, value), NumberStatus::kOk) << row.text;
    EXPECT_EQ(value, row.want) << row.text;
    EXPECT_EQ(std::signbit(value), std::signbit(row.want)) << row.text;
  }
  double nan = 0;
  EXPECT_EQ(ParseNumber("nAn", nan), NumberStatus::kOk);
  EXPECT_TRUE(std::isnan(nan));
}

TEST(NumberTest, RefusesWhatGoRefuses) {
  double value = 0;
  for (const char* text :
       {"",    "+",   "-",   ".",    "e5",   "1e",   "1e+",  "0x10", "0x1p-2", "1_000",
        "1,5", "+-1", "--1", "infi", "nan1", "+nan", "-nan", "1 ",   " 1",     "1.2.3"}) {
    EXPECT_EQ(ParseNumber(text, value), NumberStatus::kSyntax) << text;
  }
  for (const char* text : {"1e400", "-1e400", "1e99999999999999999999", "2e308"}) {
    EXPECT_EQ(ParseNumber(text, value), NumberStatus::kRange) << text;
  }
}

// A very long mantissa must not be taken for a tiny number because its exponent is negative.
TEST(NumberTest, JudgesHugeAndTinyByTheWholeNumber) {
  double value = 1;
  const std::string zeros(400, '0');
  EXPECT_EQ(ParseNumber("1" + zeros + "e-10", value), NumberStatus::kRange);
  EXPECT_EQ(ParseNumber("0." + zeros + "1", value), NumberStatus::kOk);
  EXPECT_EQ(value, 0);
  EXPECT_EQ(ParseNumber("1" + zeros + "e-400", value), NumberStatus::kOk);
  EXPECT_EQ(value, 1);
}

TEST(NumberTest, ReadsBackEveryShortestText) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t bits = random();
    double want = 0;
    static_assert(sizeof want == sizeof bits);
    std::memcpy(&want, &bits, sizeof want);
    if (!std::isfinite(want)) continue;
    char text[64];
    const auto written = std::to_chars(text, text + sizeof text, want);
    double value = 0;
    ASSERT_EQ(ParseNumber({text, written.ptr}, value), NumberStatus::kOk);
    ASSERT_EQ(value, want);
  }
}

TEST(NumberTest, SpellsBoundsCanonically) {
  struct Row {
    double value;
    const char* want;
  };
  for (const Row& row : {Row{1, "1.0"},
                         {0, "0.0"},
                         {-1, "-1.0"},
                         {0.1, "0.1"},
                         {100000, "100000.0"},
                         {1e6, "1e+06"},
                         {1234567, "1.234567e+06"},
                         {0.0001, "0.0001"},
                         {0.00001, "1e-05"},
                         {kInf, "+Inf"},
                         {-kInf, "-Inf"},
                         {1e100, "1e+100"}}) {
    EXPECT_EQ(CanonicalNumber(row.value), row.want);
  }
}

}  // namespace
}  // namespace tidegate
