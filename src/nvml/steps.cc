// SPDX-License-Identifier: Apache-2.0
//
// From the GPUs as they are to a fleet, one slice after the other.
#include <algorithm>
#include <utility>

#include "tidegate/nvml.h"

namespace tidegate {
namespace {

const NvmlDevice* FindGpu(const NvmlInventory& inventory, const std::string& uuid) {
  for (const NvmlDevice& device : inventory.devices) {
    if (device.uuid == uuid) return &device;
  }
  return nullptr;
}

std::string ProfileName(const DeviceModel& model, const NvmlDevice& device, std::uint32_t id) {
  for (const SliceProfile& profile : model.profiles) {
    if (profile.gi_profile_id == id) return profile.name;
  }
  for (const ProfileReading& profile : device.profiles) {
    if (profile.gi_profile_id == id) return profile.name;
  }
  return "profile " + std::to_string(id);
}

bool SamePlace(const NvmlSlice& a, const NvmlSlice& b) {
  return a.gi_profile_id == b.gi_profile_id && a.span == b.span;
}

bool Contains(const std::vector<NvmlSlice>& slices, const NvmlSlice& wanted) {
  return std::any_of(slices.begin(), slices.end(),
                     [&](const NvmlSlice& each) { return SamePlace(each, wanted); });
}

Result<std::vector<NvmlSlice>> WantedSlices(const Fleet& fleet, std::size_t device) {
  const DeviceModel& model = fleet.model_of(device);
  std::vector<NvmlSlice> wanted;
  for (const Slice& slice : fleet.slices(device)) {
    const SliceProfile& profile = model.profiles[slice.placed.profile];
    if (!profile.gi_profile_id) {
      return Error{ErrorCode::kUnavailable, fleet.device(device).id + ": " + profile.name +
                                                " has no known id, so it cannot be made"};
    }
    wanted.push_back({.gpu_instance = 0,
                      .gi_profile_id = *profile.gi_profile_id,
                      .span = slice.placed.span,
                      .uuids = {},
                      .processes = {}});
  }
  return wanted;
}

Status CheckChange(const NvmlDevice& device) {
  if (device.slices_error) {
    return Error{ErrorCode::kUnavailable,
                 device.uuid + ": its slices cannot be read: " + device.slices_error->message};
  }
  if (device.mig == true) return {};
  return Error{ErrorCode::kUnavailable,
               device.uuid + ": MIG is off; turning it on is left to you (nvidia-smi -mig 1)"};
}

// A stop, or the end of patience, leaves the error of the last try.
Status DestroyPatiently(const NvmlStep& step, NvmlDriver& driver, Clock& clock,
                        const NvmlPatience& patience, const std::stop_token& stop) {
  const TimePoint end = clock.Now() + patience.total;
  Duration wait = patience.retry;
  while (true) {
    Status destroyed = driver.Destroy(step.gpu, step.slice);
    const bool in_use = !destroyed && destroyed.error().code == ErrorCode::kUnavailable;
    if (!in_use || clock.Now() + wait > end) return destroyed;
    if (!clock.WaitUntil(clock.Now() + wait, stop)) return destroyed;
    wait = std::min(2 * wait, patience.retry_max);
  }
}

}  // namespace

std::string ToString(const NvmlStep& step) {
  std::string text = std::string(step.create ? "create " : "destroy ") + step.profile + "@" +
                     std::to_string(step.slice.span.start) + " of " + step.gpu;
  std::string uuids;
  for (const std::string& uuid : step.slice.uuids) uuids += (uuids.empty() ? "" : " ") + uuid;
  return uuids.empty() ? text : text + " (" + uuids + ")";
}

Result<std::vector<NvmlStep>> PlanNvmlSteps(const NvmlInventory& inventory, const Fleet& fleet) {
  std::vector<NvmlStep> steps;
  for (std::size_t d = 0; d < fleet.device_count(); ++d) {
    const std::string& uuid = fleet.device(d).id;
    const DeviceModel& model = fleet.model_of(d);
    const NvmlDevice* device = FindGpu(inventory, uuid);
    if (device == nullptr) return Error{ErrorCode::kNotFound, "no GPU here is called " + uuid};
    Result<std::vector<NvmlSlice>> wanted = WantedSlices(fleet, d);
    if (!wanted) return wanted.error();
    const std::size_t before = steps.size();
    const auto add = [&](bool create, const NvmlSlice& slice) {
      steps.push_back({.create = create,
                       .gpu = uuid,
                       .profile = ProfileName(model, *device, slice.gi_profile_id),
                       .slice = slice});
    };
    for (const NvmlSlice& slice : device->slices) {
      if (!Contains(*wanted, slice)) add(false, slice);
    }
    for (const NvmlSlice& slice : *wanted) {
      if (!Contains(device->slices, slice)) add(true, slice);
    }
    if (steps.size() == before) continue;
    if (Status possible = CheckChange(*device); !possible) return possible.error();
  }
  return steps;
}

NvmlOutcome CarryOut(std::span<const NvmlStep> steps, NvmlDriver& driver, Clock& clock,
                     const NvmlPatience& patience, const std::function<void(const NvmlStep&)>& done,
                     const std::stop_token& stop) {
  NvmlOutcome outcome;
  for (NvmlStep step : steps) {
    if (step.create) {
      Result<NvmlSlice> made = driver.Create(step.gpu, step.slice.gi_profile_id, step.slice.span);
      if (!made) outcome.error = made.error();
      if (made) step.slice = *std::move(made);
    } else {
      const Status destroyed = DestroyPatiently(step, driver, clock, patience, stop);
      if (!destroyed) outcome.error = destroyed.error();
    }
    if (outcome.error) return outcome;
    ++outcome.done;
    if (done) done(step);
  }
  return outcome;
}

}  // namespace tidegate
