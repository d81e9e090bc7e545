// SPDX-License-Identifier: Apache-2.0
//
// The GPUs of this machine as a SliceDriver, against a library with NVML's interface.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>

#include "tests/support/sim_clock.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/nvml/fake_world.h"
#include "tidegate/nvml_slices.h"
#include "tidegate/plan.h"

namespace tidegate {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeInstance;
using testing::FakeWorld;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SimClock;
using ::testing::SizeIs;
using testing::TempFolder;

constexpr unsigned k1g = 19, k2g = 14, k3g = 9, k4g = 5, k7g = 0;
constexpr int kInUse = 19, kInsufficientResources = 23;

ReplicaSlice Wanted(const std::string& gpu, const std::string& profile, std::int32_t start) {
  return {.id = PlannedSliceId(gpu, profile, start),
          .device = gpu,
          .profile = profile,
          .start = start,
          .replica = {}};
}

class NvmlSlicesTest : public ::testing::Test {
 protected:
  NvmlSlicesTest() {
    setenv("FAKE_NVML_STATE", file().c_str(), 1);
    FakeWorld world;
    world.gpus = {{"GPU-a", "a100"}, {"GPU-b", "a100"}, {"GPU-t", "t4"}};
    world.Write(file());
    options_.nvml.soname = FAKE_NVML_LIBRARY;
    options_.node = "dgx";
    options_.state_file = folder_ / "slices.json";
    options_.boot_id = "first";
    options_.reconfigure = true;
    options_.on_event = [this](const std::string& event) { events_.push_back(event); };
  }
  ~NvmlSlicesTest() override {
    unsetenv("FAKE_NVML_STATE");
    unsetenv("FAKE_NVML");
  }

  std::string file() const { return folder_ / "gpus"; }
  FakeWorld World() const { return FakeWorld::Read(file()); }

  template <typename F>
  void Change(F change) {
    FakeWorld world = World();
    change(world);
    world.Write(file());
  }

  void Start() {
    slices_.reset();
    auto made = MakeNvmlSlices(options_, clock_);
    ASSERT_TRUE(made) << made.error().message;
    slices_ = *std::move(made);
  }

  Status Look() {
    clock_.Advance(options_.interval);
    return slices_->Refresh(clock_.Now());
  }

  std::vector<DeviceSlice> Slices() const { return Driver().slices; }
  DriverSlices Driver() const { return slices_->inventory().driver.value(); }

  const DeviceSlice* Find(const std::vector<DeviceSlice>& slices, const std::string& id) {
    for (const DeviceSlice& slice : slices) {
      if (slice.id == id) return &slice;
    }
    return nullptr;
  }

  SliceSupply Make(const ReplicaSlice& wanted, const std::vector<ReplicaSlice>& held = {}) {
    return slices_->Make({&wanted, 1}, held, clock_.Now() + seconds(10));
  }

  /// The MIG UUID of a slice that is made.
  std::string Made(const std::string& gpu, const std::string& profile, std::int32_t start) {
    const SliceSupply supply = Make(Wanted(gpu, profile, start));
    EXPECT_FALSE(supply.error) << supply.error->message;
    return supply.slices.empty() ? "" : supply.slices[0].id;
  }

  std::size_t Count() const { return World().instances.size(); }

