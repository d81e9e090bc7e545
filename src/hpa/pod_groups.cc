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
                                                const Compatibility& compatibility) {
  if (replica.terminating) return ReplicaGroup::kIgnored;
  switch (replica.phase) {
    case ReplicaPhase::kFailed:
      return ReplicaGroup::kIgnored;
    case ReplicaPhase::kPending:
      return ReplicaGroup::kUnready;
    case ReplicaPhase::kSucceeded:
      if (compatibility.ignores_succeeded) return ReplicaGroup::kIgnored;
      break;
    case ReplicaPhase::kRunning:
    case ReplicaPhase::kUnknown:
      break;
  }
  return std::nullopt;
}

inline ReplicaGroup Classify(const Replica& replica, const ReplicaReading* reading,
                             const GroupingRules& rules) {
  if (const auto group = GroupByPhase(replica, rules.compatibility)) return *group;
  if (reading == nullptr) return ReplicaGroup::kMissing;
  if (rules.resource == "cpu" && IsUnreadyForCpu(replica, *reading, rules))
    return ReplicaGroup::kUnready;
  return ReplicaGroup::kReady;
}

// offsetof of a class with members such as std::map: both compilers have it, and warn.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"

// Whether it runs, is ready and was not asked to go: four bytes that lie together, in one
// comparison.
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

// The text of "cpu" in one word, with the zero that ends every string.
inline bool IsCpu(const std::string& resource) {
  if (resource.size() != 3) [[unlikely]]
    return false;
  std::uint32_t found = 0;
  std::uint32_t wanted = 0;
  std::memcpy(&found, resource.c_str(), sizeof found);
  std::memcpy(&wanted, "cpu", sizeof wanted);
  return found == wanted;
}

// Looked up for every container at every tick.
inline const ResourceRequest* Find(const ResourceList& list, std::string_view resource) {
  for (const ResourceRequest& each : list) {
    if (SameText(each.resource, resource)) [[likely]]
      return &each;
  }
  return nullptr;
}

// Adds up what the containers that count request; false: one of them lacks it.
inline bool SumContainers(const Replica& replica, const GroupingRules& rules, MilliValue& sum) {
  sum = 0;
  for (const Container& each : replica.containers) {
    const ResourceRequest* request = Find(each.requests, rules.resource);
    if (request == nullptr) [[unlikely]]
      return false;
    sum = WrapAdd(sum, request->value);
  }
  return true;
}

// The same of the plain case; "cpu" comes first, as it does in the order of names.
template <bool kCpu>
inline bool SumPlainly(const Replica& replica, const GroupingRules& rules, MilliValue& sum) {
  if (replica.pod_requests) [[unlikely]]
    return false;
  if (!kCpu) return SumContainers(replica, rules, sum);
  sum = 0;
  for (const Container& each : replica.containers) {
    if (each.requests.empty() || !IsCpu(each.requests.front().resource)) [[unlikely]]
      return false;
    sum = WrapAdd(sum, each.requests.front().value);
  }
  return true;
}

// The same of the one container that is asked for.
bool OneContainer(const Replica& replica, const GroupingRules& rules, MilliValue& request) {
  for (const Container& each : replica.containers) {
    if (each.name != rules.container) continue;
    const ResourceRequest* found = Find(each.requests, rules.resource);
    request = found == nullptr ? 0 : found->value;
    return found != nullptr;
  }
  return !rules.compatibility.unknown_container_fails;
}

bool PodRequest(const Replica& replica, const GroupingRules& rules, MilliValue& request) {
  const ResourceRequest* found = Find(*replica.pod_requests, rules.resource);
  request = found == nullptr ? 0 : found->value;
  return found != nullptr;
}

inline bool HasPodRequests(const Replica& replica, const GroupingRules& rules) {
  return replica.pod_requests && rules.container.empty() && rules.compatibility.pod_level_requests;
}

