// SPDX-License-Identifier: Apache-2.0
//
// The fields of what is asked of a workload.
#pragma once

#include <string_view>
#include <tuple>

#include "tidegate/plan.h"
#include "tidegate/spec.h"
#include "value_class.h"

namespace tidegate::python {

template <>
struct Fields<MetricTarget> {
  static constexpr std::string_view kName = "MetricTarget";
  static constexpr std::string_view kRoot = "target";
  static constexpr std::string_view kDoc = "What a metric should be; one value is normally set.";
  static constexpr auto kList =
      std::make_tuple(F("type", &MetricTarget::type, "Which of the values is meant."),
                      F("value", &MetricTarget::value, "The metric as a whole."),
                      F("average_value", &MetricTarget::average_value, "Per replica."),
                      F("average_utilization", &MetricTarget::average_utilization,
                        "Percent of the replicas' requests."));
};

template <>
struct Fields<ObjectReference> {
  static constexpr std::string_view kName = "ObjectReference";
  static constexpr std::string_view kRoot = "reference";
  static constexpr std::string_view kDoc = "Names an object by kind and name.";
  static constexpr auto kList =
      std::make_tuple(F("api_version", &ObjectReference::api_version, "Such as apps/v1."),
                      F("kind", &ObjectReference::kind, "Such as Deployment."),
                      F("name", &ObjectReference::name, "The object's name."));
};

template <>
struct Fields<LabelSelectorRequirement> {
  static constexpr std::string_view kName = "LabelSelectorRequirement";
  static constexpr std::string_view kRoot = "requirement";
  static constexpr std::string_view kDoc = "What one label has to be like.";
  static constexpr auto kList =
      std::make_tuple(F("key", &LabelSelectorRequirement::key, "The label's name."),
                      F("op", &LabelSelectorRequirement::op, "In, NotIn, Exists or DoesNotExist."),
                      F("values", &LabelSelectorRequirement::values, "For In and NotIn."));
};

template <>
struct Fields<LabelSelector> {
  static constexpr std::string_view kName = "LabelSelector";
  static constexpr std::string_view kRoot = "selector";
  static constexpr std::string_view kDoc = "All of it has to match.";
  static constexpr auto kList = std::make_tuple(
      F("match_labels", &LabelSelector::match_labels, "Labels and their values."),
      F("match_expressions", &LabelSelector::match_expressions, "Further requirements."));
};

template <>
struct Fields<MetricSpec> {
  static constexpr std::string_view kName = "MetricSpec";
  static constexpr std::string_view kRoot = "metric";
  static constexpr std::string_view kDoc = "One metric of a workload and its target value.";
  static constexpr auto kList = std::make_tuple(
      F("type", &MetricSpec::type, "What the metric is measured on."),
      F("name", &MetricSpec::name, "The metric's name; for Resource kinds the resource."),
      F("container", &MetricSpec::container, "ContainerResource only."),
      F("selector", &MetricSpec::selector, "What its series must match; None: no filter."),
      F("described_object", &MetricSpec::described_object, "Object only."),
      F("target", &MetricSpec::target, "What the metric should be."));
};

template <>
struct Fields<ScalingPolicy> {
  static constexpr std::string_view kName = "ScalingPolicy";
  static constexpr std::string_view kRoot = "policy";
  static constexpr std::string_view kDoc = "At most so many replicas, or percent, per period.";
  static constexpr auto kList = std::make_tuple(
      F("type", &ScalingPolicy::type, "Replicas or percent of them."),
      F("value", &ScalingPolicy::value, "How many."),
      F("period_seconds", &ScalingPolicy::period, "The period, in which they count."));
};

template <>
struct Fields<ScalingRules> {
  static constexpr std::string_view kName = "ScalingRules";
  static constexpr std::string_view kRoot = "rules";
  static constexpr std::string_view kDoc = "Window and rate limits of one direction.";
  static constexpr auto kList =
      std::make_tuple(F("stabilization_window_seconds", &ScalingRules::stabilization_window,
                        "None: 0 on the way up, 5 minutes on the way down."),
                      F("select_policy", &ScalingRules::select_policy, "Which policy wins."),
                      F("policies", &ScalingRules::policies, "The rate limits."),
                      F("tolerance", &ScalingRules::tolerance, "None: HpaOptions.tolerance."));
};

template <>
struct Fields<Behavior> {
  static constexpr std::string_view kName = "Behavior";
  static constexpr std::string_view kRoot = "behavior";
  static constexpr std::string_view kDoc =
      "Windows and rate limits; what is left out is as HPA's API defaults it.";
  static constexpr auto kList =
      std::make_tuple(F("scale_up", &Behavior::scale_up, "On the way up."),
                      F("scale_down", &Behavior::scale_down, "On the way down."));

