// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "mig/index_set.h"
#include "tests/unit/mig/fleet_builder.h"
#include "tidegate/placement.h"

namespace tidegate {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

// Places and adds; empty: it did not fit.
std::optional<Spot> Put(Fleet& fleet, SliceRequest request) {
  EXPECT_TRUE(fleet.RecordDemand(request.profile));
  const std::optional<Spot> spot = MakePlacer()->Choose(fleet, request);
  if (!spot) return spot;
  const Status added = fleet.AddSlice(
      {.id = request.id, .device = spot->device, .placed = spot->placed, .group = request.group});
  EXPECT_TRUE(added) << added.error().message;
  return spot;
}

int PutAll(Fleet& fleet, const std::vector<std::string>& profiles) {
  int placed = 0;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    placed += Put(fleet, {.id = "r" + std::to_string(i), .profile = profiles[i]}) ? 1 : 0;
  }
  return placed;
}

// 3g@0 would leave room for three 1g beside it, 3g@4 leaves four.
TEST(PlacerTest, AThreeGoesRight) {
  Fleet fleet = MakeFleet("a100-40gb", {{}});
  EXPECT_EQ(PutAll(fleet, {"3g.20gb", "1g.5gb", "1g.5gb", "1g.5gb", "1g.5gb"}), 5);
}

// With the first 1g at slot 6, as from the high end, the last one does not fit; one move repairs
// it.
TEST(PlacerTest, TheTailIsForADoubleOne) {
  const Fleet fleet =
      MakeFleet("a100-40gb", {{{"1g.5gb", 6}, {"1g.10gb", 0}, {"1g.10gb", 2}, {"2g.10gb", 4}}});
  EXPECT_FALSE(MakePlacer()->Choose(fleet, {.id = "last", .profile = "1g.5gb"}));
  Fleet room = MakeFleet("a100-40gb", {{{"1g.5gb", 6}, {"1g.10gb", 0}, {"1g.10gb", 2}}, {}});
  const auto spot = Put(room, {.id = "double", .profile = "1g.10gb"});
  ASSERT_TRUE(spot);
  EXPECT_EQ(spot->device, 0U);  // the last full cell, not a new device
}

TEST(PlacerTest, OnlyFoursAndThenThreesFillUp) {
  Fleet fleet = MakeFleet("a100-40gb", std::vector<Layout>(3));
  EXPECT_EQ(PutAll(fleet, {"4g.20gb", "4g.20gb", "4g.20gb", "4g.20gb"}), 3);
  int threes = 0;
  for (int i = 0; i < 4; ++i) {
    threes += Put(fleet, {.id = "t" + std::to_string(i), .profile = "3g.20gb"}) ? 1 : 0;
  }
  EXPECT_EQ(threes, 3);
}

TEST(PlacerTest, PacksSmallOnesAndKeepsDevicesWhole) {
  Fleet fleet = MakeFleet("a100-40gb", std::vector<Layout>(8));
  EXPECT_TRUE(fleet.RecordDemand("7g.40gb"));
  EXPECT_EQ(PutAll(fleet, std::vector<std::string>(14, "1g.5gb")), 14);
  EXPECT_EQ(fleet.devices_in_use(), 2U);
}

TEST(PlacerTest, SpreadsAGroup) {
  const auto fleet_of = [] {
    Fleet fleet = MakeFleet("a100-40gb", {});
    for (int d = 0; d < 8; ++d) {
      EXPECT_TRUE(fleet.AddDevice({.id = "g" + std::to_string(d),
                                   .model = "a100-40gb",
                                   .node = "n" + std::to_string(d / 2),
                                   .domain = "d" + std::to_string(d / 4)}));
    }
    return fleet;
  };
  const std::pair<Spread, int> rows[] = {
      {Spread::kPack, 9}, {Spread::kDevices, 8}, {Spread::kNodes, 4}, {Spread::kDomains, 2}};
  for (const auto& [spread, fit] : rows) {
    Fleet fleet = fleet_of();
    int placed = 0;
    for (int i = 0; i < 9; ++i) {
      const auto spot = Put(
          fleet, {.id = std::to_string(i), .profile = "1g.5gb", .group = "web", .spread = spread});
      placed += spot ? 1 : 0;
    }
    EXPECT_EQ(placed, fit);
    EXPECT_TRUE(
        Put(fleet, {.id = "other", .profile = "1g.5gb", .group = "other", .spread = spread}));
  }
}

TEST(PlacerTest, CordonedAndDrainingDevicesTakeNothing) {
  Fleet fleet = MakeFleet("a100-40gb", std::vector<Layout>(3));
  ASSERT_TRUE(fleet.SetDeviceState(0, DeviceState::kCordoned));
  ASSERT_TRUE(fleet.SetDeviceState(1, DeviceState::kDraining));
  EXPECT_EQ(Put(fleet, {.id = "a", .profile = "7g.40gb"})->device, 2U);
  EXPECT_FALSE(Put(fleet, {.id = "b", .profile = "1g.5gb"}));
  ASSERT_TRUE(fleet.SetDeviceState(0, DeviceState::kOpen));
  EXPECT_EQ(Put(fleet, {.id = "b", .profile = "1g.5gb"})->device, 0U);
}

