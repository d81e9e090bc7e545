// SPDX-License-Identifier: Apache-2.0
#include "tidegate/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "tidegate/describe.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Read(const std::string& file) {
  std::ifstream stream(file);
  std::ostringstream out;
  out << stream.rdbuf();
  return out.str();
}

Config Parse(std::string_view text) {
  ParsedConfig parsed = ParseConfig(text, "f.yaml");
  for (const ConfigProblem& problem : parsed.problems) ADD_FAILURE() << problem.ToString();
  return std::move(parsed.config);
}

TEST(ConfigTest, TenLinesAreEnough) {
  const Config config = Parse(R"(apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {name: flower}
spec:
  minReplicas: 1
  maxReplicas: 7
  metrics:
  - {type: Pods, pods: {metric: {name: queue_ms}, target: {type: AverageValue, averageValue: 20}}}
  scrape: {port: metrics}
  backend: {processPool: {command: [./server, "{port:http}"], ports: [http, metrics]}}
)");
  ASSERT_EQ(config.autoscalers.size(), 1u);
  const Autoscaler& flower = config.autoscalers[0];
  EXPECT_EQ(flower.spec.workload, "flower");
  EXPECT_EQ(flower.spec.min_replicas, 1);
  EXPECT_EQ(flower.spec.max_replicas, 7);
  EXPECT_EQ(flower.spec.missing_data, MissingData::kHold);
  EXPECT_EQ(flower.period, std::chrono::seconds(1));
  ASSERT_EQ(flower.spec.metrics.size(), 1u);
  EXPECT_EQ(flower.spec.metrics[0].target.average_value, 20'000);
  EXPECT_EQ(flower.process_pool->command, (std::vector<std::string>{"./server", "{port:http}"}));
  EXPECT_EQ(flower.scrape->port, "metrics");
  EXPECT_FALSE(flower.nginx.has_value());
}

TEST(ConfigTest, JsonIsYaml) {
  const Config config = Parse(R"({"apiVersion": "tidegate.dev/v1alpha1", "kind": "Scaler",
  "spec": {"journal": {"path": "/tmp/j", "files": 2}, "log": {"format": "json"}}})");
  EXPECT_EQ(config.scaler.journal.path, "/tmp/j");
  EXPECT_EQ(config.scaler.journal.files, 2);
  EXPECT_EQ(config.scaler.log.format, "json");
}

TEST(ConfigTest, AnchorsWithinTheLimitsWork) {
  const Config config = Parse(R"(apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {name: web}
spec:
  maxReplicas: 3
  metrics:
  - {type: Pods, pods: {metric: {name: a}, target: &t {type: AverageValue, averageValue: 1}}}
  - {type: Pods, pods: {metric: {name: b}, target: *t}}
)");
  EXPECT_EQ(config.autoscalers.at(0).spec.metrics.at(1).target.average_value, 1000);
}

TEST(ConfigTest, EveryTypeOfMetricIsRead) {
  const Config config = Parse(R"(apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {name: web}
spec:
  minReplicas: 0
  maxReplicas: 3
  metrics:
  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}
  - type: ContainerResource
    containerResource:
      {name: cpu, container: app, target: {type: Utilization, averageUtilization: 60}}
  - type: Object
    object:
      describedObject: {apiVersion: v1, kind: Service, name: front}
      metric: {name: rps, selector: {matchLabels: {verb: GET}}}
      target: {type: Value, value: 2k}
  - {type: External, external: {metric: {name: q, selector: {}}, target: {type: Value, value: 30}}}
)");
  const std::vector<MetricSpec>& metrics = config.autoscalers.at(0).spec.metrics;
  ASSERT_EQ(metrics.size(), 4u);
  EXPECT_EQ(metrics[0].target.average_value, (std::int64_t{1} << 30) * 1000);
  EXPECT_EQ(metrics[1].container, "app");
  EXPECT_EQ(metrics[1].target.average_utilization, 60);
  EXPECT_EQ(metrics[2].described_object, (ObjectReference{"v1", "Service", "front"}));
  EXPECT_EQ(metrics[2].selector, (LabelSelector{.match_labels = {{"verb", "GET"}}}));
  EXPECT_EQ(metrics[2].target.value, 2'000'000);
  EXPECT_EQ(metrics[3].selector, LabelSelector{});
}

TEST(ConfigTest, WorkloadsComeSortedByName) {
  const std::string spec = "spec: {maxReplicas: 2, policies: [{name: target_tracking}]}\n---\n";
  const std::string head = "apiVersion: tidegate.dev/v1alpha1\nkind: Autoscaler\nmetadata: {name: ";
  const Config config = Parse(head + "b}\n" + spec + head + "a}\n" + spec);
  ASSERT_EQ(config.autoscalers.size(), 2u);
  EXPECT_EQ(config.autoscalers[0].spec.workload, "a");
}

