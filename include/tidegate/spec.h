// SPDX-License-Identifier: Apache-2.0
//
// What is asked of a workload: bounds, metrics with target values, behavior, policies.
//
// The vocabulary and the defaults are those of the Kubernetes HorizontalPodAutoscaler
// (autoscaling/v2), so what a user knows carries over. Plain values; compare with ==.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tidegate/types.h"

namespace tidegate {

enum class MetricSourceType {
  kResource,
  kContainerResource,
  kPods,
  kObject,
  kExternal,
  kUnknown,  ///< of a newer API: MetricSpec::name holds the type as it was written; never computed
};
enum class MetricTargetType { kUtilization, kValue, kAverageValue };

/// One of a LabelSelector's matchExpressions. The operator is text, as in the API: In, NotIn,
/// Exists, DoesNotExist; another one is an error when the selector is used.
struct LabelSelectorRequirement {
  std::string key;
  std::string op;
  std::vector<std::string> values;

  friend bool operator==(const LabelSelectorRequirement&,
                         const LabelSelectorRequirement&) = default;
};

/// Kubernetes' LabelSelector: all of it has to match.
struct LabelSelector {
  Labels match_labels;
  std::vector<LabelSelectorRequirement> match_expressions;

  bool empty() const { return match_labels.empty() && match_expressions.empty(); }
  friend bool operator==(const LabelSelector&, const LabelSelector&) = default;
};

/// What a metric should be. Exactly one of the values is normally set; if several are, the
/// dispatch is HPA's (averageValue first for Resource, Pods and External).
struct MetricTarget {
  MetricTargetType type = MetricTargetType::kAverageValue;
  std::optional<MilliValue> value;                  ///< the metric as a whole
  std::optional<MilliValue> average_value;          ///< per replica
  std::optional<std::int32_t> average_utilization;  ///< percent of the replicas' requests

  friend bool operator==(const MetricTarget&, const MetricTarget&) = default;
};

/// Names an object by kind and name (HPA's CrossVersionObjectReference).
struct ObjectReference {
  std::string api_version;
  std::string kind;
  std::string name;

  friend bool operator==(const ObjectReference&, const ObjectReference&) = default;
};

/// One metric of a workload and its target value (HPA's MetricSpec).
struct MetricSpec {
  MetricSourceType type = MetricSourceType::kPods;
  std::string name;       ///< the metric's name; for Resource kinds the resource, such as "cpu"
  std::string container;  ///< ContainerResource only
  std::optional<LabelSelector> selector;  ///< metric.selector; absent or empty: no filter
  ObjectReference described_object;       ///< Object only
  MetricTarget target;

  /// It has a value for each replica; of an object or an external list it has none of theirs.
  bool PerReplica() const {
    return type != MetricSourceType::kObject && type != MetricSourceType::kExternal;
  }
  friend bool operator==(const MetricSpec&, const MetricSpec&) = default;
};

enum class ScalingPolicyType { kPods, kPercent };

/// "At most `value` replicas (or percent) per `period`" (HPA's HPAScalingPolicy).
struct ScalingPolicy {
  ScalingPolicyType type = ScalingPolicyType::kPods;
  std::int32_t value = 0;
  Duration period{};

  friend bool operator==(const ScalingPolicy&, const ScalingPolicy&) = default;
};

enum class SelectPolicy { kMax, kMin, kDisabled };

/// Stabilization window and rate limits of one direction (HPA's HPAScalingRules).
struct ScalingRules {
  std::optional<Duration> stabilization_window;  ///< absent: 0 up, the HPA flag's 5 min down
  SelectPolicy select_policy = SelectPolicy::kMax;
  std::vector<ScalingPolicy> policies;
  std::optional<double> tolerance;  ///< replaces HpaOptions::tolerance in this direction

  friend bool operator==(const ScalingRules&, const ScalingRules&) = default;
};

/// HPA's `behavior`. With the API server's defaults, see DefaultBehavior().
struct Behavior {
  ScalingRules scale_up;
  ScalingRules scale_down;

  friend bool operator==(const Behavior&, const Behavior&) = default;
};

/// A policy by its registered name, with its options as text (`{"horizon", "30s"}`).
struct PolicySpec {
  std::string name;
  std::map<std::string, std::string> options;

