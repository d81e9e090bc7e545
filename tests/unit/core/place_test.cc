// SPDX-License-Identifier: Apache-2.0
//
// The stage that gives replicas their slices, through PlanTick().
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/support/slice_world.h"
#include "tidegate/status.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::SliceWorld;
using ::testing::StartsWith;

const Step* PlaceStep(const WorkloadOutput& output) {
  for (const Step& step : output.decision.steps) {
    if (step.stage == Stage::kPlace) return &step;
  }
  return nullptr;
}

// Replicas that shall stay, and what they run on.
std::size_t Seated(SliceWorld& world, const std::string& name) {
  return world.Workload(name).observation.slices.size();
}

std::int64_t Fewest(const Fleet& fleet) {
  SliceDemand demand(fleet.model_of(0).profiles.size());
  for (std::size_t d = 0; d < fleet.device_count(); ++d) {
    for (const Slice& slice : fleet.slices(d)) ++demand[slice.placed.profile];
  }
  return Optimum(fleet.model_of(0), demand).value().devices;
}

TEST(PlaceTest, EachReplicaGetsASliceOfItsOwn) {
  SliceWorld world("a100-40gb", 2);
  world.Add("web", "3g.20gb", 3);
  const TickOutput output = world.Tick();
  ASSERT_TRUE(output.workloads[0].command);
  const ScaleCommand& command = *output.workloads[0].command;
  EXPECT_EQ(command.replicas, 3);
  ASSERT_THAT(command.slices, SizeIs(3));
  std::set<std::string> ids;
  for (const ReplicaSlice& slice : command.slices) {
    EXPECT_THAT(slice.id, StartsWith("MIG-"));
    EXPECT_EQ(slice.profile, "3g.20gb");
    ids.insert(slice.id);
  }
  EXPECT_THAT(ids, SizeIs(3));
  EXPECT_EQ(PlaceStep(output.workloads[0]), nullptr);
  EXPECT_TRUE(world.Settle());
  EXPECT_EQ(world.TakenSlices().devices_in_use(), 2U);
}

TEST(PlaceTest, ANeedTakesTheSmallestProfileThatWillDo) {
  SliceWorld world("a100-40gb", 1);
  WorkloadInput& web = world.Add("web", "", 1);
  web.spec.slice->memory = MilliValue{8} << 30;  // 8Gi
  web.spec.slice->memory *= 1000;
  const TickOutput output = world.Tick();
  ASSERT_THAT(output.workloads[0].command->slices, SizeIs(1));
  EXPECT_EQ(output.workloads[0].command->slices[0].profile, "1g.10gb");
}

TEST(PlaceTest, WhatHasNoRoomCapsTheDecisionAndIsNotAskedForAgain) {
  SliceWorld world("a100-40gb", 2);
  world.Add("web", "3g.20gb", 6);
  const TickOutput first = world.Tick();
  EXPECT_EQ(first.workloads[0].decision.desired, 4);
  EXPECT_EQ(first.workloads[0].command->replicas, 4);
  EXPECT_THAT(first.workloads[0].command->slices, SizeIs(4));
  const Step* step = PlaceStep(first.workloads[0]);
  ASSERT_NE(step, nullptr);
  EXPECT_EQ(step->cause, StepCause::kNoRoom);
  EXPECT_EQ(step->replicas, 4);
  EXPECT_EQ(step->wanted, 6);
  EXPECT_THAT(step->reason, HasSubstr("slices for 4 of 6 replicas: 3g.20gb does not fit"));
  for (int i = 0; i < 10; ++i) {
    const TickOutput next = world.Tick();
    EXPECT_FALSE(next.workloads[0].command) << i;
    ASSERT_NE(PlaceStep(next.workloads[0]), nullptr);
  }
}

