// SPDX-License-Identifier: Apache-2.0
//
// What the HorizontalPodAutoscaler does differently from release to release, as one table.
//
// Code asks for a behavior by its name and never for a version: a new release is a new row.
//
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "tidegate/export.h"
#include "tidegate/spec.h"

namespace tidegate::hpa {

/// Each member is a behavior that some release lacks or has changed. The defaults are 1.37's.
struct Compatibility {
  // Feature gates.
  bool scale_to_zero = true;           ///< HPAScaleToZero: minReplicas may be 0
  bool configurable_tolerance = true;  ///< HPAConfigurableTolerance: behavior's own tolerances
  bool pod_level_requests = true;      ///< PodLevelResources: requests of the pod as a whole
  bool observed_generation = true;     ///< HPAGeneration: status.observedGeneration

  // Since 1.34.
  bool retries_conflicts = true;      ///< a scale that was changed meanwhile is written again
  bool binary_memory = true;          ///< status shows memory as 128Mi, not as 134217728
  bool caps_external_average = true;  ///< External averageValue: overflow means the largest count
  bool checks_api_version = true;     ///< of scaleTargetRef and describedObject, at creation
  // Since 1.35.
  bool caps_value = true;               ///< Object and External value: likewise
  bool unknown_container_fails = true;  ///< else its request is taken for 0
  bool says_label_key = true;           ///< in errors; before, "a qualified name", in characters
  // Since 1.36.
  bool remembers_scale_to_zero = true;  ///< condition ScaledToZero decides what happens at zero
  bool requires_max_replicas = true;    ///< maxReplicas 0 is a required value, else an invalid one
  bool keeps_object_average = true;     ///< of an Object metric, read as v1, without a value of 0
  // Since 1.37.
  bool names_object_in_errors = true;  ///< "… on KIND NS/NAME: E"; the arguments were misplaced
  bool names_two_ambiguous = true;     ///< of the autoscalers that share replicas; else all
  bool declares_bounds = true;         ///< of replica counts: validated last; errors come once
  bool declares_metadata = true;       ///< errors of owners name the entry and what is required
  // Since 1.38.
  bool saturates = false;          ///< every count that does not fit becomes the largest
  bool ignores_succeeded = false;  ///< replicas that have succeeded
  bool no_usage_at_zero = false;   ///< averageValue's usage per replica is 0 without replicas
  bool excludes_overhead = false;  ///< of a pod from its requests
};

/// A feature gate that matters here, and where it cannot be switched off (any more).
struct FeatureGate {
  std::string_view name;
  bool Compatibility::*member;
  KubernetesVersion since;                        ///< without effect before
  std::optional<KubernetesVersion> locked_since;  ///< on for good: a setting is without effect
};

/// The gates that feature_gates may name.
TIDEGATE_EXPORT std::span<const FeatureGate> FeatureGates();

/// The behaviors of a release with its gates at their defaults.
TIDEGATE_EXPORT const Compatibility& CompatibilityOf(KubernetesVersion version);

/// The behaviors of a workload: its release, and the gates that it sets.
TIDEGATE_EXPORT Compatibility CompatibilityOf(const ScalingSpec& spec);

/// The same without a copy, where no gate is set: a row of the table, else `storage`.
inline const Compatibility& CompatibilityOf(const ScalingSpec& spec, Compatibility& storage) {
  if (spec.feature_gates.empty()) return CompatibilityOf(spec.compatibility);
  return storage = CompatibilityOf(spec);
}

/// A metric that needs no replica to have a value: Object or External.
TIDEGATE_EXPORT bool HasGlobalMetric(const ScalingSpec& spec);

}  // namespace tidegate::hpa
