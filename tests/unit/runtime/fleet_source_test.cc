// SPDX-License-Identifier: Apache-2.0
//
// Components::sources: what is collected for no one workload.
#include <gtest/gtest.h>

#include <future>

#include "tests/support/sim_clock.h"
#include "tidegate/controller.h"

namespace tidegate {
namespace {

using std::chrono::seconds;
using testing::SimClock;

/// What the test and the source see of each other.
struct Seen {
  std::promise<void> collected;
  std::vector<WorkloadReplicas> fleet;
  std::shared_future<void> gate;  // if valid, a call waits for it
  TargetState state{.target = "t"};
};

class FleetSource final : public Source {
 public:
  explicit FleetSource(Seen& seen) : seen_(seen) {}

  Status Collect(const CollectRequest& request, SampleSink& sink) override {
    seen_.fleet.assign(request.fleet.begin(), request.fleet.end());
    (void)sink.Ingest("load", {{"job", "gateway"}}, 30, request.now);
    std::promise<void> collected = std::exchange(seen_.collected, {});
    const std::shared_future<void> gate = seen_.gate;
    collected.set_value();
    if (gate.valid()) gate.wait();
    return {};
  }
  std::vector<TargetState> targets() const override { return {seen_.state}; }

 private:
  Seen& seen_;
};

Workload Web() {
  ScalingSpec spec{.workload = "web", .max_replicas = 10};
  MetricSpec metric{.type = MetricSourceType::kExternal, .name = "load"};
  metric.target.average_value = 10'000;
  spec.metrics.push_back(metric);
  Workload workload;
  workload.spec = spec;
  workload.queries = {{.metric = "load", .query = "sum(load{job=\"gateway\"})"}};
  return workload;
}

std::unique_ptr<Controller> Make(Clock& clock, Seen& seen) {
  Components components;
  components.clock = &clock;
  components.sources.push_back(std::make_unique<FleetSource>(seen));
  std::vector<Workload> workloads;
  workloads.push_back(Web());
  auto controller = Controller::Create(std::move(workloads), std::move(components));
  Replica replica;
  replica.name = "web-0";
  replica.phase = ReplicaPhase::kRunning;
  EXPECT_TRUE(
      (*controller)
          ->SetReplicas("web", {.spec_replicas = 1, .status_replicas = 1, .replicas = {replica}}));
  return *std::move(controller);
}

TEST(FleetSourceTest, IsCollectedAfterATickAndReadAtTheNext) {
  SimClock clock;
  Seen seen;
  auto collected = seen.collected.get_future();
  const auto controller = Make(clock, seen);
  EXPECT_EQ(controller->Tick().workloads[0].decision.desired, 1);  // holds: nothing is known yet
  ASSERT_EQ(collected.wait_for(seconds(20)), std::future_status::ready);
  ASSERT_EQ(seen.fleet.size(), 1U);
  EXPECT_EQ(seen.fleet[0].workload, "web");
  EXPECT_EQ(seen.fleet[0].replicas.at(0).name, "web-0");
  clock.Advance(seconds(1));
  EXPECT_EQ(controller->Tick().workloads[0].decision.desired, 3);
}

TEST(FleetSourceTest, MayBeWaitedForBeforeTheFirstTick) {
  SimClock clock;
  Seen seen;
  const auto controller = Make(clock, seen);
  controller->CollectOnce();
  EXPECT_EQ(seen.fleet.at(0).replicas.at(0).name, "web-0");
  EXPECT_EQ(controller->Tick().workloads[0].decision.desired, 3);
}

TEST(FleetSourceTest, KnowsWhatTheWorkloadsReadThemselves) {
  class Own final : public Source {
   public:
    Status Collect(const CollectRequest&, SampleSink&) override { return {}; }
    std::vector<TargetState> targets() const override { return {{.target = "http://h/own"}}; }
  };
  SimClock clock;
  Seen seen;
  const auto controller = Make(clock, seen);
  std::vector<Workload> workloads;
  workloads.push_back(Web());
  workloads.back().source = std::make_unique<Own>();
  ASSERT_TRUE(controller->Replace(std::move(workloads)).ok());
  controller->CollectOnce();
  EXPECT_EQ(seen.fleet.at(0).targets, std::vector<std::string>{"http://h/own"});
}

TEST(FleetSourceTest, NoTickWaitsForIt) {
  SimClock clock;
  Seen seen;
  std::promise<void> open;
  seen.gate = open.get_future().share();
  auto collected = seen.collected.get_future();
  const auto controller = Make(clock, seen);
  controller->Tick();
  ASSERT_EQ(collected.wait_for(seconds(20)), std::future_status::ready);
  auto again = seen.collected.get_future();
  for (int i = 0; i < 3; ++i) {
    clock.Advance(seconds(1));
    controller->Tick();
  }
  EXPECT_EQ(again.wait_for(seconds(0)), std::future_status::timeout);  // no second call beside it
  open.set_value();
}

}  // namespace
}  // namespace tidegate
