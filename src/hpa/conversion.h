// SPDX-License-Identifier: Apache-2.0
//
// Defaults, and the way between the versions of the API. Everything goes by autoscaling/v2; v2beta1
// and v2beta2, which Kubernetes serves no longer, are only read.
//
// autoscaling/v1 keeps in annotations what it has no members for. Their texts are JSON, which is
// read and written elsewhere (manifest/): here they are values.
//
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <vector>

#include "hpa/api.h"
#include "hpa/compatibility.h"
#include "tidegate/export.h"
#include "tidegate/result.h"

namespace tidegate::hpa {

/// What the API server fills in where an object of v2 leaves it out: minReplicas 1, cpu at 80 %
/// without metrics, and both directions of a behavior.
TIDEGATE_EXPORT void SetDefaults(api::HorizontalPodAutoscaler& hpa);

/// What the annotations of an object of v1 or v2beta1 hold. Absent: no such annotation, or one
/// that cannot be read, which upstream ignores.
struct Annotated {
  std::optional<std::vector<api::v1::MetricSpec>> metrics;
  std::optional<std::vector<api::v1::MetricStatus>> current_metrics;
  std::optional<std::vector<api::HorizontalPodAutoscalerCondition>> conditions;
  std::optional<api::HorizontalPodAutoscalerBehavior> behavior;
};

inline constexpr const char* kMetricsAnnotation = "autoscaling.alpha.kubernetes.io/metrics";
inline constexpr const char* kCurrentMetricsAnnotation =
    "autoscaling.alpha.kubernetes.io/current-metrics";
inline constexpr const char* kConditionsAnnotation = "autoscaling.alpha.kubernetes.io/conditions";
inline constexpr const char* kBehaviorAnnotation = "autoscaling.alpha.kubernetes.io/behavior";
inline constexpr const char* kScaleUpToleranceAnnotation =
    "autoscaling.alpha.kubernetes.io/scale-up-tolerance";
inline constexpr const char* kScaleDownToleranceAnnotation =
    "autoscaling.alpha.kubernetes.io/scale-down-tolerance";

/// Removes the annotations above, which never are part of an object of v2.
TIDEGATE_EXPORT void DropAnnotations(api::StringMap& annotations);

TIDEGATE_EXPORT api::HorizontalPodAutoscaler FromV1(const api::v1::HorizontalPodAutoscaler& in,
                                                    const Annotated& annotated,
                                                    const Compatibility& release);
TIDEGATE_EXPORT api::v1::HorizontalPodAutoscaler ToV1(const api::HorizontalPodAutoscaler& in,
                                                      Annotated& annotated);

TIDEGATE_EXPORT api::HorizontalPodAutoscaler FromV2beta1(
    const api::v2beta1::HorizontalPodAutoscaler& in, const Annotated& annotated,
    const Compatibility& release);

/// v2beta2 has v2's members but for tolerance, which is in annotations: takes it from there.
/// kInvalidArgument with upstream's text: it is not a quantity.
TIDEGATE_EXPORT Status FromV2beta2(api::HorizontalPodAutoscaler& hpa);

}  // namespace tidegate::hpa
