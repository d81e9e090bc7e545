// SPDX-License-Identifier: Apache-2.0
//
// What stands in for the reading of a metric that has none: its last one for a while, then a
// number of replicas, else nothing, which holds.
//
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <vector>

#include "tidegate/plan.h"

namespace tidegate::core {

/// Fills `readings` with those of the input and what stands in for some of them, says so in
/// `steps`, and remembers in `next` what the next tick needs. True: a reading of the past stands
/// in, so that the count may not go down.
bool StandIn(const WorkloadInput& input, TimePoint now, std::vector<Reading>& readings,
             std::vector<Step>& steps, History& next);

}  // namespace tidegate::core
