// SPDX-License-Identifier: Apache-2.0
#include "tidegate/plan.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <span>
#include <string>
#include <utility>

#include "core/behavior.h"
#include "core/capacity.h"
#include "core/fallback.h"
#include "core/missing.h"
#include "core/place.h"
#include "hpa/compatibility.h"
#include "hpa/same_text.h"
#include "hpa/scratch.h"
#include "tidegate/describe.h"

namespace tidegate {

namespace {

// What a decision uses again of the ones before.
struct DecisionBuffers {
  Scratch scratch;
  Proposal proposal;
  std::vector<Reading> stand_ins;
  Observation units;  // of a moldable workload
};

}  // namespace

struct Planner::Buffers {
  DecisionBuffers decision;
  std::optional<core::PlaceStage> place;  // once a workload asks for slices
};

namespace {

// `to` = `from`, where they are mostly the same already, or both empty.
inline void Assign(const std::string& from, std::string& to) {
  if (!hpa::SameText(from, to)) [[unlikely]]
    to = from;
}

template <typename T>
void Assign(const std::vector<T>& from, std::vector<T>& to) {
  if (!from.empty() || !to.empty()) [[unlikely]]
    to = from;
}

// Out of line: most workloads remember nothing of their metrics.
[[gnu::noinline, gnu::cold]] void AssignMemories(const std::vector<MetricMemory>& from,
                                                 std::vector<MetricMemory>& to) {
  to = from;
}

void Assign(const History& from, History& to) {
  // Emptied before: a loop over what few there are costs less than the call that copies over them.
  if (to.recommendations) to.recommendations->clear();
  to.recommendations = from.recommendations;
  Assign(from.scale_up_events, to.scale_up_events);
  Assign(from.scale_down_events, to.scale_down_events);
  to.last_scale_time = from.last_scale_time;
  to.scaled_to_zero = from.scaled_to_zero;
  if (!from.metrics.empty() || !to.metrics.empty()) [[unlikely]]
    AssignMemories(from.metrics, to.metrics);
  if (from.slices || to.slices) to.slices = from.slices;
}

// One workload's way through the stages. Each stage that changes or holds the number says so.
class DecisionFold {
 public:
  /// `seen`: what policies see of the workload.
  DecisionFold(const WorkloadInput& input, const Observation& seen, const PolicySet& policies,
               TimePoint now, DecisionBuffers& buffers, WorkloadOutput& output)
      : input_(input),
        seen_(seen),
        policies_(policies),
        now_(now),
        buffers_(buffers),
        output_(output),
        readings_(&input.readings) {}

  void Run() {
    Reset();
    if (input_.error) [[unlikely]] {
      Fail(StepCause::kUnobserved, *input_.error);
    } else {
      Seed();
      if (!Disabled() && !OutOfBounds()) FromMetrics();
    }
    Command();
  }

 private:
  const ScalingSpec& spec() const { return input_.spec; }
  std::int32_t current() const { return input_.observation.spec_replicas; }
  Decision& decision() { return output_.decision; }

  // Writes over what an earlier tick left, which is mostly the same.
  void Reset() {
    Assign(spec().workload, decision().workload);
    decision().current = decision().desired = current();
    decision().proposed.reset();
    decision().reason.clear();
    decision().decided_by.reset();
    decision().steps.clear();
    decision().error.reset();
    Assign(input_.history, output_.next);
  }

  Step& Append(Stage stage, StepCause cause, std::int32_t replicas, std::int32_t wanted) {
    Step& step = decision().steps.emplace_back();
    step.stage = stage;
    step.cause = cause;
    step.replicas = replicas;
    step.wanted = wanted;
    return step;
  }

  // Before any policy was asked.
  [[gnu::noinline, gnu::cold]] void Fail(StepCause cause, Error error) {
    decision().error = std::move(error);
    decision().metrics.clear();
    Append(Stage::kMetrics, cause, current(), current());
  }

  // After a start there is no scale-down below what there is for one window.
  void Seed() {
    if (!output_.next.recommendations) [[unlikely]]
      output_.next.recommendations = {{.replicas = current(), .time = now_}};
  }

  // Outside of the bounds metrics are not asked, windows and rate limits do not apply.
  bool OutOfBounds() {
    if (current() == 0) return false;
    const bool above = current() > spec().max_replicas;
    if (!above && current() >= spec().min_replicas) [[likely]]
      return false;
    decision().desired = above ? spec().max_replicas : spec().min_replicas;
    decision().metrics.clear();
    Append(Stage::kBounds, above ? StepCause::kAboveMaxReplicas : StepCause::kBelowMinReplicas,
           decision().desired, current());
    return true;
  }