TEST(PlaceTest, SaysWhatStandsInTheWay) {
  SliceWorld world("a100-40gb", 2);
  world.input.held["other"] = {
      {.id = "a", .device = world.input.inventory.devices[0].id, .profile = "1g.5gb", .start = 0},
      {.id = "b", .device = world.input.inventory.devices[1].id, .profile = "1g.5gb", .start = 0}};
  world.Add("web", "7g.40gb", 1);
  const TickOutput output = world.Tick();
  const Step* step = PlaceStep(output.workloads[0]);
  ASSERT_NE(step, nullptr);
  EXPECT_THAT(step->reason, HasSubstr("slots 0-7 taken by a (1g.5gb@0)"));
}

TEST(PlaceTest, TheStatusTellsOfItOnce) {
  SliceWorld world("a100-40gb", 1);
  world.Add("web", "3g.20gb", 3);
  WorkloadStatus status;
  std::vector<Event> events;
  const auto tick = [&] {
    const WorkloadInput input = world.input.workloads[0];
    const TimePoint now = world.input.now;
    const WorkloadOutput output = world.Tick().workloads[0];
    const StatusUpdate update = UpdateStatus(
        status, input, output, {.scaled = output.command.has_value()}, std::nullopt, now);
    status = update.status;
    for (const Event& event : update.events) {
      if (event.reason == "FailedPlacement") events.push_back(event);
    }
  };
  for (int i = 0; i < 3; ++i) tick();
  const Condition* placed = status.Find(condition::kSlicesPlaced);
  ASSERT_NE(placed, nullptr);
  EXPECT_EQ(placed->status, ConditionStatus::kFalse);
  EXPECT_EQ(placed->reason, "NoRoom");
  EXPECT_THAT(placed->message, HasSubstr("slices for 2 of 3 replicas: 3g.20gb does not fit"));
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].type, EventType::kWarning);
  world.Want("web", 2);
  tick();
  EXPECT_EQ(status.Find(condition::kSlicesPlaced)->status, ConditionStatus::kTrue);
}

// A device that is gone is no reason to scale down, and least of all to zero.
TEST(PlaceTest, WithoutRoomNothingIsScaledDown) {
  SliceWorld world("a100-40gb", 1);
  world.Add("web", "7g.40gb", 1);
  world.input.inventory.devices.clear();
  const TickOutput none = world.Tick();
  EXPECT_EQ(none.workloads[0].decision.desired, 1);
  EXPECT_FALSE(none.workloads[0].command);
  EXPECT_THAT(PlaceStep(none.workloads[0])->reason, HasSubstr("slices for 0 of 1 replicas"));
}

TEST(PlaceTest, MinReplicasComeFirstThenPriorityThenShares) {
  SliceWorld world("a100-40gb", 1);
  world.Add("a", "1g.5gb", 6).spec.slice->priority = 0;
  world.Add("b", "1g.5gb", 4).spec.slice->priority = 5;
  world.Add("c", "1g.5gb", 6).spec.min_replicas = 2;
  world.Tick();
  // c has its two (and a its one), b all four: nothing is left to share.
  EXPECT_EQ(Seated(world, "a"), 1U);
  EXPECT_EQ(Seated(world, "b"), 4U);
  EXPECT_EQ(Seated(world, "c"), 2U);

  SliceWorld even("a100-40gb", 1);
  even.Add("a", "1g.5gb", 8);
  even.Add("b", "1g.5gb", 4);
  even.Tick();
  EXPECT_EQ(Seated(even, "a"), 5U);
  EXPECT_EQ(Seated(even, "b"), 2U);
}

TEST(PlaceTest, ABudgetLimitsTheDevicesInUse) {
  SliceWorld world("a100-40gb", 4);
  world.input.inventory.budgets = {{.model = "a100-40gb", .devices = 2}};
  world.Add("web", "4g.20gb", 4);
  const TickOutput output = world.Tick();
  EXPECT_EQ(output.workloads[0].decision.desired, 2);
  const Step* step = PlaceStep(output.workloads[0]);
  ASSERT_NE(step, nullptr);
  EXPECT_EQ(step->cause, StepCause::kOverBudget);
  EXPECT_THAT(step->reason, HasSubstr("the budget of 2 a100-40gb is used up"));
  world.Add("small", "3g.20gb", 2);  // fits beside the others
  EXPECT_TRUE(world.Settle());
  EXPECT_EQ(Seated(world, "small"), 2U);
  EXPECT_EQ(world.TakenSlices().devices_in_use(), 2U);
}

