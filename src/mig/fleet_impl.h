// SPDX-License-Identifier: Apache-2.0
//
// What a Fleet holds: for each model its tables and, by state, the devices that take new slices.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mig/geometry.h"
#include "mig/index_set.h"
#include "mig/state_values.h"
#include "tidegate/placement.h"

namespace tidegate {

/// A model of the fleet. The tables are shared by copies of the fleet; the indices are not.
struct FleetModel {
  std::shared_ptr<const DeviceModel> model;
  std::shared_ptr<const Geometry> geometry;
  StateValues values;
  std::vector<IndexSet> open;  ///< by state: open devices
  IndexSet present;            ///< states of open devices
  std::int64_t open_devices = 0;
  std::vector<std::int64_t> room;  ///< by profile: how many would fit on open devices
  std::vector<std::int64_t> live;  ///< by profile: slices that run
  // By profile, and fading together:
  std::vector<double> demand;  ///< recorded requests
  std::vector<double> gone;    ///< slices that have gone
  std::vector<double> stayed;  ///< slices that ran, summed over the recorded requests

  FleetGoal goal = FleetGoal::kServe;

  ValueInput Input() const {
    return {demand, gone, stayed, live, room, present, open_devices, goal};
  }
};

struct FleetDevice {
  Device device;
  std::size_t model = 0;
  int state = Geometry::kEmptyState;
  std::vector<Slice> slices;  ///< by start
};

/// Where the slices of a group are.
struct GroupUse {
  std::map<std::size_t, int> devices;
  std::map<std::string, int> nodes, domains;
};

struct Fleet::Impl {
  std::vector<FleetModel> models;
  std::vector<FleetDevice> devices;
  std::unordered_map<std::string, std::size_t> device_by_id;
  std::unordered_map<std::string, std::size_t> device_of_slice;
  std::map<std::string, GroupUse, std::less<>> groups;
  std::size_t in_use = 0;
  FleetGoal goal = FleetGoal::kServe;

  /// kNone if no model has that id.
  std::size_t FindModel(std::string_view id) const;
  /// The option of a placed slice on a device's model.
  std::optional<std::size_t> OptionOf(std::size_t device, const PlacedSlice& placed) const;
  /// May a slice of the request's group go to this device?
  bool Admits(const SliceRequest& request, std::size_t device) const;

  void Unlist(std::size_t device);
  void List(std::size_t device);
};

/// A profile of a model that a request can use.
struct Candidate {
  std::size_t model = 0;
  std::size_t profile = 0;
};

/// What can serve the request, the smallest first.
std::vector<Candidate> CandidatesFor(const Fleet::Impl& fleet, const SliceRequest& request);

}  // namespace tidegate
