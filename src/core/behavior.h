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
#include <optional>

#include "tidegate/decision.h"
#include "tidegate/spec.h"

namespace tidegate::core {

/// A number, and why it is not the one that was asked for.
struct Limited {
  std::int32_t replicas = 0;
  std::optional<StepCause> cause;  ///< absent: it is
  Duration window{};               ///< of a stabilization window
  std::optional<TimePoint> until;  ///< when what bit lets go, if nothing else happens
};

/// Applies the stabilization windows to the raw proposal and remembers it in `history`.
Limited Stabilize(const ScalingSpec& spec, std::int32_t current, std::int32_t proposed,
                  TimePoint now, History& history);

/// Applies rate limits and bounds to a stabilized number.
Limited Limit(const ScalingSpec& spec, std::int32_t current, std::int32_t stabilized,
              const History& history, TimePoint now);

}  // namespace tidegate::core