// The lone replica on the second device goes, though it is not the newest.
TEST(PlaceTest, ScaleInEmptiesADevice) {
  SliceWorld world("a100-40gb", 2);
  WorkloadInput& web = world.Add("web", "2g.10gb", 4);
  ASSERT_TRUE(world.Settle());
  std::map<std::string, std::vector<std::string>> on;
  for (const ReplicaSlice& slice : web.observation.slices)
    on[slice.device].push_back(slice.replica);
  ASSERT_THAT(on, SizeIs(2));
  std::string lone;
  for (const auto& [device, replicas] : on) {
    if (replicas.size() == 1) lone = replicas[0];
  }
  ASSERT_FALSE(lone.empty());
  for (Replica& replica : web.observation.replicas) {
    if (replica.name == lone) replica.start_time = TimePoint{};  // the oldest
  }
  world.Want("web", 3);
  const TickOutput output = world.Tick();
  EXPECT_THAT(output.workloads[0].command->victims, ::testing::ElementsAre(lone));
  EXPECT_TRUE(world.Settle());
  EXPECT_EQ(world.TakenSlices().devices_in_use(), 1U);
}

TEST(PlaceTest, WhoeverServesNobodyGoesFirst) {
  SliceWorld world("a100-40gb", 2);
  WorkloadInput& web = world.Add("web", "2g.10gb", 4);
  ASSERT_TRUE(world.Settle());
  web.observation.replicas[1].ready = ConditionStatus::kFalse;
  world.Want("web", 3);
  EXPECT_THAT(world.Tick().workloads[0].command->victims, ::testing::ElementsAre("web-1"));
}

// The slice of a replica that is going is taken until it is gone.
TEST(PlaceTest, WhatIsGoingIsStillInTheWay) {
  SliceWorld world("a100-40gb", 1);
  world.stop_time = std::chrono::seconds(5);
  world.Add("web", "7g.40gb", 1);
  ASSERT_TRUE(world.Settle());
  world.Workload("web").spec.min_replicas = 0;
  world.Add("next", "7g.40gb", 1);
  world.Workload("web").observation.replicas[0].terminating = true;
  world.Workload("web").observation.replicas[0].ready_transition = world.input.now;
  world.Workload("web").observation.spec_replicas = 0;
  for (int i = 0; i < 4; ++i) {
    const TickOutput output = world.Tick();
    EXPECT_FALSE(output.workloads[1].command) << i;
  }
  EXPECT_TRUE(world.Settle());
  EXPECT_EQ(Seated(world, "next"), 1U);
}

TEST(PlaceTest, AWorkloadThatCannotBeSeenKeepsItsSlices) {
  SliceWorld world("a100-40gb", 1);
  WorkloadInput& web = world.Add("web", "4g.20gb", 1);
  ASSERT_TRUE(world.Settle());
  world.input.held["web"] = web.observation.slices;
  web.observation = {};
  web.error = Error{ErrorCode::kUnavailable, "connection refused"};
  world.Add("next", "4g.20gb", 1);
  const TickOutput output = world.Tick();
  EXPECT_FALSE(output.workloads[0].command);
  EXPECT_FALSE(output.workloads[1].command);
  EXPECT_EQ(PlaceStep(output.workloads[1])->cause, StepCause::kNoRoom);
}

