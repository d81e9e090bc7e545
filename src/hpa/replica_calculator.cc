// SPDX-License-Identifier: Apache-2.0
#include "hpa/replica_calculator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "hpa/arithmetic.h"
#include "hpa/pod_groups.h"

namespace tidegate::hpa {

namespace {

constexpr std::int64_t kMaxInt64 = std::numeric_limits<std::int64_t>::max();

struct Context {
  const MetricSpec& metric;
  const Reading& reading;
  const ScalingSpec& spec;
  const Observation& observation;
  TimePoint now;
  Tolerance tolerance;
};

Error MetricError(std::string message, ErrorCode code = ErrorCode::kNoData) {
  return Error{code, std::move(message)};
}

// What a metric's values come to, against its target.
struct Ratio {
  double value = 0;
  MilliValue average = 0;
  std::optional<std::int32_t> utilization;
};

// Sum of usages over sum of requests, over replicas that have both. The percentage is cut to an
// integer before it is divided by the target.
std::optional<Ratio> UtilizationRatio(const PodGroups& groups, std::int32_t target) {
  std::int64_t usage = 0;
  std::int64_t requests = 0;
  std::int64_t count = 0;
  for (const PodEntry& entry : groups.entries) {
    if (!entry.counted || entry.replica == nullptr) continue;
    usage = WrapAdd(usage, entry.value);
    requests = WrapAdd(requests, entry.request);
    ++count;
  }
  if (requests == 0) return std::nullopt;
  const auto percent =
      static_cast<std::int32_t>(static_cast<std::uint32_t>(WrapDiv(WrapMul(usage, 100), requests)));
  return Ratio{.value = static_cast<double>(percent) / static_cast<double>(target),
               .average = usage / count,
               .utilization = percent};
}

// Average over all values, surplus ones included.
Ratio AverageRatio(const PodGroups& groups, MilliValue target) {
  std::int64_t usage = 0;
  std::int64_t count = 0;
  for (const PodEntry& entry : groups.entries) {
    if (!entry.counted) continue;
    usage = WrapAdd(usage, entry.value);
    ++count;
  }
  const std::int64_t average = usage / count;
  return Ratio{.value = static_cast<double>(average) / static_cast<double>(target),
               .average = average,
               .utilization = std::nullopt};
}

// What a replica without a value is taken for on the way down.
MilliValue FillOnTheWayDown(const PodEntry& entry, const MetricTarget& target, bool utilization) {
  if (!utilization) return *target.average_value;
  const auto percent = static_cast<std::int64_t>(std::max(100, *target.average_utilization));
  return WrapMul(entry.request, percent) / 100;
}

// Replicas without a value count as the target on the way down and as 0 on the way up; unready
// ones count as 0 on the way up and are left out on the way down.
void Fill(PodGroups& groups, double ratio, const MetricTarget& target, bool utilization) {
  for (PodEntry& entry : groups.entries) {
    if (entry.group == PodGroup::kMissing && ratio < 1.0) {
      entry.value = FillOnTheWayDown(entry, target, utilization);
      entry.counted = true;
    } else if (entry.group == PodGroup::kMissing || entry.group == PodGroup::kUnready) {
      entry.counted = entry.counted || ratio > 1.0;
    }
  }
}

void TraceGroups(const PodGroups& groups, MetricTrace& trace) {
  groups.Name(PodGroup::kReady, trace.ready);
  groups.Name(PodGroup::kUnready, trace.unready);
  groups.Name(PodGroup::kMissing, trace.missing);
  groups.Name(PodGroup::kIgnored, trace.ignored);
}

// The second look, after filling: it may confirm the direction or keep the count, never turn it.
std::int32_t SecondLook(double ratio, double refilled, std::size_t size, const Context& context) {
  const std::int32_t current = context.observation.spec_replicas;
  if (context.tolerance.Within(refilled)) return current;
  if ((ratio < 1.0 && refilled > 1.0) || (ratio > 1.0 && refilled < 1.0)) return current;
  const std::int32_t wanted = CeilToInt32(refilled * static_cast<double>(size));
  if ((refilled < 1.0 && wanted > current) || (refilled > 1.0 && wanted < current)) return current;
  return wanted;
}

// Resource, ContainerResource and Pods: by utilization or by plain average.
std::optional<Error> ComputePerPod(const Context& context, bool utilization, MetricTrace& trace) {
  const MetricSpec& metric = context.metric;
  const bool resource = metric.type != MetricSourceType::kPods;
  const std::string prefix = resource ? "unable to get metrics for resource " + metric.name + ": "
                                      : "unable to get metric " + metric.name + ": ";
  if (context.reading.error) {
    return MetricError(prefix + context.reading.error->message, context.reading.error->code);
  }
  if (context.observation.replicas.empty()) {
    return MetricError("no pods returned by selector while calculating replica count");
  }
  PodGroups groups = GroupPods(context.observation, context.reading, resource ? metric.name : "",
                               context.spec.hpa, context.now);
  TraceGroups(groups, trace);
  if (groups.CountedEntries() == 0) {
    return MetricError("did not receive metrics for targeted pods (pods might be unready)");
  }
  if (utilization) {
    if (auto error = FillRequests(groups, metric.name, metric.container)) return error;
  }
  const auto look = [&]() -> std::optional<Ratio> {
    if (utilization) return UtilizationRatio(groups, *metric.target.average_utilization);
    return AverageRatio(groups, *metric.target.average_value);
  };
  const std::optional<Ratio> first = look();
  if (!first) return MetricError("no metrics returned matched known pods");
  trace.usage = first->average;
  trace.utilization = first->utilization;
  trace.ratio = first->value;
  const bool zero_unready = first->value > 1.0 && groups.any_unready;
  if (!groups.any_missing && !zero_unready) {
    trace.proposal = context.tolerance.Within(first->value)
                         ? context.observation.spec_replicas
                         : CeilToInt32(first->value * static_cast<double>(groups.ready));
    return std::nullopt;
  }
  Fill(groups, first->value, metric.target, utilization);
  const std::optional<Ratio> second = look();
  if (!second) return MetricError("no metrics returned matched known pods");
  trace.proposal = SecondLook(first->value, second->value, groups.CountedEntries(), context);
  return std::nullopt;
}

// The sum of external series, or the one value of an object. Sums saturate upwards only.
MilliValue TotalUsage(const Context& context) {
  std::int64_t sum = 0;
  for (const MilliValue value : context.reading.values) {
    if (value > 0 && sum > kMaxInt64 - value) return kMaxInt64;
    sum = WrapAdd(sum, value);
  }
  return sum;
}

// For averageValue a sum that turns negative counts as an overflow.
MilliValue TotalUsagePerPod(const Context& context) {
  if (context.metric.type == MetricSourceType::kObject) return context.reading.values.front();
  std::int64_t sum = 0;
  for (const MilliValue value : context.reading.values) {
    sum = WrapAdd(sum, value);
    if (sum < 0) return kMaxInt64;
  }
  return sum;
}

std::int32_t CountReady(const Observation& observation) {
  return static_cast<std::int32_t>(std::count_if(
      observation.replicas.begin(), observation.replicas.end(), [](const Replica& replica) {
        return replica.phase == ReplicaPhase::kRunning && replica.ready == ConditionStatus::kTrue;
      }));
}

// Object and External with a target for the metric as a whole.
std::optional<Error> ComputeValue(const Context& context, MetricTrace& trace) {
  trace.usage = TotalUsage(context);
  trace.ratio =
      static_cast<double>(trace.usage) / static_cast<double>(*context.metric.target.value);
  const std::int32_t current = context.observation.spec_replicas;
  if (current == 0) {
    trace.proposal = CeilToInt32(trace.ratio);
    return std::nullopt;
  }
  if (context.tolerance.Within(trace.ratio)) {
    trace.proposal = current;
    return std::nullopt;
  }
  if (context.observation.replicas.empty()) {
    return MetricError(
        "unable to calculate ready pods: no pods returned by selector while calculating replica "
        "count");
  }
  const std::int32_t ready = CountReady(context.observation);
  trace.proposal = CeilToInt32Saturating(trace.ratio * static_cast<double>(ready));
  return std::nullopt;
}

// Object and External with a target per replica; counts what there is, surge included.
std::optional<Error> ComputeAverageValue(const Context& context, MetricTrace& trace) {
  const std::int32_t replicas = context.observation.status_replicas;
  const auto usage = static_cast<double>(TotalUsagePerPod(context));
  const auto target = static_cast<double>(*context.metric.target.average_value);
  trace.ratio = usage / (target * static_cast<double>(replicas));
  const bool external = context.metric.type == MetricSourceType::kExternal;
  if (context.tolerance.Within(trace.ratio)) {
    trace.proposal = replicas;
  } else {
    const double wanted = usage / target;
    trace.proposal = external ? CeilToInt32Saturating(wanted) : CeilToInt32(wanted);
  }
  trace.usage = usage >= 9223372036854775808.0
                    ? kMaxInt64
                    : ToInt64(std::ceil(usage / static_cast<double>(replicas)));
  return std::nullopt;
}

std::optional<Error> ComputeTotal(const Context& context, bool per_pod, MetricTrace& trace) {
  const MetricSpec& metric = context.metric;
  const std::string name = metric.type == MetricSourceType::kObject
                               ? "unable to get metric " + metric.name + " on " +
                                     metric.described_object.kind + " " +
                                     metric.described_object.name + ": "
                               : "unable to get external metric " + metric.name + ": ";
  if (context.reading.error) {
    return MetricError(name + context.reading.error->message, context.reading.error->code);
  }
  if (context.reading.values.empty()) {
    return MetricError(name + "no metrics returned from external metrics API");
  }
  return per_pod ? ComputeAverageValue(context, trace) : ComputeValue(context, trace);
}

std::string_view TypeName(MetricSourceType type) {
  switch (type) {
    case MetricSourceType::kResource:
    case MetricSourceType::kContainerResource:
      return "resource";
    case MetricSourceType::kPods:
      return "pods";
    case MetricSourceType::kObject:
      return "object";
    case MetricSourceType::kExternal:
      break;
  }
  return "external";
}

// Which calculation a spec selects; target.type decides for Object metrics only.
std::optional<Error> Dispatch(const Context& context, MetricTrace& trace) {
  const MetricTarget& target = context.metric.target;
  const auto by = [&](MilliValue value) { trace.target = value; };
  switch (context.metric.type) {
    case MetricSourceType::kResource:
    case MetricSourceType::kContainerResource:
    case MetricSourceType::kPods:
      if (target.average_value) {
        by(*target.average_value);
        return ComputePerPod(context, false, trace);
      }
      if (target.average_utilization && context.metric.type != MetricSourceType::kPods) {
        by(MilliValue{*target.average_utilization} * 1000);
        return ComputePerPod(context, true, trace);
      }
      return MetricError("invalid " + std::string(TypeName(context.metric.type)) +
                             " metric source: neither an average utilization target nor an "
                             "average value (usage) target was set",
                         ErrorCode::kInvalidArgument);
    case MetricSourceType::kObject:
    case MetricSourceType::kExternal:
      break;
  }
  const bool object = context.metric.type == MetricSourceType::kObject;
  const bool wants_average = object ? target.type == MetricTargetType::kAverageValue : true;
  const bool wants_value = object ? target.type == MetricTargetType::kValue : true;
  if (wants_average && target.average_value) {
    by(*target.average_value);
    return ComputeTotal(context, true, trace);
  }
  if (wants_value && target.value) {
    by(*target.value);
    return ComputeTotal(context, false, trace);
  }
  return MetricError("invalid " + std::string(TypeName(context.metric.type)) +
                         " metric source: neither a value target nor an average value target was "
                         "set",
                     ErrorCode::kInvalidArgument);
}

std::string SelectorText(const std::optional<Labels>& selector) {
  if (!selector) return "nil";
  std::string text = "&LabelSelector{MatchLabels:map[string]string{";
  for (const auto& [name, value] : *selector) text += name + ": " + value + ",";
  return text + "},MatchExpressions:[]LabelSelectorRequirement{},}";
}

}  // namespace

Tolerance ToleranceOf(const ScalingSpec& spec) {
  Tolerance tolerance{.up = spec.hpa.tolerance, .down = spec.hpa.tolerance};
  if (!spec.behavior) return tolerance;
  tolerance.up = spec.behavior->scale_up.tolerance.value_or(tolerance.up);
  tolerance.down = spec.behavior->scale_down.tolerance.value_or(tolerance.down);
  return tolerance;
}

std::string MetricName(const MetricSpec& metric) {
  switch (metric.type) {
    case MetricSourceType::kResource:
      return metric.target.average_value
                 ? metric.name + " resource"
                 : metric.name + " resource utilization (percentage of request)";
    case MetricSourceType::kContainerResource:
      return metric.target.average_value
                 ? metric.name + " resource"
                 : metric.name + " container resource utilization (percentage of request)";
    case MetricSourceType::kPods:
      return "pods metric " + metric.name;
    case MetricSourceType::kObject:
      if (metric.target.type == MetricTargetType::kValue) {
        return metric.described_object.kind + " metric " + metric.name;
      }
      break;
    case MetricSourceType::kExternal:
      break;
  }
  return "external metric " + metric.name + "(" + SelectorText(metric.selector) + ")";
}

MetricTrace ComputeMetric(const MetricSpec& metric, const Reading& reading, const ScalingSpec& spec,
                          const Observation& observation, TimePoint now) {
  MetricTrace trace;
  trace.metric = MetricName(metric);
  const Context context{metric, reading, spec, observation, now, ToleranceOf(spec)};
  trace.error = Dispatch(context, trace);
  return trace;
}

}  // namespace tidegate::hpa