  TempFolder folder_;
  SimClock clock_;
  NvmlSlicesOptions options_;
  std::vector<std::string> events_;
  std::unique_ptr<SliceDriver> slices_;
};

TEST_F(NvmlSlicesTest, WhatExistsMayBeUsedButNotDestroyed) {
  std::string free, busy, kept;
  Change([&](FakeWorld& world) {
    free = world.Make("GPU-a", k3g, 4, 4);
    busy = world.Make("GPU-a", k1g, 0, 1);
    kept = world.Make("GPU-b", k1g, 0, 1);
    world.processes = {{busy, 4711}};
  });
  options_.reserved = {kept};
  Start();
  const Inventory inventory = slices_->inventory();
  ASSERT_THAT(inventory.devices, SizeIs(2)) << "the T4 has no MIG";
  EXPECT_EQ(inventory.devices[0].id, "GPU-a");
  EXPECT_EQ(inventory.devices[0].model, "a100-40gb");
  EXPECT_EQ(inventory.devices[0].node, "dgx");
  const DriverSlices driver = Driver();
  EXPECT_TRUE(driver.reconfigure);
  ASSERT_THAT(driver.slices, SizeIs(3));
  EXPECT_TRUE(Find(driver.slices, free)->usable);
  EXPECT_FALSE(Find(driver.slices, busy)->usable) << "somebody computes there";
  EXPECT_FALSE(Find(driver.slices, kept)->usable) << "reserved";
  for (const DeviceSlice& slice : driver.slices) EXPECT_FALSE(slice.removable) << slice.id;
  EXPECT_EQ(Find(driver.slices, free)->profile, "3g.20gb");
  EXPECT_EQ(Find(driver.slices, free)->start, 4);
}

TEST_F(NvmlSlicesTest, WithoutLeaveNothingIsMade) {
  options_.reconfigure = false;
  options_.state_file.clear();
  Start();
  const SliceSupply supply = Make(Wanted("GPU-a", "3g.20gb", 4));
  EXPECT_THAT(supply.slices, IsEmpty());
  ASSERT_TRUE(supply.error);
  EXPECT_EQ(supply.error->code, ErrorCode::kNotFound);
  EXPECT_EQ(supply.error->message, "3g.20gb@4 of GPU-a: it is not free any more");
  EXPECT_EQ(Count(), 0U);
}

TEST_F(NvmlSlicesTest, MakesWhatIsWantedOnce) {
  Start();
  const std::string uuid = Made("GPU-a", "3g.20gb", 4);
  EXPECT_THAT(uuid, HasSubstr("MIG-"));
  EXPECT_EQ(Made("GPU-a", "3g.20gb", 4), uuid);
  EXPECT_EQ(Count(), 1U);
  const DriverSlices driver = Driver();
  ASSERT_NE(Find(driver.slices, uuid), nullptr);
  EXPECT_TRUE(Find(driver.slices, uuid)->usable);
  EXPECT_TRUE(Find(driver.slices, uuid)->removable);
  EXPECT_THAT(events_, Contains("done: create 3g.20gb@4 of GPU-a (" + uuid + ")"));
}

TEST_F(NvmlSlicesTest, OwnSlicesMakeRoomOnceNobodyHoldsThem) {
  Start();
  const std::string first = Made("GPU-a", "1g.5gb", 0);
  const std::string other = Made("GPU-a", "3g.20gb", 4);
  ReplicaSlice held = Wanted("GPU-a", "1g.5gb", 0);
  held.id = first;
  const SliceSupply refused = Make(Wanted("GPU-a", "4g.20gb", 0), {held});
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->code, ErrorCode::kConflict);
  EXPECT_EQ(Count(), 2U);
  Made("GPU-a", "4g.20gb", 0);
  const FakeWorld world = World();
  ASSERT_THAT(world.instances, SizeIs(2));
  EXPECT_EQ(world.instances[0].profile, k3g) << "what is not in the way stays";
  EXPECT_EQ(world.instances[1].profile, k4g);
  EXPECT_EQ(Find(Driver().slices, first), nullptr);
  EXPECT_NE(Find(Driver().slices, other), nullptr);
}

TEST_F(NvmlSlicesTest, ForeignSlicesStayUnlessTheyAreNamed) {
  std::string foreign;
  Change([&](FakeWorld& world) { foreign = world.Make("GPU-a", k1g, 2, 1); });
  Start();
  EXPECT_EQ(Make(Wanted("GPU-a", "4g.20gb", 0)).error->code, ErrorCode::kConflict);
  EXPECT_EQ(Count(), 1U);
  options_.expendable = {foreign};
  Start();
  EXPECT_TRUE(Find(Driver().slices, foreign)->removable);
  Made("GPU-a", "4g.20gb", 0);
  EXPECT_EQ(Count(), 1U);
  EXPECT_THAT(events_, Contains("done: destroy 1g.5gb@2 of GPU-a (" + foreign + ")"));
}

TEST_F(NvmlSlicesTest, AForeignSliceThatSomebodyUsesStaysThoughItIsNamed) {
  Change([&](FakeWorld& world) {
    options_.expendable = {world.Make("GPU-a", k1g, 2, 1)};
    world.processes = {{options_.expendable[0], 1}};
  });
  Start();
  EXPECT_TRUE(Make(Wanted("GPU-a", "4g.20gb", 0)).error);
  EXPECT_EQ(Count(), 1U);
}