TEST(PlaceTest, AMoveStartsTheNewReplicaBeforeTheOldOneGoes) {
  SliceWorld world("a100-40gb", 2);
  world.input.inventory.repack_after = std::chrono::seconds(3);
  world.Add("a", "4g.20gb", 1);
  world.Add("b", "3g.20gb", 1);
  const std::vector<Device>& devices = world.input.inventory.devices;
  world.input.workloads[0].observation.slices = {
      {.id = "x", .device = devices[0].id, .profile = "4g.20gb", .start = 0, .replica = "a-old"}};
  world.input.workloads[1].observation.slices = {
      {.id = "y", .device = devices[1].id, .profile = "3g.20gb", .start = 4, .replica = "b-old"}};
  for (WorkloadInput& workload : world.input.workloads) {
    workload.observation.replicas.push_back({.name = workload.spec.workload + "-old",
                                             .phase = ReplicaPhase::kRunning,
                                             .ready = ConditionStatus::kTrue,
                                             .ready_transition = world.input.now,
                                             .start_time = world.input.now});
  }
  std::vector<ScaleCommand> commands;
  for (int i = 0; i < 20; ++i) {
    for (const WorkloadOutput& output : world.Tick().workloads) {
      EXPECT_EQ(output.decision.desired, 1);
      if (output.command) commands.push_back(*output.command);
      if (output.command && commands.size() == 1) {
        EXPECT_EQ(PlaceStep(output)->cause, StepCause::kMove);
        EXPECT_THAT(PlaceStep(output)->reason, HasSubstr("moves "));
      }
    }
  }
  ASSERT_THAT(commands, SizeIs(2));
  EXPECT_THAT(commands[0].victims, IsEmpty());
  ASSERT_THAT(commands[0].slices, SizeIs(2));
  EXPECT_EQ(commands[0].slices[1].replaces, commands[0].slices[0].id);
  EXPECT_EQ(commands[0].replicas, 1);
  EXPECT_THAT(commands[1].victims, SizeIs(1));
  EXPECT_THAT(commands[1].slices, SizeIs(1));
  EXPECT_EQ(world.TakenSlices().devices_in_use(), 1U);
}

// A scale-in while a move is under way gives the move up.
TEST(PlaceTest, AMoveIsGivenUpWhenFewerAreWanted) {
  SliceWorld world("a100-40gb", 3);
  world.start_time = std::chrono::seconds(5);
  world.input.inventory.repack_after = std::chrono::seconds(2);
  WorkloadInput& web = world.Add("web", "2g.10gb", 2);
  const std::vector<Device>& devices = world.input.inventory.devices;
  web.observation.spec_replicas = 2;
  for (int i = 0; i < 2; ++i) {
    const std::string name = "old-" + std::to_string(i);
    web.observation.slices.push_back({.id = name,
                                      .device = devices[static_cast<std::size_t>(i)].id,
                                      .profile = "2g.10gb",
                                      .start = 0,
                                      .replica = name});
    web.observation.replicas.push_back({.name = name,
                                        .phase = ReplicaPhase::kRunning,
                                        .ready = ConditionStatus::kTrue,
                                        .ready_transition = TimePoint{},
                                        .start_time = TimePoint{}});
  }
  const TickOutput moving = world.Tick();
  ASSERT_TRUE(moving.workloads[0].command);
  ASSERT_THAT(moving.workloads[0].command->slices, SizeIs(3));
  world.Want("web", 1);
  const TickOutput output = world.Tick();
  ASSERT_TRUE(output.workloads[0].command);
  EXPECT_THAT(output.workloads[0].command->slices, SizeIs(1));
  EXPECT_THAT(output.workloads[0].command->victims, SizeIs(2));
  EXPECT_TRUE(world.Settle());
  EXPECT_EQ(Seated(world, "web"), 1U);
}

