// SPDX-License-Identifier: Apache-2.0
//
// HPA's replica arithmetic: one metric's reading -> how many replicas it asks for.
//
// The answers, the order of floating-point operations and the texts of errors are those of the
// Kubernetes controller (in our own words: docs/hpa.md).
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "hpa/compatibility.h"
#include "hpa/scratch.h"
#include "tidegate/decision.h"
#include "tidegate/observation.h"
#include "tidegate/spec.h"

namespace tidegate::hpa {

/// A change within [1 - down, 1 + up] is no change.
struct Tolerance {
  double up = 0.1;
  double down = 0.1;

  bool Within(double ratio) const { return 1.0 - down <= ratio && ratio <= 1.0 + up; }
};

/// behavior's tolerances where set, else the flag's.
inline Tolerance ToleranceOf(const ScalingSpec& spec, const Compatibility& compatibility) {
  const double flag = spec.hpa.tolerance;
  if (!spec.behavior || !compatibility.configurable_tolerance) return {.up = flag, .down = flag};
  return {.up = spec.behavior->scale_up.tolerance.value_or(flag),
          .down = spec.behavior->scale_down.tolerance.value_or(flag)};
}

/// HPA's name of a metric in messages, e.g. "cpu resource utilization (percentage of request)".
std::string MetricName(const MetricSpec& metric);

/// What is the same for all metrics of a workload at a tick. Not in PolicyInput's order: two of its
/// members that lie side by side in both are copied as one, and that load waits for two stores.
struct MetricContext {
  const Observation& observation;
  TimePoint now;
  const ScalingSpec& spec;
  const Compatibility& compatibility;
  Tolerance tolerance;
  Scratch& scratch;
};

/// Computes one metric, writing over `trace`, but for its name. Its `error` is set when that is
/// impossible: the text that HPA's event and condition have.
void ComputeMetric(const MetricSpec& metric, const Reading& reading, const MetricContext& context,
                   MetricTrace& trace);

/// A metric's error as HPA lists it: with the layers of the code that it came through.
std::string LayeredError(const MetricSpec& metric, const std::string& error);

}  // namespace tidegate::hpa
