// SPDX-License-Identifier: Apache-2.0
#include "hpa/pod_groups.h"

#include <algorithm>
#include <string>

#include "hpa/arithmetic.h"
#include "hpa/same_text.h"

namespace tidegate::hpa {

namespace {

// Readiness matters for cpu alone: a starting process burns cpu that is no load.
inline bool IsUnreadyForCpu(const Replica& replica, const ReplicaReading& reading,
                            const GroupingRules& rules) {
  if (!replica.ready || !replica.start_time) return true;
  const bool is_false = *replica.ready == ConditionStatus::kFalse;
  if (*replica.start_time + rules.options.cpu_initialization_period > rules.now) {
    return is_false || reading.timestamp < replica.ready_transition + reading.window;
  }
  return is_false &&
         *replica.start_time + rules.options.initial_readiness_delay > replica.ready_transition;
}

inline ReplicaGroup Classify(const Replica& replica, const ReplicaReading* reading,
                             const GroupingRules& rules, bool cpu) {
  if (replica.terminating || replica.phase == ReplicaPhase::kFailed ||
      (replica.phase == ReplicaPhase::kSucceeded && rules.compatibility.ignores_succeeded)) {
    return ReplicaGroup::kIgnored;
  }
  if (replica.phase == ReplicaPhase::kPending) return ReplicaGroup::kUnready;
  if (reading == nullptr) return ReplicaGroup::kMissing;
  if (cpu && IsUnreadyForCpu(replica, *reading, rules)) return ReplicaGroup::kUnready;
  return ReplicaGroup::kReady;
}

inline const ResourceRequest* Find(const ResourceList& list, std::string_view resource) {
  for (const ResourceRequest& each : list) {
    if (SameText(each.resource, resource)) return &each;
  }
  return nullptr;
}

// Adds up what the containers that count request; false: one of them lacks it.
inline bool SumContainers(const Replica& replica, const GroupingRules& rules, MilliValue& sum) {
  sum = 0;
  const bool all = rules.container.empty();
  for (const Container& each : replica.containers) {
    if (!all && each.name != rules.container) continue;
    const ResourceRequest* request = Find(each.requests, rules.resource);
    if (request == nullptr) return false;
    sum = WrapAdd(sum, request->value);
    if (!all) return true;
  }
  return all || !rules.compatibility.unknown_container_fails;
}

inline bool HasPodRequests(const Replica& replica, const GroupingRules& rules) {
  return replica.pod_requests && rules.container.empty() && rules.compatibility.pod_level_requests;
}

inline bool RequestOf(const Replica& replica, const GroupingRules& rules, MilliValue& request) {
  if (!HasPodRequests(replica, rules)) return SumContainers(replica, rules, request);
  const ResourceRequest* found = Find(*replica.pod_requests, rules.resource);
  request = found == nullptr ? 0 : found->value;
  return found != nullptr;
}

// Why RequestOf() failed, in upstream's words.
Error RequestError(const Replica& replica, const GroupingRules& rules) {
  const std::string resource(rules.resource);
  const auto error = [](std::string message) {
    return Error{ErrorCode::kInvalidArgument, std::move(message)};
  };
  if (HasPodRequests(replica, rules)) {
    return error("missing pod-level request for " + resource + " in Pod " + replica.name);
  }
  for (const Container& each : replica.containers) {
    if (!rules.container.empty() && each.name != rules.container) continue;
    if (Find(each.requests, resource) != nullptr) continue;
    return error("missing request for " + resource + " in container " + each.name + " of Pod " +
                 replica.name);
  }
  return error("container " + std::string(rules.container) + " not found in Pod " + replica.name);
}

}  // namespace

void PodGroups::Add(MilliValue usage, MilliValue request, PodSums& sums) {
  sums.usage = WrapAdd(sums.usage, usage);
  sums.requests = WrapAdd(sums.requests, request);
  ++sums.replicas;
}

// Groups every replica with the reading that `find` returns for it.
template <typename F>
void PodGroups::Pass(const std::vector<Replica>& replicas, const GroupingRules& rules,
                     std::vector<ReplicaGroup>& groups, F find) {
  const bool cpu = rules.resource == "cpu";
  PodSums sums;
  std::uint32_t seen = 0;
  gaps_.clear();
  request_error_.reset();
  groups.resize(replicas.size());
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    const Replica& replica = replicas[i];
    const ReplicaReading* reading = find(replica.name);
    const ReplicaGroup group = Classify(replica, reading, rules, cpu);
    groups[i] = group;
    seen |= Bit(group);
    MilliValue request = 0;
    if (rules.utilization && !RequestOf(replica, rules, request) && !request_error_) {
      request_error_ = RequestError(replica, rules);
    }
    if (group == ReplicaGroup::kReady) {
      Add(reading->value, request, sums);
    } else if (group != ReplicaGroup::kIgnored) {
      gaps_.push_back({group, request});
    }
  }
  sums_ = sums;
  seen_ = seen;
}

void PodGroups::Look(const Observation& observation, const Reading& reading,
                     const GroupingRules& rules, std::vector<ReplicaGroup>& groups) {
  const ReplicaReading* next = reading.replicas.data();
  const ReplicaReading* const end = next + reading.replicas.size();
  Pass(observation.replicas, rules, groups, [&](const std::string& name) {
    const bool found = next != end && SameText(next->replica, name);
    return found ? next++ : nullptr;
  });
  if (next != end) LookByName(observation, reading, rules, groups);
}

// Of several values of one replica the last counts, as in a map. What is left over belongs to no
// replica and still counts in averages.
void PodGroups::LookByName(const Observation& observation, const Reading& reading,
                           const GroupingRules& rules, std::vector<ReplicaGroup>& groups) {
  index_.clear();
  for (const ReplicaReading& each : reading.replicas) index_.push_back(&each);
  std::sort(index_.begin(), index_.end(), [](const ReplicaReading* a, const ReplicaReading* b) {
    return a->replica != b->replica ? a->replica < b->replica : a > b;
  });
  const auto same = [](const ReplicaReading* a, const ReplicaReading* b) {
    return a->replica == b->replica;
  };
  index_.erase(std::unique(index_.begin(), index_.end(), same), index_.end());
  std::int64_t known = 0;
  std::int64_t known_usage = 0;
  Pass(observation.replicas, rules, groups, [&](const std::string& name) -> const ReplicaReading* {
    const auto found = std::lower_bound(
        index_.begin(), index_.end(), name,
        [](const ReplicaReading* each, const std::string& n) { return each->replica < n; });
    if (found == index_.end() || (*found)->replica != name) return nullptr;
    ++known;
    known_usage = WrapAdd(known_usage, (*found)->value);
    return *found;
  });
  std::int64_t all_usage = 0;
  for (const ReplicaReading* each : index_) all_usage = WrapAdd(all_usage, each->value);
  sums_.surplus = static_cast<std::int64_t>(index_.size()) - known;
  sums_.surplus_usage = WrapSub(all_usage, known_usage);
}

}  // namespace tidegate::hpa
