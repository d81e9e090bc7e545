// SPDX-License-Identifier: Apache-2.0
#include "hpa/arithmetic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>

namespace tidegate::hpa {
namespace {

TEST(ArithmeticTest, CeilToInt32IsTheCeilingCutAsOnAmd64) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  for (const double middle : {-2147483649.0, -2147483648.0, -1.0, 0.0, 1.0, 18.0, 2147483646.0,
                              2147483647.0, 2147483648.0, 1e300, -1e300}) {
    for (const double value : {std::nextafter(middle, -kInf), middle - 0.5, middle, middle + 0.5,
                               std::nextafter(middle, kInf)}) {
      EXPECT_EQ(CeilToInt32(value), ToInt32(std::ceil(value))) << value;
    }
  }
  for (const double value : {kInf, -kInf, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_EQ(CeilToInt32(value), std::numeric_limits<std::int32_t>::min()) << value;
  }
  EXPECT_EQ(CeilToInt32(17.1), 18);
  EXPECT_EQ(CeilToInt32(-17.9), -17);
}

}  // namespace
}  // namespace tidegate::hpa
