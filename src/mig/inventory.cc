// SPDX-License-Identifier: Apache-2.0
#include "tidegate/inventory.h"

#include "mig/fleet_impl.h"

namespace tidegate {

const std::string& FleetId(const ReplicaSlice& slice) {
  return slice.replica.empty() ? slice.id : slice.replica;
}

namespace {

Result<DeviceModel> ModelOf(const Device& device, const std::optional<DriverSlices>& driver) {
  Result<DeviceModel> model = FindDeviceModel(device.model);
  if (!model) return Error{model.error().code, device.id + ": " + model.error().message};
  if (!driver) return model;
  for (const RefusedLayout& refused : driver->refused) {
    if (refused.model == model->id) model->refused.push_back(refused.profiles);
  }
  return model;
}

// Those that no workload has are called by their own id.
void AddOthers(const DriverSlices& driver, Fleet& fleet) {
  for (const DeviceSlice& slice : driver.slices) {
    const ReplicaSlice other{.id = slice.id,
                             .device = slice.device,
                             .profile = slice.profile,
                             .start = slice.start,
                             .replica = {}};
    AddSlices({}, {&other, 1}, true, fleet);
  }
}

}  // namespace

std::string PlannedSliceId(std::string_view device, std::string_view profile, std::int32_t start) {
  return std::string(device) + "/" + std::string(profile) + "@" + std::to_string(start);
}

Result<Fleet> FleetOf(const Inventory& inventory, const HeldSlices& held) {
  Fleet fleet;
  for (const Device& device : inventory.devices) {
    if (fleet.FindModel(device.model) == nullptr) {
      const Result<DeviceModel> model = ModelOf(device, inventory.driver);
      if (!model) return model.error();
      if (Status added = fleet.AddModel(*model); !added) return added.error();
    }
    if (const auto added = fleet.AddDevice(device); !added) return added.error();
  }
  for (const auto& [workload, slices] : held) AddSlices(workload, slices, false, fleet);
  if (inventory.driver) AddOthers(*inventory.driver, fleet);
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
