// SPDX-License-Identifier: Apache-2.0
#include "hpa/replica_calculator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "hpa/arithmetic.h"
#include "hpa/label_selector.h"
#include "hpa/names.h"
#include "hpa/pod_groups.h"

namespace tidegate::hpa {

namespace {

constexpr std::int64_t kMaxInt64 = std::numeric_limits<std::int64_t>::max();

struct Context {
  const MetricContext& common;
  const MetricSpec& metric;
  const Reading& reading;
};

// Out of line, like all that is about errors: what is done at every tick stays small.
[[gnu::noinline, gnu::cold]] void Fail(std::string_view message, MetricTrace& trace,
                                       ErrorCode code = ErrorCode::kNoData) {
  trace.error = Error{code, std::string(message)};
}

// What a metric's values come to, against its target.
struct Ratio {
  double value = 0;
  MilliValue average = 0;
  std::optional<std::int32_t> utilization;
};

// Sum of usages over sum of requests, over replicas that have both. The percentage is cut to an
// integer before it is divided by the target.
std::optional<Ratio> UtilizationRatio(const PodSums& sums, std::int32_t target) {
  if (sums.requests == 0) return std::nullopt;
  const auto percent = static_cast<std::int32_t>(
      static_cast<std::uint32_t>(WrapDiv(WrapMul(sums.usage, 100), sums.requests)));
  return Ratio{.value = static_cast<double>(percent) / static_cast<double>(target),
               .average = sums.usage / sums.replicas,
               .utilization = percent};
}

// Average over all values, surplus ones included.
Ratio AverageRatio(const PodSums& sums, MilliValue target) {
  const std::int64_t average =
      WrapAdd(sums.usage, sums.surplus_usage) / (sums.replicas + sums.surplus);
  return Ratio{.value = static_cast<double>(average) / static_cast<double>(target),
               .average = average,
               .utilization = std::nullopt};
}

// Replicas without a value count as the target on the way down and as 0 on the way up; unready
// ones count as 0 on the way up and are left out on the way down.
PodSums Fill(const PodGroups& groups, double ratio, const MetricTarget& target, bool utilization) {
  const auto missing = [&](MilliValue request) -> MilliValue {
    if (ratio > 1.0) return 0;
    if (!utilization) return *target.average_value;
    const auto percent = static_cast<std::int64_t>(std::max(100, *target.average_utilization));
    return WrapMul(request, percent) / 100;
  };
  using Missing = decltype(missing);
  const bool fills = ratio < 1.0 || ratio > 1.0;  // neither at 1 nor at NaN
  return groups.Filled(fills ? std::optional<Missing>(missing) : std::nullopt, ratio > 1.0);
}

std::int32_t Ceil(const Context& context, double value) {
  return context.common.compatibility.saturates ? CeilToInt32Saturating(value) : CeilToInt32(value);
}

// The second look, after filling: it may confirm the direction or keep the count, never turn it.
std::int32_t SecondLook(double ratio, double refilled, std::int64_t size, const Context& context) {
  const std::int32_t current = context.common.observation.spec_replicas;
  if (context.common.tolerance.Within(refilled)) return current;
  if ((ratio < 1.0 && refilled > 1.0) || (ratio > 1.0 && refilled < 1.0)) return current;
  const std::int32_t wanted = Ceil(context, refilled * static_cast<double>(size));
  if ((refilled < 1.0 && wanted > current) || (refilled > 1.0 && wanted < current)) return current;
  return wanted;
}

std::string FetchError(const Context& context, bool resource) {
  return std::string(resource ? "unable to get metrics for resource " : "unable to get metric ") +
         context.metric.name + ": " + context.reading.error->message;
}

// Whether values can be looked at at all.
bool IsReadable(const Context& context) {
  return !context.reading.error && !context.common.observation.replicas.empty();
}

[[gnu::noinline, gnu::cold]] void FailUnreadable(const Context& context, bool resource,
                                                 MetricTrace& trace) {
  if (const auto& error = context.reading.error) {
    Fail(FetchError(context, resource), trace, error->code);
  } else {
    Fail("no pods returned by selector while calculating replica count", trace);
  }
}

// By utilization or by plain average.
std::optional<Ratio> RatioOf(const PodSums& sums, const MetricTarget& target, bool utilization) {
  if (utilization) return UtilizationRatio(sums, *target.average_utilization);
  return AverageRatio(sums, *target.average_value);
}

constexpr std::string_view kNoneMatched = "no metrics returned matched known pods";

// Where some replicas have no value that counts: with those filled in.
[[gnu::noinline]] void LookAgain(const Context& context, bool utilization, MetricTrace& trace) {
  const PodGroups& groups = context.common.scratch.groups;
  const MetricTarget& target = context.metric.target;
  const PodSums filled = Fill(groups, trace.ratio, target, utilization);
  const std::optional<Ratio> second = RatioOf(filled, target, utilization);
  if (!second) return Fail(kNoneMatched, trace);
  if (groups.gaps()) trace.filled_ratio = second->value;
  trace.proposal =
      SecondLook(trace.ratio, second->value, filled.replicas + filled.surplus, context);
}

// Resource, ContainerResource and Pods.
void ComputePerPod(const Context& context, bool utilization, MetricTrace& trace) {
  const MetricContext& common = context.common;
  const MetricSpec& metric = context.metric;
  const bool resource = metric.type != MetricSourceType::kPods;
  if (!IsReadable(context)) [[unlikely]]
    return FailUnreadable(context, resource, trace);
  PodGroups& groups = common.scratch.groups;
  groups.Look(common.observation, context.reading,
              {.resource = resource ? std::string_view(metric.name) : std::string_view(),
               .utilization = utilization,
               .container = metric.container,
               .options = common.spec.hpa,
               .compatibility = common.compatibility,
               .now = common.now},
              trace.groups);
  const PodSums& sums = groups.sums();
  if (sums.replicas + sums.surplus == 0) [[unlikely]]
    return Fail("did not receive metrics for targeted pods (pods might be unready)", trace);
  if (groups.request_error()) [[unlikely]]
    return Fail(groups.request_error()->message, trace, groups.request_error()->code);
  const std::optional<Ratio> ratio = RatioOf(sums, metric.target, utilization);
  if (!ratio) [[unlikely]]
    return Fail(kNoneMatched, trace);
  trace.usage = ratio->average;
  if (ratio->utilization) trace.utilization.emplace(*ratio->utilization);
  trace.ratio = ratio->value;
  const bool zero_unready = ratio->value > 1.0 && groups.any(ReplicaGroup::kUnready);
  if (groups.any(ReplicaGroup::kMissing) || zero_unready) [[unlikely]]
    return LookAgain(context, utilization, trace);
  trace.proposal = common.tolerance.Within(ratio->value)
                       ? common.observation.spec_replicas
                       : Ceil(context, ratio->value * static_cast<double>(sums.replicas));
}

// The sum of external series, or the one value of an object. Sums saturate upwards only.
MilliValue TotalUsage(const Context& context) {
  std::int64_t sum = 0;
  for (const MilliValue value : context.reading.values) {
    const bool overflows = value > 0 && sum > kMaxInt64 - value;
    if (overflows && context.common.compatibility.caps_value) return kMaxInt64;
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
    if (sum < 0 && context.common.compatibility.caps_external_average) return kMaxInt64;
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
void ComputeValue(const Context& context, MetricTrace& trace) {
  trace.usage = TotalUsage(context);
  trace.ratio =
      static_cast<double>(trace.usage) / static_cast<double>(*context.metric.target.value);
  const std::int32_t current = context.common.observation.spec_replicas;
  if (current == 0) {
    trace.proposal = Ceil(context, trace.ratio);
    return;
  }
  if (context.common.tolerance.Within(trace.ratio)) {
    trace.proposal = current;
    return;
  }
  if (context.common.observation.replicas.empty()) {
    return Fail(
        "unable to calculate ready pods: no pods returned by selector while calculating replica "
        "count",
        trace);
  }
  const double wanted = trace.ratio * static_cast<double>(CountReady(context.common.observation));
  trace.proposal =
      context.common.compatibility.caps_value ? CeilToInt32Saturating(wanted) : CeilToInt32(wanted);
}

// What status shows as the current value per replica.
MilliValue UsagePerReplica(const Context& context, double usage) {
  const std::int32_t replicas = context.common.observation.status_replicas;
  const bool caps = context.common.compatibility.saturates ||
                    (context.metric.type == MetricSourceType::kExternal &&
                     context.common.compatibility.caps_external_average);
  if (caps && usage >= 9223372036854775808.0) return kMaxInt64;
  if (replicas == 0 && context.common.compatibility.no_usage_at_zero) return 0;
  return ToInt64(std::ceil(usage / static_cast<double>(replicas)));
}

// Object and External with a target per replica; counts what there is, surge included.
void ComputeAverageValue(const Context& context, MetricTrace& trace) {
  const std::int32_t replicas = context.common.observation.status_replicas;
  const auto usage = static_cast<double>(TotalUsagePerPod(context));
  const auto target = static_cast<double>(*context.metric.target.average_value);
  trace.ratio = usage / (target * static_cast<double>(replicas));
  const bool caps = context.metric.type == MetricSourceType::kExternal &&
                    context.common.compatibility.caps_external_average;
  if (context.common.tolerance.Within(trace.ratio)) {
    trace.proposal = replicas;
  } else {
    const double wanted = usage / target;
    trace.proposal = caps ? CeilToInt32Saturating(wanted) : Ceil(context, wanted);
  }
  trace.usage = UsagePerReplica(context, usage);
}

// "namespace/" of "namespace/name"; empty for a workload that is in none.
std::string NamespacePrefix(const WorkloadId& workload) {
  const std::size_t slash = workload.find('/');
  return slash == std::string::npos ? std::string() : workload.substr(0, slash + 1);
}

// A failed read of an object's metric. Before 1.37 the arguments of the text were misplaced.
std::string ObjectError(const Context& context, const std::string& error) {
  const ObjectReference& object = context.metric.described_object;
  const std::string prefix = NamespacePrefix(context.common.spec.workload);
  if (context.common.compatibility.names_object_in_errors) {
    return "unable to get metric " + context.metric.name + " on " + object.kind + " " + prefix +
           object.name + ": " + error;
  }
  return "unable to get metric " + context.metric.name + ": " + object.kind + " on " +
         prefix.substr(0, prefix.empty() ? 0 : prefix.size() - 1) + " " + object.name + "/" + error;
}

std::string ExternalError(const Context& context, const std::string& error) {
  return "unable to get external metric " + NamespacePrefix(context.common.spec.workload) +
         context.metric.name + "/" + DebugText(context.metric.selector) + ": " + error;
}

void ComputeTotal(const Context& context, bool per_pod, MetricTrace& trace) {
  const bool object = context.metric.type == MetricSourceType::kObject;
  const auto fail = [&](ErrorCode code, const std::string& text) {
    Fail(object ? ObjectError(context, text) : ExternalError(context, text), trace, code);
  };
  if (const auto& error = context.reading.error) {
    fail(error->code, error->message);
  } else if (context.reading.values.empty()) {
    fail(ErrorCode::kNoData, "no metrics returned from external metrics API");
  } else if (per_pod) {
    ComputeAverageValue(context, trace);
  } else {
    ComputeValue(context, trace);
  }
}

// Which target an Object or External metric has; target.type decides for Object metrics only.
enum class TotalTarget { kNone, kValue, kAverageValue };

TotalTarget TotalTargetOf(const MetricSpec& metric) {
  const MetricTarget& target = metric.target;
  if (metric.type == MetricSourceType::kObject) {
    if (target.type == MetricTargetType::kValue && target.value) return TotalTarget::kValue;
    if (target.type != MetricTargetType::kAverageValue) return TotalTarget::kNone;
  }
  if (target.average_value) return TotalTarget::kAverageValue;
  const bool value = metric.type == MetricSourceType::kExternal && target.value;
  return value ? TotalTarget::kValue : TotalTarget::kNone;
}

// A metric's selector that cannot be used. Resource metrics have none.
std::optional<Error> SelectorError(const MetricSpec& metric, const Compatibility& release) {
  if (!metric.selector || metric.selector->empty()) return std::nullopt;
  const Result<Selector> selector = Selector::From(*metric.selector, release);
  return selector ? std::nullopt : std::optional<Error>(selector.error());
}

[[gnu::noinline, gnu::cold]] void NameResource(const MetricSpec& metric, bool utilization,
                                               Error& error) {
  error.message = "failed to get " + metric.name + (utilization ? " utilization: " : " usage: ") +
                  error.message;
}

void DispatchResource(const Context& context, MetricTrace& trace) {
  const MetricTarget& target = context.metric.target;
  const bool utilization = !target.average_value;
  if (utilization && !target.average_utilization) [[unlikely]] {
    return Fail(
        "invalid resource metric source: neither an average utilization target nor "
        "an average value (usage) target was set",
        trace, ErrorCode::kInvalidArgument);
  }
  trace.target =
      utilization ? MilliValue{*target.average_utilization} * 1000 : *target.average_value;
  ComputePerPod(context, utilization, trace);
  if (trace.error) [[unlikely]]
    NameResource(context.metric, utilization, *trace.error);
}

[[gnu::noinline]] void DispatchPods(const Context& context, MetricTrace& trace) {
  trace.error = SelectorError(context.metric, context.common.compatibility);
  if (trace.error) return;
  if (!context.metric.target.average_value) {
    return Fail("invalid pods metric source: no average value target was set", trace,
                ErrorCode::kInvalidArgument);
  }
  trace.target = *context.metric.target.average_value;
  ComputePerPod(context, false, trace);
}

// A selector that cannot be used is looked at before the target of objects, after it of others.
[[gnu::noinline]] void DispatchTotal(const Context& context, MetricTrace& trace) {
  const MetricSpec& metric = context.metric;
  const bool object = metric.type == MetricSourceType::kObject;
  const TotalTarget target = TotalTargetOf(metric);
  if (object || target != TotalTarget::kNone) {
    trace.error = SelectorError(metric, context.common.compatibility);
  }
  if (trace.error) return;
  if (target == TotalTarget::kNone) {
    return Fail("invalid " + std::string(object ? "object" : "external") +
                    " metric source: neither a value target nor an average value target was set",
                trace, ErrorCode::kInvalidArgument);
  }
  const bool per_pod = target == TotalTarget::kAverageValue;
  trace.target = per_pod ? *metric.target.average_value : *metric.target.value;
  ComputeTotal(context, per_pod, trace);
}

void Dispatch(const Context& context, MetricTrace& trace) {
  switch (context.metric.type) {
    case MetricSourceType::kResource:
    case MetricSourceType::kContainerResource:
      return DispatchResource(context, trace);
    case MetricSourceType::kPods:
      return DispatchPods(context, trace);
    case MetricSourceType::kObject:
    case MetricSourceType::kExternal:
      return DispatchTotal(context, trace);
    case MetricSourceType::kUnknown:
      break;
  }
  Fail("unknown metric source type " + GoQuote(context.metric.name), trace,
       ErrorCode::kInvalidArgument);
}

// The layer between the calculator and the list of errors, which only some kinds have.
std::string InnerLayer(const MetricSpec& metric) {
  const TotalTarget target = TotalTargetOf(metric);
  if (metric.PerReplica() || target == TotalTarget::kNone) return "";
  if (metric.type == MetricSourceType::kObject) {
    if (target == TotalTarget::kValue || SelectorError(metric, {})) return "";
    return "failed to get " + metric.name + " object metric: ";
  }
  return target == TotalTarget::kValue ? "failed to get external metric " + metric.name + ": "
                                       : "failed to get " + metric.name + " external metric: ";
}

}  // namespace

std::string MetricName(const MetricSpec& metric) {
  const bool container = metric.type == MetricSourceType::kContainerResource;
  switch (metric.type) {
    case MetricSourceType::kResource:
    case MetricSourceType::kContainerResource:
      if (metric.target.average_value) return metric.name + " resource";
      return metric.name + (container ? " container" : "") +
             " resource utilization (percentage of request)";
    case MetricSourceType::kPods:
      return "pods metric " + metric.name;
    case MetricSourceType::kObject:
      if (metric.target.type != MetricTargetType::kValue) break;
      return metric.described_object.kind + " metric " + metric.name;
    case MetricSourceType::kExternal:
    case MetricSourceType::kUnknown:
      break;
  }
  return "external metric " + metric.name + "(" + DebugText(metric.selector) + ")";
}

void ComputeMetric(const MetricSpec& metric, const Reading& reading, const MetricContext& context,
                   MetricTrace& trace) {
  trace.metric.clear();
  trace.spec_metric.reset();
  trace.proposal = 0;
  trace.usage = trace.target = 0;
  trace.utilization.reset();
  trace.ratio = 0;
  trace.filled_ratio.reset();
  trace.groups.clear();
  trace.error.reset();
  trace.fallback = reading.fallback.has_value();
  if (trace.fallback) [[unlikely]] {
    trace.proposal = *reading.fallback;
    return;
  }
  Dispatch({context, metric, reading}, trace);
}

std::string LayeredError(const MetricSpec& metric, const std::string& error) {
  switch (metric.type) {
    case MetricSourceType::kResource:
      return "failed to get " + metric.name + " resource metric value: " + error;
    case MetricSourceType::kContainerResource:
      return "failed to get " + metric.container + " container metric value: " + error;
    case MetricSourceType::kPods:
      return "failed to get pods metric value: " + error;
    case MetricSourceType::kObject:
      return "failed to get object metric value: " + InnerLayer(metric) + error;
    case MetricSourceType::kExternal:
      return "failed to get " + metric.name + " external metric value: " + InnerLayer(metric) +
             error;
    case MetricSourceType::kUnknown:
      break;
  }
  return error;
}

}  // namespace tidegate::hpa
