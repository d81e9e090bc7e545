// SPDX-License-Identifier: Apache-2.0
#include "core/missing.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/memory.h"
#include "core/text.h"
#include "hpa/compatibility.h"
#include "hpa/pod_groups.h"
#include "hpa/replica_calculator.h"

namespace tidegate::core {

namespace {

// Of one metric: who should have a value, and who has none.
struct Count {
  std::size_t needed = 0;
  std::vector<const Replica*> missing;
};

// Values come in the order of the replicas, mostly.
Count CountMissing(const WorkloadInput& input, const Reading& reading,
                   const hpa::Compatibility& compatibility) {
  const std::vector<ReplicaReading>& values = reading.replicas;
  const auto has_value = [&](const Replica& replica) {
    return std::any_of(values.begin(), values.end(),
                       [&](const ReplicaReading& value) { return value.replica == replica.name; });
  };
  Count count;
  std::size_t next = 0;
  for (const Replica& replica : input.observation.replicas) {
    const bool own = next < values.size() && values[next].replica == replica.name;
    next += own ? 1 : 0;
    if (!hpa::NeedsValue(replica, compatibility)) continue;
    ++count.needed;
    if (!own && (reading.error || !has_value(replica))) count.missing.push_back(&replica);
  }
  return count;
}

TimePoint SinceWhen(const MetricMemory* memory, const Replica& replica, TimePoint now) {
  if (memory == nullptr) return now;
  for (const MissingReplica& each : memory->missing) {
    if (each.replica == replica.name) return each.since;
  }
  return now;
}

std::vector<MissingReplica> Since(const Count& count, const MetricMemory* memory, TimePoint now) {
  std::vector<MissingReplica> missing;
  for (const Replica* replica : count.missing) {
    missing.push_back({replica->name, SinceWhen(memory, *replica, now)});
  }
  return missing;
}

// Names that are left out; none if too many are missing.
std::vector<std::string> Ignored(const MissingReplicas& rule, const Count& count,
                                 const std::vector<MissingReplica>& missing, TimePoint now) {
  const auto percent = static_cast<std::size_t>(std::max(rule.at_most_percent, 0));
  std::vector<std::string> ignored;
  if (missing.size() * 100 > percent * count.needed) return ignored;
  for (const MissingReplica& each : missing) {
    if (now - each.since >= rule.ignore_after) ignored.push_back(each.replica);
  }
  return ignored;
}

void Ignore(std::vector<std::string> ignored, Reading& reading) {
  std::erase_if(reading.doubts, [&](const Doubt& doubt) {
    return std::find(ignored.begin(), ignored.end(), doubt.replica) != ignored.end();
  });
  reading.ignored = std::move(ignored);
}

// "pods metric queue: 1 of 40 replicas is left out, without a value for 10m or longer: web-3"
std::string Words(const MetricSpec& metric, const MissingReplicas& rule, std::size_t needed,
                  const std::vector<std::string>& ignored) {
  constexpr std::size_t kNamed = 3;
  std::string words = hpa::MetricName(metric) + ": " + std::to_string(ignored.size()) + " of " +
                      std::to_string(needed) + " replicas " + (ignored.size() == 1 ? "is" : "are") +
                      " left out, without a value for " + FormatDuration(rule.ignore_after) +
                      " or longer: ";
  for (std::size_t i = 0; i < std::min(ignored.size(), kNamed); ++i) {
    words += (i == 0 ? "" : ", ") + ignored[i];
  }
  return ignored.size() > kNamed ? words + ", …" : words;
}

void Tell(std::string words, std::int32_t current, std::vector<Step>& steps) {
  Step& step = steps.emplace_back();
  step.stage = Stage::kMetrics;
  step.cause = StepCause::kMissingReplicas;
  step.replicas = step.wanted = current;
  step.reason = std::move(words);
}

}  // namespace

const std::vector<Reading>& LeaveOutMissing(const WorkloadInput& input, TimePoint now,
                                            const std::vector<Reading>& readings,
                                            std::vector<Reading>& changed, std::vector<Step>& steps,
                                            History& next) {
  const MissingReplicas& rule = *input.spec.missing_replicas;
  hpa::Compatibility storage;
  const hpa::Compatibility& compatibility = hpa::CompatibilityOf(input.spec, storage);
  const std::vector<Reading>* result = &readings;
  const std::size_t metrics = std::min(input.readings.size(), input.spec.metrics.size());
  for (std::size_t i = 0; i < metrics; ++i) {
    const MetricSpec& metric = input.spec.metrics[i];
    if (!metric.PerReplica()) continue;
    // What was read now: a reading of the past tells nothing about who is missing.
    const Reading& reading = input.readings[i];
    const Count count = CountMissing(input, reading, compatibility);
    if (count.missing.empty()) continue;
    const std::string key = MemoryKey(i, metric);
    MetricMemory& memory = Remember(key, next);
    memory.missing = Since(count, Recall(key, input.history), now);
    if (reading.error || reading.replicas.empty()) continue;
    std::vector<std::string> ignored = Ignored(rule, count, memory.missing, now);
    if (ignored.empty()) continue;
    if (result != &changed) changed = readings;
    result = &changed;
    Tell(Words(metric, rule, count.needed, ignored), input.observation.spec_replicas, steps);
    Ignore(std::move(ignored), changed[i]);
  }
  return *result;
}

}  // namespace tidegate::core
