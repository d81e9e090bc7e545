// SPDX-License-Identifier: Apache-2.0
//
// Steps in words for people. The numbers are all in the decision; nothing is computed here.
#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "core/text.h"
#include "hpa/replica_calculator.h"
#include "tidegate/plan.h"

namespace tidegate {

namespace {

std::string Number(double value, int digits) {
  char text[32];
  const auto end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::general, digits).ptr;
  return {text, end};
}

// "pods metric queue: 21000 / target 10000 = 2.1, 3 ready"
std::string TraceText(const MetricTrace& trace) {
  if (trace.fallback) return trace.metric + ": its fallback";
  const auto value = [&](MilliValue milli) {
    return Number(static_cast<double>(milli) / 1000, 6) + (trace.utilization ? "%" : "");
  };
  const MilliValue usage = trace.utilization ? MilliValue{*trace.utilization} * 1000 : trace.usage;
  std::string text = trace.metric + ": " + value(usage) + " / target " + value(trace.target) +
                     " = " + Number(trace.ratio, 4);
  if (trace.filled_ratio) text += ", filled in " + Number(*trace.filled_ratio, 4);
  const auto count = [&](std::string_view what, ReplicaGroup group) {
    const auto n = std::count(trace.groups.begin(), trace.groups.end(), group);
    if (n > 0) text += ", " + std::to_string(n) + " " + std::string(what);
  };
  count("ready", ReplicaGroup::kReady);
  count("unready", ReplicaGroup::kUnready);
  count("missing", ReplicaGroup::kMissing);
  count("ignored", ReplicaGroup::kIgnored);
  return text;
}

class Words {
 public:
  Words(const WorkloadInput& input, const Decision& decision)
      : input_(input), decision_(decision) {}

  std::string Of(const Step& step) const {
    const std::string wanted = std::to_string(step.wanted);
    switch (step.cause) {
      case StepCause::kUnobserved:
        return Holds() + "cannot be observed: " + ErrorText();
      case StepCause::kFailed:
        return Holds() + ErrorText();
      case StepCause::kDisabledAtZero:
        return "scaling is disabled since the replica count of the target is zero";
      case StepCause::kAboveMaxReplicas:
      case StepCause::kBelowMinReplicas:
        return decision_.reason + ": " + wanted;
      case StepCause::kProposal:
        return step.reason.empty() ? Proposed(step) : step.reason;
      case StepCause::kLargest:
        return "the largest proposal";
      case StepCause::kDoubt:
        return "no scale-down to " + wanted + " on doubtful data: " + step.reason;
      case StepCause::kScaleDownWindow:
      case StepCause::kScaleUpWindow:
        return Stabilized(step);
      case StepCause::kScaleUpPolicies:
        return RateLimited("behavior.scaleUp allows up to ", step);
      case StepCause::kScaleDownPolicies:
        return RateLimited("behavior.scaleDown allows down to ", step);
      case StepCause::kDefaultScaleUp:
        return RateLimited("the default limit (twice the current count, at least 4) allows up to ",
                           step);
      case StepCause::kMaxReplicas:
        return wanted + " is more than maxReplicas " + std::to_string(step.replicas);
      case StepCause::kMinReplicas:
        return wanted + " is less than minReplicas " + std::to_string(step.replicas);
      case StepCause::kFallback:
      case StepCause::kMissingReplicas:
      case StepCause::kNoRoom:
      case StepCause::kOverBudget:
      case StepCause::kMove:
        return step.reason;  // the stage has written it
      case StepCause::kMinReplicasAtZero:
        break;
    }
    return "scaled to zero before, minReplicas is " + std::to_string(step.replicas);
  }

 private:
  std::string Holds() const { return "holds " + std::to_string(decision_.current) + ": "; }
  std::string ErrorText() const { return decision_.error ? decision_.error->message : ""; }

  // A proposal that a policy explained by a trace alone.
  std::string Proposed(const Step& step) const {
    const auto& policies = input_.spec.policies;
    std::string name = policies.size() == 1 ? policies.front().name : "target_tracking";
    for (const MetricTrace& trace : decision_.metrics) {
      if (!trace.error && trace.proposal == step.replicas) return name + ": " + TraceText(trace);
    }
    return name;
  }

  static std::string Stabilized(const Step& step) {
    const bool down = step.cause == StepCause::kScaleDownWindow;
    return std::string(down ? "scale-down" : "scale-up") + " stabilization window " +
           FormatDuration(step.window) + ": " + std::to_string(step.wanted) +
           " is proposed now, but the " + (down ? "highest" : "lowest") + " recent proposal is " +
           std::to_string(step.replicas);
  }

  static std::string RateLimited(std::string_view rule, const Step& step) {
    return std::string(rule) + std::to_string(step.replicas) + " now, " +
           std::to_string(step.wanted) + " is wanted";
  }

  const WorkloadInput& input_;
  const Decision& decision_;
};

void NameMetrics(const ScalingSpec& spec, std::vector<MetricTrace>& traces) {
  for (MetricTrace& trace : traces) {
    const auto index = static_cast<std::size_t>(trace.spec_metric.value_or(-1));
    if (index < spec.metrics.size()) trace.metric = hpa::MetricName(spec.metrics[index]);
  }
}

bool Has(const Decision& decision, StepCause cause) {
  return std::any_of(decision.steps.begin(), decision.steps.end(),
                     [cause](const Step& step) { return step.cause == cause; });
}

// What HPA's SuccessfulRescale says; it has no words for a change by limits alone.
std::string RescaleReason(const Decision& decision) {
  if (decision.desired == decision.current) return "";
  if (decision.proposed) {
    if (*decision.proposed > decision.current) {
      const std::string_view metric = decision.DecisiveMetric();
      return std::string(metric.empty() ? "Proposed number of replicas" : metric) + " above target";
    }
    if (*decision.proposed < decision.current) return "All metrics below target";
  }
  if (Has(decision, StepCause::kAboveMaxReplicas)) {
    return "Current number of replicas above Spec.MaxReplicas";
  }
  const bool below =
      Has(decision, StepCause::kBelowMinReplicas) || Has(decision, StepCause::kMinReplicasAtZero);
  return below ? "Current number of replicas below Spec.MinReplicas" : "";
}

}  // namespace

void Explain(const WorkloadInput& input, Decision& decision) {
  NameMetrics(input.spec, decision.metrics);
  decision.reason = RescaleReason(decision);
  const Words words(input, decision);
  for (Step& step : decision.steps) step.reason = words.Of(step);
}

}  // namespace tidegate
