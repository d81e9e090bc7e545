// SPDX-License-Identifier: Apache-2.0
//
// What was decided and why, and what has to be remembered for the next tick.
//
// The explanation is the data: each stage that changes or holds the number appends a Step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/observation.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

/// The stages of a decision, in the order in which they run.
enum class Stage {
  kMetrics,    ///< readings, and what is in doubt about them
  kPolicy,     ///< one step for each policy's proposal
  kCombine,    ///< the largest proposal
  kHold,       ///< missing data: never down
  kStabilize,  ///< stabilization windows
  kRateLimit,  ///< behavior's policies, or HPA's legacy limit
  kBounds,     ///< minReplicas, maxReplicas
  kPlace,      ///< slices of GPUs for the replicas
};

/// "metrics", "policy", …
TIDEGATE_EXPORT std::string_view ToString(Stage stage) noexcept;

/// What made a stage change or hold the number.
enum class StepCause {
  kUnobserved,         ///< the workload could not be observed
  kDisabledAtZero,     ///< it was scaled to zero by others
  kAboveMaxReplicas,   ///< there are more than maxReplicas: metrics are not asked
  kBelowMinReplicas,   ///< there are fewer than minReplicas: metrics are not asked
  kProposal,           ///< a policy's proposal
  kLargest,            ///< the largest of several proposals
  kFailed,             ///< nothing can be proposed, or only a scale-down beside a failure
  kDoubt,              ///< no scale-down on doubtful data
  kScaleDownWindow,    ///< a higher proposal is still inside the stabilization window
  kScaleUpWindow,      ///< a lower proposal is still inside the stabilization window
  kScaleUpPolicies,    ///< behavior.scaleUp allows no more now
  kScaleDownPolicies,  ///< behavior.scaleDown allows no fewer now
  kDefaultScaleUp,     ///< without behavior: twice the current count, at least 4
  kMaxReplicas,        ///< more than maxReplicas is wanted
  kMinReplicas,        ///< fewer than minReplicas is wanted
  kMinReplicasAtZero,  ///< minReplicas was raised while the workload was at zero
  kNoRoom,             ///< the devices have no room for as many slices
  kOverBudget,         ///< the budget of a device model allows no more slices
  kMove,               ///< replicas move to other slices, so that devices get free
  kFallback,           ///< a metric has no reading, and something stands in for it
  kMissingReplicas,    ///< replicas that have had no value of a metric for long are left out
};

/// `replicas` after the stage, and the numbers that led to it.
struct Step {
  Stage stage = Stage::kMetrics;
  StepCause cause = StepCause::kProposal;
  std::int32_t replicas = 0;
  std::int32_t wanted = 0;         ///< the number before the stage
  Duration window{};               ///< of a stabilization window
  std::optional<TimePoint> until;  ///< when what bit lets go, if nothing else happens
  std::string reason;              ///< in words; written by Explain()

  friend bool operator==(const Step&, const Step&) = default;
};

/// What a replica's value of a metric is worth (HPA's groupPods).
enum class ReplicaGroup : std::uint8_t {
  kReady,    ///< its value counts
  kUnready,  ///< counted as 0 on the way up, left out on the way down
  kMissing,  ///< without a value: as 0 on the way up, as at the target on the way down
  kIgnored,  ///< failed, terminating, or left out by MissingReplicas
};

/// How one metric was computed: the terms of HPA's formula, for explain.
struct MetricTrace {
  /// HPA's name for it, e.g. "pods metric avg_time_queue_us"; of those of the spec, Explain()
  /// writes it.
  std::string metric;
  std::optional<std::int32_t> spec_metric;  ///< which of spec.metrics it is; absent: none
  std::int32_t proposal = 0;                ///< replicas that this metric asks for
  MilliValue usage = 0;                     ///< current value: per replica, or as a whole
  MilliValue target = 0;  ///< target value, same unit; percent × 1000 for utilization
  std::optional<std::int32_t> utilization;  ///< percent of requests, where that is the target
  double ratio = 0;                         ///< usage / target
  std::optional<double> filled_ratio;  ///< the same after unready and missing ones were filled in
  std::vector<ReplicaGroup> groups;    ///< of each replica, in the order of the observation
  std::optional<Error> error;          ///< set: it could not be computed
  bool fallback = false;  ///< nothing was computed: the proposal is that of the metric's fallback

  friend bool operator==(const MetricTrace&, const MetricTrace&) = default;
};

