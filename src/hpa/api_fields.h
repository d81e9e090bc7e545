// SPDX-License-Identifier: Apache-2.0
//
// The field list of every struct of api.h: JSON names in the API's order, and the names of the Go
// types that its error messages speak of. Decoder, encoder and positions follow from them.
//
// `v(name, member)` visits a member; Omit: not written where empty; Type{"…"}: the Go type of a
// string that has one of its own, with its package where that is not the version's.
#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "hpa/api.h"

namespace tidegate::hpa::api {

struct FieldInfo {
  std::string_view go_type = {};  ///< "" is the C++ type's; without a dot: the version's package
  bool omit_empty = false;
};

inline constexpr FieldInfo kOmit{{}, true};
constexpr FieldInfo Type(std::string_view go_type, bool omit_empty = false) {
  return {go_type, omit_empty};
}

template <typename T>
inline constexpr bool kIsList = false;
template <typename T>
inline constexpr bool kIsList<std::vector<T>> = true;

/// T or const T.
template <typename S, typename T>
concept Is = std::same_as<std::remove_const_t<S>, T>;

template <typename V, Is<OwnerReference> S>
void Fields(V& v, S& s) {
  v("apiVersion", s.api_version);
  v("kind", s.kind);
  v("name", s.name);
  v("uid", s.uid, Type("types.UID"));
  v("controller", s.controller);
  v("blockOwnerDeletion", s.block_owner_deletion);
}

template <typename V, Is<ManagedFieldsEntry> S>
void Fields(V& v, S& s) {
  v("manager", s.manager, kOmit);
  v("operation", s.operation, Type("v1.ManagedFieldsOperationType", true));
  v("apiVersion", s.api_version, kOmit);
  v("time", s.time, kOmit);
  v("fieldsType", s.fields_type, kOmit);
  v("fieldsV1", s.fields_v1);
  v("subresource", s.subresource, kOmit);
}

template <typename V, Is<ObjectMeta> S>
void Fields(V& v, S& s) {
  v("name", s.name, kOmit);
  v("generateName", s.generate_name, kOmit);
  v("namespace", s.name_space, kOmit);
  v("selfLink", s.self_link, kOmit);
  v("uid", s.uid, Type("types.UID", true));
  v("resourceVersion", s.resource_version, kOmit);
  v("generation", s.generation, kOmit);
  v("creationTimestamp", s.creation_timestamp, kOmit);
  v("deletionTimestamp", s.deletion_timestamp, kOmit);
  v("deletionGracePeriodSeconds", s.deletion_grace_period_seconds);
  v("labels", s.labels, kOmit);
  v("annotations", s.annotations, kOmit);
  v("ownerReferences", s.owner_references, kOmit);
  v("finalizers", s.finalizers, kOmit);
  v("managedFields", s.managed_fields, kOmit);
}

template <typename V, Is<LabelSelectorRequirement> S>
void Fields(V& v, S& s) {
  v("key", s.key);
  v("operator", s.operation, Type("v1.LabelSelectorOperator"));
  v("values", s.values, kOmit);
}

template <typename V, Is<LabelSelector> S>
void Fields(V& v, S& s) {
  v("matchLabels", s.match_labels, kOmit);
  v("matchExpressions", s.match_expressions, kOmit);
}

template <typename V, Is<CrossVersionObjectReference> S>
void Fields(V& v, S& s) {
  v("kind", s.kind);
  v("name", s.name);
  v("apiVersion", s.api_version, kOmit);
}

template <typename V, Is<MetricIdentifier> S>
void Fields(V& v, S& s) {
  v("name", s.name);
  v("selector", s.selector);
}

template <typename V, Is<MetricTarget> S>
void Fields(V& v, S& s) {
  v("type", s.type, Type("MetricTargetType"));
  v("value", s.value);
  v("averageValue", s.average_value);
  v("averageUtilization", s.average_utilization);
}

template <typename V, Is<ObjectMetricSource> S>
void Fields(V& v, S& s) {
  v("describedObject", s.described_object);
  v("target", s.target);
  v("metric", s.metric);
}

template <typename V, typename S>
requires Is<S, PodsMetricSource> || Is<S, ExternalMetricSource>
void Fields(V& v, S& s) {
  v("metric", s.metric);
  v("target", s.target);
}

template <typename V, Is<ResourceMetricSource> S>
void Fields(V& v, S& s) {
  v("name", s.name, Type("v1.ResourceName"));
  v("target", s.target);
}

template <typename V, Is<ContainerResourceMetricSource> S>
void Fields(V& v, S& s) {
  v("name", s.name, Type("v1.ResourceName"));
  v("target", s.target);
  v("container", s.container);
}

/// The metric specs and the metric statuses of all versions have the same outside.
template <typename V, typename S>
requires Is<S, MetricSpec> || Is<S, MetricStatus> || Is<S, v1::MetricSpec> ||
    Is<S, v1::MetricStatus>
void Fields(V& v, S& s) {
  v("type", s.type, Type("MetricSourceType"));
  v("object", s.object);
  v("pods", s.pods);
  v("resource", s.resource);
  v("containerResource", s.container_resource);
  v("external", s.external);
}

template <typename V, Is<HPAScalingPolicy> S>
void Fields(V& v, S& s) {
  v("type", s.type, Type("HPAScalingPolicyType"));
  v("value", s.value);
  v("periodSeconds", s.period_seconds);
}

template <typename V, Is<HPAScalingRules> S>
void Fields(V& v, S& s) {
  v("stabilizationWindowSeconds", s.stabilization_window_seconds);
  v("selectPolicy", s.select_policy, Type("ScalingPolicySelect"));
  v("policies", s.policies, kOmit);
  v("tolerance", s.tolerance);
}

template <typename V, Is<HorizontalPodAutoscalerBehavior> S>
void Fields(V& v, S& s) {
  v("scaleUp", s.scale_up);
  v("scaleDown", s.scale_down);
}

template <typename V, Is<HorizontalPodAutoscalerSpec> S>
void Fields(V& v, S& s) {
  v("scaleTargetRef", s.scale_target_ref);
  v("minReplicas", s.min_replicas);
  v("maxReplicas", s.max_replicas);
  v("metrics", s.metrics, kOmit);
  v("behavior", s.behavior);
}

template <typename V, Is<MetricValueStatus> S>
void Fields(V& v, S& s) {
  v("value", s.value);
  v("averageValue", s.average_value);
  v("averageUtilization", s.average_utilization);
}

template <typename V, Is<ObjectMetricStatus> S>
void Fields(V& v, S& s) {
  v("metric", s.metric);
  v("current", s.current);
  v("describedObject", s.described_object);
}

template <typename V, typename S>
requires Is<S, PodsMetricStatus> || Is<S, ExternalMetricStatus>
void Fields(V& v, S& s) {
  v("metric", s.metric);
  v("current", s.current);
}

template <typename V, Is<ResourceMetricStatus> S>
void Fields(V& v, S& s) {
  v("name", s.name, Type("v1.ResourceName"));
  v("current", s.current);
}

template <typename V, Is<ContainerResourceMetricStatus> S>
void Fields(V& v, S& s) {
  v("name", s.name, Type("v1.ResourceName"));
  v("current", s.current);
  v("container", s.container);
}

template <typename V, Is<HorizontalPodAutoscalerCondition> S>
void Fields(V& v, S& s) {
  v("type", s.type, Type("HorizontalPodAutoscalerConditionType"));
  v("status", s.status, Type("v1.ConditionStatus"));
  v("lastTransitionTime", s.last_transition_time);
  v("reason", s.reason, kOmit);
  v("message", s.message, kOmit);
  v("observedGeneration", s.observed_generation);
}

template <typename V, Is<HorizontalPodAutoscalerStatus> S>
void Fields(V& v, S& s) {
  v("observedGeneration", s.observed_generation);
  v("lastScaleTime", s.last_scale_time, kOmit);
  v("currentReplicas", s.current_replicas, kOmit);
  v("desiredReplicas", s.desired_replicas);
  v("currentMetrics", s.current_metrics);
  v("conditions", s.conditions, kOmit);
}

template <typename V, typename S>
requires Is<S, HorizontalPodAutoscaler> || Is<S, v1::HorizontalPodAutoscaler> ||
    Is<S, v2beta1::HorizontalPodAutoscaler>
void Fields(V& v, S& s) {
  v("metadata", s.metadata);
  v("spec", s.spec);
  v("status", s.status);
}

template <typename V, Is<v1::ObjectMetricSource> S>
void Fields(V& v, S& s) {
  v("target", s.target);
  v("metricName", s.metric_name);
  v("targetValue", s.target_value);
  v("selector", s.selector);
  v("averageValue", s.average_value);
}

template <typename V, Is<v1::PodsMetricSource> S>
void Fields(V& v, S& s) {
  v("metricName", s.metric_name);
  v("targetAverageValue", s.target_average_value);
  v("selector", s.selector);
}

template <typename V, Is<v1::ResourceMetricSource> S>
void Fields(V& v, S& s) {
  v("name", s.name, Type("v1.ResourceName"));
  v("targetAverageUtilization", s.target_average_utilization);
  v("targetAverageValue", s.target_average_value);
}

template <typename V, Is<v1::ContainerResourceMetricSource> S>
void Fields(V& v, S& s) {
  v("name", s.name, Type("v1.ResourceName"));
  v("targetAverageUtilization", s.target_average_utilization);
  v("targetAverageValue", s.target_average_value);
  v("container", s.container);
}

template <typename V, Is<v1::ExternalMetricSource> S>
void Fields(V& v, S& s) {
  v("metricName", s.metric_name);
  v("metricSelector", s.metric_selector);
  v("targetValue", s.target_value);
  v("targetAverageValue", s.target_average_value);
}

template <typename V, Is<v1::ObjectMetricStatus> S>
void Fields(V& v, S& s) {
  v("target", s.target);
  v("metricName", s.metric_name);
  v("currentValue", s.current_value);
  v("selector", s.selector);
  v("averageValue", s.average_value);
}

template <typename V, Is<v1::PodsMetricStatus> S>
void Fields(V& v, S& s) {
  v("metricName", s.metric_name);
  v("currentAverageValue", s.current_average_value);
  v("selector", s.selector);
}

template <typename V, Is<v1::ResourceMetricStatus> S>
void Fields(V& v, S& s) {
  v("name", s.name, Type("v1.ResourceName"));
  v("currentAverageUtilization", s.current_average_utilization);
  v("currentAverageValue", s.current_average_value);
}

template <typename V, Is<v1::ContainerResourceMetricStatus> S>
void Fields(V& v, S& s) {
  v("name", s.name, Type("v1.ResourceName"));
  v("currentAverageUtilization", s.current_average_utilization);
  v("currentAverageValue", s.current_average_value);
  v("container", s.container);
}

template <typename V, Is<v1::ExternalMetricStatus> S>
void Fields(V& v, S& s) {
  v("metricName", s.metric_name);
  v("metricSelector", s.metric_selector);
  v("currentValue", s.current_value);
  v("currentAverageValue", s.current_average_value);
}

template <typename V, Is<v1::HorizontalPodAutoscalerSpec> S>
void Fields(V& v, S& s) {
  v("scaleTargetRef", s.scale_target_ref);
  v("minReplicas", s.min_replicas);
  v("maxReplicas", s.max_replicas);
  v("targetCPUUtilizationPercentage", s.target_cpu_utilization_percentage);
}

template <typename V, Is<v1::HorizontalPodAutoscalerStatus> S>
void Fields(V& v, S& s) {
  v("observedGeneration", s.observed_generation);
  v("lastScaleTime", s.last_scale_time, kOmit);
  v("currentReplicas", s.current_replicas);
  v("desiredReplicas", s.desired_replicas);
  v("currentCPUUtilizationPercentage", s.current_cpu_utilization_percentage);
}

template <typename V, Is<v2beta1::HorizontalPodAutoscalerSpec> S>
void Fields(V& v, S& s) {
  v("scaleTargetRef", s.scale_target_ref);
  v("minReplicas", s.min_replicas);
  v("maxReplicas", s.max_replicas);
  v("metrics", s.metrics, kOmit);
}

template <typename V, Is<v2beta1::HorizontalPodAutoscalerStatus> S>
void Fields(V& v, S& s) {
  v("observedGeneration", s.observed_generation);
  v("lastScaleTime", s.last_scale_time, kOmit);
  v("currentReplicas", s.current_replicas);
  v("desiredReplicas", s.desired_replicas);
  v("currentMetrics", s.current_metrics);
  v("conditions", s.conditions);
}

/// The struct's name in Go; with its package where that is not the version's.
#define TIDEGATE_GO_NAME(type, name) \
  constexpr std::string_view GoName(const type*) { return name; }
TIDEGATE_GO_NAME(OwnerReference, "v1.OwnerReference")
TIDEGATE_GO_NAME(ManagedFieldsEntry, "v1.ManagedFieldsEntry")
TIDEGATE_GO_NAME(ObjectMeta, "v1.ObjectMeta")
TIDEGATE_GO_NAME(LabelSelectorRequirement, "v1.LabelSelectorRequirement")
TIDEGATE_GO_NAME(LabelSelector, "v1.LabelSelector")
TIDEGATE_GO_NAME(CrossVersionObjectReference, "CrossVersionObjectReference")
TIDEGATE_GO_NAME(MetricIdentifier, "MetricIdentifier")
TIDEGATE_GO_NAME(MetricTarget, "MetricTarget")
TIDEGATE_GO_NAME(ObjectMetricSource, "ObjectMetricSource")
TIDEGATE_GO_NAME(PodsMetricSource, "PodsMetricSource")
TIDEGATE_GO_NAME(ResourceMetricSource, "ResourceMetricSource")
TIDEGATE_GO_NAME(ContainerResourceMetricSource, "ContainerResourceMetricSource")
TIDEGATE_GO_NAME(ExternalMetricSource, "ExternalMetricSource")
TIDEGATE_GO_NAME(MetricSpec, "MetricSpec")
TIDEGATE_GO_NAME(HPAScalingPolicy, "HPAScalingPolicy")
TIDEGATE_GO_NAME(HPAScalingRules, "HPAScalingRules")
TIDEGATE_GO_NAME(HorizontalPodAutoscalerBehavior, "HorizontalPodAutoscalerBehavior")
TIDEGATE_GO_NAME(HorizontalPodAutoscalerSpec, "HorizontalPodAutoscalerSpec")
TIDEGATE_GO_NAME(MetricValueStatus, "MetricValueStatus")
TIDEGATE_GO_NAME(ObjectMetricStatus, "ObjectMetricStatus")
TIDEGATE_GO_NAME(PodsMetricStatus, "PodsMetricStatus")
TIDEGATE_GO_NAME(ResourceMetricStatus, "ResourceMetricStatus")
TIDEGATE_GO_NAME(ContainerResourceMetricStatus, "ContainerResourceMetricStatus")
TIDEGATE_GO_NAME(ExternalMetricStatus, "ExternalMetricStatus")
TIDEGATE_GO_NAME(MetricStatus, "MetricStatus")
TIDEGATE_GO_NAME(HorizontalPodAutoscalerCondition, "HorizontalPodAutoscalerCondition")
TIDEGATE_GO_NAME(HorizontalPodAutoscalerStatus, "HorizontalPodAutoscalerStatus")
TIDEGATE_GO_NAME(HorizontalPodAutoscaler, "HorizontalPodAutoscaler")
TIDEGATE_GO_NAME(v1::ObjectMetricSource, "ObjectMetricSource")
TIDEGATE_GO_NAME(v1::PodsMetricSource, "PodsMetricSource")
TIDEGATE_GO_NAME(v1::ResourceMetricSource, "ResourceMetricSource")
TIDEGATE_GO_NAME(v1::ContainerResourceMetricSource, "ContainerResourceMetricSource")
TIDEGATE_GO_NAME(v1::ExternalMetricSource, "ExternalMetricSource")
TIDEGATE_GO_NAME(v1::MetricSpec, "MetricSpec")
TIDEGATE_GO_NAME(v1::ObjectMetricStatus, "ObjectMetricStatus")
TIDEGATE_GO_NAME(v1::PodsMetricStatus, "PodsMetricStatus")
TIDEGATE_GO_NAME(v1::ResourceMetricStatus, "ResourceMetricStatus")
TIDEGATE_GO_NAME(v1::ContainerResourceMetricStatus, "ContainerResourceMetricStatus")
TIDEGATE_GO_NAME(v1::ExternalMetricStatus, "ExternalMetricStatus")
TIDEGATE_GO_NAME(v1::MetricStatus, "MetricStatus")
TIDEGATE_GO_NAME(v1::HorizontalPodAutoscalerSpec, "HorizontalPodAutoscalerSpec")
TIDEGATE_GO_NAME(v1::HorizontalPodAutoscalerStatus, "HorizontalPodAutoscalerStatus")
TIDEGATE_GO_NAME(v1::HorizontalPodAutoscaler, "HorizontalPodAutoscaler")
TIDEGATE_GO_NAME(v2beta1::HorizontalPodAutoscalerSpec, "HorizontalPodAutoscalerSpec")
TIDEGATE_GO_NAME(v2beta1::HorizontalPodAutoscalerStatus, "HorizontalPodAutoscalerStatus")
TIDEGATE_GO_NAME(v2beta1::HorizontalPodAutoscaler, "HorizontalPodAutoscaler")
#undef TIDEGATE_GO_NAME

}  // namespace tidegate::hpa::api
