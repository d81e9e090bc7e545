// SPDX-License-Identifier: Apache-2.0
//
// Field lists of spec.h: HPA's keys and HPA's words, where HPA has them.
#include "tidegate/describe.h"

namespace tidegate {
namespace {

constexpr std::string_view kAboveZero = "must be greater than zero";
constexpr std::string_view kNoMetricName = "must specify a metric name";

void DescribeMetric(FieldVisitor& v, MetricSpec& s) {
  v.Nested("metric",
           [&] {
             v.Field("name", s.name,
                     {.doc = "Name of the metric.", .required = true, .missing = kNoMetricName});
             v.Field("selector", s.selector, {.doc = "Restricts the metric to some series."});
           },
           {.doc = "Which metric.", .required = true, .missing = kNoMetricName});
}

void DescribeTarget(FieldVisitor& v, MetricSpec& s) {
  v.Field("target", s.target,
          {.doc = "What the metric should be.",
           .required = true,
           .missing = "must specify a metric target type"});
}

/// Members that this type of metric has no use for: a record keeps them all the same.
void DescribeUnused(FieldVisitor& v, MetricSpec& s, bool container, bool object, bool selector) {
  if (container) v.Field("container", s.container, {.hidden = true});
  if (object) v.Field("describedObject", s.described_object, {.hidden = true});
  if (selector) v.Field("unusedSelector", s.selector, {.hidden = true});
}

constexpr FieldInfo SourceInfo(std::string_view doc) {
  return {.doc = doc,
          .required = true,
          .missing = "must populate information for the given metric source"};
}

void DescribeResource(FieldVisitor& v, MetricSpec& s, bool container) {
  v.Field("name", s.name,
          {.doc = "Name of the resource, such as cpu.",
           .required = true,
           .missing = "must specify a resource name"});
  if (container) {
    v.Field(
        "container", s.container,
        {.doc = "Name of the container.", .required = true, .missing = "must specify a container"});
  }
  DescribeTarget(v, s);
  DescribeUnused(v, s, !container, true, true);
}

}  // namespace

void Describe(FieldVisitor& v, ObjectReference& s) {
  v.Field("apiVersion", s.api_version, {.doc = "API group and version of the object."});
  v.Field("kind", s.kind, {.doc = "Kind of the object.", .required = true});
  v.Field("name", s.name, {.doc = "Name of the object.", .required = true});
}

void Describe(FieldVisitor& v, LabelSelectorRequirement& s) {
  v.Field("key", s.key, {.doc = "Name of the label.", .required = true});
  v.Field("operator", s.op, {.doc = "In, NotIn, Exists or DoesNotExist.", .required = true});
  v.Field("values", s.values, {.doc = "For In and NotIn."});
}

void Describe(FieldVisitor& v, LabelSelector& s) {
  v.Field("matchLabels", s.match_labels, {.doc = "Labels that a series must have."});
  v.Field("matchExpressions", s.match_expressions, {.doc = "Further requirements."});
}

void Describe(FieldVisitor& v, MetricTarget& s) {
  v.Field("type", s.type,
          {.doc = "Which kind of target value it is.",
           .required = true,
           .missing = "must specify a metric target type"});
  v.Quantity("value", s.value, {.doc = "Of the metric as a whole."});
  v.Quantity("averageValue", s.average_value, {.doc = "Per replica."});
  v.Field("averageUtilization", s.average_utilization,
          {.doc = "Percent of what the replicas request.",
           .min = 1,
           .below = "must be greater than 0"});
}

void Describe(FieldVisitor& v, MetricSpec& s) {
  using enum MetricSourceType;
  constexpr std::span kNames = EnumNames<MetricSourceType>::kNames;
  v.Field("type", s.type,
          {.doc = "Where the metric comes from.",
           .choices = kNames.first(static_cast<std::size_t>(kUnknown)),
           .required = true,
           .missing = "must specify a metric source type"});
  // A schema looks at the members of all types; each then starts from a blank metric.
  const auto source = [&](MetricSourceType type, std::string_view key, std::string_view doc,
                          auto describe) {
    MetricSpec blank;
    MetricSpec& metric = s.type == type ? s : blank;
    v.Alternative(
        key, s.type == type, [&] { describe(metric); }, SourceInfo(doc));
  };
  source(kResource, "resource", "A resource of the replicas, summed over their containers.",
         [&](MetricSpec& m) { DescribeResource(v, m, false); });
  source(kContainerResource, "containerResource", "A resource of one container of each replica.",
         [&](MetricSpec& m) { DescribeResource(v, m, true); });
  source(kPods, "pods", "A metric of each replica, averaged.", [&](MetricSpec& m) {
    DescribeMetric(v, m);
    DescribeTarget(v, m);
    DescribeUnused(v, m, true, true, false);
  });
  source(kObject, "object", "A metric of one other object.", [&](MetricSpec& m) {
    v.Field("describedObject", m.described_object,
            {.doc = "The object that the metric is about.", .required = true});
    DescribeMetric(v, m);
    DescribeTarget(v, m);
    DescribeUnused(v, m, true, false, false);
  });
  source(kExternal, "external", "A metric that belongs to no object; its series are summed.",
         [&](MetricSpec& m) {
           DescribeMetric(v, m);
           DescribeTarget(v, m);
           DescribeUnused(v, m, true, true, false);
         });
  v.Alternative("unknown", s.type == kUnknown,
                [&] {
                  v.Field("name", s.name);
                  DescribeUnused(v, s, true, true, true);
                  v.Field("target", s.target);
                },
                {.hidden = true});
}

void Describe(FieldVisitor& v, ScalingPolicy& s) {
  v.Field("type", s.type,
          {.doc = "Whether value counts replicas or percent of them.", .required = true});
  v.Field(
      "value", s.value,
      {.doc = "The largest change in a period.", .min = 1, .below = kAboveZero, .required = true});
  v.Seconds("periodSeconds", s.period,
            {.doc = "The period.", .min = 1, .max = 1800, .below = kAboveZero, .required = true});
}

void Describe(FieldVisitor& v, ScalingRules& s) {
  v.Seconds("stabilizationWindowSeconds", s.stabilization_window,
            {.doc = "How long earlier proposals are remembered: up takes the smallest of them, "
                    "down the largest. Default: 0 up; hpa.downscaleStabilization down.",
             .min = 0,
             .max = 3600,
             .below = "must be greater than or equal to zero"});
  v.Field("selectPolicy", s.select_policy,
          {.doc = "Which of the policies counts: that with the largest change, the smallest, "
                  "or no change at all in this direction."});
  v.Field("policies", s.policies,
          {.doc = "Rate limits. Default: 4 Pods and 100 Percent in 15 s up, 100 Percent in 15 s "
                  "down."});
  v.Ratio("tolerance", s.tolerance,
          {.doc = "Replaces hpa.tolerance in this direction.",
           .min = 0,
           .below = "must be greater than or equal to 0"});
}

void Describe(FieldVisitor& v, Behavior& s) {
  if (v.reading()) s = DefaultBehavior();  // what is given only in part is filled, as HPA does
  v.Field("scaleUp", s.scale_up, {.doc = "Rules for growing."});
  v.Field("scaleDown", s.scale_down, {.doc = "Rules for shrinking."});
}

void Describe(FieldVisitor& v, PolicySpec& s) {
  v.Field("name", s.name, {.doc = "Name of the policy.", .required = true});
  v.Field("options", s.options, {.doc = "The policy's own options."});
}

void Describe(FieldVisitor& v, HpaOptions& s) {
  v.Field("tolerance", s.tolerance,
          {.doc = "A ratio of metric to target this close to 1 changes nothing.", .min = 0});
  v.Field("downscaleStabilization", s.downscale_stabilization,
          {.doc = "The window for growing smaller where behavior gives none.", .min = 0});
  v.Field("cpuInitializationPeriod", s.cpu_initialization_period,
          {.doc = "How long after its start the CPU of a replica counts only if fresh.", .min = 0});
  v.Field("initialReadinessDelay", s.initial_readiness_delay,
          {.doc = "How long after its start unreadiness counts as not yet ready.", .min = 0});
}

void Describe(FieldVisitor& v, SliceSize& s) {
  v.Field("profile", s.profile,
          {.doc = "As the driver, Kubernetes or mig-parted spells it, such as 1g.5gb.",
           .required = true});
  v.Quantity("capacity", s.capacity,
             {.doc = "Replicas that a slice of this size is worth, such as 2.1.", .min = 0.001});
}

void Describe(FieldVisitor& v, SliceSpec& s) {
  v.Field("profile", s.profile,
          {.doc = "As the driver, Kubernetes or mig-parted spells it, such as 1g.5gb. Empty: any "
                  "profile with what follows will do."});
  v.Quantity("memory", s.memory, {.doc = "A slice has at least so much, such as 10Gi.", .min = 0});
  v.Field("smCount", s.sm_count,
          {.doc = "A slice has at least so many streaming multiprocessors.", .min = 0});
  v.Field("priority", s.priority,
          {.doc = "While there is too little room, workloads with higher ones are served first."});
  v.Field("sizes", s.sizes,
          {.doc = "Instead of a profile: any of these sizes will do. A replica is then a unit of "
                  "capacity, and slices are taken that have as many together."});
}

void Describe(FieldVisitor& v, Fallback& s) {
  v.Field("metric", s.metric,
          {.doc = "Name of the metric; absent: every metric that has no own fallback."});
  v.Field("lastKnown", s.last_known,
          {.doc = "How long the last reading stands in. It may raise the count, not lower it.",
           .min = 0});
  v.Field("after", s.after,
          {.doc = "How long the metric has to be missing before behavior counts.", .min = 0});
  v.Field("behavior", s.behavior,
          {.doc = "What the metric asks for then. Hold: nothing; the others may raise the count, "
                  "not lower it. Static: replicas. CurrentReplicas: what there is. "
                  "CurrentReplicasIfHigher and …IfLower: the larger or smaller of both."});
  v.Field("replicas", s.replicas, {.doc = "See behavior.", .min = 0});
}

void Describe(FieldVisitor& v, MissingReplicas& s) {
  v.Field("ignoreAfter", s.ignore_after,
          {.doc = "How long a replica has to be without a value of a metric to be left out of it.",
           .min = 1});
  v.Field("atMostPercent", s.at_most_percent,
          {.doc = "Only while no more of the replicas that should have a value have none.",
           .min = 1,
           .max = 99});
}

void DescribeHpaSpec(FieldVisitor& v, ScalingSpec& s) {
  v.Field("scaleTargetRef", s.scale_target_ref,
          {.doc = "The Kubernetes object that is scaled; not needed for a process pool."});
  v.Field("minReplicas", s.min_replicas,
          {.doc = "Never fewer.", .min = 0, .below = "must be greater than or equal to 0"});
  v.Field("maxReplicas", s.max_replicas,
          {.doc = "Never more. Must be given.", .min = 1, .below = "must be greater than 0"});
  v.Field("metrics", s.metrics, {.doc = "What is looked at; the largest proposal wins."});
  v.Field("behavior", s.behavior,
          {.doc = "Stabilization windows and rate limits. Absent: at most a doubling (or to 4) at "
                  "a time, and hpa.downscaleStabilization."});
}

void DescribeSpec(FieldVisitor& v, ScalingSpec& s) {
  DescribeHpaSpec(v, s);
  v.Field("policies", s.policies,
          {.doc = "Policies whose proposals are combined, the largest wins. Empty: "
                  "target_tracking, which is HPA's arithmetic."});
  v.Field("missingData", s.missing_data,
          {.doc = "What happens while readings are in doubt. Hold: never below the current count. "
                  "Fill: HPA's fills only."});
  v.Field(
      "missingReplicas", s.missing_replicas,
      {.doc = "A few replicas that have had no value of a metric for long are left out of it, as "
              "those that are terminating are. Absent: they count as missingData says, for as "
              "long as that lasts."});
  v.Field("fallbacks", s.fallbacks,
          {.doc = "What stands in for the reading of a metric that has none."});
  v.Field("compatibility", s.compatibility,
          {.doc = "The release of Kubernetes whose HorizontalPodAutoscaler this workload behaves "
                  "like."});
  v.Field("featureGates", s.feature_gates,
          {.doc = "That release's feature gates that are not at their defaults, such as "
                  "HPAScaleToZero: false."});
  v.Field("hpa", s.hpa, {.doc = "What Kubernetes has as flags of its controller manager."});
  v.Field("slice", s.slice,
          {.doc = "Each replica runs on a MIG slice of its own, of the GPUs of the Scaler's "
                  "devices."});
}

void Describe(FieldVisitor& v, ScalingSpec& s) {
  v.Field("workload", s.workload, {.doc = "Name of the workload."});
  DescribeSpec(v, s);
}

}  // namespace tidegate
