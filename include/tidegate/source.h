// SPDX-License-Identifier: Apache-2.0
//
// Source: gets samples from somewhere into a SampleSink. The rest of the loop never knows where
// they came from.
//
// Thread safety: called by one thread at a time for one workload; a Source that serves several
// workloads must expect concurrent calls for different ones.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/observation.h"
#include "tidegate/result.h"
#include "tidegate/series_store.h"
#include "tidegate/types.h"

namespace tidegate {

/// What a metric of the workload is made of.
struct CollectQuery {
  std::string metric;        ///< the MetricSpec's name
  std::string query;         ///< PromQL
  bool per_replica = false;  ///< one value for each replica is wanted
};

/// The replicas of one workload, as they were last observed.
struct WorkloadReplicas {
  WorkloadId workload;
  std::vector<Replica> replicas;
  std::vector<std::string> targets{};  ///< what the workload's own source reads: their URLs
};

/// Borrowed: valid only during the call.
struct CollectRequest {
  const WorkloadId& workload;
  std::span<const Replica> replicas;  ///< what the backend has just observed
  TimePoint now;                      ///< the tick's time: what samples are stamped with
  TimePoint deadline;                 ///< absolute; kept
  std::span<const CollectQuery> queries = {};
  /// Of a source that serves no one workload: all of them.
  std::span<const WorkloadReplicas> fleet = {};
};

/// How one target was last collected, for metrics and the state page.
struct TargetState {
  std::string target;   ///< URL or another name
  std::string replica;  ///< empty: not a replica's
  bool up = false;
  TimePoint last_attempt{};  ///< a tick's time: tells a new result from one that was kept
  TimePoint last_success{};
  Duration last_duration{};
  std::size_t samples = 0;
  std::string error;              ///< empty if up
  std::string metric;             ///< the only metric that it is asked for; empty: any
  std::string warning;            ///< it is up, but what it said of `metric` is in doubt, and why
  std::size_t skipped_lines = 0;  ///< of its page, by PageRules::lenient; `warning` has the first
  WorkloadId workload{};          ///< whose replica it is, of a source that serves no one workload
  std::string job{};              ///< of ScrapeConfig that found it, or could not; empty: none
  Labels labels{};                ///< of the target, if it was discovered: `job`, `instance` …
};

class TIDEGATE_EXPORT Source {
 public:
  virtual ~Source();
  /// Returns by the deadline. A target that fails is not an error of the call; it ends its own
  /// series with staleness markers and shows in targets().
  virtual Status Collect(const CollectRequest& request, SampleSink& sink) = 0;
  virtual std::vector<TargetState> targets() const { return {}; }
  /// Collect() answers the request's queries itself: the series that it stores under a metric's
  /// name, with the label `workload`, are the answer. Otherwise they are evaluated over the store.
  virtual bool answers_queries() const { return false; }
};

/// Collects from all of them at once. Each has labels of its own on its series, so that none ends
/// another's; one that answers queries answers all of them and may only be alone.
TIDEGATE_EXPORT std::unique_ptr<Source> JoinSources(std::vector<std::unique_ptr<Source>> sources);

}  // namespace tidegate
