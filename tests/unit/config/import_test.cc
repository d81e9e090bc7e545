// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>

#include "tidegate/config.h"

namespace tidegate {
namespace {

/// The NVIDIA post's HorizontalPodAutoscaler, in the API version that still exists.
constexpr const char* kPostHpa = R"(apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: flower
  namespace: default
  labels: {app: flower}
  creationTimestamp: null
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: flower
  minReplicas: 1
  maxReplicas: 7
  metrics:
  - type: Pods
    pods:
      metric:
        name: avg_time_queue_us
      target:
        type: AverageValue
        averageValue: 50
status:
  currentReplicas: 1
  desiredReplicas: 1
)";

/// The post's rule of Prometheus Adapter: no <<.LabelMatchers>>.
constexpr const char* kPostRules = R"(apiVersion: v1
kind: ConfigMap
metadata:
  name: prometheus-adapter
  namespace: monitoring
data:
  config.yaml: |
    rules:
    - seriesQuery: 'nv_inference_queue_duration_us{namespace="default",pod!=""}'
      resources:
        overrides:
          namespace:
            resource: "namespace"
          pod:
            resource: "pod"
      name:
        matches: "nv_inference_queue_duration_us"
        as: "avg_time_queue_us"
      metricsQuery: 'avg(delta(nv_inference_queue_duration_us[30s])/(1+delta(nv_inference_request_success[30s]))) by (<<.GroupBy>>)'
)";

std::string Problems(const ParsedConfig& parsed) {
  std::string out;
  for (const ConfigProblem& problem : parsed.problems) out += problem.ToString() + "\n";
  return out;
}

TEST(ImportTest, ThePostsManifestsWorkAsTheyAre) {
  const ParsedConfig parsed =
      ParseConfig(std::string(kPostHpa) + "---\n" + kPostRules, "post.yaml");
  ASSERT_EQ(Problems(parsed), "");
  ASSERT_EQ(parsed.config.autoscalers.size(), 1u);
  const Autoscaler& flower = parsed.config.autoscalers[0];
  EXPECT_EQ(flower.spec.workload, "flower");
  EXPECT_EQ(flower.spec.max_replicas, 7);
  EXPECT_EQ(flower.spec.scale_target_ref.kind, "Deployment");
  EXPECT_EQ(flower.spec.missing_data, MissingData::kFill);
  EXPECT_EQ(flower.period, std::chrono::seconds(15));
  EXPECT_FALSE(flower.spec.behavior.has_value());
  ASSERT_EQ(flower.spec.metrics.size(), 1u);
  EXPECT_EQ(flower.spec.metrics[0].name, "avg_time_queue_us");
  EXPECT_EQ(flower.spec.metrics[0].target.average_value, 50'000);
  ASSERT_EQ(flower.queries.size(), 1u);
  EXPECT_EQ(flower.queries[0].metric, "avg_time_queue_us");
  EXPECT_EQ(flower.queries[0].query,
            "avg(delta(nv_inference_queue_duration_us[30s])/"
            "(1+delta(nv_inference_request_success[30s])))");
}

TEST(ImportTest, ThePostsAutoscalerNeedsNoNewerVersion) {
  const ParsedConfig parsed = ParseConfig(R"(apiVersion: autoscaling/v2beta1
kind: HorizontalPodAutoscaler
metadata:
  name: flower-hpa
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: flower
  minReplicas: 1
  maxReplicas: 7
  metrics:
  - type: Pods
    pods:
      metricName: avg_time_queue_us
      targetAverageValue: 50
)",
                                          "flower-hpa.yml");
  ASSERT_EQ(Problems(parsed), "");
  const ScalingSpec& spec = parsed.config.autoscalers.at(0).spec;
  EXPECT_EQ(spec.workload, "flower-hpa");
  EXPECT_EQ(spec.max_replicas, 7);
  ASSERT_EQ(spec.metrics.size(), 1u);
  EXPECT_EQ(spec.metrics[0].type, MetricSourceType::kPods);
  EXPECT_EQ(spec.metrics[0].name, "avg_time_queue_us");
  EXPECT_EQ(spec.metrics[0].target.average_value, 50'000);
}

TEST(ImportTest, ListsAndJsonLoadAsTheirItems) {
  const ParsedConfig parsed = ParseConfig(R"({
  "apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""},
  "items": [
    {"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler",
     "metadata": {"name": "b"},
     "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "b"},
              "maxReplicas": 3, "targetCPUUtilizationPercentage": 60}},
    {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscalerList",
     "items": [{"metadata": {"name": "a"},
       "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"},
                "minReplicas": 2, "maxReplicas": 4,
                "metrics": [{"type": "External", "external": {
                  "metric": {"name": "q", "selector": {
                    "matchLabels": {"x": "y"},
                    "matchExpressions": [{"key": "k", "operator": "In", "values": ["v"]}]}},
                  "target": {"type": "Value", "value": "1e3"}}}]}}]}]})",
                                          "list.json");
  ASSERT_EQ(Problems(parsed), "");
  ASSERT_EQ(parsed.config.autoscalers.size(), 2u);
  const ScalingSpec& a = parsed.config.autoscalers[0].spec;
  EXPECT_EQ(a.workload, "a");
  EXPECT_EQ(a.metrics.at(0).target.value, 1'000'000);
  const LabelSelector selector = {{{"x", "y"}}, {{"k", "In", {"v"}}}};
  EXPECT_EQ(a.metrics[0].selector, selector);
  const ScalingSpec& b = parsed.config.autoscalers[1].spec;
  EXPECT_EQ(b.metrics.at(0).type, MetricSourceType::kResource);
  EXPECT_EQ(b.metrics[0].target.average_utilization, 60);
}

