// SPDX-License-Identifier: Apache-2.0
//
// A HorizontalPodAutoscaler as the Kubernetes API has it: what autoscaling/v2 can say, kept as
// it was given (what is absent stays absent), and what the older versions say otherwise.
//
// Members and their order are those of the API, since they show in what is written. An absent
// optional is Go's nil pointer; a list that must tell "absent" from "empty" is an optional one.
//
// Thread safety: plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hpa/quantity.h"

namespace tidegate::hpa::api {

using StringMap = std::map<std::string, std::string>;

/// An instant in whole seconds since 1970.
struct Time {
  std::int64_t seconds = 0;

  friend bool operator==(const Time&, const Time&) = default;
};

/// A JSON value that nobody looks into.
struct RawJson {
  std::string text;

  friend bool operator==(const RawJson&, const RawJson&) = default;
};

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  std::optional<bool> controller;
  std::optional<bool> block_owner_deletion;

  friend bool operator==(const OwnerReference&, const OwnerReference&) = default;
};

struct ManagedFieldsEntry {
  std::string manager;
  std::string operation;
  std::string api_version;
  std::optional<Time> time;
  std::string fields_type;
  std::optional<RawJson> fields_v1;
  std::string subresource;

  friend bool operator==(const ManagedFieldsEntry&, const ManagedFieldsEntry&) = default;
};

struct ObjectMeta {
  std::string name;
  std::string generate_name;
  std::string name_space;
  std::string self_link;
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  std::optional<Time> creation_timestamp;
  std::optional<Time> deletion_timestamp;
  std::optional<std::int64_t> deletion_grace_period_seconds;
  StringMap labels;
  StringMap annotations;
  std::vector<OwnerReference> owner_references;
  std::vector<std::string> finalizers;
  std::vector<ManagedFieldsEntry> managed_fields;

  friend bool operator==(const ObjectMeta&, const ObjectMeta&) = default;
};

struct LabelSelectorRequirement {
  std::string key;
  std::string operation;  ///< In, NotIn, Exists, DoesNotExist
  std::vector<std::string> values;

  friend bool operator==(const LabelSelectorRequirement&,
                         const LabelSelectorRequirement&) = default;
};

struct LabelSelector {
  StringMap match_labels;
  std::vector<LabelSelectorRequirement> match_expressions;

  friend bool operator==(const LabelSelector&, const LabelSelector&) = default;
};

struct CrossVersionObjectReference {
  std::string kind;
  std::string name;
  std::string api_version;

  friend bool operator==(const CrossVersionObjectReference&,
                         const CrossVersionObjectReference&) = default;
};

struct MetricIdentifier {
  std::string name;
  std::optional<LabelSelector> selector;

  friend bool operator==(const MetricIdentifier&, const MetricIdentifier&) = default;
};

struct MetricTarget {
  std::string type;  ///< Utilization, Value, AverageValue
  std::optional<Quantity> value;
  std::optional<Quantity> average_value;
  std::optional<std::int32_t> average_utilization;

  friend bool operator==(const MetricTarget&, const MetricTarget&) = default;
};

struct ObjectMetricSource {
  CrossVersionObjectReference described_object;
  MetricTarget target;
  MetricIdentifier metric;

  friend bool operator==(const ObjectMetricSource&, const ObjectMetricSource&) = default;
};

struct PodsMetricSource {
  MetricIdentifier metric;
  MetricTarget target;

  friend bool operator==(const PodsMetricSource&, const PodsMetricSource&) = default;
};

struct ResourceMetricSource {
  std::string name;
  MetricTarget target;

  friend bool operator==(const ResourceMetricSource&, const ResourceMetricSource&) = default;
};

struct ContainerResourceMetricSource {
  std::string name;
  MetricTarget target;
  std::string container;

  friend bool operator==(const ContainerResourceMetricSource&,
                         const ContainerResourceMetricSource&) = default;
};

struct ExternalMetricSource {
  MetricIdentifier metric;
  MetricTarget target;

  friend bool operator==(const ExternalMetricSource&, const ExternalMetricSource&) = default;
};

struct MetricSpec {
  std::string type;  ///< Object, Pods, Resource, ContainerResource, External
  std::optional<ObjectMetricSource> object;
  std::optional<PodsMetricSource> pods;
  std::optional<ResourceMetricSource> resource;
  std::optional<ContainerResourceMetricSource> container_resource;
  std::optional<ExternalMetricSource> external;

