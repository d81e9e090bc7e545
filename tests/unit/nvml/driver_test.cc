// SPDX-License-Identifier: Apache-2.0
//
// Slices that are made and destroyed, against a library with NVML's interface.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <string>

#include "tests/support/sim_clock.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/nvml/fake_world.h"
#include "tidegate/nvml.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using testing::FakeWorld;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SimClock;
using testing::TempFolder;

constexpr std::uint32_t k1g = 19, k2g = 14, k3g = 9;
constexpr int kNoPermission = 4, kInUse = 19, kUnknown = 999;

class NvmlDriverTest : public ::testing::Test {
 protected:
  NvmlDriverTest() {
    setenv("FAKE_NVML_STATE", file().c_str(), 1);
    FakeWorld world;
    world.gpus = {{"GPU-a", "a100"}, {"GPU-b", "a100"}};
    world.Write(file());
    driver_ = NvmlDriver::Open({.soname = FAKE_NVML_LIBRARY}).value();
  }
  ~NvmlDriverTest() override { unsetenv("FAKE_NVML_STATE"); }

  std::string file() const { return folder_.path() + "/gpus"; }

  template <typename F>
  void Change(F change) {
    FakeWorld world = FakeWorld::Read(file());
    change(world);
    world.Write(file());
  }

  std::vector<std::string> Log() const {
    std::vector<std::string> lines;
    std::ifstream log(file() + ".log");
    for (std::string line; std::getline(log, line);) lines.push_back(line);
    return lines;
  }

  NvmlInventory Read() { return driver_->Read().value(); }
  Fleet Now() { return FleetFromNvml(Read()).value().fleet; }

  /// The GPUs as they are, but for what `change` does.
  template <typename F>
  std::vector<NvmlStep> Steps(F change) {
    Fleet fleet = Now();
    change(fleet);
    return PlanNvmlSteps(Read(), fleet).value();
  }

  static void Add(Fleet& fleet, std::size_t device, const char* name, std::uint8_t start) {
    const DeviceModel& model = fleet.model_of(device);
    const std::size_t profile = FindProfile(model, name).value();
    const auto size = model.profiles[profile].placements.front().size;
    const Status added = fleet.AddSlice(
        {.id = std::string(name) + "@" + std::to_string(start) + "/" + std::to_string(device),
         .device = device,
         .placed = {profile, {start, size}},
         .group = {},
         .pinned = false});
    ASSERT_TRUE(added) << added.error().message;
  }

  NvmlOutcome Do(const std::vector<NvmlStep>& steps, NvmlPatience patience = {}) {
    return CarryOut(steps, *driver_, clock_, patience);
  }

  TempFolder folder_;
  SimClock clock_;
  std::unique_ptr<NvmlDriver> driver_;
};

TEST_F(NvmlDriverTest, MakesASliceWhereItIsToldTo) {
  const Result<NvmlSlice> made = driver_->Create("GPU-b", k3g, {4, 4});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->gi_profile_id, k3g);
  EXPECT_EQ(made->span, (SliceSpan{4, 4}));
  ASSERT_EQ(made->uuids.size(), 1U);
  EXPECT_THAT(Log(), ElementsAre("create 9@4 GPU-b", "create-ci 2 in 9@4 GPU-b"));
  const NvmlInventory now = Read();
  EXPECT_THAT(now.devices[0].slices, IsEmpty());
  EXPECT_THAT(now.devices[1].slices, ElementsAre(*made));
}

TEST_F(NvmlDriverTest, DestroysComputeInstancesFirst) {
  const NvmlSlice made = driver_->Create("GPU-a", k1g, {2, 1}).value();
  const Status destroyed = driver_->Destroy("GPU-a", made);
  ASSERT_TRUE(destroyed) << destroyed.error().message;
  EXPECT_THAT(Log(), ElementsAre("create 19@2 GPU-a", "create-ci 0 in 19@2 GPU-a",
                                 "destroy-ci " + made.uuids[0], "destroy 19@2 GPU-a"));
  EXPECT_EQ(driver_->Destroy("GPU-a", made).error().code, ErrorCode::kNotFound);
}

TEST_F(NvmlDriverTest, WhatCannotBeFinishedIsTakenBack) {
  Change([](FakeWorld& world) { world.faults["create-ci"] = {kUnknown, 1}; });
  const Result<NvmlSlice> made = driver_->Create("GPU-a", k3g, {0, 4});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "nvmlGpuInstanceCreateComputeInstance: Unknown Error");
  EXPECT_THAT(Read().devices[0].slices, IsEmpty());
  Change([](FakeWorld& world) {
    world.faults["create-ci"] = {kUnknown, 1};
    world.faults["destroy-gi"] = {kInUse, 1};
  });
  EXPECT_THAT(driver_->Create("GPU-a", k3g, {0, 4}).error().message,
              HasSubstr("; the instance is left behind: nvmlGpuInstanceDestroy: In use"));
}