TEST_F(NvmlSlicesTest, WhatIsInUseIsTriedAgain) {
  Start();
  Made("GPU-a", "1g.5gb", 0);
  Change([](FakeWorld& world) { world.faults["destroy-gi"] = {kInUse, 2}; });
  Made("GPU-a", "4g.20gb", 0);
  EXPECT_EQ(Count(), 1U);
  Change([](FakeWorld& world) { world.faults["destroy-gi"] = {kInUse, 100}; });
  const SliceSupply supply = Make(Wanted("GPU-a", "3g.20gb", 0));
  ASSERT_TRUE(supply.error);
  EXPECT_EQ(supply.error->code, ErrorCode::kUnavailable);
  EXPECT_THAT(supply.error->message, HasSubstr("In use by another client"));
  for (const DeviceSlice& slice : Slices()) {
    EXPECT_FALSE(slice.usable) << "its compute instance is gone";
  }
  Change([](FakeWorld& world) { world.faults.clear(); });
  clock_.Advance(seconds(60));
  Made("GPU-a", "3g.20gb", 0);
}

TEST_F(NvmlSlicesTest, WhatTheDriverRefusesIsNotPlannedAgain) {
  Start();
  Made("GPU-a", "3g.20gb", 4);
  Change([](FakeWorld& world) { world.faults["create-gi"] = {kInsufficientResources, 1}; });
  EXPECT_EQ(Make(Wanted("GPU-a", "2g.10gb", 0)).error->code, ErrorCode::kConflict);
  EXPECT_THAT(Driver().refused, Contains(RefusedLayout{"a100-40gb", {"2g.10gb", "3g.20gb"}}));
  const Fleet fleet = FleetOf(slices_->inventory()).value();
  EXPECT_THAT(fleet.model_of(0).refused, Contains(ElementsAre("2g.10gb", "3g.20gb")));
}

TEST_F(NvmlSlicesTest, WhatSomebodyElseTookTeachesNothing) {
  Start();
  const std::vector<RefusedLayout> before = Driver().refused;
  Change([](FakeWorld& world) { world.Make("GPU-a", k1g, 1, 1); });
  EXPECT_EQ(Make(Wanted("GPU-a", "2g.10gb", 0)).error->code, ErrorCode::kConflict);
  EXPECT_EQ(Driver().refused, before);
  EXPECT_THAT(Driver().slices, SizeIs(1)) << "and is seen at once";
}

TEST_F(NvmlSlicesTest, AfterARestartOwnSlicesAreKnown) {
  Change([](FakeWorld& world) { world.Make("GPU-b", k2g, 0, 2); });
  Start();
  const std::string uuid = Made("GPU-a", "3g.20gb", 4);
  Start();
  ASSERT_THAT(Driver().slices, SizeIs(2));
  for (const DeviceSlice& slice : Slices()) EXPECT_EQ(slice.removable, slice.id == uuid);
}

// The state file as it is between the driver's answer and the note of it.
TEST_F(NvmlSlicesTest, AKillInTheMiddleLosesNothing) {
  const std::string copy = folder_ / "copy.json";
  options_.on_event = [&](const std::string& event) {
    if (event.find("create") == std::string::npos) return;
    std::filesystem::copy_file(options_.state_file, copy,
                               std::filesystem::copy_options::overwrite_existing);
  };
  Start();
  const std::string uuid = Made("GPU-a", "3g.20gb", 4);
  slices_.reset();
  std::filesystem::rename(copy, options_.state_file);
  Start();
  ASSERT_NE(Find(Driver().slices, uuid), nullptr);
  EXPECT_TRUE(Find(Driver().slices, uuid)->removable);
}

// And it does not take for its own what it never got to make.
TEST_F(NvmlSlicesTest, AKillBeforeTheDriverAnswersOwnsNothing) {
  const std::string copy = folder_ / "copy.json";
  options_.on_event = [&](const std::string& event) {
    if (event.find("create") == std::string::npos) return;
    std::filesystem::copy_file(options_.state_file, copy,
                               std::filesystem::copy_options::overwrite_existing);
  };
  Start();
  Made("GPU-a", "3g.20gb", 4);
  slices_.reset();
  std::filesystem::rename(copy, options_.state_file);
  Change([](FakeWorld& world) {
    world.instances.clear();
    world.migs.clear();
  });
  Start();
  EXPECT_THAT(Driver().slices, IsEmpty());
  Change([](FakeWorld& world) { world.Make("GPU-a", k3g, 4, 4); });
  ASSERT_TRUE(Look());
  ASSERT_THAT(Driver().slices, SizeIs(1));
  EXPECT_FALSE(Driver().slices[0].removable);
}

