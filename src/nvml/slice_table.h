// SPDX-License-Identifier: Apache-2.0
//
// What a look at the GPUs means for placement. Pure.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "nvml/slice_state.h"
#include "tidegate/inventory.h"
#include "tidegate/nvml.h"

namespace tidegate::nvml {

/// Which slices may be what; see NvmlSlicesOptions.
struct SliceRules {
  std::string node;
  std::set<std::string> gpus, reserved, expendable;
  bool reconfigure = false;
};

/// A GPU's slice with what may be done with it.
struct KnownSlice {
  PlacedSlice placed;
  NvmlSlice slice;
  bool usable = false;
  bool removable = false;
};

/// Where it is, by the model's profiles; absent: the model has none of its id.
std::optional<PlacedSlice> PlacedOf(const DeviceModel& model, const NvmlSlice& slice);

/// What is in the fleet by this id: its MIG device, if it has exactly one.
std::string SliceId(const std::string& gpu, const NvmlSlice& slice);

/// The catalogue's model of a GPU, without what its driver cannot make.
Result<DeviceModel> DriverModel(const NvmlDevice& device, const std::string& driver_version);

/// kNotFound: the model lacks the profile of a slice that exists.
Result<std::vector<KnownSlice>> KnownSlices(const NvmlDevice& device, const DeviceModel& model,
                                            const std::vector<MadeSlice>& made,
                                            const SliceRules& rules);

/// GPUs that can be placed on, and why others cannot. `refused` is what was learned from the
/// driver.
Inventory InventoryOf(const NvmlInventory& seen, const std::vector<MadeSlice>& made,
                      const std::vector<RefusedLayout>& refused, const SliceRules& rules);

/// Which of the removable slices have to go so that `wanted` fits; those that somebody holds stay.
/// kConflict: it does not fit whatever goes.
Result<std::vector<NvmlSlice>> InTheWay(const DeviceModel& model, const PlacedSlice& wanted,
                                        std::span<const KnownSlice> slices);

}  // namespace tidegate::nvml