bool RequestOf(const Replica& replica, const GroupingRules& rules, MilliValue& request) {
  if (!rules.container.empty()) return OneContainer(replica, rules, request);
  if (HasPodRequests(replica, rules)) return PodRequest(replica, rules, request);
  return SumContainers(replica, rules, request);
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

bool NeedsValue(const Replica& replica, const Compatibility& compatibility) {
  return !GroupByPhase(replica, compatibility);
}

void PodGroups::Add(MilliValue usage, MilliValue request, PodSums& sums) {
  sums.usage = WrapAdd(sums.usage, usage);
  sums.requests = WrapAdd(sums.requests, request);
  ++sums.replicas;
}

inline void PodGroups::Reset(std::size_t replicas, std::vector<ReplicaGroup>& groups) {
  sums_ = {};
  seen_ = 0;
  gaps_.clear();
  request_error_.reset();
  groups.assign(replicas, ReplicaGroup::kReady);
}

// Groups a replica that may not be plain, and adds it up if it counts. Who is missing and left out
// is no gap, but the second look, which never turns the direction, is taken all the same.
ReplicaGroup PodGroups::LookClosely(const Replica& replica, const ReplicaReading* reading,
                                    const GroupingRules& rules,
                                    const std::vector<std::string>& ignored) {
  const ReplicaGroup group = Classify(replica, reading, rules);
  MilliValue request = 0;
  if (rules.utilization && !RequestOf(replica, rules, request) && !request_error_) {
    request_error_ = RequestError(replica, rules);
  }
  seen_ |= Bit(group);
  if (group == ReplicaGroup::kMissing &&
      std::find(ignored.begin(), ignored.end(), replica.name) != ignored.end()) {
    return ReplicaGroup::kIgnored;
  }
  if (group == ReplicaGroup::kReady) Add(reading->value, request, sums_);
  const bool gap = group == ReplicaGroup::kMissing || group == ReplicaGroup::kUnready;
  if (gap) gaps_.push_back({group, request});
  return group;
}

// What nearly every replica is, and then it counts: the next reading is its own, it runs and, where
// readiness matters, is ready and was started before `initialized`.
template <bool kCpu>
inline bool IsPlain(const Replica& replica, const ReplicaReading& reading, TimePoint initialized) {
  if (replica.name.size() != reading.replica.size()) [[unlikely]]
    return false;
  if (!SameSized(replica.name, reading.replica)) [[unlikely]]
    return false;
  if (!kCpu) return (replica.phase == ReplicaPhase::kRunning) & !replica.terminating;
  return RunsReady(replica) && replica.start_time && *replica.start_time <= initialized;
}

// Adds up the first `count` replicas and readings as long as they are plain; how many are. Out of
// line, so that all that the loop needs is in registers.
template <bool kCpu, bool kRequests>
[[gnu::noinline]] std::size_t PodGroups::AddPlain(const Replica* replica,
                                                  const ReplicaReading* reading, std::size_t count,
                                                  const GroupingRules& rules) {
  const TimePoint initialized = rules.now - rules.options.cpu_initialization_period;
  std::int64_t usage = sums_.usage;
  std::int64_t requests = sums_.requests;
  std::size_t i = 0;
  for (; i < count; ++i) {
    if (!IsPlain<kCpu>(replica[i], reading[i], initialized)) [[unlikely]]
      break;
    if (kRequests) {
      MilliValue request = 0;
      if (!SumPlainly<kCpu>(replica[i], rules, request)) [[unlikely]]
        break;
      requests = WrapAdd(requests, request);
    }
    usage = WrapAdd(usage, reading[i].value);
  }
  sums_.usage = usage;
  sums_.requests = requests;
  sums_.replicas += static_cast<std::int64_t>(i);
  if (i > 0) seen_ |= Bit(ReplicaGroup::kReady);
  return i;
}

// A loop of its own for each kind of metric.
std::size_t PodGroups::AddPlain(const Replica* replica, const ReplicaReading* reading,
                                std::size_t count, const GroupingRules& rules) {
  if (!rules.container.empty() && rules.utilization) return 0;
  if (rules.resource == "cpu") {
    return rules.utilization ? AddPlain<true, true>(replica, reading, count, rules)
                             : AddPlain<true, false>(replica, reading, count, rules);
  }
  return rules.utilization ? AddPlain<false, true>(replica, reading, count, rules)
                           : AddPlain<false, false>(replica, reading, count, rules);
}

void PodGroups::Look(const Observation& observation, const Reading& reading,
                     const GroupingRules& rules, std::vector<ReplicaGroup>& groups) {
  const std::size_t replicas = observation.replicas.size();
  const std::size_t readings = reading.replicas.size();
  Reset(replicas, groups);
  const std::size_t plain = AddPlain(observation.replicas.data(), reading.replicas.data(),
                                     std::min(replicas, readings), rules);
  if (plain < replicas || plain < readings) [[unlikely]]
    LookOn(plain, observation, reading, rules, groups);
}

// The replicas behind the first ones, which are plain.
[[gnu::noinline]] void PodGroups::LookOn(std::size_t plain, const Observation& observation,
                                         const Reading& reading, const GroupingRules& rules,
                                         std::vector<ReplicaGroup>& groups) {
  const std::vector<Replica>& replicas = observation.replicas;
  const std::vector<ReplicaReading>& readings = reading.replicas;
  std::size_t next = plain;  // of the readings
  for (std::size_t i = plain; i < replicas.size();) {
    const bool own = next < readings.size() && SameText(readings[next].replica, replicas[i].name);
    groups[i] = LookClosely(replicas[i], own ? &readings[next++] : nullptr, rules, reading.ignored);
    ++i;
    const std::size_t left = std::min(replicas.size() - i, readings.size() - next);
    const std::size_t more = AddPlain(replicas.data() + i, readings.data() + next, left, rules);
    i += more;
    next += more;
  }
  if (next < readings.size()) LookByName(observation, reading, rules, groups);
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
  const auto find = [&](const std::string& name) {
    const auto found = std::lower_bound(
        index_.begin(), index_.end(), name,
        [](const ReplicaReading* each, const std::string& n) { return each->replica < n; });
    return found != index_.end() && (*found)->replica == name ? *found : nullptr;
  };
  Reset(observation.replicas.size(), groups);
  std::int64_t known = 0;
  std::int64_t known_usage = 0;
  for (std::size_t i = 0; i < observation.replicas.size(); ++i) {
    const ReplicaReading* const found = find(observation.replicas[i].name);
    known += found != nullptr ? 1 : 0;
    known_usage = WrapAdd(known_usage, found != nullptr ? found->value : 0);
    groups[i] = LookClosely(observation.replicas[i], found, rules, reading.ignored);
  }
  std::int64_t all_usage = 0;
  for (const ReplicaReading* each : index_) all_usage = WrapAdd(all_usage, each->value);
  sums_.surplus = static_cast<std::int64_t>(index_.size()) - known;
  sums_.surplus_usage = WrapSub(all_usage, known_usage);
}

}  // namespace tidegate::hpa
