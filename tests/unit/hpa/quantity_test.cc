// SPDX-License-Identifier: Apache-2.0
#include "hpa/quantity.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/golden/golden_file.h"
#include "tests/golden/sets.h"
#include "tests/support/allocations.h"

namespace tidegate::hpa {
namespace {

using Json = nlohmann::json;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// What the golden driver answers to every line of a file.
std::vector<std::string> Answers(const std::string& text) {
  std::istringstream in(text);
  std::ostringstream out;
  EXPECT_EQ(golden::RunQuantitySet(in, out), 0);
  return Lines(out.str());
}

/// Members of `want` that `have` answers otherwise.
std::string Differences(const Json& want, const Json& have) {
  std::string out;
  for (const auto& [key, value] : have.items()) {
    const Json wanted = want.value(key, Json(nullptr));
    if (value.is_object()) {
      out += Differences(wanted, value);
    } else if (value != wanted) {
      out += " " + key + " " + value.dump() + " instead of " + wanted.dump();
    }
  }
  return out;
}

// What Kubernetes' own code makes of the same texts, sums and comparisons.
TEST(QuantityTest, AgreesWithApimachinery) {
  const std::string file = golden::ReadGoldenFile("quantity.jsonl.gz");
  const std::vector<std::string> cases = Lines(file);
  const std::vector<std::string> answers = Answers(file);
  ASSERT_GT(cases.size(), 1000U);
  ASSERT_EQ(answers.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Json want = Json::parse(cases[i])["expect"];
    const Json have = Json::parse(answers[i])["result"];
    ASSERT_EQ(want.size(), have.size()) << cases[i];
    EXPECT_EQ(Differences(want, have), "") << cases[i];
  }
}

TEST(QuantityTest, AgreesWithTheTextsOfTheHpaSet) {
  const std::string file = golden::ReadGoldenFile("hpa/quantities.jsonl.gz");
  const std::vector<std::string> cases = Lines(file);
  const std::vector<std::string> answers = Answers(file);
  ASSERT_GT(cases.size(), 1000U);
  ASSERT_EQ(answers.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Json want = Json::parse(cases[i]);
    Json have = Json::parse(answers[i]);
    for (const char* key : {"format", "text", "canonical"}) {
      if (!want.contains(key)) have.erase(key);
    }
    if (want["approximateFloat"] != have["approximateFloat"]) {  // other spelling, same double
      const std::string wanted = want["approximateFloat"];
      EXPECT_EQ(std::strtod(wanted.c_str(), nullptr),
                std::strtod(have["approximateFloat"].get<std::string>().c_str(), nullptr))
          << cases[i];
    }
    have.erase("approximateFloat");
    EXPECT_EQ(Differences(want, have), "") << cases[i];
  }
}

struct TextCase {
  const char* text;
  const char* stored;
  const char* canonical;
  MilliValue milli;
};

TEST(QuantityTest, KeepsATextThatLooksCanonical) {
  const TextCase rows[] = {
      {"0", "0", "0", 0},
      {"1.500", "1.500", "1500m", 1500},
      {"+5", "+5", "5", 5000},
      {"005", "005", "5", 5000},
      {"1.5", "1500m", "1500m", 1500},
      {"1000", "1k", "1k", 1'000'000},
      {"1025Mi", "1025Mi", "1025Mi", 1'074'790'400'000},
      {"1024Mi", "1Gi", "1Gi", 1'073'741'824'000},
      {"1.5Gi", "1536Mi", "1536Mi", 1'610'612'736'000},
      {"1e3", "1e3", "1e3", 1'000'000},
      {"0.1n", "1n", "1n", 1},
      {"-1.5n", "-2n", "-2n", 1},
      {"000000000000000000000000000000009", "000000000000000000000000000000009", "9", 9000},
      {"m", "0", "0", 0},
      {"10P", "10P", "10P", 0},
      {"8Ei", "9223372036854775807", "9223372036854775807", -1000},
      {"1e4294967299", "1e4294967299", "1e3", 1'000'000},
      {"4e273879046", "40e273879045", "40e273879045", 0},
      {"1e2147483646", "1e2147483646", "1e2147483646", 1},
  };
  for (const TextCase& row : rows) {
    const Result<Quantity> quantity = Quantity::Parse(row.text);
    ASSERT_TRUE(quantity) << row.text;
    EXPECT_EQ(quantity->ToString(), row.stored) << row.text;
    EXPECT_EQ(quantity->Canonical(), row.canonical) << row.text;
    EXPECT_EQ(quantity->Milli(), row.milli) << row.text;
  }
}

TEST(QuantityTest, ExponentsThatUpstreamWouldComputeForMinutesAreRefused) {
  EXPECT_FALSE(Quantity::Parse("1000000000000000000000e20000"));
  EXPECT_TRUE(Quantity::Parse("1000000000000000000000e19000"));
  EXPECT_EQ(Quantity::Parse("1e-2000000000").value().ToString(), "1e-9");
  const Quantity huge = Quantity::Parse("1e2000000000").value();
  const Quantity one = Quantity::Parse("1").value();
  EXPECT_EQ(huge.Compare(one), 1);
  EXPECT_EQ(one.Compare(huge), -1);
  EXPECT_FALSE(huge.Plus(one));
}

TEST(QuantityTest, ComparesByValue) {
  EXPECT_EQ(Quantity::Parse("1").value(), Quantity::Parse("1000m").value());
  EXPECT_EQ(Quantity::Parse("1Ki").value(), Quantity::Parse("1.024k").value());
  EXPECT_NE(Quantity::Parse("1").value(), Quantity::Parse("1.0000000001").value());
}

TEST(QuantityTest, TheFastFormDoesNotAllocate) {
  const std::uint64_t before = testing::allocations;
  MilliValue sum = 0;
  for (const char* text : {"123456789012345678", "1500m", "8Gi", "-0.123456789", "12e6"}) {
    const Result<Quantity> quantity = Quantity::Parse(text);
    const Quantity copy = *quantity;
    sum += copy.Milli() + copy.Sign() + copy.Compare(*quantity);
    sum += copy.ApproximateFloat() > 1 ? 1 : 0;
  }
  EXPECT_EQ(testing::allocations, before);
  EXPECT_NE(sum, 0);
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