  // At zero replicas metrics are asked only if it was us who scaled to zero; before 1.36, if
  // minReplicas is 0.
  bool Disabled() { return current() == 0 && DisabledAtZero(); }

  [[gnu::noinline, gnu::cold]] bool DisabledAtZero() {
    const hpa::Compatibility compatibility = hpa::CompatibilityOf(spec());
    at_zero_by_us_ = compatibility.remembers_scale_to_zero && compatibility.scale_to_zero &&
                     input_.history.scaled_to_zero;
    const bool asks =
        compatibility.remembers_scale_to_zero
            ? at_zero_by_us_ && (spec().min_replicas != 0 || hpa::HasGlobalMetric(spec()))
            : spec().min_replicas == 0;
    if (asks) return false;
    decision().metrics.clear();
    Append(Stage::kMetrics, StepCause::kDisabledAtZero, 0, 0);
    return true;
  }

  void FromMetrics() {
    if (const auto& problem = input_.observation.selector_problem) [[unlikely]] {
      Fail(StepCause::kFailed, Error{ErrorCode::kInvalidArgument, problem->message});
      return;
    }
    if (!spec().fallbacks.empty() || spec().missing_replicas) [[unlikely]] {
      Substitute();
    } else if (!output_.next.metrics.empty()) {
      output_.next.metrics.clear();
    }
    std::int32_t proposed = 0;
    if (!Propose(proposed)) return;
    proposed = std::max(0, proposed);
    decision().proposed = proposed;
    if (std::max(proposed, spec().min_replicas) < current() && HoldOnDoubt(proposed)) return;
    std::vector<Step>& steps = decision().steps;
    const std::int32_t stable =
        core::Stabilize(spec(), current(), proposed, now_, output_.next, steps);
    decision().desired = core::Limit(spec(), current(), stable, now_, output_.next, steps);
    if (at_zero_by_us_) [[unlikely]]
      RaiseFromZero();
  }

  // What stands in for readings, and which replicas are left out of them. Out of line: what nearly
  // every workload does stays small.
  [[gnu::noinline, gnu::cold]] void Substitute() {
    if (spec().fallbacks.empty()) {
      output_.next.metrics.clear();
    } else {
      past_ = core::StandIn(input_, now_, buffers_.stand_ins, decision().steps, output_.next);
      readings_ = &buffers_.stand_ins;
    }
    if (!spec().missing_replicas) return;
    readings_ = &core::LeaveOutMissing(input_, now_, *readings_, buffers_.stand_ins,
                                       decision().steps, output_.next);
  }

  void RaiseFromZero() {
    const std::int32_t min = spec().min_replicas;
    if (min == 0 || decision().desired >= min) return;
    Append(Stage::kBounds, StepCause::kMinReplicasAtZero, min, decision().desired);
    decision().desired = min;
  }

  // Asks every policy; the largest proposal wins. One that fails blocks the way down.
  bool Propose(std::int32_t& best) {
    const std::span<const PolicySpec> named = PoliciesOf(spec());
    const Proposal& proposal = buffers_.proposal;
    bool any = false;
    buffers_.scratch.traces.swap(decision().metrics);
    decision().metrics.clear();
    for (const PolicySpec& policy : named) {
      const std::size_t traces_of_others = decision().metrics.size();
      Ask(policy);
      if (!proposal.replicas) [[unlikely]]
        continue;
      const std::int32_t replicas = *proposal.replicas;
      Step& step = Append(Stage::kPolicy, StepCause::kProposal, replicas, replicas);
      if (!proposal.reason.empty()) [[unlikely]]
        step.reason = policy.name + ": " + proposal.reason;
      if (!any || best == 0 || replicas > best) {
        any = true;
        best = replicas;
        decision().decided_by = Among(traces_of_others, proposal.decided_by);
      }
    }
    if ((!any || decision().error) && Failed(any, best)) [[unlikely]]
      return false;
    if (named.size() > 1) Append(Stage::kCombine, StepCause::kLargest, best, best);
    return true;
  }

  // Whether what failed leaves nothing to go by: no proposal, or one that would lower.
  [[gnu::noinline, gnu::cold]] bool Failed(bool any, std::int32_t best) {
    if (any && best >= current()) return false;
    if (!decision().error)
      decision().error = Error{ErrorCode::kInternal, "no policy made a proposal"};
    Append(Stage::kCombine, StepCause::kFailed, current(), current());
    return true;
  }

  // The trace that decided, among those of all policies.
  static std::optional<std::int32_t> Among(std::size_t others,
                                           const std::optional<std::int32_t>& own) {
    if (!own) return std::nullopt;
    return static_cast<std::int32_t>(others) + *own;
  }