TEST(ImportTest, FlowStyleIsYaml) {
  const ParsedConfig parsed = ParseConfig(
      "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: "
      "{scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 0x3}}\n",
      "f.yaml");
  ASSERT_EQ(Problems(parsed), "");
  EXPECT_EQ(parsed.config.autoscalers.at(0).spec.max_replicas, 3);
}

// The release and the gates of the Autoscaler decide what the HorizontalPodAutoscaler may say.
TEST(ImportTest, TheReleaseDecidesWhatIsValid) {
  const std::string hpa = R"(apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 0
  maxReplicas: 3
  metrics:
  - {type: External, external: {metric: {name: q}, target: {type: Value, value: 1}}}
)";
  EXPECT_EQ(Problems(ParseConfig(hpa, "f.yaml")), "");
  const std::string old = hpa + R"(---
apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {name: web}
spec: {compatibility: "1.36")";
  EXPECT_EQ(
      Problems(ParseConfig(old + "}\n", "f.yaml")),
      "f.yaml:6:16: The HorizontalPodAutoscaler \"web\" is invalid: spec.minReplicas: Invalid "
      "value: 0: must be greater than or equal to 1\n");
  EXPECT_EQ(Problems(ParseConfig(old + ", featureGates: {HPAScaleToZero: true}}\n", "f.yaml")), "");
}

TEST(ImportTest, AnAutoscalerOfTheSameNameAddsAndWins) {
  const ParsedConfig parsed = ParseConfig(std::string(kPostHpa) + "---\n" + kPostRules + R"(---
apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {name: flower}
spec:
  maxReplicas: 5
  period: 2s
  missingData: Hold
  backend: {processPool: {command: [server], ports: [http, metrics]}}
)",
                                          "both.yaml");
  ASSERT_EQ(Problems(parsed), "");
  ASSERT_EQ(parsed.config.autoscalers.size(), 1u);
  const Autoscaler& flower = parsed.config.autoscalers[0];
  EXPECT_EQ(flower.spec.max_replicas, 5);
  EXPECT_EQ(flower.spec.missing_data, MissingData::kHold);
  EXPECT_EQ(flower.period, std::chrono::seconds(2));
  EXPECT_EQ(flower.spec.metrics.size(), 1u);
  EXPECT_EQ(flower.queries.size(), 1u);
  EXPECT_TRUE(flower.process_pool.has_value());
}

