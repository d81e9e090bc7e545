// SPDX-License-Identifier: Apache-2.0
//
// What a person reads who made a mistake: one row for each class of mistake, the whole text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tidegate/config.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Problems(std::string_view text) {
  std::string out;
  for (const ConfigProblem& problem : ParseConfig(text, "f.yaml").problems) {
    out += (out.empty() ? "" : "\n") + problem.ToString();
  }
  return out;
}

constexpr std::string_view kHead =
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Autoscaler\n"
    "metadata: {name: web}\n"
    "spec:\n";
constexpr std::string_view kMetric =
    "  metrics: [{type: Pods, pods: {metric: {name: q}, target: {type: AverageValue, averageValue: "
    "5}}}]\n";

struct Row {
  const char* what;
  std::string text;
  std::string problems;
};

/// A spec that is right up to line 6, and then `lines`.
std::string Spec(std::string_view lines) {
  return std::string(kHead) + "  maxReplicas: 3\n" + std::string(kMetric) + std::string(lines);
}

/// A spec that is right up to line 5, with `lines` for metrics.
std::string Metrics(std::string_view lines) {
  return std::string(kHead) + "  maxReplicas: 3\n" + std::string(lines);
}

std::string Pool(std::string_view lines) {
  return Spec("  backend:\n    processPool:\n      command: [server]\n" + std::string(lines));
}

void ExpectAll(const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(Problems(row.text), row.problems) << row.what;
}

TEST(ConfigProblemsTest, TheFileItself) {
  std::string deep;
  for (int i = 0; i < 70; ++i) deep += "{a: ";
  deep += "1" + std::string(70, '}') + "\n";
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 8; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j > 0 ? ", *a" : "*a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  std::string documents;
  for (int i = 0; i < 1002; ++i) documents += "---\n#\n";
  ExpectAll({
      {"empty", "", "f.yaml: the file has no document"},
      {"only comments", "# nothing\n---\n", "f.yaml: the file has no document"},
      {"tab", "kind: Scaler\nspec:\n\tlog: {}\n",
       "f.yaml:3:1: not valid YAML: a tab in the indentation; use spaces"},
      {"syntax", "kind: [Scaler\nspec: 1\n",
       "f.yaml:2:5: not valid YAML: end of sequence flow not found: a \"[\" is not closed, or a "
       "comma "
       "or quotes are missing"},
      {"brace", "spec: {a: {b: 1}\nkind: x\n",
       "f.yaml:2:1: not valid YAML: end of map flow not found: a \"{\" is not closed, or a comma "
       "or "
       "quotes are missing"},
      {"no colon", "kind Scaler\nspec: 1\n",
       "f.yaml:2:5: not valid YAML: illegal map value: this line or the one before lacks its "
       "\"KEY: "
       "\", or its indentation"},
      {"indentation", "spec:\n    a: 1\n  b: 1\n",
       "f.yaml:3:3: not valid YAML: end of map not found: indent this line as its neighbours are"},
      {"at sign", "kind: @Scaler\n",
       "f.yaml:1:7: not valid YAML: unknown token: a text that begins with this needs quotes"},
      {"unknown anchor", "a: *nowhere\n",
       "f.yaml:1:4: not valid YAML: the referenced anchor is not defined"},
      {"stray bracket", "kind: Scaler\n]\n", "f.yaml:2:1: not valid YAML: illegal flow end"},
      {"stray comma", "{\"rules\": []}, {\"b\": [2]}\n",
       "f.yaml:1:14: not valid YAML: something that does not belong here"},
      {"too many documents", documents, "f.yaml:2001:1: more than 1000 documents"},
      {"not UTF-8", "kind: x\nna\xd7: 1\n", "f.yaml:2:3: not UTF-8; save the file as UTF-8"},
      {"NUL", std::string("kind: x\n\0", 9), "f.yaml:2:1: a NUL byte; not a text file"},
      {"a list", "- a\n", "f.yaml:1:1: want a document with apiVersion and kind"},
      {"a word", "hello\n", "f.yaml:1:1: want a document with apiVersion and kind"},
      {"too large", std::string((1u << 20) + 1, '#'),
       "f.yaml: the file is too large: 1048577 bytes, at most 1048576"},
      {"too deep", deep, "f.yaml:1:257: nested more than 64 levels deep"},
      {"alias bomb", bomb,
       "f.yaml:5:55: more than 100000 values (aliases count as what they stand for)"},
      {"key is a list", "kind: Scaler\napiVersion: tidegate.dev/v1alpha1\n? [a]\n: b\nspec: {}\n",
       "f.yaml:3:3: a key must be a string"},
  });
}