TEST_F(NvmlSlicesTest, AfterARebootSlicesAreMadeAgain) {
  Start();
  Made("GPU-a", "3g.20gb", 4);
  Made("GPU-b", "1g.5gb", 0);
  slices_.reset();
  Change([](FakeWorld& world) {
    world.instances.clear();
    world.migs.clear();
    world.Make("GPU-b", k7g, 0, 8);  // somebody was quicker
  });
  options_.boot_id = "second";
  Start();
  const FakeWorld world = World();
  ASSERT_THAT(world.instances, SizeIs(2));
  EXPECT_EQ(world.instances[1].gpu, "GPU-a");
  EXPECT_EQ(world.instances[1].start, 4U);
  Start();  // and they are its own
  for (const DeviceSlice& slice : Slices()) {
    EXPECT_EQ(slice.removable, slice.device == "GPU-a");
  }
}

TEST_F(NvmlSlicesTest, ALostGpuIsGoneAndMayComeBack) {
  Start();
  const std::string uuid = Made("GPU-a", "3g.20gb", 4);
  Change([](FakeWorld& world) { world.gpus[0].kind = "lost"; });
  ASSERT_TRUE(Look());
  EXPECT_THAT(slices_->inventory().devices, SizeIs(1));
  EXPECT_THAT(Driver().slices, IsEmpty());
  EXPECT_THAT(Driver().notes, Contains(HasSubstr("GPU 0: ")));
  EXPECT_EQ(Make(Wanted("GPU-a", "1g.5gb", 0)).error->code, ErrorCode::kNotFound);
  Change([](FakeWorld& world) { world.gpus[0].kind = "a100"; });
  ASSERT_TRUE(Look());
  EXPECT_TRUE(Find(Driver().slices, uuid)->removable);
}

TEST_F(NvmlSlicesTest, WhatCannotBeReadIsNotGone) {
  Start();
  const std::string uuid = Made("GPU-a", "3g.20gb", 4);
  setenv("FAKE_NVML", "no-permission", 1);
  ASSERT_TRUE(Look());
  EXPECT_NE(Find(Driver().slices, uuid), nullptr);
  setenv("FAKE_NVML", "init", 1);
  Change([](FakeWorld& world) { world.gpus.clear(); });
  (void)Look();
  unsetenv("FAKE_NVML");
}

TEST_F(NvmlSlicesTest, ALayoutThatIsChangedUnderneathIsSeen) {
  Start();
  const std::string uuid = Made("GPU-a", "3g.20gb", 4);
  std::string other;
  Change([&](FakeWorld& world) {
    world.instances.clear();
    world.migs.clear();
    other = world.Make("GPU-a", k7g, 0, 8);
  });
  ASSERT_TRUE(slices_->Refresh(clock_.Now())) << "not yet";
  EXPECT_NE(Find(Driver().slices, uuid), nullptr);
  ASSERT_TRUE(Look());
  ASSERT_THAT(Driver().slices, SizeIs(1));
  EXPECT_FALSE(Driver().slices[0].removable);
  EXPECT_THAT(events_, Contains(HasSubstr("destroy 3g.20gb@4 of GPU-a (" + uuid +
                                          "): somebody else has done it")));
}

TEST_F(NvmlSlicesTest, StartsOnlyWithAStateFileOfItsOwn) {
  options_.state_file.clear();
  EXPECT_THAT(MakeNvmlSlices(options_, clock_).error().message, HasSubstr("stateFile: is needed"));
  options_.state_file = folder_ / "slices.json";
  testing::WriteFile(options_.state_file, "{}");
  EXPECT_EQ(MakeNvmlSlices(options_, clock_).error().code, ErrorCode::kInvalidArgument);
  options_.nvml.soname = "libno-such-nvml.so.1";
  std::filesystem::remove(options_.state_file);
  EXPECT_EQ(MakeNvmlSlices(options_, clock_).error().code, ErrorCode::kNotFound);
}