TEST(ConfigTest, FullYamlHasEveryKeyAtItsDefault) {
  const std::string file = std::string(TIDEGATE_SOURCE_DIR) + "/examples/config/full.yaml";
  const Result<Config> config = LoadConfig(file);
  ASSERT_TRUE(config.has_value()) << config.error().message;
  ASSERT_EQ(config->autoscalers.size(), 2u);
  const Autoscaler& full = config->autoscalers[0];

  Autoscaler expected;  // what has no default is taken over
  expected.spec.workload = full.spec.workload;
  expected.spec.scale_target_ref = full.spec.scale_target_ref;
  expected.spec.max_replicas = full.spec.max_replicas;
  expected.spec.metrics = full.spec.metrics;
  expected.spec.policies = full.spec.policies;
  expected.spec.behavior = DefaultBehavior();
  expected.spec.behavior->scale_down.stabilization_window = HpaOptions{}.downscale_stabilization;
  expected.spec.behavior->scale_up.tolerance = HpaOptions{}.tolerance;
  expected.spec.behavior->scale_down.tolerance = HpaOptions{}.tolerance;
  expected.spec.slice.emplace().profile = full.spec.slice.value().profile;
  expected.spec.missing_replicas.emplace();
  expected.spec.fallbacks = {{.metric = "queue_ms"}};
  expected.queries = full.queries;
  expected.scrape.emplace().headers = full.scrape.value().headers;
  expected.triton_stats.emplace().headers = full.triton_stats.value().headers;
  expected.process.emplace();
  expected.process_pool.emplace().command = full.process_pool.value().command;
  expected.process_pool->cpu_request = 500;
  expected.process_pool->memory_request = (std::int64_t{1} << 30) * 1000;
  expected.process_pool->environment = full.process_pool->environment;
  expected.process_pool->ports = full.process_pool->ports;
  expected.nginx.emplace();
  expected.nginx->upstream = full.nginx.value().upstream;
  expected.nginx->upstream_file = full.nginx->upstream_file;
  expected.nginx->pid_file = full.nginx->pid_file;
  EXPECT_EQ(DescribedToJson(full), DescribedToJson(expected));
  ScalerOptions scaler;
  scaler.admin.push.emplace().token_file = config->scaler.admin.push.value().token_file;
  scaler.devices = config->scaler.devices.value();  // none of them has a default
  EXPECT_EQ(DescribedToJson(config->scaler), DescribedToJson(scaler));
  EXPECT_EQ(full.spec, expected.spec);

  const PrometheusOptions& prometheus = config->autoscalers[1].prometheus.value();
  PrometheusOptions defaults;
  defaults.url = prometheus.url;
  defaults.bearer_token_file = prometheus.bearer_token_file;
  defaults.tls.ca_file = prometheus.tls.ca_file;
  defaults.headers = prometheus.headers;
  defaults.parameters = prometheus.parameters;
  EXPECT_EQ(DescribedToJson(prometheus), DescribedToJson(defaults));
}

TEST(ConfigTest, MoldableYamlIsValid) {
  const std::string file = std::string(TIDEGATE_SOURCE_DIR) + "/examples/config/moldable.yaml";
  const Result<Config> config = LoadConfig(file);
  ASSERT_TRUE(config.has_value()) << config.error().message;
  const SliceSpec& slice = config->autoscalers[0].spec.slice.value();
  ASSERT_EQ(slice.sizes.size(), 4u);
  EXPECT_EQ(slice.sizes[1], (SliceSize{"2g.10gb", 2100}));
  EXPECT_EQ(slice.priority, 1);
}

TEST(ConfigTest, SimulatedDevicesAreAnInventory) {
  DevicesOptions options;
  options.simulated = {{.model = "NVIDIA A100-SXM4-40GB", .count = 2, .node = "dgx"},
                       {.model = "a30", .count = 1, .node = ""},
                       {.model = "NVIDIA A100-SXM4-40GB", .count = 1, .node = "dgx"}};
  options.budgets = {{"NVIDIA A100-SXM4-40GB", 2}};
  options.repack_after = std::chrono::seconds(5);
  const Inventory inventory = MakeInventory(options).value();
  ASSERT_EQ(inventory.devices.size(), 4u);
  std::set<std::string> ids;
  for (const Device& device : inventory.devices) {
    EXPECT_THAT(device.id,
                ::testing::MatchesRegex(
                    "GPU-[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"))
        << device.id;
    ids.insert(device.id);
  }
  EXPECT_EQ(ids.size(), 4u);
  EXPECT_NE(inventory.devices[0].id.substr(4, 8), inventory.devices[2].id.substr(4, 8));
  EXPECT_EQ(inventory.devices[3].model, "a100-40gb");
  EXPECT_EQ(inventory.budgets, (std::vector<DeviceLimit>{{.model = "a100-40gb", .devices = 2}}));
  EXPECT_EQ(inventory.repack_after, std::chrono::seconds(5));
  EXPECT_EQ(MakeInventory(options).value(), inventory);
}

// A HorizontalPodAutoscaler's CPU and memory, on processes.
constexpr std::string_view kResources = R"(apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 3
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}
  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}
---
apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {name: web}
spec:
)";

