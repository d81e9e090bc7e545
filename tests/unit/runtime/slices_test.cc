// SPDX-License-Identifier: Apache-2.0
//
// Workloads on slices in the controller: who sees what is taken by others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/fake_balancer.h"
#include "tests/support/sim_clock.h"
#include "tidegate/controller.h"

namespace tidegate {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Replicas serve at once, on the slices that the last command named; what goes is gone at once.
class SliceBackend final : public Backend {
 public:
  explicit SliceBackend(std::int32_t wanted) { seen_.spec_replicas = wanted; }

  Result<Observation> Observe(const WorkloadId& /*workload*/, TimePoint /*deadline*/) override {
    if (fails) return Error{ErrorCode::kUnavailable, "connection refused"};
    return seen_;
  }

  Status Apply(const ScaleCommand& command, TimePoint /*deadline*/) override {
    commands.push_back(command);
    seen_.spec_replicas = command.replicas;
    seen_.slices = command.slices;
    seen_.replicas.clear();
    for (ReplicaSlice& slice : seen_.slices) {
      if (slice.replica.empty()) {
        slice.replica = command.workload + "-" + std::to_string(next_++);
      }
      seen_.replicas.push_back({.name = slice.replica,
                                .phase = ReplicaPhase::kRunning,
                                .ready = ConditionStatus::kTrue,
                                .start_time = TimePoint{},
                                .host = "127.0.0.1",
                                .ports = {{"http", 8000}}});
    }
    seen_.status_replicas = static_cast<std::int32_t>(seen_.replicas.size());
    ++count;
    return {};
  }

  bool fails = false;
  std::vector<ScaleCommand> commands;
  std::atomic<int> count = 0;  // of them

 private:
  Observation seen_;
  int next_ = 0;
};

Workload OnSlices(const std::string& name, const std::string& profile, Duration period,
                  SliceBackend*& backend) {
  Workload workload;
  workload.spec.workload = name;
  workload.spec.max_replicas = 7;
  workload.spec.slice = SliceSpec{.profile = profile};
  MetricSpec& load = workload.spec.metrics.emplace_back();
  load.type = MetricSourceType::kExternal;
  load.name = "load_" + name;
  load.target.average_value = 1000;
  workload.period = period;
  auto made = std::make_unique<SliceBackend>(1);
  backend = made.get();
  workload.backend = std::move(made);
  return workload;
}

// Makes whatever is wanted, under another name; refuses some places.
class FakeSliceDriver final : public SliceDriver {
 public:
  explicit FakeSliceDriver(std::int64_t devices) {
    now_.devices = SimulateDevices("a100-40gb", devices).value();
    now_.driver = DriverSlices{.reconfigure = true};
  }

  Inventory inventory() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  Status Refresh(TimePoint /*now*/) override { return {}; }
  SliceSupply Make(std::span<const ReplicaSlice> wanted, std::span<const ReplicaSlice> held,
                   TimePoint /*deadline*/) override {
    if (before_making) before_making();
    const std::lock_guard lock(mutex_);
    held_.assign(held.begin(), held.end());
    SliceSupply supply;
    for (ReplicaSlice slice : wanted) {
      if (slice.replica.empty() && refuses.count(slice.device) > 0) {
        supply.error = Error{ErrorCode::kConflict, "Insufficient Resources"};
        continue;
      }
      if (slice.id.rfind("MIG-", 0) != 0) {
        slice.id = "MIG-" + std::to_string(++made_);
        now_.driver->slices.push_back({.id = slice.id,
                                       .device = slice.device,
                                       .profile = slice.profile,
                                       .start = slice.start,
                                       .usable = true,
                                       .removable = true});
      }
      supply.slices.push_back(std::move(slice));
    }
    return supply;
  }

  std::set<std::string> refuses;  // GPUs
  std::function<void()> before_making;
  std::vector<ReplicaSlice> held_;

 private:
  mutable std::mutex mutex_;
  Inventory now_;
  int made_ = 0;
};

class SlicesTest : public ::testing::Test {
 protected:
  void Start(std::vector<Workload> workloads, std::int64_t devices) {
    Components components;
    components.clock = &clock;
    components.inventory.devices = SimulateDevices("a100-40gb", devices).value();
    auto made = Controller::Create(std::move(workloads), std::move(components));
    ASSERT_TRUE(made) << made.error().message;
    controller = *std::move(made);
  }