TEST(ConfigProblemsTest, WhichDocumentItIs) {
  const std::string known =
      "; known are Autoscaler (tidegate.dev/v1alpha1), Scaler (tidegate.dev/v1alpha1), "
      "HorizontalPodAutoscaler (autoscaling/v2 or older), ScaledObject (keda.sh/v1alpha1), "
      "ServiceMonitor (monitoring.coreos.com/v1), PodMonitor (monitoring.coreos.com/v1), "
      "ConfigMap (v1)";
  ExpectAll({
      {"no kind", "apiVersion: v1\n", "f.yaml:1:1: kind: is required"},
      {"no apiVersion", "kind: Scaler\nspec: {}\n", "f.yaml:1:1: apiVersion: is required"},
      {"typo in kind", "apiVersion: tidegate.dev/v1alpha1\nkind: Autoscalar\n",
       "f.yaml:2:7: kind: unknown kind \"Autoscalar\"; did you mean \"Autoscaler\"?" + known},
      {"other kind", "apiVersion: apps/v1\nkind: Deployment\n",
       "f.yaml:2:7: kind: unknown kind \"Deployment\"" + known},
      {"a kind of another command", "apiVersion: tidegate.dev/v1alpha1\nkind: Fleet\n",
       "f.yaml:2:7: kind: kind Fleet is for `tidegate pack`"},
      {"wrong version", "apiVersion: tidegate.dev/v1\nkind: Autoscaler\n",
       "f.yaml:1:13: apiVersion: unsupported value \"tidegate.dev/v1\", want "
       "\"tidegate.dev/v1alpha1\" for kind Autoscaler"},
      {"a version to come", "apiVersion: autoscaling/v3\nkind: HorizontalPodAutoscaler\n",
       "f.yaml:1:13: apiVersion: unsupported value \"autoscaling/v3\", want autoscaling/v1, "
       "v2beta1, v2beta2 or v2 for kind HorizontalPodAutoscaler"},
      {"no metadata",
       "apiVersion: tidegate.dev/v1alpha1\nkind: Autoscaler\nspec: {maxReplicas: 1, policies: "
       "[{name: target_tracking}]}\n",
       "f.yaml:1:1: metadata.name: is required"},
      {"bad name",
       "apiVersion: tidegate.dev/v1alpha1\nkind: Autoscaler\nmetadata: {name: Web_1}\n"
       "spec: {maxReplicas: 1, policies: [{name: target_tracking}]}\n",
       "f.yaml:3:18: metadata.name: want lower-case letters, digits, '-' and '.', got \"Web_1\""},
      {"no spec", "apiVersion: tidegate.dev/v1alpha1\nkind: Scaler\n",
       "f.yaml:1:1: spec: is required"},
      {"empty spec", "apiVersion: tidegate.dev/v1alpha1\nkind: Scaler\nspec:\n",
       "f.yaml:3:1: spec: want a map, got nothing"},
      {"same name twice", Spec("---\n" + Spec("")),
       "f.yaml:8:1: metadata.name: there is a Autoscaler \"web\" already, in line 1"},
      {"two Scalers",
       "apiVersion: tidegate.dev/v1alpha1\nkind: Scaler\nspec: {}\n---\n"
       "apiVersion: tidegate.dev/v1alpha1\nkind: Scaler\nspec: {}\n",
       "f.yaml:5:1: kind: there is a Scaler already, in line 1"},
      {"ConfigMap without rules", "apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n",
       "f.yaml:3:7: data.config.yaml: is required: the rules of Prometheus Adapter"},
  });
}