TEST_F(NvmlDriverTest, ErrorsTellWhatToDo) {
  ASSERT_TRUE(driver_->Create("GPU-a", k3g, {0, 4}));
  EXPECT_EQ(driver_->Create("GPU-a", k1g, {2, 1}).error().code, ErrorCode::kConflict);
  EXPECT_EQ(driver_->Create("GPU-x", k1g, {2, 1}).error().code, ErrorCode::kNotFound);
  Change([](FakeWorld& world) { world.faults["create-gi"] = {kNoPermission, 1}; });
  EXPECT_EQ(driver_->Create("GPU-a", k3g, {4, 4}).error().code, ErrorCode::kPermissionDenied);
}

TEST_F(NvmlDriverTest, ASliceThatSomebodyUsesStays) {
  const NvmlSlice made = driver_->Create("GPU-a", k3g, {0, 4}).value();
  Change([&](FakeWorld& world) { world.processes = {{made.uuids[0], 4711}}; });
  EXPECT_THAT(Read().devices[0].slices[0].processes, ElementsAre(4711U));
  const Status destroyed = driver_->Destroy("GPU-a", made);
  ASSERT_FALSE(destroyed);
  EXPECT_EQ(destroyed.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(destroyed.error().message, "process 4711 computes there");
  EXPECT_EQ(Read().devices[0].slices[0].uuids, made.uuids) << "its compute instance is still there";
}

TEST_F(NvmlDriverTest, AnotherSliceUnderTheSameIdStays) {
  NvmlSlice made = driver_->Create("GPU-a", k1g, {0, 1}).value();
  made.span = {1, 1};
  EXPECT_EQ(driver_->Destroy("GPU-a", made).error().code, ErrorCode::kConflict);
  EXPECT_EQ(Read().devices[0].slices.size(), 1U);
}

TEST_F(NvmlDriverTest, ALostGpuTakesNoOtherWithIt) {
  Change([](FakeWorld& world) { world.gpus[0].kind = "lost"; });
  const NvmlInventory now = Read();
  ASSERT_EQ(now.devices.size(), 1U);
  EXPECT_EQ(now.devices[0].uuid, "GPU-b");
  EXPECT_THAT(now.lost, ElementsAre("GPU 0: nvmlDeviceGetHandleByIndex_v2: GPU is lost"));
  EXPECT_THAT(FleetFromNvml(now)->notes, ElementsAre(now.lost[0] + ", left out"));
}

TEST_F(NvmlDriverTest, OnlyWhatIsInTheWayGoes) {
  Change([](FakeWorld& world) {
    world.Make("GPU-a", k1g, 0, 1);
    world.Make("GPU-a", k2g, 4, 2);
    world.Make("GPU-b", k3g, 0, 4);
  });
  const std::vector<NvmlStep> steps = Steps([](Fleet& fleet) {
    ASSERT_TRUE(fleet.RemoveSlice(fleet.slices(0)[0].id));
    Add(fleet, 0, "3g.20gb", 0);
  });
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(ToString(steps[0]), "destroy 1g.5gb@0 of GPU-a (MIG-20)");
  EXPECT_EQ(ToString(steps[1]), "create 3g.20gb@0 of GPU-a");
  const NvmlOutcome outcome = Do(steps);
  EXPECT_FALSE(outcome.error);
  EXPECT_EQ(outcome.done, 2U);
  EXPECT_TRUE(PlanNvmlSteps(Read(), Now())->empty());
}

// The order in which a driver that chooses the places itself fails, and a set of which each order
// works with explicit ones.
TEST_F(NvmlDriverTest, TheOrderDoesNotMatter) {
  const std::vector<NvmlStep> steps = Steps([](Fleet& fleet) {
    Add(fleet, 0, "1g.5gb", 2);
    Add(fleet, 0, "1g.5gb", 3);
    Add(fleet, 0, "2g.10gb", 0);
    Add(fleet, 0, "3g.20gb", 4);
  });
  std::vector<NvmlStep> order = {steps[1], steps[2], steps[0], steps[3]};  // 1g 1g 2g 3g
  EXPECT_FALSE(Do(order).error);
  EXPECT_EQ(Read().devices[0].slices.size(), 4U);
}

TEST_F(NvmlDriverTest, WhatIsInUseIsTriedAgain) {
  Change([](FakeWorld& world) {
    world.Make("GPU-a", k3g, 0, 4);
    world.faults["destroy-gi"] = {kInUse, 3};
  });
  const std::vector<NvmlStep> steps =
      Steps([](Fleet& fleet) { ASSERT_TRUE(fleet.RemoveSlice(fleet.slices(0)[0].id)); });
  const TimePoint begin = clock_.Now();
  EXPECT_FALSE(Do(steps).error);
  EXPECT_EQ(clock_.Now() - begin, std::chrono::milliseconds(500 + 1000 + 2000));
  EXPECT_THAT(Log(), ElementsAre("destroy-ci MIG-20", "busy 9@0 GPU-a", "busy 9@0 GPU-a",
                                 "busy 9@0 GPU-a", "destroy 9@0 GPU-a"));
}

TEST_F(NvmlDriverTest, PatienceEnds) {
  Change([](FakeWorld& world) { world.processes = {{world.Make("GPU-a", k3g, 0, 4), 1}}; });
  const std::vector<NvmlStep> steps =
      Steps([](Fleet& fleet) { ASSERT_TRUE(fleet.RemoveSlice(fleet.slices(0)[0].id)); });
  const TimePoint begin = clock_.Now();
  const NvmlOutcome outcome = Do(steps);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, ErrorCode::kUnavailable);
  EXPECT_LE(clock_.Now() - begin, std::chrono::seconds(30));
  EXPECT_GE(clock_.Now() - begin, std::chrono::seconds(25));
  EXPECT_EQ(Read().devices[0].slices.size(), 1U);
}

