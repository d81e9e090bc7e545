// SPDX-License-Identifier: Apache-2.0
//
// The vocabulary that every other header uses: time, milli-values, label sets.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace tidegate {

/// Nanoseconds: fine enough for Kubernetes' window edges, wide enough for 292 years.
using Duration = std::chrono::nanoseconds;

/// An instant. The core never asks what time it is; it is told.
using TimePoint = std::chrono::sys_time<Duration>;

/// A quantity times 1000, as HPA computes with (`1500m` is 1500, `2` is 2000).
using MilliValue = std::int64_t;

/// Label names and values, sorted by name.
using Labels = std::map<std::string, std::string>;

/// How the metrics of a target are written down. Pages in protobuf are known but not read.
enum class PageFormat : std::uint8_t {
  kText,         ///< Prometheus text 0.0.4
  kOpenMetrics,  ///< OpenMetrics 1.0
  kProtobuf,
};

/// Names a workload: `name`, or `namespace/name`.
using WorkloadId = std::string;

}  // namespace tidegate
