// SPDX-License-Identifier: Apache-2.0
#include "tidegate/controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "tests/support/sim_clock.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What the parts of a workload were asked, in order.
struct Log {
  void Add(std::string line) {
    const std::lock_guard lock(mutex);
    lines.push_back(std::move(line));
  }
  std::mutex mutex;
  std::vector<std::string> lines;
};

class FakeBackend final : public Backend {
 public:
  explicit FakeBackend(std::shared_ptr<Log> log, std::int32_t replicas = 2)
      : log_(std::move(log)), replicas_(replicas) {}

  Result<Observation> Observe(const WorkloadId& workload, TimePoint /*deadline*/) override {
    if (observe) return observe();
    Observation seen{.spec_replicas = replicas_, .status_replicas = replicas_};
    for (std::int32_t i = 0; i < replicas_; ++i) {
      seen.replicas.push_back({.name = workload + "-" + std::to_string(i),
                               .phase = ReplicaPhase::kRunning,
                               .ready = ConditionStatus::kTrue,
                               .start_time = TimePoint(seconds(i)),
                               .host = "127.0.0.1",
                               .ports = {{"http", static_cast<std::uint16_t>(8000 + i)}}});
    }
    return seen;
  }

  Status Apply(const ScaleCommand& command, TimePoint /*deadline*/) override {
    std::string line = "apply " + std::to_string(command.replicas);
    for (const std::string& victim : command.victims) line += " -" + victim;
    log_->Add(line);
    if (apply_error) return *apply_error;
    replicas_ = command.replicas;
    return {};
  }

  std::function<Result<Observation>()> observe;
  std::optional<Error> apply_error;

 private:
  std::shared_ptr<Log> log_;
  std::atomic<std::int32_t> replicas_;
};

class FakeBalancer final : public Balancer {
 public:
  explicit FakeBalancer(std::shared_ptr<Log> log) : log_(std::move(log)) {}

  Result<SyncState> Sync(std::span<const Endpoint> wanted, TimePoint /*deadline*/) override {
    std::string line = "sync";
    for (const Endpoint& endpoint : wanted) line += " " + endpoint.replica;
    log_->Add(line);
    if (error) return *error;
    return state;
  }

  std::optional<Error> error;
  SyncState state = SyncState::kInEffect;

 private:
  std::shared_ptr<Log> log_;
};

class LastReport final : public Reporter {
 public:
  struct Seen {
    TickOutput output;
    std::vector<Applied> applied;
    std::vector<History> histories;
    std::set<WorkloadId> workloads;
    int ticks = 0;
  };
  explicit LastReport(std::shared_ptr<Seen> seen) : seen_(std::move(seen)) {}
  void OnTick(const TickReport& report) override {
    seen_->output = report.output;
    seen_->applied = report.applied;
    seen_->histories = report.histories;
    ++seen_->ticks;
    throw std::runtime_error("a reporter never fails the tick");
  }
  void OnReplace(const std::set<WorkloadId>& workloads) override {
    seen_->workloads = workloads;
    throw std::runtime_error("nor a replacement");
  }

 private:
  std::shared_ptr<Seen> seen_;
};

// Answers queries itself: each with `value`, and with what it has to say about it.
class AnsweringSource final : public Source {
 public:
  explicit AnsweringSource(std::shared_ptr<Log> log) : log_(std::move(log)) {}

  Status Collect(const CollectRequest& request, SampleSink& sink) override {
    for (const CollectQuery& query : request.queries) {
      log_->Add(query.metric + ": " + query.query + (query.per_replica ? " per replica" : ""));
      (void)sink.Ingest(query.metric, {{"workload", request.workload}}, value, request.now);
    }
    return {};
  }
  std::vector<TargetState> targets() const override { return {state}; }
  bool answers_queries() const override { return true; }

  double value = 35;
  TargetState state{.target = "p", .up = true, .metric = "load"};

 private:
  std::shared_ptr<Log> log_;
};

class ControllerTest : public ::testing::Test {
 protected:
  ScalingSpec Spec(const std::string& id = "web") const {
    ScalingSpec spec{.workload = id, .max_replicas = 10};
    MetricSpec metric{.type = MetricSourceType::kExternal, .name = "load"};
    metric.target.average_value = 10'000;
    spec.metrics = {metric};
    spec.behavior = DefaultBehavior();
    spec.behavior->scale_down.stabilization_window = Duration::zero();
    return spec;
  }