// Moves make room for what was refused.
TEST(PlaceTest, AtRestRoomIsMadeForWhatWasRefused) {
  SliceWorld world("a100-40gb", 2);
  world.input.inventory.repack_after = std::chrono::seconds(2);
  WorkloadInput& small = world.Add("small", "1g.5gb", 2);
  small.observation.spec_replicas = 2;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string name = "old-" + std::to_string(i);
    small.observation.slices.push_back({.id = name,
                                        .device = world.input.inventory.devices[i].id,
                                        .profile = "1g.5gb",
                                        .start = 0,
                                        .replica = name});
    small.observation.replicas.push_back({.name = name,
                                          .phase = ReplicaPhase::kRunning,
                                          .ready = ConditionStatus::kTrue,
                                          .ready_transition = world.input.now,
                                          .start_time = TimePoint{}});
  }
  world.Add("big", "7g.40gb", 1);
  const TickOutput first = world.Tick();
  EXPECT_THAT(PlaceStep(first.workloads[1])->reason, HasSubstr("1 move frees it"));
  EXPECT_TRUE(world.Settle());
  EXPECT_EQ(Seated(world, "big"), 1U);
  EXPECT_EQ(Seated(world, "small"), 2U);
}

// Random loads: nothing ever overlaps, nothing is asked for again and again, and at rest no more
// devices are in use than the fewest.
TEST(PlaceTest, RandomLoadsComeToRestOnTheFewestDevices) {
  const std::vector<std::string> profiles = {"1g.5gb", "2g.10gb", "3g.20gb", "4g.20gb", "1g.10gb"};
  for (unsigned seed = 0; seed < 12; ++seed) {
    std::mt19937 random(seed);
    SliceWorld world("a100-40gb", 8);
    world.input.inventory.repack_after = std::chrono::seconds(4);
    for (int w = 0; w < 4; ++w) {
      world.Add("w" + std::to_string(w), profiles[random() % profiles.size()], 1);
    }
    for (int phase = 0; phase < 6; ++phase) {
      for (int w = 0; w < 4; ++w) {
        world.Want("w" + std::to_string(w), 1 + static_cast<int>(random() % 10));
      }
      for (unsigned ticks = random() % 12; ticks > 0; --ticks) world.Tick();
    }
    ASSERT_TRUE(world.Settle()) << "seed " << seed;
    const Fleet fleet = world.TakenSlices();
    EXPECT_EQ(static_cast<std::int64_t>(fleet.devices_in_use()), Fewest(fleet)) << "seed " << seed;
  }
}

// Whoever uses no slices is not touched by those who do.
TEST(PlaceTest, OthersAreDecidedAsBefore) {
  SliceWorld world("a100-40gb", 1);
  world.Add("plain", "", 5).spec.slice.reset();
  const TickOutput alone = world.Tick();
  SliceWorld both("a100-40gb", 1);
  both.Add("plain", "", 5).spec.slice.reset();
  both.Add("web", "1g.5gb", 2);
  EXPECT_EQ(both.Tick().workloads[0], alone.workloads[0]);
}

// What a moldable workload has, in thousandths of a replica.
MilliValue Capacity(SliceWorld& world, const std::string& name) {
  const WorkloadInput& workload = world.Workload(name);
  MilliValue sum = 0;
  for (const ReplicaSlice& slice : workload.observation.slices) {
    for (const SliceSize& size : workload.spec.slice->sizes) {
      if (size.profile == slice.profile) sum += size.capacity;
    }
  }
  return sum;
}

WorkloadInput& AddMoldable(SliceWorld& world, const std::string& name, std::int32_t wanted) {
  WorkloadInput& workload = world.Add(name, "", wanted);
  workload.spec.min_replicas = 0;  // nothing comes before the rest
  workload.spec.slice->sizes = {{"1g.5gb", 1000}, {"2g.10gb", 2100}, {"7g.40gb", 5100}};
  return workload;
}

// Two 2g take no more of a device than four 1g, and are fewer.
TEST(PlaceTest, AMoldableWorkloadTakesTheCheapestSizes) {
  SliceWorld world("a100-40gb", 2);
  AddMoldable(world, "web", 4);
  const TickOutput output = world.Tick();
  ASSERT_TRUE(output.workloads[0].command);
  EXPECT_EQ(output.workloads[0].decision.desired, 4);
  EXPECT_EQ(output.workloads[0].command->replicas, 4);
  ASSERT_THAT(output.workloads[0].command->slices, SizeIs(2));
  for (const ReplicaSlice& slice : output.workloads[0].command->slices) {
    EXPECT_EQ(slice.profile, "2g.10gb");
  }
  EXPECT_TRUE(world.Settle());
  EXPECT_EQ(Capacity(world, "web"), 4200);
}