TEST(ImportTest, WhatAnHpaLeavesOutIsFilledAsTheApiServerDoes) {
  const ParsedConfig parsed = ParseConfig(R"(apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 3
  behavior:
    scaleDown: {stabilizationWindowSeconds: 60, tolerance: 0.009}
)",
                                          "hpa.yaml");
  ASSERT_EQ(Problems(parsed), "");
  const ScalingSpec& spec = parsed.config.autoscalers.at(0).spec;
  EXPECT_EQ(spec.min_replicas, 1);
  ASSERT_EQ(spec.metrics.size(), 1u);
  EXPECT_EQ(spec.metrics[0].type, MetricSourceType::kResource);
  EXPECT_EQ(spec.metrics[0].name, "cpu");
  EXPECT_EQ(spec.metrics[0].target.average_utilization, 80);
  Behavior expected = DefaultBehavior();
  expected.scale_down.stabilization_window = std::chrono::minutes(1);
  expected.scale_down.tolerance = 9 * 0.001;  // as Kubernetes makes a double of it
  EXPECT_EQ(spec.behavior, expected);
}

struct RuleCase {
  const char* rule;
  const char* metric;
  const char* query;
};

TEST(ImportTest, AdapterTemplatesAreResolved) {
  const RuleCase rows[] = {
      {R"({seriesQuery: 'q{pod!=""}', metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'})",
       "q", "sum(q)"},
      {R"({seriesQuery: q_total, name: {matches: "^(.*)_total$", as: "${1}_per_second"}, metricsQuery: 'sum(rate(<<.Series>>{<<.LabelMatchers>>,code="200"}[2m])) by (<<.GroupBy>>)'})",
       "q_per_second", R"(sum(rate(q_total{code="200"}[2m])))"},
      {R"({seriesQuery: q_total, name: {matches: "^(.*)_total"}, metricsQuery: 'max by (<<.GroupBy>>, model) (<<.Series>>{code="200", <<.LabelMatchers>>})'})",
       "q", R"(max by (model) (q_total{code="200"}))"},
      {R"({seriesQuery: q, metricsQuery: 'sum by(<< .GroupBy >>)(<< .Series >>{a="1",<<.LabelMatchers>>,b="2"})'})",
       "q", R"(sum(q{a="1",b="2"}))"},
      {R"({seriesQuery: q, resources: {template: "<<.Resource>>"}, name: {as: "$0"}, metricsQuery: '<<.Series>>'})",
       "q", "q"},
      {R"({seriesQuery: '{__name__=~"q.*"}', name: {as: own}, metricsQuery: 'avg(q)'})", "own",
       "avg(q)"},
  };
  for (const RuleCase& row : rows) {
    const std::string text = std::string(R"(apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {name: web}
spec:
  maxReplicas: 3
  metrics:
  - {type: Pods, pods: {metric: {name: )") +
                             row.metric +
                             "}, target: {type: AverageValue, averageValue: 1}}}\n"
                             "---\nrules:\n- " +
                             row.rule + "\n";
    const ParsedConfig parsed = ParseConfig(text, "f");
    ASSERT_EQ(Problems(parsed), "") << row.rule;
    ASSERT_EQ(parsed.config.autoscalers.at(0).queries.size(), 1u) << row.rule;
    EXPECT_EQ(parsed.config.autoscalers[0].queries[0].metric, row.metric);
    EXPECT_EQ(parsed.config.autoscalers[0].queries[0].query, row.query);
  }
}

// A Prometheus is asked about all replicas at once, as the Adapter asks it.
TEST(ImportTest, ResourceRulesMayBeAloneAndRulesThatAreNotUsedKnowTheNamespace) {
  const ParsedConfig parsed = ParseConfig(R"yaml(apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {name: web}
spec:
  maxReplicas: 3
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 1}}}
  prometheus: {url: "http://p:9090"}
---
resourceRules:
  cpu: {containerQuery: "sum(cpu{<<.LabelMatchers>>}) by (<<.GroupBy>>)", containerLabel: container,
        resources: {
    template : <<.Resource >>}
}
---
rules:
- seriesQuery: q
  resources: {template: <<.Resource>>}
  metricsQuery: 'sum(q{namespace="<<index .LabelValuesByName "namespace">>"}) by (<<.GroupBy>>)'
)yaml",
                                          "f");
  ASSERT_EQ(Problems(parsed), "");
  EXPECT_EQ(parsed.config.autoscalers[0].queries[0].query,
            "sum by (pod) (sum(cpu) by (pod,container))");
}

