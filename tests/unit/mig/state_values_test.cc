// SPDX-License-Identifier: Apache-2.0
//
// What states are worth, and what the placer makes of it: properties, no figures.
#include "mig/state_values.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <utility>

#include "mig/state_worth.h"
#include "tests/unit/mig/fleet_builder.h"
#include "tidegate/placement.h"

namespace tidegate {
namespace {

const std::vector<std::string> kProfiles = {"7g.40gb", "4g.20gb", "3g.20gb",
                                            "2g.10gb", "1g.10gb", "1g.5gb"};

const FleetModel& ModelOf(const Fleet& fleet) { return fleet.impl().models[0]; }

std::vector<double> RoomWeights(const FleetModel& model, const ValueInput& input) {
  std::vector<double> weights;
  model.values.WeighRoom(input, weights);
  return weights;
}

// The fleet of random layouts that has seen this many requests of random profiles.
Fleet Seasoned(std::size_t devices, int requests, std::mt19937_64& random) {
  Fleet fleet = MakeFragmented("a100-40gb", devices, kProfiles, 50, random);
  for (int i = 0; i < requests; ++i) {
    EXPECT_TRUE(fleet.RecordDemand(kProfiles[random() % kProfiles.size()]));
  }
  return fleet;
}

TEST(StateValuesTest, NothingIsKnownOfAFleetThatIsNew) {
  const Fleet fleet = MakeFleet("a100-40gb", {});
  const FleetModel& model = ModelOf(fleet);
  for (int s = 0; s < model.geometry->state_count(); ++s) EXPECT_EQ(model.values.future(s), 0);
  EXPECT_FALSE(MakePlacer()->Choose(fleet, {.id = "x", .profile = "1g.5gb"}));
}

TEST(StateValuesTest, DemandThatNoDeviceCanServeTeachesNumbers) {
  Fleet fleet = MakeFleet("a100-40gb", {});
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(fleet.RecordDemand("1g.5gb"));
  const FleetModel& model = ModelOf(fleet);
  for (int s = 0; s < model.geometry->state_count(); ++s) {
    EXPECT_TRUE(std::isfinite(model.values.future(s)));
  }
}

// Whole devices are worth most, full ones nothing but their future, and a slice more never helps.
TEST(StateValuesTest, ASliceMoreNeverMakesADeviceWorthMore) {
  std::mt19937_64 random(1);
  for (const int requests : {0, 1, 30, 600, 6000}) {
    const Fleet fleet = Seasoned(12, requests, random);
    const FleetModel& model = ModelOf(fleet);
    const Geometry& geometry = *model.geometry;
    const StateWorth worth(model);
    for (int s = 0; s < geometry.state_count(); ++s) {
      for (std::size_t option = 0; option < geometry.options().size(); ++option) {
        const int next = geometry.Add(s, option);
        if (next == Geometry::kNone) continue;
        EXPECT_LE(worth.Of(next), worth.Of(s) + 1e-9) << requests << " requests, state " << s;
      }
    }
    for (const int full : geometry.maximal()) {
      EXPECT_EQ(worth.Of(full), model.values.future(full));
    }
  }
}

TEST(StateValuesTest, RoomWeighsMoreTheRarerItIsAndTheMoreItIsAskedFor) {
  const Fleet fleet = MakeFleet("a100-40gb", {{}});
  const FleetModel& model = ModelOf(fleet);
  const std::size_t count = model.model->profiles.size();
  const std::vector<std::int64_t> live(count, 20);
  const std::vector<double> none(count);
  const auto weigh = [&](const std::vector<double>& demand, const std::vector<std::int64_t>& room) {
    return RoomWeights(model, {demand, none, none, live, room, model.present, 1});
  };
  const std::size_t wanted = FindProfile(*model.model, "3g.20gb").value();
  for (const std::int64_t room : {0, 1, 5, 50}) {
    std::vector<double> demand(count, 10);
    std::vector<std::int64_t> rooms(count, 8);
    rooms[wanted] = room;
    const double weight = weigh(demand, rooms)[wanted];
    rooms[wanted] = room + 1;
    EXPECT_GT(weight, weigh(demand, rooms)[wanted]);
    rooms[wanted] = room;
    demand[wanted] = 20;
    EXPECT_LT(weight, weigh(demand, rooms)[wanted]);
  }
}

// The same demand on the same fleet, where a slice goes and comes back with every request, leads
// somewhere: values that only grow would weigh ever more than room, and a fleet that ran for long
// would place worse than a young one.
TEST(StateValuesTest, ValuesSettle) {
  std::mt19937_64 random(2);
  Fleet fleet = MakeFragmented("a100-40gb", 12, kProfiles, 70, random);
  std::vector<Slice> live;
  for (std::size_t d = 0; d < fleet.device_count(); ++d) {
    for (const Slice& slice : fleet.slices(d)) live.push_back(slice);
  }
  const auto record = [&](int requests) {
    for (int i = 0; i < requests; ++i) {
      EXPECT_TRUE(fleet.RecordDemand(kProfiles[static_cast<std::size_t>(i) % kProfiles.size()]));
      const Slice& slice = live[static_cast<std::size_t>(i) % live.size()];
      EXPECT_TRUE(fleet.RemoveSlice(slice.id));
      EXPECT_TRUE(fleet.AddSlice(slice));
    }
  };
  const auto lost = [&] {  // against the empty device, by state
    const StateValues& values = ModelOf(fleet).values;
    std::vector<double> out;
    for (int s = 0; s < ModelOf(fleet).geometry->state_count(); ++s) {
      out.push_back(values.future(Geometry::kEmptyState) - values.future(s));
    }
    return out;
  };
  record(4000);
  const std::vector<double> before = lost();
  record(56000);
  const std::vector<double> after = lost();
  const double most = *std::max_element(before.begin(), before.end());
  for (std::size_t s = 0; s < before.size(); ++s) EXPECT_NEAR(before[s], after[s], 0.1 * most);
}

// A 1g at slot 6 and a double-memory 1g there leave the same room. Nothing has been learned, so
// both lose the same; the second device is fuller.
TEST(StateValuesTest, OfPlacesThatLoseTheSameTheFullerDevice) {
  const Layout single = {{"1g.5gb", 6}};
  const Layout twice = {{"1g.10gb", 6}};
  for (const std::string& profile : kProfiles) {
    if (profile == "7g.40gb") continue;
    const SliceRequest request{.id = "x", .profile = profile};
    EXPECT_EQ(MakePlacer()->Choose(MakeFleet("a100-40gb", {single, twice}), request)->device, 1U);
    EXPECT_EQ(MakePlacer()->Choose(MakeFleet("a100-40gb", {twice, single}), request)->device, 0U);
    EXPECT_EQ(MakePlacer()->Choose(MakeFleet("a100-40gb", {single, single}), request)->device, 0U);
  }
}

// The same when the values see some difference: whole devices are kept although nobody asks for
// one, so that they can be given back.
TEST(StateValuesTest, OfPlacesThatLoseNearlyTheSameTheFullerDevice) {
  std::mt19937_64 random(1);
  Fleet fleet = MakeFleet("a100-40gb", std::vector<Layout>(16));
  const std::unique_ptr<Placer> placer = MakePlacer();
  std::vector<std::string> live;
  std::size_t in_use = 0, fewest = 0;
  for (int i = 0; i < 4000; ++i) {
    if (live.size() >= 20) {
      std::swap(live[random() % live.size()], live.back());
      EXPECT_TRUE(fleet.RemoveSlice(live.back()));
      live.pop_back();
    }
    const std::string profile = i % 3 == 0 ? "3g.20gb" : i % 3 == 1 ? "2g.10gb" : "1g.5gb";
    EXPECT_TRUE(fleet.RecordDemand(profile));
    const SliceRequest request{.id = std::to_string(i), .profile = profile};
    const auto spot = placer->Choose(fleet, request);
    ASSERT_TRUE(spot);
    ASSERT_TRUE(fleet.AddSlice({.id = request.id, .device = spot->device, .placed = spot->placed}));
    live.push_back(request.id);
    if (i < 1000) continue;
    in_use += fleet.devices_in_use();
    fewest +=
        static_cast<std::size_t>(PlanRepack(fleet, {.fewest_devices = true}).value().devices_after);
  }
  EXPECT_LT(static_cast<double>(in_use), 1.25 * static_cast<double>(fewest));
}

// Profiles drawn as in the openb trace, where each share of a GPU has the nearest slice; they stay.
struct Filling {
  Fleet fleet = MakeFleet("a100-40gb", std::vector<Layout>(512));
  std::unique_ptr<Placer> placer = MakePlacer();
  std::mt19937_64 random{1};
  int requests = 0, asked = 0, served = 0;
  int wasteful = 0;  // 3g in left halves, where each wastes a compute slice