TEST(ConfigProblemsTest, KeysAndTypes) {
  ExpectAll({
      {"typo in a key", std::string(kHead) + "  maxReplica: 3\n" + std::string(kMetric),
       "f.yaml:5:3: spec: unknown key \"maxReplica\"; did you mean \"maxReplicas\"?"},
      {"snake case", Spec("  min_replicas: 1\n"),
       "f.yaml:7:3: spec: unknown key \"min_replicas\"; did you mean \"minReplicas\"?"},
      {"swapped letters", Spec("  scrape: {prot: http}\n"),
       "f.yaml:7:12: spec.scrape: unknown key \"prot\"; did you mean \"port\"?"},
      {"nothing near", Spec("  balancer: {haproxy: {}}\n"),
       "f.yaml:7:14: spec.balancer: unknown key \"haproxy\"; known keys are \"nginx\", \"port\""},
      {"merge key", Spec("  scrape: {<<: {}}\n"),
       "f.yaml:7:12: spec.scrape: unknown key \"<<\"; YAML's merge keys are not supported"},
      {"duplicate key", Spec("  maxReplicas: 4\n"),
       "f.yaml:7:3: duplicate key \"maxReplicas\"; it is already in line 5"},
      {"a word for an integer", Spec("  minReplicas: seven\n"),
       "f.yaml:7:16: spec.minReplicas: want an integer, got \"seven\""},
      {"a string for an integer", Spec("  minReplicas: \"2\"\n"),
       "f.yaml:7:16: spec.minReplicas: want an integer without quotes, got \"2\""},
      {"a fraction for an integer", Spec("  minReplicas: 1.5\n"),
       "f.yaml:7:16: spec.minReplicas: want an integer, got \"1.5\""},
      {"an octal-looking integer", Spec("  minReplicas: 010\n"),
       "f.yaml:7:16: spec.minReplicas: want an integer, got \"010\""},
      {"a list for an integer", Spec("  minReplicas: [1]\n"),
       "f.yaml:7:16: spec.minReplicas: want an integer, got a list"},
      {"nothing for an integer", Spec("  minReplicas:\n"),
       "f.yaml:7:3: spec.minReplicas: want an integer, got nothing"},
      {"too large for its type", Spec("  minReplicas: 3000000000\n"),
       "f.yaml:7:16: spec.minReplicas: must be less than or equal to 2147483647, got 3000000000"},
      {"a number for a duration", Spec("  period: 30\n"),
       "f.yaml:7:11: spec.period: want a duration such as \"30s\", got \"30\""},
      {"a bad unit", Spec("  period: 30sec\n"),
       "f.yaml:7:11: spec.period: want a duration such as \"30s\", got \"30sec\""},
      {"a duration for seconds", Spec("  behavior: {scaleUp: {stabilizationWindowSeconds: 30s}}\n"),
       "f.yaml:7:52: spec.behavior.scaleUp.stabilizationWindowSeconds: want a whole number of "
       "seconds, got \"30s\""},
      {"NaN", Spec("  minWindowCoverage: .nan\n"),
       "f.yaml:7:22: spec.minWindowCoverage: want a finite number, got \".nan\""},
      {"infinity", Spec("  minWindowCoverage: 1e999\n"),
       "f.yaml:7:22: spec.minWindowCoverage: want a finite number, got \"1e999\""},
      {"a map for a list", Spec("  queries: {metric: q}\n"),
       "f.yaml:7:12: spec.queries: want a list, got a map"},
      {"a list for a map", Spec("  scrape: [a]\n"),
       "f.yaml:7:11: spec.scrape: want a map, got a list"},
      {"missing keys", Spec("  queries: [{}]\n"),
       "f.yaml:7:13: spec.queries[0].metric: is required"},
      {"yes for true", "rules: [{seriesQuery: a, metricsQuery: a, resources: {namespaced: yes}}]\n",
       "f.yaml:1:67: rules[0].resources.namespaced: want true or false, got \"yes\""},
  });
}

TEST(ConfigProblemsTest, RangesInHpasWords) {
  ExpectAll({
      {"no maxReplicas", std::string(kHead) + std::string(kMetric),
       "f.yaml:5:3: spec.maxReplicas: is required"},
      {"maxReplicas 0", std::string(kHead) + "  maxReplicas: 0\n" + std::string(kMetric),
       "f.yaml:5:16: spec.maxReplicas: must be greater than 0, got 0"},
      {"max below min", Spec("  minReplicas: 5\n"),
       "f.yaml:5:16: spec.maxReplicas: must be greater than or equal to minReplicas, got 3 and "
       "minReplicas 5"},
      {"negative", Spec("  minReplicas: -1\n"),
       "f.yaml:7:16: spec.minReplicas: must be greater than or equal to 0, got -1"},
      {"zero without Object", Spec("  minReplicas: 0\n"),
       "f.yaml:6:12: spec.metrics: must specify at least one Object or External metric to support "
       "scaling to zero replicas"},
      {"window", Spec("  behavior: {scaleUp: {stabilizationWindowSeconds: 3601}}\n"),
       "f.yaml:7:52: spec.behavior.scaleUp.stabilizationWindowSeconds: must be less than or equal "
       "to 3600, got 3601"},
      {"negative window", Spec("  behavior: {scaleUp: {stabilizationWindowSeconds: -1}}\n"),
       "f.yaml:7:52: spec.behavior.scaleUp.stabilizationWindowSeconds: must be greater than or "
       "equal to zero, got -1"},
      {"period",
       Spec("  behavior:\n    scaleUp:\n      policies:\n      - type: Pods\n        value: 4\n"
            "        periodSeconds: 3600\n"),
       "f.yaml:12:24: spec.behavior.scaleUp.policies[0].periodSeconds: must be less than or equal "
       "to 1800, got 3600"},
      {"zero value",
       Spec("  behavior: {scaleDown: {policies: [{type: Percent, value: 0, periodSeconds: 1}]}}\n"),
       "f.yaml:7:60: spec.behavior.scaleDown.policies[0].value: must be greater than zero, got 0"},
      {"no policies", Spec("  behavior: {scaleDown: {policies: []}}\n"),
       "f.yaml:7:36: spec.behavior.scaleDown.policies: must specify at least one Policy"},
      {"select policy", Spec("  behavior: {scaleDown: {selectPolicy: max}}\n"),
       "f.yaml:7:40: spec.behavior.scaleDown.selectPolicy: unsupported value \"max\", want one of "
       "\"Max\", \"Min\", \"Disabled\"; did you mean \"Max\"?"},
      {"tolerance", Spec("  behavior: {scaleUp: {tolerance: -0.1}}\n"),
       "f.yaml:7:35: spec.behavior.scaleUp.tolerance: must be greater than or equal to 0, got "
       "-0.1"},
      {"too short", Spec("  period: 1ms\n"),
       "f.yaml:7:11: spec.period: must be at least 10ms, got 1ms"},
      {"share", Spec("  minWindowCoverage: 80\n"),
       "f.yaml:7:22: spec.minWindowCoverage: must be less than or equal to 1, got 80"},
  });
}

