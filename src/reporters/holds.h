// SPDX-License-Identifier: Apache-2.0
//
// What reporters read out of a tick: whether a workload holds, why, and what changed. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "tidegate/describe.h"
#include "tidegate/plan.h"
#include "tidegate/reporter.h"

namespace tidegate::reporters {

struct Hold {
  std::set<std::string> kinds;  ///< of a small fixed set: doubt kinds and error codes
  std::string text;             ///< for people; changes from tick to tick
};

/// Absent: the count is what the metrics say. A workload whose metrics failed only in part, but
/// which was free to act, does not hold.
inline std::optional<Hold> HoldOf(const WorkloadInput& input, const Decision& decision) {
  Hold hold;
  const auto step = std::find_if(decision.steps.begin(), decision.steps.end(),
                                 [](const Step& s) { return s.stage == Stage::kHold; });
  if (step != decision.steps.end()) {
    for (const Reading& reading : input.readings) {
      for (const Doubt& doubt : reading.doubts) hold.kinds.insert(std::string(NameOf(doubt.kind)));
    }
    hold.text = step->reason;
  } else if (!decision.error || decision.proposed) {
    return std::nullopt;
  } else {
    hold.text = decision.error->message;
  }
  if (hold.kinds.empty()) {
    const ErrorCode code = decision.error ? decision.error->code : ErrorCode::kNoData;
    hold.kinds.insert(std::string(ToString(code)));
  }
  return hold;
}

/// A change of the wanted count.
struct Change {
  std::int32_t from = 0;
  std::int32_t to = 0;
  std::string reason;

  friend bool operator==(const Change&, const Change&) = default;
};

inline std::optional<Change> ChangeOf(const Decision& decision) {
  if (decision.desired == decision.current) return std::nullopt;
  return Change{decision.current, decision.desired, decision.reason};
}

}  // namespace tidegate::reporters
