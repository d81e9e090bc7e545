// SPDX-License-Identifier: Apache-2.0
//
// What NVML says -> a fleet of the MIG rules.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "tidegate/nvml.h"

namespace tidegate {

namespace {

class FleetBuilder {
 public:
  FleetBuilder(const NvmlInventory& inventory, const std::string& node)
      : inventory_(inventory), node_(node) {}

  Result<NvmlFleet> Build() {
    for (const std::string& lost : inventory_.lost) out_.notes.push_back(lost + ", left out");
    for (const NvmlDevice& device : inventory_.devices) {
      if (!device.mig) {
        Note(device, "has no MIG, left out");
      } else if (const Status added = Add(device); !added) {
        return Error{added.error().code, Title(device) + ": " + added.error().message};
      }
    }
    return std::move(out_);
  }

 private:
  static std::string Title(const NvmlDevice& device) {
    return device.name + " (" + device.uuid + ")";
  }

  void Note(const NvmlDevice& device, const std::string& text) {
    out_.notes.push_back(Title(device) + ": " + text);
  }

  Status Add(const NvmlDevice& device) {
    if (device.slices_error) {
      return Error{ErrorCode::kNoData,
                   "its slices cannot be read: " + device.slices_error->message};
    }
    Result<DeviceModel> model = ModelOf(device);
    if (!model) return model.error();
    if (!*device.mig) Note(device, "MIG is off; slices need it on, which takes an idle GPU");
    if (device.mig_pending) {
      Note(device, std::string("MIG will be ") + (*device.mig_pending ? "on" : "off") +
                       " after a reset of the GPU");
    }
    if (out_.fleet.FindModel(model->id) == nullptr) {
      if (Status added = out_.fleet.AddModel(*model); !added) return added;
    }
    const Result<std::size_t> index =
        out_.fleet.AddDevice({.id = device.uuid, .model = model->id, .node = node_});
    if (!index) return index.error();
    for (const NvmlSlice& slice : device.slices) {
      if (Status added = AddSlice(device, slice, *model, *index); !added) return added;
    }
    return {};
  }

  // What the driver says goes before the catalogue; where it keeps silent, its branch tells which
  // of the catalogue's profiles it has.
  Result<DeviceModel> ModelOf(const NvmlDevice& device) {
    Result<DeviceModel> known = FindDeviceModel(device.name);
    if (!known) known = FindDeviceModel(device.pci_id);
    if (!known) return known.error();
    if (device.profiles.empty()) {
      Note(device, "the driver names no profiles, so the catalogue's are taken");
      return ForDriver(*known, std::atoi(inventory_.driver_version.c_str()));
    }
    Result<ModelReading> reading = ApplyReadings(*known, device.profiles);
    if (!reading) return reading.error();
    for (const std::string& drift : reading->drift) Note(device, drift);
    return std::move(reading->model);
  }

  Status AddSlice(const NvmlDevice& device, const NvmlSlice& slice, const DeviceModel& model,
                  std::size_t index) {
    const auto profile = std::find_if(
        model.profiles.begin(), model.profiles.end(),
        [&](const SliceProfile& each) { return each.gi_profile_id == slice.gi_profile_id; });
    if (profile == model.profiles.end()) {
      return Error{ErrorCode::kNotFound, "GPU instance " + std::to_string(slice.gpu_instance) +
                                             " has the unknown profile id " +
                                             std::to_string(slice.gi_profile_id)};
    }
    const std::string id = slice.uuids.size() == 1
                               ? slice.uuids.front()
                               : device.uuid + "/gi" + std::to_string(slice.gpu_instance);
    return out_.fleet.AddSlice(
        {.id = id,
         .device = index,
         .placed = {static_cast<std::size_t>(profile - model.profiles.begin()), slice.span},
         .group = {},
         .pinned = false});
  }

  const NvmlInventory& inventory_;
  const std::string& node_;
  NvmlFleet out_;
};

}  // namespace

Result<NvmlFleet> FleetFromNvml(const NvmlInventory& inventory, const std::string& node) {
  return FleetBuilder(inventory, node).Build();
}

}  // namespace tidegate
