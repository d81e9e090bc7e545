// SPDX-License-Identifier: Apache-2.0
#include "hpa/pod_groups.h"

#include <algorithm>

#include "hpa/arithmetic.h"

namespace tidegate::hpa {

namespace {

// Readiness matters for cpu alone: a starting process burns cpu that is no load.
bool IsUnreadyForCpu(const Replica& replica, const ReplicaReading& reading,
                     const HpaOptions& options, TimePoint now) {
  if (!replica.ready || !replica.start_time) return true;
  const bool is_false = *replica.ready == ConditionStatus::kFalse;
  if (*replica.start_time + options.cpu_initialization_period > now) {
    return is_false || reading.timestamp < replica.ready_transition + reading.window;
  }
  return is_false &&
         *replica.start_time + options.initial_readiness_delay > replica.ready_transition;
}

PodGroup Classify(const Replica& replica, const ReplicaReading* reading, std::string_view resource,
                  const HpaOptions& options, TimePoint now) {
  if (replica.terminating || replica.phase == ReplicaPhase::kFailed) return PodGroup::kIgnored;
  if (replica.phase == ReplicaPhase::kPending) return PodGroup::kUnready;
  if (reading == nullptr) return PodGroup::kMissing;
  if (resource == "cpu" && IsUnreadyForCpu(replica, *reading, options, now)) {
    return PodGroup::kUnready;
  }
  return PodGroup::kReady;
}

// Values by replica name, for look-up without a map's allocations.
class ReadingIndex {
 public:
  explicit ReadingIndex(const std::vector<ReplicaReading>& readings) {
    sorted_.reserve(readings.size());
    for (const ReplicaReading& reading : readings) sorted_.push_back({&reading, false});
    std::stable_sort(sorted_.begin(), sorted_.end(), [](const Item& a, const Item& b) {
      return a.reading->replica < b.reading->replica;
    });
  }

  const ReplicaReading* Take(const std::string& replica) {
    const auto found = std::lower_bound(
        sorted_.begin(), sorted_.end(), replica,
        [](const Item& item, const std::string& name) { return item.reading->replica < name; });
    if (found == sorted_.end() || found->reading->replica != replica) return nullptr;
    found->taken = true;
    return found->reading;
  }

  template <typename F>
  void ForEachLeft(F visit) const {
    for (const Item& item : sorted_) {
      if (!item.taken) visit(*item.reading);
    }
  }

 private:
  struct Item {
    const ReplicaReading* reading;
    bool taken;
  };
  std::vector<Item> sorted_;
};

}  // namespace

std::size_t PodGroups::CountedEntries() const {
  return static_cast<std::size_t>(std::count_if(
      entries.begin(), entries.end(), [](const PodEntry& entry) { return entry.counted; }));
}

void PodGroups::Name(PodGroup group, std::vector<std::string>& names) const {
  for (const PodEntry& entry : entries) {
    if (entry.replica != nullptr && entry.group == group) names.push_back(entry.replica->name);
  }
}

PodGroups GroupPods(const Observation& observation, const Reading& reading,
                    std::string_view resource, const HpaOptions& options, TimePoint now) {
  PodGroups groups;
  groups.entries.reserve(observation.replicas.size());
  ReadingIndex index(reading.replicas);
  for (const Replica& replica : observation.replicas) {
    const ReplicaReading* value = index.Take(replica.name);
    PodEntry entry{.replica = &replica, .group = Classify(replica, value, resource, options, now)};
    if (entry.group == PodGroup::kReady) {
      entry.counted = true;
      entry.value = value->value;
      ++groups.ready;
    }
    groups.any_unready = groups.any_unready || entry.group == PodGroup::kUnready;
    groups.any_missing = groups.any_missing || entry.group == PodGroup::kMissing;
    groups.entries.push_back(entry);
  }
  index.ForEachLeft([&](const ReplicaReading& surplus) {
    groups.entries.push_back({.counted = true, .value = surplus.value});
  });
  return groups;
}

namespace {

Error MissingRequest(std::string_view resource, std::string_view container,
                     const Replica& replica) {
  return Error{ErrorCode::kInvalidArgument, "missing request for " + std::string(resource) +
                                                " in container " + std::string(container) +
                                                " of Pod " + replica.name};
}

Result<MilliValue> RequestOf(const Replica& replica, const std::string& resource,
                             std::string_view container) {
  MilliValue sum = 0;
  for (const Container& each : replica.containers) {
    if (!container.empty() && each.name != container) continue;
    const auto found = each.requests.find(resource);
    if (found == each.requests.end()) return MissingRequest(resource, each.name, replica);
    if (!container.empty()) return found->second;
    sum = WrapAdd(sum, found->second);
  }
  if (container.empty()) return sum;
  return Error{ErrorCode::kInvalidArgument,
               "container " + std::string(container) + " not found in Pod " + replica.name};
}

}  // namespace

std::optional<Error> FillRequests(PodGroups& groups, std::string_view resource,
                                  std::string_view container) {
  const std::string name(resource);
  for (PodEntry& entry : groups.entries) {
    if (entry.replica == nullptr) continue;
    const Result<MilliValue> request = RequestOf(*entry.replica, name, container);
    if (!request) return request.error();
    entry.request = *request;
  }
  return std::nullopt;
}

}  // namespace tidegate::hpa
