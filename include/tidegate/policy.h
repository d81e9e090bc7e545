// SPDX-License-Identifier: Apache-2.0
//
// A Policy answers one question: how many replicas should this workload have, judging only by
// what has been observed?
//
// Policies are pure. All they may look at arrives in PolicyInput; they read no clock, do no I/O
// and keep no mutable state, so a recorded tick replays to the same answer. Limits, rate caps
// and stabilization come later: return the number you believe in, not the number you expect to
// be allowed.
//
// Thread safety: Propose() is const and safe to call concurrently.
#pragma once

#include <span>
#include <string_view>

#include "tidegate/decision.h"
#include "tidegate/export.h"
#include "tidegate/observation.h"
#include "tidegate/result.h"
#include "tidegate/spec.h"
#include "tidegate/types.h"

namespace tidegate {

class Scratch;

/// What a policy may look at. Borrowed: valid only during the call.
struct PolicyInput {
  const ScalingSpec& spec;
  const Observation& observation;
  std::span<const Reading> readings;  ///< one for each of spec.metrics, in its order
  const History& history;
  TimePoint now;
  Scratch* scratch = nullptr;  ///< buffers that built-in policies use again; null: none
};

class TIDEGATE_EXPORT Policy {
 public:
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;
  virtual ~Policy();

  /// The name used in config and reports; stable across releases.
  virtual std::string_view name() const noexcept = 0;

  /// Writes the wanted replica count and the reason for it.
  ///
  /// `proposal` comes empty. kNoData means that there is too little to judge: the current count is
  /// then kept. Any other error also holds, and is reported.
  [[nodiscard]] virtual Status Propose(const PolicyInput& input, Proposal& proposal) const = 0;

 protected:
  Policy() = default;
};

}  // namespace tidegate