  void Ask() {
    static constexpr std::array kNames{"1g.5gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb"};
    static constexpr std::array kCompute{1, 2, 3, 4, 7};
    std::discrete_distribution<std::size_t> any{3, 18, 31, 13, 35};
    const std::size_t kind = any(random);
    const SliceRequest request{.id = std::to_string(requests++), .profile = kNames[kind]};
    EXPECT_TRUE(fleet.RecordDemand(request.profile));
    asked += kCompute[kind];
    const auto spot = placer->Choose(fleet, request);
    if (!spot) return;
    served += kCompute[kind];
    wasteful += kCompute[kind] == 3 && spot->placed.span.start == 0 ? 1 : 0;
    EXPECT_TRUE(fleet.AddSlice({.id = request.id, .device = spot->device, .placed = spot->placed}));
  }
};

// While a new fleet fills up there is room enough for 3g in right halves, and it should not take
// many requests to see that nobody leaves.
TEST(StateValuesTest, ANewFleetIsPackedWithCareFromTheStart) {
  Filling filling;
  while (filling.requests < 400) filling.Ask();
  EXPECT_LE(filling.wasteful, 1);
}

// But no more devices are opened for those halves than the mix leaves to the small ones: when as
// much has come as there are slices, nearly all of it has been served.
TEST(StateValuesTest, AFleetIsFilledInTheMixThatIsAskedFor) {
  int served = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Filling filling{.random = std::mt19937_64(seed)};
    while (filling.asked < 512 * 7) filling.Ask();
    served += filling.served;
  }
  EXPECT_GT(served, 0.975 * 20 * 512 * 7);
}

// Requests of random profiles come, and stay for `stay` more of them in the mean. The same seed
// asks for the same, whatever is served.
struct Stream {
  Fleet fleet;
  PlacerOptions placer = {};
  std::mt19937_64 random{1};
  double stay = 50;
  double asked = 0, served = 0;

