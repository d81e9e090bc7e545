// SPDX-License-Identifier: Apache-2.0
//
// The balancer on a real NGINX.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "fault/pool_fixture.h"
#include "support/nginx_instance.h"
#include "tidegate/balancers/nginx.h"

namespace tidegate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSubsetOf;
using ::testing::SizeIs;
using namespace std::chrono_literals;

class NginxTest : public PoolTest {
 protected:
  // Three replicas of a pool behind NGINX, not yet in its upstream.
  void SetUp() override {
    ASSERT_TRUE(nginx_.Start());
    Make(nginx_.options());
    options_.initial_replicas = 3;
    Start();
    ASSERT_TRUE(BecomesServing({"web-0", "web-1", "web-2"}));
    for (const Replica& replica : See().replicas) {
      all_.push_back({replica.name, replica.host, replica.ports.at("http"), 1});
    }
  }

  void Make(NginxOptions options) {
    auto made = MakeNginxBalancer(std::move(options), clock_);
    ASSERT_TRUE(made) << made.error().message;
    balancer_ = std::move(*made);
  }
  Result<SyncState> Sync(std::vector<Endpoint> endpoints) {
    return balancer_->Sync(endpoints, clock_.Now() + 2s);
  }
  bool ComesIntoEffect(const std::vector<Endpoint>& endpoints) {
    return Eventually([&] {
      const auto state = Sync(endpoints);
      return state && *state == SyncState::kInEffect;
    });
  }
  /// Who answers, as pids.
  std::set<std::string> Answering() const {
    std::set<std::string> pids;
    for (int i = 0; i < 30; ++i) pids.insert(HttpGet(nginx_.port(), "/pid").body);
    return pids;
  }
  std::vector<pid_t> Workers() const { return ChildrenOf(nginx_.pid()); }

  NginxInstance nginx_;
  std::unique_ptr<Balancer> balancer_;
  std::vector<Endpoint> all_;
};

TEST_F(NginxTest, RequestsGoToExactlyTheEndpoints) {
  ASSERT_TRUE(ComesIntoEffect(all_));
  EXPECT_THAT(Answering(), SizeIs(3));
  ASSERT_TRUE(ComesIntoEffect({all_[1]}));
  EXPECT_EQ(Answering(), std::set<std::string>{std::to_string(PidOf("web-1"))});
}

TEST_F(NginxTest, NobodyIsAValidListAndAnswers502) {
  ASSERT_TRUE(ComesIntoEffect(all_));
  ASSERT_TRUE(ComesIntoEffect({}));
  EXPECT_EQ(HttpGet(nginx_.port(), "/pid").status, 502);
  ASSERT_TRUE(ComesIntoEffect(all_));
  EXPECT_EQ(HttpGet(nginx_.port(), "/pid").status, 200);
}

TEST_F(NginxTest, TheSameListInAnyOrderIsNoReload) {
  ASSERT_TRUE(ComesIntoEffect(all_));
  const auto workers = Workers();
  ASSERT_EQ(Sync({all_[2], all_[0], all_[1]}).value(), SyncState::kInEffect);
  std::this_thread::sleep_for(200ms);
  EXPECT_THAT(Workers(), IsSubsetOf(workers));  // those of the last reload may still be going
}

TEST_F(NginxTest, ChangesWithinTheIntervalAreBatched) {
  NginxOptions options = nginx_.options();
  options.min_reload_interval = 800ms;
  Make(options);
  ASSERT_TRUE(ComesIntoEffect({all_[0]}));
  const auto reloaded = clock_.Now();
  EXPECT_EQ(Sync({all_[0], all_[1]}).value(), SyncState::kPending);
  EXPECT_EQ(Answering(), std::set<std::string>{std::to_string(PidOf("web-0"))});
  EXPECT_EQ(Sync({all_[1], all_[2]}).value(), SyncState::kPending);
  ASSERT_TRUE(ComesIntoEffect({all_[2]}));
  EXPECT_GE(clock_.Now() - reloaded, 600ms);
  EXPECT_EQ(Answering(), std::set<std::string>{std::to_string(PidOf("web-2"))});
}

// What NGINX refuses never stays in the file, and its own words say why.
TEST_F(NginxTest, ARefusedConfigurationIsTakenBack) {
  ASSERT_TRUE(ComesIntoEffect(all_));
  const std::string before = ReadFile(nginx_.options().upstream_file);
  NginxOptions options = nginx_.options();
  options.method = "least_connections";
  Make(options);
  const auto refused = Sync({all_[0]});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().message, HasSubstr("unknown directive \"least_connections\""));
  EXPECT_EQ(ReadFile(nginx_.options().upstream_file), before);
  EXPECT_THAT(Answering(), SizeIs(3));
}

