// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
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

// Labels are a set, and comments are not reported.
Json Comparable(Json entries) {
  Json out = Json::array();
  for (Json& entry : entries) {
    if (entry.at(0) == "comment") continue;
    if (entry.at(0) == "sample") {
      std::sort(entry.at(1).begin(), entry.at(1).end());
      const std::string value = entry.at(2);
      entry.at(2) = NumberFromText(value);
      if (value == "NaN") entry.at(2) = value;
      if (entry.size() > 4) std::sort(entry.at(4).at(1).begin(), entry.at(4).at(1).end());
    }
    out.push_back(entry);
  }
  return out;
}

TEST(ExpositionGoldenTest, AgreesWithPrometheus) {
  const std::string cases = ReadGoldenFile("exposition.jsonl.gz");
  std::istringstream in(cases);
  std::ostringstream results;
  ASSERT_EQ(RunExpositionSet(in, results), 0);

  std::map<std::string, Json> got;
  std::istringstream result_lines(results.str());
  for (std::string line; std::getline(result_lines, line);) {
    const Json result = Json::parse(line);
    ASSERT_TRUE(result.contains("result")) << line;
    got[result.at("id")] = result.at("result");
  }
  std::size_t compared = 0;
  std::istringstream case_lines(cases);
  for (std::string line; std::getline(case_lines, line); ++compared) {
    const Json test = Json::parse(line);
    const Json& want = test.at("expect");
    const Json& have = got.at(test.at("id"));
    EXPECT_EQ(have.at("accept"), want.at("accept")) << line << "\n" << have;
    EXPECT_EQ(have.at("scrape"), want.at("scrape")) << line << "\n" << have;
    if (!want.at("accept").get<bool>()) continue;
    EXPECT_EQ(Comparable(have.at("entries")), Comparable(want.value("entries", Json::array())))
        << line;
  }
  EXPECT_GE(compared, 2000U);
}

}  // namespace
}  // namespace tidegate::golden