  void Start(std::vector<Workload> workloads, std::unique_ptr<SliceDriver> driver,
             Duration apply_wait = seconds(1)) {
    Components components;
    components.clock = &clock;
    components.slice_driver = std::move(driver);
    auto made =
        Controller::Create(std::move(workloads), std::move(components), {.apply_wait = apply_wait});
    ASSERT_TRUE(made) << made.error().message;
    controller = *std::move(made);
  }

  void Load(const std::string& name, double value) {
    ASSERT_TRUE(controller->Ingest("load_" + name, {}, value));
  }

  testing::SimClock clock;
  std::unique_ptr<Controller> controller;
};

TEST_F(SlicesTest, WithoutDevicesThereIsNoWorkloadOnSlices) {
  SliceBackend* backend = nullptr;
  std::vector<Workload> workloads;
  workloads.push_back(OnSlices("web", "1g.5gb", seconds(1), backend));
  const auto made = Controller::Create(std::move(workloads));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(made.error().message, HasSubstr("web: slice: there are no devices"));
}

// A command that changes no count is no change of scale: rate limits do not see it.
TEST_F(SlicesTest, TheFirstReplicaGetsItsSliceAtTheFirstTick) {
  SliceBackend* backend = nullptr;
  std::vector<Workload> workloads;
  workloads.push_back(OnSlices("web", "1g.5gb", seconds(1), backend));
  Start(std::move(workloads), 1);
  const TickOutput output = controller->Tick();
  ASSERT_THAT(backend->commands, SizeIs(1));
  EXPECT_THAT(backend->commands[0].slices, SizeIs(1));
  EXPECT_FALSE(output.workloads[0].next.last_scale_time);
  clock.Advance(seconds(1));
  controller->Tick();
  EXPECT_THAT(backend->commands, SizeIs(1));
}

// Replicas on slices of different sizes get requests by what their slices are worth.
TEST_F(SlicesTest, TheBalancerGetsWeightsByCapacity) {
  SliceBackend* backend = nullptr;
  std::vector<Workload> workloads;
  workloads.push_back(OnSlices("web", "", seconds(1), backend));
  workloads[0].spec.slice->sizes = {{"1g.5gb", 1000}, {"2g.10gb", 2100}};
  workloads[0].balancer_port = "http";
  auto made = std::make_unique<testing::FakeBalancer>();
  const testing::FakeBalancer& balancer = *made;
  workloads[0].balancer = std::move(made);
  Start(std::move(workloads), 1);
  for (int i = 0; i < 4; ++i) {
    controller->Tick();
    clock.Advance(seconds(1));
    Load("web", 3);
  }
  std::vector<std::int32_t> weights;
  for (const Endpoint& endpoint : balancer.endpoints) weights.push_back(endpoint.weight);
  EXPECT_THAT(weights, ::testing::UnorderedElementsAre(10, 21));
}

// Of two workloads with periods of their own, neither is given what the other has.
TEST_F(SlicesTest, WhatIsTakenByWorkloadsThatAreNotDueIsTaken) {
  SliceBackend* slow = nullptr;
  SliceBackend* quick = nullptr;
  std::vector<Workload> workloads;
  workloads.push_back(OnSlices("slow", "4g.20gb", seconds(60), slow));
  workloads.push_back(OnSlices("web", "4g.20gb", seconds(1), quick));
  Start(std::move(workloads), 2);
  controller->Tick();
  clock.Advance(seconds(1));
  Load("web", 3);
  controller->Tick();
  for (int i = 0; i < 5; ++i) {
    clock.Advance(seconds(1));
    const TickOutput output = controller->Tick();
    ASSERT_THAT(output.workloads, SizeIs(1));
    EXPECT_EQ(output.workloads[0].decision.desired, 1);
    EXPECT_EQ(output.workloads[0].decision.steps.back().cause, StepCause::kNoRoom);
  }
  ASSERT_THAT(quick->commands, SizeIs(1));
  EXPECT_NE(slow->commands.at(0).slices.at(0).device, quick->commands[0].slices.at(0).device);
}

// Nor what one had that cannot be seen just now.
TEST_F(SlicesTest, WhatIsTakenByWorkloadsThatCannotBeSeenIsTaken) {
  SliceBackend* lost = nullptr;
  SliceBackend* quick = nullptr;
  std::vector<Workload> workloads;
  workloads.push_back(OnSlices("lost", "4g.20gb", seconds(1), lost));
  workloads.push_back(OnSlices("web", "4g.20gb", seconds(1), quick));
  Start(std::move(workloads), 2);
  controller->Tick();
  clock.Advance(seconds(1));
  controller->Tick();
  lost->fails = true;
  Load("web", 3);
  for (int i = 0; i < 3; ++i) {
    clock.Advance(seconds(1));
    const TickOutput output = controller->Tick();
    EXPECT_TRUE(output.workloads[0].decision.error);
    EXPECT_EQ(output.workloads[1].decision.desired, 1);
  }
  EXPECT_THAT(quick->commands, SizeIs(1));
}

TEST_F(SlicesTest, TheBackendGetsTheSlicesThatWereMade) {
  SliceBackend* backend = nullptr;
  std::vector<Workload> workloads;
  workloads.push_back(OnSlices("web", "3g.20gb", seconds(1), backend));
  auto driver = std::make_unique<FakeSliceDriver>(1);
  FakeSliceDriver& slices = *driver;
  Start(std::move(workloads), std::move(driver));
  controller->Tick();
  ASSERT_THAT(backend->commands, SizeIs(1));
  EXPECT_EQ(backend->commands[0].slices.at(0).id, "MIG-1");
  Load("web", 2);
  clock.Advance(seconds(1));
  controller->Tick();
  ASSERT_THAT(backend->commands, SizeIs(2));
  EXPECT_EQ(backend->commands[1].slices.at(1).id, "MIG-2");
  EXPECT_THAT(slices.held_, SizeIs(3)) << "what it has, twice, and what it gets";
}

TEST_F(SlicesTest, WhatTheDriverRefusesCostsNothingElse) {
  SliceBackend* backend = nullptr;
  std::vector<Workload> workloads;
  workloads.push_back(OnSlices("web", "7g.40gb", seconds(1), backend));
  auto driver = std::make_unique<FakeSliceDriver>(2);
  FakeSliceDriver& slices = *driver;
  Start(std::move(workloads), std::move(driver));
  controller->Tick();
  const std::string first = backend->commands.at(0).slices.at(0).device;
  const Inventory inventory = slices.inventory();
  for (const Device& device : inventory.devices) {
    if (device.id != first) slices.refuses.insert(device.id);
  }
  Load("web", 2);
  for (int i = 0; i < 3; ++i) {
    clock.Advance(seconds(1));
    controller->Tick();
  }
  ASSERT_THAT(backend->commands.back().slices, SizeIs(1)) << "it keeps what it has";
  EXPECT_EQ(backend->commands.back().slices[0].id, "MIG-1");
  slices.refuses.clear();
  clock.Advance(seconds(1));
  controller->Tick();
  EXPECT_THAT(backend->commands.back().slices, SizeIs(2)) << "and is given it as soon as it can be";
}

// Making takes longer than ticks are apart: nothing else is planned meanwhile.
TEST_F(SlicesTest, WhatIsBeingMadeIsNotPlannedAgain) {
  SliceBackend* backend = nullptr;
  std::vector<Workload> workloads;
  workloads.push_back(OnSlices("web", "3g.20gb", seconds(1), backend));
  auto driver = std::make_unique<FakeSliceDriver>(1);
  std::promise<void> go;
  driver->before_making = [&go, waited = false]() mutable {
    if (!waited) go.get_future().wait();
    waited = true;
  };
  Start(std::move(workloads), std::move(driver), std::chrono::milliseconds(1));
  const TickOutput first = controller->Tick();
  ASSERT_TRUE(first.workloads[0].command);
  for (int i = 0; i < 3; ++i) {
    clock.Advance(seconds(1));
    const TickOutput output = controller->Tick();
    EXPECT_FALSE(output.workloads[0].command) << "it is on its way";
  }
  EXPECT_THAT(backend->commands, SizeIs(0));
  go.set_value();
  for (int i = 0; i < 500 && backend->count == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  clock.Advance(seconds(1));
  controller->Tick();
  ASSERT_THAT(backend->commands, SizeIs(1));
  EXPECT_EQ(backend->commands[0].slices.at(0).id, "MIG-1");
}

}  // namespace
}  // namespace tidegate
