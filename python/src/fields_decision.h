// SPDX-License-Identifier: Apache-2.0
//
// The fields of what was decided, why, and what is remembered.
#pragma once

#include <string_view>
#include <tuple>

#include "tidegate/decision.h"
#include "value_class.h"

namespace tidegate::python {

template <>
struct Fields<Step> {
  static constexpr std::string_view kName = "Step";
  static constexpr std::string_view kRoot = "step";
  static constexpr std::string_view kDoc = "A stage that changed or held the number, and why.";
  static constexpr auto kList = std::make_tuple(
      F("stage", &Step::stage, "Which stage."), F("replicas", &Step::replicas, "After the stage."),
      F("reason", &Step::reason, "In words."), F("cause", &Step::cause, "What made it do so."),
      F("wanted", &Step::wanted, "Before the stage."),
      F("window", &Step::window, "Of a stabilization window."),
      F("until", &Step::until, "When what bit lets go, if nothing else happens."));
};

template <>
struct Fields<MetricTrace> {
  static constexpr std::string_view kName = "MetricTrace";
  static constexpr std::string_view kRoot = "trace";
  static constexpr std::string_view kDoc = "How one metric was computed.";
  static constexpr auto kList = std::make_tuple(
      F("metric", &MetricTrace::metric, "HPA's name for it."),
      F("spec_metric", &MetricTrace::spec_metric, "Which of spec.metrics it is; None: none."),
      F("proposal", &MetricTrace::proposal, "Replicas that it asks for."),
      F("usage", &MetricTrace::usage, "Current value: per replica, or as a whole."),
      F("target", &MetricTrace::target, "Target value in the same unit."),
      F("utilization", &MetricTrace::utilization, "Percent of requests."),
      F("ratio", &MetricTrace::ratio, "usage / target."),
      F("filled_ratio", &MetricTrace::filled_ratio, "After unready and missing were filled in."),
      F("groups", &MetricTrace::groups, "What each replica's value is worth, in their order."),
      F("error", &MetricTrace::error, "Why there is no proposal."),
      F("fallback", &MetricTrace::fallback, "The proposal is that of the metric's fallback."));
};

template <>
struct Fields<Proposal> {
  static constexpr std::string_view kName = "Proposal";
  static constexpr std::string_view kRoot = "proposal";
  static constexpr std::string_view kDoc = "How many replicas a policy believes in, and why.";
  static constexpr auto kList = std::make_tuple(
      F("replicas", &Proposal::replicas, "How many; None: error says why there is no answer."),
      F("reason", &Proposal::reason, "Why, with the numbers that led to it."),
      F("traces", &Proposal::traces, "One for each metric looked at."),
      F("decided_by", &Proposal::decided_by, "Which of traces decided; None: none of them."),
      F("error", &Proposal::error, "Some metrics failed: it may raise, never lower."));
};

template <>
struct Fields<Recommendation> {
  static constexpr std::string_view kName = "Recommendation";
  static constexpr std::string_view kRoot = "recommendation";
  static constexpr std::string_view kDoc = "What the stabilization windows remember.";
  static constexpr auto kList =
      std::make_tuple(F("replicas", &Recommendation::replicas, "How many."),
                      F("time", &Recommendation::time, "When."));
};

template <>
struct Fields<ScaleEvent> {
  static constexpr std::string_view kName = "ScaleEvent";
  static constexpr std::string_view kRoot = "event";
  static constexpr std::string_view kDoc = "A change of scale that the rate limits remember.";
  static constexpr auto kList =
      std::make_tuple(F("change", &ScaleEvent::change, "Absolute number of replicas."),
                      F("time", &ScaleEvent::time, "When."),
                      F("outdated", &ScaleEvent::outdated, "The slot may be reused."));
};

template <>
struct Fields<MissingReplica> {
  static constexpr std::string_view kName = "MissingReplica";
  static constexpr std::string_view kRoot = "missing_replica";
  static constexpr std::string_view kDoc = "A replica without a value of a metric.";
  static constexpr auto kList =
      std::make_tuple(F("replica", &MissingReplica::replica, "Its name."),
                      F("since", &MissingReplica::since, "The first tick in a row without one."));
};

template <>
struct Fields<MetricMemory> {
  static constexpr std::string_view kName = "MetricMemory";
  static constexpr std::string_view kRoot = "memory";
  static constexpr std::string_view kDoc = "What is remembered of a metric.";
  static constexpr auto kList = std::make_tuple(
      F("metric", &MetricMemory::metric, "Its place and its name."),
      F("lost_since", &MetricMemory::lost_since, "The first tick without a reading."),
      F("read_at", &MetricMemory::read_at, "The last tick with one …"),
      F("replicas", &MetricMemory::replicas, "… and that one, if it may stand in."),
      F("values", &MetricMemory::values, "Likewise, of Object and External metrics."),
      F("missing", &MetricMemory::missing, "Replicas without a value, with missing_replicas."));
};

template <>
struct Fields<SliceRequests> {
  static constexpr std::string_view kName = "SliceRequests";
  static constexpr std::string_view kRoot = "slices";
  static constexpr std::string_view kDoc = "What a workload on slices has asked for.";
  static constexpr auto kList =
      std::make_tuple(F("wanted", &SliceRequests::wanted, "Replicas, when it was asked last."),
                      F("asked", &SliceRequests::asked, "Slices by profile; old ones fade."));
};

template <>
struct Fields<History> {
  static constexpr std::string_view kName = "History";
  static constexpr std::string_view kRoot = "history";
  static constexpr std::string_view kDoc = "What a workload remembers between ticks.";
  static constexpr auto kList = std::make_tuple(
      F("recommendations", &History::recommendations, "None: nothing was ever recommended."),
      F("scale_up_events", &History::scale_up_events, "For the rate limits."),
      F("scale_down_events", &History::scale_down_events, "For the rate limits."),
      F("last_scale_time", &History::last_scale_time, "None: never scaled."),
      F("scaled_to_zero", &History::scaled_to_zero, "It was us who scaled to zero."),
      F("metrics", &History::metrics, "Those of which something is remembered."),
      F("slices", &History::slices, "None: it never asked for slices."));
};

template <>
struct Fields<Decision> {
  static constexpr std::string_view kName = "Decision";
  static constexpr std::string_view kRoot = "decision";
  static constexpr std::string_view kDoc = "What came out for one workload; the steps say why.";
  static constexpr auto kList = std::make_tuple(
      F("workload", &Decision::workload, "Its name."),
      F("current", &Decision::current, "Replicas that were wanted before."),
      F("desired", &Decision::desired, "Replicas that are wanted now."),
      F("proposed", &Decision::proposed, "The raw proposal; None: there was none."),
      F("reason", &Decision::reason, "HPA's rescale reason; empty if nothing changes."),
      F("steps", &Decision::steps, "Each stage that changed or held the number."),
      F("metrics", &Decision::metrics, "How each metric was computed."),
      F("decided_by", &Decision::decided_by, "Which of metrics decided; None: none of them."),
      F("error", &Decision::error, "Why it holds, or which metrics failed."));
};

template <>
struct Fields<ScaleCommand> {
  static constexpr std::string_view kName = "ScaleCommand";
  static constexpr std::string_view kRoot = "command";
  static constexpr std::string_view kDoc = "An absolute count, and who has to go.";
  static constexpr auto kList =
      std::make_tuple(F("workload", &ScaleCommand::workload, "Its name."),
                      F("replicas", &ScaleCommand::replicas, "How many shall run."),
                      F("victims", &ScaleCommand::victims, "Replicas to stop."),
                      F("slices", &ScaleCommand::slices, "Slices that shall have a replica each."));
};

}  // namespace tidegate::python
