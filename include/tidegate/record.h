// SPDX-License-Identifier: Apache-2.0
//
// One tick as one line of JSON: what a journal holds and `replay` reads.
//
// Numbers survive exactly (doubles as shortest round-trip decimals, instants in nanoseconds).
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/plan.h"
#include "tidegate/reporter.h"
#include "tidegate/result.h"

namespace tidegate {

inline constexpr int kRecordVersion = 3;

struct TickRecord {
  int version = kRecordVersion;
  TickInput input;
  TickOutput output;
  std::vector<Applied> applied;
  std::vector<History> histories;  ///< after Applied was folded in: the next tick's start

  friend bool operator==(const TickRecord&, const TickRecord&) = default;
};

/// One line, without the newline.
TIDEGATE_EXPORT std::string EncodeTick(const TickRecord& record);
/// kInvalidArgument names the path and the value.
TIDEGATE_EXPORT Result<TickRecord> DecodeTick(std::string_view line);

/// One value alone, as JSON: for explain, the state page and Python.
TIDEGATE_EXPORT std::string ToJson(const Decision& decision);
TIDEGATE_EXPORT std::string ToJson(const WorkloadInput& input);

}  // namespace tidegate
