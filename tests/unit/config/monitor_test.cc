// SPDX-License-Identifier: Apache-2.0
//
// ServiceMonitors and PodMonitors.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tidegate/config.h"

namespace tidegate {
namespace {

using std::chrono::seconds;

std::string Problems(const std::string& text) {
  std::string out;
  for (const ConfigProblem& problem : ParseConfig(text, "m.yaml").problems) {
    out += problem.ToString() + "\n";
  }
  return out;
}

std::string Monitor(const std::string& kind, const std::string& spec) {
  return "apiVersion: monitoring.coreos.com/v1\nkind: " + kind +
         "\nmetadata: {name: m, namespace: prod, labels: {release: p}}\nspec:\n" + spec;
}

std::string Workload(const std::string& metadata) {
  return "---\napiVersion: tidegate.dev/v1alpha1\nkind: Autoscaler\nmetadata: " + metadata +
         "\nspec:\n  maxReplicas: 2\n  metrics:\n"
         "  - {type: External, external: {metric: {name: q}, target: {type: Value, value: 1}}}\n";
}

TEST(MonitorTest, TheExampleScrapesTheWorkloadThatItSelects) {
  std::ifstream file(std::string(TIDEGATE_SOURCE_DIR) + "/examples/config/triton-podmonitor.yaml");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(Problems(text), "");
  const std::vector<ScrapeConfig> jobs = ParseConfig(text, "e/p.yaml").config.scrape_configs;
  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_EQ(jobs[0].job_name, "gateway");
  EXPECT_EQ(jobs[0].file_sd_configs[0].files, (std::vector<std::string>{"e/targets/*.json"}));
  const ScrapeConfig& monitor = jobs[1];
  EXPECT_EQ(monitor.job_name, "podMonitor/monitoring/kube-prometheus-stack-tritonmetrics/0");
  EXPECT_EQ(monitor.scrape_interval, seconds(10));
  EXPECT_EQ(monitor.metrics_path, "/metrics");
  EXPECT_EQ(monitor.replicas,
            (std::vector<ReplicaDiscovery>{{.workload = "flower", .port = "metrics"}}));
  Labels labels = {{"__meta_kubernetes_pod_name", "flower-0"},
                   {"__meta_kubernetes_pod_phase", "Running"}};
  EXPECT_TRUE(RelabelRules::Compile(monitor.relabel_configs)->Apply(labels));
  EXPECT_EQ(labels["job"], "monitoring/kube-prometheus-stack-tritonmetrics");
  EXPECT_EQ(labels["pod"], "flower-0");
  EXPECT_EQ(labels["endpoint"], "metrics");
}

TEST(MonitorTest, SelectsByLabelsAndNamespace) {
  const std::string spec =
      "  selector: {matchLabels: {tier: gpu}}\n  endpoints: [{port: http, interval: 1m}]\n";
  const std::string text = Monitor("ServiceMonitor", spec) +
                           Workload("{name: a, labels: {tier: gpu}}") +
                           Workload("{name: b, labels: {tier: cpu}}") + Workload("{name: c}");
  EXPECT_EQ(Problems(text), "");
  const auto jobs = ParseConfig(text, "m.yaml").config.scrape_configs;
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].job_name, "serviceMonitor/prod/m/0");
  EXPECT_EQ(jobs[0].replicas, (std::vector<ReplicaDiscovery>{{.workload = "a", .port = "http"}}));
}

TEST(MonitorTest, ReadsWhatAnEndpointSays) {
  const std::string text = Monitor("PodMonitor", R"(  selector: {}
  sampleLimit: 10
  bodySizeLimit: 1MB
  podMetricsEndpoints:
  - targetPort: 8002
    path: /m
    scheme: https
    params: {a: [b]}
    honorLabels: true
    scrapeTimeout: 2s
    bearerTokenFile: /token
    bearerTokenSecret: {key: ""}
    tlsConfig: {caFile: /ca, insecureSkipVerify: true}
    relabelings: [{sourceLabels: [__meta_kubernetes_pod_name], targetLabel: pod_name, action: Replace}]
    metricRelabelings: [{sourceLabels: [__name__], regex: "go_.*", action: drop}]
)");
  EXPECT_EQ(Problems(text), "");
  const auto jobs = ParseConfig(text, "m.yaml").config.scrape_configs;
  ASSERT_EQ(jobs.size(), 1U);
  const ScrapeConfig& job = jobs[0];
  EXPECT_EQ(job.scrape_interval, seconds(30));
  EXPECT_EQ(job.scrape_timeout, seconds(2));
  EXPECT_EQ(job.scheme, "https");
  EXPECT_EQ(job.access.credentials_file, "/token");
  EXPECT_EQ(job.access.tls.ca_file, "/ca");
  EXPECT_TRUE(job.access.insecure_skip_verify);
  EXPECT_EQ(job.sample_limit, 10U);
  EXPECT_EQ(job.body_size_limit, std::size_t{1} << 20U);
  EXPECT_EQ(job.relabel_configs.back().target_label, "pod_name");
  EXPECT_EQ(job.metric_relabel_configs.size(), 1U);
  EXPECT_TRUE(job.replicas.empty());  // nothing is there to select
}

TEST(MonitorTest, WhatHasNoCounterpartIsSaidWhereItStands) {
  EXPECT_EQ(Problems(Monitor("ServiceMonitor", R"(  selector: {}
  jobLabel: app
  endpoints:
  - port: http
    basicAuth: {username: {name: s, key: u}}
    proxyUrl: http://proxy
    tlsConfig: {serverName: web}
  - interval: 1q
    relabelings: [{action: hashmod, targetLabel: x}]
)")),
            "m.yaml:6:3: spec.jobLabel: has no counterpart: labels of pods are not known\n"
            "m.yaml:9:5: spec.endpoints[0].basicAuth: has no counterpart: secrets of Kubernetes "
            "are not read; give a job of scrape_configs with a file\n"
            "m.yaml:10:5: spec.endpoints[0].proxyUrl: has no counterpart: targets are talked to "
            "without a proxy\n"
            "m.yaml:11:17: spec.endpoints[0].tlsConfig.serverName: has no counterpart: the "
            "certificate has to be of the address that is talked to\n"
            "m.yaml:12:5: spec.endpoints[1]: must have a port\n"
            "m.yaml:12:15: spec.endpoints[1].interval: unknown unit \"q\" in duration \"1q\"\n"
            "m.yaml:13:19: spec.endpoints[1].relabelings[0]: relabel configuration for hashmod "
            "requires non-zero modulus\n");
}

}  // namespace
}  // namespace tidegate
