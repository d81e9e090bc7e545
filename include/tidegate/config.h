// SPDX-License-Identifier: Apache-2.0
//
// Text <-> specs: YAML or JSON documents of `tidegate.dev/v1alpha1`, autoscaling/v2
// HorizontalPodAutoscalers, Prometheus-Adapter rules and Prometheus's `scrape_configs`.
//
// Documents with the same metadata.name describe one workload together: a
// HorizontalPodAutoscaler may give bounds, metrics and behavior, a ConfigMap of Prometheus
// Adapter the queries, and an Autoscaler what is left (backend, balancer, scrape).
//
// Thread safety: pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/backends/process_pool.h"
#include "tidegate/balancers/nginx.h"
#include "tidegate/controller.h"
#include "tidegate/export.h"
#include "tidegate/policy_registry.h"
#include "tidegate/result.h"
#include "tidegate/scrape_config.h"
#include "tidegate/sources/process.h"
#include "tidegate/sources/prometheus.h"
#include "tidegate/sources/scrape.h"
#include "tidegate/sources/triton_stats.h"
#include "tidegate/spec.h"

namespace tidegate {

/// Everything that a file says about one workload. `kind: Autoscaler`.
struct Autoscaler {
  ScalingSpec spec;
  Duration period = std::chrono::seconds(1);
  Duration max_sample_age = std::chrono::seconds(10);
  double min_window_coverage = 0.8;
  std::optional<std::string> profile;  ///< of its servers: what its metrics' names mean
  std::vector<MetricQuery> queries;    ///< with those that the profile makes of the metrics
  std::optional<ScrapeOptions> scrape;
  std::optional<TritonStatsOptions> triton_stats;
  std::optional<ProcessOptions> process;
  std::optional<PrometheusOptions> prometheus;     ///< answers every query: beside no other source
  std::optional<ProcessPoolOptions> process_pool;  ///< backend.processPool
  std::optional<NginxOptions> nginx;               ///< balancer.nginx
  std::string balancer_port = "http";              ///< balancer.port: where requests are sent
};

struct PushOptions {
  std::string token_file;                           ///< its first line is the token
  std::size_t size_limit = std::size_t{16} << 20U;  ///< bytes of a page
  bool lenient = false;  ///< PageRules::lenient; readings that such a page may reach are in doubt
};

struct AdminOptions {
  std::string address = "127.0.0.1:9464";  ///< host:port; port 0: any free one; empty: none
  std::optional<PushOptions> push;         ///< absent: nobody may push
};

struct JournalOptions {
  std::string path;                    ///< empty: no journal
  std::size_t size_limit = 64u << 20;  ///< bytes; then it is renamed to PATH.1 …
  std::int32_t files = 4;              ///< … of which so many are kept
};

struct LogOptions {
  std::string level = "info";   ///< debug, info, warning, error or off
  std::string format = "text";  ///< text or json
};

struct StoreOptions {
  std::string keep = "queried";  ///< queried or all: which series of a page
};

/// GPUs in MIG mode that this machine is said to have: for demos and tests.
struct SimulatedDevices {
  std::string model;  ///< as FindDeviceModel() takes it: "A100-SXM4-40GB"
  std::int32_t count = 1;
  std::string node;

  friend bool operator==(const SimulatedDevices&, const SimulatedDevices&) = default;
};

/// The GPUs of this machine that are in MIG mode: NvmlSlicesOptions has the same.
struct NvmlDevicesOptions {
  std::string soname = "libnvidia-ml.so.1";  ///< NVML, as loaders look for it
  std::string node;
  std::vector<std::string> gpus;        ///< UUIDs; empty: all
  std::vector<std::string> reserved;    ///< MIG UUIDs: neither used nor destroyed
  std::vector<std::string> expendable;  ///< MIG UUIDs: may be destroyed, whoever made them
  Duration interval = std::chrono::seconds(10);
  std::string state_file;

  friend bool operator==(const NvmlDevicesOptions&, const NvmlDevicesOptions&) = default;
};

/// The GPUs whose slices replicas run on, and the rules for it.
struct DevicesOptions {
  std::vector<SimulatedDevices> simulated;
  std::optional<NvmlDevicesOptions> nvml;       ///< instead of simulated ones
  std::map<std::string, std::int32_t> budgets;  ///< by model: devices that may be in use
  std::optional<Duration> repack_after;         ///< Inventory::repack_after

  friend bool operator==(const DevicesOptions&, const DevicesOptions&) = default;
};

/// Settings of the executable. `kind: Scaler`; at most one document.
struct ScalerOptions {
  Duration gather_timeout = std::chrono::milliseconds(900);  ///< as ControllerOptions has it
  AdminOptions admin;
  JournalOptions journal;
  LogOptions log;
  StoreOptions store;
  std::optional<DevicesOptions> devices;  ///< for workloads with ScalingSpec::slice
};

struct Config {
  std::vector<Autoscaler> autoscalers;  ///< sorted by workload
  ScalerOptions scaler;
  /// Jobs whose targets belong to no one workload, in the order of the file.
  std::vector<ScrapeConfig> scrape_configs;
};

/// One thing that is wrong with a file, as `file:line:column: path: text`. What the Kubernetes API
/// server would refuse has its words: `…: The HorizontalPodAutoscaler "web" is invalid: path:
/// text`.
struct TIDEGATE_EXPORT ConfigProblem {
  std::string file;
  int line = 0;    ///< from 1; 0: the file as a whole
  int column = 0;  ///< from 1
  std::string path;
  std::string message;
  std::string object;  ///< `HorizontalPodAutoscaler "web"`, if the API server would say this

  std::string ToString() const;
};

/// Parses one file's text, with all its problems at once.
struct ParsedConfig {
  Config config;
  std::vector<ConfigProblem> problems;  ///< empty: `config` is valid
};
/// `policies`: what `spec.policies` may name. Relative files of `scrape_configs` are beside
/// `file_name`.
TIDEGATE_EXPORT ParsedConfig ParseConfig(std::string_view text, std::string_view file_name,
                                         const PolicyRegistry& policies = BuiltinPolicies());

/// Reads and parses a file; kInvalidArgument lists the problems, one a line.
TIDEGATE_EXPORT Result<Config> LoadConfig(const std::string& file,
                                          const PolicyRegistry& policies = BuiltinPolicies());

/// The simulated devices, by the catalogue's models, and the rules. kNotFound: there is no such
/// model.
TIDEGATE_EXPORT Result<Inventory> MakeInventory(const DevicesOptions& options);

/// The same document with every field at its value, as YAML. Secrets are shown as "***".
TIDEGATE_EXPORT std::string DumpConfig(const Config& config);

/// JSON Schema of the documents, and the reference page in Markdown.
TIDEGATE_EXPORT std::string ConfigSchema();
TIDEGATE_EXPORT std::string ConfigReference();

/// The page of the profiles of servers, in Markdown.
TIDEGATE_EXPORT std::string ProfileReference();

}  // namespace tidegate
