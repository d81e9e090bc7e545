// SPDX-License-Identifier: Apache-2.0
//
// What was discovered -> a target, as Prometheus relabels and names it. Pure.
#pragma once

#include <optional>
#include <string>

#include "tidegate/relabel.h"
#include "tidegate/result.h"
#include "tidegate/scrape_config.h"
#include "tidegate/types.h"

namespace tidegate::discovery {

struct Target {
  std::string url;      ///< with its parameters
  std::string address;  ///< host:port, as in __address__
  Labels labels;        ///< of its series: none begins with `__`
  Duration interval{};
  Duration timeout{};
};

/// What relabelling sees: the labels of the target and of its group, and the job's settings where
/// they are absent.
Labels DiscoveredLabels(const ScrapeConfig& job, const Labels& target, const Labels& group);

/// Absent: relabelling drops it. kInvalidArgument: what is wrong with it, in Prometheus's words.
Result<std::optional<Target>> MakeTarget(const ScrapeConfig& job, const RelabelRules& rules,
                                         const Labels& target, const Labels& group);

}  // namespace tidegate::discovery