TEST(ConfigProblemsTest, Metrics) {
  ExpectAll({
      {"none", Metrics("  metrics: []\n"),
       "f.yaml:6:12: spec.metrics: must specify at least one metric"},
      {"no type",
       Metrics("  metrics:\n  - pods: {metric: {name: q}, target: {type: AverageValue, "
               "averageValue: 5}}\n"),
       "f.yaml:7:5: spec.metrics[0].type: must specify a metric source type"},
      {"wrong type",
       Metrics("  metrics:\n  - type: Podz\n    pods: {metric: {name: q}, target: {type: "
               "AverageValue, averageValue: 5}}\n"),
       "f.yaml:7:11: spec.metrics[0].type: unsupported value \"Podz\", want one of \"Resource\", "
       "\"ContainerResource\", \"Pods\", \"Object\", \"External\"; did you mean \"Pods\"?"},
      {"member missing", Metrics("  metrics: [{type: Pods}]\n"),
       "f.yaml:6:13: spec.metrics[0].pods: must populate information for the given metric source"},
      {"member of another type",
       Metrics("  metrics:\n  - type: Pods\n    pods: {metric: {name: q}, target: {type: "
               "AverageValue, averageValue: 5}}\n    resource: {}\n"),
       "f.yaml:9:5: spec.metrics[0].resource: must populate the given metric source only"},
      {"no metric name",
       Metrics("  metrics: [{type: Pods, pods: {metric: {}, target: {type: AverageValue, "
               "averageValue: 5}}}]\n"),
       "f.yaml:6:41: spec.metrics[0].pods.metric.name: must specify a metric name"},
      {"empty metric name",
       Metrics("  metrics: [{type: Pods, pods: {metric: {name: ''}, target: {type: AverageValue, "
               "averageValue: 5}}}]\n"),
       "f.yaml:6:48: spec.metrics[0].pods.metric.name: must specify a metric name"},
      {"no target", Metrics("  metrics: [{type: Pods, pods: {metric: {name: q}}}]\n"),
       "f.yaml:6:32: spec.metrics[0].pods.target: must specify a metric target type"},
      {"no value",
       Metrics("  metrics: [{type: Pods, pods: {metric: {name: q}, target: {type: Value, value: "
               "1}}}]\n"),
       "f.yaml:6:60: spec.metrics[0].pods.target.averageValue: must specify a positive target "
       "averageValue"},
      {"zero target",
       Metrics("  metrics: [{type: Pods, pods: {metric: {name: q}, target: {type: AverageValue, "
               "averageValue: 0}}}]\n"),
       "f.yaml:6:95: spec.metrics[0].pods.target.averageValue: must be positive, got 0"},
      {"bad quantity",
       Metrics("  metrics: [{type: Pods, pods: {metric: {name: q}, target: {type: AverageValue, "
               "averageValue: 5ms}}}]\n"),
       "f.yaml:6:95: spec.metrics[0].pods.target.averageValue: quantities must match the regular "
       "expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$', got \"5ms\""},
      {"both",
       Metrics("  metrics: [{type: External, external: {metric: {name: q}, target: {type: "
               "Value, value: 1, averageValue: 1}}}]\n"),
       "f.yaml:6:89: spec.metrics[0].external.target.value: may not set both a target value for "
       "metric and a per-pod target"},
      {"neither",
       Metrics("  metrics: [{type: Resource, resource: {name: cpu, target: {type: "
               "Utilization}}}]\n"),
       "f.yaml:6:60: spec.metrics[0].resource.target.averageUtilization: must set either a target "
       "raw value or a target utilization"},
      {"zero utilization",
       Metrics("  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, "
               "averageUtilization: 0}}}]\n"),
       "f.yaml:6:100: spec.metrics[0].resource.target.averageUtilization: must be greater than 0, "
       "got 0"},
      {"an expression without a key",
       Metrics("  metrics: [{type: Pods, pods: {metric: {name: q, selector: {matchExpressions: "
               "[{operator: Exists}]}}, target: {type: AverageValue, averageValue: 5}}}]\n"),
       "f.yaml:6:81: spec.metrics[0].pods.metric.selector.matchExpressions[0].key: is required"},
      {"no described object",
       Metrics("  metrics: [{type: Object, object: {metric: {name: q}, target: {type: Value, "
               "value: 1}}}]\n"),
       "f.yaml:6:36: spec.metrics[0].object.describedObject: is required"},
  });
}

