// SPDX-License-Identifier: Apache-2.0
#include "tidegate/sources/scrape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/http_fault_server.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HttpBehavior;
using testing::HttpFault;
using testing::HttpFaultServer;
using ::testing::Not;
using testing::RefusingPort;
using ::testing::SizeIs;

constexpr TimePoint kT0{seconds(1'700'000'000)};

/// Remembers what it is given. A line without '#' counts as a sample; "bad" is a parse error.
class RecordingSink final : public SampleSink {
 public:
  struct Page {
    std::string text;
    PageFormat format;
    Labels target;
    TimePoint at;
  };

  Status Ingest(std::string_view metric, const Labels& labels, double value,
                TimePoint at) override {
    const std::lock_guard lock(mutex_);
    values[{std::string(metric), labels.at("replica")}] = value;
    times.insert(at);
    return {};
  }

  using SampleSink::IngestPage;
  Result<PageSummary> IngestPage(std::string_view page, PageFormat format, const Labels& target,
                                 TimePoint at) override {
    if (page.substr(0, 3) == "bad") {
      return Error{ErrorCode::kInvalidArgument, "1:4: expected a value"};
    }
    PageSummary summary;
    for (std::size_t begin = 0; begin < page.size();) {
      const std::size_t end = std::min(page.find('\n', begin), page.size());
      if (end > begin && page[begin] != '#') ++summary.samples;
      begin = end + 1;
    }
    const std::lock_guard lock(mutex_);
    pages.push_back({std::string(page), format, target, at});
    return summary;
  }

  void MarkStale(const Labels& target, TimePoint) override {
    const std::lock_guard lock(mutex_);
    stale.push_back(target.at("workload") + "/" + target.at("replica"));
  }

  std::mutex mutex_;
  std::vector<Page> pages;
  std::map<std::pair<std::string, std::string>, double> values;
  std::set<TimePoint> times;
  std::vector<std::string> stale;
};

Replica Running(const std::string& name, std::uint16_t port) {
  Replica replica;
  replica.name = name;
  replica.phase = ReplicaPhase::kRunning;
  replica.host = "127.0.0.1";
  replica.ports = {{"metrics", port}};
  return replica;
}

class ScrapeSourceTest : public ::testing::Test {
 protected:
  Status Collect(const std::vector<Replica>& replicas, TimePoint now = kT0,
                 Duration budget = seconds(20)) {
    const WorkloadId workload = "flower";
    return source_->Collect({workload, replicas, now, now + budget}, sink_);
  }
  TargetState State(const std::string& replica) const {
    for (const TargetState& state : source_->targets()) {
      if (state.replica == replica) return state;
    }
    ADD_FAILURE() << "no target of " << replica;
    return {};
  }
  void Use(ScrapeOptions options) { source_ = MakeScrapeSource(std::move(options)); }

  HttpFaultServer server_;
  RecordingSink sink_;
  std::unique_ptr<Source> source_ = MakeScrapeSource({.timeout = seconds(10)});
};

TEST_F(ScrapeSourceTest, HandsThePageOnWithTheTargetsLabels) {
  const auto port = server_.Listen({.body = "a 1\nb 2\n"});
  ASSERT_TRUE(Collect({Running("flower-0", port)}).ok());
  ASSERT_THAT(sink_.pages, SizeIs(1));
  EXPECT_EQ(sink_.pages[0].text, "a 1\nb 2\n");
  EXPECT_EQ(sink_.pages[0].target, (Labels{{"replica", "flower-0"}, {"workload", "flower"}}));
  EXPECT_EQ(sink_.pages[0].at, kT0);
  EXPECT_EQ((sink_.values[{"up", "flower-0"}]), 1);
  EXPECT_EQ((sink_.values[{"scrape_samples_scraped", "flower-0"}]), 2);
  EXPECT_GT((sink_.values[{"scrape_duration_seconds", "flower-0"}]), 0);
  EXPECT_EQ(sink_.times, std::set<TimePoint>{kT0});
  EXPECT_THAT(sink_.stale, SizeIs(0));
  const TargetState state = State("flower-0");
  EXPECT_TRUE(state.up);
  EXPECT_EQ(state.target, "http://127.0.0.1:" + std::to_string(port) + "/metrics");
  EXPECT_EQ(state.samples, 2u);
  EXPECT_EQ(state.last_success, kT0);
  EXPECT_EQ(state.last_attempt, kT0);
  EXPECT_GT(state.last_duration, Duration::zero());
  EXPECT_EQ(state.error, "");
}

TEST_F(ScrapeSourceTest, SendsTheUsersHeaders) {
  const auto port = server_.Listen();
  Use({.timeout = milliseconds(9500),
       .headers = {{"Authorization", "Bearer s3cret"}, {"accept", "text/plain"}}});
  ASSERT_TRUE(Collect({Running("r", port)}).ok());
  const std::string head = server_.requests(port).at(0);
  EXPECT_THAT(head, HasSubstr("accept: text/plain\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Accept: ")));
  EXPECT_THAT(head, HasSubstr("X-Prometheus-Scrape-Timeout-Seconds: 9.5\r\n"));
  EXPECT_THAT(head, HasSubstr("Authorization: Bearer s3cret\r\n"));
  EXPECT_THAT(head, HasSubstr("Accept-Encoding: gzip\r\n"));
}

TEST_F(ScrapeSourceTest, ReadsOnlyReplicasThatRunAndHaveThePort) {
  const auto port = server_.Listen();
  std::vector<Replica> replicas = {Running("running", port), Running("pending", port),
                                   Running("failed", port), Running("no-port", port),
                                   Running("no-host", port)};
  replicas[1].phase = ReplicaPhase::kPending;
  replicas[2].phase = ReplicaPhase::kFailed;
  replicas[3].ports = {{"http", port}};
  replicas[4].host.clear();
  ASSERT_TRUE(Collect(replicas).ok());
  EXPECT_THAT(server_.requests(port), SizeIs(1));
  EXPECT_THAT(source_->targets(), SizeIs(2));
  EXPECT_TRUE(State("running").up);
  EXPECT_EQ(State("no-host").error, "the replica's address is not known");
  EXPECT_THAT(sink_.stale, ElementsAre("flower/no-host"));
}

struct DownRow {
  HttpBehavior behavior;
  const char* error;
  Duration budget = seconds(20);  // only what never ends has to wait for it
};

class ScrapeSourceDownTest : public ScrapeSourceTest,
                             public ::testing::WithParamInterface<DownRow> {};

TEST_P(ScrapeSourceDownTest, EndsTheSeriesAndSaysWhy) {
  const auto port = server_.Listen();
  Use({.timeout = seconds(10),
       .body_size_limit = 50'000,
       .headers = {{"Authorization", "Bearer s3cret"}}});
  ASSERT_TRUE(Collect({Running("r", port)}).ok());
  server_.SetBehavior(port, GetParam().behavior);
  ASSERT_TRUE(Collect({Running("r", port)}, kT0 + seconds(1), GetParam().budget).ok());
  EXPECT_THAT(sink_.stale, ElementsAre("flower/r"));
  EXPECT_EQ((sink_.values[{"up", "r"}]), 0);
  EXPECT_EQ((sink_.values[{"scrape_samples_scraped", "r"}]), 0);
  TargetState state = State("r");
  EXPECT_FALSE(state.up);
  EXPECT_THAT(state.error, HasSubstr(GetParam().error));
  EXPECT_THAT(state.error, Not(HasSubstr("s3cret")));
  EXPECT_EQ(state.last_success, kT0);
  EXPECT_EQ(state.last_attempt, kT0 + seconds(1));
  EXPECT_EQ(state.samples, 0u);

  server_.SetBehavior(port, {});
  ASSERT_TRUE(Collect({Running("r", port)}, kT0 + seconds(2)).ok());
  state = State("r");
  EXPECT_TRUE(state.up) << state.error;
}

INSTANTIATE_TEST_SUITE_P(
    All, ScrapeSourceDownTest,
    ::testing::Values(
        DownRow{{.fault = HttpFault::kHang}, "timed out after 400 ms", milliseconds(400)},
        DownRow{{.fault = HttpFault::kSlowLoris}, "timed out after 400 ms", milliseconds(400)},
        DownRow{{.fault = HttpFault::kTruncate}, "truncated body"},
        DownRow{{.fault = HttpFault::kEndless}, "body over 50000 bytes"},
        DownRow{{.fault = HttpFault::kReset}, "connection reset"},
        DownRow{{.status = 500}, "HTTP 500"}, DownRow{{.status = 404}, "HTTP 404"},
        DownRow{{.body = "<html></html>", .headers = "Content-Type: text/html\r\n"},
                "protocol: Content-Type \"text/html\" is no format for metrics"},
        DownRow{{.headers = "Content-Type: application/openmetrics-text; version=2.0.0\r\n"},
                "OpenMetrics 2.0"},
        DownRow{{.body = ""}, "the page is empty"},
        DownRow{{.body = "# HELP a b\n"}, "the page has no samples"},
        DownRow{{.body = "bad\n"}, "1:4: expected a value"}));

TEST_F(ScrapeSourceTest, AcceptsTritonsTypeAndNone) {
  const auto triton = server_.Listen({.headers = "Content-Type: text/plain; charset=utf-8\r\n"});
  const auto none = server_.Listen({.headers = ""});
  const auto upper = server_.Listen({.headers = "Content-Type: TEXT/PLAIN ; x=y\r\n"});
  ASSERT_TRUE(
      Collect({Running("triton", triton), Running("none", none), Running("upper", upper)}).ok());
  EXPECT_TRUE(State("triton").up);
  EXPECT_TRUE(State("none").up);
  EXPECT_TRUE(State("upper").up);
}

TEST_F(ScrapeSourceTest, AsksForOpenMetricsAndReadsWhatItGets) {
  const auto port = server_.Listen(
      {.headers = "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"});
  ASSERT_TRUE(Collect({Running("a", port)}).ok());
  EXPECT_TRUE(State("a").up);
  EXPECT_THAT(server_.requests(port).at(0),
              HasSubstr("Accept: application/openmetrics-text;version=1.0.0;"));
  ASSERT_THAT(sink_.pages, SizeIs(1));
  EXPECT_EQ(sink_.pages[0].format, PageFormat::kOpenMetrics);
}

TEST_F(ScrapeSourceTest, ConnectRefusedIsADownTarget) {
  ASSERT_TRUE(Collect({Running("r", RefusingPort())}).ok());
  EXPECT_EQ(State("r").error, "connect refused");
}

TEST_F(ScrapeSourceTest, AReplicaThatIsGoneIsMarkedOnceAndForgotten) {
  const auto port = server_.Listen();
  ASSERT_TRUE(Collect({Running("a", port), Running("b", port)}).ok());
  ASSERT_TRUE(Collect({Running("a", port)}, kT0 + seconds(1)).ok());
  ASSERT_TRUE(Collect({Running("a", port)}, kT0 + seconds(2)).ok());
  EXPECT_THAT(sink_.stale, ElementsAre("flower/b"));
  EXPECT_THAT(source_->targets(), SizeIs(1));
}

// A replica that starts again may get another port; what it was before does not matter.
TEST_F(ScrapeSourceTest, FollowsAReplicaToItsNewPort) {
  const auto first = server_.Listen();
  const auto second = server_.Listen();
  ASSERT_TRUE(Collect({Running("a", first)}).ok());
  ASSERT_TRUE(Collect({Running("a", second)}, kT0 + seconds(1)).ok());
  EXPECT_THAT(server_.requests(second), SizeIs(1));
  EXPECT_TRUE(State("a").up);
}

TEST_F(ScrapeSourceTest, ReadsATargetOncePerIntervalWithoutDrift) {
  const auto port = server_.Listen();
  Use({.interval = seconds(1), .timeout = seconds(10)});
  const std::vector<Replica> replicas = {Running("r", port)};
  const auto reads_at = [&](milliseconds offset) {
    const std::size_t before = server_.requests(port).size();
    EXPECT_TRUE(Collect(replicas, kT0 + offset).ok());
    return server_.requests(port).size() - before;
  };
  EXPECT_EQ(reads_at(milliseconds(0)), 1u);
  EXPECT_EQ(reads_at(milliseconds(100)), 0u);
  EXPECT_EQ(reads_at(milliseconds(899)), 0u);
  EXPECT_EQ(reads_at(milliseconds(1040)), 1u);  // a late tick
  EXPECT_EQ(reads_at(milliseconds(1999)), 1u);  // does not move the grid; a little early is due
  EXPECT_EQ(reads_at(milliseconds(2000)), 0u);
  EXPECT_EQ(reads_at(milliseconds(3000)), 1u);
  EXPECT_EQ(reads_at(milliseconds(7500)), 1u);  // what was missed is not caught up with
  EXPECT_EQ(reads_at(milliseconds(7600)), 0u);
  EXPECT_EQ(reads_at(milliseconds(8000)), 1u);
  EXPECT_EQ(reads_at(milliseconds(1000)), 1u);  // the clock went back
  EXPECT_EQ(reads_at(milliseconds(1100)), 0u);
}

TEST_F(ScrapeSourceTest, KeepsConnectionsBetweenTicks) {
  const auto port = server_.Listen();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(Collect({Running("r", port)}, kT0 + seconds(i)).ok());
  }
  EXPECT_THAT(server_.requests(port), SizeIs(4));
  EXPECT_EQ(server_.connections(port), 1);
}

