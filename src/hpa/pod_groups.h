// SPDX-License-Identifier: Apache-2.0
//
// Sorts a workload's replicas by what their value of a metric is worth: ready, unready, missing
// or ignored (HPA's groupPods).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/observation.h"
#include "tidegate/result.h"
#include "tidegate/spec.h"

namespace tidegate::hpa {

enum class PodGroup { kReady, kUnready, kMissing, kIgnored };

/// One replica, or a value whose replica is not known (`replica` is then null).
struct PodEntry {
  const Replica* replica = nullptr;
  PodGroup group = PodGroup::kReady;
  bool counted = false;  ///< has a value that takes part in the sums
  MilliValue value = 0;
  MilliValue request = 0;
};

struct PodGroups {
  std::vector<PodEntry> entries;  ///< the replicas in their order, then surplus values
  std::size_t ready = 0;
  bool any_unready = false;
  bool any_missing = false;

  std::size_t CountedEntries() const;
  void Name(PodGroup group, std::vector<std::string>& names) const;
};

/// `resource` is "cpu", another resource, or "" for Pods metrics.
PodGroups GroupPods(const Observation& observation, const Reading& reading,
                    std::string_view resource, const HpaOptions& options, TimePoint now);

/// Fills in the requests of `resource` of every replica, ignored ones included.
/// `container` empty: all containers. The error is upstream's.
std::optional<Error> FillRequests(PodGroups& groups, std::string_view resource,
                                  std::string_view container);

}  // namespace tidegate::hpa