TEST(ImportTest, AdapterTemplatesKeepTheirGroupingForAPrometheus) {
  const ParsedConfig parsed = ParseConfig(R"(apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {name: web}
spec:
  maxReplicas: 3
  metrics:
  - {type: Pods, pods: {metric: {name: q}, target: {type: AverageValue, averageValue: 1}}}
  prometheus: {url: "http://p:9090", replicaLabel: pod_name}
---
rules:
- {seriesQuery: q, metricsQuery: 'max by (<<.GroupBy>>, model) (<<.Series>>{code="200", <<.LabelMatchers>>})'}
)",
                                          "f");
  ASSERT_EQ(Problems(parsed), "");
  EXPECT_EQ(parsed.config.autoscalers.at(0).queries,
            (std::vector<MetricQuery>{{"q", R"(max by (pod_name, model) (q{code="200"}))"}}));
}

// A rule for many series, as the Adapter's chart has them, is about whichever metric asks for one.
TEST(ImportTest, ARuleForManySeriesIsAboutTheMetricThatItNames) {
  const std::string hpa = R"(apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: prod}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 3
  metrics:
  - type: Pods
    pods: {metric: {name: http_requests, selector: {matchLabels: {verb: GET}}}, target: {type: AverageValue, averageValue: 10}}
  - {type: External, external: {metric: {name: jobs}, target: {type: AverageValue, averageValue: 5}}}
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}
)";
  const std::string rules = R"(---
rules:
- seriesQuery: '{__name__=~"^container_.*",namespace!="",pod!=""}'
  resources: {template: "<<.Resource>>"}
  name: {matches: "^container_(.*)_seconds_total$"}
  metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[5m])) by (<<.GroupBy>>)
- seriesQuery: '{namespace!="",__name__!~"^container_.*"}'
  seriesFilters: [{isNot: ".*_seconds_total"}]
  resources: {template: "<<.Resource>>"}
  name: {matches: "^(.*)_total$"}
  metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)
externalRules:
- seriesQuery: 'jobs{queue!=""}'
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)
resourceRules:
  cpu:
    containerQuery: sum(rate(cpu_seconds{<<.LabelMatchers>>}[3m])) by (<<.GroupBy>>)
    resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
    containerLabel: container
)";
  const ParsedConfig scraped = ParseConfig(hpa + rules, "f");
  ASSERT_EQ(Problems(scraped), "");
  const auto queries = [](const ParsedConfig& parsed) {
    std::map<std::string, std::string> by_metric;
    for (const MetricQuery& query : parsed.config.autoscalers.at(0).queries) {
      by_metric[query.metric] = query.query;
    }
    return by_metric;
  };
  // Two rules fit its name; the series that there is decides.
  EXPECT_EQ(queries(scraped),
            (std::map<std::string, std::string>{
                {"http_requests",
                 R"(sum(rate(container_http_requests_seconds_total{verb="GET"}[5m])) or )"
                 R"(sum(rate(http_requests_total{verb="GET"}[2m])))"},
                {"jobs", "sum(jobs) by ()"}}));
  const ParsedConfig asked = ParseConfig(hpa + R"(---
apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {name: web}
spec: {prometheus: {url: "http://p:9090"}}
)" + rules,
                                         "f");
  ASSERT_EQ(Problems(asked), "");
  EXPECT_EQ(queries(asked).at("jobs"), R"(sum(jobs{namespace="prod"}) by ())");
  EXPECT_EQ(
      queries(asked).at("http_requests"),
      R"(sum(rate(container_http_requests_seconds_total{verb="GET",namespace="prod"}[5m])) )"
      R"(by (pod) or sum(rate(http_requests_total{verb="GET",namespace="prod"}[2m])) by (pod))");
  EXPECT_EQ(queries(asked).at("cpu"),
            R"(sum by (pod) (sum(rate(cpu_seconds{namespace="prod"}[3m])) by (pod,container)))");
}

