// SPDX-License-Identifier: Apache-2.0
#include "examples/flower/client/answers.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace flower {
namespace {

TEST(AnswersTest, MakesARequestOfEachLine) {
  const auto questions = ParseQuestions("a,b,c,d,answer\n5.1,3.5,1.4,0.2,setosa\n", "q.csv");
  ASSERT_TRUE(questions) << questions.error().message;
  ASSERT_EQ(questions->size(), 1u);
  EXPECT_EQ(questions->front().answer, "setosa");
  EXPECT_EQ(questions->front().body,
            R"({"inputs":[{"data":[5.1,3.5,1.4,0.2],"datatype":"FP32","name":"MEASUREMENTS",)"
            R"("shape":[4]}]})");
}

TEST(AnswersTest, ReadsTheModelsOwnAnswers) {
  std::ifstream file(TIDEGATE_SOURCE_DIR "/examples/flower/training/answers.csv");
  std::ostringstream text;
  text << file.rdbuf();
  const auto questions = ParseQuestions(text.str(), "answers.csv");
  ASSERT_TRUE(questions) << questions.error().message;
  EXPECT_EQ(questions->size(), 150u);
}

TEST(AnswersTest, NamesABadLine) {
  const auto bad = ParseQuestions("header\n1,2,3,4,a\n1,2,x,4,a\n", "q.csv");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "q.csv:3:1: expected four numbers and a species, got '1,2,x,4,a'");
  const auto empty = ParseQuestions("header\n", "q.csv");
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().message, "q.csv:1:1: no questions");
}

TEST(AnswersTest, ChecksTheSpecies) {
  const std::string right =
      R"({"model_name":"flower","outputs":[{"name":"SCORES","data":[1,0,0]},)"
      R"({"name":"SPECIES","datatype":"BYTES","shape":[1],"data":["setosa"]}]})";
  EXPECT_EQ(CheckAnswer(right, "setosa"), Verdict::kRight);
  EXPECT_EQ(CheckAnswer(right, "virginica"), Verdict::kWrongClass);
  for (const char* bad :
       {"", "{", "[]", "{}", R"({"outputs":3})", R"({"outputs":[3]})",
        R"({"outputs":[{"name":"SCORES","data":["setosa"]}]})", R"({"outputs":[{"name":4}]})",
        R"({"outputs":[{"name":"SPECIES"}]})", R"({"outputs":[{"name":"SPECIES","data":[1]}]})",
        R"({"outputs":[{"name":"SPECIES","data":[]}]})", R"({"error":"no"})"}) {
    EXPECT_EQ(CheckAnswer(bad, "setosa"), Verdict::kBadBody) << bad;
  }
}

}  // namespace
}  // namespace flower
