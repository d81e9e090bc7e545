// SPDX-License-Identifier: Apache-2.0
//
// What was decided and why, and what has to be remembered for the next tick.
//
// The explanation is the data: each stage that changes or holds the number appends a Step.
#pragma once

#include <cstdint>
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
};

/// "metrics", "policy", …
TIDEGATE_EXPORT std::string_view ToString(Stage stage) noexcept;

/// `replicas` after the stage, and the reason in words with the numbers that led to it.
struct Step {
  Stage stage = Stage::kMetrics;
  std::int32_t replicas = 0;
  std::string reason;

  friend bool operator==(const Step&, const Step&) = default;
};

/// How one metric was computed: the terms of HPA's formula, for explain.
struct MetricTrace {
  std::string metric;         ///< HPA's name for it, e.g. "pods metric avg_time_queue_us"
  std::int32_t proposal = 0;  ///< replicas that this metric asks for
  MilliValue usage = 0;       ///< current value: per replica, or as a whole
  MilliValue target = 0;      ///< target value, same unit; percent × 1000 for utilization
  std::optional<std::int32_t> utilization;  ///< percent of requests, where that is the target
  double ratio = 0;                         ///< usage / target
  std::vector<std::string> ready;           ///< replicas whose value counted
  std::vector<std::string> unready;  ///< counted as 0 on the way up, left out on the way down
  std::vector<std::string> missing;  ///< without a value
  std::vector<std::string> ignored;  ///< failed or terminating
  std::optional<Error> error;

  friend bool operator==(const MetricTrace&, const MetricTrace&) = default;
};

/// How many replicas a policy believes in, and why.
struct Proposal {
  std::optional<std::int32_t> replicas;  ///< absent: none is possible, and `error` says why
  std::string reason;
  std::string metric;               ///< the metric that decided, HPA's name; may be empty
  std::vector<MetricTrace> traces;  ///< one for each metric looked at
  std::optional<Error> error;       ///< some metrics failed: the proposal may raise, never lower

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

/// What a workload remembers between ticks. State in, state out: never hidden in an object.
struct History {
  /// Absent: nothing was ever recommended; the first tick seeds it with the current count.
  std::optional<std::vector<Recommendation>> recommendations;
  std::vector<ScaleEvent> scale_up_events;
  std::vector<ScaleEvent> scale_down_events;
  std::optional<TimePoint> last_scale_time;
  bool scaled_to_zero = false;  ///< HPA's condition ScaledToZero: it was us who scaled to zero

  friend bool operator==(const History&, const History&) = default;
};

/// What came out for one workload.
struct Decision {
  WorkloadId workload;
  std::int32_t current = 0;  ///< replicas that were wanted before
  std::int32_t desired = 0;  ///< replicas that are wanted now
  std::optional<std::int32_t>
      proposed;        ///< the raw proposal; absent: none was looked for, or possible
  std::string reason;  ///< HPA's rescale reason, empty if nothing changes
  std::vector<Step> steps;
  std::vector<MetricTrace> metrics;
  std::optional<Error> error;  ///< why the workload holds, or which metrics failed

  friend bool operator==(const Decision&, const Decision&) = default;
};

/// An absolute count, so that a retry is harmless, and who has to go.
struct ScaleCommand {
  WorkloadId workload;
  std::int32_t replicas = 0;
  std::vector<std::string> victims;  ///< replicas to stop; newest first by default

  friend bool operator==(const ScaleCommand&, const ScaleCommand&) = default;
};

}  // namespace tidegate
