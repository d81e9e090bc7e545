// SPDX-License-Identifier: Apache-2.0
//
// Buffers that the arithmetic uses again from tick to tick.
#pragma once

#include <vector>

#include "hpa/compatibility.h"
#include "hpa/pod_groups.h"
#include "tidegate/decision.h"

namespace tidegate {

class Scratch {
 public:
  hpa::PodGroups groups;
  hpa::Compatibility compatibility;  ///< of a workload that sets feature gates
  std::vector<MetricTrace> traces;   ///< of an earlier tick; to be written over
};

}  // namespace tidegate
