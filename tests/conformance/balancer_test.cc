// SPDX-License-Identifier: Apache-2.0
//
// What every balancer has to do. To add one: a factory below.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "support/fake_balancer.h"
#include "support/nginx_instance.h"
#include "support/wall_clock.h"
#include "tidegate/balancers/nginx.h"

namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;

/// A balancer and whatever has to live as long as it.
struct Candidate {
  std::shared_ptr<void> world;
  std::unique_ptr<Balancer> balancer;
};
struct Maker {
  const char* name;
  Candidate (*make)(Clock& clock);
};

Candidate MakeFake(Clock&) { return {nullptr, std::make_unique<FakeBalancer>()}; }

Candidate MakeNginx(Clock& clock) {
  auto nginx = std::make_shared<NginxInstance>();
  EXPECT_TRUE(nginx->Start());
  return {nginx, std::move(MakeNginxBalancer(nginx->options(), clock)).value()};
}

class BalancerTest : public ::testing::TestWithParam<Maker> {
 protected:
  Result<SyncState> Sync(const std::vector<Endpoint>& endpoints) {
    return candidate_.balancer->Sync(endpoints, clock_.Now() + 2s);
  }
  bool ComesIntoEffect(const std::vector<Endpoint>& endpoints) {
    return Eventually([&] {
      const auto state = Sync(endpoints);
      return state && *state == SyncState::kInEffect;
    });
  }

  WallClock clock_;
  Candidate candidate_ = GetParam().make(clock_);
  const std::vector<Endpoint> three_ = {{"web-0", "127.0.0.1", 20000, 1},
                                        {"web-1", "127.0.0.1", 20001, 1},
                                        {"web-2", "127.0.0.1", 20002, 2}};
};

TEST_P(BalancerTest, EachListComesIntoEffectAndStaysSo) {
  ASSERT_TRUE(ComesIntoEffect(three_));
  EXPECT_EQ(Sync(three_).value(), SyncState::kInEffect);
  ASSERT_TRUE(ComesIntoEffect({three_[1]}));
  EXPECT_EQ(Sync({three_[1]}).value(), SyncState::kInEffect);
}

TEST_P(BalancerTest, NobodyIsAList) {
  ASSERT_TRUE(ComesIntoEffect({}));
  ASSERT_TRUE(ComesIntoEffect(three_));
  ASSERT_TRUE(ComesIntoEffect({}));
}

TEST_P(BalancerTest, OrderDoesNotMatter) {
  ASSERT_TRUE(ComesIntoEffect(three_));
  EXPECT_EQ(Sync({three_[2], three_[0], three_[1]}).value(), SyncState::kInEffect);
}

TEST_P(BalancerTest, AnEndpointWithoutAnAddressIsRefusedAndChangesNothing) {
  ASSERT_TRUE(ComesIntoEffect(three_));
  EXPECT_EQ(Sync({{"web-0", "", 20000, 1}}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Sync({{"web-0", "127.0.0.1", 0, 1}}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Sync(three_).value(), SyncState::kInEffect);
}

INSTANTIATE_TEST_SUITE_P(All, BalancerTest,
                         ::testing::Values(Maker{"fake", MakeFake}, Maker{"nginx", MakeNginx}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace tidegate::testing
