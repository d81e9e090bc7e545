// SPDX-License-Identifier: Apache-2.0
//
// A real Prometheus and Tidegate find the same targets by the same configuration.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "net/http_client.h"
#include "support/prometheus_instance.h"
#include "tidegate/config.h"
#include "tidegate/sources/discovery.h"

namespace tidegate {
namespace {

using testing::PrometheusInstance;
using testing::TempFolder;
using testing::WriteFile;
using Targets = std::map<std::string, Labels>;  // by URL

std::string Jobs(const TempFolder& folder) {
  return R"yaml([
  {job_name: files, file_sd_configs: [{files: [")yaml" +
         folder / "*.json" + R"yaml("]}], params: {module: [x y]}, relabel_configs: [
    {source_labels: [__meta_filepath], regex: ".*/([^/]+)[.]json", target_label: site},
    {source_labels: [__address__], modulus: 7, target_label: shard, action: hashmod},
    {source_labels: [x], target_label: __metrics_path__, regex: "(.+)", replacement: "/of/$1"},
    {regex: "label_(.+)", action: labelmap}]},
  {job_name: static, static_configs: [{targets: ["127.0.0.1:1", "127.0.0.1:2"], labels: {env: prod}}],
   relabel_configs: [
    {source_labels: [__address__], regex: ".*:2", action: drop},
    {source_labels: [env], target_label: env, action: uppercase}]}])yaml";
}

Targets Theirs(const PrometheusInstance& prometheus) {
  Targets out;
  net::HttpRequest get;
  get.url = prometheus.url() + "/api/v1/targets?state=active";
  const net::HttpOutcome outcome = net::HttpClient().Perform(get);
  if (!outcome.response) return out;
  const auto answer = nlohmann::json::parse(outcome.response->body, nullptr, false);
  if (!answer.is_object()) return out;
  for (const auto& target : answer.at("data").at("activeTargets")) {
    out[target.at("scrapeUrl")] = target.at("labels").get<Labels>();
  }
  return out;
}

Targets Ours(const std::string& jobs) {
  const ParsedConfig parsed = ParseConfig("scrape_configs: " + jobs, "p.yml");
  for (const ConfigProblem& problem : parsed.problems) ADD_FAILURE() << problem.ToString();
  Targets out;
  SeriesStore store;
  const WorkloadId none;
  const TimePoint now{std::chrono::seconds(1'700'000'000)};
  for (const ScrapeConfig& job : parsed.config.scrape_configs) {
    const auto source = MakeDiscoverySource(job).value();
    EXPECT_TRUE(source->Collect(
        {.workload = none, .replicas = {}, .now = now, .deadline = now + std::chrono::seconds(5)},
        store));
    for (const TargetState& state : source->targets()) out[state.target] = state.labels;
  }
  return out;
}

TEST(DiscoveryConformance, FindsTheTargetsThatPrometheusFinds) {
  TempFolder folder;
  WriteFile(folder / "a.json",
            R"([{"targets": ["127.0.0.1:3", "127.0.0.1:4"], "labels": {"label_zone": "eu"}},
                {"targets": ["127.0.0.1:5"], "labels": {"x": "a b", "instance": "five"}}])");
  PrometheusInstance prometheus;
  ASSERT_TRUE(prometheus.Start(Jobs(folder))) << prometheus.Log();
  Targets theirs;
  testing::Eventually(
      [&] {
        theirs = Theirs(prometheus);
        return theirs.size() == 4;
      },
      std::chrono::seconds(30));
  ASSERT_EQ(theirs.size(), 4U);
  EXPECT_EQ(Ours(Jobs(folder)), theirs);
}

}  // namespace
}  // namespace tidegate