  // A policy that throws costs its own workload a hold, never the tick. The traces of an earlier
  // tick are left in the scratch, for policies that use their buffers again.
  void Ask(const PolicySpec& name) {
    Proposal& proposal = buffers_.proposal;
    proposal.replicas.reset();
    proposal.reason.clear();
    proposal.decided_by.reset();
    proposal.error.reset();
    proposal.traces.clear();
    if (Status asked = Call(name); !asked) [[unlikely]] {
      proposal.replicas.reset();
      proposal.traces.clear();
      proposal.error = asked.error();
    }
    if (proposal.error && !decision().error) [[unlikely]]
      decision().error = std::move(proposal.error);
    std::vector<MetricTrace>& traces = decision().metrics;
    if (traces.empty()) [[likely]] {
      traces.swap(proposal.traces);
    } else {
      std::move(proposal.traces.begin(), proposal.traces.end(), std::back_inserter(traces));
    }
  }

  Status Call(const PolicySpec& name) {
    const Policy* policy = policies_.Find(name);
    if (policy == nullptr) [[unlikely]]
      return Error{ErrorCode::kNotFound, "no policy named " + name.name};
    try {
      return policy->Propose({.spec = spec(),
                              .observation = seen_,
                              .readings = *readings_,
                              .history = input_.history,
                              .now = now_,
                              .scratch = &buffers_.scratch},
                             buffers_.proposal);
    } catch (const std::exception& e) {
      return Error{ErrorCode::kInternal, "policy " + name.name + " threw: " + e.what()};
    } catch (...) {
      return Error{ErrorCode::kInternal, "policy " + name.name + " threw"};
    }
  }

  // While a reading is in doubt the count does not go down, whatever the rest of them says. A
  // reading of the past is in doubt for everybody.
  bool HoldOnDoubt(std::int32_t proposed) {
    const bool holds = spec().missing_data == MissingData::kHold || past_;
    return holds && Doubts(proposed);
  }

  [[gnu::noinline, gnu::cold]] bool Doubts(std::int32_t proposed) {
    std::string doubts;
    for (const Reading& reading : *readings_) {
      for (const Doubt& doubt : reading.doubts) {
        doubts += doubts.empty() ? "" : "; ";
        if (!doubt.replica.empty()) doubts += doubt.replica + " ";
        doubts += std::string(NameOf(doubt.kind)) + " (" + doubt.detail + ")";
      }
    }
    if (doubts.empty()) return false;
    Append(Stage::kHold, StepCause::kDoubt, current(), proposed).reason = doubts;
    if (!decision().error) decision().error = Error{ErrorCode::kNoData, std::move(doubts)};
    return true;
  }

  void Command() {
    if (decision().desired == current()) {
      output_.command.reset();
      return;
    }
    ScaleCommand& command = output_.command ? *output_.command : output_.command.emplace();
    Assign(spec().workload, command.workload);
    command.replicas = decision().desired;
    command.victims.clear();
    command.slices.clear();
    if (decision().desired < current()) [[unlikely]]
      command.victims = Victims(decision().desired);
  }

  // Those that serve nobody go first, then the newest.
  [[gnu::noinline]] std::vector<std::string> Victims(std::int32_t wanted) const {
    std::vector<const Replica*> living;
    for (const Replica& replica : input_.observation.replicas) {
      const bool gone =
          replica.phase == ReplicaPhase::kFailed || replica.phase == ReplicaPhase::kSucceeded;
      if (!replica.terminating && !gone) living.push_back(&replica);
    }
    std::sort(living.begin(), living.end(), [](const Replica* a, const Replica* b) {
      if (a->Serving() != b->Serving()) return b->Serving();
      if (a->start_time != b->start_time) {
        return !a->start_time || (b->start_time && *a->start_time > *b->start_time);
      }
      return a->name > b->name;
    });
    const auto keep = static_cast<std::size_t>(wanted);
    std::vector<std::string> victims;
    for (std::size_t i = 0; i + keep < living.size(); ++i) victims.push_back(living[i]->name);
    return victims;
  }

