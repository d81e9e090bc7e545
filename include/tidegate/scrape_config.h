// SPDX-License-Identifier: Apache-2.0
//
// ScrapeConfig: one job of Prometheus's `scrape_configs`, where its targets come from and how they
// are scraped.
//
// Plain values; compare with ==. Keys are Prometheus's.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "tidegate/http_options.h"
#include "tidegate/relabel.h"
#include "tidegate/types.h"

namespace tidegate {

/// Targets that were found together. A target is what is known of it before relabelling;
/// `__address__` is its host:port.
struct TargetGroup {
  std::vector<Labels> targets;
  Labels labels;  ///< of all of them; a target's own win

  friend bool operator==(const TargetGroup&, const TargetGroup&) = default;
};

/// Files in JSON or YAML with lists of `{targets, labels}`.
struct FileDiscovery {
  std::vector<std::string> files;  ///< the last part of a path may have `*`
  Duration refresh_interval = std::chrono::minutes(5);

  friend bool operator==(const FileDiscovery&, const FileDiscovery&) = default;
};

/// A URL that answers such a list in JSON.
struct HttpDiscovery {
  std::string url;
  Duration refresh_interval = std::chrono::minutes(1);
  HttpAccess access{};

  friend bool operator==(const HttpDiscovery&, const HttpDiscovery&) = default;
};

/// The replicas of a workload, as its backend has observed them, with the labels that Kubernetes'
/// discovery gives a pod and its port.
struct ReplicaDiscovery {
  WorkloadId workload;
  std::string port;        ///< name; empty: every port
  std::string name_space;  ///< said of the pods

  friend bool operator==(const ReplicaDiscovery&, const ReplicaDiscovery&) = default;
};

struct ScrapeConfig {
  std::string job_name;
  Duration scrape_interval = std::chrono::minutes(1);
  Duration scrape_timeout = std::chrono::seconds(10);
  std::string metrics_path = "/metrics";
  std::string scheme = "http";
  std::map<std::string, std::vector<std::string>> params;
  bool honor_labels = false;
  bool honor_timestamps = true;
  bool lenient = false;  ///< Tidegate's own: PageRules::lenient
  HttpAccess access;
  std::vector<RelabelConfig> relabel_configs;
  std::vector<RelabelConfig> metric_relabel_configs;

  // Limits. Prometheus has none by default, which 0 stands for there; here it stands for a limit of
  // Tidegate's: 16 MiB, 10,000 targets, and what the store has.
  std::size_t body_size_limit = 0;
  std::size_t target_limit = 0;
  std::size_t sample_limit = 0;
  std::size_t label_limit = 0;
  std::size_t label_name_length_limit = 0;
  std::size_t label_value_length_limit = 0;

  std::vector<TargetGroup> static_configs;
  std::vector<FileDiscovery> file_sd_configs;
  std::vector<HttpDiscovery> http_sd_configs;
  std::vector<ReplicaDiscovery> replicas;

  friend bool operator==(const ScrapeConfig&, const ScrapeConfig&) = default;
};

}  // namespace tidegate
