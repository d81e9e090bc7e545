// SPDX-License-Identifier: Apache-2.0
#include "core/behavior.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "core/text.h"
#include "hpa/arithmetic.h"
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

std::string DownReason(Duration window, std::int32_t proposed, std::int32_t highest) {
  return "scale-down stabilization window " + FormatDuration(window) + ": " +
         std::to_string(proposed) + " is proposed now, but the highest recent proposal is " +
         std::to_string(highest);
}

std::string UpReason(Duration window, std::int32_t proposed, std::int32_t lowest) {
  return "scale-up stabilization window " + FormatDuration(window) + ": " +
         std::to_string(proposed) + " is proposed now, but the lowest recent proposal is " +
         std::to_string(lowest);
}

// Without `behavior`: the highest proposal of the last five minutes, edge included.
Limited StabilizeLegacy(const ScalingSpec& spec, std::int32_t proposed, TimePoint now,
                        std::vector<Recommendation>& list) {
  const TimePoint cut = now - spec.hpa.downscale_stabilization;
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
  Limited limited{.replicas = highest, .stage = Stage::kStabilize, .reason = {}};
  if (highest != proposed) {
    limited.reason = DownReason(spec.hpa.downscale_stabilization, proposed, highest);
  }
  return limited;
}

// With `behavior`: a window in each direction, edge excluded.
Limited StabilizeWithBehavior(const ScalingSpec& spec, std::int32_t current, std::int32_t proposed,
                              TimePoint now, std::vector<Recommendation>& list) {
  const Duration up_window =
      spec.behavior->scale_up.stabilization_window.value_or(Duration::zero());
  const Duration down_window =
      spec.behavior->scale_down.stabilization_window.value_or(spec.hpa.downscale_stabilization);
  std::int32_t lowest = proposed;
  std::int32_t highest = proposed;
  std::optional<std::size_t> slot;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].time > now - up_window) lowest = std::min(lowest, list[i].replicas);
    if (list[i].time > now - down_window) highest = std::max(highest, list[i].replicas);
    if (list[i].time < now - up_window && list[i].time < now - down_window) slot = i;
  }
  Remember(list, slot, proposed, now);
  std::int32_t stabilized = current;
  if (stabilized < lowest) stabilized = lowest;
  if (stabilized > highest) stabilized = highest;
  Limited limited{.replicas = stabilized, .stage = Stage::kStabilize, .reason = {}};
  if (stabilized != proposed) {
    limited.reason = proposed >= current ? UpReason(up_window, proposed, lowest)
                                         : DownReason(down_window, proposed, highest);
  }
  return limited;
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

std::int32_t UpLimit(const ScalingRules& rules, std::int32_t current, const History& history,
                     TimePoint now) {
  if (rules.select_policy == SelectPolicy::kDisabled) return current;
  const bool least = rules.select_policy == SelectPolicy::kMin;
  std::int32_t limit = least ? kMaxInt32 : kMinInt32;
  for (const ScalingPolicy& policy : rules.policies) {
    const std::int32_t each = UpLimitOf(policy, PeriodStart(policy, current, history, now));
    limit = least ? std::min(limit, each) : std::max(limit, each);
  }
  return limit;
}

std::int32_t DownLimit(const ScalingRules& rules, std::int32_t current, const History& history,
                       TimePoint now) {
  if (rules.select_policy == SelectPolicy::kDisabled) return current;
  const bool least = rules.select_policy == SelectPolicy::kMin;
  std::int32_t limit = least ? kMinInt32 : kMaxInt32;
  for (const ScalingPolicy& policy : rules.policies) {
    const std::int32_t each = DownLimitOf(policy, PeriodStart(policy, current, history, now));
    limit = least ? std::max(limit, each) : std::min(limit, each);
  }
  return limit;
}

Limited AtMost(const ScalingSpec& spec, std::int32_t wanted, std::int32_t rate_limit,
               std::string_view rule) {
  const bool rate = spec.max_replicas > rate_limit;
  const std::int32_t limit = rate ? rate_limit : spec.max_replicas;
  if (wanted <= limit) return {.replicas = wanted, .reason = {}};
  if (!rate) {
    return {.replicas = limit,
            .stage = Stage::kBounds,
            .reason = std::to_string(wanted) + " is more than maxReplicas " +
                      std::to_string(spec.max_replicas)};
  }
  return {.replicas = limit,
          .stage = Stage::kRateLimit,
          .reason = std::string(rule) + " allows up to " + std::to_string(limit) + " now, " +
                    std::to_string(wanted) + " is wanted"};
}

Limited AtLeast(const ScalingSpec& spec, std::int32_t wanted, std::int32_t rate_limit) {
  const bool rate = spec.min_replicas < rate_limit;
  const std::int32_t limit = rate ? rate_limit : spec.min_replicas;
  if (wanted >= limit) return {.replicas = wanted, .reason = {}};
  if (!rate) {
    return {.replicas = limit,
            .stage = Stage::kBounds,
            .reason = std::to_string(wanted) + " is less than minReplicas " +
                      std::to_string(spec.min_replicas)};
  }
  return {.replicas = limit,
          .stage = Stage::kRateLimit,
          .reason = "behavior.scaleDown allows down to " + std::to_string(limit) + " now, " +
                    std::to_string(wanted) + " is wanted"};
}

// Without `behavior`: doubling at most (but 4 are always allowed), no limit on the way down.
Limited LimitLegacy(const ScalingSpec& spec, std::int32_t current, std::int32_t wanted) {
  if (wanted < spec.min_replicas) return AtLeast(spec, wanted, kMinInt32);
  const std::int32_t doubled = ToInt32(std::max(2.0 * static_cast<double>(current), 4.0));
  return AtMost(spec, wanted, doubled, "the default limit (twice the current count, at least 4)");
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
    const std::int32_t limit = UpLimit(spec.behavior->scale_up, current, history, now);
    return AtMost(spec, stabilized, std::max(limit, current), "behavior.scaleUp");
  }
  if (stabilized < current) {
    const std::int32_t limit = DownLimit(spec.behavior->scale_down, current, history, now);
    return AtLeast(spec, stabilized, std::min(limit, current));
  }
  return {.replicas = stabilized, .reason = {}};
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

bool HasObjectOrExternal(const ScalingSpec& spec) {
  return std::any_of(spec.metrics.begin(), spec.metrics.end(), [](const MetricSpec& metric) {
    return metric.type == MetricSourceType::kObject || metric.type == MetricSourceType::kExternal;
  });
}

}  // namespace

void RecordScale(const ScalingSpec& spec, std::int32_t from, std::int32_t to, TimePoint now,
                 History& history) {
  history.last_scale_time = now;
  history.scaled_to_zero =
      from > 0 && to == 0 && spec.min_replicas == 0 && HasObjectOrExternal(spec);
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