/// Workloads on the fake GPUs: replicas serve at once, and are gone a tick after they are told to.
class Churn {
 public:
  Churn(SliceDriver& driver, SimClock& clock) : driver_(driver), clock_(clock) {
    for (const auto& [name, profile] : std::map<std::string, std::string>{
             {"chat", "3g.20gb"}, {"embed", "1g.5gb"}, {"rerank", "2g.10gb"}}) {
      WorkloadInput& workload = input_.workloads.emplace_back();
      workload.spec.workload = name;
      workload.observation.spec_replicas = 1;
      workload.spec.max_replicas = 6;
      workload.spec.slice = SliceSpec{.profile = profile};
      workload.spec.policies = {{"wanted", {}}};
      workload.spec.behavior = DefaultBehavior();
      for (ScalingRules* rules :
           {&workload.spec.behavior->scale_up, &workload.spec.behavior->scale_down}) {
        rules->stabilization_window = Duration::zero();
        rules->policies = {{ScalingPolicyType::kPods, 1000, seconds(1)}};
      }
    }
  }

  const std::vector<WorkloadInput>& workloads() const { return input_.workloads; }

  void Adopt(const Churn& other) {
    input_.workloads = other.input_.workloads;
    next_ = other.next_;
  }

  void Tick(const std::map<std::string, std::int32_t>& wanted) {
    clock_.Advance(seconds(1));
    input_.now = clock_.Now();
    input_.inventory = driver_.inventory();
    PolicySet policies;
    PolicyRegistry registry = BuiltinPolicies();
    for (WorkloadInput& workload : input_.workloads) {
      const std::int32_t count = wanted.at(workload.spec.workload);
      workload.spec.policies = {{"wanted-" + std::to_string(count), {}}};
      registry.Add("wanted-" + std::to_string(count),
                   [count](const PolicyOptions&) -> Result<std::unique_ptr<Policy>> {
                     return std::unique_ptr<Policy>(std::make_unique<Constant>(count));
                   });
      EXPECT_TRUE(policies.AddAll(workload.spec, registry));
    }
    TickOutput output;
    planner_.PlanTick(input_, policies, output);
    std::vector<ReplicaSlice> held;
    for (std::size_t i = 0; i < output.workloads.size(); ++i) {
      const auto& seen = input_.workloads[i].observation.slices;
      held.insert(held.end(), seen.begin(), seen.end());
      if (!output.workloads[i].command) continue;
      const auto& asked = output.workloads[i].command->slices;
      held.insert(held.end(), asked.begin(), asked.end());
    }
    for (std::size_t i = 0; i < output.workloads.size(); ++i) {
      input_.workloads[i].history = output.workloads[i].next;
      Live(input_.workloads[i]);
      if (output.workloads[i].command) Obey(*output.workloads[i].command, held, i);
    }
  }

 private:
  class Constant final : public Policy {
   public:
    explicit Constant(std::int32_t count) : count_(count) {}
    std::string_view name() const noexcept override { return "constant"; }
    Status Propose(const PolicyInput&, Proposal& proposal) const override {
      proposal = {.replicas = count_, .reason = "wanted"};
      return {};
    }

   private:
    std::int32_t count_;
  };

  void Obey(const ScaleCommand& command, const std::vector<ReplicaSlice>& held, std::size_t i) {
    Observation& seen = input_.workloads[i].observation;
    seen.spec_replicas = command.replicas;
    const SliceSupply supply = driver_.Make(command.slices, held, clock_.Now() + seconds(5));
    for (Replica& replica : seen.replicas) {
      const bool stays =
          std::any_of(supply.slices.begin(), supply.slices.end(),
                      [&](const ReplicaSlice& slice) { return slice.replica == replica.name; });
      if (!stays) replica.terminating = true;
    }
    for (ReplicaSlice slice : supply.slices) {
      if (!slice.replica.empty()) continue;
      slice.replica = command.workload + "-" + std::to_string(next_++);
      seen.replicas.push_back({.name = slice.replica,
                               .phase = ReplicaPhase::kRunning,
                               .ready = ConditionStatus::kTrue,
                               .ready_transition = clock_.Now(),
                               .start_time = clock_.Now()});
      seen.slices.push_back(std::move(slice));
    }
  }

