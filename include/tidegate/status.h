// SPDX-License-Identifier: Apache-2.0
//
// The status of a workload in HPA's terms: what `kubectl describe hpa` shows. Conditions, their
// reasons and messages, and events are those of the Kubernetes controller, word for word.
//
//   Decide -> Backend::Apply -> UpdateStatus
//
// Nothing is decided here; a status is derived from what was decided, and what came of it.
//
// Thread safety: pure functions, plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/decision.h"
#include "tidegate/export.h"
#include "tidegate/plan.h"
#include "tidegate/spec.h"
#include "tidegate/types.h"

namespace tidegate {

/// The types of condition that are set here. Others' conditions are kept as they are.
namespace condition {
inline constexpr std::string_view kAbleToScale = "AbleToScale";
inline constexpr std::string_view kScalingActive = "ScalingActive";
inline constexpr std::string_view kScalingLimited = "ScalingLimited";
inline constexpr std::string_view kScaledToZero = "ScaledToZero";
/// Of workloads on slices only; Kubernetes has no such condition.
inline constexpr std::string_view kSlicesPlaced = "SlicesPlaced";
inline constexpr std::string_view kFallback = "Fallback";  ///< KEDA's; only where one is set
/// Of workloads with ScalingSpec::missing_replicas only: some replicas are left out.
inline constexpr std::string_view kMissingReplicas = "MissingReplicas";
}  // namespace condition

/// One condition of a workload (HorizontalPodAutoscalerCondition).
struct Condition {
  std::string type;
  std::optional<ConditionStatus> status;  ///< absent: never set
  std::string reason;
  std::string message;
  std::optional<TimePoint> last_transition_time;  ///< when `status` last changed

  friend bool operator==(const Condition&, const Condition&) = default;
};

enum class EventType { kNormal, kWarning };

/// Something that happened, for people (a Kubernetes Event).
struct Event {
  EventType type = EventType::kNormal;
  std::string reason;
  std::string message;

  friend bool operator==(const Event&, const Event&) = default;
};

/// The current value of a metric; all is empty where it could not be computed.
struct MetricStatus {
  MetricSourceType type = MetricSourceType::kUnknown;
  std::string name;       ///< as in MetricSpec
  std::string container;  ///< ContainerResource only
  std::optional<LabelSelector> selector;
  ObjectReference described_object;  ///< Object only
  std::optional<MilliValue> value;
  std::optional<MilliValue> average_value;
  std::optional<std::int32_t> average_utilization;  ///< percent
  /// The values are written as memory is: 128Mi.
  bool binary = false;

  friend bool operator==(const MetricStatus&, const MetricStatus&) = default;
};

/// HorizontalPodAutoscalerStatus.
struct WorkloadStatus {
  std::optional<std::int64_t> observed_generation;
  std::optional<TimePoint> last_scale_time;
  std::int32_t current_replicas = 0;
  std::int32_t desired_replicas = 0;
  std::vector<MetricStatus> current_metrics;
  std::vector<Condition> conditions;  ///< in the order in which they were first set

  /// Null: there is no such condition.
  TIDEGATE_EXPORT const Condition* Find(std::string_view type) const;
  friend bool operator==(const WorkloadStatus&, const WorkloadStatus&) = default;
};

struct StatusUpdate {
  WorkloadStatus status;
  std::vector<Event> events;            ///< in the order in which they happened
  std::optional<std::string> error;     ///< what the Kubernetes controller would report of the tick
  std::size_t events_before_write = 0;  ///< that many happen before the status is written
  bool ends_early = false;              ///< `error` stays, whatever comes of writing the status

  friend bool operator==(const StatusUpdate&, const StatusUpdate&) = default;
};

/// The status after a tick. `generation` is the spec's (metadata.generation); without one there
/// is no observedGeneration.
TIDEGATE_EXPORT StatusUpdate UpdateStatus(const WorkloadStatus& before, const WorkloadInput& input,
                                          const WorkloadOutput& output, const Applied& applied,
                                          std::optional<std::int64_t> generation, TimePoint now);

/// Tells of a status that could not be stored: the event, and the error where there is none that
/// matters more. `name` is the autoscaler's.
TIDEGATE_EXPORT void StatusWriteFailed(const std::string& name, const std::string& error,
                                       StatusUpdate& update);

/// What an API server stores of a status: times in whole seconds.
TIDEGATE_EXPORT WorkloadStatus AsStored(WorkloadStatus status);

}  // namespace tidegate
