// SPDX-License-Identifier: Apache-2.0
//
// What the API server makes of the same manifests.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/golden/golden_file.h"
#include "tests/golden/sets.h"

namespace tidegate::golden {
namespace {

using Json = nlohmann::json;

std::vector<Json> Lines(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
  return lines;
}

std::vector<Json> Answers(const std::string& text) {
  std::istringstream in(text);
  std::ostringstream out;
  EXPECT_EQ(RunHpaValidationSet(in, out), 0);
  return Lines(out.str());
}

/// Upstream lists the members that do not belong to a metric in a random order.
Json Sorted(Json errors) {
  std::sort(errors.begin(), errors.end());
  return errors;
}

void ExpectAgreement(const char* name, std::size_t at_least) {
  const std::string file = ReadGoldenFile(name);
  const std::vector<Json> cases = Lines(file);
  const std::vector<Json> answers = Answers(file);
  ASSERT_GT(cases.size(), at_least);
  ASSERT_EQ(answers.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Json& want = cases[i]["expect"];
    const Json& have = answers[i]["result"];
    EXPECT_EQ(Sorted(have.value("errors", Json::array())),
              Sorted(want.value("errors", Json::array())))
        << cases[i];
    for (const char* key : {"decode_error", "strict_error", "v2", "v1"}) {
      EXPECT_EQ(have.value(key, Json()), want.value(key, Json())) << key << " of " << cases[i];
    }
    if (!want.contains("decode_error")) {
      EXPECT_EQ(have["v1_round_trip"], want["v1_round_trip"]) << cases[i];
    }
  }
}

TEST(HpaValidationTest, AgreesWithTheApiServer) { ExpectAgreement("hpa-validation.jsonl.gz", 400); }

TEST(HpaValidationTest, AgreesWithEachReleaseAboutMetadata) {
  ExpectAgreement("hpa-validation-metadata.jsonl.gz", 200);
}

TEST(HpaValidationTest, AgreesWithEachRelease) {
  const std::string file = ReadGoldenFile("hpa-validation-releases.jsonl.gz");
  const std::vector<Json> cases = Lines(file);
  const std::vector<Json> answers = Answers(file);
  ASSERT_GT(cases.size(), 700U);
  ASSERT_EQ(answers.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(Sorted(answers[i]["errors"]), Sorted(cases[i]["errors"])) << cases[i];
    if (cases[i].contains("stored")) {
      EXPECT_EQ(answers[i].value("stored", Json()), cases[i]["stored"]) << cases[i];
    }
  }
}

}  // namespace
}  // namespace tidegate::golden
