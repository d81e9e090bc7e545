// SPDX-License-Identifier: Apache-2.0
#include "tidegate/status.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "hpa/compatibility.h"
#include "hpa/replica_calculator.h"

namespace tidegate {

namespace {

// Where a metric that fails is told of, by kind.
std::string_view FailureReason(MetricSourceType type) {
  switch (type) {
    case MetricSourceType::kResource:
      return "FailedGetResourceMetric";
    case MetricSourceType::kContainerResource:
      return "FailedGetContainerResourceMetric";
    case MetricSourceType::kPods:
      return "FailedGetPodsMetric";
    case MetricSourceType::kObject:
      return "FailedGetObjectMetric";
    case MetricSourceType::kExternal:
      return "FailedGetExternalMetric";
    case MetricSourceType::kUnknown:
      break;
  }
  return "InvalidMetricSourceType";
}

bool IsPerReplica(const MetricSpec& metric) {
  if (metric.type == MetricSourceType::kObject) {
    return metric.target.type != MetricTargetType::kValue;
  }
  return metric.type != MetricSourceType::kExternal || metric.target.average_value.has_value();
}

MetricStatus StatusOf(const MetricSpec& metric, const MetricTrace& trace, bool binary_memory) {
  MetricStatus status;
  if (trace.error || trace.fallback) return status;
  status.type = metric.type;
  status.name = metric.name;
  status.container = metric.container;
  status.selector = metric.selector;
  status.described_object = metric.described_object;
  status.average_utilization = trace.utilization;
  (IsPerReplica(metric) ? status.average_value : status.value) = trace.usage;
  const bool resource = metric.type == MetricSourceType::kResource ||
                        metric.type == MetricSourceType::kContainerResource;
  status.binary = binary_memory && resource && metric.name == "memory";
  return status;
}

// Tells a tick's story in the order in which the Kubernetes controller lives through it: a
// condition that takes a value and gives it up again in one tick has a new transition time.
class Teller {
 public:
  Teller(const WorkloadStatus& before, const WorkloadInput& input, const WorkloadOutput& output,
         const Applied& applied, std::optional<std::int64_t> generation, TimePoint now)
      : input_(input),
        output_(output),
        applied_(applied),
        generation_(generation),
        now_(now),
        compatibility_(hpa::CompatibilityOf(input.spec)) {
    update_.status = before;
  }

  StatusUpdate Tell() && {
    TellTick();
    if (input_.spec.slice && !input_.error) Placed();
    return std::move(update_);
  }

 private:
  void TellTick() {
    if (input_.error) {
      Unobserved(*input_.error);
      return;
    }
    Set(condition::kAbleToScale, true, "SucceededGetScale",
        "the HPA controller was able to get the target's current scale");
    const StepCause cause = FirstCause();
    if (cause == StepCause::kDisabledAtZero) {
      Disabled();
    } else if (cause != StepCause::kAboveMaxReplicas && cause != StepCause::kBelowMinReplicas) {
      TellFallbacks();
      TellMissingReplicas();
      if (!MetricsComputed()) return;
      Normalized();
    }
    Apply();
  }

  const Decision& decision() const { return output_.decision; }

  // Of the first step that says something; a decision without steps computed its metrics.
  StepCause FirstCause() const {
    return decision().steps.empty() ? StepCause::kProposal : decision().steps.front().cause;
  }

  const Step* Find(std::initializer_list<StepCause> causes) const {
    for (const Step& step : decision().steps) {
      if (std::find(causes.begin(), causes.end(), step.cause) != causes.end()) return &step;
    }
    return nullptr;
  }

  void Tell(EventType type, std::string_view reason, std::string message) {
    update_.events.push_back({type, std::string(reason), std::move(message)});
  }

  void Set(std::string_view type, bool value, std::string_view reason, std::string message) {
    std::vector<Condition>& conditions = update_.status.conditions;
    auto found = std::find_if(conditions.begin(), conditions.end(),
                              [&](const Condition& each) { return each.type == type; });
    if (found == conditions.end())
      found = conditions.insert(found, Condition{.type = std::string(type)});
    const ConditionStatus status = value ? ConditionStatus::kTrue : ConditionStatus::kFalse;
    if (found->status != status) found->last_transition_time = now_;
    found->status = status;
    found->reason = reason;
    found->message = std::move(message);
  }

