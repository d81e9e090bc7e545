// SPDX-License-Identifier: Apache-2.0
//
// ServiceMonitor and PodMonitor (monitoring.coreos.com/v1) as jobs that scrape the replicas of the
// workloads that they select.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader.h"
#include "tidegate/scrape_config.h"
#include "tidegate/types.h"

namespace tidegate::config {

inline constexpr std::string_view kMonitorVersion = "monitoring.coreos.com/v1";

/// What a monitor selects workloads by.
struct MonitoredWorkload {
  WorkloadId workload;
  std::string name_space;  ///< empty: not known, any
  Labels labels;
};

/// One job for each endpoint, named as Prometheus Operator names it. What has no counterpart is a
/// problem.
std::vector<ScrapeConfig> ReadMonitor(const Node& root,
                                      std::span<const MonitoredWorkload> workloads,
                                      std::vector<Problem>& problems);

}  // namespace tidegate::config
