// SPDX-License-Identifier: Apache-2.0
//
// Sorts a workload's replicas by what their value of a metric is worth: ready, unready, missing
// or ignored (HPA's groupPods).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "hpa/compatibility.h"
#include "tidegate/decision.h"
#include "tidegate/observation.h"
#include "tidegate/result.h"
#include "tidegate/spec.h"

namespace tidegate::hpa {

/// One replica, or, behind the replicas, a value whose replica is not known.
struct PodEntry {
  MilliValue value = 0;
  MilliValue request = 0;
  ReplicaGroup group = ReplicaGroup::kReady;
  bool counted = false;  ///< has a value that takes part in the sums
};

/// The buffers are used again by the next GroupPods().
struct PodGroups {
  std::vector<PodEntry> entries;  ///< the replicas in their order, then surplus values
  std::size_t replicas = 0;       ///< how many of the entries are replicas
  std::size_t ready = 0;
  bool any_unready = false;
  bool any_missing = false;
  std::vector<const ReplicaReading*> index;  ///< readings by name, where their order differs

  std::size_t CountedEntries() const;
};

/// What grouping depends on besides the replicas.
struct GroupingRules {
  std::string_view resource;  ///< "cpu", another resource, or "" for Pods metrics
  const HpaOptions& options;
  const Compatibility& compatibility;
  TimePoint now;
};

/// Costs no look-up where the readings come in the order of the replicas.
void GroupPods(const Observation& observation, const Reading& reading, const GroupingRules& rules,
               PodGroups& groups);

/// Fills in the requests of `resource` of every replica, ignored ones included.
/// `container` empty: all containers. The error is upstream's.
std::optional<Error> FillRequests(const Observation& observation, std::string_view resource,
                                  std::string_view container, const Compatibility& compatibility,
                                  PodGroups& groups);

}  // namespace tidegate::hpa
