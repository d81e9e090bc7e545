// SPDX-License-Identifier: Apache-2.0
#include "hpa/conversion.h"

#include <string>
#include <utility>

namespace tidegate::hpa {

namespace {

using api::HorizontalPodAutoscaler;
using api::MetricSpec;
using api::MetricStatus;

constexpr std::int32_t kDefaultUtilization = 80;

MetricSpec CpuUtilization(std::int32_t percent) {
  MetricSpec metric;
  metric.type = "Resource";
  metric.resource.emplace();
  metric.resource->name = "cpu";
  metric.resource->target.type = "Utilization";
  metric.resource->target.average_utilization = percent;
  return metric;
}

bool IsCpuUtilization(const MetricSpec& metric) {
  return metric.type == "Resource" && metric.resource && metric.resource->name == "cpu" &&
         metric.resource->target.average_utilization;
}

/// Fills what is absent of one direction.
void FillRules(std::optional<api::HPAScalingRules>& rules, api::HPAScalingRules defaults) {
  if (rules) {
    if (rules->select_policy) defaults.select_policy = rules->select_policy;
    if (rules->stabilization_window_seconds) {
      defaults.stabilization_window_seconds = rules->stabilization_window_seconds;
    }
    if (rules->policies) defaults.policies = rules->policies;
    if (rules->tolerance) defaults.tolerance = rules->tolerance;
  }
  rules = std::move(defaults);
}

template <typename To, typename From>
std::vector<To> Each(const std::vector<From>& in, To (*convert)(const From&)) {
  std::vector<To> out;
  out.reserve(in.size());
  for (const From& item : in) out.push_back(convert(item));
  return out;
}

// A spec of v1 or v2beta1 as one of v2.

api::MetricTarget ResourceTarget(const std::optional<std::int32_t>& utilization,
                                 const std::optional<Quantity>& average) {
  return {utilization ? "Utilization" : "AverageValue", std::nullopt, average, utilization};
}

api::ObjectMetricSource ObjectSource(const api::v1::ObjectMetricSource& in, bool keeps_average) {
  const bool average = in.average_value.has_value();
  api::ObjectMetricSource out;
  out.described_object = in.target;
  out.metric = {in.metric_name, in.selector};
  out.target.type = average ? "AverageValue" : "Value";
  // v1 cannot leave the value out, so that of an averageValue says nothing where it is 0.
  if (!average || !keeps_average || in.target_value.Sign() != 0) out.target.value = in.target_value;
  out.target.average_value = in.average_value;
  return out;
}

// Upstream forgets the container of a ContainerResource of v2beta1; here it is kept.
MetricSpec FromOld(const api::v1::MetricSpec& in, bool keeps_object_average) {
  MetricSpec out;
  out.type = in.type;
  if (in.object) out.object = ObjectSource(*in.object, keeps_object_average);
  if (in.pods) {
    const api::v1::PodsMetricSource& pods = *in.pods;
    out.pods = {{pods.metric_name, pods.selector},
                {"AverageValue", std::nullopt, pods.target_average_value, std::nullopt}};
  }
  if (in.resource) {
    const api::v1::ResourceMetricSource& resource = *in.resource;
    out.resource = {resource.name, ResourceTarget(resource.target_average_utilization,
                                                  resource.target_average_value)};
  }
  if (in.container_resource) {
    const api::v1::ContainerResourceMetricSource& resource = *in.container_resource;
    out.container_resource = {
        resource.name,
        ResourceTarget(resource.target_average_utilization, resource.target_average_value),
        resource.container};
  }
  if (in.external) {
    const api::v1::ExternalMetricSource& external = *in.external;
    out.external = {{external.metric_name, external.metric_selector},
                    {external.target_value ? "Value" : "AverageValue", external.target_value,
                     external.target_average_value, std::nullopt}};
  }
  return out;
}

std::vector<MetricSpec> FromOld(const std::vector<api::v1::MetricSpec>& in,
                                const Compatibility& release) {
  std::vector<MetricSpec> out;
  for (const api::v1::MetricSpec& metric : in) {
    out.push_back(FromOld(metric, release.keeps_object_average));
  }
  return out;
}

MetricStatus FromOldStatus(const api::v1::MetricStatus& in) {
  MetricStatus out;
  out.type = in.type;
  if (in.object) {
    out.object = {{in.object->metric_name, in.object->selector},
                  {in.object->current_value, in.object->average_value, std::nullopt},
                  in.object->target};
  }
  if (in.pods) {
    out.pods = {{in.pods->metric_name, in.pods->selector},
                {std::nullopt, in.pods->current_average_value, std::nullopt}};
  }
  if (in.resource) {
    out.resource = {in.resource->name,
                    {std::nullopt, in.resource->current_average_value,
                     in.resource->current_average_utilization}};
  }
  if (in.container_resource) {
    out.container_resource = {in.container_resource->name,
                              {std::nullopt, in.container_resource->current_average_value,
                               in.container_resource->current_average_utilization},
                              in.container_resource->container};
  }
  if (in.external) {
    out.external = {{in.external->metric_name, in.external->metric_selector},
                    {in.external->current_value, in.external->current_average_value, std::nullopt}};
  }
  return out;
}

// A spec of v2 as one of v1. What has no member there is lost, as upstream.

Quantity OrZero(const std::optional<Quantity>& quantity) { return quantity.value_or(Quantity{}); }

api::v1::MetricSpec ToOld(const MetricSpec& in) {
  api::v1::MetricSpec out;
  out.type = in.type;
  if (in.object) {
    out.object = {in.object->described_object, in.object->metric.name,
                  OrZero(in.object->target.value), in.object->metric.selector,
                  in.object->target.average_value};
  }
  if (in.pods) {
    out.pods = {in.pods->metric.name, OrZero(in.pods->target.average_value),
                in.pods->metric.selector};
  }
  if (in.resource) {
    out.resource = {in.resource->name, in.resource->target.average_utilization,
                    in.resource->target.average_value};
  }
  if (in.container_resource) {
    out.container_resource = {
        in.container_resource->name, in.container_resource->target.average_utilization,
        in.container_resource->target.average_value, in.container_resource->container};
  }
  if (in.external) {
    out.external = {in.external->metric.name, in.external->metric.selector,
                    in.external->target.value, in.external->target.average_value};
  }
  return out;
}

api::v1::MetricStatus ToOldStatus(const MetricStatus& in) {
  api::v1::MetricStatus out;
  out.type = in.type;
  if (in.object) {
    out.object = {in.object->described_object, in.object->metric.name,
                  OrZero(in.object->current.value), in.object->metric.selector,
                  in.object->current.average_value};
  }
  if (in.pods) {
    out.pods = {in.pods->metric.name, OrZero(in.pods->current.average_value),
                in.pods->metric.selector};
  }
  if (in.resource) {
    out.resource = {in.resource->name, in.resource->current.average_utilization,
                    OrZero(in.resource->current.average_value)};
  }
  if (in.container_resource) {
    out.container_resource = {
        in.container_resource->name, in.container_resource->current.average_utilization,
        OrZero(in.container_resource->current.average_value), in.container_resource->container};
  }
  if (in.external) {
    out.external = {in.external->metric.name, in.external->metric.selector,
                    OrZero(in.external->current.value), in.external->current.average_value};
  }
  return out;
}

/// A behavior without any direction counts for none.
void TakeBehavior(const Annotated& annotated, HorizontalPodAutoscaler& out) {
  const auto& behavior = annotated.behavior;
  if (behavior && (behavior->scale_up || behavior->scale_down)) out.spec.behavior = behavior;
}

template <typename Spec>
void CopyCommonSpec(const Spec& in, api::HorizontalPodAutoscalerSpec& out) {
  out.scale_target_ref = in.scale_target_ref;
  out.min_replicas = in.min_replicas.value_or(1);
  out.max_replicas = in.max_replicas;
}

template <typename From, typename To>
void CopyCommonStatus(const From& in, To& out) {
  out.observed_generation = in.observed_generation;
  out.last_scale_time = in.last_scale_time;
  out.current_replicas = in.current_replicas;
  out.desired_replicas = in.desired_replicas;
}

MetricStatus CpuUtilizationStatus(std::int32_t percent) {
  MetricStatus status;
  status.type = "Resource";
  status.resource.emplace();
  status.resource->name = "cpu";
  status.resource->current.average_utilization = percent;
  return status;
}

}  // namespace

void SetDefaults(HorizontalPodAutoscaler& hpa) {
  api::HorizontalPodAutoscalerSpec& spec = hpa.spec;
  if (!spec.min_replicas) spec.min_replicas = 1;
  if (spec.metrics.empty()) spec.metrics.push_back(CpuUtilization(kDefaultUtilization));
  if (!spec.behavior) return;
  using Policies = std::vector<api::HPAScalingPolicy>;
  FillRules(spec.behavior->scale_up,
            {0, "Max", Policies{{"Pods", 4, 15}, {"Percent", 100, 15}}, std::nullopt});
  FillRules(spec.behavior->scale_down,
            {std::nullopt, "Max", Policies{{"Percent", 100, 15}}, std::nullopt});
}

void DropAnnotations(api::StringMap& annotations) {
  for (const char* name :
       {kMetricsAnnotation, kCurrentMetricsAnnotation, kConditionsAnnotation, kBehaviorAnnotation,
        kScaleUpToleranceAnnotation, kScaleDownToleranceAnnotation}) {
    annotations.erase(name);
  }
}

HorizontalPodAutoscaler FromV1(const api::v1::HorizontalPodAutoscaler& in,
                               const Annotated& annotated, const Compatibility& release) {
  HorizontalPodAutoscaler out;
  out.metadata = in.metadata;
  CopyCommonSpec(in.spec, out.spec);
  CopyCommonStatus(in.status, out.status);
  if (annotated.metrics) out.spec.metrics = FromOld(*annotated.metrics, release);
  if (in.spec.target_cpu_utilization_percentage) {
    out.spec.metrics.push_back(CpuUtilization(*in.spec.target_cpu_utilization_percentage));
  }
  TakeBehavior(annotated, out);
  if (annotated.current_metrics) {
    out.status.current_metrics = Each(*annotated.current_metrics, FromOldStatus);
  } else if (in.status.current_cpu_utilization_percentage) {
    out.status.current_metrics = {
        CpuUtilizationStatus(*in.status.current_cpu_utilization_percentage)};
  }
  if (out.spec.metrics.empty()) out.spec.metrics.push_back(CpuUtilization(kDefaultUtilization));
  if (annotated.conditions) out.status.conditions = *annotated.conditions;
  DropAnnotations(out.metadata.annotations);
  return out;
}

api::v1::HorizontalPodAutoscaler ToV1(const HorizontalPodAutoscaler& in, Annotated& annotated) {
  api::v1::HorizontalPodAutoscaler out;
  out.metadata = in.metadata;
  DropAnnotations(out.metadata.annotations);
  out.spec.scale_target_ref = in.spec.scale_target_ref;
  out.spec.min_replicas = in.spec.min_replicas;
  out.spec.max_replicas = in.spec.max_replicas;
  CopyCommonStatus(in.status, out.status);
  std::vector<api::v1::MetricSpec> others;
  std::optional<std::int32_t>& percent = out.spec.target_cpu_utilization_percentage;
  for (const MetricSpec& metric : in.spec.metrics) {
    if (!IsCpuUtilization(metric)) {
      others.push_back(ToOld(metric));
    } else if (!percent) {
      percent = metric.resource->target.average_utilization;
    }
  }
  if (!others.empty()) annotated.metrics = std::move(others);
  const std::vector<MetricStatus> current =
      in.status.current_metrics.value_or(std::vector<MetricStatus>());
  for (const MetricStatus& status : current) {
    const bool cpu = status.type == "Resource" && status.resource && status.resource->name == "cpu";
    if (cpu && status.resource->current.average_utilization) {
      out.status.current_cpu_utilization_percentage = status.resource->current.average_utilization;
    }
  }
  if (!current.empty()) annotated.current_metrics = Each(current, ToOldStatus);
  annotated.behavior = in.spec.behavior;
  if (!in.status.conditions.empty()) annotated.conditions = in.status.conditions;
  return out;
}

HorizontalPodAutoscaler FromV2beta1(const api::v2beta1::HorizontalPodAutoscaler& in,
                                    const Annotated& annotated, const Compatibility& release) {
  HorizontalPodAutoscaler out;
  out.metadata = in.metadata;
  CopyCommonSpec(in.spec, out.spec);
  CopyCommonStatus(in.status, out.status);
  out.spec.metrics = FromOld(in.spec.metrics, release);
  if (out.spec.metrics.empty()) out.spec.metrics.push_back(CpuUtilization(kDefaultUtilization));
  if (in.status.current_metrics) {
    out.status.current_metrics = Each(*in.status.current_metrics, FromOldStatus);
  }
  out.status.conditions =
      in.status.conditions.value_or(std::vector<api::HorizontalPodAutoscalerCondition>());
  TakeBehavior(annotated, out);
  DropAnnotations(out.metadata.annotations);
  return out;
}

Status FromV2beta2(HorizontalPodAutoscaler& hpa) {
  const auto take = [&](const char* name, bool up) -> Status {
    const auto found = hpa.metadata.annotations.find(name);
    if (found == hpa.metadata.annotations.end()) return {};
    if (!hpa.spec.behavior) hpa.spec.behavior.emplace();
    auto& rules = up ? hpa.spec.behavior->scale_up : hpa.spec.behavior->scale_down;
    if (!rules) rules.emplace();
    const Result<Quantity> tolerance = Quantity::Parse(found->second);
    if (!tolerance) {
      return Error{
          ErrorCode::kInvalidArgument,
          "failed to parse annotation \"" + std::string(name) + "\": " + tolerance.error().message};
    }
    rules->tolerance = *tolerance;
    return {};
  };
  if (Status down = take(kScaleDownToleranceAnnotation, false); !down) return down;
  if (Status up = take(kScaleUpToleranceAnnotation, true); !up) return up;
  DropAnnotations(hpa.metadata.annotations);
  return {};
}

}  // namespace tidegate::hpa
