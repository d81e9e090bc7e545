// SPDX-License-Identifier: Apache-2.0
#include "hpa/pod_groups.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
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

// What a replica's phase alone says; absent: it runs.
inline std::optional<ReplicaGroup> GroupByPhase(const Replica& replica,
                                                const GroupingRules& rules) {
  if (replica.terminating) return ReplicaGroup::kIgnored;
  switch (replica.phase) {
    case ReplicaPhase::kFailed:
      return ReplicaGroup::kIgnored;
    case ReplicaPhase::kPending:
      return ReplicaGroup::kUnready;
    case ReplicaPhase::kSucceeded:
      if (rules.compatibility.ignores_succeeded) return ReplicaGroup::kIgnored;
      break;
    case ReplicaPhase::kRunning:
    case ReplicaPhase::kUnknown:
      break;
  }
  return std::nullopt;
}

inline ReplicaGroup Classify(const Replica& replica, const ReplicaReading* reading,
                             const GroupingRules& rules, bool cpu) {
  if (const auto group = GroupByPhase(replica, rules)) return *group;
  if (reading == nullptr) return ReplicaGroup::kMissing;
  if (cpu && IsUnreadyForCpu(replica, *reading, rules)) return ReplicaGroup::kUnready;
  return ReplicaGroup::kReady;
}

// offsetof of a class with members such as std::map: both compilers have it, and warn.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"

// Whether it runs, is ready and was not asked to go: four bytes that lie together, in one
// comparison, since the loop over the replicas is bound by the number of its branches.
inline bool RunsReady(const Replica& replica) {
  struct Standing {
    ReplicaPhase phase = ReplicaPhase::kRunning;
    std::optional<ConditionStatus> ready = ConditionStatus::kTrue;
    bool terminating = false;
  };
  constexpr std::size_t kAt = offsetof(Replica, phase);
  static_assert(offsetof(Replica, ready) - kAt == offsetof(Standing, ready));
  static_assert(offsetof(Replica, terminating) - kAt == offsetof(Standing, terminating));
  static_assert(sizeof(Standing) == 4);
  const Standing wanted;
  std::uint32_t expected = 0;
  std::uint32_t found = 0;
  std::memcpy(&expected, &wanted, sizeof expected);
  std::memcpy(&found, reinterpret_cast<const char*>(&replica) + kAt, sizeof found);
  return found == expected;
}

#pragma GCC diagnostic pop

// What nearly every replica is, and then it counts: it runs, has a value and, where readiness
// matters, is ready and was started before `initialized`.
template <bool kCpu>
inline bool IsPlain(const Replica& replica, const ReplicaReading* reading, TimePoint initialized) {
  if (reading == nullptr) return false;
  if (!kCpu) return replica.phase == ReplicaPhase::kRunning && !replica.terminating;
  return RunsReady(replica) && replica.start_time && *replica.start_time <= initialized;
}

// Looked up for every container at every tick; the text of "cpu" is compared as a constant.
template <bool kCpu>
inline const ResourceRequest* Find(const ResourceList& list, std::string_view resource) {
  for (const ResourceRequest& each : list) {
    if (SameText(each.resource, kCpu ? "cpu" : resource)) [[likely]]
      return &each;
  }
  return nullptr;
}

// Adds up what the containers that count request; false: one of them lacks it.
template <bool kCpu>
inline bool SumContainers(const Replica& replica, const GroupingRules& rules, MilliValue& sum) {
  sum = 0;
  for (const Container& each : replica.containers) {
    const ResourceRequest* request = Find<kCpu>(each.requests, rules.resource);
    if (request == nullptr) [[unlikely]]
      return false;
    sum = WrapAdd(sum, request->value);
  }
  return true;
}

// The same of the plain case; "cpu" comes first, as it does in the order of names.
template <bool kCpu>
inline bool SumPlainly(const Replica& replica, const GroupingRules& rules, MilliValue& sum) {
  if (replica.pod_requests) return false;
  if (!kCpu) return SumContainers<false>(replica, rules, sum);
  sum = 0;
  for (const Container& each : replica.containers) {
    if (each.requests.empty() || !SameText(each.requests.front().resource, "cpu")) [[unlikely]]
      return false;
    sum = WrapAdd(sum, each.requests.front().value);
  }
  return true;
}

// The same of the one container that is asked for.
template <bool kCpu>
bool OneContainer(const Replica& replica, const GroupingRules& rules, MilliValue& request) {
  for (const Container& each : replica.containers) {
    if (each.name != rules.container) continue;
    const ResourceRequest* found = Find<kCpu>(each.requests, rules.resource);
    request = found == nullptr ? 0 : found->value;
    return found != nullptr;
  }
  return !rules.compatibility.unknown_container_fails;
}

