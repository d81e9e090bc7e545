// SPDX-License-Identifier: Apache-2.0
//
// CPU time and memory of a pool's processes as metrics: series, their ends, and decisions on them.
#include "tidegate/sources/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "pool_fixture.h"
#include "tidegate/controller.h"
#include "tidegate/promql.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::Eventually;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ProcessSourceTest : public testing::PoolTest {
 protected:
  void Collect() {
    const std::vector<Replica> replicas = See().replicas;
    const WorkloadId workload = "web";
    const TimePoint now = clock_.Now();
    EXPECT_TRUE(source_->Collect({workload, replicas, now, now + 1s}, store_).ok());
  }
  std::vector<VectorSample> Ask(const std::string& query) {
    return Query::Compile(query).value().Evaluate(store_, clock_.Now()).value().vector;
  }
  double Value(const std::string& query) {
    const auto samples = Ask(query);
    EXPECT_THAT(samples, SizeIs(1)) << query;
    return samples.empty() ? -1 : samples[0].value;
  }
  void Use(ProcessOptions options) { source_ = MakeProcessSource(std::move(options)); }

  SeriesStore store_;
  std::unique_ptr<Source> source_ = MakeProcessSource({.interval = Duration::zero()});
};

TEST_F(ProcessSourceTest, EachReplicaHasItsSeries) {
  options_.initial_replicas = 2;
  Start();
  ASSERT_TRUE(BecomesServing({"web-0", "web-1"}));
  Collect();
  const auto cpu = Ask("process_cpu_seconds_total");
  ASSERT_THAT(cpu, SizeIs(2));
  EXPECT_EQ(cpu[0].labels, (Labels{{"__name__", "process_cpu_seconds_total"},
                                   {"replica", "web-0"},
                                   {"source", "process"},
                                   {"workload", "web"}}));
  EXPECT_THAT(Ask("process_resident_memory_bytes > 1e6"), SizeIs(2));
  EXPECT_THAT(Ask("process_proportional_memory_bytes"), IsEmpty());
  const auto targets = source_->targets();
  ASSERT_THAT(targets, SizeIs(2));
  EXPECT_EQ(targets[0].target, "process " + std::to_string(Find("web-0").process->pid));
  EXPECT_TRUE(targets[0].up);
  EXPECT_EQ(targets[0].samples, 2u);

  Apply(1);
  EXPECT_TRUE(Eventually([&] { return See().replicas.size() == 1; }));
  Collect();
  EXPECT_THAT(Ask("process_cpu_seconds_total"), SizeIs(1));
  EXPECT_THAT(Ask("process_resident_memory_bytes"), SizeIs(1));
  EXPECT_THAT(source_->targets(), SizeIs(1));
}

