// SPDX-License-Identifier: Apache-2.0
//
// Slices that a driver has, through PlanTick(): taken, in the way, or gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/slice_world.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::SliceWorld;

class StockTest : public ::testing::Test {
 protected:
  StockTest() : world_("a100-40gb", 2) {
    a_ = world_.input.inventory.devices[0].id;
    b_ = world_.input.inventory.devices[1].id;
    world_.input.inventory.driver = DriverSlices{.reconfigure = true};
  }

  DriverSlices& driver() { return *world_.input.inventory.driver; }

  void Exists(const std::string& id, const std::string& device, const std::string& profile,
              std::int32_t start, bool usable = true, bool removable = false) {
    driver().slices.push_back({.id = id,
                               .device = device,
                               .profile = profile,
                               .start = start,
                               .usable = usable,
                               .removable = removable});
  }

  /// What the first workload asks for.
  std::vector<std::string> Asked(const TickOutput& output) {
    std::vector<std::string> ids;
    if (!output.workloads[0].command) return ids;
    for (const ReplicaSlice& slice : output.workloads[0].command->slices) ids.push_back(slice.id);
    return ids;
  }

  static std::string Why(const TickOutput& output) {
    for (const Step& step : output.workloads[0].decision.steps) {
      if (step.stage == Stage::kPlace) return step.reason;
    }
    return "";
  }

  SliceWorld world_;
  std::string a_, b_;
};

TEST_F(StockTest, OnlySlicesThatExistAreTaken) {
  driver().reconfigure = false;
  Exists("MIG-1", a_, "3g.20gb", 4);
  Exists("MIG-2", b_, "3g.20gb", 4, false);
  Exists("MIG-3", b_, "1g.5gb", 0);
  world_.Add("web", "3g.20gb", 3);
  const TickOutput output = world_.Tick();
  EXPECT_THAT(Asked(output), ElementsAre("MIG-1"));
  EXPECT_EQ(output.workloads[0].decision.desired, 1);
  EXPECT_EQ(Why(output),
            "slices for 1 of 3 replicas: no slice that will do is free; needs 1 x 3g.20gb created "
            "on " +
                a_ + " at 0: --allow-reconfigure would");
}

TEST_F(StockTest, WhereNothingElseFitsItSaysWhatIsInTheWay) {
  driver().reconfigure = false;
  Exists("MIG-1", a_, "7g.40gb", 0, false);
  Exists("MIG-2", b_, "7g.40gb", 0, false);
  world_.Add("web", "3g.20gb", 1);
  EXPECT_THAT(Why(world_.Tick()), HasSubstr("does not fit on any of 2 open devices"));
}

TEST_F(StockTest, ANeedTakesTheSmallestThatExists) {
  driver().reconfigure = false;
  Exists("MIG-1", a_, "4g.20gb", 0);
  Exists("MIG-2", b_, "2g.10gb", 0);
  Exists("MIG-3", b_, "1g.5gb", 4);
  WorkloadInput& web = world_.Add("web", "", 1);
  web.spec.slice->memory = (MilliValue{8} << 30) * 1000;
  EXPECT_THAT(Asked(world_.Tick()), ElementsAre("MIG-2"));
}

TEST_F(StockTest, SlicesAreSharedOutOnce) {
  driver().reconfigure = false;
  Exists("MIG-1", a_, "1g.5gb", 0);
  Exists("MIG-2", a_, "1g.5gb", 1);
  Exists("MIG-3", b_, "1g.5gb", 0);
  world_.Add("web", "1g.5gb", 2);
  world_.Add("api", "1g.5gb", 2);
  const TickOutput output = world_.Tick();
  std::set<std::string> ids;
  for (const WorkloadOutput& each : output.workloads) {
    for (const ReplicaSlice& slice : each.command->slices) ids.insert(slice.id);
  }
  EXPECT_THAT(ids, ElementsAre("MIG-1", "MIG-2", "MIG-3"));
}

