// SPDX-License-Identifier: Apache-2.0
#include "config/devices.h"

#include <algorithm>
#include <deque>

#include "config/documents.h"
#include "config/scalars.h"

namespace tidegate::config {

std::string Suggest(const std::string& word, const std::vector<std::string_view>& known) {
  std::string near = Nearest(word, known);
  if (!near.empty()) return near;
  std::string list;
  for (const std::string_view each : known) list += (list.empty() ? "" : ", ") + std::string(each);
  return "; known are " + list;
}

std::string UnknownModel(const std::string& name) {
  std::vector<std::string_view> known;
  for (const DeviceModel& model : DeviceModels()) {
    known.push_back(model.id);
    known.insert(known.end(), model.products.begin(), model.products.end());
  }
  const std::string near = Nearest(name, known);
  return near.empty() ? FindDeviceModel(name).error().message
                      : "no GPU model is called " + JsonString(name) + near;
}

std::vector<std::string_view> ProfileNames(const DeviceModel& model) {
  std::vector<std::string_view> names;
  for (const SliceProfile& profile : model.profiles) names.push_back(profile.name);
  return names;
}

std::string ProfileProblem(const DevicesOptions& devices, const std::string& profile) {
  std::deque<DeviceModel> models;  // stay where they are: names point into them
  std::vector<std::string_view> known;
  if (devices.nvml) {  // which models there are shows when it starts
    for (const DeviceModel& model : DeviceModels()) {
      if (FindProfile(model, profile)) return {};
      for (const std::string_view name : ProfileNames(model)) known.push_back(name);
    }
    return "no GPU has a profile " + JsonString(profile) + Nearest(profile, known);
  }
  for (const SimulatedDevices& entry : devices.simulated) {
    const Result<DeviceModel> model = FindDeviceModel(entry.model);
    if (!model) continue;
    if (FindProfile(*model, profile)) return {};
    models.push_back(*model);
    for (const std::string_view name : ProfileNames(models.back())) {
      if (std::find(known.begin(), known.end(), name) == known.end()) known.push_back(name);
    }
  }
  return "no GPU of the Scaler's devices has a profile " + JsonString(profile) +
         Suggest(profile, known);
}

std::string SpellingProblem(const DevicesOptions& devices, const std::string& profile) {
  for (const SimulatedDevices& entry : devices.simulated) {
    const Result<DeviceModel> model = FindDeviceModel(entry.model);
    if (!model) continue;
    const Result<std::size_t> index = FindProfile(*model, profile);
    if (!index || model->profiles[*index].name == profile) continue;
    return "want the driver's name, " + JsonString(model->profiles[*index].name) + ", got " +
           JsonString(profile);
  }
  return {};
}

}  // namespace tidegate::config

namespace tidegate {

Result<Inventory> MakeInventory(const DevicesOptions& options) {
  Inventory inventory;
  std::map<std::string, std::int64_t> next;  // entries of one model go on where others end
  for (const SimulatedDevices& entry : options.simulated) {
    std::int64_t& first = next[entry.node + "/" + entry.model];
    auto devices = SimulateDevices(entry.model, first + entry.count, entry.node);
    if (!devices) return devices.error();
    inventory.devices.insert(inventory.devices.end(), devices->begin() + first, devices->end());
    first += entry.count;
  }
  for (const auto& [name, devices] : options.budgets) {
    const Result<DeviceModel> model = FindDeviceModel(name);
    if (!model) return model.error();
    inventory.budgets.push_back({model->id, devices});
  }
  inventory.repack_after = options.repack_after;
  return inventory;
}

}  // namespace tidegate