  void Run(int requests) {
    const std::unique_ptr<Placer> placing = MakePlacer(placer);
    const DeviceModel model = fleet.model_of(0);
    std::multimap<int, std::string> going;
    for (int i = 0; i < requests; ++i) {
      for (; !going.empty() && going.begin()->first <= i; going.erase(going.begin())) {
        EXPECT_TRUE(fleet.RemoveSlice(going.begin()->second));
      }
      const std::string& profile = kProfiles[random() % kProfiles.size()];
      const double uniform = (static_cast<double>(random() >> 11U) + 0.5) * 0x1.0p-53;
      const double brings = model.profiles[FindProfile(model, profile).value()].compute_slices;
      asked += brings;
      EXPECT_TRUE(fleet.RecordDemand(profile));
      const SliceRequest request{.id = std::to_string(i), .profile = profile};
      const auto spot = placing->Choose(fleet, request);
      EXPECT_TRUE(spot == MakePlacer()->Choose(fleet, request) || (placer.may_refuse && !spot));
      if (!spot) continue;
      EXPECT_TRUE(
          fleet.AddSlice({.id = request.id, .device = spot->device, .placed = spot->placed}));
      going.emplace(i + 1 + static_cast<int>(-stay * std::log(uniform)), request.id);
      served += brings;
    }
  }
};

TEST(StateValuesTest, RefusingWhatIsTooDearServesMoreOfAnOverload) {
  double greedy = 0, choosy = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Stream all{.fleet = MakeFleet("a100-40gb", std::vector<Layout>(16)),
               .random = std::mt19937_64(seed),
               .stay = 80};
    Stream some = all;
    some.placer.may_refuse = true;
    all.Run(3000);
    some.Run(3000);
    EXPECT_EQ(all.asked, some.asked);
    greedy += all.served;
    choosy += some.served;
  }
  EXPECT_GT(choosy, 1.01 * greedy);
}

// Whoever asks for what will do gets no larger slice where the smallest is refused; and is told.
TEST(StateValuesTest, WhatIsRefusedIsToldSoAndGetsNothingLarger) {
  const std::unique_ptr<Placer> choosy = MakePlacer({.may_refuse = true});
  int refused = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Stream stream{.fleet = MakeFleet("a100-40gb", std::vector<Layout>(16)),
                  .placer = {.may_refuse = true},
                  .random = std::mt19937_64(seed),
                  .stay = 80};
    stream.Run(1000);
    const DeviceModel& model = stream.fleet.model_of(0);
    for (const std::string& name : kProfiles) {
      const SliceRequest request{.id = "x", .profile = name};
      if (choosy->Choose(stream.fleet, request)) continue;
      if (!MakePlacer()->Choose(stream.fleet, request)) continue;
      ++refused;
      const Gang gang{.members = {request}};
      const PlacementPlan plan = choosy->Place({stream.fleet, {&gang, 1}});
      ASSERT_EQ(plan.unplaced.size(), 1U);
      EXPECT_EQ(plan.unplaced[0].reason,
                "it fits, but the fleet is expected to lose more by it than it brings");
      const SliceProfile& profile = model.profiles[FindProfile(model, name).value()];
      const SliceRequest need{.id = "x",
                              .need = SliceNeed{.memory_mib = profile.memory_mib.value(),
                                                .sm_count = profile.sm_count.value()}};
      if (SmallestProfile(stream.fleet, need) != name) continue;
      EXPECT_FALSE(choosy->Choose(stream.fleet, need)) << name;
    }
  }
  EXPECT_GT(refused, 10);
}

