// SPDX-License-Identifier: Apache-2.0
//
// What `tidegate pack` found out.
#pragma once

#include <optional>
#include <string>

#include "tidegate/pack.h"

namespace tidegate::scaler {

/// Whether more slices would fit: as things are, and with moves if that is not enough.
struct WhatIf {
  std::string question;
  PackPlan kept;
  std::optional<PackPlan> moved;
};

struct PackReport {
  PackPlan plan;
  bool repacked = false;
  std::optional<WhatIf> what_if;
};

/// Devices that the plan adds.
std::int64_t AddedBy(const PackPlan& plan);

std::string PackJson(const PackReport& report);

}  // namespace tidegate::scaler
