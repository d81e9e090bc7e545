// SPDX-License-Identifier: Apache-2.0
//
// HPA's replica arithmetic: one metric's reading -> how many replicas it asks for.
//
// The answers, the order of floating-point operations and the texts of errors are those of the
// Kubernetes controller (docs/hpa-semantics in our own words: docs/hpa.md).
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string>

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
Tolerance ToleranceOf(const ScalingSpec& spec);

/// HPA's name of a metric in messages, e.g. "cpu resource utilization (percentage of request)".
std::string MetricName(const MetricSpec& metric);

/// Computes one metric. The trace's `error` is set when it is impossible.
MetricTrace ComputeMetric(const MetricSpec& metric, const Reading& reading, const ScalingSpec& spec,
                          const Observation& observation, TimePoint now);

}  // namespace tidegate::hpa