TEST(ConfigProblemsTest, TidegatesOwn) {
  ExpectAll({
      {"unknown policy", Spec("  policies: [{name: target_traking}]\n"),
       "f.yaml:7:21: spec.policies[0].name: no policy is called \"target_traking\"; known are "
       "\"target_tracking\"; did you mean \"target_tracking\"?"},
      {"query for no metric", Spec("  queries: [{metric: qq, query: q}]\n"),
       "f.yaml:7:22: spec.queries[0].metric: no metric of spec.metrics is called \"qq\"; did you "
       "mean \"q\"?"},
      {"query that does not parse", Spec("  queries: [{metric: q, query: 'sum(q'}]\n"),
       "f.yaml:7:32: spec.queries[0].query: 1:6: parse error: unclosed left parenthesis"},
      {"rule that does not parse", "rules: [{seriesQuery: a, metricsQuery: 'delta(a)'}]\n",
       "f.yaml:1:40: rules[0].metricsQuery: 1:7: parse error: expected type range vector in call "
       "to function \"delta\", got instant vector"},
      {"two queries", Spec("  queries: [{metric: q, query: q}, {metric: q, query: q}]\n"),
       "f.yaml:7:45: spec.queries[1].metric: \"q\" has a query already"},
      {"replicas that are missing",
       Spec("  missingReplicas: {ignoreAfter: 0s, atMostPercent: 100}\n"),
       "f.yaml:7:34: spec.missingReplicas.ignoreAfter: must be at least 1s, got 0s\n"
       "f.yaml:7:53: spec.missingReplicas.atMostPercent: must be less than or equal to 99, got "
       "100"},
      {"a fallback of no metric", Spec("  fallbacks: [{metric: qq}, {metric: q}, {metric: q}]\n"),
       "f.yaml:7:24: spec.fallbacks[0].metric: no metric of spec.metrics is called \"qq\"; did you "
       "mean \"q\"?\n"
       "f.yaml:7:51: spec.fallbacks[2].metric: \"q\" has a fallback already"},
      {"a fallback to no number", Spec("  fallbacks: [{behavior: Static}]\n"),
       "f.yaml:7:15: spec.fallbacks[0].replicas: is required for behavior Static"},
      {"a fallback of KEDA's spelling", Spec("  fallbacks: [{behavior: static, ttl: 1m}]\n"),
       "f.yaml:7:26: spec.fallbacks[0].behavior: unsupported value \"static\", want one of "
       "\"Hold\", \"Static\", \"CurrentReplicas\", \"CurrentReplicasIfHigher\", "
       "\"CurrentReplicasIfLower\"; did you mean \"Static\"?\n"
       "f.yaml:7:34: spec.fallbacks[0]: unknown key \"ttl\"; known keys are \"metric\", "
       "\"lastKnown\", \"after\", \"behavior\", \"replicas\""},
      {"a window of a typo",
       Spec("  queries: [{metric: q, window: {average: Exponentail, lenght: 1m}}]\n"),
       "f.yaml:7:43: spec.queries[0].window.average: unsupported value \"Exponentail\", want one "
       "of "
       "\"Latest\", \"Linear\", \"Exponential\", \"Bucket\", \"Quantile\"; did you mean "
       "\"Exponential\"?\n"
       "f.yaml:7:56: spec.queries[0].window: unknown key \"lenght\"; did you mean \"length\"?"},
      {"a window of no kind", Spec("  queries: [{metric: q, window: {length: 1m}}]\n"),
       "f.yaml:7:33: spec.queries[0].window.average: is required; want one of \"Linear\", "
       "\"Exponential\", \"Bucket\", \"Quantile\""},
      {"a window shorter than its buckets",
       Spec("  queries: [{metric: q, window: {average: Linear, length: 1s, bucket: 1500ms}}]\n"),
       "f.yaml:7:59: spec.queries[0].window.length: must be at least bucket, got 1s and bucket "
       "1.5s"},
      {"a quantile that there is not",
       Spec("  queries: [{metric: q, window: {average: Quantile, quantile: 90}}]\n"),
       "f.yaml:7:63: spec.queries[0].window.quantile: must be less than or equal to 1, got 90"},
      {"nothing as zero of what is pushed", Spec("  queries: [{metric: q, emptyAsZero: true}]\n"),
       "f.yaml:7:38: spec.queries[0].emptyAsZero: needs a source such as spec.scrape or "
       "spec.prometheus: of what is "
       "pushed nobody knows whether it is empty or late"},
      {"no program", Spec("  backend: {processPool: {command: []}}\n"),
       "f.yaml:7:36: spec.backend.processPool.command: must name a program"},
      {"no command", Spec("  backend: {processPool: {host: h}}\n"),
       "f.yaml:7:26: spec.backend.processPool.command: is required"},
      {"ports the wrong way round", Pool("      portMin: 30000\n"),
       "f.yaml:9:7: spec.backend.processPool.portMax: must be greater than or equal to portMin, "
       "got 29999 and portMin 30000"},
      {"port out of range", Pool("      portMax: 70000\n"),
       "f.yaml:10:16: spec.backend.processPool.portMax: must be less than or equal to 65535, got "
       "70000"},
      {"port twice", Pool("      ports: [http, http]\n"),
       "f.yaml:10:21: spec.backend.processPool.ports[1]: port \"http\" is there already"},
      {"scrape port", Pool("  scrape: {}\n"),
       "f.yaml:10:11: spec.scrape.port: no port of spec.backend.processPool.ports is called "
       "\"metrics\""},
      {"processes of nobody", Spec("  process: {}\n"),
       "f.yaml:7:12: spec.process: needs spec.backend.processPool, whose processes it looks at"},
      {"a cgroup for all", Pool("  process: {cgroup: /sys/fs/cgroup/web}\n"),
       "f.yaml:10:21: spec.process.cgroup: want an absolute path with {replica} in it, got "
       "\"/sys/fs/cgroup/web\""},
      {"pages of a cgroup",
       Pool("  process: {cgroup: '/sys/fs/cgroup/{replica}', proportionalMemory: true}\n"),
       "f.yaml:10:69: spec.process.proportionalMemory: says nothing of a cgroup"},
      {"a request of nothing", Pool("      requests: {cpu: 0}\n"),
       "f.yaml:10:23: spec.backend.processPool.requests.cpu: must be greater than or equal to "
       "0.001, got 0"},
      {"statistics port", Pool("  tritonStats: {port: htp}\n"),
       "f.yaml:10:23: spec.tritonStats.port: no port of spec.backend.processPool.ports is called "
       "\"htp\"; did you mean \"http\"?"},
      {"port of an argument", Pool("      environment: {A: \"{port:htp}{port:http}\"}\n"),
       "f.yaml:10:24: spec.backend.processPool.environment.A: no port of "
       "spec.backend.processPool.ports is called \"htp\"; did you mean \"http\"?"},
      {"probe port", Pool("      readiness: {port: htp}\n"),
       "f.yaml:10:25: spec.backend.processPool.readiness.port: no port of "
       "spec.backend.processPool.ports is called \"htp\"; did you mean \"http\"?"},
      {"nginx", Spec("  balancer: {nginx: {upstream: '', upstreamFile: f, pidFile: p}}\n"),
       "f.yaml:7:32: spec.balancer.nginx.upstream: must not be empty"},
      {"a Prometheus without a URL", Spec("  prometheus: {}\n"),
       "f.yaml:7:15: spec.prometheus.url: is required"},
      {"a URL without a scheme", Spec("  prometheus: {url: 'prometheus:9090'}\n"),
       "f.yaml:7:21: spec.prometheus.url: want http://host:port or https://host:port, with a path "
       "or without, got \"prometheus:9090\""},
      {"a URL with a query", Spec("  prometheus: {url: 'http://p/?a=b'}\n"),
       "f.yaml:7:21: spec.prometheus.url: want http://host:port or https://host:port, with a path "
       "or without, got \"http://p/?a=b\""},
      {"a password in a URL", Spec("  prometheus: {url: 'http://me:hunter2@p/x'}\n"),
       "f.yaml:7:21: spec.prometheus.url: must not carry a user name or password; there is "
       "basicAuth"},
      {"two sources", Spec("  scrape: {}\n  prometheus: {url: 'http://p'}\n"),
       "f.yaml:8:15: spec.prometheus: there is spec.scrape, too; a Prometheus answers for every "
       "metric"},
      {"a Prometheus beside statistics",
       Spec("  tritonStats: {}\n  prometheus: {url: 'http://p'}\n"),
       "f.yaml:8:15: spec.prometheus: there is spec.tritonStats, too; a Prometheus answers for "
       "every metric"},
      {"an unknown key of statistics", Spec("  tritonStats: {models: m}\n"),
       "f.yaml:7:17: spec.tritonStats: unknown key \"models\"; did you mean \"model\"?"},
      {"two ways to say who asks",
       Spec("  prometheus: {url: 'http://p', bearerTokenFile: t, basicAuth: {username: u}}\n"),
       "f.yaml:7:64: spec.prometheus.basicAuth: may not be given beside bearerTokenFile"},
      {"a password without a user",
       Spec("  prometheus: {url: 'http://p', basicAuth: {passwordFile: f}}\n"),
       "f.yaml:7:44: spec.prometheus.basicAuth.username: is required beside passwordFile"},
      {"half a certificate", Spec("  prometheus: {url: 'http://p', tls: {keyFile: f}}\n"),
       "f.yaml:7:38: spec.prometheus.tls: certificateFile and keyFile belong together"},
      {"a typo", Spec("  prometheus: {url: 'http://p', replicasLabel: pod}\n"),
       "f.yaml:7:33: spec.prometheus: unknown key \"replicasLabel\"; did you mean "
       "\"replicaLabel\"?"},
      {"a query that is none",
       Spec("  prometheus: {url: 'http://p'}\n  queries: [{metric: q, query: 'sum(q'}]\n"),
       "f.yaml:8:32: spec.queries[0].query: 1:6: parse error: unclosed left parenthesis"},
      {"MetricsQL, not checked",
       Spec("  prometheus: {url: 'http://p', checkQueries: false}\n"
            "  queries: [{metric: q, query: 'q keep_metric_names'}]\n"),
       ""},
      {"log level", "apiVersion: tidegate.dev/v1alpha1\nkind: Scaler\nspec: {log: {level: inof}}\n",
       "f.yaml:3:21: spec.log.level: unsupported value \"inof\", want one of \"debug\", "
       "\"info\", \"warning\", \"error\", \"off\"; did you mean \"info\"?"},
      {"address",
       "apiVersion: tidegate.dev/v1alpha1\nkind: Scaler\nspec: {admin: {address: localhost}}\n",
       "f.yaml:3:25: spec.admin.address: want host:port, got \"localhost\""},
      {"port of the address",
       "apiVersion: tidegate.dev/v1alpha1\nkind: Scaler\nspec: {admin: {address: 'h:99999'}}\n",
       "f.yaml:3:25: spec.admin.address: want a port from 0 to 65535 after the colon, got "
       "\"h:99999\""},
  });
}

