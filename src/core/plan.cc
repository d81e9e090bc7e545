// SPDX-License-Identifier: Apache-2.0
#include "tidegate/plan.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "core/behavior.h"
#include "tidegate/describe.h"

namespace tidegate {

namespace {

// One workload's way through the stages. Each stage that changes or holds the number says so.
class DecisionFold {
 public:
  DecisionFold(const WorkloadInput& input, const PolicySet& policies, TimePoint now)
      : input_(input), policies_(policies), now_(now) {
    output_.next = input.history;
    output_.decision.workload = input.spec.workload;
    output_.decision.current = input.observation.spec_replicas;
    output_.decision.desired = input.observation.spec_replicas;
  }

  WorkloadOutput Run() {
    if (input_.error) {
      Hold(Stage::kMetrics, *input_.error, "cannot be observed: ");
      return std::move(output_);
    }
    Seed();
    if (!OutOfBounds() && !Disabled()) FromMetrics();
    Command();
    return std::move(output_);
  }

 private:
  std::int32_t current() const { return input_.observation.spec_replicas; }
  Decision& decision() { return output_.decision; }

  void Append(Stage stage, std::int32_t replicas, std::string reason) {
    decision().steps.push_back({stage, replicas, std::move(reason)});
  }

  void Hold(Stage stage, Error error, std::string_view prefix = "") {
    Append(stage, current(),
           "holds " + std::to_string(current()) + ": " + std::string(prefix) + error.message);
    decision().desired = current();
    decision().error = std::move(error);
  }

  // After a start there is no scale-down below what there is for one window.
  void Seed() {
    if (output_.next.recommendations) return;
    output_.next.recommendations = {{.replicas = current(), .time = now_}};
  }

  // Outside of the bounds metrics are not asked, windows and rate limits do not apply.
  bool OutOfBounds() {
    const ScalingSpec& spec = input_.spec;
    if (current() == 0) return false;
    if (current() > spec.max_replicas) {
      decision().desired = spec.max_replicas;
      decision().reason = "Current number of replicas above Spec.MaxReplicas";
    } else if (current() < spec.min_replicas) {
      decision().desired = spec.min_replicas;
      decision().reason = "Current number of replicas below Spec.MinReplicas";
    } else {
      return false;
    }
    Append(Stage::kBounds, decision().desired,
           decision().reason + ": " + std::to_string(current()));
    return true;
  }

  // A workload at zero is scaled up again only if it was scaled to zero by us.
  bool Disabled() {
    if (current() != 0) return false;
    const bool has_global_metric = std::any_of(
        input_.spec.metrics.begin(), input_.spec.metrics.end(), [](const MetricSpec& metric) {
          return metric.type == MetricSourceType::kObject ||
                 metric.type == MetricSourceType::kExternal;
        });
    if (input_.history.scaled_to_zero && (input_.spec.min_replicas != 0 || has_global_metric)) {
      return false;
    }
    Append(Stage::kMetrics, 0, "scaling is disabled since the replica count of the target is zero");
    return true;
  }

  void FromMetrics() {
    const std::optional<Proposal> proposal = Propose();
    if (!proposal) return;
    decision().proposed = std::max(0, *proposal->replicas);
    decision().error = proposal->error;
    const std::int32_t proposed = *decision().proposed;
    if (std::max(proposed, input_.spec.min_replicas) < current() && HoldOnDoubt(proposed)) return;
    if (proposed > current()) decision().reason = proposal->metric + " above target";
    if (proposed < current()) decision().reason = "All metrics below target";
    const core::Limited stable =
        core::Stabilize(input_.spec, current(), proposed, now_, output_.next);
    Take(stable);
    Take(core::Limit(input_.spec, current(), stable.replicas, output_.next, now_));
    RaiseFromZero();
  }

  void Take(const core::Limited& limited) {
    decision().desired = limited.replicas;
    if (!limited.reason.empty()) Append(limited.stage, limited.replicas, limited.reason);
  }

  void RaiseFromZero() {
    const std::int32_t min = input_.spec.min_replicas;
    if (current() != 0 || min == 0 || decision().desired >= min) return;
    decision().desired = min;
    Append(Stage::kBounds, min, "scaled to zero before, minReplicas is " + std::to_string(min));
    if (decision().reason.empty()) {
      decision().reason = "Current number of replicas below Spec.MinReplicas";
    }
  }

