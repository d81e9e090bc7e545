// SPDX-License-Identifier: Apache-2.0
//
// A model as the driver of a machine has it: names, memory and placements drift, ids do not.
#include <algorithm>
#include <string>

#include "tidegate/mig.h"

namespace tidegate {
namespace {

std::string Text(std::span<const SliceSpan> spans) {
  std::string text = "{";
  for (const SliceSpan& span : spans) {
    text +=
        (text.size() > 1 ? "," : "") + std::to_string(span.start) + ":" + std::to_string(span.size);
  }
  return text + "}";
}

Status CheckReading(const DeviceModel& model, const ProfileReading& reading) {
  const auto bad = [&](const std::string& what) {
    return Error{ErrorCode::kInvalidArgument, model.id + ": profile " + reading.name + " (id " +
                                                  std::to_string(reading.gi_profile_id) +
                                                  "): " + what};
  };
  if (reading.name.empty()) return bad("has no name");
  if (reading.compute_slices < 1) return bad("has no compute slice");
  if (reading.max_instances < 1) return bad("can have no instance");
  for (const SliceSpan& span : reading.placements) {
    if (span.size == 0 || span.size != reading.placements.front().size) {
      return bad("placements differ in size: " + Text(reading.placements));
    }
    if (span.start + span.size > model.memory_slices) {
      return bad("placement " + Text({&span, 1}) + " ends after memory slice " +
                 std::to_string(model.memory_slices));
    }
  }
  return {};
}

void Apply(const ProfileReading& reading, SliceProfile& profile, std::vector<std::string>& drift) {
  const std::string id = "id " + std::to_string(reading.gi_profile_id);
  if (reading.name != profile.name) {
    drift.push_back(id + ": is called " + reading.name + ", not " + profile.name);
    profile.aliases.push_back(profile.name);
    profile.name = reading.name;
  }
  if (profile.memory_mib && reading.memory_mib != *profile.memory_mib) {
    drift.push_back(reading.name + ": " + std::to_string(reading.memory_mib) + " MiB, not " +
                    std::to_string(*profile.memory_mib));
  }
  if (!reading.placements.empty() && reading.placements != profile.placements) {
    drift.push_back(reading.name + ": placements " + Text(reading.placements) + ", not " +
                    Text(profile.placements));
    profile.placements = reading.placements;
    profile.memory_slices = reading.placements.front().size;
  }
  profile.compute_slices = reading.compute_slices;
  profile.memory_mib = reading.memory_mib;
  profile.sm_count = reading.sm_count;
  profile.max_instances = reading.max_instances;
  profile.engines = reading.engines;
}

}  // namespace

Result<ModelReading> ApplyReadings(const DeviceModel& model,
                                   std::span<const ProfileReading> readings) {
  ModelReading out{model, {}};
  std::vector<SliceProfile> profiles;
  for (const ProfileReading& reading : readings) {
    if (const Status status = CheckReading(model, reading); !status) return status.error();
    const auto known = std::find_if(
        model.profiles.begin(), model.profiles.end(),
        [&](const SliceProfile& p) { return p.gi_profile_id == reading.gi_profile_id; });
    if (known != model.profiles.end()) {
      profiles.push_back(*known);
    } else {
      out.drift.push_back("id " + std::to_string(reading.gi_profile_id) + ": " + reading.name +
                          " is new");
      profiles.push_back({.name = reading.name, .gi_profile_id = reading.gi_profile_id});
    }
    Apply(reading, profiles.back(), out.drift);
  }
  for (const SliceProfile& profile : model.profiles) {
    const bool there = std::any_of(profiles.begin(), profiles.end(), [&](const SliceProfile& p) {
      return p.gi_profile_id == profile.gi_profile_id;
    });
    if (!there) out.drift.push_back(profile.name + ": the driver does not report it");
  }
  out.model.profiles = std::move(profiles);
  out.model.placement_source = PlacementSource::kMeasured;
  return out;
}

Result<DeviceModel> ForDriver(const DeviceModel& model, std::int32_t driver_branch) {
  if (driver_branch < model.min_driver) {
    return Error{ErrorCode::kInvalidArgument,
                 model.id + " needs driver R" + std::to_string(model.min_driver) +
                     " for MIG, got R" + std::to_string(driver_branch)};
  }
  DeviceModel out = model;
  std::erase_if(out.profiles, [&](const SliceProfile& p) { return p.min_driver > driver_branch; });
  constexpr std::int32_t kFourPlusThree = 510;  // the first branch that makes both on one A100
  if (model.architecture == "Ampere" && driver_branch < kFourPlusThree) {
    std::string three, four;
    for (const SliceProfile& profile : out.profiles) {
      if (profile.compute_slices == 3) three = profile.name;
      if (profile.compute_slices == 4) four = profile.name;
    }
    if (!three.empty() && !four.empty()) out.refused.push_back({four, three});
  }
  return out;
}

}  // namespace tidegate