TEST(PlacerTest, ANeedTakesTheSmallestProfileThatWillDo) {
  Fleet fleet = MakeFleet("h100-sxm-80gb", {{}});
  const auto name = [&](std::int64_t memory_mib, std::int32_t sm) {
    const SliceRequest request{.id = "x", .need = SliceNeed{memory_mib, sm, 1}};
    const auto spot = MakePlacer()->Choose(fleet, request);
    return spot ? fleet.model_of(0).profiles[spot->placed.profile].name : std::string("none");
  };
  EXPECT_EQ(name(5000, 10), "1g.10gb");
  EXPECT_EQ(name(5000, 20), "1g.20gb");  // 26 SM on this board, not 16
  EXPECT_EQ(name(5000, 32), "2g.20gb");
  EXPECT_EQ(name(5000, 62), "4g.40gb");  // a 3g has 60
  EXPECT_EQ(name(90000, 1), "none");
}

TEST(PlacerTest, AGangIsPlacedAllOrNotAtAll) {
  Fleet fleet = MakeFleet("a100-40gb", {});
  for (int d = 0; d < 6; ++d) {
    ASSERT_TRUE(fleet.AddDevice(
        {.id = "g" + std::to_string(d), .model = "a100-40gb", .node = d < 2 ? "small" : "large"}));
  }
  const auto gang = [](const std::string& name, int size, Together together) {
    Gang made{.members = {}, .together = together};
    for (int i = 0; i < size; ++i) {
      made.members.push_back({.id = name + std::to_string(i), .profile = "7g.40gb"});
    }
    return made;
  };
  const std::vector<Gang> gangs = {gang("a", 4, Together::kOneNode),
                                   gang("b", 3, Together::kOneNode),
                                   gang("c", 2, Together::kAnywhere)};
  const PlacementPlan plan = MakePlacer()->Place({fleet, gangs});
  EXPECT_THAT(plan.placed, SizeIs(6));
  for (const Placement& placement : plan.placed) {
    const std::string& node = fleet.device(placement.spot.device).node;
    EXPECT_EQ(node, placement.id[0] == 'a' ? "large" : "small") << placement.id;
  }
  ASSERT_THAT(plan.unplaced, SizeIs(3));
  EXPECT_THAT(plan.unplaced[0].reason, HasSubstr("its gang of 3 does not fit together"));
  EXPECT_EQ(fleet.slice_count(), 0U);  // planning changes nothing
}

TEST(PlacerTest, SaysWhyAndHowManyMovesWouldHelp) {
  const Fleet fleet =
      MakeFleet("a100-40gb", {{{"1g.5gb", 0}, {"1g.5gb", 1}, {"1g.5gb", 5}}, {{"7g.40gb", 0}}});
  EXPECT_EQ(ExplainUnplaced(fleet, {.id = "x", .profile = "3g.20gb"}),
            "3g.20gb does not fit on any of 2 open devices: nearest is gpu-0, slots 4-7 taken by "
            "gpu-0@5 (1g.5gb@5); 1 move frees it (1 move in 1 round: gpu-0@5 from gpu-0@5 to "
            "gpu-0@2)");
  EXPECT_THAT(ExplainUnplaced(fleet, {.id = "x", .profile = "7g.40gb"}),
              HasSubstr("no repack frees it"));
  EXPECT_THAT(ExplainUnplaced(fleet, {.id = "x", .profile = "9g.1gb"}),
              HasSubstr("no model of the fleet has a profile \"9g.1gb\""));
}

// Whatever comes and goes: a spot is always legal, and one is found whenever there is one. The
// same events give the same spots.
// A slice of the same profile at the same place is in the way as any other.
TEST(PlacerTest, SaysSoOfAFullDevice) {
  const Fleet fleet = MakeFleet("a100-40gb", {{{"4g.20gb", 0}, {"3g.20gb", 4}}});
  EXPECT_THAT(ExplainUnplaced(fleet, {.id = "x", .profile = "4g.20gb"}),
              HasSubstr("nearest is gpu-0, slots 0-3 taken by gpu-0@0 (4g.20gb@0)"));
}

TEST(PlacerTest, RandomEventsOnEveryBoard) {
  for (const DeviceModel& model : DeviceModels()) {
    if (model.memory_slices == 0) continue;
    std::vector<std::size_t> devices[2];
    for (auto& trace : devices) {
      std::mt19937_64 random(17);
      Fleet fleet = MakeFleet(model.id, std::vector<Layout>(3));
      std::vector<std::string> live;
      for (int i = 0; i < 80; ++i) {
        if (!live.empty() && random() % 3 == 0) {
          const std::size_t victim = random() % live.size();
          ASSERT_TRUE(fleet.RemoveSlice(live[victim]));
          live.erase(live.begin() + static_cast<std::ptrdiff_t>(victim));
          continue;
        }
        const std::string& profile = model.profiles[random() % model.profiles.size()].name;
        const auto spot = Put(fleet, {.id = std::to_string(i), .profile = profile});
        trace.push_back(spot ? spot->device : 99);
        if (spot) {
          live.push_back(std::to_string(i));
          continue;
        }
        RepackRequest none;
        none.admit.push_back({.id = "x", .profile = profile});
        const auto plan = PlanRepack(fleet, none);
        EXPECT_TRUE(!plan || !plan->moves.empty()) << model.id << " " << profile;
      }
    }
    EXPECT_EQ(devices[0], devices[1]);
  }
}

TEST(IndexSetTest, IsASet) {
  std::mt19937_64 random(1);
  IndexSet set;
  std::map<std::size_t, bool> model;
  for (int i = 0; i < 20000; ++i) {
    const std::size_t member = random() % (i < 10000 ? 300 : 1000000);
    if (random() % 2 == 0) {
      set.Insert(member);
      model[member] = true;
    } else {
      set.Erase(member);
      model.erase(member);
    }
    const auto next = model.lower_bound(member);
    ASSERT_EQ(set.Next(member), next == model.end() ? IndexSet::kNone : next->first);
    ASSERT_EQ(set.size(), model.size());
  }
}

}  // namespace
}  // namespace tidegate
