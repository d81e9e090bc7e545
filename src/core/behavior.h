// SPDX-License-Identifier: Apache-2.0
//
// What a proposal has to pass: stabilization windows, rate limits, bounds.
//
// With `behavior` and without it (HPA's legacy limits), by the controller's rules: which edge of
// a window belongs to it, which slot of the memory is used again, and where floating point
// rounds are all observable.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "tidegate/decision.h"
#include "tidegate/spec.h"

namespace tidegate::core {

/// The raw proposal after the stabilization windows, which remember it in `history`. A window that
/// changes it says so in `steps`.
std::int32_t Stabilize(const ScalingSpec& spec, std::int32_t current, std::int32_t proposed,
                       TimePoint now, History& history, std::vector<Step>& steps);

/// A stabilized number after rate limits and bounds; likewise.
std::int32_t Limit(const ScalingSpec& spec, std::int32_t current, std::int32_t stabilized,
                   TimePoint now, const History& history, std::vector<Step>& steps);

}  // namespace tidegate::core
