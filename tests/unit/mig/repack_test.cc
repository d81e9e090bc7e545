// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/mig/fleet_builder.h"
#include "tidegate/placement.h"

namespace tidegate {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kProfiles = {"7g.40gb", "4g.20gb", "3g.20gb",
                                            "2g.10gb", "1g.10gb", "1g.5gb"};

RepackRequest Admit(const std::string& profile, int count = 1) {
  RepackRequest request;
  for (int i = 0; i < count; ++i) {
    request.admit.push_back({.id = "new-" + std::to_string(i), .profile = profile});
  }
  return request;
}

RepackPlan Checked(const Fleet& fleet, const RepackRequest& request) {
  Result<RepackPlan> plan = PlanRepack(fleet, request);
  EXPECT_TRUE(plan) << plan.error().message;
  if (!plan) return {};
  const Status status = CheckRepack(fleet, request, *plan);
  EXPECT_TRUE(status) << status.error().message;
  EXPECT_GE(static_cast<std::int64_t>(plan->moves.size()), plan->least_moves);
  return *plan;
}

TEST(RepackTest, MovesNothingWhereItFits) {
  const Fleet fleet = MakeFleet("a100-40gb", {{{"1g.5gb", 0}}});
  const RepackPlan plan = Checked(fleet, Admit("3g.20gb"));
  EXPECT_TRUE(plan.moves.empty());
  EXPECT_EQ(plan.placed.at(0).spot.placed.span.start, 4);
  EXPECT_EQ(plan.explanation, "no move is needed");
}

// Slices 0, 1 and 5 are what is left; a 3g fits nowhere until one of them moves.
TEST(RepackTest, OneMoveFreesAHalf) {
  const Fleet fleet = MakeFleet("a100-40gb", {{{"1g.5gb", 0}, {"1g.5gb", 1}, {"1g.5gb", 5}}});
  const RepackPlan plan = Checked(fleet, Admit("3g.20gb"));
  ASSERT_EQ(plan.moves.size(), 1U);
  EXPECT_EQ(plan.moves[0].slice, "gpu-0@5");
  EXPECT_THAT(plan.explanation, HasSubstr("1 move in 1 round: gpu-0@5 from gpu-0@5 to gpu-0@2"));
  EXPECT_EQ(plan.least_moves, 1);
}

// One survivor on each device blocks 7g everywhere. After a repack all but ceil(k/7) fit.
TEST(RepackTest, SurvivorsAreGathered) {
  std::vector<Layout> layouts(14);
  for (std::size_t d = 0; d < layouts.size(); ++d) {
    layouts[d] = {{"1g.5gb", static_cast<unsigned>(d % 7)}};
  }
  const Fleet fleet = MakeFleet("a100-40gb", layouts);
  const RepackPlan plan = Checked(fleet, Admit("7g.40gb", 12));
  EXPECT_EQ(plan.moves.size(), 12U);
  EXPECT_FALSE(PlanRepack(fleet, Admit("7g.40gb", 13)));
  EXPECT_EQ(Checked(fleet, Admit("4g.20gb", 14)).moves.size(), 8U);  // those in slots 0-3
  EXPECT_TRUE(Checked(fleet, Admit("3g.20gb", 14)).moves.empty());   // never blocked by one
}

// A double-memory 1g and a 1g have to change places, and there is no room for either: one steps
// aside to a spare device, and comes back.
TEST(RepackTest, ACycleStepsAside) {
  Fleet fleet = MakeFleet("a100-40gb", {{{"1g.10gb", 2}, {"1g.5gb", 6}}, {}});
  const DeviceModel& model = fleet.model_of(0);
  for (const unsigned start : {0U, 4U}) {
    ASSERT_TRUE(fleet.AddSlice({.id = "pinned-" + std::to_string(start),
                                .device = 0,
                                .placed = PlacedAt(model, "2g.10gb", start),
                                .pinned = true}));
  }
  RepackRequest request = Admit("1g.5gb");
  request.limits = {{"a100-40gb", 1}};
  const RepackPlan plan = Checked(fleet, request);
  EXPECT_EQ(plan.least_moves, 2);
  EXPECT_EQ(plan.moves.size(), 3U);
  EXPECT_EQ(plan.spare_devices, 1);
  EXPECT_EQ(plan.rounds, 3);
  EXPECT_EQ(plan.devices_after, 1);
}

// Three of 3g@0 beside three small ones: every device has a hidden 1g, but no first move.
TEST(RepackTest, SaysThatACycleNeedsASpare) {
  const Layout jammed = {{"3g.20gb", 0}, {"1g.5gb", 4}, {"1g.5gb", 5}, {"1g.5gb", 6}};
  Fleet fleet = MakeFleet("a100-40gb", {jammed});
  const Result<RepackPlan> none = PlanRepack(fleet, Admit("1g.5gb"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(none.error().message, HasSubstr("add a spare device"));
}

TEST(RepackTest, SaysWhatCannotBe) {
  const Fleet fleet = MakeFleet("a100-40gb", {{{"7g.40gb", 0}}, {{"4g.20gb", 0}}});
  const Result<RepackPlan> full = PlanRepack(fleet, Admit("4g.20gb"));
  ASSERT_FALSE(full);
  EXPECT_THAT(full.error().message, HasSubstr("does not fit on 2 open devices"));
  EXPECT_EQ(PlanRepack(fleet, Admit("3g.40gb")).error().code, ErrorCode::kNotFound);
}

TEST(RepackTest, NeverMovesWhatIsPinned) {
  Fleet fleet = MakeFleet("a100-40gb", {{{"1g.5gb", 0}}, {{"1g.5gb", 2}}, {}});
  ASSERT_TRUE(fleet.RemoveSlice("gpu-0@0"));
  const DeviceModel& model = fleet.model_of(0);
  ASSERT_TRUE(fleet.AddSlice(
      {.id = "pinned", .device = 0, .placed = PlacedAt(model, "1g.5gb", 0), .pinned = true}));
  const RepackPlan plan = Checked(fleet, Admit("7g.40gb", 2));
  ASSERT_EQ(plan.moves.size(), 1U);
  EXPECT_EQ(plan.moves[0].slice, "gpu-1@2");
  EXPECT_EQ(plan.moves[0].to.device, 0U);
}

TEST(RepackTest, EmptiesWhatDrainsAndLeavesTheCordonedAlone) {
  Fleet fleet = MakeFleet("a100-40gb", {{{"3g.20gb", 0}, {"1g.5gb", 4}}, {}, {{"1g.5gb", 0}}});
  ASSERT_TRUE(fleet.SetDeviceState(0, DeviceState::kDraining));
  ASSERT_TRUE(fleet.SetDeviceState(2, DeviceState::kCordoned));
  const RepackPlan plan = Checked(fleet, {});
  EXPECT_EQ(plan.moves.size(), 2U);
  for (const SliceMove& move : plan.moves) EXPECT_EQ(move.to.device, 1U);
  // Freeing a cordoned device is a way to use fewer.
  EXPECT_EQ(Checked(fleet, {.fewest_devices = true}).devices_after, 1);
}

TEST(RepackTest, SaysThatAPinnedSliceKeepsItsDeviceFromDraining) {
  Fleet fleet = MakeFleet("a100-40gb", {{}, {}});
  const DeviceModel& model = fleet.model_of(0);
  ASSERT_TRUE(fleet.AddSlice(
      {.id = "pinned", .device = 0, .placed = PlacedAt(model, "1g.5gb", 0), .pinned = true}));
  ASSERT_TRUE(fleet.SetDeviceState(0, DeviceState::kDraining));
  for (const RepackRequest& request : {RepackRequest{}, Admit("1g.5gb")}) {
    const Result<RepackPlan> plan = PlanRepack(fleet, request);
    ASSERT_FALSE(plan);
    EXPECT_THAT(plan.error().message, HasSubstr("gpu-0 is draining, and a slice on it is pinned"));
  }
}

TEST(RepackTest, FewestDevicesIsTheOptimum) {
  std::mt19937_64 random(3);
  for (const unsigned keep : {20U, 50U, 80U}) {
    const Fleet fleet = MakeFragmented("a100-40gb", 40, kProfiles, keep, random);
    SliceDemand demand(fleet.model_of(0).profiles.size());
    for (std::size_t d = 0; d < fleet.device_count(); ++d) {
      for (const Slice& slice : fleet.slices(d)) ++demand[slice.placed.profile];
    }
    const RepackPlan plan = Checked(fleet, {.fewest_devices = true});
    EXPECT_EQ(plan.devices_after, Optimum(fleet.model_of(0), demand)->devices);
    EXPECT_LE(plan.spare_devices, 1);
  }
}

TEST(RepackTest, AFewMovesFreeWhatTheyCan) {
  std::mt19937_64 random(5);
  const Fleet fleet = MakeFragmented("a100-40gb", 30, kProfiles, 40, random);
  const std::vector<CurvePoint> curve = RepackCurve(fleet, "a100-40gb", 50).value();
  ASSERT_GE(curve.size(), 4U);
  for (std::size_t i = 1; i < curve.size(); ++i) {
    EXPECT_LT(curve[i].devices, curve[i - 1].devices);
    EXPECT_GE(curve[i].moves, curve[i - 1].moves);
    const RepackPlan plan = Checked(fleet, {.fewest_devices = true, .max_moves = curve[i].moves});
    EXPECT_LE(plan.devices_after, curve[i].devices);
    EXPECT_LE(static_cast<std::int64_t>(plan.moves.size()), curve[i].moves);
    const auto devices = static_cast<std::int32_t>(curve[i].devices);
    EXPECT_EQ(Checked(fleet, {.limits = {{"a100-40gb", devices}}}).devices_after, devices);
  }
}

TEST(RepackTest, RandomFleetsOnEveryBoard) {
  std::mt19937_64 random(11);
  for (const char* board : {"a100-40gb", "a30-24gb", "rtx-pro-6000-blackwell-96gb"}) {
    std::vector<std::string> profiles;
    const DeviceModel model = FindDeviceModel(board).value();
    for (const SliceProfile& profile : model.profiles) {
      profiles.push_back(profile.name);
    }
    for (int round = 0; round < 8; ++round) {
      const Fleet fleet = MakeFragmented(board, 6, profiles, 60, random);
      for (RepackRequest request :
           {Admit(profiles[random() % profiles.size()]), RepackRequest{.fewest_devices = true}}) {
        const Result<RepackPlan> plan = PlanRepack(fleet, request);
        if (!plan) continue;
        const Status status = CheckRepack(fleet, request, *plan);
        EXPECT_TRUE(status) << board << ": " << status.error().message;
      }
    }
  }
}

// The checker is no rubber stamp.
TEST(CheckRepackTest, FindsWhatIsWrong) {
  const Fleet fleet = MakeFleet("a100-40gb", {{{"1g.5gb", 0}, {"1g.5gb", 1}, {"1g.5gb", 5}}});
  const RepackRequest request = Admit("3g.20gb");
  const RepackPlan good = Checked(fleet, request);
  RepackPlan bad = good;
  bad.moves[0].to.placed.span.start = 1;
  EXPECT_FALSE(CheckRepack(fleet, request, bad));
  bad = good;
  bad.moves.clear();
  EXPECT_FALSE(CheckRepack(fleet, request, bad));
  bad = good;
  bad.placed.clear();
  EXPECT_FALSE(CheckRepack(fleet, request, bad));
  bad = good;
  bad.placed[0].spot.placed = PlacedAt(fleet.model_of(0), "2g.10gb", 4);
  EXPECT_FALSE(CheckRepack(fleet, request, bad));
  bad = good;
  bad.devices_after = 2;
  EXPECT_FALSE(CheckRepack(fleet, request, bad));
}

TEST(FleetTest, SaysWhatStandsInTheWay) {
  Fleet fleet = MakeFleet("a100-40gb", {{{"3g.20gb", 0}}});
  const DeviceModel& model = fleet.model_of(0);
  EXPECT_FALSE(fleet.AddModel(model));
  EXPECT_FALSE(fleet.AddDevice({.id = "gpu-0", .model = "a100-40gb"}));
  EXPECT_FALSE(fleet.AddDevice({.id = "gpu-1", .model = "h100-sxm-80gb"}));
  const Status overlap =
      fleet.AddSlice({.id = "x", .device = 0, .placed = PlacedAt(model, "1g.5gb", 2)});
  ASSERT_FALSE(overlap);
  EXPECT_THAT(overlap.error().message, HasSubstr("1g.5gb@2 does not fit beside what is on gpu-0"));
  EXPECT_FALSE(
      fleet.AddSlice({.id = "gpu-0@0", .device = 0, .placed = PlacedAt(model, "1g.5gb", 4)}));
  EXPECT_EQ(fleet.RemoveSlice("nobody").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(fleet.devices_in_use(), 1U);
  EXPECT_TRUE(fleet.RemoveSlice("gpu-0@0"));
  EXPECT_EQ(fleet.devices_in_use(), 0U);
  EXPECT_EQ(fleet.slice_count(), 0U);
}

}  // namespace
}  // namespace tidegate
