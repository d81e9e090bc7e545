// SPDX-License-Identifier: Apache-2.0
//
// What every source has to do, wherever its samples come from. To add one: a world below, in which
// replicas start, fail, stall and go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "conformance/http_sources.h"
#include "os/proc.h"
#include "support/http_fault_server.h"
#include "tidegate/promql.h"
#include "tidegate/sources/process.h"

namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class World {
 public:
  virtual ~World() = default;
  virtual std::unique_ptr<Source> Make() = 0;
  virtual Replica Start(const std::string& name) = 0;
  /// From now on it fails, repeating the secret if it was told one.
  virtual void Break(const Replica& replica) = 0;
  /// It works again, or another one does under its name.
  virtual Replica Repair(const Replica& replica) = 0;
  /// From now on nobody answers in time. False: there is nobody to wait for.
  virtual bool Stall() { return false; }
  virtual void Stop(const Replica& replica) = 0;
};

/// Every replica has a server of its own.
class ServersWorld final : public World {
 public:
  explicit ServersWorld(const HttpCandidate& candidate) : candidate_(candidate) {}
  std::unique_ptr<Source> Make() override { return candidate_.make(0, 10s); }
  Replica Start(const std::string& name) override {
    ports_.push_back(server_.Listen(Good()));
    return {.name = name,
            .phase = ReplicaPhase::kRunning,
            .host = "127.0.0.1",
            .ports = {{"metrics", ports_.back()}}};
  }
  void Break(const Replica& replica) override {
    server_.SetBehavior(
        replica.ports.at("metrics"),
        {.status = 500, .reply = [](const std::string& request) { return request; }});
  }
  Replica Repair(const Replica& replica) override {
    server_.SetBehavior(replica.ports.at("metrics"), Good());
    return replica;
  }
  bool Stall() override {
    for (const std::uint16_t port : ports_) server_.SetBehavior(port, {.fault = HttpFault::kHang});
    return true;
  }
  void Stop(const Replica& replica) override { Break(replica); }

 private:
  HttpBehavior Good() const {
    return {.body = candidate_.reply({}, ""),
            .headers = std::string("Content-Type: ") + candidate_.type + "\r\n"};
  }
  const HttpCandidate& candidate_;
  HttpFaultServer server_;
  std::vector<std::uint16_t> ports_;
};

/// One server speaks for all replicas, and fails for all.
class PrometheusWorld final : public World {
 public:
  std::unique_ptr<Source> Make() override { return MakePrometheus(port_, 10s); }
  Replica Start(const std::string& name) override {
    names_.push_back(name);
    Answer();
    return {.name = name, .phase = ReplicaPhase::kRunning};
  }
  void Break(const Replica&) override {
    server_.SetBehavior(port_, {.status = 500, .reply = [](const std::string& request) {
                                  return R"({"status":"error","error":")" +
                                         request.substr(request.find("Bearer"), 30) + "\"}";
                                }});
  }
  Replica Repair(const Replica& replica) override {
    Answer();
    return replica;
  }
  bool Stall() override {
    server_.SetBehavior(port_, {.fault = HttpFault::kHang});
    return true;
  }
  void Stop(const Replica& replica) override {
    std::erase(names_, replica.name);
    Answer();
  }

 private:
  void Answer() { server_.SetBehavior(port_, {.body = PrometheusAnswer(names_, "7")}); }
  HttpFaultServer server_;
  std::uint16_t port_ = server_.Listen();
  std::vector<std::string> names_;
};

/// Replicas are processes.
class ProcessWorld final : public World {
 public:
  ~ProcessWorld() override {
    for (const pid_t pid : pids_) End(pid);
  }
  std::unique_ptr<Source> Make() override { return MakeProcessSource({}); }
  Replica Start(const std::string& name) override {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (;;) ::pause();
    }
    pids_.push_back(pid);
    return {.name = name,
            .phase = ReplicaPhase::kRunning,
            .process = ProcessId{pid, ReadProcessStat(pid)->start_ticks}};
  }
  void Break(const Replica& replica) override {
    End(replica.process->pid);
    std::erase(pids_, replica.process->pid);
  }
  Replica Repair(const Replica& replica) override { return Start(replica.name); }
  void Stop(const Replica& replica) override { Break(replica); }

 private:
  static void End(pid_t pid) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  std::vector<pid_t> pids_;
};

