// SPDX-License-Identifier: Apache-2.0
#include "nvml/slice_table.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace tidegate::nvml {
namespace {

bool MadeByUs(const std::string& gpu, const NvmlSlice& slice, const std::vector<MadeSlice>& made) {
  return std::any_of(made.begin(), made.end(), [&](const MadeSlice& each) {
    return each.gpu == gpu && each.slice.gpu_instance == slice.gpu_instance &&
           each.slice.gi_profile_id == slice.gi_profile_id && each.slice.span == slice.span;
  });
}

bool AnyIn(const std::vector<std::string>& uuids, const std::set<std::string>& set) {
  return std::any_of(uuids.begin(), uuids.end(),
                     [&](const std::string& uuid) { return set.count(uuid) > 0; });
}

// What the catalogue has and this driver does not make.
void AddRefused(const DeviceModel& driver_has, std::vector<RefusedLayout>& refused) {
  const Result<DeviceModel> catalogue = FindDeviceModel(driver_has.id);
  if (!catalogue) return;
  const auto add = [&](std::vector<std::string> profiles) {
    RefusedLayout layout{catalogue->id, std::move(profiles)};
    if (std::find(refused.begin(), refused.end(), layout) == refused.end()) {
      refused.push_back(std::move(layout));
    }
  };
  for (const SliceProfile& profile : catalogue->profiles) {
    if (!FindProfile(driver_has, profile.name)) add({profile.name});
  }
  for (const std::vector<std::string>& profiles : driver_has.refused) add(profiles);
}

class InventoryBuilder {
 public:
  InventoryBuilder(const NvmlInventory& seen, const std::vector<MadeSlice>& made,
                   const std::vector<RefusedLayout>& refused, const SliceRules& rules)
      : seen_(seen), made_(made), rules_(rules) {
    driver_.reconfigure = rules.reconfigure;
    driver_.refused = refused;
  }

  Inventory Build() {
    for (const std::string& lost : seen_.lost) driver_.notes.push_back(lost);
    for (const NvmlDevice& device : seen_.devices) {
      if (!rules_.gpus.empty() && rules_.gpus.count(device.uuid) == 0) continue;
      const Status added = Add(device);
      if (!added) driver_.notes.push_back(device.uuid + ": " + added.error().message);
    }
    out_.driver = std::move(driver_);
    return std::move(out_);
  }

 private:
  Status Add(const NvmlDevice& device) {
    if (device.mig != true) {
      return Error{ErrorCode::kUnavailable, device.mig ? "MIG is off" : "has no MIG"};
    }
    if (device.slices_error) {
      return Error{device.slices_error->code,
                   "its slices cannot be read: " + device.slices_error->message};
    }
    const Result<DeviceModel> model = DriverModel(device, seen_.driver_version);
    if (!model) return model.error();
    const Result<std::vector<KnownSlice>> slices = KnownSlices(device, *model, made_, rules_);
    if (!slices) return slices.error();
    AddRefused(*model, driver_.refused);
    out_.devices.push_back(
        {.id = device.uuid, .model = model->id, .node = rules_.node, .domain = {}});
    for (const KnownSlice& known : *slices) {
      driver_.slices.push_back({.id = SliceId(device.uuid, known.slice),
                                .device = device.uuid,
                                .profile = model->profiles[known.placed.profile].name,
                                .start = known.placed.span.start,
                                .usable = known.usable,
                                .removable = known.removable});
    }
    return {};
  }

  const NvmlInventory& seen_;
  const std::vector<MadeSlice>& made_;
  const SliceRules& rules_;
  DriverSlices driver_;
  Inventory out_;
};

}  // namespace

std::optional<PlacedSlice> PlacedOf(const DeviceModel& model, const NvmlSlice& slice) {
  for (std::size_t p = 0; p < model.profiles.size(); ++p) {
    if (model.profiles[p].gi_profile_id == slice.gi_profile_id) return PlacedSlice{p, slice.span};
  }
  return std::nullopt;
}

std::string SliceId(const std::string& gpu, const NvmlSlice& slice) {
  return slice.uuids.size() == 1 ? slice.uuids.front()
                                 : gpu + "/gi" + std::to_string(slice.gpu_instance);
}

Result<DeviceModel> DriverModel(const NvmlDevice& device, const std::string& driver_version) {
  Result<DeviceModel> known = FindDeviceModel(device.name);
  if (!known) known = FindDeviceModel(device.pci_id);
  if (!known) return known.error();
  Result<DeviceModel> model = ForDriver(*known, std::atoi(driver_version.c_str()));
  if (!model || device.profiles.empty()) return model;
  std::erase_if(model->profiles, [&](const SliceProfile& profile) {
    return std::none_of(device.profiles.begin(), device.profiles.end(),
                        [&](const ProfileReading& reading) {
                          return profile.gi_profile_id == reading.gi_profile_id;
                        });
  });
  return model;
}

Result<std::vector<KnownSlice>> KnownSlices(const NvmlDevice& device, const DeviceModel& model,
                                            const std::vector<MadeSlice>& made,
                                            const SliceRules& rules) {
  std::vector<KnownSlice> known;
  for (const NvmlSlice& slice : device.slices) {
    const std::optional<PlacedSlice> placed = PlacedOf(model, slice);
    if (!placed) {
      return Error{ErrorCode::kNotFound,
                   "a slice has the unknown profile id " + std::to_string(slice.gi_profile_id)};
    }
    const bool free = slice.processes.empty() && !AnyIn(slice.uuids, rules.reserved);
    const bool ours = MadeByUs(device.uuid, slice, made) || AnyIn(slice.uuids, rules.expendable);
    known.push_back({.placed = *placed,
                     .slice = slice,
                     .usable = free && slice.uuids.size() == 1,
                     .removable = free && ours && rules.reconfigure});
  }
  return known;
}

Inventory InventoryOf(const NvmlInventory& seen, const std::vector<MadeSlice>& made,
                      const std::vector<RefusedLayout>& refused, const SliceRules& rules) {
  return InventoryBuilder(seen, made, refused, rules).Build();
}

Result<std::vector<NvmlSlice>> InTheWay(const DeviceModel& model, const PlacedSlice& wanted,
                                        std::span<const KnownSlice> slices) {
  std::vector<PlacedSlice> layout = {wanted};
  for (const KnownSlice& each : slices) {
    if (!each.removable) layout.push_back(each.placed);
  }
  if (const Status fits = CheckLayout(model, layout); !fits) {
    return Error{ErrorCode::kConflict,
                 "does not fit beside what is there: " + fits.error().message};
  }
  std::vector<NvmlSlice> going;
  for (const KnownSlice& each : slices) {
    if (!each.removable) continue;
    layout.push_back(each.placed);
    if (CheckLayout(model, layout)) continue;
    layout.pop_back();
    going.push_back(each.slice);
  }
  return going;
}

}  // namespace tidegate::nvml