// A replica that is drained waits until nobody is connected to it, on whichever port.
TEST_F(ScrapeSourceTest, KeepsNoConnectionToAReplicaThatIsLeaving) {
  const auto port = server_.Listen();
  Replica replica = Running("r", port);
  ASSERT_TRUE(Collect({replica}).ok());
  replica.terminating = true;
  ASSERT_TRUE(Collect({replica}, kT0 + seconds(1)).ok());  // over the old one, for the last time
  ASSERT_TRUE(Collect({replica}, kT0 + seconds(2)).ok());
  ASSERT_TRUE(Collect({replica}, kT0 + seconds(3)).ok());
  EXPECT_THAT(server_.requests(port), SizeIs(4));
  EXPECT_EQ(server_.connections(port), 3);
}

// The stopped process still has its connection, which answers nothing any more. It recovers.
TEST_F(ScrapeSourceTest, AStoppedTargetUnderKeepAliveGoesStaleAndRecovers) {
  const auto port = server_.Listen();
  ASSERT_TRUE(Collect({Running("r", port)}).ok());
  server_.SetBehavior(port, {.fault = HttpFault::kHang});
  ASSERT_TRUE(Collect({Running("r", port)}, kT0 + seconds(1), milliseconds(400)).ok());
  ASSERT_TRUE(Collect({Running("r", port)}, kT0 + seconds(2), milliseconds(400)).ok());
  EXPECT_FALSE(State("r").up);
  EXPECT_EQ(State("r").last_success, kT0);
  EXPECT_THAT(sink_.stale, SizeIs(2));
  server_.SetBehavior(port, {});
  ASSERT_TRUE(Collect({Running("r", port)}, kT0 + seconds(3)).ok());
  EXPECT_TRUE(State("r").up) << State("r").error;
}