// The same history, but an empty device can be given back.
TEST(StateValuesTest, AnEmptyDeviceIsWorthMoreWhereFewShouldBeInUse) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Stream stream{.fleet = MakeFleet("a100-40gb", std::vector<Layout>(16)),
                  .random = std::mt19937_64(seed)};
    stream.Run(1000);
    Fleet few = stream.fleet;
    few.SetGoal(FleetGoal::kFewDevices);
    const auto run_on = [](Fleet& fleet) {
      for (int i = 0; i < 200; ++i) {
        EXPECT_TRUE(fleet.RecordDemand(kProfiles[static_cast<std::size_t>(i) % kProfiles.size()]));
      }
    };
    run_on(stream.fleet);
    run_on(few);
    const StateWorth serve(ModelOf(stream.fleet)), give_back(ModelOf(few));
    const Geometry& geometry = *ModelOf(few).geometry;
    for (std::size_t option = 0; option < geometry.options().size(); ++option) {
      const int next = geometry.Add(Geometry::kEmptyState, option);
      EXPECT_GT(give_back.Of(Geometry::kEmptyState) - give_back.Of(next),
                serve.Of(Geometry::kEmptyState) - serve.Of(next));
    }
  }
}

// Slices that soon leave again cost little of what a device is worth.
TEST(StateValuesTest, LeavingIsLearnedByProfile) {
  const auto lost = [](const std::string& soon) {
    Fleet fleet = MakeFleet("a100-40gb", {{{"3g.20gb", 4}}, {{"1g.5gb", 0}}, {}});
    for (int i = 0; i < 2000; ++i) {
      EXPECT_TRUE(fleet.RecordDemand(kProfiles[static_cast<std::size_t>(i) % kProfiles.size()]));
      const Slice slice = fleet.slices(soon == "3g.20gb" ? 0 : 1)[0];
      if (i % 4 != 0) continue;
      EXPECT_TRUE(fleet.RemoveSlice(slice.id));
      EXPECT_TRUE(fleet.AddSlice(slice));
    }
    const FleetModel& model = ModelOf(fleet);
    const auto of = [&](std::size_t device) {
      return model.values.future(Geometry::kEmptyState) -
             model.values.future(fleet.impl().devices[device].state);
    };
    return of(0) / of(1);
  };
  EXPECT_LT(lost("3g.20gb"), 0.8 * lost("1g.5gb"));
}

// What is lost at the place chosen, and how full the device is: not which devices those are.
TEST(StateValuesTest, WhatIsLostDoesNotDependOnTheOrderOfDevices) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 60; ++round) {
    const Fleet fleet = Seasoned(10, round * 5, random);
    const auto lost = [&](const Fleet& at, const SliceRequest& request) {
      const auto spot = MakePlacer()->Choose(at, request);
      if (!spot) return std::pair(0.0, -1);
      const FleetModel& model = ModelOf(at);
      const int state = at.impl().devices[spot->device].state;
      const auto option = model.geometry->FindOption(spot->placed.profile, spot->placed.span.start);
      const int next = model.geometry->Add(state, *option);
      const StateWorth worth(model);
      return std::pair(worth.Of(state) - worth.Of(next), model.geometry->UsedCells(state));
    };
    std::vector<std::size_t> order(fleet.device_count());
    std::iota(order.begin(), order.end(), 0U);
    std::shuffle(order.begin(), order.end(), random);
    std::vector<bool> seen(order.size());
    Fleet shuffled = fleet;  // what was learned stays; slices change places
    for (const std::size_t d : order) {
      for (const Slice& slice : fleet.slices(d)) EXPECT_TRUE(shuffled.RemoveSlice(slice.id));
    }
    for (std::size_t d = 0; d < order.size(); ++d) {
      for (Slice slice : fleet.slices(order[d])) {
        slice.device = d;
        EXPECT_TRUE(shuffled.AddSlice(slice));
      }
    }
    for (const std::string& profile : kProfiles) {
      const auto here = lost(fleet, {.id = "x", .profile = profile});
      const auto there = lost(shuffled, {.id = "x", .profile = profile});
      EXPECT_NEAR(here.first, there.first, 1e-9);
      EXPECT_EQ(here.second, there.second);
    }
  }
}

}  // namespace
}  // namespace tidegate