/// Keeps when samples are said to be.
class TimesSink final : public SampleSink {
 public:
  Status Ingest(std::string_view, const Labels&, double, TimePoint at) override { return Note(at); }
  using SampleSink::IngestPage;
  Result<PageSummary> IngestPage(std::string_view, PageFormat, const Labels&,
                                 TimePoint at) override {
    (void)Note(at);
    return PageSummary{.samples = 1};
  }
  void MarkStale(const Labels&, TimePoint at) override { (void)Note(at); }
  std::vector<TimePoint> times;

 private:
  Status Note(TimePoint at) {
    times.push_back(at);
    return {};
  }
};

struct WorldMaker {
  const char* name;
  std::unique_ptr<World> (*make)();
};

class SourceConformance : public ::testing::TestWithParam<WorldMaker> {
 protected:
  Status Collect(const std::vector<Replica>& replicas, SampleSink& sink, Duration budget = 20s) {
    now_ += 1s;
    return source_->Collect({workload_, replicas, now_, now_ + budget, queries_}, sink);
  }
  void See(const std::vector<Replica>& replicas) { EXPECT_TRUE(Collect(replicas, store_).ok()); }
  /// How many series of its own the replica has, without those about the collecting.
  double Series(const std::string& replica) const {
    const auto query = Query::Compile("count({workload=\"web\",replica=\"" + replica +
                                      "\",__name__!~\"up|scrape_.*\"}) or vector(0)");
    return query->Evaluate(store_, now_)->vector.at(0).value;
  }
  /// What is said of the replica's target, or of that of all replicas.
  TargetState State(const std::string& replica) const {
    for (const TargetState& state : source_->targets()) {
      if (state.replica.empty() || state.replica == replica) return state;
    }
    ADD_FAILURE() << "no target of " << replica;
    return {};
  }

  std::unique_ptr<World> world_ = GetParam().make();
  std::unique_ptr<Source> source_ = world_->Make();
  const WorkloadId workload_ = "web";
  const std::vector<CollectQuery> queries_ = {{"depth", "depth", true}};
  SeriesStore store_;
  TimePoint now_{std::chrono::hours(1)};
};

TEST_P(SourceConformance, EveryReplicaHasSeriesAndATarget) {
  const std::vector<Replica> replicas = {world_->Start("web-0"), world_->Start("web-1")};
  See(replicas);
  for (const Replica& replica : replicas) {
    EXPECT_GT(Series(replica.name), 0);
    const TargetState state = State(replica.name);
    EXPECT_TRUE(state.up) << state.error;
    EXPECT_NE(state.target, "");
    EXPECT_EQ(state.last_attempt, now_);
    EXPECT_EQ(state.last_success, now_);
    EXPECT_GT(state.samples, 0u);
  }
}

TEST_P(SourceConformance, EverySampleIsOfTheTick) {
  const std::vector<Replica> replicas = {world_->Start("web-0"), world_->Start("web-1")};
  TimesSink sink;
  EXPECT_TRUE(Collect(replicas, sink).ok());
  EXPECT_THAT(sink.times, Not(IsEmpty()));
  EXPECT_THAT(sink.times, Each(now_));
}

TEST_P(SourceConformance, ATargetThatFailsEndsItsSeriesAndSaysWhy) {
  const std::vector<Replica> replicas = {world_->Start("web-0"), world_->Start("web-1")};
  See(replicas);
  const TimePoint good = now_;
  world_->Break(replicas[0]);
  See(replicas);
  EXPECT_EQ(Series("web-0"), 0);
  const TargetState state = State("web-0");
  EXPECT_FALSE(state.up);
  EXPECT_NE(state.error, "");
  EXPECT_EQ(state.samples, 0u);
  EXPECT_EQ(state.last_attempt, now_);
  EXPECT_EQ(state.last_success, good);
  if (State("web-1").replica.empty()) return;  // one target for both
  EXPECT_GT(Series("web-1"), 0);
  EXPECT_TRUE(State("web-1").up);
}

