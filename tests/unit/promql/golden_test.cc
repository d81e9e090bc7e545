// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/golden/golden_file.h"
#include "tests/golden/numbers.h"
#include "tests/golden/sets.h"

namespace tidegate::golden {
namespace {

using Json = nlohmann::json;

// Equal up to 8 units in the last place: Go has its own mathematical functions.
bool Same(const Json& a, const Json& b) {
  const double x = NumberFromText(a.get<std::string>());
  const double y = NumberFromText(b.get<std::string>());
  if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && std::isnan(y);
  if (x == y) return true;
  if (!std::isfinite(x) || !std::isfinite(y) || std::signbit(x) != std::signbit(y)) return false;
  const auto distance = std::bit_cast<std::int64_t>(x) - std::bit_cast<std::int64_t>(y);
  return std::abs(distance) <= 8;
}

bool SamePoints(const Json& a, const Json& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i][0] != b[i][0] || !Same(a[i][1], b[i][1])) return false;
  }
  return true;
}

bool SameSeries(const Json& a, const Json& b, const char* values) {
  std::map<std::string, Json> wanted;
  for (const Json& series : a) wanted[series.at("labels").dump()] = series.at(values);
  if (wanted.size() != b.size()) return false;
  for (const Json& series : b) {
    const auto want = wanted.find(series.at("labels").dump());
    if (want == wanted.end()) return false;
    const Json& have = series.at(values);
    if (have.is_array() ? !SamePoints(want->second, have) : !Same(want->second, have)) return false;
  }
  return true;
}

bool SameResult(const Json& want, const Json& have) {
  const std::string type = want.at("type");
  if (have.at("type") != type) return false;
  if (type == "scalar") return Same(want.at("scalar"), have.at("scalar"));
  if (type == "vector") {
    return SameSeries(want.value("vector", Json::array()), have.at("vector"), "v");
  }
  if (type == "matrix") {
    return SameSeries(want.value("matrix", Json::array()), have.at("matrix"), "points");
  }
  if (type == "string") return want.at("string") == have.at("string");
  return want.at("error") == have.at("error");
}

TEST(PromqlGoldenTest, AgreesWithPrometheus) {
  const std::string cases = ReadGoldenFile("promql.jsonl.gz");
  std::istringstream in(cases);
  std::ostringstream results;
  ASSERT_EQ(RunPromqlSet(in, results), 0);

  std::map<std::string, Json> got;
  std::istringstream result_lines(results.str());
  for (std::string line; std::getline(result_lines, line);) {
    const Json result = Json::parse(line);
    ASSERT_TRUE(result.contains("result")) << line;
    got[result.at("id")] = result.at("result");
  }
  std::size_t compared = 0;
  std::istringstream case_lines(cases);
  for (std::string line; std::getline(case_lines, line);) {
    const Json test = Json::parse(line);
    if (!test.contains("id")) continue;
    EXPECT_TRUE(SameResult(test.at("expect"), got.at(test.at("id")))) << line << "\n"
                                                                      << got.at(test.at("id"));
    ++compared;
  }
  EXPECT_GE(compared, 900U);
}

}  // namespace
}  // namespace tidegate::golden
