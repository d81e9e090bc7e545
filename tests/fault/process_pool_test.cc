// SPDX-License-Identifier: Apache-2.0
//
// What a pool does with replicas that misbehave.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "backends/process_pool/ports.h"
#include "fault/pool_fixture.h"

namespace tidegate::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

TEST_F(PoolTest, ReplicasBecomeReadyWithTheirOwnNamesAndPorts) {
  options_.ports = {"http", "metrics"};
  options_.initial_replicas = 3;
  Start({"ready-after=200"});
  EXPECT_EQ(See().spec_replicas, 3);
  EXPECT_EQ(See().replicas.size(), 3u);
  ASSERT_TRUE(BecomesServing({"web-0", "web-1", "web-2"}));
  std::set<std::uint16_t> ports;
  for (const Replica& replica : See().replicas) {
    EXPECT_EQ(replica.phase, ReplicaPhase::kRunning);
    EXPECT_EQ(replica.host, "127.0.0.1");
    EXPECT_EQ(replica.message, "");
    ASSERT_TRUE(replica.start_time);
    EXPECT_GE(replica.ready_transition, *replica.start_time + 150ms);
    for (const auto& [name, port] : replica.ports) ports.insert(port);
  }
  EXPECT_EQ(ports.size(), 6u);
}

TEST_F(PoolTest, ChildrenAreBornWithNothingOfTheHost) {
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  const auto pipe_handler = std::signal(SIGPIPE, SIG_IGN);
  const UniqueFd leaky(::open("/dev/null", O_RDONLY));  // without close-on-exec, on purpose
  options_.environment["TIDEGATE_TEST"] = "{replica}:{index}:{port:http}";
  options_.working_directory = folder_.path();
  Start({"report=" + folder_ / "report", "json={\"a\":{}}", "x;rm -rf /"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  std::signal(SIGPIPE, pipe_handler);
  pthread_sigmask(SIG_UNBLOCK, &blocked, nullptr);
  const std::string report = ReadFile(folder_ / "report");
  EXPECT_THAT(report, HasSubstr("fds 0 1 2\n"));
  EXPECT_THAT(report, HasSubstr("SigBlk:\t0000000000000000\n"));
  // glibc itself ignores its two internal signals across posix_spawn.
  EXPECT_THAT(report, AnyOf(HasSubstr("SigIgn:\t0000000000000000\n"),
                            HasSubstr("SigIgn:\t0000000180000000\n")));
  EXPECT_THAT(report, HasSubstr("NoNewPrivs:\t1\n"));
  EXPECT_THAT(report, HasSubstr("folder " + folder_.path() + "\n"));
  EXPECT_THAT(report, HasSubstr("env web-0:0:" + std::to_string(PortOf("web-0")) + "\n"));
  EXPECT_THAT(report, HasSubstr("argument json={\"a\":{}}\n"));
  EXPECT_THAT(report, HasSubstr("argument x;rm -rf /\n"));
  const pid_t pid = PidOf("web-0");
  EXPECT_EQ(ReadProcessStat(pid)->group, pid);
  EXPECT_NE(ReadProcessStat(pid)->session, ReadProcessStat(::getpid())->session);
}

TEST_F(PoolTest, VictimsGoFirstThenTheNewestAndUnknownNamesAreIgnored) {
  options_.initial_replicas = 5;
  Start();
  ASSERT_TRUE(BecomesServing({"web-0", "web-1", "web-2", "web-3", "web-4"}));
  Apply(3, {"nobody", "web-1"});
  EXPECT_EQ(See().spec_replicas, 3);
  ASSERT_TRUE(BecomesServing({"web-0", "web-2", "web-3"}));
  Apply(3, {"web-1"});  // a retry: its victim is gone already
  Apply(3, {"web-0"});  // the count is absolute: nobody is surplus
  Apply(2, {"web-0", "web-2"});
  ASSERT_TRUE(BecomesServing({"web-2", "web-3"}));
  Apply(4);
  ASSERT_TRUE(BecomesServing({"web-2", "web-3", "web-5", "web-6"}));  // names are not used again
  Apply(0);
  ASSERT_TRUE(BecomesServing({}));
  EXPECT_EQ(See().status_replicas, 0);
}

// Two commands that arrive together: the first one's victims are out of the balancer, too.
TEST_F(PoolTest, EveryCommandsVictimsAreHonoured) {
  options_.initial_replicas = 3;
  Start();
  ASSERT_TRUE(BecomesServing({"web-0", "web-1", "web-2"}));
  Apply(2, {"web-0"});
  Apply(1, {"web-1"});
  ASSERT_TRUE(BecomesServing({"web-2"}));
}

TEST_F(PoolTest, AVictimIsStoppedOnceNobodyIsConnected) {
  Start();
  ASSERT_TRUE(BecomesServing({"web-0"}));
  auto client = std::make_unique<HttpConnection>(PortOf("web-0"));
  ASSERT_EQ(client->Get("/infer").status, 200);
  Apply(0);
  ASSERT_TRUE(Eventually([&] { return Find("web-0").message == "draining: 1 connections"; }));
  EXPECT_TRUE(Find("web-0").terminating);
  EXPECT_FALSE(Find("web-0").Serving());
  std::this_thread::sleep_for(600ms);
  EXPECT_EQ(client->Get("/infer").status, 200);  // still served
  const auto closed = clock_.Now();
  client.reset();
  ASSERT_TRUE(BecomesServing({}));
  EXPECT_GE(clock_.Now() - closed, 200ms);  // two looks
  EXPECT_LT(clock_.Now() - closed, 3s);
}

TEST_F(PoolTest, DrainEndsAtItsTimeout) {
  options_.drain_timeout = 300ms;
  Start();
  ASSERT_TRUE(BecomesServing({"web-0"}));
  const HttpConnection client(PortOf("web-0"));
  Apply(0);
  ASSERT_TRUE(BecomesServing({}));
}

// A child that ignores SIGTERM, with a helper in its group that does, too, and one that has
// double-forked into its own session: none survives the grace period.
TEST_F(PoolTest, TheWholeGroupAndDaemonsDieAfterTheGracePeriod) {
  options_.termination_grace_period = 500ms;
  Start({"ignore-term", "helper", "daemon"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  ASSERT_TRUE(Eventually([&] { return Everybody().size() == 4; }));  // and the keeper
  const auto asked = clock_.Now();
  Apply(0);
  ASSERT_TRUE(BecomesServing({}));
  EXPECT_GE(clock_.Now() - asked, 500ms);
  EXPECT_TRUE(Everybody().empty());
}

TEST_F(PoolTest, WhoSurvivesACrashedLeaderIsKilledAndTheLeaderIsReplaced) {
  options_.termination_grace_period = 300ms;
  Start({"helper", "daemon"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  ::kill(PidOf("web-0"), SIGKILL);
  ASSERT_TRUE(BecomesServing({"web-1"}));
  EXPECT_EQ(Find("web-1").restarts, 1);
  EXPECT_THAT(Find("web-1").restart_reason, StartsWith("web-0 was killed by signal 9"));
  EXPECT_TRUE(Eventually([&] { return Everybody().size() == 4; }));
}

TEST_F(PoolTest, AKilledKeeperTakesItsReplicaAlong) {
  Start({"helper"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  ::kill(ReadProcessStat(PidOf("web-0"))->parent, SIGKILL);
  ASSERT_TRUE(BecomesServing({"web-1"}));
  EXPECT_TRUE(Eventually([&] { return Everybody().size() == 3; }));
}

TEST_F(PoolTest, AStoppedKeeperCannotHoldUpTheEnd) {
  options_.termination_grace_period = 100ms;
  Start({"ignore-term", "helper"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  ::kill(ReadProcessStat(PidOf("web-0"))->parent, SIGSTOP);
  Apply(0);
  ASSERT_TRUE(BecomesServing({}));
  EXPECT_TRUE(Everybody().empty());
}

// A hung child is not ready, is not killed for that, holds up nobody, and recovers.
TEST_F(PoolTest, AHungReplicaIsNotReadyAndComesBack) {
  options_.initial_replicas = 2;
  Start();
  ASSERT_TRUE(BecomesServing({"web-0", "web-1"}));
  const pid_t pid = PidOf("web-0");
  ::kill(pid, SIGSTOP);
  ASSERT_TRUE(Eventually([&] { return Serving() == std::vector<std::string>{"web-1"}; }));
  EXPECT_THAT(Find("web-0").message, HasSubstr("readiness: no complete answer in time"));
  Apply(3);
  ASSERT_TRUE(Eventually([&] { return Serving() == std::vector<std::string>{"web-1", "web-2"}; }));
  std::this_thread::sleep_for(1s);
  ::kill(pid, SIGCONT);
  EXPECT_TRUE(BecomesServing({"web-0", "web-1", "web-2"}));
}

// Ready answers 200 while every request fails: only a probe that makes a real request sees it.
TEST_F(PoolTest, ALivenessProbeWithABodyReplacesAReplicaThatFailsItsRequests) {
  options_.liveness = {.path = "/infer", .period = 100ms, .failure_threshold = 2, .body = "{}"};
  Start();
  ASSERT_TRUE(BecomesServing({"web-0"}));
  ASSERT_EQ(HttpGet(PortOf("web-0"), "/break").status, 200);
  ASSERT_TRUE(Eventually([&] {
    return Find("web-1").message.find("failed its liveness probe 2 times: HTTP 500") !=
           std::string::npos;
  }));
  ASSERT_TRUE(BecomesServing({"web-1"}));
}

TEST_F(PoolTest, AReplicaThatNeverListensIsReplaced) {
  options_.startup_timeout = 300ms;
  Start({"never-listen"});
  ASSERT_TRUE(Eventually([&] { return Find("web-1").restarts == 1; }));
  EXPECT_TRUE(Serving().empty());
  EXPECT_THAT(Find("web-1").message, HasSubstr("was not ready after 0.3 s: readiness: Connection"));
}

class CrashLoopTest : public PoolTest, public ::testing::WithParamInterface<const char*> {};

// The waiting one is there, not ready, and says why; each wait is longer than the last. A process
// that ends at once may be missed by who looks from outside, its successor's count may not: no
// restart is counted before the waits that precede it, a quarter shorter at most, are over.
TEST_P(CrashLoopTest, BacksOff) {
  options_.backoff_initial = 200ms;
  options_.backoff_max = 800ms;
  const TimePoint begin = clock_.Now();
  Start({GetParam(), "exit-code=1"});
  std::vector<Duration> counted(6, Duration::max());  // [n]: how late at least n were first seen
  ASSERT_TRUE(Eventually([&] {
    const Observation seen = See();
    EXPECT_GE(seen.replicas.size(), 1u);
    for (const Replica& replica : seen.replicas) {
      if (!replica.start_time) {
        EXPECT_EQ(replica.phase, ReplicaPhase::kPending);
        EXPECT_FALSE(replica.Serving());
        EXPECT_THAT(replica.message, AnyOf(HasSubstr("back-off"), HasSubstr("about to start")));
      }
      for (int n = 1; n <= std::min(replica.restarts, 5); ++n) {
        counted[n] = std::min(counted[n], clock_.Now() - begin);
      }
    }
    return counted[5] != Duration::max();
  }));
  EXPECT_GE(counted[2], 150ms);
  EXPECT_GE(counted[3], 450ms);
  EXPECT_GE(counted[4], 1050ms);
  EXPECT_GE(counted[5], 1650ms);
}
INSTANTIATE_TEST_SUITE_P(Ways, CrashLoopTest,
                         ::testing::Values("exit-after=0", "segv-after=0", "exit-after=300"));

TEST_F(PoolTest, AProgramThatIsMissingIsReportedAndTriedAgain) {
  const std::string program = folder_ / "server";
  options_.command = {program, "{port:http}"};
  Start();
  ASSERT_TRUE(Eventually([&] {
    const auto seen = See().replicas;
    return !seen.empty() &&
           seen.back().message.find("could not be started: No such file") != std::string::npos;
  }));
  std::filesystem::create_symlink(TIDEGATE_CHILD, program);
  EXPECT_TRUE(Eventually([&] { return Serving().size() == 1; }));
}

// The host has no descriptor left: nothing new starts, the old one stays ready, nothing leaks, and
// all is well as soon as there are descriptors again.
TEST_F(PoolTest, RunningOutOfDescriptorsHarmsNobody) {
  Start();
  ASSERT_TRUE(BecomesServing({"web-0"}));
  const std::size_t before = OpenDescriptors();
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  const rlimit none{3, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  Apply(2);
  const bool reported = Eventually(
      [&] { return Find("web-1").message.find("Too many open files") != std::string::npos; });
  std::this_thread::sleep_for(500ms);
  const bool still_serving = Find("web-0").Serving();
  ::setrlimit(RLIMIT_NOFILE, &old);
  EXPECT_TRUE(reported) << Find("web-1").message;
  EXPECT_TRUE(still_serving);
  ASSERT_TRUE(BecomesServing({"web-0", "web-1"}));
  Apply(1);
  ASSERT_TRUE(BecomesServing({"web-0"}));
  EXPECT_TRUE(Eventually([&] { return OpenDescriptors() == before; }));
}

TEST_F(PoolTest, ShortLivedChildrenLeaveNoZombiesAndNoDescriptors) {
  options_.initial_replicas = 4;
  options_.backoff_initial = 1ms;
  options_.backoff_max = 1ms;
  Start({"exit-after=0"});
  const std::size_t before = OpenDescriptors();
  const auto started = [&] { return std::stoi(See().replicas.back().name.substr(4)); };
  ASSERT_TRUE(Eventually([&] { return started() >= 200; }, 30s));
  EXPECT_LE(OpenDescriptors(), before + 24);  // at most four at a time
  EXPECT_LE(Zombies(), 4);
  Apply(0);
  ASSERT_TRUE(BecomesServing({}));
  EXPECT_EQ(Zombies(), 0);
}

TEST_F(PoolTest, PortsInUseAreSkippedAndNoneIsUsedTwice) {
  const UniqueFd squatter(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::uint16_t port = 31000;  // in the midst of three free ones
  const auto free = [](int which) { return *PortIsFree(static_cast<std::uint16_t>(which)); };
  do address.sin_port = htons(++port);
  while (!free(port - 1) || !free(port + 1) ||
         ::bind(squatter.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0);
  ASSERT_EQ(::listen(squatter.get(), 1), 0);
  options_.port_min = static_cast<std::uint16_t>(port - 1);
  options_.port_max = static_cast<std::uint16_t>(port + 1);
  options_.initial_replicas = 3;
  options_.backoff_initial = 10s;
  Start();
  ASSERT_TRUE(Eventually([&] { return Serving().size() == 2; }));
  EXPECT_THAT(See().replicas.back().message, HasSubstr("no free port in "));
  EXPECT_NE(PortOf("web-0"), PortOf("web-1"));
}

TEST_F(PoolTest, EndlessOutputIsBoundedAndBlocksNobody) {
  options_.log_size_limit = 1u << 20;
  Start({"spam"});
  ASSERT_TRUE(BecomesServing({"web-0"}));
  const std::string log = options_.log_directory + "/web-0.log";
  ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(log + ".1"); }));
  for (int i = 0; i < 50; ++i) {
    std::error_code none;
    const auto size = [&](const std::string& path) {
      const auto bytes = std::filesystem::file_size(path, none);
      return none ? 0 : bytes;
    };
    EXPECT_LE(size(log), (1u << 20) / 2);
    EXPECT_LE(size(log + ".1"), (1u << 20) / 2);
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(HttpGet(PortOf("web-0"), "/infer").status, 200);
}

TEST_F(PoolTest, OutputGoesToAPrivateFile) {
  Start({"say=hello"});
  const std::string log = options_.log_directory + "/web-0.log";
  ASSERT_TRUE(Eventually([&] { return ReadFile(log) == "hello\n"; }));
  struct stat info {};
  ASSERT_EQ(::stat(log.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(PoolTest, WhatCannotWorkIsRefused) {
  const auto message = [&](void (*spoil)(ProcessPoolOptions&)) {
    ProcessPoolOptions options = options_;
    options.command = {"server", "{port:http}"};
    spoil(options);
    const auto pool = MakeProcessPool("web", options, clock_);
    if (pool) return std::string("made");
    EXPECT_EQ(pool.error().code, ErrorCode::kInvalidArgument);
    return pool.error().message;
  };
  EXPECT_EQ(message([](auto& o) { o.command.clear(); }), "command: is empty");
  EXPECT_EQ(message([](auto& o) { o.command[1] = "{port:grpc}"; }),
            "command[1]: {port:grpc}: no such port");
  EXPECT_EQ(message([](auto& o) { o.environment["A"] = "{port:x}"; }),
            "environment.A: {port:x}: no such port");
  EXPECT_EQ(message([](auto& o) { o.readiness.port = "grpc"; }),
            "readiness.port: no such port: grpc");
  EXPECT_EQ(message([](auto& o) { o.liveness.path = "live"; }),
            "liveness.path: must begin with / and hold no blanks, got \"live\"");
  EXPECT_EQ(message([](auto& o) { o.drain_port = "grpc"; }), "drainPort: no such port: grpc");
  EXPECT_EQ(message([](auto& o) { o.port_max = 1; }),
            "portMin, portMax: 20000-1 is not a range of ports");
  EXPECT_THAT(message([](auto& o) { o.host = "no.such.host.invalid"; }),
              HasSubstr("host: no.such"));
}

}  // namespace
}  // namespace tidegate::testing
