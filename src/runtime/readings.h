// SPDX-License-Identifier: Apache-2.0
//
// Metric specs + samples -> readings, with what is doubtful about them.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tidegate/controller.h"
#include "tidegate/export.h"
#include "tidegate/metric_query.h"
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
  AveragingWindow window{};
  bool empty_as_zero = false;
  Duration step{};                     ///< between two values of the window; 0: its bucket
  TimePoint since = TimePoint::min();  ///< before it the metric's series were not kept
};

/// A metric's selector as PromQL's, `{app="x"}` or "", with `matchers` before it.
TIDEGATE_EXPORT std::string SelectorText(const std::optional<LabelSelector>& selector,
                                         std::string matchers = "");

/// The query of a metric that has none of its own: the instant selector of its name and labels.
std::string DefaultQuery(const MetricSpec& metric);

/// The series that a source has stored as the answer for a metric.
std::string AnswerQuery(const std::string& metric, const WorkloadId& workload);

/// Reads one metric tick by tick; remembers which series belong to which replica. Not thread-safe.
class MetricReader {
 public:
  explicit MetricReader(Query query) : query_(std::move(query)) {}

  const Query& query() const { return query_; }

  /// Evaluates the query at `now`: once for each replica (Resource, ContainerResource, Pods) or
  /// once (Object, External). What is missing, stale, reset, partly covered, NaN or infinite
  /// becomes a Doubt and, but for partial coverage, no value. `targets` say who has answered.
  Reading Read(const MetricSpec& metric, const Observation& observation, const SeriesStore& store,
               const ReadOptions& options, TimePoint now,
               std::span<const TargetState> targets = {});

  /// Doubts what lines were skipped of that it may have been made from: pages of the workload's own
  /// `targets`, and of those of the `fleet` that the query reaches.
  void DoubtSkipped(const MetricSpec& metric, const WorkloadId& workload,
                    std::span<const TargetState> targets, std::span<const TargetState> fleet,
                    Reading& reading) const;

 private:
  class Judge;

  Reading ReadReplicas(const MetricSpec& metric, const Observation& observation,
                       const ReadOptions& options, Judge& judge);
  Reading ReadTotal(const MetricSpec& metric, Judge& judge);
  void ForgetOthers(const Observation& observation);

  Query query_;
  std::map<std::string, QueryRunner> runners_;  // by replica; "" where there is one for all
  QueryResult result_;                          // memory that is used again
  QueryResult past_;                            // likewise, of an averaging window
};

/// Adds what the target says that is asked for this metric alone: after an error there is no
/// reading, a warning is a doubt.
void Qualify(const std::string& metric, const std::vector<TargetState>& targets, Reading& reading);

}  // namespace tidegate::runtime
