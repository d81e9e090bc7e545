// SPDX-License-Identifier: Apache-2.0
//
// The field lists of Tidegate's own structs, and JSON <-> any struct that has one.
//
// Keys are HPA's where HPA has the thing: a MetricSpec is written in its nested form
// (`type: Pods, pods: {metric: {name}, target: {…}}`), whatever the C++ struct looks like.
//
// Thread safety: pure functions.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "tidegate/config.h"
#include "tidegate/decision.h"
#include "tidegate/export.h"
#include "tidegate/fields.h"
#include "tidegate/observation.h"
#include "tidegate/plan.h"
#include "tidegate/record.h"
#include "tidegate/reporter.h"
#include "tidegate/result.h"
#include "tidegate/spec.h"
#include "tidegate/status.h"

namespace tidegate {

// clang-format off
template <> struct EnumNames<MetricSourceType> {
  static constexpr std::array<std::string_view, 6> kNames{
      "Resource", "ContainerResource", "Pods", "Object", "External", "Unknown"};
};
template <> struct EnumNames<KubernetesVersion> {
  static constexpr std::array<std::string_view, 6> kNames{
      "1.33", "1.34", "1.35", "1.36", "1.37", "1.38"};
};
template <> struct EnumNames<MetricTargetType> {
  static constexpr std::array<std::string_view, 3> kNames{"Utilization", "Value", "AverageValue"};
};
template <> struct EnumNames<ScalingPolicyType> {
  static constexpr std::array<std::string_view, 2> kNames{"Pods", "Percent"};
};
template <> struct EnumNames<SelectPolicy> {
  static constexpr std::array<std::string_view, 3> kNames{"Max", "Min", "Disabled"};
};
template <> struct EnumNames<MissingData> {
  static constexpr std::array<std::string_view, 2> kNames{"Hold", "Fill"};
};
template <> struct EnumNames<Averaging> {
  static constexpr std::array<std::string_view, 5> kNames{
      "Latest", "Linear", "Exponential", "Bucket", "Quantile"};
};
template <> struct EnumNames<FallbackBehavior> {
  static constexpr std::array<std::string_view, 5> kNames{
      "Hold", "Static", "CurrentReplicas", "CurrentReplicasIfHigher", "CurrentReplicasIfLower"};
};
template <> struct EnumNames<ReplicaPhase> {
  static constexpr std::array<std::string_view, 5> kNames{
      "Pending", "Running", "Succeeded", "Failed", "Unknown"};
};
template <> struct EnumNames<ConditionStatus> {
  static constexpr std::array<std::string_view, 3> kNames{"True", "False", "Unknown"};
};
template <> struct EnumNames<DoubtKind> {
  static constexpr std::array<std::string_view, 5> kNames{
      "missing", "stale", "reset", "partial", "invalid"};
};
template <> struct EnumNames<Stage> {
  static constexpr std::array<std::string_view, 8> kNames{
      "metrics", "policy", "combine", "hold", "stabilize", "rateLimit", "bounds", "place"};
};
template <> struct EnumNames<StepCause> {
  static constexpr std::array<std::string_view, 21> kNames{
      "unobserved", "disabledAtZero", "aboveMaxReplicas", "belowMinReplicas", "proposal", "largest",
      "failed", "doubt", "scaleDownWindow", "scaleUpWindow", "scaleUpPolicies",
      "scaleDownPolicies", "defaultScaleUp", "maxReplicas", "minReplicas", "minReplicasAtZero",
      "noRoom", "overBudget", "move", "fallback", "missingReplicas"};
};
template <> struct EnumNames<ReplicaGroup> {
  static constexpr std::array<std::string_view, 4> kNames{
      "ready", "unready", "missing", "ignored"};
};
template <> struct EnumNames<SelectorFault> {
  static constexpr std::array<std::string_view, 3> kNames{"missing", "invalid", "ambiguous"};
};
template <> struct EnumNames<DeviceState> {
  static constexpr std::array<std::string_view, 3> kNames{"open", "cordoned", "draining"};
};
template <> struct EnumNames<EventType> {
  static constexpr std::array<std::string_view, 2> kNames{"Normal", "Warning"};
};
template <> struct EnumNames<ErrorCode> {
  static constexpr std::array<std::string_view, 8> kNames{
      "InvalidArgument", "NotFound", "NoData", "Unavailable",
      "DeadlineExceeded", "Conflict", "PermissionDenied", "Internal"};
};
// clang-format on

/// The name of an enum's value, as it is written in files, records and reports.
template <typename E>
constexpr std::string_view NameOf(E value) noexcept {
  return EnumNames<E>::kNames[static_cast<std::size_t>(value)];
}

TIDEGATE_EXPORT void Describe(FieldVisitor& v, Error& s);

// spec.h
TIDEGATE_EXPORT void Describe(FieldVisitor& v, ObjectReference& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, LabelSelectorRequirement& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, LabelSelector& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, MetricTarget& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, MetricSpec& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, ScalingPolicy& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, ScalingRules& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, Behavior& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, PolicySpec& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, HpaOptions& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, SliceSize& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, SliceSpec& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, Fallback& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, MissingReplicas& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, ScalingSpec& s);
/// The members that a HorizontalPodAutoscaler's spec has, without those of Tidegate.
TIDEGATE_EXPORT void DescribeHpaSpec(FieldVisitor& v, ScalingSpec& s);
/// Those and Tidegate's own; all but the workload's name.
TIDEGATE_EXPORT void DescribeSpec(FieldVisitor& v, ScalingSpec& s);

// observation.h
TIDEGATE_EXPORT void Describe(FieldVisitor& v, Container& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, ProcessId& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, Replica& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, SelectorProblem& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, ReplicaSlice& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, Observation& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, Doubt& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, ReplicaReading& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, Reading& s);

// decision.h
TIDEGATE_EXPORT void Describe(FieldVisitor& v, Step& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, MetricTrace& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, Proposal& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, Recommendation& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, ScaleEvent& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, MissingReplica& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, MetricMemory& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, SliceRequests& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, History& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, Decision& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, ScaleCommand& s);

// placement.h, inventory.h
TIDEGATE_EXPORT void Describe(FieldVisitor& v, Device& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, DeviceLimit& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, DeviceSlice& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, RefusedLayout& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, DriverSlices& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, Inventory& s);

// plan.h, reporter.h, record.h
TIDEGATE_EXPORT void Describe(FieldVisitor& v, WorkloadInput& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, TickInput& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, WorkloadOutput& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, TickOutput& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, Applied& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, TickRecord& s);

// config.h and the options that it holds
TIDEGATE_EXPORT void Describe(FieldVisitor& v, MetricQuery& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, AveragingWindow& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, ScrapeOptions& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, TritonStatsOptions& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, ProcessOptions& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, BasicAuth& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, TlsFiles& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, PrometheusOptions& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, HttpProbe& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, ProcessPoolOptions& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, NginxOptions& s);
/// The members of `kind: Autoscaler`'s spec; the workload's name is not among them.
TIDEGATE_EXPORT void Describe(FieldVisitor& v, Autoscaler& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, PushOptions& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, AdminOptions& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, JournalOptions& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, LogOptions& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, StoreOptions& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, SimulatedDevices& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, NvmlDevicesOptions& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, DevicesOptions& s);
TIDEGATE_EXPORT void Describe(FieldVisitor& v, ScalerOptions& s);

namespace internal {
TIDEGATE_EXPORT Status ReadJson(std::string_view text,
                                const std::function<void(FieldVisitor&)>& describe);
TIDEGATE_EXPORT std::string WriteJson(const std::function<void(FieldVisitor&)>& describe);
}  // namespace internal

/// Sets the fields that `json` (an object) names and leaves the others as they are; lists and
/// maps are replaced as a whole. kInvalidArgument lists every problem by its path, one a line,
/// in the words of a config file's problems: made for keyword arguments.
template <typename T>
Status FromJson(std::string_view json, T& value) {
  T copy = value;
  Status status = internal::ReadJson(json, [&](FieldVisitor& v) { Describe(v, copy); });
  if (status.ok()) value = std::move(copy);
  return status;
}

/// Every field at its value, absent optionals left out, secrets as "***".
template <typename T>
std::string DescribedToJson(const T& value) {
  T copy = value;
  return internal::WriteJson([&](FieldVisitor& v) { Describe(v, copy); });
}

}  // namespace tidegate