template <bool kCpu>
bool PodRequest(const Replica& replica, const GroupingRules& rules, MilliValue& request) {
  const ResourceRequest* found = Find<kCpu>(*replica.pod_requests, rules.resource);
  request = found == nullptr ? 0 : found->value;
  return found != nullptr;
}

inline bool HasPodRequests(const Replica& replica, const GroupingRules& rules) {
  return replica.pod_requests && rules.container.empty() && rules.compatibility.pod_level_requests;
}

template <bool kCpu>
bool RequestOf(const Replica& replica, const GroupingRules& rules, MilliValue& request) {
  if (!rules.container.empty()) return OneContainer<kCpu>(replica, rules, request);
  if (HasPodRequests(replica, rules)) return PodRequest<kCpu>(replica, rules, request);
  return SumContainers<kCpu>(replica, rules, request);
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
    if (Find<false>(each.requests, resource) != nullptr) continue;
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

// What is left of a replica's look when it is not plain. Out of line, so that the loop is short.
template <bool kCpu, PodGroups::Requests kRequests>
[[gnu::noinline]] PodGroups::Looked PodGroups::LookClosely(const Replica& replica,
                                                           const ReplicaReading* reading,
                                                           const GroupingRules& rules) {
  Looked looked{.group = Classify(replica, reading, rules, kCpu)};
  if (kRequests != Requests::kNone && !RequestOf<kCpu>(replica, rules, looked.request) &&
      !request_error_) {
    request_error_ = RequestError(replica, rules);
  }
  seen_ |= Bit(looked.group);
  const bool gap = looked.group == ReplicaGroup::kMissing || looked.group == ReplicaGroup::kUnready;
  if (gap) gaps_.push_back({looked.group, looked.request});
  return looked;
}

// Groups every replica with the reading that `find` returns for it.
template <bool kCpu, PodGroups::Requests kRequests, typename F>
void PodGroups::PassAs(const std::vector<Replica>& replicas, const GroupingRules& rules,
                       std::vector<ReplicaGroup>& groups, F find) {
  const TimePoint initialized = rules.now - rules.options.cpu_initialization_period;
  PodSums sums;
  seen_ = 0;
  gaps_.clear();
  request_error_.reset();
  groups.assign(replicas.size(), ReplicaGroup::kReady);
  for (const Replica& replica : replicas) {
    const ReplicaReading* reading = find(replica.name);
    Looked looked;
    const bool plain =
        kRequests != Requests::kOfContainer && IsPlain<kCpu>(replica, reading, initialized) &&
        (kRequests == Requests::kNone || SumPlainly<kCpu>(replica, rules, looked.request));
    if (!plain) [[unlikely]] {
      looked = LookClosely<kCpu, kRequests>(replica, reading, rules);
      groups[static_cast<std::size_t>(&replica - replicas.data())] = looked.group;
      if (looked.group != ReplicaGroup::kReady) continue;
    }
    Add(reading->value, looked.request, sums);
  }
  sums_ = sums;
  if (sums.replicas > 0) seen_ |= Bit(ReplicaGroup::kReady);
}

// A loop of its own for each kind of metric.
template <bool kCpu, typename F>
void PodGroups::PassOf(const std::vector<Replica>& replicas, const GroupingRules& rules,
                       std::vector<ReplicaGroup>& groups, F find) {
  if (!rules.utilization) return PassAs<kCpu, Requests::kNone>(replicas, rules, groups, find);
  if (rules.container.empty()) return PassAs<kCpu, Requests::kOfPod>(replicas, rules, groups, find);
  return PassAs<kCpu, Requests::kOfContainer>(replicas, rules, groups, find);
}

template <typename F>
void PodGroups::Pass(const std::vector<Replica>& replicas, const GroupingRules& rules,
                     std::vector<ReplicaGroup>& groups, F find) {
  if (rules.resource == "cpu") return PassOf<true>(replicas, rules, groups, find);
  return PassOf<false>(replicas, rules, groups, find);
}

void PodGroups::Look(const Observation& observation, const Reading& reading,
                     const GroupingRules& rules, std::vector<ReplicaGroup>& groups) {
  const ReplicaReading* next = reading.replicas.data();
  const ReplicaReading* const end = next + reading.replicas.size();
  Pass(observation.replicas, rules, groups, [&](const std::string& name) {
    if (next != end && SameText(next->replica, name)) [[likely]]
      return next++;
    return static_cast<const ReplicaReading*>(nullptr);
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
