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

}  // namespace
}  // namespace tidegate