TEST(ImportTest, WhatHasNoCounterpartNamesItsLine) {
  const ParsedConfig parsed = ParseConfig(R"(apiVersion: v1
kind: ConfigMap
metadata: {name: adapter}
data:
  config.yaml: |
    rules:
    - {seriesQuery: '{__name__=~"^nv_.*"}', name: {matches: "^nv_(a|b)$"}, metricsQuery: sum(<<.Series>>)}
    - seriesQuery: a
      seriesFilters: [{is: a, isNot: b}, {is: "("}]
      metricsQuery: a * on (<<.GroupBy>>) b
    - seriesQuery: b
      metricsQuery: b{x="<<index .LabelValuesByName "x">>"}
    - {seriesQuery: c, name: {matches: "^(.*"}, metricsQuery: c}
    - {seriesQuery: c, name: {matches: "^d(.*)$"}, metricsQuery: c}
    - {seriesQuery: c, name: {matches: "^(.*)$", as: "$2"}, metricsQuery: c}
    - {seriesQuery: d, metricsQuery: sum(d) by (x <<.GroupBy>>)}
    - {seriesQuery: e, metricsQuery: "<<range .GroupBySlice>>e<<end>>"}
    resourceRules:
      cpu: {nodeQuery: n, containerLable: c}
)",
                                          "adapter.yaml");
  EXPECT_EQ(Problems(parsed),
            "adapter.yaml:7:61: data.config.yaml.rules[0].name.matches: does not tell which series "
            "a metric is of; name the series in seriesQuery\n"
            "adapter.yaml:9:23: data.config.yaml.rules[1].seriesFilters[0]: must have either is or "
            "isNot\n"
            "adapter.yaml:9:47: data.config.yaml.rules[1].seriesFilters[1].is: error parsing "
            "regexp: missing closing ): `(`\n"
            "adapter.yaml:10:21: data.config.yaml.rules[1].metricsQuery: <<.GroupBy>> has a "
            "counterpart only as \"by (<<.GroupBy>>)\"\n"
            "adapter.yaml:12:21: data.config.yaml.rules[2].metricsQuery: <<index "
            ".LabelValuesByName \"x\">> has no counterpart\n"
            "adapter.yaml:13:40: data.config.yaml.rules[3].name.matches: error parsing regexp: "
            "missing closing ): `^(.*`\n"
            "adapter.yaml:14:40: data.config.yaml.rules[4].name.matches: does not match the series "
            "\"c\"\n"
            "adapter.yaml:15:54: data.config.yaml.rules[5].name.as: \"$2\" refers to a group that "
            "name.matches does not have\n"
            "adapter.yaml:16:38: data.config.yaml.rules[6].metricsQuery: <<.GroupBy>> has a "
            "counterpart only as \"by (<<.GroupBy>>)\"\n"
            "adapter.yaml:17:38: data.config.yaml.rules[7].metricsQuery: <<range .GroupBySlice>> "
            "has no counterpart\n"
            "adapter.yaml:19:12: data.config.yaml.resourceRules.cpu.containerQuery: is required\n"
            "adapter.yaml:19:27: data.config.yaml.resourceRules.cpu: unknown key "
            "\"containerLable\"; did you mean \"containerLabel\"?\n");
}

TEST(ImportTest, RulesOfAnotherWorkloadAreNotOffered) {
  const std::string pods = R"(spec:
  maxReplicas: 3
  metrics:
  - {type: Pods, pods: {metric: {name: q}, target: {type: AverageValue, averageValue: 1}}}
)";
  const ParsedConfig parsed = ParseConfig(
      "apiVersion: tidegate.dev/v1alpha1\nkind: Autoscaler\nmetadata: {name: a}\n" + pods +
          "---\napiVersion: tidegate.dev/v1alpha1\nkind: Autoscaler\nmetadata: {name: b}\n" + pods +
          "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata:\n"
          "  config.yaml: |\n    rules: [{seriesQuery: q, metricsQuery: sum(q)}]\n",
      "f");
  ASSERT_EQ(Problems(parsed), "");
  EXPECT_TRUE(parsed.config.autoscalers.at(0).queries.empty());
  EXPECT_EQ(parsed.config.autoscalers.at(1).queries.size(), 1u);
}

}  // namespace
}  // namespace tidegate
