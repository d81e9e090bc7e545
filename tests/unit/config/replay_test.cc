// SPDX-License-Identifier: Apache-2.0
//
// A recorded tick replays to the same answer: plan, write, read, plan again.
#include <gtest/gtest.h>

#include "tests/support/random_tick.h"
#include "tidegate/record.h"

namespace tidegate {
namespace {

TEST(ReplayTest, ThousandRandomTicksReplayBitIdentically) {
  testing::RandomTicks random(21);
  const PolicySet policies = testing::RandomTickPolicies();
  for (int tick = 0; tick < 1000; ++tick) {
    TickRecord record;
    record.input = random.Next();
    record.output = PlanTick(record.input, policies);
    record.applied.resize(record.input.workloads.size());
    for (const WorkloadOutput& output : record.output.workloads) {
      record.histories.push_back(output.next);
    }
    const std::string line = EncodeTick(record);
    const auto read = DecodeTick(line);
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(*read, record) << line;
    ASSERT_EQ(PlanTick(read->input, policies), record.output) << line;
    ASSERT_EQ(EncodeTick(*read), line);
  }
}

// A new process that reads the journal's last line knows since when a replica is missing.
TEST(ReplayTest, AJournalKnowsSinceWhenReplicasAreMissing) {
  WorkloadInput input;
  input.spec.workload = "web";
  input.spec.max_replicas = 20;
  input.spec.metrics = {{.name = "queue", .target = {.average_value = 10'000}}};
  input.spec.missing_replicas = {.ignore_after = std::chrono::minutes(10), .at_most_percent = 10};
  input.observation = {.spec_replicas = 10, .status_replicas = 10};
  Reading& reading = input.readings.emplace_back();
  for (int i = 0; i < 10; ++i) {
    const std::string name = "web-" + std::to_string(i);
    input.observation.replicas.push_back({.name = name, .phase = ReplicaPhase::kRunning});
    if (i > 0) reading.replicas.push_back({.replica = name, .value = 2'000, .timestamp = {}});
  }
  reading.doubts = {{DoubtKind::kMissing, "web-0", "no samples of its series"}};
  const PolicySet policies = testing::RandomTickPolicies();
  const TimePoint start{std::chrono::hours(1)};
  TickRecord record;
  record.input = {.now = start, .workloads = {input}};
  record.output = PlanTick(record.input, policies);
  EXPECT_EQ(record.output.workloads[0].decision.desired, 10);
  record.histories = {record.output.workloads[0].next};
  const auto read = DecodeTick(EncodeTick(record));
  ASSERT_TRUE(read) << read.error().message;
  input.history = read->histories.at(0);
  ASSERT_EQ(input.history.metrics.size(), 1u);
  EXPECT_EQ(input.history.metrics[0].missing, (std::vector<MissingReplica>{{"web-0", start}}));
  const auto after = [&](Duration time) { return Decide(input, policies, start + time).decision; };
  EXPECT_EQ(after(std::chrono::minutes(9)).proposed, after(std::chrono::minutes(1)).proposed);
  EXPECT_EQ(after(std::chrono::minutes(10)).proposed, 2);  // ceil(0.2 * 9)
}

}  // namespace
}  // namespace tidegate