/// How many replicas a policy believes in, and why.
struct Proposal {
  std::optional<std::int32_t> replicas;    ///< absent: none is possible, and `error` says why
  std::string reason;                      ///< in words; empty: the trace that decided says it all
  std::vector<MetricTrace> traces;         ///< one for each metric looked at
  std::optional<std::int32_t> decided_by;  ///< which of `traces` decided; absent: none of them
  std::optional<Error> error;  ///< some metrics failed: the proposal may raise, never lower

  friend bool operator==(const Proposal&, const Proposal&) = default;
};

/// A recommendation that the stabilization windows remember (HPA's word).
struct Recommendation {
  std::int32_t replicas = 0;
  TimePoint time{};

  friend bool operator==(const Recommendation&, const Recommendation&) = default;
};

/// A change of scale that the rate limits remember.
struct ScaleEvent {
  std::int32_t change = 0;  ///< absolute number of replicas
  TimePoint time{};
  bool outdated = false;  ///< the slot may be reused

  friend bool operator==(const ScaleEvent&, const ScaleEvent&) = default;
};

/// A replica that should have a value of a metric and has none.
struct MissingReplica {
  std::string replica;
  TimePoint since{};  ///< the first of the ticks in a row at which it had none

  friend bool operator==(const MissingReplica&, const MissingReplica&) = default;
};

/// What is remembered of a metric that has a fallback, or of which replicas are missing.
struct MetricMemory {
  std::string metric;                    ///< its place among spec.metrics, and its name
  std::optional<TimePoint> lost_since;   ///< the first tick at which it had no reading
  std::optional<TimePoint> read_at;      ///< the last tick at which it had one …
  std::vector<ReplicaReading> replicas;  ///< … and that one, if it may stand in
  std::vector<MilliValue> values;
  std::vector<MissingReplica> missing = {};  ///< with ScalingSpec::missing_replicas only

  friend bool operator==(const MetricMemory&, const MetricMemory&) = default;
};

/// What a workload on slices has asked for: the mix that placement prepares for.
struct SliceRequests {
  std::int32_t wanted = 0;              ///< replicas, when it was asked last
  std::map<std::string, double> asked;  ///< slices by profile; old ones fade

  friend bool operator==(const SliceRequests&, const SliceRequests&) = default;
};

/// What a workload remembers between ticks. State in, state out: never hidden in an object.
struct History {
  /// Absent: nothing was ever recommended; the first tick seeds it with the current count.
  std::optional<std::vector<Recommendation>> recommendations;
  std::vector<ScaleEvent> scale_up_events;
  std::vector<ScaleEvent> scale_down_events;
  std::optional<TimePoint> last_scale_time;
  bool scaled_to_zero = false;  ///< HPA's condition ScaledToZero: it was us who scaled to zero
  std::vector<MetricMemory> metrics;         ///< those of which something is to be remembered
  std::optional<SliceRequests> slices = {};  ///< of a workload on slices

  friend bool operator==(const History&, const History&) = default;
};

/// What came out for one workload.
struct Decision {
  WorkloadId workload;
  std::int32_t current = 0;  ///< replicas that were wanted before
  std::int32_t desired = 0;  ///< replicas that are wanted now
  std::optional<std::int32_t>
      proposed;        ///< the raw proposal; absent: none was looked for, or possible
  std::string reason;  ///< HPA's rescale reason, empty if nothing changes; written by Explain()
  std::vector<Step> steps;
  std::vector<MetricTrace> metrics;        ///< what the policies looked at
  std::optional<std::int32_t> decided_by;  ///< which of `metrics` decided; absent: none of them
  std::optional<Error> error;              ///< why the workload holds, or which metrics failed

  /// HPA's name of the metric that decided; empty: none did.
  std::string_view DecisiveMetric() const {
    const auto index = static_cast<std::size_t>(decided_by.value_or(-1));
    return index < metrics.size() ? std::string_view(metrics[index].metric) : std::string_view();
  }
  friend bool operator==(const Decision&, const Decision&) = default;
};

/// What applying a decision came to.
struct Applied {
  bool scaled = false;         ///< the backend accepted a new count
  std::optional<Error> error;  ///< of the balancer or the backend; retried at the next tick

  friend bool operator==(const Applied&, const Applied&) = default;
};

/// An absolute count, so that a retry is harmless, and who has to go.
struct ScaleCommand {
  WorkloadId workload;
  std::int32_t replicas = 0;
  std::vector<std::string> victims;  ///< replicas to stop; newest first by default
  /// Of a workload on slices: those that shall have a replica each, `replicas` of them and, during
  /// a move, more; or fewer, while there is no room.
  std::vector<ReplicaSlice> slices = {};

  friend bool operator==(const ScaleCommand&, const ScaleCommand&) = default;
};

}  // namespace tidegate
