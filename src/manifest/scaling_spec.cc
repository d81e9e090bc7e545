// SPDX-License-Identifier: Apache-2.0
#include "manifest/scaling_spec.h"

#include <optional>
#include <utility>

#include "hpa/conversion.h"

namespace tidegate::manifest {
namespace {

namespace api = hpa::api;

ObjectReference Reference(const api::CrossVersionObjectReference& in) {
  return {in.api_version, in.kind, in.name};
}

std::optional<MilliValue> Milli(const std::optional<hpa::Quantity>& quantity) {
  return quantity ? std::optional(quantity->Milli()) : std::nullopt;
}

MetricTarget Target(const api::MetricTarget& in) {
  const MetricTargetType type = in.type == "Utilization" ? MetricTargetType::kUtilization
                                : in.type == "Value"     ? MetricTargetType::kValue
                                                         : MetricTargetType::kAverageValue;
  return {type, Milli(in.value), Milli(in.average_value), in.average_utilization};
}

void FillIdentifier(const api::MetricIdentifier& in, MetricSpec& out) {
  out.name = in.name;
  if (!in.selector) return;
  out.selector.emplace();
  out.selector->match_labels = in.selector->match_labels;
  for (const api::LabelSelectorRequirement& requirement : in.selector->match_expressions) {
    out.selector->match_expressions.push_back(
        {requirement.key, requirement.operation, requirement.values});
  }
}

/// The source that the type names.
MetricSpec Metric(const api::MetricSpec& in) {
  MetricSpec out;
  if (in.type == "Resource" && in.resource) {
    out.type = MetricSourceType::kResource;
    out.name = in.resource->name;
    out.target = Target(in.resource->target);
  } else if (in.type == "ContainerResource" && in.container_resource) {
    out.type = MetricSourceType::kContainerResource;
    out.name = in.container_resource->name;
    out.container = in.container_resource->container;
    out.target = Target(in.container_resource->target);
  } else if (in.type == "Pods" && in.pods) {
    out.type = MetricSourceType::kPods;
    FillIdentifier(in.pods->metric, out);
    out.target = Target(in.pods->target);
  } else if (in.type == "Object" && in.object) {
    out.type = MetricSourceType::kObject;
    FillIdentifier(in.object->metric, out);
    out.described_object = Reference(in.object->described_object);
    out.target = Target(in.object->target);
  } else if (in.external) {
    out.type = MetricSourceType::kExternal;
    FillIdentifier(in.external->metric, out);
    out.target = Target(in.external->target);
  }
  return out;
}

ScalingRules Rules(const api::HPAScalingRules& in) {
  ScalingRules out;
  if (in.stabilization_window_seconds) {
    out.stabilization_window = std::chrono::seconds(*in.stabilization_window_seconds);
  }
  const std::string select = in.select_policy.value_or("Max");
  out.select_policy = select == "Min"        ? SelectPolicy::kMin
                      : select == "Disabled" ? SelectPolicy::kDisabled
                                             : SelectPolicy::kMax;
  for (const api::HPAScalingPolicy& policy :
       in.policies.value_or(std::vector<api::HPAScalingPolicy>())) {
    out.policies.push_back(
        {policy.type == "Pods" ? ScalingPolicyType::kPods : ScalingPolicyType::kPercent,
         policy.value, std::chrono::seconds(policy.period_seconds)});
  }
  if (in.tolerance) out.tolerance = in.tolerance->CanonicalFloat();
  return out;
}

}  // namespace

void FillScalingSpec(const api::HorizontalPodAutoscaler& hpa, ScalingSpec& spec) {
  api::HorizontalPodAutoscaler full = hpa;
  hpa::SetDefaults(full);  // an object of an older version may have half of a behavior
  spec.scale_target_ref = Reference(full.spec.scale_target_ref);
  spec.min_replicas = *full.spec.min_replicas;
  spec.max_replicas = full.spec.max_replicas;
  spec.metrics.clear();
  for (const api::MetricSpec& metric : full.spec.metrics) spec.metrics.push_back(Metric(metric));
  spec.behavior.reset();
  if (!full.spec.behavior) return;
  spec.behavior =
      Behavior{Rules(*full.spec.behavior->scale_up), Rules(*full.spec.behavior->scale_down)};
}

}  // namespace tidegate::manifest