  const WorkloadInput& input_;
  const Observation& seen_;
  const PolicySet& policies_;
  const TimePoint now_;
  DecisionBuffers& buffers_;
  WorkloadOutput& output_;
  const std::vector<Reading>* readings_;  // the input's, or with what stands in for some of them
  bool past_ = false;                     // a reading of the past stands in
  bool at_zero_by_us_ = false;
};

// Out of line: with the call that finds out what is seen, all of it would keep fewer registers.
[[gnu::noinline]] void DecideFor(const WorkloadInput& input, const Observation& seen,
                                 const PolicySet& policies, TimePoint now, DecisionBuffers& buffers,
                                 WorkloadOutput& output) {
  DecisionFold(input, seen, policies, now, buffers, output).Run();
}

// A moldable workload's replicas are units of capacity, however many run. What policies see of it
// is written over that of the last one, which was mostly the same.
[[gnu::noinline]] const Observation& InUnits(const WorkloadInput& input, Observation& units) {
  units = input.observation;
  units.status_replicas = core::ReplicasOf(*input.spec.slice, input.observation.slices);
  return units;
}

constexpr std::size_t kLine = 64;          // bytes of a cache line
constexpr std::size_t kPrefetched = 4096;  // bytes of one array: some replicas

void Prefetch(const void* begin, std::size_t size) {
  for (std::size_t i = 0; i < std::min(size, kPrefetched); i += kLine) {
    __builtin_prefetch(static_cast<const char*>(begin) + i);
  }
}

template <typename T>
void Prefetch(const std::vector<T>& array) {
  Prefetch(array.data(), array.size() * sizeof(T));
}

// A tick over thousands of workloads waits for memory. So what their decisions will look at comes
// into the cache while others are decided: the objects first, then the arrays that these point
// to, then what the arrays' elements point to.
class Prefetcher {
 public:
  Prefetcher(const TickInput& input, const TickOutput& output)
      : inputs_(input.workloads), outputs_(output.workloads) {}

  /// Before workload `i` is decided.
  void Before(std::size_t i) const {
    if (i + 3 < inputs_.size()) Objects(inputs_[i + 3], outputs_[i + 3]);
    if (i + 2 < inputs_.size()) Arrays(inputs_[i + 2], outputs_[i + 2]);
    if (i + 1 < inputs_.size()) Elements(inputs_[i + 1], outputs_[i + 1]);
  }

 private:
  static void Objects(const WorkloadInput& input, const WorkloadOutput& output) {
    Prefetch(&input, sizeof input);
    Prefetch(&output, sizeof output);
  }

  static void Arrays(const WorkloadInput& input, const WorkloadOutput& output) {
    Prefetch(input.spec.metrics);
    if (input.spec.behavior) {
      Prefetch(input.spec.behavior->scale_up.policies);
      Prefetch(input.spec.behavior->scale_down.policies);
    }
    Prefetch(input.observation.replicas);
    Prefetch(input.readings);
    if (input.history.recommendations) Prefetch(*input.history.recommendations);
    Prefetch(output.decision.steps);
    Prefetch(output.decision.metrics);
    if (output.next.recommendations) Prefetch(*output.next.recommendations);
  }

  static void Elements(const WorkloadInput& input, const WorkloadOutput& output) {
    for (const Reading& reading : input.readings) Prefetch(reading.replicas);
    for (const MetricTrace& trace : output.decision.metrics) Prefetch(trace.groups);
  }

  const std::vector<WorkloadInput>& inputs_;
  const std::vector<WorkloadOutput>& outputs_;
};

}  // namespace

Planner::Planner() : buffers_(std::make_unique<Buffers>()) {}
Planner::~Planner() = default;
Planner::Planner(Planner&&) noexcept = default;
Planner& Planner::operator=(Planner&&) noexcept = default;

void Planner::Decide(const WorkloadInput& input, const PolicySet& policies, TimePoint now,
                     WorkloadOutput& output) {
  DecisionBuffers& buffers = buffers_->decision;
  const Observation* seen = &input.observation;
  if (input.spec.slice && input.spec.slice->moldable()) [[unlikely]]
    seen = &InUnits(input, buffers.units);
  DecideFor(input, *seen, policies, now, buffers, output);
}

void Planner::PlanTick(const TickInput& input, const PolicySet& policies, TickOutput& output) {
  const std::size_t count = input.workloads.size();
  output.workloads.resize(count);
  const Prefetcher prefetcher(input, output);
  bool slices = false;
  for (std::size_t i = 0; i < count; ++i) {
    prefetcher.Before(i);
    Decide(input.workloads[i], policies, input.now, output.workloads[i]);
    slices = slices || input.workloads[i].spec.slice.has_value();
  }
  if (!slices) return;
  if (!buffers_->place) buffers_->place.emplace();
  buffers_->place->Run(input, output);
}

WorkloadOutput Decide(const WorkloadInput& input, const PolicySet& policies, TimePoint now) {
  WorkloadOutput output;
  Planner().Decide(input, policies, now, output);
  Explain(input, output.decision);
  return output;
}

TickOutput PlanTick(const TickInput& input, const PolicySet& policies) {
  TickOutput output;
  Planner().PlanTick(input, policies, output);
  for (std::size_t i = 0; i < input.workloads.size(); ++i) {
    Explain(input.workloads[i], output.workloads[i].decision);
  }
  return output;
}

}  // namespace tidegate