TEST_F(StockTest, WhatExistsIsTakenBeforeAnythingIsMade) {
  Exists("MIG-1", b_, "3g.20gb", 0);
  world_.Add("web", "3g.20gb", 2);
  const std::vector<std::string> asked = Asked(world_.Tick());
  ASSERT_THAT(asked, SizeIs(2));
  EXPECT_EQ(asked[0], "MIG-1");
  EXPECT_THAT(asked[1],
              ::testing::AnyOf(PlannedSliceId(a_, "3g.20gb", 4), PlannedSliceId(b_, "3g.20gb", 4)));
}

TEST_F(StockTest, OthersAreInTheWayButOwnOnesMakeRoom) {
  Exists("MIG-1", a_, "1g.5gb", 0, false);
  Exists("MIG-2", b_, "1g.5gb", 0, true, true);
  world_.Add("web", "7g.40gb", 2);
  const TickOutput output = world_.Tick();
  EXPECT_THAT(Asked(output), ElementsAre(PlannedSliceId(b_, "7g.40gb", 0)));
  EXPECT_THAT(Why(output), HasSubstr("slots 0-7 taken by MIG-1 (1g.5gb@0)"));
}

TEST_F(StockTest, AnOwnSliceInTheRightPlaceIsTakenAgain) {
  Exists("MIG-1", a_, "7g.40gb", 0, true, true);
  Exists("MIG-2", b_, "7g.40gb", 0, true, true);
  world_.Add("web", "7g.40gb", 2);
  EXPECT_THAT(Asked(world_.Tick()), ::testing::UnorderedElementsAre("MIG-1", "MIG-2"));
}

TEST_F(StockTest, WhatTheDriverRefusedIsNotPlanned) {
  driver().refused = {{"a100-40gb", {"3g.20gb", "3g.20gb"}}};
  world_.Add("web", "3g.20gb", 4);
  const TickOutput output = world_.Tick();
  ASSERT_THAT(output.workloads[0].command->slices, SizeIs(2));
  EXPECT_NE(output.workloads[0].command->slices[0].device,
            output.workloads[0].command->slices[1].device);
  driver().refused.push_back({"a100-40gb", {"3g.20gb"}});
  world_.input.workloads[0].observation = {.spec_replicas = 1};
  EXPECT_THAT(Asked(world_.Tick()), IsEmpty());
}

TEST_F(StockTest, AReplicaWhoseSliceIsGoneGetsAnother) {
  driver().reconfigure = false;
  Exists("MIG-1", a_, "3g.20gb", 0);
  Exists("MIG-2", b_, "3g.20gb", 0);
  world_.Add("web", "3g.20gb", 1);
  world_.Tick();
  Observation& seen = world_.Workload("web").observation;
  ASSERT_THAT(seen.slices, SizeIs(1));
  const std::string lost = seen.slices[0].id;
  std::erase_if(driver().slices, [&](const DeviceSlice& slice) { return slice.id == lost; });
  seen.replicas[0].ready = ConditionStatus::kTrue;
  EXPECT_THAT(Asked(world_.Tick()), IsEmpty()) << "it serves, whatever the driver says";
  seen.replicas[0].ready = ConditionStatus::kFalse;
  seen.replicas[0].start_time = world_.input.now;
  const TickOutput output = world_.Tick();
  EXPECT_THAT(Asked(output), ElementsAre(lost == "MIG-1" ? "MIG-2" : "MIG-1"));
  EXPECT_THAT(output.workloads[0].command->victims, SizeIs(1));
  EXPECT_EQ(output.workloads[0].decision.desired, 1);
}

TEST_F(StockTest, NothingMovesWhereNothingCanBeMade) {
  world_.input.inventory.repack_after = std::chrono::seconds(3);
  driver().reconfigure = false;
  Exists("MIG-1", a_, "1g.5gb", 0);
  Exists("MIG-2", b_, "1g.5gb", 0);
  world_.Add("web", "1g.5gb", 2);
  EXPECT_TRUE(world_.Settle());
  EXPECT_EQ(world_.TakenSlices().devices_in_use(), 2U);
}

}  // namespace
}  // namespace tidegate