// The children take their times with them when nobody waits for them: that is no restart.
TEST_F(ProcessSourceTest, TheCounterOfALivingReplicaNeverFalls) {
  Start({"burn-below=300", "burn-for=50", "ignore-children"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  double last = 0;
  const TimePoint end = clock_.Now() + 2s;
  while (clock_.Now() < end) {
    Collect();
    const double seconds = Value("process_cpu_seconds_total");
    EXPECT_GE(seconds, last);
    last = seconds;
    clock_.WaitUntil(clock_.Now() + 10ms, {});
  }
  EXPECT_FALSE(Query::Compile("increase(process_cpu_seconds_total[2s])")
                   .value()
                   .Evaluate(store_, clock_.Now())
                   ->quality.counter_reset);
}

TEST_F(ProcessSourceTest, ACrashEndsTheSeriesAndItsSuccessorHasItsOwn) {
  Start({"burn=100"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  Collect();
  const Replica before = Find("web-0");
  ::kill(PidOf("web-0"), SIGKILL);
  ASSERT_TRUE(BecomesServing({"web-1"}));
  Collect();
  const auto cpu = Ask("process_cpu_seconds_total");
  ASSERT_THAT(cpu, SizeIs(1));
  EXPECT_EQ(cpu[0].labels.at("replica"), "web-1");

  // The pool may not have noticed yet; and the number may be somebody else's by now.
  const WorkloadId workload = "web";
  Replica other = Find("web-1");
  other.process->start_ticks = before.process->start_ticks;
  for (const Replica& replica : {before, other}) {
    const std::vector<Replica> replicas = {replica};
    clock_.WaitUntil(clock_.Now() + 2ms, {});  // series are kept by the millisecond
    const TimePoint now = clock_.Now();
    EXPECT_TRUE(source_->Collect({workload, replicas, now, now + 1s}, store_).ok());
    ASSERT_THAT(source_->targets(), SizeIs(1));
    EXPECT_EQ(source_->targets()[0].error, "the process is gone");
    EXPECT_THAT(Ask("process_cpu_seconds_total"), IsEmpty());
  }
}

TEST_F(ProcessSourceTest, AReplicaWithoutAProcessSaysSo) {
  const WorkloadId workload = "web";
  const std::vector<Replica> replicas = {{.name = "far", .phase = ReplicaPhase::kRunning},
                                         {.name = "early", .phase = ReplicaPhase::kPending}};
  const TimePoint now = clock_.Now();
  EXPECT_TRUE(source_->Collect({workload, replicas, now, now + 1s}, store_).ok());
  ASSERT_THAT(source_->targets(), SizeIs(1));
  EXPECT_EQ(source_->targets()[0].replica, "far");
  EXPECT_EQ(source_->targets()[0].error, "the replica's process is not known");
}

TEST_F(ProcessSourceTest, ACgroupOfItsOwnIsReadInstead) {
  const testing::TempFolder cgroups;
  std::filesystem::create_directory(cgroups / "web-0");
  std::ofstream(cgroups / "web-0/cpu.stat") << "usage_usec 2500000\n";
  std::ofstream(cgroups / "web-0/memory.current") << "4096\n";
  Use({.interval = Duration::zero(), .cgroup = cgroups / "{replica}"});
  options_.initial_replicas = 2;
  Start();
  ASSERT_TRUE(BecomesServing({"web-0", "web-1"}));
  Collect();
  EXPECT_EQ(Value("container_cpu_usage_seconds_total"), 2.5);
  EXPECT_EQ(Value("container_memory_working_set_bytes"), 4096);
  EXPECT_EQ(Value(std::string(ProcessQuery("memory"))), 4096);
  EXPECT_THAT(Ask("process_cpu_seconds_total"), IsEmpty());
  ASSERT_THAT(source_->targets(), SizeIs(2));
  EXPECT_FALSE(source_->targets()[1].up);
}

// Both metrics as a HorizontalPodAutoscaler has them, on processes that are really busy.
class ResourceMetricTest : public ProcessSourceTest {
 protected:
  void Control(MetricSpec metric, const std::string& query) {
    Workload web;
    web.spec = {.workload = "web", .max_replicas = 2};
    web.spec.metrics = {std::move(metric)};
    web.spec.hpa.cpu_initialization_period = 0s;
    web.queries = {{web.spec.metrics[0].name, query}};
    web.period = 100ms;
    web.source = MakeProcessSource({.interval = 100ms});
    web.backend = std::move(pool_);
    std::vector<Workload> workloads;
    workloads.push_back(std::move(web));
    Components components;
    components.clock = &clock_;
    controller_ = Controller::Create(std::move(workloads), std::move(components)).value();
  }
  void TearDown() override {
    controller_.reset();
    PoolTest::TearDown();
  }
  /// Ticks until the decision is this; the metric's value in it, per cent or milli-units.
  std::optional<std::int64_t> Decides(std::int32_t desired) {
    std::optional<std::int64_t> value;
    EXPECT_TRUE(Eventually(
        [&] {
          const TickOutput output = controller_->Tick();
          if (output.workloads.empty()) return false;
          const Decision& decision = output.workloads[0].decision;
          if (decision.desired != desired || decision.metrics.empty()) return false;
          const MetricTrace& trace = decision.metrics[0];
          if (trace.error) return false;
          value = trace.utilization ? std::int64_t{*trace.utilization} : trace.usage;
          return true;
        },
        20s));
    return value;
  }

  std::unique_ptr<Controller> controller_;
};

TEST_F(ResourceMetricTest, UtilizationOfCpuGrowsAPoolOfBusyProcesses) {
  options_.cpu_request = 100;
  Start({"burn=250"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  MetricSpec cpu{.type = MetricSourceType::kResource, .name = "cpu"};
  cpu.target = {.type = MetricTargetType::kUtilization, .average_utilization = 100};
  Control(cpu, "sum(rate(process_cpu_seconds_total{source=\"process\"}[2s]))");
  const auto utilization = Decides(2);
  ASSERT_TRUE(utilization.has_value());
  EXPECT_GT(*utilization, 110);
  EXPECT_LT(*utilization, 350);
}

TEST_F(ResourceMetricTest, AverageOfMemoryGrowsAPoolOfLargeProcesses) {
  Start({"allocate=64"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  MetricSpec memory{.type = MetricSourceType::kResource, .name = "memory"};
  memory.target.average_value = (std::int64_t{32} << 20) * 1000;
  Control(memory, std::string(ProcessQuery("memory")));
  const auto bytes = Decides(2);
  ASSERT_TRUE(bytes.has_value());
  EXPECT_GT(*bytes, (std::int64_t{64} << 20) * 1000);
}

TEST(ProcessQueryTest, KnowsTheResourcesThatProcessesHave) {
  for (const char* resource : {"cpu", "memory"}) {
    EXPECT_TRUE(Query::Compile(std::string(ProcessQuery(resource))).has_value());
  }
  EXPECT_EQ(ProcessQuery("nvidia.com/gpu"), "");
}

}  // namespace
}  // namespace tidegate
