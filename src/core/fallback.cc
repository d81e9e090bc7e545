// SPDX-License-Identifier: Apache-2.0
#include "core/fallback.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/memory.h"
#include "core/text.h"
#include "hpa/replica_calculator.h"

namespace tidegate::core {

namespace {

bool MustReport(const Replica& replica) {
  return replica.phase == ReplicaPhase::kRunning && !replica.terminating;
}

// Its own, else the one for all metrics that have none.
const Fallback* FallbackOf(const MetricSpec& metric, const std::vector<Fallback>& fallbacks) {
  const Fallback* found = nullptr;
  for (const Fallback& each : fallbacks) {
    if (each.metric == metric.name) return &each;
    if (each.metric.empty()) found = &each;
  }
  return found;
}

// No value although somebody should have one: replicas that are only starting lack nothing.
bool IsLost(const MetricSpec& metric, const Reading& reading, const Observation& observation) {
  if (reading.fallback) return false;
  if (!metric.PerReplica()) return reading.error.has_value() || reading.values.empty();
  const auto& replicas = observation.replicas;
  return (reading.error || reading.replicas.empty()) &&
         std::any_of(replicas.begin(), replicas.end(), MustReport);
}

// Without what it remembers of single replicas, which is not about the fallback.
MetricMemory MemoryOf(const std::string& key, const History& history) {
  MetricMemory memory;
  if (const MetricMemory* known = Recall(key, history)) memory = *known;
  memory.metric = key;
  memory.missing.clear();
  return memory;
}

void TakeReading(const Fallback& fallback, const Reading& reading, TimePoint now,
                 MetricMemory& memory) {
  memory.lost_since.reset();
  memory.read_at = now;
  if (fallback.last_known <= Duration::zero()) return;
  memory.replicas = reading.replicas;
  memory.values = reading.values;
}

// The last reading, of the replicas that are still there; no value: there is none.
Reading LastKnown(const MetricMemory& memory, const Observation& observation, TimePoint now) {
  Reading reading;
  for (const ReplicaReading& each : memory.replicas) {
    const auto& replicas = observation.replicas;
    const bool there = std::any_of(replicas.begin(), replicas.end(), [&](const Replica& replica) {
      return replica.name == each.replica;
    });
    if (there) reading.replicas.push_back(each);
  }
  reading.values = memory.values;
  reading.age = now - memory.read_at.value_or(now);
  return reading;
}

// Absent: nothing is asked for, which holds.
std::optional<std::int32_t> ReplicasOf(const Fallback& fallback, std::int32_t current) {
  switch (fallback.behavior) {
    case FallbackBehavior::kHold:
      return std::nullopt;
    case FallbackBehavior::kStatic:
      return fallback.replicas;
    case FallbackBehavior::kCurrentReplicas:
      return current;
    case FallbackBehavior::kCurrentReplicasIfHigher:
      return std::max(current, fallback.replicas);
    case FallbackBehavior::kCurrentReplicasIfLower:
      return std::min(current, fallback.replicas);
  }
  return std::nullopt;
}

std::string WhyLost(const Reading& reading) {
  return reading.error ? reading.error->message : "no value";
}

// One metric at one tick.
class Substitute {
 public:
  Substitute(const MetricSpec& metric, const Fallback& fallback, std::int32_t current,
             TimePoint now, std::vector<Step>& steps)
      : name_(hpa::MetricName(metric)),
        fallback_(fallback),
        current_(current),
        now_(now),
        steps_(steps) {}

  /// True: `reading` is that of the past now.
  bool For(const MetricMemory& memory, const Observation& observation, Reading& reading) {
    const std::string why = name_ + ": " + WhyLost(reading) + "; ";
    if (memory.read_at && now_ - *memory.read_at <= fallback_.last_known) {
      Reading last = LastKnown(memory, observation, now_);
      if (!last.replicas.empty() || !last.values.empty()) {
        const std::string words =
            "its last known value of " + FormatDuration(last.age) + " ago stands in";
        last.doubts.push_back({DoubtKind::kStale, "", words});
        reading = std::move(last);
        Tell(why + words, current_, *memory.read_at + fallback_.last_known);
        return true;
      }
    }
    const TimePoint due = memory.lost_since.value_or(now_) + fallback_.after;
    const std::optional<std::int32_t> replicas = ReplicasOf(fallback_, current_);
    if (!replicas || now_ < due) return false;
    reading = {};
    reading.fallback = replicas;
    Tell(why + "its fallback asks for " + std::to_string(*replicas), *replicas, std::nullopt);
    return false;
  }

 private:
  void Tell(std::string reason, std::int32_t wanted, std::optional<TimePoint> until) {
    Step& step = steps_.emplace_back();
    step.stage = Stage::kMetrics;
    step.cause = StepCause::kFallback;
    step.replicas = current_;
    step.wanted = wanted;
    step.until = until;
    step.reason = std::move(reason);
  }

  std::string name_;
  const Fallback& fallback_;
  std::int32_t current_;
  TimePoint now_;
  std::vector<Step>& steps_;
};

}  // namespace

bool StandIn(const WorkloadInput& input, TimePoint now, std::vector<Reading>& readings,
             std::vector<Step>& steps, History& next) {
  readings = input.readings;
  next.metrics.clear();
  bool past = false;
  const std::size_t count = std::min(readings.size(), input.spec.metrics.size());
  for (std::size_t i = 0; i < count; ++i) {
    const MetricSpec& metric = input.spec.metrics[i];
    const Fallback* fallback = FallbackOf(metric, input.spec.fallbacks);
    if (fallback == nullptr) continue;
    MetricMemory memory = MemoryOf(MemoryKey(i, metric), input.history);
    if (IsLost(metric, readings[i], input.observation)) {
      if (!memory.lost_since) memory.lost_since = now;
      Substitute substitute(metric, *fallback, input.observation.spec_replicas, now, steps);
      past |= substitute.For(memory, input.observation, readings[i]);
    } else if (!readings[i].error) {
      TakeReading(*fallback, readings[i], now, memory);
    }
    next.metrics.push_back(std::move(memory));
  }
  return past;
}

}  // namespace tidegate::core
