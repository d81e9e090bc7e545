// SPDX-License-Identifier: Apache-2.0
//
// The functional core: a tick is a pure function of its input.
//
//   metrics -> policy proposals -> combine -> hold -> stabilize -> rate limit -> bounds -> place
//
// Time, readings, replica states and history go in as values; decisions, commands and the next
// history come out. Nothing here reads a clock, does I/O, logs or keeps state, so any recorded
// tick replays to the same answer.
//
// Thread safety: pure functions; a Planner is used by one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tidegate/decision.h"
#include "tidegate/export.h"
#include "tidegate/inventory.h"
#include "tidegate/observation.h"
#include "tidegate/policy_registry.h"
#include "tidegate/result.h"
#include "tidegate/spec.h"
#include "tidegate/types.h"

namespace tidegate {

/// One workload at one tick.
struct WorkloadInput {
  ScalingSpec spec;
  Observation observation;
  std::vector<Reading> readings;  ///< one for each of spec.metrics, in its order
  History history;
  std::optional<Error> error;  ///< the backend could not be observed: hold

  friend bool operator==(const WorkloadInput&, const WorkloadInput&) = default;
};

struct TickInput {
  TimePoint now{};
  std::vector<WorkloadInput> workloads;  ///< sorted by id; order does not matter to the answer
  Inventory inventory = {};              ///< for workloads with ScalingSpec::slice
  HeldSlices held = {};  ///< of workloads that are not in this tick or could not be observed

  friend bool operator==(const TickInput&, const TickInput&) = default;
};

struct WorkloadOutput {
  Decision decision;
  std::optional<ScaleCommand> command;  ///< absent: leave the backend alone
  History next;                         ///< what to hand in at the next tick

  friend bool operator==(const WorkloadOutput&, const WorkloadOutput&) = default;
};

struct TickOutput {
  std::vector<WorkloadOutput> workloads;  ///< in the order of the input

  friend bool operator==(const TickOutput&, const TickOutput&) = default;
};

/// Decides for one workload; all stages but place, which is about all workloads at once.
TIDEGATE_EXPORT WorkloadOutput Decide(const WorkloadInput& input, const PolicySet& policies,
                                      TimePoint now);

/// Decides for all. A policy that is not in `policies` makes its workload hold (kNotFound).
TIDEGATE_EXPORT TickOutput PlanTick(const TickInput& input, const PolicySet& policies);

/// The same answers, for loops in which nothing may be allocated: writes over an output of an
/// earlier tick and uses its buffers again. Steps come without words; Explain() adds them.
class TIDEGATE_EXPORT Planner {
 public:
  Planner();
  ~Planner();
  Planner(Planner&&) noexcept;
  Planner& operator=(Planner&&) noexcept;

  void Decide(const WorkloadInput& input, const PolicySet& policies, TimePoint now,
              WorkloadOutput& output);
  void PlanTick(const TickInput& input, const PolicySet& policies, TickOutput& output);

 private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

/// Writes each step's reason in words for people. Decide() and PlanTick() have done so.
TIDEGATE_EXPORT void Explain(const WorkloadInput& input, Decision& decision);

/// Folds a change of scale that really happened into the history, where the rate limits will
/// find it. Call it after a successful Apply, with the tick's `now`. See also UpdateStatus().
TIDEGATE_EXPORT void RecordScale(const ScalingSpec& spec, std::int32_t from, std::int32_t to,
                                 TimePoint now, History& history);

/// HPA's API defaulting of a behavior that was given only in part.
TIDEGATE_EXPORT Behavior DefaultBehavior();

}  // namespace tidegate
