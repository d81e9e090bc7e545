// SPDX-License-Identifier: Apache-2.0
#include "hpa/pod_groups.h"

#include <algorithm>
#include <string>

#include "hpa/arithmetic.h"

namespace tidegate::hpa {

namespace {

// Readiness matters for cpu alone: a starting process burns cpu that is no load.
bool IsUnreadyForCpu(const Replica& replica, const ReplicaReading& reading,
                     const GroupingRules& rules) {
  if (!replica.ready || !replica.start_time) return true;
  const bool is_false = *replica.ready == ConditionStatus::kFalse;
  if (*replica.start_time + rules.options.cpu_initialization_period > rules.now) {
    return is_false || reading.timestamp < replica.ready_transition + reading.window;
  }
  return is_false &&
         *replica.start_time + rules.options.initial_readiness_delay > replica.ready_transition;
}

bool IsIgnored(const Replica& replica, const Compatibility& compatibility) {
  return replica.terminating || replica.phase == ReplicaPhase::kFailed ||
         (replica.phase == ReplicaPhase::kSucceeded && compatibility.ignores_succeeded);
}

ReplicaGroup Classify(const Replica& replica, const ReplicaReading* reading,
                      const GroupingRules& rules, bool cpu) {
  if (IsIgnored(replica, rules.compatibility)) return ReplicaGroup::kIgnored;
  if (replica.phase == ReplicaPhase::kPending) return ReplicaGroup::kUnready;
  if (reading == nullptr) return ReplicaGroup::kMissing;
  if (cpu && IsUnreadyForCpu(replica, *reading, rules)) return ReplicaGroup::kUnready;
  return ReplicaGroup::kReady;
}

// Groups every replica with the reading that `find` returns for it.
template <typename F>
void GroupWith(const std::vector<Replica>& replicas, const GroupingRules& rules, PodGroups& groups,
               F find) {
  const bool cpu = rules.resource == "cpu";
  groups.entries.resize(replicas.size());
  groups.replicas = replicas.size();
  groups.ready = 0;
  groups.any_unready = groups.any_missing = false;
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    const ReplicaReading* reading = find(replicas[i].name);
    PodEntry& entry = groups.entries[i];
    entry.group = Classify(replicas[i], reading, rules, cpu);
    entry.counted = entry.group == ReplicaGroup::kReady;
    entry.value = entry.counted ? reading->value : 0;
    entry.request = 0;
    groups.ready += entry.counted ? 1 : 0;
    groups.any_unready |= entry.group == ReplicaGroup::kUnready;
    groups.any_missing |= entry.group == ReplicaGroup::kMissing;
  }
}

// By name; of several values of one replica the last counts, as in a map. What is left over
// belongs to no replica and still counts in averages.
void GroupByName(const Observation& observation, const Reading& reading, const GroupingRules& rules,
                 PodGroups& groups) {
  std::vector<const ReplicaReading*>& index = groups.index;
  index.clear();
  for (const ReplicaReading& each : reading.replicas) index.push_back(&each);
  std::sort(index.begin(), index.end(), [](const ReplicaReading* a, const ReplicaReading* b) {
    return a->replica != b->replica ? a->replica < b->replica : a > b;
  });
  const auto same = [](const ReplicaReading* a, const ReplicaReading* b) {
    return a->replica == b->replica;
  };
  index.erase(std::unique(index.begin(), index.end(), same), index.end());
  const auto lower = [&](const std::string& name) {
    return std::lower_bound(
        index.begin(), index.end(), name,
        [](const ReplicaReading* each, const std::string& n) { return each->replica < n; });
  };
  GroupWith(observation.replicas, rules, groups, [&](const std::string& name) {
    const auto found = lower(name);
    return found != index.end() && (*found)->replica == name ? *found : nullptr;
  });
  for (const Replica& replica : observation.replicas) {
    const auto found = lower(replica.name);
    if (found != index.end() && (*found)->replica == replica.name) index.erase(found);
  }
  for (const ReplicaReading* surplus : index) {
    groups.entries.push_back({.value = surplus->value, .counted = true});
  }
}

}  // namespace

std::size_t PodGroups::CountedEntries() const {
  return static_cast<std::size_t>(std::count_if(
      entries.begin(), entries.end(), [](const PodEntry& entry) { return entry.counted; }));
}

void GroupPods(const Observation& observation, const Reading& reading, const GroupingRules& rules,
               PodGroups& groups) {
  const ReplicaReading* next = reading.replicas.data();
  const ReplicaReading* const end = next + reading.replicas.size();
  GroupWith(observation.replicas, rules, groups,
            [&](const std::string& name) -> const ReplicaReading* {
              return next != end && next->replica == name ? next++ : nullptr;
            });
  if (next != end) GroupByName(observation, reading, rules, groups);
}

namespace {

const ResourceRequest* Find(const ResourceList& list, std::string_view resource) {
  for (const ResourceRequest& each : list) {
    if (each.resource == resource) return &each;
  }
  return nullptr;
}

Error RequestError(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

Result<MilliValue> RequestOfContainers(const Replica& replica, std::string_view resource,
                                       std::string_view container,
                                       const Compatibility& compatibility) {
  MilliValue sum = 0;
  for (const Container& each : replica.containers) {
    if (!container.empty() && each.name != container) continue;
    const ResourceRequest* request = Find(each.requests, resource);
    if (request == nullptr) {
      return RequestError("missing request for " + std::string(resource) + " in container " +
                          each.name + " of Pod " + replica.name);
    }
    if (!container.empty()) return request->value;
    sum = WrapAdd(sum, request->value);
  }
  if (container.empty() || !compatibility.unknown_container_fails) return sum;
  return RequestError("container " + std::string(container) + " not found in Pod " + replica.name);
}

Result<MilliValue> RequestOf(const Replica& replica, std::string_view resource,
                             std::string_view container, const Compatibility& compatibility) {
  if (replica.pod_requests && container.empty() && compatibility.pod_level_requests) {
    if (const ResourceRequest* request = Find(*replica.pod_requests, resource)) {
      return request->value;
    }
    return RequestError("missing pod-level request for " + std::string(resource) + " in Pod " +
                        replica.name);
  }
  return RequestOfContainers(replica, resource, container, compatibility);
}

}  // namespace

std::optional<Error> FillRequests(const Observation& observation, std::string_view resource,
                                  std::string_view container, const Compatibility& compatibility,
                                  PodGroups& groups) {
  for (std::size_t i = 0; i < observation.replicas.size(); ++i) {
    const Result<MilliValue> request =
        RequestOf(observation.replicas[i], resource, container, compatibility);
    if (!request) return request.error();
    groups.entries[i].request = *request;
  }
  return std::nullopt;
}

}  // namespace tidegate::hpa