TEST_F(NginxTest, AnAddressThatIsNoneIsRefused) {
  for (const char* host : {"", "127.0.0.1; }", "a b", "evil\n"}) {
    const auto refused = Sync({{"web-0", host, 80, 1}});
    ASSERT_FALSE(refused) << host;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST_F(NginxTest, ATestThatHangsIsKilledAtTheDeadline) {
  const std::string program = nginx_.folder() / "slow";
  WriteFile(program, "#!/bin/sh\nsleep 60\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  NginxOptions options = nginx_.options();
  options.program = program;
  Make(options);
  const std::string before = ReadFile(options.upstream_file);
  const auto begun = clock_.Now();
  const auto late = balancer_->Sync(all_, clock_.Now() + 300ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_LT(clock_.Now() - begun, 2s);
  EXPECT_EQ(ReadFile(options.upstream_file), before);
  options.program = nginx_.folder() / "missing";
  Make(options);
  EXPECT_EQ(Sync(all_).error().code, ErrorCode::kUnavailable);
}

TEST_F(NginxTest, ADeadNginxIsUnavailableUntilItIsBack) {
  ASSERT_TRUE(ComesIntoEffect(all_));
  nginx_.Stop(SIGKILL);  // the pid file stays behind
  for (int i = 0; i < 10; ++i) {
    const auto state = Sync({all_[0]});
    ASSERT_FALSE(state);
    EXPECT_EQ(state.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(state.error().message, HasSubstr("nginx does not run"));
    std::this_thread::sleep_for(100ms);
  }
  ASSERT_TRUE(nginx_.Start());
  EXPECT_EQ(Answering(), std::set<std::string>{std::to_string(PidOf("web-0"))});
  ASSERT_TRUE(ComesIntoEffect({all_[0]}));
}

// A restart that nobody was told about: the new master's state is confirmed anew.
TEST_F(NginxTest, AnotherMasterIsNotTakenForTheOldOne) {
  ASSERT_TRUE(ComesIntoEffect(all_));
  nginx_.Stop(SIGTERM);
  EXPECT_FALSE(Sync(all_));
  ASSERT_TRUE(nginx_.Start());
  const auto workers = Workers();
  ASSERT_TRUE(ComesIntoEffect(all_));
  EXPECT_NE(Workers(), workers);
}

// The workers that a master starts with have read the list of then, not the one of the reload.
TEST_F(NginxTest, AMasterThatIsStartingIsNotTakenForReloaded) {
  for (std::size_t round = 0; round < 9; ++round) {
    nginx_.Stop(SIGTERM);
    const Endpoint& only = all_[round % all_.size()];
    ASSERT_TRUE(nginx_.Start());
    ASSERT_TRUE(ComesIntoEffect({only}));
    EXPECT_EQ(Answering(), std::set<std::string>{std::to_string(PidOf(only.replica))});
  }
}

TEST_F(NginxTest, APidFileThatNamesAnotherProcessIsNotSignalled) {
  NginxOptions options = nginx_.options();
  options.pid_file = nginx_.folder() / "other.pid";
  Make(options);
  for (const std::string& text : {std::to_string(::getpid()), std::string("1\n"), std::string("-1"),
                                  std::string("nginx"), std::string()}) {
    WriteFile(options.pid_file, text);
    const auto state = Sync(all_);
    ASSERT_FALSE(state);
    EXPECT_EQ(state.error().code, ErrorCode::kUnavailable) << text;
  }
}

// Replicas come and go under load, in the shell's order: out of the balancer, then stopped. Idle
// keep-alive connections may be closed by a retiring worker, as they may be at any time: then a
// client sends its request again. No request that was begun is lost.
TEST_F(NginxTest, NoRequestIsLostWhileReplicasComeAndGo) {
  NginxOptions with_keepalive = nginx_.options();
  with_keepalive.keepalive = 8;
  Make(with_keepalive);
  ASSERT_TRUE(ComesIntoEffect(all_));
  std::atomic<bool> stop = false;
  std::atomic<int> answered = 0;
  std::atomic<int> lost = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      HttpConnection connection(nginx_.port());
      while (!stop) {
        HttpReply reply = connection.Get("/infer");
        if (reply.status == 0 && reply.nothing_received) {
          connection = HttpConnection(nginx_.port());
          reply = connection.Get("/infer");
        }
        ++(reply.status == 200 ? answered : lost);
        if (!connection.open()) connection = HttpConnection(nginx_.port());
      }
    });
  }
  for (int round = 0; round < 3; ++round) {
    const std::string victim = all_.front().replica;
    all_.erase(all_.begin());
    ASSERT_TRUE(ComesIntoEffect(all_));
    Apply(2, {victim});
    ASSERT_TRUE(Eventually([&] { return See().replicas.size() == 2; }));
    Apply(3);
    ASSERT_TRUE(Eventually([&] { return Serving().size() == 3; }));
    const Replica fresh = See().replicas.back();
    all_.push_back({fresh.name, fresh.host, fresh.ports.at("http"), 1});
    ASSERT_TRUE(ComesIntoEffect(all_));
  }
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(lost, 0);
  EXPECT_GT(answered, 200);
}

}  // namespace
}  // namespace tidegate::testing