  friend auto operator<=>(const PolicySpec&,
                          const PolicySpec&) = default;  // NOLINT(modernize-use-nullptr)
};

/// The releases of Kubernetes whose HorizontalPodAutoscaler a workload can behave like. What
/// differs between them is one table, src/hpa/compatibility.cc. kV137 is 1.37.
enum class KubernetesVersion { kV133, kV134, kV135, kV136, kV137, kV138 };

/// The settings that Kubernetes has as flags of kube-controller-manager, with its defaults.
struct HpaOptions {
  double tolerance = 0.1;
  Duration downscale_stabilization = std::chrono::minutes(5);
  Duration cpu_initialization_period = std::chrono::minutes(5);
  Duration initial_readiness_delay = std::chrono::seconds(30);

  friend bool operator==(const HpaOptions&, const HpaOptions&) = default;
};

/// What happens to a workload when readings of some of its replicas are in doubt (missing,
/// stale, reset, covering too little of their window).
enum class MissingData {
  kHold,  ///< never below the current count while anything is in doubt; the default
  kFill,  ///< HPA's fills only: as at the target on the way down, as 0 on the way up
};

/// An end to what missing replicas do to a metric: those that have had no value of it for
/// `ignore_after` are left out, as those that are terminating are, while no more than
/// `at_most_percent` of the replicas that should have one lack it. Where more do, nothing changes.
struct MissingReplicas {
  Duration ignore_after = std::chrono::minutes(10);
  std::int32_t at_most_percent = 5;

  friend bool operator==(const MissingReplicas&, const MissingReplicas&) = default;
};

/// A size of slice that a moldable workload may run on, and what one of that size is worth.
struct SliceSize {
  std::string profile;         ///< the driver's name, as ReplicaSlice::profile has it
  MilliValue capacity = 1000;  ///< thousandths of a replica

  friend bool operator==(const SliceSize&, const SliceSize&) = default;
};

/// The slice of a GPU that each replica of a workload runs on: of a profile, or any that has at
/// least so much. Or, moldable, slices of several sizes: a replica is then a unit of capacity, and
/// the workload runs on the cheapest slices that have as many units together.
struct SliceSpec {
  std::string profile;        ///< "1g.5gb", as FindProfile() takes it; empty: any that will do
  MilliValue memory = 0;      ///< bytes times 1000; rounded up to MiB
  std::int32_t sm_count = 0;  ///< streaming multiprocessors
  std::int32_t priority = 0;  ///< while there is too little room, higher ones are served first
  std::vector<SliceSize> sizes = {};  ///< not empty: moldable, and the first three say nothing

  bool moldable() const { return !sizes.empty(); }
  friend bool operator==(const SliceSpec&, const SliceSpec&) = default;
};

/// How many replicas a metric asks for that has had no reading for a while (KEDA's behaviors of a
/// fallback, and Hold).
enum class FallbackBehavior {
  kHold,                     ///< it asks for nothing: the other metrics may raise, never lower
  kStatic,                   ///< Fallback::replicas
  kCurrentReplicas,          ///< what there is
  kCurrentReplicasIfHigher,  ///< the larger of both
  kCurrentReplicasIfLower,   ///< the smaller of both
};

/// What stands in for the reading of a metric that has none: its last one for `last_known`, then,
/// once it has been missing for `after`, a number of replicas.
struct Fallback {
  std::string metric;     ///< the MetricSpec's name; empty: every metric that has no own fallback
  Duration last_known{};  ///< the count never goes down on a reading of the past; 0: not at all
  Duration after{};       ///< not sooner does `behavior` count
  FallbackBehavior behavior = FallbackBehavior::kHold;
  std::int32_t replicas = 0;

  friend bool operator==(const Fallback&, const Fallback&) = default;
};

/// Everything that a decision depends on besides what is observed.
struct ScalingSpec {
  WorkloadId workload;
  ObjectReference scale_target_ref;
  std::int32_t min_replicas = 1;
  std::int32_t max_replicas = 1;
  std::vector<MetricSpec> metrics;
  std::optional<Behavior> behavior;  ///< absent: HPA's legacy limits (doubling, at least 4)
  std::vector<PolicySpec> policies;  ///< empty: target_tracking alone
  MissingData missing_data = MissingData::kHold;
  std::optional<MissingReplicas> missing_replicas =
      {};                           ///< absent: they count as long as they miss
  std::vector<Fallback> fallbacks;  ///< of metrics that have no reading; none: hold
  KubernetesVersion compatibility = KubernetesVersion::kV137;
  std::map<std::string, bool> feature_gates;  ///< that differ from the release's defaults
  HpaOptions hpa;
  std::optional<SliceSpec> slice = {};  ///< absent: replicas need no slice

  friend bool operator==(const ScalingSpec&, const ScalingSpec&) = default;
};

}  // namespace tidegate