TEST(ConfigTest, ResourcesOfAPoolAreReadFromItsProcesses) {
  const std::string pool =
      std::string(kResources) + "  backend: {processPool: {command: [s], requests: {cpu: 250m}}}\n";
  const Autoscaler web = Parse(pool + "  process: {interval: 2s}\n").autoscalers.at(0);
  ASSERT_EQ(web.queries.size(), 2u);
  EXPECT_EQ(web.queries[0].metric, "cpu");
  EXPECT_EQ(web.queries[0].query, ProcessQuery("cpu"));
  EXPECT_EQ(web.queries[1].metric, "memory");
  EXPECT_EQ(web.queries[1].query, ProcessQuery("memory"));
  EXPECT_EQ(web.process->interval, std::chrono::seconds(2));
  EXPECT_EQ(web.process_pool->cpu_request, 250);
  EXPECT_FALSE(web.process_pool->memory_request);
  // One's own query stays, and without the source there is none.
  const Autoscaler own =
      Parse(pool + "  process: {}\n  queries: [{metric: cpu, query: q}]\n").autoscalers.at(0);
  EXPECT_EQ(own.queries.at(0).query, "q");
  EXPECT_TRUE(Parse(pool).autoscalers.at(0).queries.empty());
}

TEST(ConfigTest, AUtilizationNeedsARequest) {
  const ParsedConfig parsed =
      ParseConfig(std::string(kResources) +
                      "  backend: {processPool: {command: [s], requests: {memory: 1Gi}}}\n"
                      "  process: {}\n",
                  "f.yaml");
  ASSERT_EQ(parsed.problems.size(), 1u);
  EXPECT_EQ(
      parsed.problems[0].ToString(),
      "f.yaml:8:92: spec.metrics[0].resource.target.averageUtilization: needs "
      "spec.backend.processPool.requests.cpu: it is a percentage of what each replica requests");
}

TEST(ConfigTest, TheGpusOfThisMachine) {
  const auto config = LoadConfig(std::string(TIDEGATE_SOURCE_DIR) + "/examples/mig/nvml.yaml");
  ASSERT_TRUE(config) << config.error().message;
  NvmlDevicesOptions nvml{.state_file = "/var/lib/tidegate/slices.json"};
  nvml.node = "dgx";
  EXPECT_EQ(config->scaler.devices.value().nvml, nvml);
  EXPECT_TRUE(MakeInventory(*config->scaler.devices)->devices.empty());
}

TEST(ConfigTest, GpusAreRealOrSimulated) {
  const std::string scaler =
      "apiVersion: tidegate.dev/v1alpha1\nkind: Scaler\nspec:\n  devices:\n"
      "    nvml: {}\n    simulated: [{model: a30}]\n";
  const ParsedConfig parsed = ParseConfig(scaler, "f.yaml");
  ASSERT_FALSE(parsed.problems.empty());
  EXPECT_THAT(parsed.problems[0].ToString(),
              HasSubstr("spec.devices.nvml: is given, so no GPUs can be simulated"));
}

TEST(ConfigTest, DumpOfAParsedDumpIsTheDump) {
  const std::string full = Read(std::string(TIDEGATE_SOURCE_DIR) + "/examples/config/full.yaml");
  const std::string once = DumpConfig(Parse(full));
  EXPECT_EQ(DumpConfig(Parse(once)), once);
  EXPECT_THAT(once, HasSubstr("stabilizationWindowSeconds: 300"));
}

TEST(ConfigTest, DumpKeepsAwkwardStringsAndNumbers) {
  Config config;
  Autoscaler& web = config.autoscalers.emplace_back();
  web.spec.workload = "web";
  web.spec.max_replicas = 2;
  web.spec.hpa.tolerance = 1.0 / 3;
  web.spec.behavior = DefaultBehavior();
  web.spec.behavior->scale_up.tolerance = 9 * 0.001;
  web.spec.policies.push_back({"target_tracking", {}});
  web.process_pool.emplace().command = {"yes", "- a: b", "tab\t\"", "1e3", "null", "", "{x}", "ü"};
  const Config back = Parse(DumpConfig(config));
  EXPECT_EQ(back.autoscalers.at(0).spec, web.spec);
  EXPECT_EQ(back.autoscalers.at(0).process_pool->command, web.process_pool->command);
}

TEST(ConfigTest, SecretsAreNotDumped) {
  Config config;
  Autoscaler& web = config.autoscalers.emplace_back();
  web.scrape.emplace().headers["Authorization"] = "Bearer hunter2";
  web.process_pool.emplace().environment["TOKEN"] = "hunter2";
  web.prometheus.emplace().headers["X-Key"] = "hunter2";
  web.triton_stats.emplace().headers["triton-access"] = "hunter2";
  const std::string dump = DumpConfig(config);
  EXPECT_THAT(dump, Not(HasSubstr("hunter2")));
  EXPECT_THAT(dump, HasSubstr("Authorization: \"***\""));
}

}  // namespace
}  // namespace tidegate
