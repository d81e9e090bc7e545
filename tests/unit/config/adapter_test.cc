// SPDX-License-Identifier: Apache-2.0
#include "config/adapter.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/golden/golden_file.h"

namespace tidegate::config {
namespace {

using Json = nlohmann::json;

AdapterRule RuleOf(const std::string& rule, const std::string& list = "rules") {
  const ParsedText parsed = ParseYaml(list + ": [" + rule + "]\n");
  std::vector<Problem> problems;
  std::vector<AdapterRule> rules = ReadAdapterRules(*parsed.documents.at(0), "", problems);
  EXPECT_TRUE(problems.empty()) << problems.front().path << ": " << problems.front().message;
  return std::move(rules.at(0));
}

LabelSelector SelectorOf(const Json& from) {
  LabelSelector to;
  if (from.contains("matchLabels")) to.match_labels = from["matchLabels"].get<Labels>();
  for (const Json& each : from.value("matchExpressions", Json::array())) {
    to.match_expressions.push_back(
        {each.at("key"), each.at("operator"), each.value("values", std::vector<std::string>{})});
  }
  return to;
}

AdapterQueryForm FormOf(const Json& test) {
  AdapterQueryForm form;
  const std::string rule = test.at("rule");
  // Otherwise what tells the replicas apart is renamed.
  const bool instance = rule.find("instance") != std::string::npos;
  form.replica_label = instance                                    ? "instance"
                       : rule.find("kube_<<") != std::string::npos ? "kube__pod"
                                                                   : "pod";
  form.name_space = test.at("namespace");
  form.names = test.value("names", std::vector<std::string>{});
  if (test.contains("selector")) form.selector = SelectorOf(test["selector"]);
  if (test.at("kind") == "External") form.type = MetricSourceType::kExternal;
  if (test.at("kind") == "Object") {
    const Json& object = test.at("object");
    const std::string group = object.at("group");
    form.type = MetricSourceType::kObject;
    form.object = {group.empty() ? "v1" : group + "/v1", object.at("kind"), object.at("name")};
  }
  return form;
}

// Without matchers the Adapter leaves braces and commas behind that PromQL refuses.
std::string Tidy(std::string query) {
  for (const auto& [from, to] : {std::pair("{,", "{"), std::pair(",}", "}"), std::pair("{}", "")}) {
    for (std::size_t at = 0; (at = query.find(from)) != std::string::npos;) {
      query.replace(at, 2, to);
    }
  }
  return query;
}

// Answers of Prometheus Adapter 0.12's own code (tests/golden/adapter).
TEST(AdapterGoldenTest, NamesAndQueriesAreTheAdapters) {
  std::istringstream cases(golden::ReadGoldenFile("adapter/answers.jsonl.gz"));
  std::string line;
  std::size_t queries = 0;
  while (std::getline(cases, line)) {
    const Json test = Json::parse(line);
    const std::string written = test.at("rule");
    const std::string series = test.at("series");
    if (test.contains("error")) {  // the rule is about other series
      const Json name = Json::parse(written).at("name");
      const auto mapping = NameMapping::Compile(name.value("matches", ""), name.value("as", ""));
      EXPECT_FALSE(mapping.value().NameOf(series)) << line;
      continue;
    }
    const AdapterRule rule =
        RuleOf(written, test.at("kind") == "External" ? "externalRules" : "rules");
    EXPECT_EQ(rule.name.value().NameOf(series), test.at("name").get<std::string>()) << line;
    MetricSpec metric{.name = test.at("name")};
    if (rule.external) metric.type = MetricSourceType::kExternal;
    EXPECT_EQ(SeriesOf(rule, metric).has_value(), test.at("passes").get<bool>()) << line;
    const auto query = AdapterQuery(rule, series, FormOf(test));
    const std::string want = test.at("query");
    if (want.find("ns=\"\"") != std::string::npos) {  // a label that no argument has
      EXPECT_FALSE(query.has_value()) << line;
      continue;
    }
    ASSERT_TRUE(query.has_value()) << line << ": " << query.error().message;
    EXPECT_EQ(Tidy(*query), Tidy(want)) << line;
    ++queries;
  }
  EXPECT_GT(queries, 300u);
}

struct NameCase {
  const char* matches;
  const char* as;
  const char* series;
  const char* name;  ///< null: does not match
};

TEST(NameMappingTest, LeadsThereAndBack) {
  const NameCase rows[] = {
      {"", "", "a:b", "a:b"},
      {"^(.*)_total$", "", "a_total", "a"},
      {"^(.*)_total$", "${1}_rate", "a_total", "a_rate"},
      {"^nv_(.+)_(.+)$", "$2.$1", "nv_queue_us", "us.queue"},
      {"_total", "x_${0}_y", "a_total", "x__total_y"},
      {"^(.*)_total$", "", "a", nullptr},
      {"^(?:a|b)_(.*)$", "$1", "b_c", "c"},
      {".*", "$$0", "a", "$0"},
  };
  for (const NameCase& row : rows) {
    const NameMapping mapping = NameMapping::Compile(row.matches, row.as).value();
    const auto name = mapping.NameOf(row.series);
    EXPECT_EQ(name, row.name == nullptr ? std::nullopt : std::optional<std::string>(row.name))
        << row.matches;
    if (!name || !mapping.is_reversible()) continue;
    const auto series = mapping.SeriesOf(*name);
    // `_total` alone also fits the name that is asked for.
    if (series) {
      EXPECT_EQ(mapping.NameOf(*series), name) << row.matches;
    }
  }
  EXPECT_EQ(NameMapping::Compile("^(.*)_total$", "${1}_rate")->SeriesOf("a_rate"), "a_total");
  EXPECT_EQ(NameMapping::Compile("^(.*)_total$", "${1}_rate")->SeriesOf("a_gauge"), std::nullopt);
  EXPECT_FALSE(NameMapping::Compile("^(a|b)_c$", "")->is_reversible());
}

TEST(NameMappingTest, SaysWhatIsWrong) {
  EXPECT_EQ(NameMapping::Compile("(", "").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(NameMapping::Compile("(a)(b)", "").error().message,
            "is required: name.matches has several groups");
  EXPECT_EQ(NameMapping::Compile("^(.*)_total$", "$1_rate").error().message,
            "\"$1_rate\" refers to a group that name.matches does not have");
}

TEST(AdapterRuleTest, ResourceRulesSumContainers) {
  const ParsedText parsed = ParseYaml(R"(resourceRules:
  cpu:
    containerQuery: sum(rate(cpu_seconds{<<.LabelMatchers>>,container!=""}[3m])) by (<<.GroupBy>>)
    nodeQuery: sum(rate(cpu_seconds{<<.LabelMatchers>>,id="/"}[3m])) by (<<.GroupBy>>)
    resources: {overrides: {instance: {resource: node}, namespace: {resource: namespace}, pod: {resource: pod}}}
    containerLabel: container
  window: 3m
)");
  std::vector<Problem> problems;
  const auto rules = ReadAdapterRules(*parsed.documents.at(0), "", problems);
  ASSERT_TRUE(problems.empty()) << problems[0].message;
  ASSERT_EQ(rules.size(), 1u);
  AdapterQueryForm form{.type = MetricSourceType::kResource, .name_space = "prod"};
  EXPECT_EQ(*AdapterQuery(rules[0], "", form),
            "sum by (pod) (sum(rate(cpu_seconds{namespace=\"prod\",container!=\"\"}[3m])) by "
            "(pod,container))");
  form.type = MetricSourceType::kContainerResource;
  form.container = "server";
  EXPECT_EQ(*AdapterQuery(rules[0], "", form),
            "sum by (pod) (sum(rate(cpu_seconds{namespace=\"prod\",container=\"server\","
            "container!=\"\"}[3m])) by (pod,container))");
}

TEST(AdapterRuleTest, ObjectsOutsideNamespacesAreAskedForWithoutOne) {
  const AdapterRule rule = RuleOf(
      "{seriesQuery: q, resources: {template: '<<.Resource>>'}, "
      "metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<index .GroupBySlice 0>>)'}");
  AdapterQueryForm form{.type = MetricSourceType::kObject, .name_space = "prod"};
  const auto query = [&](const std::string& version, const std::string& kind) {
    form.object = {version, kind, "x"};
    return *AdapterQuery(rule, "q", form);
  };
  EXPECT_EQ(query("v1", "Node"), "sum(q{node=\"x\"}) by (node)");
  EXPECT_EQ(query("v1", "Namespace"), "sum(q{namespace=\"x\"}) by (namespace)");
  EXPECT_EQ(query("v1", "Service"), "sum(q{namespace=\"prod\",service=\"x\"}) by (service)");
  EXPECT_EQ(query("cloud.io/v1", "Node"), "sum(q{namespace=\"prod\",node=\"x\"}) by (node)");
}

TEST(AdapterRuleTest, AGroupingThatAsksForNoObjectIsHeldToIt) {
  AdapterQueryForm form{.type = MetricSourceType::kObject,
                        .object = {"v1", "Namespace", "prod"},
                        .name_space = "prod"};
  const auto query = [&](const std::string& metrics_query) {
    const AdapterRule rule =
        RuleOf("{seriesQuery: q, resources: {template: '<<.Resource>>'}, metricsQuery: '" +
               metrics_query + "'}");
    return OfObjectAlone(rule, form, *AdapterQuery(rule, "q", form));
  };
  EXPECT_EQ(query("avg(q) by (<<.GroupBy>>)"),
            "(avg(q) by (namespace)) and on (namespace) label_replace(vector(1), \"namespace\", "
            "\"prod\", \"\", \"\")");
  EXPECT_EQ(query("avg(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"),
            "avg(q{namespace=\"prod\"}) by (namespace)");
  EXPECT_EQ(query("count(q)"), "count(q)");
  form.type = MetricSourceType::kPods;
  EXPECT_EQ(query("avg(q) by (<<.GroupBy>>)"), "avg(q) by (pod)");
}

TEST(AdapterRuleTest, PodsByAnotherLabelAreRenamed) {
  const AdapterRule rule = RuleOf(
      "{seriesQuery: q, resources: {overrides: {kubernetes_pod_name: {resource: pod}}}, "
      "metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'}");
  EXPECT_EQ(*AdapterQuery(rule, "q", {}),
            "label_replace(sum(q) by (kubernetes_pod_name), \"pod\", \"$1\", "
            "\"kubernetes_pod_name\", \"(.*)\")");
  EXPECT_EQ(*AdapterQuery(rule, "q", {.per_replica = true}), "sum(q)");
}

}  // namespace
}  // namespace tidegate::config
