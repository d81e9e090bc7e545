// SPDX-License-Identifier: Apache-2.0
//
// Metric specs + samples -> readings, with what is doubtful about them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tidegate/controller.h"
#include "tidegate/export.h"
#include "tidegate/observation.h"
#include "tidegate/promql.h"
#include "tidegate/series_store.h"
#include "tidegate/source.h"
#include "tidegate/spec.h"

namespace tidegate::runtime {

struct ReadOptions {
  const WorkloadId& workload;
  Duration max_sample_age;
  double min_window_coverage;
};

/// A metric's selector as PromQL's, `{app="x"}` or "", with `matchers` before it.
TIDEGATE_EXPORT std::string SelectorText(const std::optional<LabelSelector>& selector,
                                         std::string matchers = "");

/// The query of a metric that has none of its own: the instant selector of its name and labels.
std::string DefaultQuery(const MetricSpec& metric);

/// The series that a source has stored as the answer for a metric.
std::string AnswerQuery(const std::string& metric, const WorkloadId& workload);

/// One value for each replica is wanted (Resource, ContainerResource, Pods), not one list of values
/// (Object, External).
TIDEGATE_EXPORT bool IsPerReplica(const MetricSpec& metric);

/// Evaluates a metric at `now`: once for each replica (Resource, ContainerResource, Pods) or once
/// (Object, External). What is missing, stale, reset, partly covered, NaN or infinite becomes a
/// Doubt and, but for partial coverage, no value.
Reading ReadMetric(const MetricSpec& metric, const Query& query, const Observation& observation,
                   const SeriesStore& store, const ReadOptions& options, TimePoint now);

/// Adds what the target says that is asked for this metric alone: after an error there is no
/// reading, a warning is a doubt.
void Qualify(const std::string& metric, const std::vector<TargetState>& targets, Reading& reading);

}  // namespace tidegate::runtime
