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
void Remember(std::vector<Recommendation>& list, std::optional<std::size_t> slot,
              std::int32_t proposed, TimePoint now) {
  const Recommendation entry{.replicas = proposed, .time = now};
  if (slot) {
    list[*slot] = entry;
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
Limited StabilizeLegacy(const ScalingSpec& spec, std::int32_t proposed, TimePoint now,
                        std::vector<Recommendation>& list) {
  const Duration window = spec.hpa.downscale_stabilization;
  const TimePoint cut = now - window;
  std::int32_t highest = proposed;
  std::optional<std::size_t> slot;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].time < cut) {
      slot = i;
    } else {
      highest = std::max(highest, list[i].replicas);
    }
  }
  Remember(list, slot, proposed, now);
  if (highest == proposed) return {.replicas = highest};
  return {.replicas = highest,
          .cause = StepCause::kScaleDownWindow,
          .window = window,
          .until = LastOf(list, highest, window)};
}

// With `behavior`: a window in each direction, edge excluded.
Limited StabilizeWithBehavior(const ScalingSpec& spec, std::int32_t current, std::int32_t proposed,
                              TimePoint now, std::vector<Recommendation>& list) {
  const Duration up_window =
      spec.behavior->scale_up.stabilization_window.value_or(Duration::zero());
  const Duration down_window =
      spec.behavior->scale_down.stabilization_window.value_or(spec.hpa.downscale_stabilization);
  const TimePoint up_cut = now - up_window;
  const TimePoint down_cut = now - down_window;
  std::int32_t lowest = proposed;
  std::int32_t highest = proposed;
  std::optional<std::size_t> slot;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].time > up_cut) lowest = std::min(lowest, list[i].replicas);
    if (list[i].time > down_cut) highest = std::max(highest, list[i].replicas);
    if (list[i].time < up_cut && list[i].time < down_cut) slot = i;
  }
  Remember(list, slot, proposed, now);
  const std::int32_t stabilized = std::min(std::max(current, lowest), highest);
  if (stabilized == proposed) return {.replicas = stabilized};
  const bool up = proposed >= current;
  const Duration window = up ? up_window : down_window;
  return {.replicas = stabilized,
          .cause = up ? StepCause::kScaleUpWindow : StepCause::kScaleDownWindow,
          .window = window,
          .until = LastOf(list, up ? lowest : highest, window)};
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

Limited AtMost(const ScalingSpec& spec, std::int32_t wanted, std::int32_t rate_limit,
               StepCause rule) {
  const bool rate = spec.max_replicas > rate_limit;
  const std::int32_t limit = rate ? rate_limit : spec.max_replicas;
  if (wanted <= limit) return {.replicas = wanted};
  return {.replicas = limit, .cause = rate ? rule : StepCause::kMaxReplicas};
}

Limited AtLeast(const ScalingSpec& spec, std::int32_t wanted, std::int32_t rate_limit) {
  const bool rate = spec.min_replicas < rate_limit;
  const std::int32_t limit = rate ? rate_limit : spec.min_replicas;
  if (wanted >= limit) return {.replicas = wanted};
  return {.replicas = limit,
          .cause = rate ? StepCause::kScaleDownPolicies : StepCause::kMinReplicas};
}

// Without `behavior`: doubling at most (but 4 are always allowed), no limit on the way down.
Limited LimitLegacy(const ScalingSpec& spec, std::int32_t current, std::int32_t wanted) {
  if (wanted < spec.min_replicas) return AtLeast(spec, wanted, kMinInt32);
  const std::int32_t doubled = ToInt32(std::max(2.0 * static_cast<double>(current), 4.0));
  return AtMost(spec, wanted, doubled, StepCause::kDefaultScaleUp);
}

}  // namespace

Limited Stabilize(const ScalingSpec& spec, std::int32_t current, std::int32_t proposed,
                  TimePoint now, History& history) {
  if (!history.recommendations) history.recommendations.emplace();
  std::vector<Recommendation>& list = *history.recommendations;
  return spec.behavior ? StabilizeWithBehavior(spec, current, proposed, now, list)
                       : StabilizeLegacy(spec, proposed, now, list);
}

Limited Limit(const ScalingSpec& spec, std::int32_t current, std::int32_t stabilized,
              const History& history, TimePoint now) {
  if (!spec.behavior) return LimitLegacy(spec, current, stabilized);
  if (stabilized > current) {
    const RateLimit rate = UpLimit(spec.behavior->scale_up, current, history, now);
    Limited limited =
        AtMost(spec, stabilized, std::max(rate.replicas, current), StepCause::kScaleUpPolicies);
    if (limited.cause == StepCause::kScaleUpPolicies) {
      limited.until = FirstOf(history.scale_up_events, rate.period, now);
    }
    return limited;
  }
  if (stabilized < current) {
    const RateLimit rate = DownLimit(spec.behavior->scale_down, current, history, now);
    Limited limited = AtLeast(spec, stabilized, std::min(rate.replicas, current));
    if (limited.cause == StepCause::kScaleDownPolicies) {
      limited.until = FirstOf(history.scale_down_events, rate.period, now);
    }
    return limited;
  }
  return {.replicas = stabilized};
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
