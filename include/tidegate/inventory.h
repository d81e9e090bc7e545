// SPDX-License-Identifier: Apache-2.0
//
// The GPUs whose slices the workloads of a controller share, and the rules for it.
//
// Thread safety: plain values and pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/observation.h"
#include "tidegate/placement.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

/// A slice that exists, whoever made it.
struct DeviceSlice {
  std::string id;          ///< "MIG-UUID"; of one that cannot be used, what tells it from others
  std::string device;      ///< Device::id
  std::string profile;     ///< "3g.20gb"
  std::int32_t start = 0;  ///< the first of its memory slices
  bool usable = false;     ///< a replica may get it, once no other has it
  bool removable = false;  ///< may be destroyed where its room is needed, once no replica has it

  friend bool operator==(const DeviceSlice&, const DeviceSlice&) = default;
};

/// Profiles that a driver refused to make together on one device of a model.
struct RefusedLayout {
  std::string model;
  std::vector<std::string> profiles;

  friend bool operator==(const RefusedLayout&, const RefusedLayout&) = default;
};

/// What a driver says of the devices.
struct DriverSlices {
  std::vector<DeviceSlice> slices = {};
  bool reconfigure = false;  ///< others can be made; else only those that exist are taken
  std::vector<RefusedLayout> refused = {};  ///< never planned again
  std::vector<std::string> notes = {};      ///< for people: what is left out, what is wrong

  friend bool operator==(const DriverSlices&, const DriverSlices&) = default;
};

struct Inventory {
  std::vector<Device> devices = {};       ///< models are those of the catalogue
  std::vector<DeviceLimit> budgets = {};  ///< how many devices of a model may be in use
  /// At rest for so long: replicas move, a new one first, so that fewer devices are in use.
  /// Absent: nothing ever moves.
  std::optional<Duration> repack_after = {};
  /// Absent: every slice that fits is there to be taken, as on simulated GPUs.
  std::optional<DriverSlices> driver = {};

  friend bool operator==(const Inventory&, const Inventory&) = default;
};

/// Slices by the workload that has them.
using HeldSlices = std::map<WorkloadId, std::vector<ReplicaSlice>>;

/// GPUs that this machine is said to have, in MIG mode, with UUIDs: for demos and tests. The same
/// arguments give the same UUIDs. kNotFound: no such model.
TIDEGATE_EXPORT Result<std::vector<Device>> SimulateDevices(std::string_view model,
                                                            std::int64_t count,
                                                            std::string_view node = "");

/// "MIG-" and a UUID: the same for the same place on the same device.
TIDEGATE_EXPORT std::string SimulatedSliceId(std::string_view device, std::string_view profile,
                                             std::int32_t start);

/// What a slice that does not exist yet is called in a plan: "GPU-UUID/3g.20gb@4".
TIDEGATE_EXPORT std::string PlannedSliceId(std::string_view device, std::string_view profile,
                                           std::int32_t start);

/// The devices as a fleet, with what is taken of them and what else a driver has there. kNotFound:
/// a device's model is not in the catalogue. kInvalidArgument: two devices have the same id.
TIDEGATE_EXPORT Result<Fleet> FleetOf(const Inventory& inventory, const HeldSlices& held = {});

/// Adds slices of a workload to a fleet, called as their replicas where they have some. One on a
/// device that the fleet has not, or where another one is, is left out.
TIDEGATE_EXPORT void AddSlices(const WorkloadId& workload, std::span<const ReplicaSlice> slices,
                               bool pinned, Fleet& fleet);

/// What the slice is called in a fleet.
TIDEGATE_EXPORT const std::string& FleetId(const ReplicaSlice& slice);

}  // namespace tidegate
