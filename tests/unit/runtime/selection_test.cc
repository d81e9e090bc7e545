// SPDX-License-Identifier: Apache-2.0
//
// The store keeps of pages what the queries select, and no more.
#include "runtime/selection.h"

#include <gtest/gtest.h>

#include "tests/support/sim_clock.h"
#include "tidegate/controller.h"

namespace tidegate {
namespace {

using runtime::MetricNames;
using runtime::Selection;
using std::chrono::seconds;
using testing::SimClock;

constexpr TimePoint kT0{seconds(1'700'000'000)};

Query Compiled(const std::string& text) { return Query::Compile(text).value(); }

TEST(SelectionTest, KnowsSinceWhenWhatIsKept) {
  Selection selection;
  selection.Replace(MetricNames({"a", "b"}), kT0);
  EXPECT_EQ(selection.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(selection.Since(Compiled("a / b")), TimePoint::min());  // nothing was ever skipped
  selection.Replace(MetricNames({"a", "c"}), kT0 + seconds(1));
  EXPECT_EQ(selection.Since(Compiled("a")), TimePoint::min());
  EXPECT_EQ(selection.Since(Compiled("a / c")), kT0 + seconds(1));
  selection.Replace(MetricNames({"a", "b", "c"}), kT0 + seconds(2));
  EXPECT_EQ(selection.Since(Compiled("b")), kT0 + seconds(2));  // anew
  EXPECT_EQ(selection.Since(Compiled("c")), kT0 + seconds(1));
}

TEST(SelectionTest, AllIsMoreThanWhatIsNamed) {
  Selection selection;
  selection.Replace(MetricNames({"a"}), kT0);
  selection.Replace(std::nullopt, kT0 + seconds(1));
  EXPECT_EQ(selection.names(), std::nullopt);
  EXPECT_EQ(selection.Since(Compiled("a")), TimePoint::min());
  EXPECT_EQ(selection.Since(Compiled("b")), kT0 + seconds(1));
  EXPECT_EQ(selection.Since(Compiled("{x='y'}")), kT0 + seconds(1));
  selection.Replace(std::nullopt, kT0 + seconds(2));
  EXPECT_EQ(selection.Since(Compiled("{x='y'}")), kT0 + seconds(1));
  selection.Replace(MetricNames({"a", "b"}), kT0 + seconds(3));
  EXPECT_EQ(selection.Since(Compiled("b")), kT0 + seconds(1));
}

/// A target that is read at every tick, or every `every` ticks.
class PageSource final : public Source {
 public:
  explicit PageSource(std::string page, int every = 1) : page_(std::move(page)), every_(every) {
    state_.target = "http://h/metrics";
  }

  Status Collect(const CollectRequest& request, SampleSink& sink) override {
    if (calls_++ % every_ != 0) return {};
    state_.up = sink.IngestPage(page_, {{"job", "gw"}}, request.now).has_value();
    state_.last_attempt = state_.last_success = request.now;
    return {};
  }
  std::vector<TargetState> targets() const override { return {state_}; }

 private:
  const std::string page_;
  const int every_;
  int calls_ = 0;
  TargetState state_;
};

constexpr const char* kPage = "load 30\nqueue 7\nother 1\nother{x=\"1\"} 2\n";

class SelectingControllerTest : public ::testing::Test {
 protected:
  /// A workload of one metric, whose query this is.
  static Workload Web(const std::string& query, std::unique_ptr<Source> source) {
    Workload web;
    web.spec = {.workload = "web", .max_replicas = 10};
    web.spec.metrics = {{.type = MetricSourceType::kExternal, .name = "m"}};
    web.spec.metrics[0].target.average_value = 10'000;
    web.spec.behavior = DefaultBehavior();
    web.spec.behavior->scale_down.stabilization_window = Duration::zero();
    web.queries = {{.metric = "m", .query = query}};
    web.source = std::move(source);
    return web;
  }
  static std::vector<Workload> One(Workload workload) {
    std::vector<Workload> all;
    all.push_back(std::move(workload));
    return all;
  }
  void Start(const std::string& query, ControllerOptions options = {}) {
    Components components;
    components.clock = &clock_;
    controller_ = Controller::Create(One(Web(query, std::make_unique<PageSource>(kPage))),
                                     std::move(components), options)
                      .value();
    SetReplicas();
  }
  void SetReplicas() {
    Observation seen{.spec_replicas = 5, .status_replicas = 5};
    for (int i = 0; i < 5; ++i) {
      seen.replicas.push_back({.name = "web-" + std::to_string(i),
                               .phase = ReplicaPhase::kRunning,
                               .ready = ConditionStatus::kTrue});
    }
    ASSERT_TRUE(controller_->SetReplicas("web", seen).ok());
  }
  Decision Tick() {
    clock_.Advance(seconds(1));
    return controller_->Tick().workloads.at(0).decision;
  }
  bool Has(const std::string& query) const {
    return !Compiled(query).Evaluate(controller_->store(), clock_.Now())->vector.empty();
  }
  std::uint64_t skipped() const { return controller_->store().stats().skipped_total; }

  SimClock clock_;
  std::unique_ptr<Controller> controller_;
};

TEST_F(SelectingControllerTest, SeriesThatNoQueryAsksForAreSkipped) {
  Start("sum(load)");
  EXPECT_EQ(Tick().desired, 3);
  EXPECT_EQ(controller_->store().stats().series, 1U);
  EXPECT_EQ(skipped(), 3U);
}

TEST_F(SelectingControllerTest, AMetricWithoutAQueryIsAskedForByItsName) {
  Components components;
  components.clock = &clock_;
  Workload web = Web("", std::make_unique<PageSource>("m 30\nqueue 7\n"));
  web.queries.clear();
  controller_ = Controller::Create(One(std::move(web)), std::move(components)).value();
  SetReplicas();
  EXPECT_EQ(Tick().desired, 3);
  EXPECT_EQ(skipped(), 1U);
}

TEST_F(SelectingControllerTest, APatternOfNamesKeepsThemAll) {
  Start("sum({__name__=~\"lo.*\"})");
  EXPECT_EQ(Tick().desired, 3);
  EXPECT_EQ(skipped(), 0U);
  EXPECT_EQ(controller_->store().stats().series, 4U);
}

TEST_F(SelectingControllerTest, AHostMayHaveAllOrSomeMoreKept) {
  Start("sum(load)", {.keep_all_series = true});
  Tick();
  EXPECT_EQ(skipped(), 0U);
  ControllerOptions options;
  options.series.metrics = {"other"};
  Start("sum(load)", options);
  Tick();
  EXPECT_EQ(controller_->store().stats().series, 3U);
}

TEST_F(SelectingControllerTest, AReloadChangesWhatIsKept) {
  Start("sum(load)");
  Tick();
  ASSERT_TRUE(
      controller_->Replace(One(Web("sum(queue)", std::make_unique<PageSource>(kPage)))).ok());
  EXPECT_EQ(Tick().desired, 1);
  EXPECT_FALSE(Has("load"));
  EXPECT_TRUE(Has("queue"));
}

// What was skipped so far is missing until its target is read again, even where an empty answer
// means zero.
TEST_F(SelectingControllerTest, WhatIsNewlyAskedForIsMissingNotZero) {
  auto source = std::make_shared<PageSource>(kPage, 4);
  class Shared final : public Source {
   public:
    explicit Shared(std::shared_ptr<Source> source) : source_(std::move(source)) {}
    Status Collect(const CollectRequest& request, SampleSink& sink) override {
      return source_->Collect(request, sink);
    }
    std::vector<TargetState> targets() const override { return source_->targets(); }

   private:
    std::shared_ptr<Source> source_;
  };
  const auto web = [&](const std::string& query) {
    Workload workload = Web(query, std::make_unique<Shared>(source));
    workload.queries[0].empty_as_zero = true;
    return One(std::move(workload));
  };
  Components components;
  components.clock = &clock_;
  controller_ = Controller::Create(web("sum(load)"), std::move(components)).value();
  SetReplicas();
  EXPECT_EQ(Tick().desired, 3);
  ASSERT_TRUE(controller_->Replace(web("sum(other)")).ok());
  SetReplicas();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Tick().desired, 5) << "holds, " << i;
  EXPECT_EQ(Tick().desired, 1);
  ASSERT_TRUE(controller_->Replace(web("sum(nothing)")).ok());
  SetReplicas();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Tick().desired, 5) << "holds, " << i;
  EXPECT_EQ(Tick().desired, 1);  // it was read, and is not there
}

}  // namespace
}  // namespace tidegate