  void Remove(std::string_view type) {
    std::erase_if(update_.status.conditions,
                  [&](const Condition& each) { return each.type == type; });
  }

  // KIND/NAMESPACE/NAME of what is scaled; the workload's own name where that says it.
  std::string Reference() const {
    const ObjectReference& target = input_.spec.scale_target_ref;
    const std::size_t slash = input_.spec.workload.find('/');
    if (target.kind.empty() || slash == std::string::npos) return input_.spec.workload;
    return target.kind + "/" + input_.spec.workload.substr(0, slash) + "/" + target.name;
  }

  // What stands before an error of reading the scale.
  std::string UnobservedPrefix(const Error& error) const {
    const std::string& version = input_.spec.scale_target_ref.api_version;
    if (std::count(version.begin(), version.end(), '/') > 1) {
      return "invalid API version in scale target reference: ";
    }
    return error.code == ErrorCode::kInvalidArgument
               ? "unable to determine resource for scale target reference: "
               : "failed to query scale subresource for " + Reference() + ": ";
  }

  void Unobserved(const Error& error) {
    Tell(EventType::kWarning, "FailedGetScale", error.message);
    Set(condition::kAbleToScale, false, "FailedGetScale",
        "the HPA controller was unable to get the target's current scale: " + error.message);
    update_.error = UnobservedPrefix(error) + error.message;
    update_.ends_early = true;
    update_.events_before_write = update_.events.size();
  }

  void Disabled() {
    Set(condition::kScalingActive, false, "ScalingDisabled",
        "scaling is disabled since the replica count of the target is zero");
    const bool forgets = compatibility_.remembers_scale_to_zero && !compatibility_.scale_to_zero;
    if (forgets) Remove(condition::kScaledToZero);
  }

  void SelectorFailed(const SelectorProblem& problem) {
    constexpr std::string_view kReasons[] = {"InvalidSelector", "InvalidSelector",
                                             "AmbiguousSelector"};
    const std::string_view reason = kReasons[static_cast<std::size_t>(problem.fault)];
    const bool missing = problem.fault == SelectorFault::kMissing;
    Tell(EventType::kWarning, missing ? "SelectorRequired" : reason, problem.message);
    Set(condition::kScalingActive, false, reason,
        missing ? "the HPA target's scale is missing a selector" : problem.message);
  }

  // KEDA's condition, with what stands in for what.
  void TellFallbacks() {
    if (input_.spec.fallbacks.empty()) return;
    std::string active = ReasonsOf(StepCause::kFallback);
    if (active.empty()) {
      Set(condition::kFallback, false, "NoFallbackFound", "no fallbacks are active");
    } else {
      Set(condition::kFallback, true, "FallbackExists", std::move(active));
    }
  }

  void TellMissingReplicas() {
    if (!input_.spec.missing_replicas) return;
    std::string left_out = ReasonsOf(StepCause::kMissingReplicas);
    if (left_out.empty()) {
      Set(condition::kMissingReplicas, false, "EveryReplicaCounts", "no replica is left out");
    } else {
      Set(condition::kMissingReplicas, true, "ReplicasLeftOut", std::move(left_out));
    }
  }

  std::string ReasonsOf(StepCause cause) const {
    std::string reasons;
    for (const Step& step : decision().steps) {
      if (step.cause == cause) reasons += (reasons.empty() ? "" : "; ") + step.reason;
    }
    return reasons;
  }