  Workload Web() {
    auto backend = std::make_unique<FakeBackend>(log_);
    auto balancer = std::make_unique<FakeBalancer>(log_);
    backend_ = backend.get();
    balancer_ = balancer.get();
    Workload workload;
    workload.spec = Spec();
    workload.backend = std::move(backend);
    workload.balancer = std::move(balancer);
    return workload;
  }

  void Start(std::vector<Workload> workloads, ControllerOptions options = {}) {
    Components components;
    components.clock = &clock_;
    components.reporters.push_back(std::make_unique<LastReport>(seen_));
    controller_ = Controller::Create(std::move(workloads), std::move(components), options).value();
  }
  void Start() {
    std::vector<Workload> workloads;
    workloads.push_back(Web());
    Start(std::move(workloads));
  }

  /// A workload whose metrics its source answers.
  AnsweringSource& StartAnswered(bool with_depth) {
    Workload web = Web();
    if (with_depth) {
      web.spec.metrics.push_back({.type = MetricSourceType::kPods, .name = "depth"});
      web.spec.metrics.back().target.average_value = 1'000;
    }
    web.queries = {{"load", "sum(x[1m] keep_metric_names)"}};  // no PromQL, and not looked at
    auto source = std::make_unique<AnsweringSource>(log_);
    AnsweringSource& answering = *source;
    web.source = std::move(source);
    std::vector<Workload> workloads;
    workloads.push_back(std::move(web));
    Start(std::move(workloads));
    return answering;
  }

  TickOutput TickAt(double load) {
    EXPECT_TRUE(controller_->Ingest("load", {}, load).ok());
    TickOutput output = controller_->Tick();
    clock_.Advance(seconds(1));
    return output;
  }

  testing::SimClock clock_;
  std::shared_ptr<Log> log_ = std::make_shared<Log>();
  std::shared_ptr<LastReport::Seen> seen_ = std::make_shared<LastReport::Seen>();
  FakeBackend* backend_ = nullptr;
  FakeBalancer* balancer_ = nullptr;
  std::unique_ptr<Controller> controller_;
};

TEST_F(ControllerTest, GrowsAndRemembersIt) {
  Start();
  EXPECT_EQ(TickAt(35).workloads.at(0).decision.desired, 4);
  EXPECT_THAT(log_->lines, ElementsAre("sync web-0 web-1", "apply 4"));
  EXPECT_TRUE(seen_->applied.at(0).scaled);
  ASSERT_EQ(seen_->histories.at(0).scale_up_events.size(), 1u);
  EXPECT_EQ(seen_->histories.at(0).scale_up_events[0].change, 2);
  // What happened arrives as the next observation.
  EXPECT_EQ(TickAt(35).workloads.at(0).decision.current, 4);
}

// The load of each second counts, also of a metric that has no query of its own.
TEST_F(ControllerTest, AWindowAveragesWhatTheTicksBring) {
  Workload web = Web();
  web.queries = {{.metric = "load", .window = {Averaging::kLinear, seconds(4)}}};
  std::vector<Workload> workloads;
  workloads.push_back(std::move(web));
  Start(std::move(workloads));
  // A window that is not full yet may raise the count, not lower it.
  EXPECT_EQ(TickAt(5).workloads.at(0).decision.desired, 2);
  EXPECT_EQ(TickAt(5).workloads.at(0).decision.desired, 2);
  EXPECT_EQ(TickAt(70).workloads.at(0).decision.desired, 3);  // 80 / 3
  EXPECT_EQ(TickAt(0).workloads.at(0).decision.desired, 2);   // 80 / 4
  EXPECT_EQ(TickAt(0).workloads.at(0).decision.desired, 2);   // 75 / 4
  EXPECT_EQ(TickAt(0).workloads.at(0).decision.desired, 2);   // 70 / 4
  EXPECT_EQ(TickAt(0).workloads.at(0).decision.desired, 1);   // 0 / 4, but for min
}

