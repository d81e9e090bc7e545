// SPDX-License-Identifier: Apache-2.0
//
// Fleets in a few words, for tests: {{"3g.20gb", 4}, {"1g.5gb", 0}} is what one device holds.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tidegate/placement.h"

namespace tidegate {

using Layout = std::vector<std::pair<std::string, unsigned>>;

inline PlacedSlice PlacedAt(const DeviceModel& model, const std::string& profile, unsigned start) {
  const std::size_t index = FindProfile(model, profile).value();
  return {index, {static_cast<std::uint8_t>(start), model.profiles[index].placements[0].size}};
}

/// Devices "gpu-0" …; slices are called "gpu-0@4".
inline Fleet MakeFleet(const std::string& model_id, const std::vector<Layout>& layouts) {
  const DeviceModel model = FindDeviceModel(model_id).value();
  Fleet fleet;
  EXPECT_TRUE(fleet.AddModel(model));
  for (std::size_t d = 0; d < layouts.size(); ++d) {
    const std::string device = "gpu-" + std::to_string(d);
    EXPECT_TRUE(fleet.AddDevice({.id = device, .model = model_id}));
    for (const auto& [profile, start] : layouts[d]) {
      const Status added = fleet.AddSlice({.id = device + "@" + std::to_string(start),
                                           .device = d,
                                           .placed = PlacedAt(model, profile, start)});
      EXPECT_TRUE(added) << added.error().message;
    }
  }
  return fleet;
}

/// Devices filled at random, each slice kept with a probability.
inline Fleet MakeFragmented(const std::string& model_id, std::size_t devices,
                            const std::vector<std::string>& profiles, unsigned keep_percent,
                            std::mt19937_64& random) {
  const DeviceModel model = FindDeviceModel(model_id).value();
  Fleet fleet = MakeFleet(model_id, std::vector<Layout>(devices));
  for (std::size_t d = 0; d < devices; ++d) {
    std::vector<std::string> added;
    for (int draw = 0; draw < 12; ++draw) {
      const std::string& profile = profiles[random() % profiles.size()];
      const auto& placements = model.profiles[FindProfile(model, profile).value()].placements;
      const unsigned start = placements[random() % placements.size()].start;
      const std::string id = "s" + std::to_string(d) + "-" + std::to_string(draw);
      const Slice slice{.id = id, .device = d, .placed = PlacedAt(model, profile, start)};
      if (fleet.AddSlice(slice)) added.push_back(id);
    }
    for (const std::string& id : added) {
      if (random() % 100 < keep_percent) continue;
      EXPECT_TRUE(fleet.RemoveSlice(id));
    }
  }
  return fleet;
}

}  // namespace tidegate
