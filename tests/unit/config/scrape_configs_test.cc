// SPDX-License-Identifier: Apache-2.0
//
// Prometheus's configuration file.
#include <gtest/gtest.h>

#include <string>

#include "tidegate/config.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::string Problems(const std::string& text, const std::string& file = "p.yml") {
  std::string out;
  for (const ConfigProblem& problem : ParseConfig(text, file).problems) {
    out += problem.ToString() + "\n";
  }
  return out;
}

std::vector<ScrapeConfig> Jobs(const std::string& text, const std::string& file = "p.yml") {
  EXPECT_EQ(Problems(text, file), "");
  return ParseConfig(text, file).config.scrape_configs;
}

TEST(ScrapeConfigsTest, DefaultsAreThoseOfPrometheus) {
  const auto jobs = Jobs("scrape_configs: [{job_name: a, static_configs: [{targets: [h:1]}]}]");
  ASSERT_EQ(jobs.size(), 1U);
  ScrapeConfig want;
  want.job_name = "a";
  want.scrape_interval = minutes(1);
  want.scrape_timeout = seconds(10);
  want.static_configs = {{.targets = {{{"__address__", "h:1"}}}, .labels = {}}};
  EXPECT_EQ(jobs[0], want);
}

TEST(ScrapeConfigsTest, AFileThatIsMeantForPrometheusIsReadAsItIs) {
  const auto jobs = Jobs(R"(
global: {scrape_interval: 5s, evaluation_interval: 15s, external_labels: {cluster: a}, sample_limit: 9}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ["alertmanager:9093"]}]}]}
remote_write: [{url: "http://mimir/api/v1/push"}]
scrape_configs:
- job_name: triton
  scrape_interval: 1s
  scrape_timeout: 700ms
  metrics_path: /v2/metrics
  scheme: https
  params: {module: [a, b]}
  honor_labels: true
  honor_timestamps: false
  lenient: true
  body_size_limit: 4MB
  sample_limit: 100
  label_limit: 30
  tls_config:
    {ca_file: ca.pem, cert_file: /abs/cert.pem, key_file: key.pem, insecure_skip_verify: true}
  authorization: {credentials_file: token}
  follow_redirects: false
  static_configs:
  - targets: ["a:1", "b:2"]
    labels: {env: prod}
  relabel_configs:
  - source_labels: [__address__]
    regex: ([^:]+):.*
    target_label: host
  metric_relabel_configs:
  - {source_labels: [__name__], regex: "go_.*", action: drop}
- job_name: files
  file_sd_configs: [{files: ["sd/*.json", /abs/a.yml], refresh_interval: 1m30s}]
