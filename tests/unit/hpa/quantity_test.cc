// SPDX-License-Identifier: Apache-2.0
#include "hpa/quantity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/golden/golden_file.h"

namespace tidegate::hpa {
namespace {

// What Kubernetes' own code makes of every third text of the golden set.
TEST(QuantityTest, AgreesWithApimachinery) {
  int checked = 0;
  std::istringstream lines(golden::ReadGoldenFile("hpa/quantities.jsonl.gz"));
  for (std::string line; std::getline(lines, line);) {
    const auto vector = nlohmann::json::parse(line);
    const auto quantity = Quantity::Parse(vector["in"].get<std::string>());
    ASSERT_EQ(quantity.has_value(), vector["error"].is_null()) << line;
    ++checked;
    if (!quantity) {
      EXPECT_EQ(quantity.error().message, vector["error"].get<std::string>()) << line;
      continue;
    }
    EXPECT_EQ(quantity->Milli(), vector["milliValue"].get<std::int64_t>()) << line;
    EXPECT_EQ(quantity->Sign(), vector["sign"].get<int>()) << line;
    const double want = std::strtod(vector["approximateFloat"].get<std::string>().c_str(), nullptr);
    const double got = quantity->ApproximateFloat();
    EXPECT_TRUE(got == want || (std::isnan(got) && std::isnan(want)) ||
                std::fabs(got - want) <= 1e-15 * std::fabs(want))
        << line << got;
  }
  EXPECT_GT(checked, 1000);
}

// The API server stores 0.009 as "9m", which is 9 * 0.001 and not the literal.
TEST(QuantityTest, CanonicalFloatIsThatOfTheStoredText) {
  EXPECT_EQ(Quantity::Parse("0.009").value().CanonicalFloat(), 9 * (1 / 1000.0));
  EXPECT_NE(Quantity::Parse("0.009").value().CanonicalFloat(), 0.009);
  EXPECT_EQ(Quantity::Parse("0.05").value().CanonicalFloat(), 50 * (1 / 1000.0));
  EXPECT_EQ(Quantity::Parse("10").value().CanonicalFloat(), 10.0);
}

TEST(QuantityTest, FormatsMilliValuesCanonically) {
  EXPECT_EQ(FormatMilli(0), "0");
  EXPECT_EQ(FormatMilli(1), "1m");
  EXPECT_EQ(FormatMilli(1500), "1500m");
  EXPECT_EQ(FormatMilli(20'000'000), "20k");
  EXPECT_EQ(FormatMilli(-2000), "-2");
}

}  // namespace
}  // namespace tidegate::hpa