TEST(ConfigProblemsTest, HpasOwnRules) {
  const std::string head =
      "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n"
      "  maxReplicas: 2\n";
  const std::string invalid = "The HorizontalPodAutoscaler \"web\" is invalid: spec.";
  const std::string refused =
      "HorizontalPodAutoscaler in version \"v2\" cannot be handled as a HorizontalPodAutoscaler: ";
  ExpectAll({
      {"no scaleTargetRef", head,
       "f.yaml:4:1: " + invalid + "scaleTargetRef.kind: Required value\nf.yaml:4:1: " + invalid +
           "scaleTargetRef.name: Required value\nf.yaml:4:1: " + invalid +
           "scaleTargetRef.apiVersion: Invalid value: \"\": apiVersion must specify API group"},
      {"group version", head + "  scaleTargetRef: {apiVersion: a/b/c, kind: D, name: web}\n",
       "f.yaml:6:32: " + invalid +
           "scaleTargetRef.apiVersion: Invalid value: \"a/b/c\": unexpected GroupVersion string: "
           "a/b/c"},
      {"Tidegate's key", head + "  scaleTargetRef: {kind: D, name: web}\n  period: 1s\n",
       "f.yaml:7:3: " + refused + "strict decoding error: unknown field \"spec.period\""},
      {"a word for a number",
       "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nspec:\n  maxReplicas: two\n",
       "f.yaml:4:16: HorizontalPodAutoscaler in version \"v1\" cannot be handled as a "
       "HorizontalPodAutoscaler: json: cannot unmarshal string into Go struct field "
       "HorizontalPodAutoscalerSpec.spec.maxReplicas of type int32"},
  });
}

