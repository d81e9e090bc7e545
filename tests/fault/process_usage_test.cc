// SPDX-License-Identifier: Apache-2.0
//
// What real processes use, seen from outside.
#include "sources/process/usage.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "pool_fixture.h"

namespace tidegate::process {
namespace {

using namespace std::chrono_literals;
using testing::Eventually;
using testing::HttpGet;
using testing::TempFolder;

constexpr double kMib = 1 << 20;

class UsageTest : public testing::PoolTest {
 protected:
  ProcessId Root(const std::string& name) { return Find(name).process.value(); }
  Usage Read(bool proportional = false) {
    return ReadProcesses(Root("web-0"), proportional).value();
  }
  /// The CPU time that `web-0` has used in about so long, in cores.
  double Cores(Duration time) {
    const TimePoint begun = clock_.Now();
    const double before = Read().cpu_seconds;
    clock_.WaitUntil(begun + time, {});
    const double used = Read().cpu_seconds - before;
    return used / std::chrono::duration<double>(clock_.Now() - begun).count();
  }
};

TEST_F(UsageTest, TheRootIsTheKeeperOfAllOfThem) {
  Start({"helper", "daemon"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  const ProcessId root = Root("web-0");
  EXPECT_EQ(ReadProcessStat(PidOf("web-0"))->parent, root.pid);
  EXPECT_EQ(ReadProcessStat(root.pid)->start_ticks, root.start_ticks);
}

// Wherever in the tree it is: in the server, in children of its threads, in those that are gone.
// The server knows its own and theirs; what a living child has used, 60 ms at most, it does not
// know.
TEST_F(UsageTest, CpuTimeOfAllIsCounted) {
  Start({"burn=200", "burn-below=200", "burn-for=300"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  double own = 0, gone = 0;
  const auto ask = [&] {
    std::istringstream(HttpGet(PortOf("web-0"), "/cpu").body) >> own >> gone;
    return own + gone;
  };
  ASSERT_TRUE(Eventually([&] {
    ask();
    return own > 0.3 && gone > 0.3;
  }));
  const double before = ask();
  const double counted = Read().cpu_seconds;
  EXPECT_GT(counted, before - 0.15);
  EXPECT_LT(counted, ask() + 0.25);
}

TEST_F(UsageTest, AnIdleServerUsesAlmostNothing) {
  Start();
  ASSERT_TRUE(BecomesServing({"web-0"}));
  EXPECT_LT(Cores(1s), 0.05);
}

TEST_F(UsageTest, MemoryIsWhatIsTouched) {
  Start({"allocate=64"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  const Usage usage = Read(/*proportional=*/true);
  EXPECT_GT(usage.memory_bytes, 64 * kMib);
  EXPECT_LT(usage.memory_bytes, 96 * kMib);
  EXPECT_GT(usage.proportional_bytes.value(), 64 * kMib);
  EXPECT_LT(*usage.proportional_bytes, 80 * kMib);
  EXPECT_FALSE(Read().proportional_bytes);
}

// A helper that was forked shares the pages of its parent.
TEST_F(UsageTest, SharedMemoryCountsOnceByItsShares) {
  Start({"allocate=64", "burn-below=1"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  EXPECT_TRUE(Eventually([&] { return Read().memory_bytes > 128 * kMib; }));
  EXPECT_LT(Read(/*proportional=*/true).proportional_bytes.value(), 96 * kMib);
}

TEST_F(UsageTest, AnotherProcessWithTheNumberIsNotTheReplica) {
  Start();
  ASSERT_TRUE(BecomesServing({"web-0"}));
  ProcessId other = Root("web-0");
  ++other.start_ticks;
  EXPECT_EQ(ReadProcesses(other, false).error(),
            (Error{ErrorCode::kNoData, "the process is gone"}));
  const ProcessId root = Root("web-0");
  Apply(0);
  EXPECT_TRUE(Eventually([&] { return See().replicas.empty(); }));
  EXPECT_EQ(ReadProcesses(root, false).error().message, "the process is gone");
  EXPECT_FALSE(ReadProcesses({}, false).has_value());
}

TEST(CpuCounterTest, NeverFalls) {
  CpuCounter counter;
  EXPECT_EQ(counter.Advance(5), 5);
  EXPECT_EQ(counter.Advance(7), 7);
  EXPECT_TRUE(counter.Fell(3));
  EXPECT_EQ(counter.Advance(3), 7);  // 4 were nobody's
  EXPECT_FALSE(counter.Fell(3));
  EXPECT_EQ(counter.Advance(4), 8);
  EXPECT_EQ(counter.Advance(1), 8);
  EXPECT_EQ(counter.Advance(2), 9);
}

TEST(CpuCounterTest, NoRoundingMakesItFall) {
  CpuCounter counter;
  double last = 0;
  for (int i = 0; i < 100'000; ++i) {  // in ticks of 10 ms, up and down
    const double value = counter.Advance((i * 7919 % 1000) / 100.0);
    ASSERT_GE(value, last) << i;
    last = value;
  }
}

/// As the kernel writes them.
class CgroupTest : public ::testing::Test {
 protected:
  void Write(const std::string& file, const std::string& text) {
    std::ofstream(folder_ / file) << text;
  }
  std::string Why() {
    const auto usage = ReadCgroup(folder_.path());
    EXPECT_FALSE(usage.has_value());
    if (usage) return "";
    EXPECT_EQ(usage.error().code, ErrorCode::kNoData);
    return usage.error().message.substr(folder_.path().size());
  }
  TempFolder folder_;
};

TEST_F(CgroupTest, IsReadAsKubeletReadsIt) {
  Write("cpu.stat", "usage_usec 12345678\nuser_usec 10000000\nsystem_usec 2345678\n");
  Write("memory.current", "104857600\n");
  Write("memory.stat", "anon 1\nfile 70000000\ninactive_file_x 7\ninactive_file 4857600\n");
  const Usage usage = ReadCgroup(folder_.path()).value();
  EXPECT_DOUBLE_EQ(usage.cpu_seconds, 12.345678);
  EXPECT_EQ(usage.memory_bytes, 100'000'000);
  EXPECT_FALSE(usage.proportional_bytes);
  Write("memory.stat", "inactive_file 999999999999\n");
  EXPECT_EQ(ReadCgroup(folder_.path())->memory_bytes, 0);
}

TEST_F(CgroupTest, WhatIsNotCountedIsNoZero) {
  EXPECT_EQ(Why(), ": there is no such cgroup, or it has no cpu.stat");
  Write("cpu.stat", "user_usec 1\n");
  EXPECT_EQ(Why(), ": there is no such cgroup, or it has no memory.current");
  Write("memory.current", "max\n");
  EXPECT_EQ(Why(), "/memory.current: no number");
  Write("memory.current", "7\n");
  EXPECT_EQ(Why(), "/cpu.stat: has no usage_usec");
}

}  // namespace
}  // namespace tidegate::process
