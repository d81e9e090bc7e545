// SPDX-License-Identifier: Apache-2.0
//
// An end to what replicas without a value do to a metric: a few of them that have had none for long
// are left out.
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "tidegate/plan.h"

namespace tidegate::core {

/// Remembers in `next` since when which replicas have no value, and says in `steps` which are left
/// out. Returns `readings`, or `changed` where that differs: the same, with what is left out and
/// without the doubts about it. They may be one.
///
/// REQUIRES: input.spec.missing_replicas is set; `next` has no memory of missing replicas.
const std::vector<Reading>& LeaveOutMissing(const WorkloadInput& input, TimePoint now,
                                            const std::vector<Reading>& readings,
                                            std::vector<Reading>& changed, std::vector<Step>& steps,
                                            History& next);

}  // namespace tidegate::core