TEST(ConfigProblemsTest, AllOfThemAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(Problems(std::string(kHead) +
                     "  maxReplicas: many\n  period: 1\n  metrics: 5\n  scrap: {}\n"),
            "f.yaml:5:16: spec.maxReplicas: want an integer, got \"many\"\n"
            "f.yaml:6:11: spec.period: want a duration such as \"30s\", got \"1\"\n"
            "f.yaml:7:12: spec.metrics: want a list, got \"5\"\n"
            "f.yaml:8:3: spec: unknown key \"scrap\"; did you mean \"scrape\"?");
}

TEST(ConfigProblemsTest, SecretsAreInNoProblem) {
  const std::string problems =
      Problems(Spec("  scrape:\n    headers: {Authorization: [hunter2], X: {hunter2: 1}}\n"));
  EXPECT_THAT(problems, HasSubstr("spec.scrape.headers.Authorization: want a string, got a list"));
  EXPECT_THAT(problems, Not(HasSubstr("hunter2")));
}

TEST(ConfigProblemsTest, AFileThatIsNotThereSaysSo) {
  const Result<Config> config = LoadConfig("/nowhere/at/all.yaml");
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(config.error().message,
            "/nowhere/at/all.yaml: cannot be read: No such file or directory");
  EXPECT_EQ(LoadConfig("/").error().message, "/: cannot be read: Is a directory");
}

