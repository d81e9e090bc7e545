// SPDX-License-Identifier: Apache-2.0
#include "hpa/compatibility.h"

#include <algorithm>
#include <array>

namespace tidegate::hpa {

namespace {

using enum KubernetesVersion;

// Each release as what it changed of the one after it; read from the newest to the oldest.
constexpr Compatibility k38 = {.saturates = true,
                               .ignores_succeeded = true,
                               .no_usage_at_zero = true,
                               .excludes_overhead = true};
constexpr Compatibility k37 = {};

constexpr Compatibility Before37(Compatibility next) {
  next.scale_to_zero = false;
  next.observed_generation = false;
  next.names_object_in_errors = false;
  next.names_two_ambiguous = false;
  next.declares_bounds = false;
  next.declares_metadata = false;
  return next;
}

constexpr Compatibility Before36(Compatibility next) {
  next.remembers_scale_to_zero = false;
  next.requires_max_replicas = false;
  next.keeps_object_average = false;
  return next;
}

constexpr Compatibility Before35(Compatibility next) {
  next.configurable_tolerance = false;
  next.caps_value = false;
  next.unknown_container_fails = false;
  next.says_label_key = false;
  return next;
}

constexpr Compatibility Before34(Compatibility next) {
  next.pod_level_requests = false;
  next.retries_conflicts = false;
  next.binary_memory = false;
  next.caps_external_average = false;
  next.checks_api_version = false;
  return next;
}

constexpr Compatibility k36 = Before37(k37);
constexpr Compatibility k35 = Before36(k36);
constexpr Compatibility k34 = Before35(k35);
constexpr Compatibility k33 = Before34(k34);

constexpr std::array<Compatibility, 6> kReleases = {k33, k34, k35, k36, k37, k38};

constexpr std::array<FeatureGate, 4> kGates = {{
    {"HPAConfigurableTolerance", &Compatibility::configurable_tolerance, kV133, kV137},
    {"HPAGeneration", &Compatibility::observed_generation, kV137, std::nullopt},
    {"HPAScaleToZero", &Compatibility::scale_to_zero, kV133, std::nullopt},
    {"PodLevelResources", &Compatibility::pod_level_requests, kV134, std::nullopt},
}};

}  // namespace

std::span<const FeatureGate> FeatureGates() { return kGates; }

const Compatibility& CompatibilityOf(KubernetesVersion version) {
  return kReleases[static_cast<std::size_t>(version)];
}

Compatibility CompatibilityOf(const ScalingSpec& spec) {
  Compatibility compatibility = CompatibilityOf(spec.compatibility);
  if (spec.feature_gates.empty()) return compatibility;
  for (const auto& [name, on] : spec.feature_gates) {
    for (const FeatureGate& gate : kGates) {
      if (gate.name != name || spec.compatibility < gate.since) continue;
      const bool locked = gate.locked_since && spec.compatibility >= *gate.locked_since;
      compatibility.*gate.member = on || locked;
    }
  }
  return compatibility;
}

bool HasGlobalMetric(const ScalingSpec& spec) {
  return !std::all_of(spec.metrics.begin(), spec.metrics.end(),
                      [](const MetricSpec& metric) { return metric.PerReplica(); });
}

}  // namespace tidegate::hpa
