// SPDX-License-Identifier: Apache-2.0
//
// Source: gets samples from somewhere into a SampleSink. The rest of the loop never knows where
// they came from.
//
// Thread safety: called by one thread at a time for one workload; a Source that serves several
// workloads must expect concurrent calls for different ones.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/observation.h"
#include "tidegate/result.h"
#include "tidegate/series_store.h"
#include "tidegate/types.h"

namespace tidegate {

/// Borrowed: valid only during the call.
struct CollectRequest {
  const WorkloadId& workload;
  std::span<const Replica> replicas;  ///< what the backend has just observed
  TimePoint now;                      ///< the tick's time: what samples are stamped with
  TimePoint deadline;                 ///< absolute; kept
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
  std::string error;  ///< empty if up
};

class TIDEGATE_EXPORT Source {
 public:
  virtual ~Source();
  /// Returns by the deadline. A target that fails is not an error of the call; it ends its own
  /// series with staleness markers and shows in targets().
  virtual Status Collect(const CollectRequest& request, SampleSink& sink) = 0;
  virtual std::vector<TargetState> targets() const { return {}; }
};

}  // namespace tidegate