// The push ends; its last value, then the number that was asked for; a replay says the same.
TEST_F(ControllerTest, AMetricThatIsLostFallsBack) {
  Workload web = Web();
  web.queries = {{.metric = "load", .max_age = seconds(2)}};
  web.spec.fallbacks = {{.metric = "load",
                         .last_known = seconds(6),
                         .after = seconds(8),
                         .behavior = FallbackBehavior::kStatic,
                         .replicas = 3}};
  std::vector<Workload> workloads;
  workloads.push_back(std::move(web));
  Start(std::move(workloads));
  EXPECT_EQ(TickAt(35).workloads.at(0).decision.desired, 4);
  std::vector<std::int32_t> desired;
  for (int second = 1; second <= 12; ++second) {
    const TickOutput output = controller_->Tick();
    desired.push_back(output.workloads.at(0).decision.desired);
    clock_.Advance(seconds(1));
  }
  // Fresh for 2 s, then lost: the last value until second 8, the number from second 11 on.
  EXPECT_THAT(desired, ElementsAre(4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 3));
  EXPECT_EQ(TickAt(35).workloads.at(0).decision.desired, 4);
}

// The order that loses no request: the balancer lets go first.
TEST_F(ControllerTest, AVictimLeavesTheBalancerFirst) {
  Start();
  TickAt(5);
  EXPECT_THAT(log_->lines, ElementsAre("sync web-0", "apply 1 -web-1"));
}

TEST_F(ControllerTest, ABalancerThatIsNotReadyHoldsTheWayDown) {
  Start();
  balancer_->state = SyncState::kPending;
  TickAt(5);
  EXPECT_THAT(log_->lines, ElementsAre("sync web-0"));
  EXPECT_FALSE(seen_->applied.at(0).scaled);
  EXPECT_FALSE(seen_->applied.at(0).error);
  balancer_->error = Error{ErrorCode::kUnavailable, "nginx is not running"};
  TickAt(5);
  EXPECT_THAT(seen_->applied.at(0).error->message, HasSubstr("nginx is not running"));
  balancer_->error.reset();
  balancer_->state = SyncState::kInEffect;
  TickAt(5);
  EXPECT_EQ(log_->lines.back(), "apply 1 -web-1");
}

TEST_F(ControllerTest, ABalancerThatFailsDoesNotStopTheWayUp) {
  Start();
  balancer_->error = Error{ErrorCode::kUnavailable, "nginx is not running"};
  TickAt(35);
  EXPECT_EQ(log_->lines.back(), "apply 4");
  EXPECT_TRUE(seen_->applied.at(0).scaled);
}

TEST_F(ControllerTest, WhatWasNotAppliedIsNotRemembered) {
  Start();
  backend_->apply_error = Error{ErrorCode::kUnavailable, "no more processes"};
  TickAt(35);
  EXPECT_TRUE(seen_->histories.at(0).scale_up_events.empty());
  EXPECT_EQ(seen_->applied.at(0).error->message, "no more processes");
  backend_->apply_error.reset();
  TickAt(35);  // retried
  EXPECT_TRUE(seen_->applied.at(0).scaled);
}

TEST_F(ControllerTest, ABackendThatThrowsHoldsItsOwnWorkloadOnly) {
  std::vector<Workload> workloads;
  workloads.push_back(Web());
  workloads.emplace_back();
  workloads.back().spec = Spec("other");
  backend_->observe = []() -> Result<Observation> { throw std::runtime_error("boom"); };
  Start(std::move(workloads));
  ASSERT_TRUE(controller_->SetReplicas("other", {2, 2, {}}).ok());
  const TickOutput output = TickAt(35);
  ASSERT_EQ(output.workloads.size(), 2u);
  EXPECT_EQ(output.workloads[0].decision.desired, 4);  // other
  EXPECT_THAT(output.workloads[1].decision.error->message, HasSubstr("backend threw: boom"));
}

