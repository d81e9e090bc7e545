// SPDX-License-Identifier: Apache-2.0
//
// Sorts a workload's replicas by what their value of a metric is worth (HPA's groupPods), and adds
// up what counts. This is where a decision spends its time: one pass over the replicas, nothing
// copied, no look-up where the readings come in the order of the replicas.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "hpa/compatibility.h"
#include "tidegate/decision.h"
#include "tidegate/observation.h"
#include "tidegate/result.h"
#include "tidegate/spec.h"

namespace tidegate::hpa {

/// What is looked for in the replicas.
struct GroupingRules {
  std::string_view resource;   ///< "cpu", another resource, or "" for Pods metrics
  bool utilization = false;    ///< requests are needed too
  std::string_view container;  ///< whose requests; empty: those of all
  const HpaOptions& options;
  const Compatibility& compatibility;
  TimePoint now;
};

/// Whether the replica is missing where it has no value: it is neither pending nor gone.
bool NeedsValue(const Replica& replica, const Compatibility& compatibility);

/// What the values that count come to.
struct PodSums {
  std::int64_t usage = 0;          ///< of replicas; wraps
  std::int64_t requests = 0;       ///< of the same ones; wraps
  std::int64_t replicas = 0;       ///< how many
  std::int64_t surplus_usage = 0;  ///< of values whose replica is not known
  std::int64_t surplus = 0;        ///< how many
};

/// One metric's look at the replicas of a workload.
class PodGroups {
 public:
  /// Groups the replicas; `groups` gets one entry for each. The buffers are used again.
  void Look(const Observation& observation, const Reading& reading, const GroupingRules& rules,
            std::vector<ReplicaGroup>& groups);

  const PodSums& sums() const { return sums_; }
  bool any(ReplicaGroup group) const { return (seen_ & Bit(group)) != 0; }
  /// Missing ones that count, or unready ones.
  bool gaps() const { return !gaps_.empty(); }
  /// Of the first replica, in order, that lacks a request; in upstream's words.
  const std::optional<Error>& request_error() const { return request_error_; }

  /// The sums with missing replicas as `missing(request)`; where nothing is given, without them.
  /// Unready ones count as 0 if `unready` is set.
  template <typename F>
  PodSums Filled(std::optional<F> missing, bool unready) const {
    PodSums filled = sums_;
    for (const Gap& gap : gaps_) {
      const bool is_missing = gap.group == ReplicaGroup::kMissing;
      if (is_missing ? !missing : !unready) continue;
      Add(is_missing ? (*missing)(gap.request) : 0, gap.request, filled);
    }
    return filled;
  }

 private:
  // A replica without a value that counts; there are few of them.
  struct Gap {
    ReplicaGroup group;
    MilliValue request;
  };

  static std::uint32_t Bit(ReplicaGroup group) { return 1U << static_cast<std::uint32_t>(group); }
  static void Add(MilliValue usage, MilliValue request, PodSums& sums);

  void Reset(std::size_t replicas, std::vector<ReplicaGroup>& groups);
  ReplicaGroup LookClosely(const Replica& replica, const ReplicaReading* reading,
                           const GroupingRules& rules, const std::vector<std::string>& ignored);
  template <bool kCpu, bool kRequests>
  std::size_t AddPlain(const Replica* replica, const ReplicaReading* reading, std::size_t count,
                       const GroupingRules& rules);
  std::size_t AddPlain(const Replica* replica, const ReplicaReading* reading, std::size_t count,
                       const GroupingRules& rules);
  void LookOn(std::size_t plain, const Observation& observation, const Reading& reading,
              const GroupingRules& rules, std::vector<ReplicaGroup>& groups);
  void LookByName(const Observation& observation, const Reading& reading,
                  const GroupingRules& rules, std::vector<ReplicaGroup>& groups);

  PodSums sums_;
  std::uint32_t seen_ = 0;
  std::optional<Error> request_error_;
  std::vector<Gap> gaps_;
  std::vector<const ReplicaReading*> index_;  // readings by name, where their order differs
};

}  // namespace tidegate::hpa