  // Who was told to go is gone; who lost its slice does not serve.
  void Live(WorkloadInput& workload) const {
    Observation& seen = workload.observation;
    std::erase_if(seen.replicas, [&](const Replica& replica) {
      if (!replica.terminating) return false;
      std::erase_if(seen.slices,
                    [&](const ReplicaSlice& slice) { return slice.replica == replica.name; });
      return true;
    });
    const std::vector<DeviceSlice> there = input_.inventory.driver->slices;
    for (Replica& replica : seen.replicas) {
      const bool runs =
          std::any_of(seen.slices.begin(), seen.slices.end(), [&](const ReplicaSlice& slice) {
            return slice.replica == replica.name &&
                   std::any_of(there.begin(), there.end(),
                               [&](const DeviceSlice& each) { return each.id == slice.id; });
          });
      replica.ready = runs ? ConditionStatus::kTrue : ConditionStatus::kFalse;
    }
  }

  SliceDriver& driver_;
  SimClock& clock_;
  TickInput input_;
  Planner planner_;
  int next_ = 0;
};

// Loads change, GPUs vanish and come back, somebody makes and destroys slices underneath, the
// driver refuses: no two replicas have one slice, every new replica's slice exists, and what
// others made stays.
TEST_F(NvmlSlicesTest, WhateverHappensNothingIsDoubleBooked) {
  for (const bool reconfigure : {true, false}) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      SCOPED_TRACE((reconfigure ? "reconfigure, seed " : "fixed, seed ") + std::to_string(seed));
      std::mt19937_64 random(seed);
      std::filesystem::remove(options_.state_file);
      options_.reconfigure = reconfigure;
      FakeWorld fresh;
      fresh.gpus = {{"GPU-a", "a100"}, {"GPU-b", "a100"}, {"GPU-c", "a100"}};
      std::set<std::string> foreign = {fresh.Make("GPU-a", k1g, 6, 1),
                                       fresh.Make("GPU-b", k3g, 0, 4),
                                       fresh.Make("GPU-c", k2g, 2, 2)};
      fresh.Write(file());
      Start();
      auto churn = std::make_unique<Churn>(*slices_, clock_);
      std::map<std::string, std::int32_t> wanted{{"chat", 1}, {"embed", 1}, {"rerank", 1}};
      for (int tick = 0; tick < 100; ++tick) {
        for (auto& [name, count] : wanted) {
          if (random() % 4 == 0) count = static_cast<std::int32_t>(1 + random() % 6);
        }
        Change([&](FakeWorld& world) {
          if (random() % 12 == 0) {
            std::string& kind = world.gpus[random() % world.gpus.size()].kind;
            kind = kind == "lost" ? "a100" : "lost";
          }
          if (random() % 10 == 0) {
            world.faults["create-gi"] = {random() % 2 == 0 ? 999 : kInUse, 1};
          }
          if (random() % 20 == 0 && !world.instances.empty()) {  // an administrator
            const FakeInstance gone = world.instances[random() % world.instances.size()];
            std::erase(world.instances, gone);
            std::erase_if(world.migs, [&](const testing::FakeMig& mig) {
              if (mig.gpu != gone.gpu || mig.instance != gone.id) return false;
              foreign.erase(mig.uuid);
              return true;
            });
          }
        });
        if (tick % 3 == 0) (void)Look();
        if (reconfigure && tick % 40 == 39) {
          Start();  // as after kill -9: replicas are adopted
          auto next = std::make_unique<Churn>(*slices_, clock_);
          next->Adopt(*churn);
          churn = std::move(next);
        }
        churn->Tick(wanted);
        const FakeWorld world = World();
        std::set<std::string> there, used;
        for (const testing::FakeMig& mig : world.migs) there.insert(mig.uuid);
        for (const std::string& uuid : foreign) EXPECT_THAT(there, Contains(uuid));
        for (const WorkloadInput& workload : churn->workloads()) {
          for (const ReplicaSlice& slice : workload.observation.slices) {
            EXPECT_TRUE(used.insert(slice.id).second) << slice.id << " is double";
            const Replica& replica = *std::find_if(
                workload.observation.replicas.begin(), workload.observation.replicas.end(),
                [&](const Replica& each) { return each.name == slice.replica; });
            if (replica.start_time == clock_.Now()) {
              EXPECT_THAT(there, Contains(slice.id));
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace tidegate