  // False: the tick ends here, with what could be told.
  bool MetricsComputed() {
    if (const auto& problem = input_.observation.selector_problem) {
      SelectorFailed(*problem);
      Failed();
      return false;
    }
    const MetricTrace* first = nullptr;
    MetricSourceType first_type = MetricSourceType::kUnknown;
    for (std::size_t i = 0; i < Traces(); ++i) {
      const MetricTrace& trace = decision().metrics[i];
      if (!trace.error) continue;
      const MetricSourceType type = input_.spec.metrics[i].type;
      Tell(EventType::kWarning, FailureReason(type), trace.error->message);
      if (first == nullptr) {
        first = &trace;
        first_type = type;
      }
    }
    if (Find({StepCause::kFailed}) == nullptr) {
      Set(condition::kScalingActive, true, "ValidMetricFound",
          "the HPA was able to successfully calculate a replica count from " +
              std::string(decision().DecisiveMetric()));
      update_.error = ErrorText();
      return true;
    }
    Set(condition::kScalingActive, false,
        first == nullptr ? "FailedComputeProposal" : FailureReason(first_type),
        "the HPA was unable to compute the replica count: " +
            (first == nullptr ? ErrorText().value_or("") : first->error->message));
    Failed();
    return false;
  }

  std::optional<std::string> ErrorText() const {
    const bool doubt = Find({StepCause::kDoubt}) != nullptr;
    if (!decision().error || doubt) return std::nullopt;
    return decision().error->message;
  }

  void Failed() {
    const std::string error = ErrorText().value_or("");
    Conclude(update_.status.desired_replicas);
    update_.ends_early = true;
    update_.events_before_write = update_.events.size();
    Tell(EventType::kWarning, "FailedComputeMetricsReplicas", error);
    update_.error = "failed to compute desired number of replicas based on listed metrics for " +
                    Reference() + ": " + error;
  }

  // Stabilization, rate limits and bounds.
  void Normalized() {
    const Step* held = Find({StepCause::kDoubt});
    const Step* stable = Find({StepCause::kScaleDownWindow, StepCause::kScaleUpWindow});
    if (held != nullptr) {
      Set(condition::kAbleToScale, true, "ScaleDownHeld",
          "metrics are in doubt, the current size is kept: " + decision().error->message);
    } else if (stable == nullptr) {
      Set(condition::kAbleToScale, true, "ReadyForNewScale",
          "recommended size matches current size");
    } else if (stable->cause == StepCause::kScaleDownWindow) {
      Set(condition::kAbleToScale, true, "ScaleDownStabilized",
          "recent recommendations were higher than current one, applying the highest recent "
          "recommendation");
    } else {
      Set(condition::kAbleToScale, true, "ScaleUpStabilized",
          "recent recommendations were lower than current one, applying the lowest recent "
          "recommendation");
    }
    Limited();
  }

  void Limited() {
    const auto limited = [&](std::string_view reason, std::string_view how) {
      Set(condition::kScalingLimited, true, reason,
          "the desired replica count is " + std::string(how));
    };
    if (Find({StepCause::kScaleUpPolicies, StepCause::kDefaultScaleUp}) != nullptr) {
      limited("ScaleUpLimit", "increasing faster than the maximum scale rate");
    } else if (Find({StepCause::kScaleDownPolicies}) != nullptr) {
      limited("ScaleDownLimit", "decreasing faster than the maximum scale rate");
    } else if (Find({StepCause::kMaxReplicas}) != nullptr) {
      limited("TooManyReplicas", "more than the maximum replica count");
    } else if (Find({StepCause::kMinReplicas}) != nullptr) {
      limited("TooFewReplicas", "less than the minimum replica count");
    } else {
      Set(condition::kScalingLimited, false, "DesiredWithinRange",
          "the desired count is within the acceptable range");
    }
  }

  // Whether each replica has its slice of a GPU; an event tells when that changes for the worse.
  void Placed() {
    const Step* refused = Find({StepCause::kNoRoom, StepCause::kOverBudget});
    if (refused == nullptr) {
      Set(condition::kSlicesPlaced, true, "Placed", "each replica has a slice");
      return;
    }
    const Condition* before = update_.status.Find(condition::kSlicesPlaced);
    const bool news = before == nullptr || before->status != ConditionStatus::kFalse;
    const std::string_view reason =
        refused->cause == StepCause::kNoRoom ? "NoRoom" : "BudgetUsedUp";
    Set(condition::kSlicesPlaced, false, reason, refused->reason);
    if (news) Tell(EventType::kWarning, "FailedPlacement", refused->reason);
  }

