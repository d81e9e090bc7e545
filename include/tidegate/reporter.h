// SPDX-License-Identifier: Apache-2.0
//
// Reporter: is told what happened at each tick, after it happened.
//
// Thread safety: a reporter is told one thing at a time. It must not block for long and must not
// fail the tick; what a reporter cannot do it counts.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/plan.h"
#include "tidegate/source.h"
#include "tidegate/status.h"
#include "tidegate/types.h"

namespace tidegate {

/// Borrowed: valid only during the call.
struct TickReport {
  const TickInput& input;
  const TickOutput& output;
  const std::vector<Applied>& applied;        ///< in the order of the workloads
  const std::vector<History>& histories;      ///< what the next tick starts from
  const std::vector<StatusUpdate>& statuses;  ///< conditions and events, in HPA's words
  const std::vector<std::vector<TargetState>>& targets;
  std::span<const TargetState> fleet_targets{};  ///< of Components::sources, before the tick
  Duration gather_duration{};
  Duration plan_duration{};
  Duration apply_duration{};
  Duration lateness{};  ///< how late the tick began
};

class TIDEGATE_EXPORT Reporter {
 public:
  virtual ~Reporter();
  virtual void OnTick(const TickReport& report) = 0;
  /// These are the workloads from now on, at the start and at each Controller::Replace(): no tick
  /// reports the others again. (One that is there may still be left out of ticks: it is not due.)
  /// Default: does nothing.
  virtual void OnReplace(const std::set<WorkloadId>& workloads);
};

}  // namespace tidegate
