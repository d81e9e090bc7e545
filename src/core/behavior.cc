// SPDX-License-Identifier: Apache-2.0
#include "core/behavior.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "hpa/arithmetic.h"
#include "hpa/compatibility.h"
#include "tidegate/plan.h"

namespace tidegate::core {

namespace {

using hpa::ToInt32;
using hpa::WrapAdd32;
using hpa::WrapSub32;

constexpr std::int32_t kMinInt32 = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMaxInt32 = std::numeric_limits<std::int32_t>::max();

// Puts the raw proposal into the slot that fell out of every window, or appends it.
void Remember(std::vector<Recommendation>& list, Recommendation* slot, std::int32_t proposed,
              TimePoint now) {
  const Recommendation entry{.replicas = proposed, .time = now};
  if (slot != nullptr) {
    *slot = entry;
  } else {
    list.push_back(entry);
  }
}

// When the last of the proposals that equal `value` leaves the window.
std::optional<TimePoint> LastOf(const std::vector<Recommendation>& list, std::int32_t value,
                                Duration window) {
  std::optional<TimePoint> last;
  for (const Recommendation& each : list) {
    const TimePoint end = each.time + window;
    if (each.replicas == value && (!last || end > *last)) last = end;
  }
  return last;
}

// Without `behavior`: the highest proposal of the last five minutes, edge included.
std::int32_t StabilizeLegacy(const ScalingSpec& spec, std::int32_t proposed, TimePoint now,
                             std::vector<Recommendation>& list, std::vector<Step>& steps) {
  const Duration window = spec.hpa.downscale_stabilization;
  const TimePoint cut = now - window;
  std::int32_t highest = proposed;
  Recommendation* slot = nullptr;
  for (Recommendation& each : list) {
    if (each.time < cut) {
      slot = &each;
    } else {
      highest = std::max(highest, each.replicas);
    }
  }
  Remember(list, slot, proposed, now);
  if (highest != proposed) [[unlikely]] {
    steps.push_back({.stage = Stage::kStabilize,
                     .cause = StepCause::kScaleDownWindow,
                     .replicas = highest,
                     .wanted = proposed,
                     .window = window,
                     .until = LastOf(list, highest, window)});
  }
  return highest;
}

// With `behavior`: a window in each direction, edge excluded.
[[gnu::noinline]] std::int32_t StabilizeWithBehavior(const ScalingSpec& spec, std::int32_t current,
                                                     std::int32_t proposed, TimePoint now,
                                                     std::vector<Recommendation>& list,
                                                     std::vector<Step>& steps) {
  const Duration up_window =
      spec.behavior->scale_up.stabilization_window.value_or(Duration::zero());
  const Duration down_window =
      spec.behavior->scale_down.stabilization_window.value_or(spec.hpa.downscale_stabilization);
  const TimePoint up_cut = now - up_window;
  const TimePoint down_cut = now - down_window;
  std::int32_t lowest = proposed;
  std::int32_t highest = proposed;
  Recommendation* slot = nullptr;
  for (Recommendation& each : list) {
    if (each.time > up_cut) lowest = std::min(lowest, each.replicas);
    if (each.time > down_cut) highest = std::max(highest, each.replicas);
    if (each.time < up_cut && each.time < down_cut) slot = &each;
  }
  Remember(list, slot, proposed, now);
  const std::int32_t stabilized = std::min(std::max(current, lowest), highest);
  if (stabilized != proposed) [[unlikely]] {
    const bool up = proposed >= current;
    const Duration window = up ? up_window : down_window;
    steps.push_back({.stage = Stage::kStabilize,
                     .cause = up ? StepCause::kScaleUpWindow : StepCause::kScaleDownWindow,
                     .replicas = stabilized,
                     .wanted = proposed,
                     .window = window,
                     .until = LastOf(list, up ? lowest : highest, window)});
  }
  return stabilized;
}

std::int32_t ChangesWithin(const std::vector<ScaleEvent>& events, Duration period, TimePoint now) {
  std::int32_t sum = 0;
  for (const ScaleEvent& event : events) {
    if (event.time > now - period) sum = WrapAdd32(sum, event.change);
  }
  return sum;
}

// How many replicas there were when the policy's period began.
std::int32_t PeriodStart(const ScalingPolicy& policy, std::int32_t current, const History& history,
                         TimePoint now) {
  const std::int32_t added = ChangesWithin(history.scale_up_events, policy.period, now);
  const std::int32_t removed = ChangesWithin(history.scale_down_events, policy.period, now);
  return WrapAdd32(WrapSub32(current, added), removed);
}

std::int32_t UpLimitOf(const ScalingPolicy& policy, std::int32_t start) {
  if (policy.type == ScalingPolicyType::kPods) return WrapAdd32(start, policy.value);
  const double factor = 1 + static_cast<double>(policy.value) / 100;
  return hpa::CeilToInt32(static_cast<double>(start) * factor);
}

std::int32_t DownLimitOf(const ScalingPolicy& policy, std::int32_t start) {
  if (policy.type == ScalingPolicyType::kPods) return WrapSub32(start, policy.value);
  const double factor = 1 - static_cast<double>(policy.value) / 100;
  return ToInt32(static_cast<double>(start) * factor);
}

// The count that a direction's policies allow, and how far back the one that decides looks.
struct RateLimit {
  std::int32_t replicas = 0;
  Duration period{};
};

template <typename F>
RateLimit LimitOf(const ScalingRules& rules, std::int32_t current, std::int32_t seed, bool smallest,
                  F limit_of) {
  if (rules.select_policy == SelectPolicy::kDisabled) return {.replicas = current};
  RateLimit chosen{.replicas = seed};
  for (const ScalingPolicy& policy : rules.policies) {
    const std::int32_t each = limit_of(policy);
    if (smallest ? each < chosen.replicas : each > chosen.replicas) {
      chosen = {.replicas = each, .period = policy.period};
    }
  }
  return chosen;
}

RateLimit UpLimit(const ScalingRules& rules, std::int32_t current, const History& history,
                  TimePoint now) {
  const bool least = rules.select_policy == SelectPolicy::kMin;
  return LimitOf(rules, current, least ? kMaxInt32 : kMinInt32, least,
                 [&](const ScalingPolicy& policy) {
                   return UpLimitOf(policy, PeriodStart(policy, current, history, now));
                 });
}

RateLimit DownLimit(const ScalingRules& rules, std::int32_t current, const History& history,
                    TimePoint now) {
  const bool least = rules.select_policy == SelectPolicy::kMin;
  return LimitOf(rules, current, least ? kMinInt32 : kMaxInt32, !least,
                 [&](const ScalingPolicy& policy) {
                   return DownLimitOf(policy, PeriodStart(policy, current, history, now));
                 });
}

// When the first change of scale leaves the period and makes room for more.
std::optional<TimePoint> FirstOf(const std::vector<ScaleEvent>& events, Duration period,
                                 TimePoint now) {
  if (period == Duration::zero()) return std::nullopt;  // Disabled: never
  std::optional<TimePoint> first;
  for (const ScaleEvent& event : events) {
    const TimePoint end = event.time + period;
    if (end > now && (!first || end < *first)) first = end;
  }
  return first.value_or(now + period);
}

// `limit` instead of `wanted`. Until when it is one is told of rates alone.
std::int32_t Bound(std::int32_t limit, StepCause cause, std::int32_t wanted,
                   std::vector<Step>& steps, std::optional<TimePoint> until = std::nullopt) {
  const bool bounds = cause == StepCause::kMaxReplicas || cause == StepCause::kMinReplicas;
  steps.push_back({.stage = bounds ? Stage::kBounds : Stage::kRateLimit,
                   .cause = cause,
                   .replicas = limit,
                   .wanted = wanted,
                   .until = until});
  return limit;
}

// Without `behavior`: doubling at most (but 4 are always allowed), no limit on the way down.
std::int32_t LimitLegacy(const ScalingSpec& spec, std::int32_t current, std::int32_t wanted,
                         std::vector<Step>& steps) {
  if (wanted < spec.min_replicas) [[unlikely]]
    return Bound(spec.min_replicas, StepCause::kMinReplicas, wanted, steps);
  const std::int32_t doubled = ToInt32(std::max(2.0 * static_cast<double>(current), 4.0));
  if (wanted > std::min(doubled, spec.max_replicas)) [[unlikely]] {
    return spec.max_replicas > doubled
               ? Bound(doubled, StepCause::kDefaultScaleUp, wanted, steps)
               : Bound(spec.max_replicas, StepCause::kMaxReplicas, wanted, steps);
  }
  return wanted;
}

std::int32_t LimitUp(const ScalingSpec& spec, std::int32_t current, std::int32_t wanted,
                     TimePoint now, const History& history, std::vector<Step>& steps) {
  const RateLimit rate = UpLimit(spec.behavior->scale_up, current, history, now);
  const std::int32_t most = std::max(rate.replicas, current);
  if (wanted <= std::min(most, spec.max_replicas)) return wanted;
  if (spec.max_replicas <= most) {
    return Bound(spec.max_replicas, StepCause::kMaxReplicas, wanted, steps);
  }
  return Bound(most, StepCause::kScaleUpPolicies, wanted, steps,
               FirstOf(history.scale_up_events, rate.period, now));
}

std::int32_t LimitDown(const ScalingSpec& spec, std::int32_t current, std::int32_t wanted,
                       TimePoint now, const History& history, std::vector<Step>& steps) {
  const RateLimit rate = DownLimit(spec.behavior->scale_down, current, history, now);
  const std::int32_t least = std::min(rate.replicas, current);
  if (wanted >= std::max(least, spec.min_replicas)) return wanted;
  if (spec.min_replicas >= least) {
    return Bound(spec.min_replicas, StepCause::kMinReplicas, wanted, steps);
  }
  return Bound(least, StepCause::kScaleDownPolicies, wanted, steps,
               FirstOf(history.scale_down_events, rate.period, now));
}

[[gnu::noinline]] std::int32_t LimitWithBehavior(const ScalingSpec& spec, std::int32_t current,
                                                 std::int32_t wanted, TimePoint now,
                                                 const History& history, std::vector<Step>& steps) {
  if (wanted > current) return LimitUp(spec, current, wanted, now, history, steps);
  if (wanted < current) return LimitDown(spec, current, wanted, now, history, steps);
  return wanted;
}

}  // namespace

std::int32_t Stabilize(const ScalingSpec& spec, std::int32_t current, std::int32_t proposed,
                       TimePoint now, History& history, std::vector<Step>& steps) {
  if (!history.recommendations) [[unlikely]]
    history.recommendations.emplace();
  std::vector<Recommendation>& list = *history.recommendations;
  return spec.behavior ? StabilizeWithBehavior(spec, current, proposed, now, list, steps)
                       : StabilizeLegacy(spec, proposed, now, list, steps);
}

std::int32_t Limit(const ScalingSpec& spec, std::int32_t current, std::int32_t stabilized,
                   TimePoint now, const History& history, std::vector<Step>& steps) {
  return spec.behavior ? LimitWithBehavior(spec, current, stabilized, now, history, steps)
                       : LimitLegacy(spec, current, stabilized, steps);
}

}  // namespace tidegate::core