TEST_F(ScrapeSourceTest, TheCallsDeadlineCutsTheTimeout) {
  const auto port = server_.Listen({.fault = HttpFault::kHang});
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(Collect({Running("r", port)}, kT0, milliseconds(200)).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(4));
  EXPECT_THAT(State("r").error, HasSubstr("timed out after 200 ms"));
  EXPECT_EQ(Collect({Running("r", port)}, kT0, Duration::zero()).error().code,
            ErrorCode::kDeadlineExceeded);
}

TEST_F(ScrapeSourceTest, AHundredHungTargetsOfTwoHundredDelayNobody) {
  std::vector<Replica> replicas;
  for (int i = 0; i < 200; ++i) {
    const HttpFault fault = i % 2 == 0 ? HttpFault::kHang : HttpFault::kNone;
    replicas.push_back(Running("r" + std::to_string(i), server_.Listen({.fault = fault})));
  }
  Use({.timeout = seconds(3)});
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(Collect(replicas).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(6));
  EXPECT_THAT(sink_.pages, SizeIs(100));
  EXPECT_THAT(sink_.stale, SizeIs(100));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(State("r" + std::to_string(i)).up, i % 2 == 1);
}

TEST_F(ScrapeSourceTest, WorkloadsAreCollectedConcurrently) {
  const auto port = server_.Listen();
  Use({.interval = Duration::zero(), .timeout = seconds(10)});
  std::atomic<bool> stop = false;
  std::jthread reader([&] {
    while (!stop) (void)source_->targets();
  });
  std::vector<std::jthread> threads;
  for (const char* name : {"a", "b", "c"}) {
    threads.emplace_back([this, port, name] {
      const WorkloadId workload = name;
      for (int i = 0; i < 20; ++i) {
        // Every other call without the replica: targets come and go.
        std::vector<Replica> replicas = {Running("stays", port)};
        if (i % 2 == 0) replicas.push_back(Running("goes", port));
        EXPECT_TRUE(
            source_->Collect({workload, replicas, kT0 + seconds(i), kT0 + seconds(i + 10)}, sink_)
                .ok());
      }
    });
  }
  threads.clear();
  stop = true;
  EXPECT_THAT(sink_.pages, SizeIs(3 * 30));
}

TEST_F(ScrapeSourceTest, ABadPathIsTheCallersError) {
  Use({.path = "metrics"});
  EXPECT_EQ(Collect({}).error().message, "scrape path: must begin with \"/\", got \"metrics\"");
}

}  // namespace
}  // namespace tidegate