TEST_F(NvmlDriverTest, ADriverThatRefusesMidwayLeavesTheRestAsItWas) {
  Change([](FakeWorld& world) { world.Make("GPU-b", k3g, 4, 4); });
  const std::vector<NvmlStep> steps = Steps([](Fleet& fleet) {
    Add(fleet, 0, "3g.20gb", 4);
    Add(fleet, 0, "2g.10gb", 0);
    ASSERT_TRUE(fleet.RemoveSlice(fleet.slices(1)[0].id));
  });
  ASSERT_EQ(steps.size(), 3U);
  std::vector<NvmlStep> made;
  ASSERT_TRUE(driver_->Create("GPU-a", k1g, {4, 1})) << "somebody else was quicker";
  const NvmlOutcome outcome =
      CarryOut(steps, *driver_, clock_, {}, [&](const NvmlStep& step) { made.push_back(step); });
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, ErrorCode::kConflict);
  EXPECT_EQ(outcome.done, 1U);
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].slice.uuids.size(), 1U) << "the UUID of what was made is told";
  EXPECT_EQ(Read().devices[1].slices.size(), 1U) << "not reached, so still there";
}

TEST_F(NvmlDriverTest, MigModeIsNotTouched) {
  Change([](FakeWorld& world) { world.gpus[0].kind = "off"; });
  Fleet fleet = Now();
  Add(fleet, 0, "3g.20gb", 4);
  const auto steps = PlanNvmlSteps(Read(), fleet);
  ASSERT_FALSE(steps);
  EXPECT_THAT(steps.error().message, HasSubstr("GPU-a: MIG is off; turning it on is left to you"));
}

TEST_F(NvmlDriverTest, AGpuOfAnotherMachineIsNotFound) {
  Fleet fleet = Now();
  Change([](FakeWorld& world) { world.gpus.pop_back(); });
  Add(fleet, 1, "3g.20gb", 4);
  EXPECT_EQ(PlanNvmlSteps(Read(), fleet).error().code, ErrorCode::kNotFound);
}

// Whatever the GPUs are like and shall be like: every layout on the way is legal, what both have
// is never touched, and the end is what was asked for.
TEST_F(NvmlDriverTest, AnyLayoutBecomesAnyOther) {
  std::mt19937_64 random(7);
  const auto any_layout = [&](Fleet& fleet) {
    for (std::size_t d = 0; d < fleet.device_count(); ++d) {
      for (const Slice& slice : fleet.slices(d)) {
        if (random() % 2 == 0) (void)fleet.RemoveSlice(slice.id);
      }
      const DeviceModel& model = fleet.model_of(d);
      for (int tries = 0; tries < 12; ++tries) {
        const std::size_t profile = random() % model.profiles.size();
        const auto& placements = model.profiles[profile].placements;
        (void)fleet.AddSlice({.id = std::to_string(random()),
                              .device = d,
                              .placed = {profile, placements[random() % placements.size()]},
                              .group = {},
                              .pinned = false});
      }
    }
  };
  for (int round = 0; round < 60; ++round) {
    const NvmlInventory before = Read();
    Fleet wanted = Now();
    any_layout(wanted);
    const std::vector<NvmlStep> steps = PlanNvmlSteps(before, wanted).value();
    const NvmlOutcome outcome = Do(steps);
    ASSERT_FALSE(outcome.error) << outcome.error->message;
    const NvmlInventory after = Read();
    ASSERT_TRUE(PlanNvmlSteps(after, wanted)->empty());
    std::size_t kept = 0;
    for (std::size_t d = 0; d < before.devices.size(); ++d) {
      for (const NvmlSlice& slice : before.devices[d].slices) {
        const auto& now = after.devices[d].slices;
        kept += std::find(now.begin(), now.end(), slice) != now.end() ? 1U : 0U;
      }
    }
    std::size_t existed = 0, destroyed = 0;
    for (const NvmlDevice& device : before.devices) existed += device.slices.size();
    for (const NvmlStep& step : steps) destroyed += step.create ? 0U : 1U;
    EXPECT_EQ(kept + destroyed, existed);
  }
}

}  // namespace
}  // namespace tidegate