// Three 2g and a 1g fill the device; then no size has room.
TEST(PlaceTest, AMoldableWorkloadTakesWhatFitsAndSaysHowMuchItGot) {
  SliceWorld world("a100-40gb", 1);
  AddMoldable(world, "web", 10);
  for (int i = 0; i < 10; ++i) {
    const TickOutput output = world.Tick();
    EXPECT_EQ(output.workloads[0].decision.desired, 7);
    EXPECT_EQ(output.workloads[0].command.has_value(), i == 0);
    const Step* step = PlaceStep(output.workloads[0]);
    ASSERT_NE(step, nullptr);
    EXPECT_EQ(step->cause, StepCause::kNoRoom);
    EXPECT_EQ(step->wanted, 10);
    EXPECT_THAT(step->reason, StartsWith("slices for 7.3 of 10 replicas: none of its sizes has "
                                         "room; 2g.10gb does not fit"));
  }
  EXPECT_EQ(Capacity(world, "web"), 7300);
}

TEST(PlaceTest, AMoldableWorkloadGivesUpWhatItDoesNotNeed) {
  SliceWorld world("a100-40gb", 2);
  AddMoldable(world, "web", 14);
  ASSERT_TRUE(world.Settle());
  EXPECT_EQ(Capacity(world, "web"), 14'600);
  world.Want("web", 3);
  EXPECT_TRUE(world.Settle());
  EXPECT_GE(Capacity(world, "web"), 3000);
  EXPECT_LT(Capacity(world, "web"), 4000);  // not even a 1g could go
  EXPECT_EQ(world.TakenSlices().devices_in_use(), 1U);
}

TEST(PlaceTest, PrioritiesAndSharesHoldForMoldableWorkloads) {
  SliceWorld world("a100-40gb", 2);
  AddMoldable(world, "low", 14);
  world.Add("high", "3g.20gb", 3).spec.slice->priority = 5;
  world.Tick();
  EXPECT_EQ(Seated(world, "high"), 3U);
  EXPECT_GE(Capacity(world, "low"), 4000);  // what is left: half a device

  SliceWorld even("a100-40gb", 2);
  AddMoldable(even, "a", 14);
  AddMoldable(even, "b", 14);
  even.Add("c", "1g.5gb", 14);
  even.Tick();
  const MilliValue a = Capacity(even, "a"), b = Capacity(even, "b");
  const auto c = static_cast<MilliValue>(1000 * Seated(even, "c"));
  EXPECT_LE(std::max({a, b, c}) - std::min({a, b, c}), 2100) << a << " " << b << " " << c;
}

// Whatever is wanted, everybody comes to rest with no more than it takes.
TEST(PlaceTest, MoldableWorkloadsComeToRest) {
  std::mt19937_64 random(11);
  SliceWorld world("a100-40gb", 3);
  AddMoldable(world, "a", 1);
  AddMoldable(world, "b", 1).spec.slice->priority = 1;
  world.Add("c", "3g.20gb", 1);
  for (int round = 0; round < 25; ++round) {
    std::map<std::string, std::int32_t> wanted;
    for (const char* name : {"a", "b", "c"}) {
      wanted[name] = static_cast<std::int32_t>(1 + random() % (name[0] == 'c' ? 4 : 9));
      world.Want(name, wanted[name]);
    }
    ASSERT_TRUE(world.Settle()) << round;
    for (const char* name : {"a", "b"}) {
      const std::int32_t desired = world.Workload(name).observation.spec_replicas;
      EXPECT_LE(desired, wanted[name]) << round;
      const MilliValue surplus = Capacity(world, name) - 1000 * desired;
      for (const ReplicaSlice& slice : world.Workload(name).observation.slices) {
        EXPECT_LT(surplus, slice.profile == "1g.5gb"    ? 1000
                           : slice.profile == "2g.10gb" ? 2100
                                                        : 5100)
            << round;
      }
    }
  }
}

// The external metric's averageValue is over units, not over processes.
TEST(PlaceTest, UnitsAreWhatHpaCountsAsReplicas) {
  SliceWorld world("a100-40gb", 2);
  WorkloadInput& web = AddMoldable(world, "web", 4);
  ASSERT_TRUE(world.Settle());
  ASSERT_THAT(web.observation.replicas, SizeIs(2));
  web.spec.policies.clear();
  MetricSpec load{.type = MetricSourceType::kExternal, .name = "rps"};
  load.target.average_value = 100'000;
  web.spec.metrics = {load};
  const auto desired = [&](MilliValue rps) {
    web.readings = {Reading{.values = {rps}}};
    return PlanTick(world.input,
                    [&] {
                      PolicySet policies;
                      EXPECT_TRUE(policies.AddAll(web.spec, BuiltinPolicies()).ok());
                      return policies;
                    }())
        .workloads[0]
        .decision.desired;
  };
  EXPECT_EQ(desired(400'000), 4);
  EXPECT_EQ(desired(430'000), 4);  // within the tolerance of four
  EXPECT_EQ(desired(450'000), 5);
  EXPECT_EQ(desired(200'000), 2);  // two processes at their target, if they were replicas
}

TEST(PlaceTest, WhatIsAskedForIsRememberedOnce) {
  SliceWorld world("a100-40gb", 1);
  world.Add("web", "3g.20gb", 3);  // one too many, which was asked for as well
  const auto asked = [&] { return world.Workload("web").history.slices.value(); };
  world.Tick();
  EXPECT_EQ(asked().wanted, 3);
  EXPECT_EQ(asked().asked, (std::map<std::string, double>{{"3g.20gb", 3}}));
  for (int i = 0; i < 5; ++i) world.Tick();
  EXPECT_EQ(asked().asked.at("3g.20gb"), 3);
  world.Want("web", 1);
  world.Tick();
  world.Want("web", 2);
  world.Tick();
  EXPECT_EQ(asked().asked.at("3g.20gb"), 4);

  SliceWorld needs("a100-40gb", 1);
  needs.Add("web", "", 2).spec.slice->sm_count = 20;
  AddMoldable(needs, "sizes", 3);
  needs.Tick();
  EXPECT_EQ(needs.Workload("web").history.slices->asked,
            (std::map<std::string, double>{{"2g.10gb", 2}}));
  EXPECT_EQ(needs.Workload("sizes").history.slices->asked,
            (std::map<std::string, double>{{"1g.5gb", 1}, {"2g.10gb", 1}}));
}

TEST(PlaceTest, OldRequestsFade) {
  SliceWorld world("a100-40gb", 1);
  WorkloadInput& web = world.Add("web", "1g.5gb", 1);
  web.history.slices = SliceRequests{.wanted = 0, .asked = {{"7g.40gb", 1000}, {"1g.5gb", 24}}};
  world.Tick();
  EXPECT_EQ(web.history.slices->asked,
            (std::map<std::string, double>{{"7g.40gb", 500}, {"1g.5gb", 12.5}}));
}

// Where 4g are asked for, the half that takes them stays whole.
TEST(PlaceTest, PlacementPreparesForWhatWasAskedFor) {
  for (const char* mix : {"4g.20gb", "3g.20gb", "7g.40gb"}) {
    SliceWorld world("a100-40gb", 1);
    WorkloadInput& web = world.Add("web", "2g.10gb", 1);
    web.history.slices = SliceRequests{.wanted = 0, .asked = {{mix, 200}}};
    const TickOutput output = world.Tick();
    ASSERT_THAT(output.workloads[0].command->slices, SizeIs(1));
    if (std::string(mix) == "4g.20gb") {
      EXPECT_EQ(output.workloads[0].command->slices[0].start, 4);
    }
  }
}

}  // namespace
}  // namespace tidegate
