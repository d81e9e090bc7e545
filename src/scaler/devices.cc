// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "scaler/commands.h"
#include "tidegate/nvml.h"

namespace tidegate::scaler {

namespace {

using Json = nlohmann::ordered_json;

std::string Mode(const NvmlDevice& device) {
  if (!device.mig) return "none";
  std::string mode = *device.mig ? "on" : "off";
  if (device.mig_pending) mode += std::string(", pending ") + (*device.mig_pending ? "on" : "off");
  return mode;
}

std::string Starts(const std::vector<SliceSpan>& spans) {
  std::string text;
  for (const SliceSpan& span : spans) {
    text += (text.empty() ? "" : ",") + std::to_string(span.start);
  }
  return text;
}

// An instance is named by the profile that its GPU reports for it.
std::string ProfileName(const NvmlDevice& device, std::uint32_t id) {
  for (const ProfileReading& profile : device.profiles) {
    if (profile.gi_profile_id == id) return profile.name;
  }
  return "id " + std::to_string(id);
}

void PrintTable(const NvmlInventory& inventory) {
  std::printf("driver %s, %zu GPU%s\n", inventory.driver_version.c_str(), inventory.devices.size(),
              inventory.devices.size() == 1 ? "" : "s");
  for (const NvmlDevice& device : inventory.devices) {
    std::printf("\n%s  %s  %s\n  MIG: %s\n", device.name.c_str(), device.uuid.c_str(),
                device.bus_id.c_str(), Mode(device).c_str());
    for (const ProfileReading& profile : device.profiles) {
      std::printf(
          "  %-16s id %-3u up to %d, %lld MiB, %d SMs, %d compute and %zu memory slices at %s\n",
          profile.name.c_str(), profile.gi_profile_id, profile.max_instances,
          static_cast<long long>(profile.memory_mib), profile.sm_count, profile.compute_slices,
          profile.placements.empty() ? std::size_t{0} : profile.placements.front().size,
          Starts(profile.placements).c_str());
    }
    for (const NvmlSlice& slice : device.slices) {
      std::printf("  instance %u: %s@%d", slice.gpu_instance,
                  ProfileName(device, slice.gi_profile_id).c_str(), slice.span.start);
      for (const std::string& uuid : slice.uuids) std::printf(" %s", uuid.c_str());
      std::printf("\n");
    }
    if (device.slices_error) {
      std::printf("  instances: cannot be read: %s\n", device.slices_error->message.c_str());
    }
  }
}

Json ToJson(const SliceSpan& span) { return {{"start", span.start}, {"size", span.size}}; }

Json ToJson(const Engines& engines) {
  return {{"copy", engines.copy.value_or(0)},
          {"nvdec", engines.nvdec.value_or(0)},
          {"nvenc", engines.nvenc.value_or(0)},
          {"nvjpg", engines.nvjpg.value_or(0)},
          {"ofa", engines.ofa.value_or(0)}};
}

Json ToJson(const NvmlDevice& device) {
  Json json{{"uuid", device.uuid},    {"name", device.name}, {"busId", device.bus_id},
            {"pciId", device.pci_id}, {"mig", Mode(device)}, {"profiles", Json::array()},
            {"slices", Json::array()}};
  for (const ProfileReading& profile : device.profiles) {
    Json placements = Json::array();
    for (const SliceSpan& span : profile.placements) placements.push_back(ToJson(span));
    json["profiles"].push_back({{"id", profile.gi_profile_id},
                                {"name", profile.name},
                                {"computeSlices", profile.compute_slices},
                                {"memoryMiB", profile.memory_mib},
                                {"smCount", profile.sm_count},
                                {"maxInstances", profile.max_instances},
                                {"engines", ToJson(profile.engines)},
                                {"placements", placements}});
  }
  for (const NvmlSlice& slice : device.slices) {
    json["slices"].push_back({{"gpuInstance", slice.gpu_instance},
                              {"profileId", slice.gi_profile_id},
                              {"span", ToJson(slice.span)},
                              {"uuids", slice.uuids}});
  }
  if (device.slices_error) json["slicesError"] = device.slices_error->message;
  return json;
}

void PrintJson(const NvmlInventory& inventory) {
  Json json{{"driver", inventory.driver_version}, {"devices", Json::array()}};
  for (const NvmlDevice& device : inventory.devices) json["devices"].push_back(ToJson(device));
  std::printf("%s\n", json.dump(2).c_str());
}

Status Print(const DevicesCommand& command) {
  if (command.format == DevicesFormat::kFleet) {
    const Result<std::string> yaml = FleetOfThisMachine(command.nvml);
    if (!yaml) return yaml.error();
    std::printf("%s", yaml->c_str());
    return {};
  }
  const Result<NvmlInventory> inventory = ReadNvml(command.nvml);
  if (!inventory) return inventory.error();
  if (command.format == DevicesFormat::kJson) {
    PrintJson(*inventory);
  } else {
    PrintTable(*inventory);
  }
  return {};
}

}  // namespace

Result<std::string> FleetOfThisMachine(const NvmlOptions& options) {
  const Result<NvmlInventory> inventory = ReadNvml(options);
  if (!inventory) return inventory.error();
  const Result<NvmlFleet> read = FleetFromNvml(*inventory);
  if (!read) return read.error();
  const Fleet& fleet = read->fleet;
  std::string yaml;
  for (const std::string& note : read->notes) yaml += "# " + note + "\n";
  if (fleet.device_count() == 0) {
    return Error{ErrorCode::kNotFound, yaml + "no GPU here can be partitioned by MIG"};
  }
  yaml += "apiVersion: tidegate.dev/v1alpha1\nkind: Fleet\nspec:\n  devices:\n";
  for (std::size_t i = 0; i < fleet.device_count(); ++i) {
    yaml += "  - {id: " + fleet.device(i).id + ", model: " + fleet.device(i).model;
    std::string slices;
    for (const Slice& slice : fleet.slices(i)) {
      slices += (slices.empty() ? "" : ",\n      ") + std::string("{id: \"") + slice.id +
                "\", profile: " + fleet.model_of(i).profiles[slice.placed.profile].name +
                ", start: " + std::to_string(slice.placed.span.start) + "}";
    }
    yaml += (slices.empty() ? "" : ",\n     slices: [\n      " + slices + "]") + "}\n";
  }
  return yaml;
}

int Devices(const DevicesCommand& command) {
  const Status done = Print(command);
  if (done) return 0;
  std::fprintf(stderr, "%s\n", done.error().message.c_str());
  return 1;
}

}  // namespace tidegate::scaler