- job_name: urls
  http_sd_configs:
  - {url: "http://sd:8080/targets", refresh_interval: 10s, basic_auth: {username: u, password: p}}
)",
                         "/etc/prometheus/p.yml");
  ASSERT_EQ(jobs.size(), 3U);
  const ScrapeConfig& triton = jobs[0];
  EXPECT_EQ(triton.scrape_interval, seconds(1));
  EXPECT_EQ(triton.scrape_timeout, milliseconds(700));
  EXPECT_EQ(triton.body_size_limit, std::size_t{4} << 20U);
  EXPECT_EQ(triton.sample_limit, 100U);
  EXPECT_EQ(triton.params.at("module"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(triton.access.tls.ca_file, "/etc/prometheus/ca.pem");
  EXPECT_EQ(triton.access.tls.certificate_file, "/abs/cert.pem");
  EXPECT_TRUE(triton.access.insecure_skip_verify);
  EXPECT_EQ(triton.access.credentials_file, "/etc/prometheus/token");
  EXPECT_EQ(triton.static_configs[0].labels, (Labels{{"env", "prod"}}));
  EXPECT_EQ(triton.relabel_configs[0].target_label, "host");
  EXPECT_EQ(triton.metric_relabel_configs[0].action, RelabelAction::kDrop);
  EXPECT_TRUE(triton.honor_labels);
  EXPECT_FALSE(triton.honor_timestamps);
  EXPECT_TRUE(triton.lenient);
  EXPECT_EQ(jobs[1].scrape_interval, seconds(5));
  EXPECT_EQ(jobs[1].scrape_timeout, seconds(5));  // no more than the interval
  EXPECT_EQ(jobs[1].sample_limit, 9U);
  EXPECT_EQ(jobs[1].file_sd_configs[0].files,
            (std::vector<std::string>{"/etc/prometheus/sd/*.json", "/abs/a.yml"}));
  EXPECT_EQ(jobs[1].file_sd_configs[0].refresh_interval, seconds(90));
  EXPECT_EQ(jobs[2].http_sd_configs[0].access.basic_auth.username, "u");
}

TEST(ScrapeConfigsTest, WhatPrometheusRefusesIsRefusedInItsWords) {
  struct Row {
    const char* job;
    const char* want;
  };
  for (const Row& row : {
           Row{"{}", "scrape_configs[0]: job_name is empty"},
           Row{"{job_name: a, scrape_interval: 1s, scrape_timeout: 2s}",
               "scrape timeout greater than scrape interval for scrape config with job name \"a\""},
           Row{"{job_name: a, scrape_interval: 1x}", "unknown unit \"x\" in duration \"1x\""},
           Row{"{job_name: a, scrape_interval: 1s1m}", "not a valid duration string: \"1s1m\""},
           Row{"{job_name: a, static_configs: [{targets: [\"http://h\"]}]}",
               "\"http://h\" is not a valid hostname"},
           Row{"{job_name: a, file_sd_configs: [{files: [a.txt]}]}",
               "path name \"a.txt\" is not valid for file discovery"},
           Row{"{job_name: a, file_sd_configs: [{files: [\"*/a.yml\"]}]}",
               "path name \"*/a.yml\" is not valid for file discovery"},
           Row{"{job_name: a, file_sd_configs: [{files: []}]}",
               "file service discovery config must contain at least one path name"},
           Row{"{job_name: a, http_sd_configs: [{url: \"ftp://h\"}]}",
               "URL scheme must be 'http' or 'https'"},
           Row{"{job_name: a, http_sd_configs: [{url: \"http://\"}]}", "host is missing in URL"},
           Row{"{job_name: a, http_sd_configs: [{}]}", "URL is missing"},
           Row{"{job_name: a, bearer_token: x, bearer_token_file: y}",
               "at most one of bearer_token & bearer_token_file must be configured"},
           Row{"{job_name: a, authorization: {type: Basic}}",
               "authorization type cannot be set to \"basic\", use \"basic_auth\" instead"},
           Row{"{job_name: a, relabel_configs: [{action: hashmod, target_label: a}]}",
               "relabel configuration for hashmod requires non-zero modulus"},
           Row{"{job_name: a, relabel_configs: [{regex: \"abc(def\", target_label: a}]}",
               "error parsing regexp: missing closing )"},
           Row{"{job_name: a}, {job_name: a}", "found multiple scrape configs with job name \"a\""},
       }) {
    const std::string problems = Problems(std::string("scrape_configs: [") + row.job + "]");
    EXPECT_NE(problems.find(row.want), std::string::npos) << row.job << "\n" << problems;
  }
}

TEST(ScrapeConfigsTest, WhatHasNoCounterpartIsSaidWhereItStands) {
  EXPECT_EQ(Problems(R"(scrape_configs:
- job_name: a
  follow_redirects: true
  tls_config: {server_name: web}
  kubernetes_sd_configs:
  - role: pod
- job_name: b
  consul_sd_configs: [{server: "localhost:8500"}]
  oauth2: {client_id: x}
  proxy_url: http://proxy
)"),
            "p.yml:3:21: scrape_configs[0].follow_redirects: has no counterpart: redirects are not "
            "followed\n"
            "p.yml:4:29: scrape_configs[0].tls_config.server_name: has no counterpart: the "
            "certificate has to be of the address that is talked to\n"
            "p.yml:5:3: scrape_configs[0].kubernetes_sd_configs: has no counterpart yet; give a "
            "PodMonitor or ServiceMonitor, or file_sd_configs or http_sd_configs\n"
            "p.yml:8:3: scrape_configs[1].consul_sd_configs: has no counterpart; give "
            "file_sd_configs or http_sd_configs\n"
            "p.yml:9:3: scrape_configs[1].oauth2: has no counterpart\n"
            "p.yml:10:3: scrape_configs[1].proxy_url: has no counterpart: targets are talked to "
            "without a proxy\n");
}

TEST(ScrapeConfigsTest, SecretsAreNotShown) {
  const std::string problems = Problems(
      "scrape_configs: [{job_name: a, bearer_token: [s3cret], basic_auth: {password: [s3cret]}}]");
  EXPECT_NE(problems, "");
  EXPECT_EQ(problems.find("s3cret"), std::string::npos) << problems;
}

}  // namespace
}  // namespace tidegate
