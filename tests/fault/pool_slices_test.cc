// SPDX-License-Identifier: Apache-2.0
//
// A pool whose replicas run on slices of GPUs.
#include <gmock/gmock.h>

#include <sstream>

#include "fault/pool_fixture.h"

namespace tidegate::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ReplicaSlice SliceNamed(const std::string& id) {
  return {.id = id, .device = "gpu-0", .profile = "1g.5gb", .start = 0, .replica = {}};
}

class PoolSlicesTest : public PoolTest {
 protected:
  PoolSlicesTest() { options_.on_slices = true; }

  void Give(std::int32_t replicas, const std::vector<std::string>& ids) {
    ScaleCommand command{.workload = "web", .replicas = replicas, .victims = {}};
    for (const std::string& id : ids) command.slices.push_back(SliceNamed(id));
    const Status status = pool_->Apply(command, clock_.Now());
    ASSERT_TRUE(status) << status.error().message;
  }

  std::string VisibleDevices(const std::string& replica) {
    std::istringstream environment(
        ReadFile("/proc/" + std::to_string(PidOf(replica)) + "/environ"));
    for (std::string entry; std::getline(environment, entry, '\0');) {
      if (entry.starts_with("CUDA_VISIBLE_DEVICES=")) return entry.substr(entry.find('=') + 1);
    }
    return {};
  }

  /// "web-0:MIG-a" for each slice that is taken.
  std::vector<std::string> Taken() {
    std::vector<std::string> taken;
    for (const ReplicaSlice& slice : See().slices) taken.push_back(slice.replica + ":" + slice.id);
    return taken;
  }
};

TEST_F(PoolSlicesTest, ReplicasStartOnTheSlicesThatAreNamed) {
  options_.initial_replicas = 2;
  Start();
  EXPECT_EQ(See().spec_replicas, 2);
  EXPECT_THAT(See().replicas, IsEmpty());
  Give(2, {"MIG-a", "MIG-b"});
  ASSERT_TRUE(BecomesServing({"web-0", "web-1"}));
  EXPECT_EQ(VisibleDevices("web-0"), "MIG-a");
  EXPECT_EQ(VisibleDevices("web-1"), "MIG-b");
  EXPECT_THAT(Taken(), ElementsAre("web-0:MIG-a", "web-1:MIG-b"));
}

TEST_F(PoolSlicesTest, ACommandIsSeenBeforeItIsObeyed) {
  Start();
  Give(1, {"MIG-a"});
  EXPECT_THAT(See().slices, SizeIs(1));
  ASSERT_TRUE(BecomesServing({"web-0"}));
  Give(1, {"MIG-b"});
  const Observation seen = See();
  EXPECT_THAT(seen.slices, SizeIs(2));
  EXPECT_TRUE(Find("web-0").terminating);
  EXPECT_TRUE(BecomesServing({"web-1"}));
  EXPECT_THAT(Taken(), ElementsAre("web-1:MIG-b"));
}

TEST_F(PoolSlicesTest, WhoseSliceIsNotNamedAnyMoreGoes) {
  Start();
  Give(3, {"MIG-a", "MIG-b", "MIG-c"});
  ASSERT_TRUE(BecomesServing({"web-0", "web-1", "web-2"}));
  Give(2, {"MIG-a", "MIG-c"});
  ASSERT_TRUE(BecomesServing({"web-0", "web-2"}));
  Give(2, {"MIG-a", "MIG-c"});  // once more changes nothing
  EXPECT_THAT(Taken(), ElementsAre("web-0:MIG-a", "web-2:MIG-c"));
}

// More slices than replicas: a move, during which both run.
TEST_F(PoolSlicesTest, AMoveRunsBothForAWhile) {
  Start();
  Give(1, {"MIG-a"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  Give(1, {"MIG-a", "MIG-b"});
  ASSERT_TRUE(BecomesServing({"web-0", "web-1"}));
  EXPECT_EQ(See().spec_replicas, 1);
  EXPECT_EQ(See().status_replicas, 2);
  Give(1, {"MIG-b"});
  EXPECT_TRUE(BecomesServing({"web-1"}));
}

// The successor of a replica that crashed waits until nobody is left on its slice.
TEST_F(PoolSlicesTest, ACrashedReplicasSliceGoesToItsSuccessor) {
  options_.termination_grace_period = std::chrono::seconds(2);
  Start({"helper"});
  Give(1, {"MIG-a"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  ::kill(PidOf("web-0"), SIGKILL);
  ASSERT_TRUE(BecomesServing({"web-1"}));
  EXPECT_EQ(VisibleDevices("web-1"), "MIG-a");
  EXPECT_THAT(Taken(), ElementsAre("web-1:MIG-a"));
}

TEST_F(PoolSlicesTest, ReplicasWithoutSlicesAreRefused) {
  Start();
  const Status status = pool_->Apply({"web", 2, {}}, clock_.Now());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(status.error().message, HasSubstr("slices: replicas of web run on slices only"));
  Give(0, {});
}

}  // namespace
}  // namespace tidegate::testing