  friend bool operator==(const MetricSpec&, const MetricSpec&) = default;
};

struct HPAScalingPolicy {
  std::string type;  ///< Pods, Percent
  std::int32_t value = 0;
  std::int32_t period_seconds = 0;

  friend bool operator==(const HPAScalingPolicy&, const HPAScalingPolicy&) = default;
};

struct HPAScalingRules {
  std::optional<std::int32_t> stabilization_window_seconds;
  std::optional<std::string> select_policy;  ///< Max, Min, Disabled
  std::optional<std::vector<HPAScalingPolicy>> policies;
  std::optional<Quantity> tolerance;

  friend bool operator==(const HPAScalingRules&, const HPAScalingRules&) = default;
};

struct HorizontalPodAutoscalerBehavior {
  std::optional<HPAScalingRules> scale_up;
  std::optional<HPAScalingRules> scale_down;

  friend bool operator==(const HorizontalPodAutoscalerBehavior&,
                         const HorizontalPodAutoscalerBehavior&) = default;
};

struct HorizontalPodAutoscalerSpec {
  CrossVersionObjectReference scale_target_ref;
  std::optional<std::int32_t> min_replicas;
  std::int32_t max_replicas = 0;
  std::vector<MetricSpec> metrics;
  std::optional<HorizontalPodAutoscalerBehavior> behavior;

  friend bool operator==(const HorizontalPodAutoscalerSpec&,
                         const HorizontalPodAutoscalerSpec&) = default;
};

struct MetricValueStatus {
  std::optional<Quantity> value;
  std::optional<Quantity> average_value;
  std::optional<std::int32_t> average_utilization;

  friend bool operator==(const MetricValueStatus&, const MetricValueStatus&) = default;
};

struct ObjectMetricStatus {
  MetricIdentifier metric;
  MetricValueStatus current;
  CrossVersionObjectReference described_object;

  friend bool operator==(const ObjectMetricStatus&, const ObjectMetricStatus&) = default;
};

struct PodsMetricStatus {
  MetricIdentifier metric;
  MetricValueStatus current;

  friend bool operator==(const PodsMetricStatus&, const PodsMetricStatus&) = default;
};

struct ResourceMetricStatus {
  std::string name;
  MetricValueStatus current;

  friend bool operator==(const ResourceMetricStatus&, const ResourceMetricStatus&) = default;
};

struct ContainerResourceMetricStatus {
  std::string name;
  MetricValueStatus current;
  std::string container;

  friend bool operator==(const ContainerResourceMetricStatus&,
                         const ContainerResourceMetricStatus&) = default;
};

struct ExternalMetricStatus {
  MetricIdentifier metric;
  MetricValueStatus current;

  friend bool operator==(const ExternalMetricStatus&, const ExternalMetricStatus&) = default;
};

struct MetricStatus {
  std::string type;
  std::optional<ObjectMetricStatus> object;
  std::optional<PodsMetricStatus> pods;
  std::optional<ResourceMetricStatus> resource;
  std::optional<ContainerResourceMetricStatus> container_resource;
  std::optional<ExternalMetricStatus> external;

  friend bool operator==(const MetricStatus&, const MetricStatus&) = default;
};

struct HorizontalPodAutoscalerCondition {
  std::string type;
  std::string status;  ///< True, False, Unknown
  std::optional<Time> last_transition_time;
  std::string reason;
  std::string message;
  std::optional<std::int64_t> observed_generation;

  friend bool operator==(const HorizontalPodAutoscalerCondition&,
                         const HorizontalPodAutoscalerCondition&) = default;
};

struct HorizontalPodAutoscalerStatus {
  std::optional<std::int64_t> observed_generation;
  std::optional<Time> last_scale_time;
  std::int32_t current_replicas = 0;
  std::int32_t desired_replicas = 0;
  std::optional<std::vector<MetricStatus>> current_metrics;
  std::vector<HorizontalPodAutoscalerCondition> conditions;

  friend bool operator==(const HorizontalPodAutoscalerStatus&,
                         const HorizontalPodAutoscalerStatus&) = default;
};

/// autoscaling/v2.
struct HorizontalPodAutoscaler {
  ObjectMeta metadata;
  HorizontalPodAutoscalerSpec spec;
  HorizontalPodAutoscalerStatus status;

  friend bool operator==(const HorizontalPodAutoscaler&, const HorizontalPodAutoscaler&) = default;
};

}  // namespace tidegate::hpa::api