// A call that hangs is left alone: its workload holds, is not asked again, and recovers.
TEST_F(ControllerTest, ALateBackendHoldsAndIsNotReentered) {
  std::vector<Workload> workloads;
  workloads.push_back(Web());
  std::atomic<int> calls = 0;
  std::atomic<bool> hang = true;
  backend_->observe = [&]() -> Result<Observation> {
    ++calls;
    while (hang) std::this_thread::yield();
    return Observation{.spec_replicas = 2, .status_replicas = 2};
  };
  Start(std::move(workloads), {.gather_timeout = milliseconds(30)});
  EXPECT_EQ(TickAt(35).workloads.at(0).decision.error->code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(TickAt(35).workloads.at(0).decision.error->code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(calls, 1);
  hang = false;
  for (int i = 0; i < 1000 && TickAt(35).workloads.at(0).decision.error; ++i) {
    std::this_thread::yield();
  }
  EXPECT_EQ(seen_->output.workloads.at(0).decision.desired, 4);
}

TEST_F(ControllerTest, ADryRunChangesNothing) {
  std::vector<Workload> workloads;
  workloads.push_back(Web());
  Start(std::move(workloads), {.dry_run = true});
  EXPECT_EQ(TickAt(35).workloads.at(0).decision.desired, 4);
  EXPECT_TRUE(log_->lines.empty());
}

TEST_F(ControllerTest, OnlyDueWorkloadsTickAndMissedTicksStayMissed) {
  std::vector<Workload> workloads(2);
  workloads[0].spec = Spec("fast");
  workloads[1].spec = Spec("slow");
  workloads[1].period = seconds(15);
  Start(std::move(workloads));
  ASSERT_TRUE(controller_->Ingest("load", {}, 1).ok());
  EXPECT_EQ(controller_->Tick().workloads.size(), 2u);
  EXPECT_EQ(controller_->Tick().workloads.size(), 0u);
  clock_.Advance(seconds(1));
  EXPECT_EQ(controller_->Tick().workloads.size(), 1u);
  clock_.Advance(milliseconds(60'300));
  EXPECT_EQ(controller_->Tick().workloads.size(), 2u);
  EXPECT_EQ(controller_->Tick().workloads.size(), 0u);
  clock_.Advance(milliseconds(700));  // back on its own grid
  EXPECT_EQ(controller_->Tick().workloads.size(), 1u);
}

TEST_F(ControllerTest, ReplaceKeepsHistoryAndBackend) {
  Start();
  TickAt(35);
  std::vector<Workload> workloads(1);
  workloads[0].spec = Spec();
  workloads[0].spec.max_replicas = 3;
  workloads[0].keep_backend = true;
  ASSERT_TRUE(controller_->Replace(std::move(workloads)).ok());
  TickAt(35);
  EXPECT_EQ(log_->lines.back(), "apply 3 -web-3");
  EXPECT_EQ(seen_->histories.at(0).scale_up_events.size(), 1u);
}

TEST_F(ControllerTest, ReportersAreToldWhichWorkloadsThereAre) {
  Start();
  EXPECT_EQ(seen_->workloads, std::set<WorkloadId>({"web"}));
  std::vector<Workload> workloads(2);
  workloads[0].spec = Spec("other");
  workloads[1].spec = Spec("another");
  ASSERT_TRUE(controller_->Replace(std::move(workloads)).ok());
  EXPECT_EQ(seen_->workloads, std::set<WorkloadId>({"another", "other"}));
  EXPECT_EQ(seen_->ticks, 0);
}

TEST_F(ControllerTest, AFailedReplaceChangesNothing) {
  Start();
  std::vector<Workload> workloads(1);
  workloads[0].spec = Spec();
  workloads[0].keep_backend = true;
  workloads[0].queries = {{"load", "avg("}};
  const Status replaced = controller_->Replace(std::move(workloads));
  ASSERT_FALSE(replaced);
  EXPECT_THAT(replaced.error().message, HasSubstr("web: query of metric load: "));
  EXPECT_EQ(seen_->workloads, std::set<WorkloadId>({"web"}));
  TickAt(35);
  EXPECT_EQ(log_->lines.back(), "apply 4");
}

TEST_F(ControllerTest, ARestartGoesOnWithItsHistory) {
  std::vector<Workload> workloads;
  workloads.push_back(Web());
  workloads[0].spec.behavior->scale_down.stabilization_window = seconds(60);
  Components components;
  components.clock = &clock_;
  components.histories["web"].recommendations = {{{.replicas = 9, .time = clock_.Now()}}};
  controller_ = Controller::Create(std::move(workloads), std::move(components)).value();
  TickAt(5);
  EXPECT_EQ(log_->lines.back(), "sync web-0 web-1");  // nothing removed inside the window
}

TEST_F(ControllerTest, BadWorkloadsAreRefusedByName) {
  const auto refuse = [&](Workload workload) {
    std::vector<Workload> workloads;
    workloads.push_back(std::move(workload));
    const auto made = Controller::Create(std::move(workloads));
    return made ? std::string() : made.error().message;
  };
  Workload unnamed;
  EXPECT_THAT(refuse(std::move(unnamed)), HasSubstr("no name"));
  Workload no_metrics;
  no_metrics.spec.workload = "web";
  EXPECT_THAT(refuse(std::move(no_metrics)), HasSubstr("web: the workload has no metrics"));
  Workload bad_policy;
  bad_policy.spec = Spec();
  bad_policy.spec.policies = {{"target_traking", {}}};
  EXPECT_THAT(refuse(std::move(bad_policy)), HasSubstr("target_tracking"));
}

TEST_F(ControllerTest, ASourceThatAnswersQueriesIsAskedThem) {
  StartAnswered(/*with_depth=*/true);
  // The same metric of another workload is nobody's business here.
  ASSERT_TRUE(controller_->Ingest("load", {{"workload", "other"}}, 1e6).ok());
  EXPECT_EQ(controller_->Tick().workloads.at(0).decision.desired, 4);
  EXPECT_THAT(log_->lines, ElementsAre("load: sum(x[1m] keep_metric_names)",
                                       "depth: depth per replica", "sync web-0 web-1", "apply 4"));
}

TEST_F(ControllerTest, AnAnswerInDoubtMayRaiseTheCountAndNotLowerIt) {
  AnsweringSource& source = StartAnswered(/*with_depth=*/false);
  source.state.warning = "store b is away";
  EXPECT_EQ(controller_->Tick().workloads.at(0).decision.desired, 4);
  source.value = 5;
  clock_.Advance(seconds(1));
  const Decision held = controller_->Tick().workloads.at(0).decision;
  EXPECT_EQ(held.desired, 4);
  EXPECT_THAT(held.error.value_or(Error{}).message, HasSubstr("partial (store b is away)"));

  source.state = {.target = "p", .up = false, .error = "HTTP 503: timeout", .metric = "load"};
  clock_.Advance(seconds(1));
  const Decision failed = controller_->Tick().workloads.at(0).decision;
  EXPECT_EQ(failed.desired, 4);
  EXPECT_THAT(failed.error.value_or(Error{}).message,
              HasSubstr("no value of load: HTTP 503: timeout"));
}

TEST_F(ControllerTest, TwoMetricsOfOneNameMustAskASourceTheSame) {
  const auto make = [&](const std::string& app) {
    Workload web = Web();
    web.source = std::make_unique<AnsweringSource>(log_);
    web.spec.metrics.push_back(web.spec.metrics[0]);
    if (!app.empty()) web.spec.metrics[1].selector = LabelSelector{.match_labels = {{"app", app}}};
    std::vector<Workload> workloads;
    workloads.push_back(std::move(web));
    return Controller::Create(std::move(workloads));
  };
  EXPECT_TRUE(make("").has_value());
  EXPECT_EQ(make("x").error().message,
            "web: query of metric load: another metric of this name asks for load");
}

TEST_F(ControllerTest, IngestIsSafeFromAnyThreadWhileTicking) {
  Start();
  std::atomic<bool> done = false;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      const Labels labels = {{"thread", std::to_string(t)}};
      for (int i = 0; i < 300; ++i) {
        (void)controller_->Ingest("load", labels, i,
                                  TimePoint(std::chrono::hours(2) + milliseconds(i)));
      }
      done = true;
    });
  }
  while (!done) {
    controller_->Tick();
    clock_.Advance(seconds(1));
  }
}

TEST_F(ControllerTest, RunTicksUntilItIsStopped) {
  Start();
  ASSERT_TRUE(controller_->Ingest("load", {}, 5).ok());
  std::jthread loop([&](const std::stop_token& stop) { controller_->Run(stop); });
  while (clock_.Now() < TimePoint(std::chrono::hours(1) + seconds(20))) std::this_thread::yield();
  loop.request_stop();
  loop.join();
  EXPECT_GE(seen_->ticks, 20);
}

}  // namespace
}  // namespace tidegate
