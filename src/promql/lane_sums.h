// SPDX-License-Identifier: Apache-2.0
//
// Sums of windows that begin one sample later each, added up side by side.
#pragma once

#include <array>
#include <cstddef>

namespace tidegate::promql {

constexpr std::size_t kLanes = 8;

/// CompensatedSum of each lane.
struct LaneSums {
  std::array<double, kLanes> sum{};
  std::array<double, kLanes> lost{};
};

/// Adds values[lane], values[lane + 1] … values[lane + size - 1] to each lane, the same to the last
/// bit as CompensatedSum::Add() where all sums on the way are finite; else some `lost` is not.
using AddLanesFunction = void (*)(const double* values, std::size_t size, LaneSums& lanes);

AddLanesFunction ScalarAddLanes();
/// Null: this machine cannot.
AddLanesFunction Avx2AddLanes();
/// The fastest that this machine can.
AddLanesFunction BestAddLanes();

}  // namespace tidegate::promql
