// SPDX-License-Identifier: Apache-2.0
//
// What every backend has to do. To add one: a factory below.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/fake_backend.h"
#include "support/wall_clock.h"
#include "tidegate/backends/process_pool.h"

namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kWorkload = "web";

struct Candidate {
  const char* name;
  /// A backend of the workload "web" with three replicas.
  std::unique_ptr<Backend> (*make)(Clock& clock);
};

std::unique_ptr<Backend> MakeFake(Clock&) { return std::make_unique<FakeBackend>(kWorkload, 3); }

std::unique_ptr<Backend> MakePool(Clock& clock) {
  ProcessPoolOptions options;
  options.command = {TIDEGATE_CHILD, "{port:http}"};
  options.initial_replicas = 3;
  options.readiness.period = 20ms;
  options.termination_grace_period = 1s;
  return std::move(MakeProcessPool(kWorkload, options, clock)).value();
}

class BackendTest : public ::testing::TestWithParam<Candidate> {
 protected:
  Observation See() { return backend_->Observe(kWorkload, clock_.Now() + 1s).value(); }
  Status Apply(std::int32_t replicas, std::vector<std::string> victims = {}) {
    return backend_->Apply({kWorkload, replicas, std::move(victims)}, clock_.Now() + 1s);
  }
  std::vector<std::string> Serving() {
    std::vector<std::string> names;
    for (const Replica& replica : See().replicas) {
      if (replica.Serving()) names.push_back(replica.name);
    }
    return names;
  }
  /// Waits until `count` serve and nobody else is there; their names, oldest first.
  std::vector<std::string> Settled(std::size_t count) {
    EXPECT_TRUE(
        Eventually([&] { return Serving().size() == count && See().replicas.size() == count; }));
    return Serving();
  }

  WallClock clock_;
  std::unique_ptr<Backend> backend_ = GetParam().make(clock_);
};

TEST_P(BackendTest, AnUnknownWorkloadIsNotFound) {
  EXPECT_EQ(backend_->Observe("nobody", clock_.Now() + 1s).error().code, ErrorCode::kNotFound);
  const Status status = backend_->Apply({"nobody", 1, {}}, clock_.Now() + 1s);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Settled(3).size(), 3u);
}

TEST_P(BackendTest, ANegativeCountIsRefused) {
  const Status status = Apply(-1);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Settled(3).size(), 3u);
}

TEST_P(BackendTest, AServingReplicaHasAnAddressAndTimes) {
  Settled(3);
  const Observation seen = See();
  EXPECT_EQ(seen.spec_replicas, 3);
  EXPECT_EQ(seen.status_replicas, 3);
  std::set<std::pair<std::string, std::uint16_t>> addresses;
  for (const Replica& replica : seen.replicas) {
    EXPECT_TRUE(replica.start_time);
    EXPECT_FALSE(replica.host.empty());
    addresses.emplace(replica.host, replica.ports.at("http"));
  }
  EXPECT_EQ(addresses.size(), 3u);
}

TEST_P(BackendTest, CountsAreAbsoluteAndTheLastOneCounts) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Apply(5));
  EXPECT_EQ(See().spec_replicas, 5);
  EXPECT_EQ(Settled(5).size(), 5u);
  ASSERT_TRUE(Apply(1));
  ASSERT_TRUE(Apply(4));
  EXPECT_EQ(See().spec_replicas, 4);
  EXPECT_EQ(Settled(4).size(), 4u);
  ASSERT_TRUE(Apply(0));
  EXPECT_TRUE(Settled(0).empty());
}

TEST_P(BackendTest, TheNewestGoFirst) {
  const auto before = Settled(3);
  ASSERT_TRUE(Apply(2));
  EXPECT_EQ(Settled(2), std::vector<std::string>({before[0], before[1]}));
}

TEST_P(BackendTest, NamedVictimsGoFirst) {
  const auto before = Settled(3);
  ASSERT_TRUE(Apply(2, {before[0]}));
  EXPECT_EQ(Settled(2), std::vector<std::string>({before[1], before[2]}));
}

TEST_P(BackendTest, VictimsThatAreUnknownOrTooManyAreIgnored) {
  const auto before = Settled(3);
  ASSERT_TRUE(Apply(3, {before[0]}));
  ASSERT_TRUE(Apply(2, {"nobody", before[1], before[0]}));
  EXPECT_EQ(Settled(2), std::vector<std::string>({before[0], before[2]}));
  ASSERT_TRUE(Apply(2, {"nobody", before[1], before[0]}));  // the same again
  EXPECT_EQ(Settled(2), std::vector<std::string>({before[0], before[2]}));
}

TEST_P(BackendTest, NamesAreNotUsedAgain) {
  const auto before = Settled(3);
  ASSERT_TRUE(Apply(0));
  Settled(0);
  ASSERT_TRUE(Apply(3));
  for (const std::string& name : Settled(3))
    EXPECT_THAT(before, ::testing::Not(::testing::Contains(name)));
}

TEST_P(BackendTest, ApplyIsQuick) {
  Settled(3);
  const auto begun = clock_.Now();
  ASSERT_TRUE(Apply(1));
  EXPECT_LT(clock_.Now() - begun, 100ms);
  Settled(1);
}

INSTANTIATE_TEST_SUITE_P(All, BackendTest,
                         ::testing::Values(Candidate{"fake", MakeFake},
                                           Candidate{"process_pool", MakePool}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace tidegate::testing
