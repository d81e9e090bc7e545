// SPDX-License-Identifier: Apache-2.0
//
// Workloads on slices in the controller: who sees what is taken by others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
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
    return {};
  }

  bool fails = false;
  std::vector<ScaleCommand> commands;

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

}  // namespace
}  // namespace tidegate