  void Apply() {
    if (!output_.command || decision().desired == decision().current) {
      Conclude(decision().current);  // a command may be about slices alone
    } else if (applied_.error && !applied_.scaled) {
      RescaleFailed(applied_.error->message);
    } else if (applied_.scaled) {
      Rescaled();
      Conclude(decision().desired);
      update_.status.last_scale_time = now_;
    } else {
      Conclude(decision().desired);  // a dry run
    }
    update_.events_before_write = update_.events.size();
  }

  std::string NewSize() const {
    return "New size: " + std::to_string(decision().desired) + "; reason: " + decision().reason;
  }

  void RescaleFailed(const std::string& error) {
    Tell(EventType::kWarning, "FailedRescale", NewSize() + "; error: " + error);
    Set(condition::kAbleToScale, false, "FailedUpdateScale",
        "the HPA controller was unable to update the target scale: " + error);
    Conclude(update_.status.desired_replicas);
    update_.ends_early = true;
    update_.error = "failed to rescale " + Reference() + ": " + error;
  }

  void Rescaled() {
    Set(condition::kAbleToScale, true, "SucceededRescale",
        "the HPA controller was able to update the target scale to " +
            std::to_string(decision().desired));
    Tell(EventType::kNormal, "SuccessfulRescale", NewSize());
    if (!compatibility_.remembers_scale_to_zero) return;
    if (!compatibility_.scale_to_zero) {
      Remove(condition::kScaledToZero);
    } else if (decision().current > 0 && decision().desired == 0 && input_.spec.min_replicas == 0 &&
               hpa::HasGlobalMetric(input_.spec)) {
      Set(condition::kScaledToZero, true, "ScaledToZero",
          "the HPA controller scaled the workload to zero");
    } else {
      Set(condition::kScaledToZero, false, "NotScaledToZero",
          "the HPA controller did not scale the workload to zero");
    }
  }

  // Traces that belong to the spec's metrics; those of other policies follow behind.
  std::size_t Traces() const {
    return std::min(decision().metrics.size(), input_.spec.metrics.size());
  }

  void Conclude(std::int32_t desired) {
    WorkloadStatus& status = update_.status;
    status.current_replicas = decision().current;
    status.desired_replicas = desired;
    status.current_metrics.clear();
    for (std::size_t i = 0; i < Traces(); ++i) {
      status.current_metrics.push_back(
          StatusOf(input_.spec.metrics[i], decision().metrics[i], compatibility_.binary_memory));
    }
    if (compatibility_.observed_generation) status.observed_generation = generation_;
  }

  const WorkloadInput& input_;
  const WorkloadOutput& output_;
  const Applied& applied_;
  const std::optional<std::int64_t> generation_;
  const TimePoint now_;
  const hpa::Compatibility compatibility_;
  StatusUpdate update_;
};

TimePoint InSeconds(TimePoint time) { return std::chrono::floor<std::chrono::seconds>(time); }

}  // namespace

const Condition* WorkloadStatus::Find(std::string_view type) const {
  const auto found = std::find_if(conditions.begin(), conditions.end(),
                                  [&](const Condition& each) { return each.type == type; });
  return found == conditions.end() ? nullptr : &*found;
}

StatusUpdate UpdateStatus(const WorkloadStatus& before, const WorkloadInput& input,
                          const WorkloadOutput& output, const Applied& applied,
                          std::optional<std::int64_t> generation, TimePoint now) {
  return Teller(before, input, output, applied, generation, now).Tell();
}

void StatusWriteFailed(const std::string& name, const std::string& error, StatusUpdate& update) {
  const auto at = update.events.begin() + static_cast<std::ptrdiff_t>(update.events_before_write);
  update.events.insert(at, {EventType::kWarning, "FailedUpdateStatus", error});
  if (!update.ends_early) update.error = "failed to update status for " + name + ": " + error;
}

WorkloadStatus AsStored(WorkloadStatus status) {
  if (status.last_scale_time) status.last_scale_time = InSeconds(*status.last_scale_time);
  for (Condition& condition : status.conditions) {
    if (condition.last_transition_time) {
      condition.last_transition_time = InSeconds(*condition.last_transition_time);
    }
  }
  return status;
}

}  // namespace tidegate