// What autoscaling/v1 and v2beta1 say otherwise. v2beta2 differs from v2 in nothing but names.
namespace tidegate::hpa::api::v1 {

struct ObjectMetricSource {
  CrossVersionObjectReference target;
  std::string metric_name;
  Quantity target_value;
  std::optional<LabelSelector> selector;
  std::optional<Quantity> average_value;
};

struct PodsMetricSource {
  std::string metric_name;
  Quantity target_average_value;
  std::optional<LabelSelector> selector;
};

struct ResourceMetricSource {
  std::string name;
  std::optional<std::int32_t> target_average_utilization;
  std::optional<Quantity> target_average_value;
};

struct ContainerResourceMetricSource {
  std::string name;
  std::optional<std::int32_t> target_average_utilization;
  std::optional<Quantity> target_average_value;
  std::string container;
};

struct ExternalMetricSource {
  std::string metric_name;
  std::optional<LabelSelector> metric_selector;
  std::optional<Quantity> target_value;
  std::optional<Quantity> target_average_value;
};

struct MetricSpec {
  std::string type;
  std::optional<ObjectMetricSource> object;
  std::optional<PodsMetricSource> pods;
  std::optional<ResourceMetricSource> resource;
  std::optional<ContainerResourceMetricSource> container_resource;
  std::optional<ExternalMetricSource> external;
};

struct ObjectMetricStatus {
  CrossVersionObjectReference target;
  std::string metric_name;
  Quantity current_value;
  std::optional<LabelSelector> selector;
  std::optional<Quantity> average_value;
};

struct PodsMetricStatus {
  std::string metric_name;
  Quantity current_average_value;
  std::optional<LabelSelector> selector;
};

struct ResourceMetricStatus {
  std::string name;
  std::optional<std::int32_t> current_average_utilization;
  Quantity current_average_value;
};

struct ContainerResourceMetricStatus {
  std::string name;
  std::optional<std::int32_t> current_average_utilization;
  Quantity current_average_value;
  std::string container;
};

struct ExternalMetricStatus {
  std::string metric_name;
  std::optional<LabelSelector> metric_selector;
  Quantity current_value;
  std::optional<Quantity> current_average_value;
};

struct MetricStatus {
  std::string type;
  std::optional<ObjectMetricStatus> object;
  std::optional<PodsMetricStatus> pods;
  std::optional<ResourceMetricStatus> resource;
  std::optional<ContainerResourceMetricStatus> container_resource;
  std::optional<ExternalMetricStatus> external;
};

struct HorizontalPodAutoscalerSpec {
  CrossVersionObjectReference scale_target_ref;
  std::optional<std::int32_t> min_replicas;
  std::int32_t max_replicas = 0;
  std::optional<std::int32_t> target_cpu_utilization_percentage;
};

struct HorizontalPodAutoscalerStatus {
  std::optional<std::int64_t> observed_generation;
  std::optional<Time> last_scale_time;
  std::int32_t current_replicas = 0;
  std::int32_t desired_replicas = 0;
  std::optional<std::int32_t> current_cpu_utilization_percentage;
};

/// autoscaling/v1. What it has no members for is in annotations.
struct HorizontalPodAutoscaler {
  ObjectMeta metadata;
  HorizontalPodAutoscalerSpec spec;
  HorizontalPodAutoscalerStatus status;
};

}  // namespace tidegate::hpa::api::v1

namespace tidegate::hpa::api::v2beta1 {

struct HorizontalPodAutoscalerSpec {
  CrossVersionObjectReference scale_target_ref;
  std::optional<std::int32_t> min_replicas;
  std::int32_t max_replicas = 0;
  std::vector<v1::MetricSpec> metrics;
};

struct HorizontalPodAutoscalerStatus {
  std::optional<std::int64_t> observed_generation;
  std::optional<Time> last_scale_time;
  std::int32_t current_replicas = 0;
  std::int32_t desired_replicas = 0;
  std::optional<std::vector<v1::MetricStatus>> current_metrics;
  std::optional<std::vector<HorizontalPodAutoscalerCondition>> conditions;
};

/// autoscaling/v2beta1, which Kubernetes no longer serves since 1.25.
struct HorizontalPodAutoscaler {
  ObjectMeta metadata;
  HorizontalPodAutoscalerSpec spec;
  HorizontalPodAutoscalerStatus status;
};

}  // namespace tidegate::hpa::api::v2beta1