  // Without policies a direction could not scale at all: HPA's API server fills them in too.
  static void Complete(Behavior& behavior) {
    const Behavior defaults = DefaultBehavior();
    Complete(behavior.scale_up, defaults.scale_up);
    Complete(behavior.scale_down, defaults.scale_down);
  }
  static void Complete(ScalingRules& rules, const ScalingRules& defaults) {
    if (rules.policies.empty()) rules.policies = defaults.policies;
    if (!rules.stabilization_window) rules.stabilization_window = defaults.stabilization_window;
  }
};

template <>
struct Fields<PolicySpec> {
  static constexpr std::string_view kName = "PolicySpec";
  static constexpr std::string_view kRoot = "policy";
  static constexpr std::string_view kDoc = "A policy by its registered name.";
  static constexpr auto kList =
      std::make_tuple(F("name", &PolicySpec::name, "The name in the registry."),
                      F("options", &PolicySpec::options, "Its options, as text."));
};

template <>
struct Fields<HpaOptions> {
  static constexpr std::string_view kName = "HpaOptions";
  static constexpr std::string_view kRoot = "hpa";
  static constexpr std::string_view kDoc =
      "What Kubernetes has as flags of kube-controller-manager, with its defaults.";
  static constexpr auto kList = std::make_tuple(
      F("tolerance", &HpaOptions::tolerance, "A ratio this near to 1 changes nothing."),
      F("downscale_stabilization", &HpaOptions::downscale_stabilization,
        "The window on the way down where behavior gives none."),
      F("cpu_initialization_period", &HpaOptions::cpu_initialization_period,
        "For so long CPU values of a new replica count only if it is ready."),
      F("initial_readiness_delay", &HpaOptions::initial_readiness_delay,
        "For so long a replica that was never ready counts as starting."));
};

template <>
struct Fields<SliceSize> {
  static constexpr std::string_view kName = "SliceSize";
  static constexpr std::string_view kRoot = "size";
  static constexpr std::string_view kDoc = "A size of slice that a moldable workload may run on.";
  static constexpr auto kList =
      std::make_tuple(F("profile", &SliceSize::profile, "Such as 1g.5gb."),
                      F("capacity", &SliceSize::capacity, "Replicas that one is worth."));
};

template <>
struct Fields<SliceSpec> {
  static constexpr std::string_view kName = "SliceSpec";
  static constexpr std::string_view kRoot = "slice";
  static constexpr std::string_view kDoc = "The slice of a GPU that each replica runs on.";
  static constexpr auto kList = std::make_tuple(
      F("profile", &SliceSpec::profile, "Such as 1g.5gb; empty: any that will do."),
      F("memory", &SliceSpec::memory, "At least so many bytes."),
      F("sm_count", &SliceSpec::sm_count, "At least so many streaming multiprocessors."),
      F("priority", &SliceSpec::priority, "Higher ones are served first."),
      F("sizes", &SliceSpec::sizes, "Any of these will do: replicas are units of capacity."));
};

template <>
struct Fields<Fallback> {
  static constexpr std::string_view kName = "Fallback";
  static constexpr std::string_view kRoot = "fallback";
  static constexpr std::string_view kDoc =
      "What stands in for the reading of a metric that has none.";
  static constexpr auto kList = std::make_tuple(
      F("metric", &Fallback::metric, "Empty: every metric that has no own fallback."),
      F("last_known", &Fallback::last_known, "How long the last reading stands in."),
      F("after", &Fallback::after, "How long it is missing before the behavior counts."),
      F("behavior", &Fallback::behavior, "What the metric asks for then."),
      F("replicas", &Fallback::replicas, "See behavior."));
};

template <>
struct Fields<MissingReplicas> {
  static constexpr std::string_view kName = "MissingReplicas";
  static constexpr std::string_view kRoot = "missing_replicas";
  static constexpr std::string_view kDoc =
      "When replicas without a value of a metric are left out.";
  static constexpr auto kList = std::make_tuple(
      F("ignore_after", &MissingReplicas::ignore_after, "How long it has to be without one."),
      F("at_most_percent", &MissingReplicas::at_most_percent, "Only while no more have none."));
};

template <>
struct Fields<ScalingSpec> {
  static constexpr std::string_view kName = "ScalingSpec";
  static constexpr std::string_view kRoot = "spec";
  static constexpr std::string_view kDoc =
      "Everything that a decision depends on besides what is observed.";
  static constexpr auto kList = std::make_tuple(
      F("workload", &ScalingSpec::workload, "Its name, or namespace/name."),
      F("scale_target_ref", &ScalingSpec::scale_target_ref, "The object that is scaled."),
      F("min_replicas", &ScalingSpec::min_replicas, "Never fewer."),
      F("max_replicas", &ScalingSpec::max_replicas, "Never more."),
      F("metrics", &ScalingSpec::metrics, "The metrics; the largest proposal wins."),
      F("behavior", &ScalingSpec::behavior, "None: HPA's legacy limits (doubling, at least 4)."),
      F("policies", &ScalingSpec::policies, "Empty: target_tracking alone."),
      F("missing_data", &ScalingSpec::missing_data, "What happens when readings are in doubt."),
      F("missing_replicas", &ScalingSpec::missing_replicas, "When some are left out; None: never."),
      F("fallbacks", &ScalingSpec::fallbacks, "Of metrics that have no reading; none: hold."),
      F("compatibility", &ScalingSpec::compatibility, "Release of Kubernetes to behave like."),
      F("feature_gates", &ScalingSpec::feature_gates, "That are not at their defaults."),
      F("hpa", &ScalingSpec::hpa, "Settings that Kubernetes has as flags."),
      F("slice", &ScalingSpec::slice, "None: replicas need no slice of a GPU."));
};

}  // namespace tidegate::python
