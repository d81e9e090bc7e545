// SPDX-License-Identifier: Apache-2.0
//
// kill -9 of the process that owns a pool, and what the next one finds.
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>

#include <map>
#include <sstream>

#include "backends/process_pool/state_file.h"
#include "fault/pool_fixture.h"

extern char** environ;

namespace tidegate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

struct Seen {
  std::uint16_t port = 0;
  bool ready = false;
  bool terminating = false;

  friend bool operator==(const Seen&, const Seen&) = default;
};

class AdoptionTest : public ::testing::Test {
 protected:
  void TearDown() override {
    Kill(SIGKILL);
    for (const pid_t pid : ProcessesWith(folder_.path())) ::kill(pid, SIGKILL);
    EXPECT_TRUE(Eventually([&] { return ProcessesWith(folder_.path()).empty(); }));
  }

  void StartOwner(const std::string& state, const std::vector<std::string>& switches = {}) {
    std::filesystem::remove(out_);
    std::vector<std::string> arguments = {
        TIDEGATE_POOL_OWNER,    out_, state, "2", TIDEGATE_CHILD, "{port:http}",
        "tag=" + folder_.path()};
    arguments.insert(arguments.end(), switches.begin(), switches.end());
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    ASSERT_EQ(
        ::posix_spawn(&owner_, TIDEGATE_POOL_OWNER, nullptr, nullptr, pointers.data(), environ), 0);
  }

  int Kill(int signal) {
    if (owner_ <= 0) return -1;
    ::kill(owner_, signal);
    int status = 0;
    ::waitpid(owner_, &status, 0);
    owner_ = -1;
    return status;
  }

  std::map<std::string, Seen> See() const {
    std::map<std::string, Seen> seen;
    std::istringstream lines(ReadFile(out_));
    std::string name;
    Seen one;
    while (lines >> name >> one.port >> one.ready >> one.terminating) seen[name] = one;
    return seen;
  }
  bool BecomesReady(const std::vector<std::string>& names) const {
    return Eventually([&] {
      const auto seen = See();
      return seen.size() == names.size() &&
             std::all_of(names.begin(), names.end(), [&](const std::string& name) {
               return seen.contains(name) && seen.at(name).ready;
             });
    });
  }
  std::map<std::string, int> Pids() const {
    std::map<std::string, int> pids;
    for (const auto& [name, seen] : See()) {
      pids[name] = std::atoi(HttpGet(seen.port, "/pid").body.c_str());
    }
    return pids;
  }
  std::vector<pid_t> Everybody() const {
    std::vector<pid_t> pids;
    for (const pid_t pid : ProcessesWith(folder_.path())) {
      if (pid != owner_) pids.push_back(pid);
    }
    return pids;
  }

  TempFolder folder_;
  std::string out_ = folder_ / "out";
  std::string state_ = folder_ / "state.json";
  pid_t owner_ = -1;
};

TEST_F(AdoptionTest, WithoutAStateFileTheChildrenDieWithTheirOwner) {
  StartOwner("-", {"ignore-term", "helper", "daemon"});
  ASSERT_TRUE(BecomesReady({"web-0", "web-1"}));
  ASSERT_EQ(Everybody().size(), 8u);
  Kill(SIGKILL);
  EXPECT_TRUE(Eventually([&] { return Everybody().empty(); }));
}

TEST_F(AdoptionTest, AnOrderlyStopLeavesNobody) {
  StartOwner(state_, {"ignore-term", "helper", "daemon"});
  ASSERT_TRUE(BecomesReady({"web-0", "web-1"}));
  EXPECT_EQ(Kill(SIGTERM), 0);
  EXPECT_THAT(Everybody(), IsEmpty());
  StartOwner(state_);
  EXPECT_TRUE(BecomesReady({"web-2", "web-3"}));  // names are never used again
}

