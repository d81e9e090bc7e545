// SPDX-License-Identifier: Apache-2.0
//
// KEDA's ScaledObjects.
#include <gtest/gtest.h>

#include <string>

#include "tidegate/describe.h"

namespace tidegate {
namespace {

using std::chrono::seconds;

std::string Problems(const ParsedConfig& parsed) {
  std::string out;
  for (const ConfigProblem& problem : parsed.problems) out += problem.ToString() + "\n";
  return out;
}

constexpr const char* kHead = R"(apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: web
  namespace: prod
spec:
)";

constexpr const char* kWhole = R"(  scaleTargetRef:
    name: web
  pollingInterval: 30
  cooldownPeriod: 120
  minReplicaCount: 0
  maxReplicaCount: 12
  fallback:
    failureThreshold: 3
    replicas: 6
    behavior: currentReplicasIfHigher
  advanced:
    horizontalPodAutoscalerConfig:
      name: keda-web
      behavior:
        scaleDown:
          stabilizationWindowSeconds: 120
          policies: [{type: Percent, value: 50, periodSeconds: 60}]
  triggers:
  - type: prometheus
    metadata:
      serverAddress: http://prometheus:9090
      query: sum(rate(http_requests_total{app="web"}[2m]))
      threshold: "100.5"
      activationThreshold: "0"
      customHeaders: X-Client-Id=cid,X-Tenant=t1
      cortexOrgID: org
      namespace: prod
      queryParameters: dedup=true
      timeout: "5000"
      ignoreNullValues: "true"
  - type: prometheus
    metricType: Value
    metadata: {serverAddress: http://prometheus:9090, query: max(depth), threshold: "7",
               customHeaders: "X-Client-Id=cid,X-Tenant=t1", cortexOrgID: org, namespace: prod,
               queryParameters: dedup=true}
  - type: cpu
    metricType: Utilization
    metadata: {value: "60"}
  - type: memory
    metricType: AverageValue
    metadata: {value: 512Mi, containerName: server}
)";

