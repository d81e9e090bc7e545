// SPDX-License-Identifier: Apache-2.0
//
// What the golden set does not reach: the API itself. The set `relabel` has the semantics.
#include "tidegate/relabel.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

Labels Relabeled(const std::vector<RelabelConfig>& configs, Labels labels) {
  const Result<RelabelRules> rules = RelabelRules::Compile(configs);
  EXPECT_TRUE(rules.has_value());
  if (!rules || !rules->Apply(labels)) return {{"dropped", "yes"}};
  return labels;
}

TEST(RelabelTest, NoRulesKeepEverything) {
  Labels labels = {{"a", "1"}};
  EXPECT_TRUE(RelabelRules().empty());
  EXPECT_TRUE(RelabelRules().Apply(labels));
  EXPECT_EQ(labels, (Labels{{"a", "1"}}));
  EXPECT_TRUE(RelabelRules::Compile({}).value().empty());
}

TEST(RelabelTest, RulesSeeWhatThoseBeforeThemMade) {
  const RelabelConfig address{.source_labels = {"__address__", "port"},
                              .separator = ":",
                              .regex = "([^:]+)(?::\\d+)?:(\\d+)",
                              .target_label = "__address__",
                              .replacement = "$1:$2"};
  const RelabelConfig instance{.source_labels = {"__address__"}, .target_label = "instance"};
  const RelabelConfig strip{.regex = "port|__address__", .action = RelabelAction::kLabelDrop};
  EXPECT_EQ(Relabeled({address, instance, strip}, {{"__address__", "h:1"}, {"port", "8002"}}),
            (Labels{{"instance", "h:8002"}}));
}

TEST(RelabelTest, WhatIsDroppedKeepsItsLabels) {
  const RelabelConfig set{.target_label = "b", .replacement = "2"};
  const RelabelConfig drop{.source_labels = {"b"}, .regex = "2", .action = RelabelAction::kDrop};
  const auto rules = RelabelRules::Compile({set, drop});
  ASSERT_TRUE(rules.has_value());
  Labels labels = {{"a", "1"}};
  EXPECT_FALSE(rules->Apply(labels));
  EXPECT_EQ(labels, (Labels{{"a", "1"}}));
}

TEST(RelabelTest, SpreadsByTheLast8BytesOfMd5) {
  RelabelConfig config{.source_labels = {"a"},
                       .modulus = 1'000'000'007,
                       .target_label = "shard",
                       .action = RelabelAction::kHashMod};
  // md5("message digest") = f96b697d7cb7938d525a2f31aaf161d0, and of 64 bytes and more.
  EXPECT_EQ(Relabeled({config}, {{"a", "message digest"}})["shard"],
            std::to_string(0x525a2f31aaf161d0ULL % 1'000'000'007));
  // md5 of 80 digits = 57edf4a22be3c955ac49da2e2107b67a
  std::string digits;
  for (int i = 0; i < 8; ++i) digits += "1234567890";
  EXPECT_EQ(Relabeled({config}, {{"a", digits}})["shard"],
            std::to_string(0xac49da2e2107b67aULL % 1'000'000'007));
}

TEST(RelabelTest, SaysWhichRuleIsWrong) {
  const RelabelConfig fine{.target_label = "x"};
  const RelabelConfig wrong{.target_label = "x", .action = RelabelAction::kHashMod};
  const auto rules = RelabelRules::Compile({fine, wrong});
  ASSERT_FALSE(rules.has_value());
  EXPECT_EQ(rules.error().message,
            "[1]: relabel configuration for hashmod requires non-zero modulus");
  EXPECT_FALSE(RelabelRules::Compile({{.regex = "(", .target_label = "x"}}).has_value());
}

}  // namespace
}  // namespace tidegate
