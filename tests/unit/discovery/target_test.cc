// SPDX-License-Identifier: Apache-2.0
#include "sources/discovery/target.h"

#include <gtest/gtest.h>

#include "config/prometheus_units.h"
#include "sources/discovery/target_groups.h"

namespace tidegate::discovery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class TargetTest : public ::testing::Test {
 protected:
  Result<std::optional<Target>> Make(const Labels& target, const Labels& group = {}) {
    return MakeTarget(job_, RelabelRules::Compile(job_.relabel_configs).value(), target, group);
  }
  std::string ErrorOf(const Labels& target) {
    const auto made = Make(target);
    return made ? "none" : made.error().message;
  }

  ScrapeConfig job_{.job_name = "web"};
};

TEST_F(TargetTest, GetsWhatTheJobSays) {
  job_.params = {{"module", {"a b", "c"}}, {"target", {}}};
  const auto target = Make({{"__address__", "h:1"}, {"env", "dev"}}, {{"env", "prod"}, {"x", "1"}});
  ASSERT_TRUE(target && *target);
  EXPECT_EQ((*target)->url, "http://h:1/metrics?module=a+b&module=c");
  EXPECT_EQ((*target)->labels,
            (Labels{{"env", "dev"}, {"instance", "h:1"}, {"job", "web"}, {"x", "1"}}));
  EXPECT_EQ((*target)->interval, seconds(60));
  EXPECT_EQ((*target)->timeout, seconds(10));
}

// The blackbox exporter's way: the address becomes a parameter.
TEST_F(TargetTest, IsWhatRelabellingMakesOfIt) {
  job_.relabel_configs = {{.source_labels = {"__address__"}, .target_label = "__param_target"},
                          {.source_labels = {"__param_target"}, .target_label = "instance"},
                          {.target_label = "__address__", .replacement = "blackbox:9115"},
                          {.target_label = "__scheme__", .replacement = "https"},
                          {.target_label = "__metrics_path__", .replacement = "/probe it"},
                          {.target_label = "__scrape_interval__", .replacement = "2s"},
                          {.target_label = "__scrape_timeout__", .replacement = "500ms"},
                          {.source_labels = {"__meta_x"}, .target_label = "x"}};
  const auto target = Make({{"__address__", "http://a/b"}, {"__meta_x", "1"}});
  ASSERT_TRUE(target && *target);
  EXPECT_EQ((*target)->url, "https://blackbox:9115/probe%20it?target=http%3A%2F%2Fa%2Fb");
  EXPECT_EQ((*target)->labels, (Labels{{"instance", "http://a/b"}, {"job", "web"}, {"x", "1"}}));
  EXPECT_EQ((*target)->interval, seconds(2));
  EXPECT_EQ((*target)->timeout, milliseconds(500));
}

TEST_F(TargetTest, MayBeDropped) {
  job_.relabel_configs = {
      {.source_labels = {"env"}, .regex = "dev", .action = RelabelAction::kDrop}};
  const auto target = Make({{"__address__", "h:1"}}, {{"env", "dev"}});
  ASSERT_TRUE(target);
  EXPECT_FALSE(target->has_value());
}

TEST_F(TargetTest, SaysWhyItIsNone) {
  EXPECT_EQ(ErrorOf({{"a", "b"}}), "no address");
  EXPECT_EQ(ErrorOf({{"__address__", "h/x"}}), "\"h/x\" is not a valid hostname");
  EXPECT_EQ(ErrorOf({{"__address__", "u:p@h"}}), "\"u:p@h\" is not a valid hostname");
  EXPECT_EQ(ErrorOf({{"__address__", "h:1"}, {"__scheme__", "file"}}),
            "scheme \"file\" is neither http nor https");
  EXPECT_EQ(ErrorOf({{"__address__", "h:1"}, {"__scrape_interval__", "x"}}),
            "error parsing scrape interval: not a valid duration string: \"x\"");
  EXPECT_EQ(ErrorOf({{"__address__", "h:1"}, {"__scrape_interval__", "0"}}),
            "scrape interval cannot be 0");
  EXPECT_EQ(ErrorOf({{"__address__", "h:1"}, {"__scrape_timeout__", "2m"}}),
            "scrape timeout cannot be greater than scrape interval (\"2m\" > \"1m\")");
}

TEST(TargetGroupsTest, AreReadFromJsonAndYaml) {
  const auto json = ParseTargetGroups(
      R"([{"targets": ["a:1", "b:2"], "labels": {"env": "prod"}}, {"targets": []}])",
      {{"__meta_url", "u"}});
  const auto yaml = ParseTargetGroups(
      "- targets: ['a:1', 'b:2']\n  labels: {env: prod}\n- targets: []\n", {{"__meta_url", "u"}});
  ASSERT_TRUE(json && yaml);
  EXPECT_EQ(*json, *yaml);
  ASSERT_EQ(json->size(), 2U);
  EXPECT_EQ(json->front().targets,
            (std::vector<Labels>{{{"__address__", "a:1"}}, {{"__address__", "b:2"}}}));
  EXPECT_EQ(json->front().labels, (Labels{{"__meta_url", "u"}, {"env", "prod"}}));
  EXPECT_TRUE(ParseTargetGroups("", {})->empty());
}

TEST(TargetGroupsTest, WhatIsWrongIsSaid) {
  const auto error = [](const char* text) {
    const auto groups = ParseTargetGroups(text, {});
    return groups ? "none" : groups.error().message;
  };
  EXPECT_EQ(error("{}"), "1:1: want a list of groups");
  EXPECT_NE(error("- {targets: [a], lables: {}}").find("unknown key \"lables\""),
            std::string::npos);
  EXPECT_NE(error("[{\"targets\": [\"a\"").find("1:"), std::string::npos);
  EXPECT_NE(error("- \n").find("nil target group item found"), std::string::npos);
}

TEST(PrometheusUnitsTest, FormatsAndParsesDurations) {
  using config::FormatPrometheusDuration;
  using config::ParsePrometheusDuration;
  for (const char* text : {"0s", "1ms", "1s", "1m30s", "1h", "1d", "2w", "1y", "90d", "1d1ms"}) {
    EXPECT_EQ(FormatPrometheusDuration(ParsePrometheusDuration(text).value()), text);
  }
  EXPECT_EQ(ParsePrometheusDuration("").error().message, "empty duration string");
  EXPECT_EQ(ParsePrometheusDuration("300y").error().message, "duration out of range");
  EXPECT_FALSE(ParsePrometheusDuration("-1s"));
  EXPECT_FALSE(ParsePrometheusDuration("1.5s"));
  EXPECT_EQ(config::ParsePrometheusBytes("1.5KiB").value(), 1536U);
  EXPECT_EQ(config::ParsePrometheusBytes("0").value(), 0U);
  EXPECT_FALSE(config::ParsePrometheusBytes("10"));
  EXPECT_FALSE(config::ParsePrometheusBytes("10mb"));
}

}  // namespace
}  // namespace tidegate::discovery