TEST_P(SourceConformance, ATargetThatWorksAgainIsReadAgain) {
  const Replica broken = world_->Start("web-0");
  world_->Break(broken);
  See({broken});
  EXPECT_EQ(Series("web-0"), 0);
  See({world_->Repair(broken)});
  EXPECT_GT(Series("web-0"), 0);
  EXPECT_TRUE(State("web-0").up);
  EXPECT_EQ(State("web-0").error, "");
}

TEST_P(SourceConformance, AReplicaThatIsGoneEndsItsSeries) {
  const std::vector<Replica> replicas = {world_->Start("web-0"), world_->Start("web-1")};
  See(replicas);
  world_->Stop(replicas[0]);
  See({replicas[1]});
  EXPECT_EQ(Series("web-0"), 0);
  EXPECT_GT(Series("web-1"), 0);
  for (const TargetState& state : source_->targets()) EXPECT_NE(state.replica, "web-0");
  world_->Stop(replicas[1]);
  See({});
  EXPECT_EQ(Series("web-1"), 0);
}

TEST_P(SourceConformance, ReturnsByItsDeadline) {
  const std::vector<Replica> replicas = {world_->Start("web-0"), world_->Start("web-1")};
  See(replicas);
  const bool stalled = world_->Stall();
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(Collect(replicas, store_, 200ms).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s);
  if (stalled) {
    EXPECT_EQ(Series("web-0") + Series("web-1"), 0);
    EXPECT_THAT(State("web-0").error, HasSubstr("timed out after 200 ms"));
  }
  for (const Duration none : {Duration(0), Duration(-1s)}) {
    const Status late = Collect(replicas, store_, none);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);
  }
}

TEST_P(SourceConformance, NoSecretIsInAnythingThatItSays) {
  const std::vector<Replica> replicas = {world_->Start("web-0")};
  See(replicas);
  world_->Break(replicas[0]);
  See(replicas);
  const TargetState state = State("web-0");
  EXPECT_NE(state.error, "");
  EXPECT_THAT(state.error + state.target + state.warning, Not(HasSubstr(kSecret)));
}

TEST_P(SourceConformance, WorkloadsMayBeCollectedSideBySide) {
  const std::vector<Replica> both = {world_->Start("web-0"), world_->Start("web-1")};
  const std::vector<Replica> one = {both[0]};
  const auto collect = [&](const WorkloadId& id) {
    for (int i = 1; i <= 20; ++i) {  // targets come and go
      const TimePoint now = now_ + std::chrono::seconds(i);
      EXPECT_TRUE(
          source_->Collect({id, i % 2 == 0 ? both : one, now, now + 10s, queries_}, store_).ok());
      for (const TargetState& target : source_->targets()) EXPECT_EQ(target.error, "");
    }
  };
  {
    std::vector<std::jthread> threads;
    for (const char* id : {"a", "b", "c"}) threads.emplace_back(collect, id);
  }
  EXPECT_GE(source_->targets().size(), 3u);
  EXPECT_GE(store_.stats().ingested_total, 60u);
}

INSTANTIATE_TEST_SUITE_P(
    All, SourceConformance,
    ::testing::Values(
        WorldMaker{"scrape",
                   []() -> std::unique_ptr<World> {
                     return std::make_unique<ServersWorld>(kHttpCandidates[0]);
                   }},
        WorldMaker{"prometheus",
                   []() -> std::unique_ptr<World> { return std::make_unique<PrometheusWorld>(); }},
        WorldMaker{"triton_stats",
                   []() -> std::unique_ptr<World> {
                     return std::make_unique<ServersWorld>(kHttpCandidates[2]);
                   }},
        WorldMaker{"process",
                   []() -> std::unique_ptr<World> { return std::make_unique<ProcessWorld>(); }}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace tidegate::testing