TEST(ConfigProblemsTest, Slices) {
  const std::string gpus =
      "---\n"
      "apiVersion: tidegate.dev/v1alpha1\n"
      "kind: Scaler\n"
      "spec:\n"
      "  devices:\n"
      "    simulated: [{model: A100-SXM4-40GB, count: 2}]\n";
  const std::string metric =
      "f.yaml:6:13: spec.metrics[0]: want type External or Object with target.averageValue: with "
      "spec.slice.sizes a replica is a unit of capacity, and has no readings of its own\n";
  ExpectAll({
      {"no devices", Spec("  slice: {profile: 1g.5gb}\n"),
       "f.yaml:7:10: spec.slice: there are no GPUs; spec.devices of a Scaler says which there are"},
      {"no such profile", Spec("  slice: {profile: 3g.20g}\n") + gpus,
       "f.yaml:7:20: spec.slice.profile: no GPU of the Scaler's devices has a profile \"3g.20g\"; "
       "did you mean \"3g.20gb\"?"},
      {"no need", Spec("  slice: {priority: 1}\n") + gpus,
       "f.yaml:7:10: spec.slice: want a profile, or memory and smCount, or sizes"},
      {"two needs", Spec("  slice: {profile: 1g.5gb, memory: 5Gi}\n") + gpus,
       "f.yaml:7:20: spec.slice.profile: is given, so memory and smCount say nothing"},
      {"sizes and a need", Spec("  slice: {memory: 5Gi, sizes: [{profile: 1g.5gb}]}\n") + gpus,
       metric +
           "f.yaml:7:31: spec.slice.sizes: is given, so profile, memory and smCount say nothing"},
      {"a size that no GPU has", Spec("  slice: {sizes: [{profile: 1g.6gb}]}\n") + gpus,
       metric +
           "f.yaml:7:29: spec.slice.sizes[0].profile: no GPU of the Scaler's devices has a profile "
           "\"1g.6gb\"; did you mean \"1g.5gb\"?"},
      {"a size by another name", Spec("  slice: {sizes: [{profile: mig-1g.5gb}]}\n") + gpus,
       metric + "f.yaml:7:29: spec.slice.sizes[0].profile: want the driver's name, \"1g.5gb\", got "
                "\"mig-1g.5gb\""},
      {"a size twice",
       Spec("  slice: {sizes: [{profile: 1g.5gb}, {profile: 1g.5gb, capacity: 2}]}\n") + gpus,
       metric + "f.yaml:7:48: spec.slice.sizes[1].profile: \"1g.5gb\" is there already"},
      {"a size without capacity",
       Spec("  slice: {sizes: [{profile: 1g.5gb, capacity: 0}]}\n") + gpus,
       metric + "f.yaml:7:47: spec.slice.sizes[0].capacity: must be greater than or equal to "
                "0.001, got 0"},
      {"a typo", Spec("  slice: {profil: 1g.5gb}\n") + gpus,
       "f.yaml:7:11: spec.slice: unknown key \"profil\"; did you mean \"profile\"?"},
      {"no such model", Spec("") + gpus + "    budgets: {a100-40g: 3}\n",
       "f.yaml:13:25: spec.devices.budgets.a100-40g: no GPU model is called \"a100-40g\"; did you "
       "mean \"a100-40gb\"?"},
      {"nobody starts them", Spec("  slice: {profile: 1g.5gb}\n") + gpus,
       "f.yaml:7:10: spec.slice: needs spec.backend.processPool, which starts replicas on slices"},
      {"the pool sets it, too",
       Pool("      environment: {CUDA_VISIBLE_DEVICES: \"0\"}\n  slice: {profile: 1g.5gb}\n") +
           gpus,
       "f.yaml:10:43: spec.backend.processPool.environment.CUDA_VISIBLE_DEVICES: is set for each "
       "replica, to its slice"},
  });
}

}  // namespace
}  // namespace tidegate