  // Asks every policy; the largest proposal wins. One that fails blocks the way down.
  std::optional<Proposal> Propose() {
    const std::vector<PolicySpec>& named = input_.spec.policies;
    static const std::vector<PolicySpec> kDefault = {{.name = "target_tracking", .options = {}}};
    std::optional<Proposal> best;
    std::optional<Error> failure;
    for (const PolicySpec& spec : named.empty() ? kDefault : named) {
      Result<Proposal> asked = Ask(spec);
      if (!asked) {
        if (!failure) failure = asked.error();
        continue;
      }
      std::move(asked->traces.begin(), asked->traces.end(), std::back_inserter(decision().metrics));
      if (asked->error && !failure) failure = asked->error;
      if (!asked->replicas) continue;
      Append(Stage::kPolicy, *asked->replicas, spec.name + ": " + asked->reason);
      if (!best || *best->replicas == 0 || *asked->replicas > *best->replicas) {
        best = *std::move(asked);
      }
    }
    if (failure && (!best || *best->replicas < current())) {
      Hold(Stage::kCombine, *failure);
      return std::nullopt;
    }
    if (!best) {
      Hold(Stage::kCombine, {ErrorCode::kInternal, "no policy made a proposal"});
      return std::nullopt;
    }
    if (named.size() > 1) {
      Append(Stage::kCombine, *best->replicas, "the largest proposal");
    }
    best->error = failure;
    return best;
  }

  // A policy that throws costs its own workload a hold, never the tick.
  Result<Proposal> Ask(const PolicySpec& spec) const {
    const Policy* policy = policies_.Find(spec);
    if (policy == nullptr) return Error{ErrorCode::kNotFound, "no policy named " + spec.name};
    try {
      return policy->Propose({.spec = input_.spec,
                              .observation = input_.observation,
                              .readings = input_.readings,
                              .history = input_.history,
                              .now = now_});
    } catch (const std::exception& e) {
      return Error{ErrorCode::kInternal, "policy " + spec.name + " threw: " + e.what()};
    } catch (...) {
      return Error{ErrorCode::kInternal, "policy " + spec.name + " threw"};
    }
  }

  // While a reading is in doubt the count does not go down, whatever the rest of them says.
  bool HoldOnDoubt(std::int32_t proposed) {
    if (input_.spec.missing_data == MissingData::kFill) return false;
    std::string doubts;
    for (std::size_t i = 0; i < input_.readings.size(); ++i) {
      for (const Doubt& doubt : input_.readings[i].doubts) {
        doubts += doubts.empty() ? "" : "; ";
        if (!doubt.replica.empty()) doubts += doubt.replica + " ";
        doubts += std::string(NameOf(doubt.kind)) + " (" + doubt.detail + ")";
      }
    }
    if (doubts.empty()) return false;
    Append(Stage::kHold, current(),
           "no scale-down to " + std::to_string(proposed) + " on doubtful data: " + doubts);
    if (!decision().error) decision().error = Error{ErrorCode::kNoData, doubts};
    return true;
  }

  void Command() {
    if (decision().desired == current()) {
      decision().reason.clear();
      return;
    }
    ScaleCommand command{
        .workload = input_.spec.workload, .replicas = decision().desired, .victims = {}};
    if (decision().desired < current()) command.victims = Victims(decision().desired);
    output_.command = std::move(command);
  }

  // Those that serve nobody go first, then the newest.
  std::vector<std::string> Victims(std::int32_t wanted) const {
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
  const PolicySet& policies_;
  const TimePoint now_;
  WorkloadOutput output_;
};

}  // namespace

WorkloadOutput Decide(const WorkloadInput& input, const PolicySet& policies, TimePoint now) {
  return DecisionFold(input, policies, now).Run();
}

TickOutput PlanTick(const TickInput& input, const PolicySet& policies) {
  TickOutput output;
  output.workloads.reserve(input.workloads.size());
  for (const WorkloadInput& workload : input.workloads) {
    output.workloads.push_back(Decide(workload, policies, input.now));
  }
  return output;
}

}  // namespace tidegate
