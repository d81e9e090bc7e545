// SPDX-License-Identifier: Apache-2.0
//
// What slices are worth to a workload, in thousandths of a replica. A moldable workload counts
// replicas in units of capacity; any other has one for each slice.
#pragma once

#include <span>
#include <string_view>

#include "tidegate/observation.h"
#include "tidegate/spec.h"

namespace tidegate::core {

/// A replica, if the workload is not moldable, or if it once had other sizes than now.
inline MilliValue CapacityOf(const SliceSpec& spec, std::string_view profile) {
  for (const SliceSize& size : spec.sizes) {
    if (size.profile == profile) return size.capacity;
  }
  return 1000;
}

/// Whole replicas' worth of slices, rounded to the nearest.
inline std::int32_t ReplicasOf(const SliceSpec& spec, std::span<const ReplicaSlice> slices) {
  MilliValue sum = 0;
  for (const ReplicaSlice& slice : slices) sum += CapacityOf(spec, slice.profile);
  return static_cast<std::int32_t>((sum + 500) / 1000);
}

}  // namespace tidegate::core
