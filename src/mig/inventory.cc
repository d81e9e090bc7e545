// SPDX-License-Identifier: Apache-2.0
#include "tidegate/inventory.h"

#include "mig/fleet_impl.h"

namespace tidegate {

const std::string& FleetId(const ReplicaSlice& slice) {
  return slice.replica.empty() ? slice.id : slice.replica;
}

Result<Fleet> FleetOf(const Inventory& inventory, const HeldSlices& held) {
  Fleet fleet;
  for (const Device& device : inventory.devices) {
    if (fleet.FindModel(device.model) == nullptr) {
      const Result<DeviceModel> model = FindDeviceModel(device.model);
      if (!model) return Error{model.error().code, device.id + ": " + model.error().message};
      if (Status added = fleet.AddModel(*model); !added) return added.error();
    }
    if (const auto added = fleet.AddDevice(device); !added) return added.error();
  }
  for (const auto& [workload, slices] : held) AddSlices(workload, slices, false, fleet);
  return fleet;
}

void AddSlices(const WorkloadId& workload, std::span<const ReplicaSlice> slices, bool pinned,
               Fleet& fleet) {
  for (const ReplicaSlice& slice : slices) {
    const auto device = fleet.impl().device_by_id.find(slice.device);
    if (device == fleet.impl().device_by_id.end() || slice.start < 0) continue;
    const DeviceModel& model = fleet.model_of(device->second);
    const Result<std::size_t> profile = FindProfile(model, slice.profile);
    if (!profile) continue;
    for (const SliceSpan& span : model.profiles[*profile].placements) {
      if (span.start != slice.start) continue;
      (void)fleet.AddSlice({.id = FleetId(slice),
                            .device = device->second,
                            .placed = {*profile, span},
                            .group = workload,
                            .pinned = pinned});
    }
  }
}

}  // namespace tidegate
