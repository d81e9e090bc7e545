// SPDX-License-Identifier: Apache-2.0
//
// What a pod as a whole requests, where its spec says so itself (spec.resources.requests).
//
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hpa/quantity.h"
#include "tidegate/export.h"
#include "tidegate/observation.h"

namespace tidegate::hpa {

struct QuantityRequest {
  std::string resource;
  Quantity value;
};
using QuantityList = std::vector<QuantityRequest>;

struct InitContainerRequests {
  QuantityList requests;
  bool restartable = false;  ///< a sidecar, which goes on running
};

struct PodResources {
  QuantityList pod;  ///< spec.resources.requests
  std::vector<QuantityList> containers;
  std::vector<InitContainerRequests> init_containers;  ///< in the order in which they run
  QuantityList overhead;
};

/// Replica::pod_requests: the pod's own values; for resources that it does not name what its
/// containers need at the most, while they start or later; and the overhead on top.
/// Absent: the pod requests nothing as a whole, and HPA adds up its containers.
TIDEGATE_EXPORT std::optional<ResourceList> PodRequests(const PodResources& resources,
                                                        bool with_overhead);

}  // namespace tidegate::hpa