TEST(ScaledObjectTest, BecomesTheWorkloadThatItDescribes) {
  const ParsedConfig parsed = ParseConfig(std::string(kHead) + kWhole, "web.yaml");
  ASSERT_EQ(Problems(parsed), "");
  const Autoscaler& web = parsed.config.autoscalers.at(0);
  EXPECT_EQ(web.spec.workload, "web");
  EXPECT_EQ(web.spec.scale_target_ref, (ObjectReference{"apps/v1", "Deployment", "web"}));
  EXPECT_EQ(web.spec.min_replicas, 0);
  EXPECT_EQ(web.spec.max_replicas, 12);
  EXPECT_EQ(web.period, seconds(15));
  EXPECT_EQ(web.spec.missing_data, MissingData::kFill);
  EXPECT_EQ(web.spec.behavior->scale_down.stabilization_window, seconds(120));
  EXPECT_EQ(web.spec.behavior->scale_up, DefaultBehavior().scale_up);

  const std::vector<MetricSpec>& metrics = web.spec.metrics;
  ASSERT_EQ(metrics.size(), 4u);
  EXPECT_EQ(metrics[0].type, MetricSourceType::kExternal);
  EXPECT_EQ(metrics[0].name, "s0-prometheus");
  EXPECT_EQ(metrics[0].target.average_value, 100'500);
  EXPECT_EQ(metrics[1].target.value, 7'000);
  EXPECT_EQ(metrics[2].target.average_utilization, 60);
  EXPECT_EQ(metrics[3].type, MetricSourceType::kContainerResource);
  EXPECT_EQ(metrics[3].container, "server");
  EXPECT_EQ(metrics[3].target.average_value, MilliValue{512} * 1024 * 1024 * 1000);

  // More failures than the threshold, one each 15 s; cpu and memory have no fallback.
  ASSERT_EQ(web.spec.fallbacks.size(), 2u);
  EXPECT_EQ(web.spec.fallbacks[1], (Fallback{.metric = "s1-prometheus",
                                             .after = seconds(45),
                                             .behavior = FallbackBehavior::kCurrentReplicasIfHigher,
                                             .replicas = 6}));

  ASSERT_EQ(web.queries.size(), 2u);
  EXPECT_EQ(web.queries[0].query, "sum(rate(http_requests_total{app=\"web\"}[2m]))");
  EXPECT_TRUE(web.queries[0].empty_as_zero);
  EXPECT_FALSE(web.queries[1].empty_as_zero);  // nothing is zero that was not asked to be
  const PrometheusOptions& server = web.prometheus.value();
  EXPECT_EQ(server.url, "http://prometheus:9090");
  EXPECT_EQ(server.timeout, seconds(5));
  EXPECT_EQ(server.headers,
            (std::map<std::string, std::string>{
                {"X-Client-Id", "cid"}, {"X-Scope-OrgID", "org"}, {"X-Tenant", "t1"}}));
  EXPECT_EQ(server.parameters,
            (std::map<std::string, std::string>{{"dedup", "true"}, {"namespace", "prod"}}));
}

// What it dumps is read as the same.
TEST(ScaledObjectTest, DumpsAsAnAutoscaler) {
  const ParsedConfig parsed = ParseConfig(std::string(kHead) + kWhole, "web.yaml");
  Config config = parsed.config;
  config.autoscalers.at(0).prometheus->headers.clear();  // secrets are not dumped
  const ParsedConfig again = ParseConfig(DumpConfig(config), "dump");
  ASSERT_EQ(Problems(again), "");
  EXPECT_EQ(again.config.autoscalers.at(0).spec, config.autoscalers.at(0).spec);
  EXPECT_EQ(again.config.autoscalers.at(0).queries, config.autoscalers.at(0).queries);
}

TEST(ScaledObjectTest, WhatHasNoCounterpartNamesItsLine) {
  const ParsedConfig parsed = ParseConfig(R"(apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: web
  annotations:
    autoscaling.keda.sh/paused: "true"
spec:
  scaleTargetRef: {name: web}
  maxReplicaCout: 3
  idleReplicaCount: 0
  cooldownPeriod: 60
  fallback: {failureThreshold: 3, replicas: 6, behavior: statik}
  advanced:
    restoreToOriginalReplicaCount: true
    scalingModifiers: {formula: a + b}
  triggers:
  - type: prometheus
    authenticationRef: {name: creds}
    metricType: Utilization
    metadata:
      serverAddress: prometheus:9090
      query: sum(rate(x[1m])
      treshold: "5"
      activationThreshold: "2"
      authModes: bearer
      unsafeSsl: "true"
  - type: prometheus
    metadata: {serverAddress: "http://other:9090", query: x, threshold: "-1"}
  - type: promethues
    metadata: {anything: goes}
  - type: cpu
    metricType: Value
    metadata: {value: "60"}
)",
                                          "keda.yaml");
  EXPECT_EQ(Problems(parsed),
            "keda.yaml:6:5: metadata.annotations: autoscaling.keda.sh/paused has no "
            "counterpart\n"
            "keda.yaml:9:3: spec: unknown key \"maxReplicaCout\"; did you mean "
            "\"maxReplicaCount\"?\n"
            "keda.yaml:10:21: spec.idleReplicaCount: has no counterpart; with "
            "minReplicaCount 0 the count goes down to 0 step by step\n"
            "keda.yaml:11:19: spec.cooldownPeriod: has no counterpart: the way to 0 waits as "
            "long as behavior.scaleDown.stabilizationWindowSeconds, which is 5m, got 1m\n"
            "keda.yaml:12:58: spec.fallback.behavior: unsupported value \"statik\", want one "
            "of \"static\", \"currentReplicas\", \"currentReplicasIfHigher\", "
            "\"currentReplicasIfLower\"; did you mean \"static\"?\n"
            "keda.yaml:14:36: spec.advanced.restoreToOriginalReplicaCount: has no "
            "counterpart\n"
            "keda.yaml:15:5: spec.advanced.scalingModifiers: has no counterpart; the largest "
            "of the triggers wins\n"
            "keda.yaml:18:24: spec.triggers[0].authenticationRef: has no counterpart; give "
            "spec.prometheus with bearerTokenFile, basicAuth or tls of an Autoscaler of this "
            "name\n"
            "keda.yaml:19:17: spec.triggers[0].metricType: Utilization is for cpu and "
            "memory\n"
            "keda.yaml:21:22: spec.triggers[0].metadata.serverAddress: want http://host:port "
            "or https://host:port, got \"prometheus:9090\"\n"
            "keda.yaml:22:14: spec.triggers[0].metadata.query: 1:16: parse error: unclosed "
            "left parenthesis\n"
            "keda.yaml:23:7: spec.triggers[0].metadata: unknown key \"treshold\"; did you "
            "mean \"threshold\"?\n"
            "keda.yaml:24:28: spec.triggers[0].metadata.activationThreshold: has no "
            "counterpart; any value above 0 activates\n"
            "keda.yaml:25:18: spec.triggers[0].metadata.authModes: has no counterpart; give "
            "spec.prometheus with bearerTokenFile, basicAuth or tls of an Autoscaler of this "
            "name\n"
            "keda.yaml:26:18: spec.triggers[0].metadata.unsafeSsl: has no counterpart: "
            "certificates are always verified; give spec.prometheus.tls.caFile of an "
            "Autoscaler of this name\n"
            "keda.yaml:28:31: spec.triggers[1].metadata.serverAddress: has no counterpart: "
            "the triggers before it ask prometheus:9090 or with other headers or parameters; "
            "a workload asks one server in one way\n"
            "keda.yaml:28:73: spec.triggers[1].metadata.threshold: must be positive, got "
            "\"-1\"\n"
            "keda.yaml:29:11: spec.triggers[2].type: trigger \"promethues\" has no "
            "counterpart; known are \"prometheus\", \"cpu\", \"memory\"; did you mean "
            "\"prometheus\"?\n"
            "keda.yaml:32:17: spec.triggers[3].metricType: want Utilization or AverageValue "
            "for cpu\n");
}

TEST(ScaledObjectTest, AnAutoscalerSaysWhoAsks) {
  const std::string object = std::string(kHead) + R"(  scaleTargetRef: {name: web}
  minReplicaCount: 1
  triggers:
  - type: prometheus
    authenticationRef: {name: creds}
    metadata: {serverAddress: "https://thanos:9090", query: x, threshold: "5", authModes: bearer}
)";
  const ParsedConfig parsed = ParseConfig(object + R"(---
apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {name: web}
spec:
  prometheus: {url: "https://thanos.monitoring:9090", bearerTokenFile: /var/run/token}
  missingData: Hold
)",
                                          "web.yaml");
  ASSERT_EQ(Problems(parsed), "");
  const Autoscaler& web = parsed.config.autoscalers.at(0);
  EXPECT_EQ(web.prometheus.value().url, "https://thanos.monitoring:9090");
  EXPECT_EQ(web.spec.missing_data, MissingData::kHold);
  EXPECT_EQ(web.queries.at(0).query, "x");
  EXPECT_EQ(web.spec.max_replicas, 100);
}

TEST(ScaledObjectTest, BesideAHorizontalPodAutoscalerOfItsNameIsRefused) {
  const ParsedConfig parsed = ParseConfig(std::string(kHead) + kWhole + R"(---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 3
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]
)",
                                          "web.yaml");
  EXPECT_EQ(Problems(parsed),
            "web.yaml:1:1: kind: there is a HorizontalPodAutoscaler of this name, in line 49, and "
            "KEDA makes its own\n");
}

}  // namespace
}  // namespace tidegate
