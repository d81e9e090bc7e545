// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tidegate/describe.h"

namespace tidegate {

/// A struct of somebody else, as an out-of-tree policy would have one. Not in an anonymous
/// namespace: Describe() must be found by argument-dependent lookup.
struct Everything {
  bool flag = false;
  double ratio = 0.5;
  std::optional<std::int32_t> count;
  std::vector<std::string> names = {"a", "b"};
  std::map<std::string, std::vector<double>> curves;
  std::string token;
  TimePoint since{};
};

void Describe(FieldVisitor& v, Everything& s) {
  v.Field("flag", s.flag);
  v.Field("ratio", s.ratio, {.min = 0, .max = 1});
  v.Field("count", s.count);
  v.Field("names", s.names);
  v.Field("curves", s.curves);
  v.Field("token", s.token, {.secret = true});
  v.Field("since", s.since);
}

namespace {

TEST(JsonTest, AnyDescribedStructIsSetAndShown) {
  Everything value;
  ASSERT_TRUE(FromJson(R"({"flag": true, "ratio": 0.25, "count": 3, "names": ["c"],
      "curves": {"x": [1, 2.5]}, "token": "hunter2", "since": "2026-01-02T03:04:05Z"})",
                       value)
                  .ok());
  EXPECT_EQ(DescribedToJson(value),
            R"({"flag":true,"ratio":0.25,"count":3,"names":["c"],"curves":{"x":[1.0,2.5]},)"
            R"("token":"***","since":"2026-01-02T03:04:05Z"})");
}

TEST(JsonTest, OnlyWhatIsNamedChanges) {
  Everything value;
  value.count = 4;
  value.ratio = 0.75;
  ASSERT_TRUE(FromJson(R"({"names": []})", value).ok());
  EXPECT_TRUE(value.names.empty());
  EXPECT_EQ(value.count, 4);
  EXPECT_EQ(value.ratio, 0.75);
  ASSERT_TRUE(FromJson(R"({"count": null})", value).ok());
  EXPECT_EQ(value.count, std::nullopt);
}

TEST(JsonTest, OnAnyProblemNothingChangesAndAllAreTold) {
  Everything value;
  const Status status = FromJson(
      R"({"flag": 1, "ratio": 2, "nmaes": [], "curves": {"x": ["y"]}, "token": ["hunter2"]})",
      value);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(status.error().message,
            "flag: want true or false, got \"1\"\n"
            "ratio: must be less than or equal to 1, got 2\n"
            "curves.x[0]: want a finite number, got \"y\"\n"
            "token: want a string, got a list\n"
            "unknown key \"nmaes\"; did you mean \"names\"?");
  EXPECT_EQ(value.ratio, 0.5);
}

TEST(JsonTest, ASpecTakesHpasFormAndWorkload) {
  ScalingSpec spec;
  const Status status = FromJson(R"({"workload": "web", "maxReplicas": 5,
      "metrics": [{"type": "External", "external": {"metric": {"name": "q",
        "selector": {"matchLabels": {"a": "b"}}}, "target": {"type": "Value", "value": "1500m"}}}],
      "behavior": {"scaleUp": {"tolerance": 0.05}}})",
                                 spec);
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(spec.workload, "web");
  EXPECT_EQ(spec.metrics.at(0).selector, (LabelSelector{.match_labels = {{"a", "b"}}}));
  EXPECT_EQ(spec.metrics.at(0).target.value, 1500);
  EXPECT_EQ(spec.behavior->scale_up.policies, DefaultBehavior().scale_up.policies);
  ScalingSpec again;
  ASSERT_TRUE(FromJson(DescribedToJson(spec), again).ok());
  EXPECT_EQ(again, spec);
}

TEST(JsonTest, EnumNamesAreTheOnesOfToString) {
  for (std::size_t i = 0; i < EnumNames<Stage>::kNames.size(); ++i) {
    EXPECT_EQ(EnumNames<Stage>::kNames[i], ToString(static_cast<Stage>(i)));
  }
  for (std::size_t i = 0; i < EnumNames<ErrorCode>::kNames.size(); ++i) {
    EXPECT_EQ(EnumNames<ErrorCode>::kNames[i], ToString(static_cast<ErrorCode>(i)));
  }
}

}  // namespace
}  // namespace tidegate
