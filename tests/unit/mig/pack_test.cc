// SPDX-License-Identifier: Apache-2.0
#include "tidegate/pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/mig/fleet_builder.h"

namespace tidegate {
namespace {

using testing::HasSubstr;

WorkloadDemand Wants(const std::string& workload, const std::string& profile, std::int64_t count) {
  return {workload, {.count = count, .profile = profile}};
}

PackPlan Planned(const PackRequest& request) {
  Result<PackPlan> plan = PlanPack(request);
  EXPECT_TRUE(plan) << plan.error().message;
  return plan ? *std::move(plan) : PackPlan{};
}

TEST(PackTest, EmptyDevicesGetTheOptimumAndItsProof) {
  const Fleet fleet = MakeFleet("a100-40gb", std::vector<Layout>(8));
  const std::vector<WorkloadDemand> demand = {
      Wants("big", "4g.20gb", 2), Wants("mid", "3g.20gb", 4), Wants("small", "1g.5gb", 6)};
  const PackPlan plan = Planned({.fleet = fleet, .demand = demand, .prices = {{"a100-40gb", 1.5}}});
  ASSERT_EQ(plan.models.size(), 1U);
  const ModelPack& pack = plan.models[0];
  EXPECT_EQ(pack.in_use, pack.optimum.devices);
  EXPECT_EQ(pack.optimum.certificate.devices, pack.in_use);
  EXPECT_EQ(pack.added, 0);
  EXPECT_EQ(plan.placed.size(), 12U);
  EXPECT_EQ(plan.fleet.slice_count(), 12U);
  EXPECT_DOUBLE_EQ(plan.price, 1.5 * static_cast<double>(pack.in_use));
  EXPECT_DOUBLE_EQ(plan.price, plan.price_bound);
  EXPECT_EQ(plan.fleet.FindSlice("mid-3")->group, "mid");
}

TEST(PackTest, WhatIsLackingIsAdded) {
  const Fleet fleet = MakeFleet("a100-40gb", std::vector<Layout>(2));
  const std::vector<WorkloadDemand> demand = {Wants("whole", "7g.40gb", 5)};
  const PackPlan plan = Planned({.fleet = fleet, .demand = demand});
  EXPECT_EQ(plan.models[0].added, 3);
  EXPECT_EQ(plan.first_added, 2U);
  EXPECT_EQ(plan.fleet.device(2).id, "a100-40gb-new-0");
}

// Slices 0, 1 and 5 are what is left: a 3g fits after one move, or on a device more.
TEST(PackTest, MovesOnlyIfAsked) {
  const Fleet fleet = MakeFleet("a100-40gb", {{{"1g.5gb", 0}, {"1g.5gb", 1}, {"1g.5gb", 5}}});
  const std::vector<WorkloadDemand> demand = {Wants("new", "3g.20gb", 1)};
  const PackPlan stay = Planned({.fleet = fleet, .demand = demand});
  EXPECT_EQ(stay.models[0].added, 1);
  EXPECT_TRUE(stay.moves.empty());
  const PackPlan moved = Planned({.fleet = fleet, .demand = demand, .moves = PackMoves::kToAdmit});
  EXPECT_EQ(moved.models[0].added, 0);
  ASSERT_EQ(moved.moves.size(), 1U);
  EXPECT_EQ(moved.moves[0].slice, "gpu-0@5");
  EXPECT_EQ(moved.fleet.slice_count(), 4U);
}

// Beside a full device a 3g goes where it leaves room for a 4g.
TEST(PackTest, WhatIsNewLeavesMostRoom) {
  const Fleet fleet = MakeFleet("a100-40gb", {{{"7g.40gb", 0}}, {}, {}});
  const std::vector<WorkloadDemand> demand = {Wants("new", "3g.20gb", 1), Wants("b", "1g.5gb", 1)};
  const PackPlan plan = Planned({.fleet = fleet, .demand = demand});
  EXPECT_EQ(plan.models[0].in_use, 2);
  EXPECT_EQ(plan.fleet.FindSlice("new-0")->placed.span.start, 4);
}

TEST(PackTest, ARepackFreesAndDrains) {
  Fleet fleet = MakeFleet("a100-40gb", {{{"3g.20gb", 4}}, {{"3g.20gb", 4}}, {{"2g.10gb", 0}}});
  const PackPlan plan = Planned({.fleet = fleet, .moves = PackMoves::kRepack});
  EXPECT_EQ(plan.models[0].in_use_before, 3);
  EXPECT_EQ(plan.models[0].in_use, 2);
  EXPECT_EQ(plan.moves.size(), 1U);
  EXPECT_EQ(plan.models[0].least_moves, 1);
  const PackPlan none = Planned({.fleet = fleet, .moves = PackMoves::kRepack, .max_moves = 0});
  EXPECT_EQ(none.models[0].in_use, 3);
  ASSERT_TRUE(fleet.SetDeviceState(0, DeviceState::kDraining));
  const PackPlan drained = Planned({.fleet = fleet, .moves = PackMoves::kRepack});
  EXPECT_TRUE(drained.fleet.slices(0).empty());
  EXPECT_FALSE(Planned({.fleet = fleet}).fleet.slices(0).empty());
}

Fleet TwoModels(const Layout& on_a100) {
  Fleet fleet = MakeFleet("a100-40gb", {on_a100});
  EXPECT_TRUE(fleet.AddModel(FindDeviceModel("h100-sxm-80gb").value()));
  EXPECT_TRUE(fleet.AddDevice({.id = "hopper", .model = "h100-sxm-80gb"}));
  return fleet;
}

TEST(PackTest, ANeedGetsTheCheapestProfile) {
  const Fleet fleet = TwoModels({});
  const std::vector<WorkloadDemand> demand = {
      {"any", {.memory_mib = 9000, .sm_count = 14, .count = 2}}};
  const PackPlan cheap = Planned(
      {.fleet = fleet, .demand = demand, .prices = {{"a100-40gb", 1}, {"h100-sxm-80gb", 3}}});
  EXPECT_EQ(cheap.models[0].in_use, 1);
  EXPECT_EQ(cheap.models[1].in_use, 0);
  EXPECT_DOUBLE_EQ(cheap.price, 1);
  EXPECT_DOUBLE_EQ(cheap.price_bound, 1);
  const PackPlan other = Planned(
      {.fleet = fleet, .demand = demand, .prices = {{"a100-40gb", 3}, {"h100-sxm-80gb", 1}}});
  EXPECT_EQ(other.models[1].in_use, 1);
  EXPECT_EQ(other.models[0].in_use, 0);
}

// Media profiles are bought only where they are named; names of slices stay apart.
TEST(PackTest, NamedProfilesOfSeveralModels) {
  const Fleet fleet = TwoModels({});
  const std::vector<WorkloadDemand> demand = {Wants("media", "1g.5gb+me", 1),
                                              Wants("big", "7g.80gb", 1),
                                              {"any", {.memory_mib = 4000, .count = 9}}};
  const PackPlan plan = Planned(
      {.fleet = fleet, .demand = demand, .prices = {{"a100-40gb", 1}, {"h100-sxm-80gb", 3}}});
  EXPECT_EQ(plan.placed.size(), 11U);
  EXPECT_EQ(plan.models[0].in_use, 2);
  EXPECT_EQ(plan.models[0].added, 1);
  EXPECT_EQ(plan.models[1].in_use, 1);
  EXPECT_DOUBLE_EQ(plan.price, 5);
  EXPECT_DOUBLE_EQ(plan.price_bound, 5);
}

TEST(PackTest, ANeedOnBothModelsKeepsNamesApart) {
  const Fleet fleet = TwoModels({});
  const std::vector<WorkloadDemand> demand = {{"any", {.memory_mib = 4000, .count = 14}}};
  const PackPlan plan = Planned({.fleet = fleet, .demand = demand});
  EXPECT_EQ(plan.models[0].in_use, 1);
  EXPECT_EQ(plan.models[1].in_use, 1);
  EXPECT_NE(plan.fleet.FindSlice("any-13"), nullptr);
}

TEST(PackTest, ANeedGoesWhereThereIsRoom) {
  const Fleet fleet = TwoModels({{"7g.40gb", 0}});
  const std::vector<WorkloadDemand> demand = {{"any", {.memory_mib = 9000, .count = 1}}};
  const PackPlan plan = Planned({.fleet = fleet, .demand = demand});
  EXPECT_EQ(plan.models[0].added + plan.models[1].added, 0);
  EXPECT_EQ(plan.placed.at(0).spot.device, 1U);
}

TEST(PackTest, SaysWhatNobodyServes) {
  const Fleet fleet = MakeFleet("a100-40gb", {{}});
  const std::vector<WorkloadDemand> name = {Wants("w", "3g.40gb", 1)};
  const Result<PackPlan> unknown = PlanPack({.fleet = fleet, .demand = name});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(unknown.error().message,
              HasSubstr("w: no model of the fleet has a profile for \"3g.40gb\""));
  const std::vector<WorkloadDemand> huge = {{"w", {.memory_mib = 1'000'000, .count = 1}}};
  EXPECT_FALSE(PlanPack({.fleet = fleet, .demand = huge}));
  const std::vector<WorkloadDemand> negative = {Wants("w", "1g.5gb", -1)};
  EXPECT_EQ(PlanPack({.fleet = fleet, .demand = negative}).error().code,
            ErrorCode::kInvalidArgument);
}

// Whatever the fleet and the demand: the answer's own checks hold, and more freedom never costs.
TEST(PackTest, MoreFreedomIsNeverWorse) {
  std::mt19937_64 random(7);
  const std::vector<std::string> profiles = {"7g.40gb", "4g.20gb", "3g.20gb", "2g.10gb", "1g.5gb"};
  for (int round = 0; round < 40; ++round) {
    const Fleet fleet = MakeFragmented("a100-40gb", 6, profiles, 50, random);
    std::vector<WorkloadDemand> demand;
    for (const std::string& profile : profiles) {
      demand.push_back(Wants(profile, profile, static_cast<std::int64_t>(random() % 4)));
    }
    const PackPlan stay = Planned({.fleet = fleet, .demand = demand});
    const PackPlan admit =
        Planned({.fleet = fleet, .demand = demand, .moves = PackMoves::kToAdmit});
    const PackPlan repack =
        Planned({.fleet = fleet, .demand = demand, .moves = PackMoves::kRepack});
    EXPECT_LE(admit.models[0].added, stay.models[0].added);
    EXPECT_LE(repack.models[0].added, stay.models[0].added);
    EXPECT_LE(repack.models[0].in_use, stay.models[0].in_use);
    for (const PackPlan* plan : {&stay, &admit, &repack}) {
      EXPECT_EQ(plan->fleet.slice_count(), fleet.slice_count() + plan->placed.size());
      EXPECT_GE(plan->models[0].in_use, plan->models[0].optimum.certificate.devices);
      EXPECT_EQ(static_cast<std::size_t>(plan->models[0].in_use), plan->fleet.devices_in_use());
    }
  }
}

TEST(FragmentationTest, CountsWhatARepackWouldGive) {
  const Fleet fleet = MakeFleet("a100-40gb", {{{"3g.20gb", 4}}, {{"3g.20gb", 4}}});
  const Fragmentation found = MeasureFragmentation(fleet, "a100-40gb").value();
  EXPECT_EQ(found.unused_compute, 8);
  EXPECT_EQ(found.structural_compute, 1);
  EXPECT_EQ(found.unused_memory, 8);
  EXPECT_EQ(found.structural_memory, 0);
  const auto room = [&](const std::string& profile) {
    return found.room.at(FindProfile(FindDeviceModel("a100-40gb").value(), profile).value());
  };
  EXPECT_EQ(room("7g.40gb").now, 0);
  EXPECT_EQ(room("7g.40gb").repacked, 1);
  EXPECT_EQ(room("3g.20gb").now, 2);
  EXPECT_EQ(room("3g.20gb").repacked, 2);
  EXPECT_DOUBLE_EQ(found.index, 0);
  EXPECT_FALSE(MeasureFragmentation(fleet, "h200"));
}

TEST(FragmentationTest, OneMeansThatNothingFits) {
  const Fleet fleet = MakeFleet("a100-40gb", {{{"1g.5gb", 0}, {"3g.20gb", 4}},
                                              {{"1g.5gb", 0}, {"3g.20gb", 4}},
                                              {{"1g.5gb", 0}, {"1g.5gb", 5}}});
  const Fragmentation found = MeasureFragmentation(fleet, "a100-40gb").value();
  EXPECT_GT(found.index, 0);
  EXPECT_LT(found.index, 1);
}

TEST(PictureTest, DrawsEveryKindOfDeviceOnce) {
  const Fleet fleet = MakeFleet("a100-40gb", std::vector<Layout>(14));
  const std::vector<WorkloadDemand> demand = {Wants("big", "4g.20gb", 12),
                                              Wants("mid", "3g.20gb", 12)};
  const PackPlan plan = Planned({.fleet = fleet, .demand = demand});
  EXPECT_EQ(DrawText(plan),
            "a100-40gb   0       1       2       3       4       5       6       7\n"
            "gpu-0 x 12 │4g.20gb                        │3g.20gb                        │\n"
            "           │big                            │mid                            │\n"
            "gpu-12 x 2 │·      │·      │·      │·      │·      │·      │·      │·      │\n");
  EXPECT_THAT(DrawText(plan, {.rows = 1}), HasSubstr("… and 2 more in 1 layout"));
}

TEST(PictureTest, MarksWhatChangesAndCutsNames) {
  Fleet fleet = MakeFleet("a100-40gb", {{{"1g.5gb", 0}, {"1g.5gb", 5}}});
  ASSERT_TRUE(fleet.AddSlice({.id = "p",
                              .device = 0,
                              .placed = PlacedAt(fleet.model_of(0), "1g.5gb", 1),
                              .group = "a\x1b[31m-long-name",
                              .pinned = true}));
  const std::vector<WorkloadDemand> demand = {Wants("new", "3g.20gb", 1)};
  const PackPlan plan = Planned({.fleet = fleet, .demand = demand, .moves = PackMoves::kToAdmit});
  EXPECT_EQ(DrawText(plan),
            "a100-40gb  0       1       2       3       4       5       6       7\n"
            "gpu-0     │1g.5gb │1g.5gb │1g.5gb │·      │3g.20gb                        │\n"
            "          │       │!a?[31…│>      │       │+new                           │\n");
}

TEST(PictureTest, SvgAndHtmlEscapeEveryName) {
  Fleet fleet = MakeFleet("a100-40gb", {{{"1g.5gb", 0}, {"1g.5gb", 5}}});
  const std::string evil = "<script>alert('&\"\x01\xff";
  ASSERT_TRUE(fleet.AddDevice({.id = evil + "gpu", .model = "a100-40gb", .node = evil}));
  ASSERT_TRUE(fleet.AddSlice({.id = evil + "s",
                              .device = 0,
                              .placed = PlacedAt(fleet.model_of(0), "2g.10gb", 2),
                              .group = evil + "w"}));
  const std::vector<WorkloadDemand> demand = {Wants(evil, "3g.20gb", 1),
                                              Wants("whole", "7g.40gb", 1)};
  const PackPlan plan = Planned({.fleet = fleet, .demand = demand, .moves = PackMoves::kToAdmit});
  ASSERT_FALSE(plan.moves.empty());
  for (const std::string& drawn : {DrawSvg(plan), DrawHtml(plan)}) {
    EXPECT_THAT(drawn, testing::Not(HasSubstr("<script")));
    EXPECT_THAT(drawn, HasSubstr("&lt;script&gt;alert(&#39;&amp;&quot;\xEF\xBF\xBD\xEF\xBF\xBD"));
    EXPECT_EQ(drawn.find('\x01'), std::string::npos);
    EXPECT_EQ(drawn.find('\xff'), std::string::npos);
    EXPECT_THAT(drawn, HasSubstr("marker-end"));
  }
}

TEST(PictureTest, EverySliceHasABoxAndEveryMoveAnArrow) {
  const Fleet fleet =
      MakeFleet("a100-40gb", {{{"3g.20gb", 4}}, {{"3g.20gb", 4}}, {{"2g.10gb", 0}}});
  const PackPlan plan = Planned({.fleet = fleet, .moves = PackMoves::kRepack});
  const std::string svg = DrawSvg(plan);
  const auto count = [&](const std::string& word) {
    std::size_t n = 0;
    for (std::size_t at = svg.find(word); at != std::string::npos; at = svg.find(word, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("class=\"slice"), 3U);
  EXPECT_EQ(count("class=\"move\""), plan.moves.size());
  EXPECT_EQ(count("class=\"left\""), plan.moves.size());
  EXPECT_EQ(svg.find("http", svg.find("viewBox")), std::string::npos);
}

}  // namespace
}  // namespace tidegate