namespace tidegate {

namespace {

Duration LongestPeriod(const ScalingRules& rules) {
  Duration longest{};
  for (const ScalingPolicy& policy : rules.policies) longest = std::max(longest, policy.period);
  return longest;
}

// Marks what fell out of the longest period for good and uses the last such slot again.
void StoreEvent(std::vector<ScaleEvent>& events, Duration longest, std::int32_t change,
                TimePoint now) {
  std::optional<std::size_t> slot;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].time < now - longest) events[i].outdated = true;
    if (events[i].outdated) slot = i;
  }
  const ScaleEvent event{.change = change, .time = now, .outdated = false};
  if (slot) {
    events[*slot] = event;
  } else {
    events.push_back(event);
  }
}

}  // namespace

void RecordScale(const ScalingSpec& spec, std::int32_t from, std::int32_t to, TimePoint now,
                 History& history) {
  history.last_scale_time = now;
  history.scaled_to_zero = from > 0 && to == 0 && spec.min_replicas == 0 &&
                           hpa::HasGlobalMetric(spec) && hpa::CompatibilityOf(spec).scale_to_zero;
  if (!spec.behavior) return;
  if (to > from) {
    StoreEvent(history.scale_up_events, LongestPeriod(spec.behavior->scale_up),
               hpa::WrapSub32(to, from), now);
  } else {
    StoreEvent(history.scale_down_events, LongestPeriod(spec.behavior->scale_down),
               hpa::WrapSub32(from, to), now);
  }
}

Behavior DefaultBehavior() {
  using std::chrono::seconds;
  return {.scale_up = {.stabilization_window = seconds(0),
                       .policies = {{ScalingPolicyType::kPods, 4, seconds(15)},
                                    {ScalingPolicyType::kPercent, 100, seconds(15)}},
                       .tolerance = {}},
          .scale_down = {.stabilization_window = {},
                         .policies = {{ScalingPolicyType::kPercent, 100, seconds(15)}},
                         .tolerance = {}}};
}

}  // namespace tidegate