// Neither doubled nor lost, however often the owner dies; ready from the first look.
TEST_F(AdoptionTest, LivingChildrenAreAdoptedAgain) {
  StartOwner(state_, {"spam"});
  ASSERT_TRUE(BecomesReady({"web-0", "web-1"}));
  const auto pids = Pids();
  const auto seen = See();
  for (int round = 0; round < 5; ++round) {
    Kill(SIGKILL);
    EXPECT_EQ(Everybody().size(), 4u);
    StartOwner(state_, {"spam"});
    ASSERT_TRUE(Eventually([&] { return !See().empty(); }));
    EXPECT_EQ(See(), seen);
    EXPECT_EQ(Pids(), pids);
  }
  struct stat info {};
  ASSERT_EQ(::stat(state_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(AdoptionTest, TheDeathOfAnAdoptedChildIsNoticed) {
  StartOwner(state_);
  ASSERT_TRUE(BecomesReady({"web-0", "web-1"}));
  Kill(SIGKILL);
  StartOwner(state_);
  ASSERT_TRUE(BecomesReady({"web-0", "web-1"}));
  ::kill(Pids()["web-0"], SIGKILL);
  EXPECT_TRUE(BecomesReady({"web-1", "web-2"}));
  EXPECT_EQ(Kill(SIGTERM), 0);
  EXPECT_THAT(Everybody(), IsEmpty());
}

TEST_F(AdoptionTest, WhoDiedInTheMeantimeIsReplaced) {
  StartOwner(state_);
  ASSERT_TRUE(BecomesReady({"web-0", "web-1"}));
  const auto pids = Pids();
  Kill(SIGKILL);
  ::kill(pids.at("web-1"), SIGKILL);
  ASSERT_TRUE(Eventually([&] { return Everybody().size() == 2; }));
  StartOwner(state_);
  EXPECT_TRUE(BecomesReady({"web-0", "web-2"}));
  EXPECT_EQ(Pids()["web-0"], pids.at("web-0"));
}

// Killed at any moment of its start-up: afterwards there are two replicas, not one, not three.
TEST_F(AdoptionTest, NoMomentOfDeathDoublesOrLosesAReplica) {
  for (int delay = 0; delay < 60; delay += 4) {
    StartOwner(state_);
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    Kill(SIGKILL);
  }
  StartOwner(state_);
  EXPECT_TRUE(Eventually([&] {
    const auto seen = See();
    return seen.size() == 2 && seen.begin()->second.ready && seen.rbegin()->second.ready;
  }));
  EXPECT_TRUE(Eventually([&] { return Everybody().size() == 4; }));
}

// Nobody can be adopted from a damaged file; who is still there is stopped, so none is doubled.
TEST_F(AdoptionTest, ADamagedStateFileIsSetAsideAndItsReplicasAreStopped) {
  StartOwner(state_);
  ASSERT_TRUE(BecomesReady({"web-0", "web-1"}));
  const auto pids = Pids();
  Kill(SIGKILL);
  std::string text = ReadFile(state_);
  text.replace(text.find("web-1"), 5, "web-7");
  WriteFile(state_, text);
  StartOwner(state_);
  EXPECT_TRUE(Eventually([&] { return See().size() == 2 && Everybody().size() == 4; }));
  ASSERT_TRUE(BecomesReady({"web-0", "web-1"}));
  EXPECT_NE(Pids()["web-0"], pids.at("web-0"));
  EXPECT_TRUE(std::filesystem::exists(state_ + ".bad"));
}

TEST_F(AdoptionTest, ADamagedStateFileIsReported) {
  WriteFile(state_, "{\"version\": 1");
  WallClock clock;
  ProcessPoolOptions options;
  options.command = {TIDEGATE_CHILD, "{port:http}", "never-listen"};
  options.state_file = state_;
  const auto pool = MakeProcessPool("web", options, clock).value();
  EXPECT_THAT(pool->Observe("web", clock.Now())->replicas.at(0).message,
              HasSubstr("state file ignored: " + state_));
}

TEST_F(AdoptionTest, OneStateFileHasOneOwner) {
  StartOwner(state_);
  ASSERT_TRUE(BecomesReady({"web-0", "web-1"}));
  WallClock clock;
  ProcessPoolOptions options;
  options.command = {TIDEGATE_CHILD, "{port:http}"};
  options.state_file = state_;
  const auto pool = MakeProcessPool("web", options, clock);
  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.error().code, ErrorCode::kConflict);
  EXPECT_THAT(pool.error().message, HasSubstr("in use by another process"));
}

std::string VisibleDevices(pid_t pid) {
  std::istringstream environment(ReadFile("/proc/" + std::to_string(pid) + "/environ"));
  for (std::string entry; std::getline(environment, entry, '\0');) {
    if (entry.starts_with("CUDA_VISIBLE_DEVICES=")) return entry.substr(entry.find('=') + 1);
  }
  return {};
}

// Who is adopted keeps its slice, and whoever comes after it gets that one.
TEST_F(AdoptionTest, SlicesSurviveTheOwner) {
  ::setenv("POOL_SLICES", "MIG-a,MIG-b", 1);
  const std::string state = folder_ / "state";
  StartOwner(state);
  ASSERT_TRUE(BecomesReady({"web-0", "web-1"}));
  const auto before = Pids();
  EXPECT_EQ(VisibleDevices(before.at("web-0")), "MIG-a");
  EXPECT_EQ(VisibleDevices(before.at("web-1")), "MIG-b");
  Kill(SIGKILL);
  const PoolState kept = ReadPoolState(state).value();
  ASSERT_EQ(kept.slices.size(), 2U);
  EXPECT_EQ(kept.slices[1].id, "MIG-b");

  ::setenv("POOL_SLICES", "MIG-other", 1);  // is not asked: there are some
  StartOwner(state);
  ASSERT_TRUE(BecomesReady({"web-0", "web-1"}));
  EXPECT_EQ(Pids(), before);
  ::kill(before.at("web-1"), SIGKILL);
  ASSERT_TRUE(BecomesReady({"web-0", "web-2"}));
  EXPECT_EQ(VisibleDevices(Pids().at("web-2")), "MIG-b");
  ::unsetenv("POOL_SLICES");
}

}  // namespace
}  // namespace tidegate::testing
