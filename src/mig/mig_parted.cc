// SPDX-License-Identifier: Apache-2.0
#include "tidegate/mig_parted.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <optional>
#include <set>
#include <tuple>

#include "mig/fleet_impl.h"

namespace tidegate {
namespace {

constexpr std::string_view kNoNode = "default";

std::string ConfigName(const std::string& node) {
  return node.empty() ? std::string(kNoNode) : node;
}

std::map<std::string, std::int64_t> CountsOf(const FleetDevice& device, const DeviceModel& model) {
  std::map<std::string, std::int64_t> counts;
  for (const Slice& slice : device.slices) ++counts[model.profiles[slice.placed.profile].name];
  return counts;
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    out += control ? '?' : c;
  }
  return out + "\"";
}

std::string Text(const std::map<std::string, std::int64_t>& counts) {
  std::string text;
  for (const auto& [profile, count] : counts) {
    text += (text.empty() ? "" : ", ") + Quoted(profile) + ": " + std::to_string(count);
  }
  return "{" + text + "}";
}

bool SameId(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

bool PassesFilter(const MigPartedEntry& entry, const DeviceModel& model) {
  if (entry.device_filter.empty()) return true;
  return std::any_of(
      entry.device_filter.begin(), entry.device_filter.end(), [&](const std::string& wanted) {
        return std::any_of(model.pci_ids.begin(), model.pci_ids.end(),
                           [&](const std::string& id) { return SameId(id, wanted); });
      });
}

Result<ProfileCounts> WantedCounts(const DeviceModel& model, const MigPartedEntry& entry) {
  ProfileCounts counts(model.profiles.size());
  for (const auto& [name, count] : entry.mig_devices) {
    const Result<std::size_t> profile = FindProfile(model, name);
    if (!profile) return profile.error();
    counts[*profile] += count;
  }
  return counts;
}

// Of the states with these counts the one that keeps most of what is there, then the one with
// most room left; kNone: there is none.
int BestState(const Geometry& geometry, const DeviceModel& model, const ProfileCounts& counts,
              int current) {
  std::int64_t slices = 0;
  for (const std::int64_t count : counts) slices += count;
  int best = Geometry::kNone;
  std::tuple<int, std::int64_t> best_score{-1, -1};
  for (int state = 0; state < geometry.state_count(); ++state) {
    if (std::popcount(geometry.set(state)) != slices || geometry.Counts(state) != counts) continue;
    std::int64_t room = 0;
    for (std::size_t p = 0; p < counts.size(); ++p) {
      room += std::int64_t{model.profiles[p].compute_slices} *
              geometry.Fits(geometry.class_of(state), p);
    }
    const std::tuple score{std::popcount(geometry.set(state) & geometry.set(current)), room};
    if (score <= best_score) continue;
    best_score = score;
    best = state;
  }
  return best;
}

// Brings one device into a state.
Status SetState(Fleet& fleet, std::size_t index, int state) {
  const FleetDevice device = fleet.impl().devices[index];  // a copy: slices come and go
  const Geometry& geometry = *fleet.impl().models[device.model].geometry;
  std::uint64_t create = geometry.set(state);
  for (const Slice& slice : device.slices) {
    const std::uint64_t bit = std::uint64_t{1} << *fleet.impl().OptionOf(index, slice.placed);
    const bool stays = (create & bit) != 0;
    create &= ~bit;
    if (stays) continue;
    if (slice.pinned) return Error{ErrorCode::kUnavailable, slice.id + " is pinned, and would go"};
    if (Status removed = fleet.RemoveSlice(slice.id); !removed) return removed;
  }
  for (; create != 0; create &= create - 1) {
    const SlotOption& option =
        geometry.options()[static_cast<std::size_t>(std::countr_zero(create))];
    std::string id = device.device.id + "@" + std::to_string(option.span.start);
    while (fleet.FindSlice(id) != nullptr) id += "'";
    const Slice slice{.id = id, .device = index, .placed = {option.profile, option.span}};
    if (Status added = fleet.AddSlice(slice); !added) return added;
  }
  return {};
}

std::vector<std::size_t> DevicesOf(const Fleet& fleet, std::string_view node) {
  std::vector<std::size_t> devices;
  for (std::size_t d = 0; d < fleet.device_count(); ++d) {
    if (fleet.device(d).node == node) devices.push_back(d);
  }
  return devices;
}

bool Before(const PlacedSlice& a, const PlacedSlice& b) {
  return std::tuple(a.span.start, a.profile) < std::tuple(b.span.start, b.profile);
}

std::vector<PlacedSlice> PlacedOn(const FleetDevice& device) {
  std::vector<PlacedSlice> placed;
  for (const Slice& slice : device.slices) placed.push_back(slice.placed);
  std::sort(placed.begin(), placed.end(), Before);
  return placed;
}

}  // namespace

MigPartedConfigs ToMigParted(const Fleet& fleet) {
  MigPartedConfigs configs;
  std::map<std::string, std::int64_t> next;  // by node: the index of its next device
  for (const FleetDevice& device : fleet.impl().devices) {
    const std::string name = ConfigName(device.device.node);
    const DeviceModel& model = *fleet.impl().models[device.model].model;
    MigPartedEntry entry{.devices = {next[name]++}, .mig_devices = CountsOf(device, model)};
    std::vector<MigPartedEntry>& entries = configs[name];
    const auto alike = std::find_if(entries.begin(), entries.end(), [&](const auto& other) {
      return other.mig_devices == entry.mig_devices;
    });
    if (alike != entries.end()) {
      alike->devices.push_back(entry.devices.front());
    } else {
      entries.push_back(std::move(entry));
    }
  }
  return configs;
}

std::string MigPartedYaml(const MigPartedConfigs& configs) {
  std::string out = "version: v1\nmig-configs:\n";
  for (const auto& [name, entries] : configs) {
    out += "  " + Quoted(name) + ":\n";
    for (const MigPartedEntry& entry : entries) {
      std::string filter, devices;
      for (const std::string& id : entry.device_filter) {
        filter += (filter.empty() ? "" : ", ") + Quoted(id);
      }
      for (const std::int64_t device : entry.devices) {
        devices += (devices.empty() ? "" : ", ") + std::to_string(device);
      }
      out += filter.empty() ? "    - " : "    - device-filter: [" + filter + "]\n      ";
      out += "devices: " + (entry.all_devices ? "all" : "[" + devices + "]") + "\n";
      out += std::string("      mig-enabled: ") + (entry.mig_enabled ? "true" : "false") + "\n";
      out += "      mig-devices: " + Text(entry.mig_devices) + "\n";
    }
  }
  return out;
}

Status ApplyMigParted(Fleet& fleet, std::string_view node, const MigPartedEntry& entry) {
  const std::vector<std::size_t> devices = DevicesOf(fleet, node);
  const auto count = static_cast<std::int64_t>(devices.size());
  std::set<std::int64_t> wanted(entry.devices.begin(), entry.devices.end());
  for (const std::int64_t index : wanted) {
    if (index >= 0 && index < count) continue;
    return Error{ErrorCode::kNotFound, "there is no device " + std::to_string(index) +
                                           ": the node has " + std::to_string(count)};
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const std::size_t device = devices[static_cast<std::size_t>(i)];
    const DeviceModel& model = fleet.model_of(device);
    const bool named = entry.all_devices || wanted.count(i) > 0;
    if (!named || !PassesFilter(entry, model)) continue;
    const Result<ProfileCounts> counts = WantedCounts(model, entry);
    if (!counts) return counts.error();
    const Fleet::Impl& impl = fleet.impl();
    const Geometry& geometry = *impl.models[impl.devices[device].model].geometry;
    const int state = BestState(geometry, model, *counts, impl.devices[device].state);
    if (state == Geometry::kNone) {
      return Error{ErrorCode::kInvalidArgument,
                   model.id + " cannot have " + Text(entry.mig_devices) + " together"};
    }
    if (Status set = SetState(fleet, device, state); !set) return set;
  }
  return {};
}

std::vector<DeviceChange> LayoutChanges(const Fleet& before, const Fleet& after) {
  std::vector<DeviceChange> changes;
  for (std::size_t d = 0; d < after.device_count(); ++d) {
    const auto known = before.impl().device_by_id.find(after.device(d).id);
    std::vector<PlacedSlice> old;
    if (known != before.impl().device_by_id.end()) {
      old = PlacedOn(before.impl().devices[known->second]);
    }
    const std::vector<PlacedSlice> wanted = PlacedOn(after.impl().devices[d]);
    DeviceChange change{.device = d};
    std::set_intersection(old.begin(), old.end(), wanted.begin(), wanted.end(),
                          std::back_inserter(change.keep), Before);
    std::set_difference(old.begin(), old.end(), wanted.begin(), wanted.end(),
                        std::back_inserter(change.destroy), Before);
    std::set_difference(wanted.begin(), wanted.end(), old.begin(), old.end(),
                        std::back_inserter(change.create), Before);
    if (!change.destroy.empty() || !change.create.empty()) changes.push_back(std::move(change));
  }
  return changes;
}

std::map<std::string, std::int64_t> NodeResources(const Fleet& fleet, std::string_view node) {
  std::map<std::string, std::int64_t> resources;
  for (const std::size_t device : DevicesOf(fleet, node)) {
    for (const Slice& slice : fleet.slices(device)) {
      ++resources[KubernetesResource(fleet.model_of(device).profiles[slice.placed.profile])];
    }
  }
  return resources;
}

std::map<std::string, std::string> NodeLabels(const Fleet& fleet, std::string_view node) {
  std::map<std::string, std::string> labels;
  labels["nvidia.com/mig.config"] = ConfigName(std::string(node));
  labels["nvidia.com/mig.strategy"] = "mixed";
  for (const std::size_t device : DevicesOf(fleet, node)) {
    for (const Slice& slice : fleet.slices(device)) {
      const SliceProfile& profile = fleet.model_of(device).profiles[slice.placed.profile];
      const std::string prefix = KubernetesResource(profile);
      const std::string compute = std::to_string(profile.compute_slices);
      labels[prefix + ".slices.gi"] = labels[prefix + ".slices.ci"] = compute;
      if (profile.memory_mib) labels[prefix + ".memory"] = std::to_string(*profile.memory_mib);
      if (profile.sm_count) labels[prefix + ".multiprocessors"] = std::to_string(*profile.sm_count);
    }
  }
  for (const auto& [resource, count] : NodeResources(fleet, node)) {
    labels[resource + ".count"] = std::to_string(count);
  }
  return labels;
}

}  // namespace tidegate
