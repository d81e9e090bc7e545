// SPDX-License-Identifier: Apache-2.0
//
// The catalogue as values, and how to find a model or a profile in it.
#include <algorithm>
#include <cctype>
#include <string>

#include "mig/catalogue_table.h"
#include "tidegate/mig.h"

namespace tidegate {
namespace {

using mig_table::DeviceRow;
using mig_table::EngineRow;
using mig_table::ProfileRow;

template <typename T>
std::optional<T> Known(int value) {
  if (value == mig_table::kU) return std::nullopt;
  return static_cast<T>(value);
}

Engines MakeEngines(const EngineRow& row) {
  using N = std::int32_t;
  return {Known<N>(row.copy), Known<N>(row.nvdec), Known<N>(row.nvenc), Known<N>(row.nvjpg),
          Known<N>(row.ofa)};
}

std::vector<std::string> Split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('|'), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

SliceProfile MakeProfile(const ProfileRow& row, int device_driver) {
  SliceProfile profile;
  profile.name = row.name;
  profile.aliases = Split(row.alias);
  profile.gi_profile_id = Known<std::uint32_t>(row.gi_profile_id);
  profile.nvml_profile = Known<std::uint32_t>(row.nvml_profile);
  profile.compute_slices = row.compute_slices;
  profile.memory_slices = row.memory_slices;
  profile.memory_mib = Known<std::int64_t>(row.memory_mib);
  profile.sm_count = Known<std::int32_t>(row.sm_count);
  profile.max_instances = row.max_instances;
  for (unsigned start = 0; start < 32; ++start) {
    if ((row.starts >> start & 1U) == 0) continue;
    profile.placements.push_back(
        {static_cast<std::uint8_t>(start), static_cast<std::uint8_t>(row.memory_slices)});
  }
  profile.engines = MakeEngines(row.engines);
  profile.attributes = {
      .media = (row.attributes & mig_table::kMe) != 0,
      .all_media = (row.attributes & mig_table::kAllMe) != 0,
      .no_media = (row.attributes & mig_table::kNoMe) != 0,
      .graphics = (row.attributes & mig_table::kGfx) != 0,
  };
  profile.min_driver = row.min_driver != 0 ? row.min_driver : device_driver;
  return profile;
}

PlacementSource SourceOf(std::string_view confidence) {
  constexpr PlacementSource kSources[] = {PlacementSource::kMeasured, PlacementSource::kCaptured,
                                          PlacementSource::kInferred};
  for (const PlacementSource source : kSources) {
    if (ToString(source) == confidence) return source;
  }
  return PlacementSource::kUndocumented;
}

DeviceModel MakeModel(const DeviceRow& row) {
  DeviceModel model;
  model.id = row.id;
  model.architecture = row.architecture;
  model.products = Split(row.products);
  model.pci_ids = Split(row.pci_ids);
  model.compute_slices = row.compute_slices;
  model.memory_slices = row.memory_slices;
  model.max_instances = row.max_instances;
  model.engine_pool = MakeEngines(row.engine_pool);
  model.placement_source = SourceOf(row.confidence);
  model.min_driver = row.min_driver;
  for (const ProfileRow& profile : row.profiles) {
    model.profiles.push_back(MakeProfile(profile, row.min_driver));
  }
  return model;
}

constexpr std::string_view kVendor = "nvidia-";

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = c == ' ' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

// Kubernetes labels write product names with dashes, and append what is shared: "-MIG-1g.5gb".
// Drivers differ in whether they say "NVIDIA".
std::string ProductKey(std::string_view name) {
  std::string key = Lower(name);
  if (key.rfind(kVendor, 0) == 0) key.erase(0, kVendor.size());
  for (const std::string_view suffix : {"-mig-", "-shared"}) {
    key.resize(std::min(key.find(suffix), key.size()));
  }
  return key;
}

bool IsCalled(const DeviceModel& model, const std::string& key) {
  const auto same = [&key](const std::string& name) { return ProductKey(name) == key; };
  return same(model.id) || std::any_of(model.products.begin(), model.products.end(), same) ||
         std::any_of(model.pci_ids.begin(), model.pci_ids.end(), same);
}

// '+' of a profile is '.' in a Kubernetes resource: one spelling for both.
std::string ProfileKey(std::string_view name) {
  for (const std::string_view prefix : {"nvidia.com/", "mig-"}) {
    if (name.substr(0, prefix.size()) == prefix) name.remove_prefix(prefix.size());
  }
  std::string key = Lower(name);
  std::replace(key.begin(), key.end(), '+', '.');
  return key;
}

}  // namespace

std::string_view ToString(PlacementSource source) noexcept {
  constexpr std::string_view kNames[] = {"measured", "captured", "inferred", "undocumented"};
  return kNames[static_cast<std::size_t>(source)];
}

std::span<const DeviceModel> DeviceModels() {
  static const std::vector<DeviceModel> models = [] {
    std::vector<DeviceModel> made;
    for (const DeviceRow& row : mig_table::kDevices) made.push_back(MakeModel(row));
    return made;
  }();
  return models;
}

Result<DeviceModel> FindDeviceModel(std::string_view name) {
  const std::string key = ProductKey(name);
  std::string known;
  for (const DeviceModel& model : DeviceModels()) {
    if (IsCalled(model, key)) return model;
    known += (known.empty() ? "" : ", ") + model.id;
  }
  return Error{ErrorCode::kNotFound,
               "\"" + std::string(name) + "\" is not in the MIG catalogue (" + known +
                   "); without it the GPU instance profiles and their possible placements must "
                   "be read from NVML (driver R570 or later, or MIG mode on)"};
}

Result<std::size_t> FindProfile(const DeviceModel& model, std::string_view name) {
  for (std::size_t i = 0; i < model.profiles.size(); ++i) {
    if (model.profiles[i].name == name) return i;
  }
  const std::string key = ProfileKey(name);
  std::string known;
  for (std::size_t i = 0; i < model.profiles.size(); ++i) {
    const SliceProfile& profile = model.profiles[i];
    if (ProfileKey(profile.name) == key) return i;
    known += (i == 0 ? "" : ", ") + profile.name;
  }
  // A name of its own goes before another driver's name of something else.
  for (std::size_t i = 0; i < model.profiles.size(); ++i) {
    for (const std::string& alias : model.profiles[i].aliases) {
      if (ProfileKey(alias) == key) return i;
    }
  }
  return Error{ErrorCode::kNotFound,
               model.id + " has no profile \"" + std::string(name) + "\"; it has " + known};
}

std::string KubernetesResource(const SliceProfile& profile) {
  std::string name = profile.name;
  std::replace(name.begin(), name.end(), '+', '.');
  return "nvidia.com/mig-" + name;
}

}  // namespace tidegate
