// SPDX-License-Identifier: Apache-2.0
//
// Tidegate as a process that scrapes: peer_scrape PORT TARGETS INTERVAL_S RETENTION_S [METRIC…]
//
// The whole loop: a Controller with a scrape source over TARGETS replicas, each at a loopback
// address of its own, and a decision at each tick. It keeps the METRICs, or all. Runs until it is
// killed.
#include <cstdio>
#include <cstdlib>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "tidegate/controller.h"
#include "tidegate/sources/scrape.h"

namespace tidegate {
namespace {

Observation Targets(int count, std::uint16_t port) {
  Observation seen{.spec_replicas = count, .status_replicas = count};
  for (int i = 0; i < count; ++i) {
    seen.replicas.push_back(
        {.name = "target-" + std::to_string(i),
         .phase = ReplicaPhase::kRunning,
         .ready = ConditionStatus::kTrue,
         .host = "127.0." + std::to_string(i / 200 + 1) + "." + std::to_string(i % 200 + 1),
         .ports = {{"metrics", port}}});
  }
  return seen;
}

int Main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const int targets = std::atoi(argv[2]);
  const std::chrono::seconds interval(std::atoi(argv[3]));
  Workload web;
  web.spec = {.workload = "web", .min_replicas = 1, .max_replicas = 10'000};
  web.spec.metrics = {{.type = MetricSourceType::kExternal, .name = "pending"}};
  web.spec.metrics[0].target.average_value = 4'000;
  web.queries = {{"pending", "sum(nv_inference_pending_request_count)"}};
  web.period = interval;
  web.max_sample_age = 3 * interval;
  web.source = MakeScrapeSource(
      {.interval = interval, .timeout = interval, .body_size_limit = std::size_t{1} << 28U});
  std::vector<Workload> workloads;
  workloads.push_back(std::move(web));
  ControllerOptions options;
  options.gather_timeout = interval;
  options.series.retention = std::chrono::seconds(std::atoi(argv[4]));
  options.series.max_samples_per_page = 1'000'000;
  options.series.metrics.assign(argv + 5, argv + argc);
  options.keep_all_series = argc == 5;
  auto controller = Controller::Create(std::move(workloads), {}, options);
  if (!controller || !(*controller)->SetReplicas("web", Targets(targets, port)).ok()) return 1;
  (*controller)->Run(std::stop_token());
  return 0;
}

}  // namespace
}  // namespace tidegate

int main(int argc, char** argv) { return argc < 5 ? 2 : tidegate::Main(argc, argv); }
