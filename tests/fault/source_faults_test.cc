// SPDX-License-Identifier: Apache-2.0
//
// What goes wrong between Tidegate and what it measures, and what the whole loop makes of it: it
// holds and says why, in bounded time, and goes on when the fault is over. docs/reliability.md
// lists the faults; the names of the tests are in its table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/fault_proxy.h"
#include "support/gzip.h"
#include "support/http_fault_server.h"
#include "support/sim_clock.h"
#include "support/watcher.h"
#include "tidegate/controller.h"
#include "tidegate/sources/prometheus.h"
#include "tidegate/sources/scrape.h"

namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::size_t kBodyLimit = 20'000'000;

std::string Page(double depth) {
  return "# TYPE depth gauge\ndepth " + std::to_string(depth) + "\n";
}

/// A workload "web" that wants a depth of 10 on each replica; it is at that when a test begins.
class SourceFaultTest : public ::testing::Test {
 protected:
  /// web-0, web-1 … , each behind a proxy of its own.
  void AddReplicas(int count) {
    for (int i = 0; i < count; ++i) {
      ports_.push_back(server_.Listen({.body = Page(10)}));
      proxies_.push_back(std::make_unique<FaultProxy>(ports_.back()));
      AddReplica("web-" + std::to_string(i), proxies_.back()->port());
    }
  }
  void AddReplica(const std::string& name, std::uint16_t port) {
    seen_by_backend_.replicas.push_back({.name = name,
                                         .phase = ReplicaPhase::kRunning,
                                         .ready = ConditionStatus::kTrue,
                                         .host = "127.0.0.1",
                                         .ports = {{"metrics", port}}});
    seen_by_backend_.spec_replicas = seen_by_backend_.status_replicas =
        static_cast<std::int32_t>(seen_by_backend_.replicas.size());
  }
  void Serve(const std::string& page) {
    for (const std::uint16_t port : ports_) server_.SetBehavior(port, {.body = page});
  }
  void Fault(const ProxyFault& fault) {
    for (const auto& proxy : proxies_) proxy->Set(fault);
  }

  static MetricSpec Depth() {
    MetricSpec depth{.type = MetricSourceType::kPods, .name = "depth"};
    depth.target.average_value = 10'000;
    return depth;
  }
  static MetricSpec External(const std::string& name) {
    MetricSpec metric{.type = MetricSourceType::kExternal, .name = name};
    metric.target.average_value = 10'000;
    return metric;
  }

  Workload Web(std::vector<MetricSpec> metrics = {Depth()}) const {
    Workload web;
    web.spec = {.workload = "web", .min_replicas = 1, .max_replicas = 100};
    web.spec.metrics = std::move(metrics);
    web.spec.behavior = DefaultBehavior();
    web.spec.behavior->scale_down.stabilization_window = Duration::zero();
    return web;
  }
  Workload Scraped(Duration timeout = 5s) const {
    Workload web = Web();
    web.source = MakeScrapeSource({.timeout = timeout, .body_size_limit = kBodyLimit});
    return web;
  }
  /// Its metrics are answered by a Prometheus behind the first proxy.
  Workload Asked(std::vector<MetricSpec> metrics) const {
    Workload web = Web(std::move(metrics));
    web.source = MakePrometheusSource(
        {.url = "http://127.0.0.1:" + std::to_string(proxies_.at(0)->port()), .timeout = 5s});
    return web;
  }

  void Start(Workload web) {
    std::vector<Workload> workloads;
    workloads.push_back(std::move(web));
    Components components;
    components.clock = &clock_;
    components.reporters.push_back(std::make_unique<Watcher>(seen_));
    controller_ =
        Controller::Create(std::move(workloads), std::move(components), {.gather_timeout = 60s})
            .value();
    ASSERT_TRUE(controller_->SetReplicas("web", seen_by_backend_).ok());
  }

  Decision Tick(Duration step = 1s) {
    clock_.Advance(step);
    return controller_->Tick().workloads.at(0).decision;
  }
  /// A tick at which the count stays, and why.
  std::string WhyHeld(Duration step = 1s) {
    const Decision decision = Tick(step);
    EXPECT_EQ(decision.desired, seen_by_backend_.spec_replicas);
    EXPECT_TRUE(decision.error.has_value()) << "it does not hold";
    return decision.error ? decision.error->message : "";
  }
  SeriesStoreStats stats() const { return controller_->store().stats(); }

  HttpFaultServer server_;
  std::vector<std::uint16_t> ports_;
  std::vector<std::unique_ptr<FaultProxy>> proxies_;
  Observation seen_by_backend_;
  SimClock clock_;
  Watcher::Seen seen_;
  std::unique_ptr<Controller> controller_;
};

/// What a Prometheus says: a vector of values, each of the replica named so.
std::string Vector(const std::vector<std::pair<std::string, double>>& values) {
  std::string series;
  for (const auto& [replica, value] : values) {
    series += (series.empty() ? "" : ",") + std::string(R"({"metric":{"pod":")") + replica +
              R"("},"value":[3600,")" + std::to_string(value) + "\"]}";
  }
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + series + "]}}";
}

TEST_F(SourceFaultTest, Row01AllSourcesDown) {
  AddReplicas(3);
  Workload web = Scraped(/*timeout=*/100ms);
  web.spec.metrics.push_back(External("pushed"));
  web.spec.fallbacks = {{.metric = "depth",
                         .after = 30s,
                         .behavior = FallbackBehavior::kCurrentReplicasIfHigher,
                         .replicas = 5}};
  Start(std::move(web));
  const auto push = [&](double value) {
    ASSERT_TRUE(controller_->Ingest("pushed", {}, value, clock_.Now() + 1s).ok());
  };
  push(30);
  EXPECT_EQ(Tick().desired, 3);
  for (const ProxyFault& fault : {ProxyFault{.black_hole = true}, ProxyFault{.refuse = true},
                                  ProxyFault{.cut_after = 0, .reset = true}}) {
    Fault(fault);
    push(10);  // alone it would be 1
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_THAT(WhyHeld(), HasSubstr("depth"));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s);
    for (const TargetState& target : seen_.targets) EXPECT_THAT(target.error, Not(IsEmpty()));
    push(70);  // what is still there may raise the count
    EXPECT_EQ(Tick().desired, 7);
  }
  clock_.Advance(30s);
  push(10);
  EXPECT_EQ(Tick().desired, 5);  // as was asked for
  Fault({});
  Serve(Page(20));
  push(10);
  EXPECT_EQ(Tick().desired, 6);
  Serve(Page(4));
  push(10);
  EXPECT_EQ(Tick().desired, 2);
}

TEST_F(SourceFaultTest, Row02OneOfTwoMetricsDown) {
  AddReplicas(4);
  double depth = 10;
  Start(Asked({External("depth"), External("other")}));
  const auto answer = [&](bool other_fails) {
    proxies_[0]->Set({.rewrite = [=](const std::string& request, const std::string&) {
      const bool other = request.find("query=other") != std::string::npos;
      if (other && other_fails) return HttpAnswer("500 Oops", "", "");
      return HttpAnswer("200 OK", "Content-Type: application/json\r\n", Vector({{"", depth}}));
    }});
  };
  answer(/*other_fails=*/true);
  EXPECT_THAT(WhyHeld(), HasSubstr("other: HTTP 500"));
  depth = 80;
  answer(/*other_fails=*/true);
  EXPECT_EQ(Tick().desired, 8);
  depth = 10;
  answer(/*other_fails=*/false);
  EXPECT_EQ(Tick().desired, 1);
}

TEST_F(SourceFaultTest, Row03AnEmptyAnswerIsNoZero) {
  AddReplicas(3);
  for (const bool empty_as_zero : {false, true}) {
    Workload web = Asked({External("depth")});
    web.queries = {{.metric = "depth", .empty_as_zero = empty_as_zero}};
    Start(std::move(web));
    Fault(Scripted(HttpAnswer("200 OK", "Content-Type: application/json\r\n", Vector({}))));
    if (empty_as_zero) {
      EXPECT_EQ(Tick().desired, 1);
      // One that does not answer never says 0.
      Fault(Scripted(HttpAnswer("503 Away", "", Vector({}))));
    }
    EXPECT_THAT(WhyHeld(), HasSubstr("no value of depth"));
  }
}

TEST_F(SourceFaultTest, Row03ASeriesThatVanishesIsNoZero) {
  AddReplicas(3);
  Start(Scraped());
  EXPECT_EQ(Tick().desired, 3);
  Serve("# TYPE other gauge\nother 1\n");
  EXPECT_THAT(WhyHeld(), HasSubstr("no replica has a value of depth"));
}

// Averages over a window with a hole would be low when the source is back.
TEST_F(SourceFaultTest, Row04NoScaleDownUntilTheWindowIsCovered) {
  AddReplicas(2);
  Workload web = Scraped();
  web.queries = {{.metric = "depth", .query = "avg_over_time(depth[60s])"}};
  Start(std::move(web));
  for (int second = 0; second < 60; ++second) Tick();
  EXPECT_EQ(Tick().desired, 2);
  Fault({.refuse = true});
  for (int i = 0; i < 60; ++i) EXPECT_EQ(Tick(5s).desired, 2);
  EXPECT_THAT(WhyHeld(), HasSubstr("no replica has a value of depth"));
  Fault({});
  Serve(Page(1));
  int seconds = 1;
  while (seconds < 100 && Tick().desired == 2) ++seconds;
  EXPECT_GE(seconds, 48);  // 80 % of the window
  EXPECT_LE(seconds, 50);
}

TEST_F(SourceFaultTest, Row05PartOfTheReplicasMissing) {
  AddReplicas(10);
  for (const MissingData rule : {MissingData::kHold, MissingData::kFill}) {
    Workload web = Scraped();
    web.spec.missing_data = rule;
    Start(std::move(web));
    for (int missing = 0; missing <= 10; ++missing) {
      for (int i = 0; i < 10; ++i) {
        proxies_[static_cast<std::size_t>(i)]->Set({.refuse = i < missing});
      }
      // On the way down who is missing counts as at the target, on the way up as idle.
      const double there = 10 - missing;
      const auto filled_low = static_cast<int>(std::ceil(there * 0.1 + missing));
      const auto filled_high = static_cast<int>(std::ceil(there * 2));
      Serve(Page(1));
      const Decision low = Tick();
      const int wanted = missing < 9 ? filled_low : 10;  // 9.1 of 10 is no change
      const bool holds = missing == 10 || (rule == MissingData::kHold && missing % 9 != 0);
      EXPECT_EQ(low.desired, holds ? 10 : wanted) << missing;
      EXPECT_EQ(low.error.has_value(), holds) << missing;
      Serve(Page(20));
      EXPECT_EQ(Tick().desired, missing < 5 ? filled_high : 10) << missing;
    }
    Fault({});
  }
}

// A gauge that makes no sense pulls the count down no further than anything else does.
TEST_F(SourceFaultTest, Row07ANegativeGauge) {
  AddReplicas(3);
  Workload web = Scraped();
  web.spec.min_replicas = 2;
  web.spec.metrics.push_back(External("pushed"));
  Start(std::move(web));
  for (const char* value : {"-5", "-1e308", "-9223372036854775808"}) {
    Serve(std::string("depth ") + value + "\n");
    EXPECT_EQ(controller_->Ingest("pushed", {}, 10, clock_.Now() + 1s).ok(), true);
    EXPECT_EQ(Tick().desired, 2) << value;
    EXPECT_EQ(controller_->Ingest("pushed", {}, 60, clock_.Now() + 1s).ok(), true);
    EXPECT_EQ(Tick().desired, 6) << value;
  }
}

TEST_F(SourceFaultTest, Row08HugeAndTinyValuesSaturate) {
  AddReplicas(3);
  Workload web = Scraped();
  web.spec.behavior->scale_up.policies = {{ScalingPolicyType::kPods, 1000, 15s}};
  Start(std::move(web));
  for (const char* value : {"1e308", "9223372036854775808", "9.3e15", "1.7976931348623157e308"}) {
    Serve(std::string("depth ") + value + "\n");
    EXPECT_EQ(Tick().desired, 100) << value;
  }
  Serve("depth 4.9e-324\n");
  EXPECT_EQ(Tick().desired, 1);
}

TEST_F(SourceFaultTest, Row09NoReplicaIsThereYet) {
  Workload web = Web({External("pushed")});
  Start(std::move(web));
  Observation none{.spec_replicas = 3, .status_replicas = 0, .replicas = {}};
  ASSERT_TRUE(controller_->SetReplicas("web", none).ok());
  for (const double load : {0.0, 1.0, 50.0, 1e308}) {
    ASSERT_TRUE(controller_->Ingest("pushed", {}, load, clock_.Now() + 1s).ok());
    const std::int32_t desired = Tick().desired;
    EXPECT_GE(desired, 1) << load;
    EXPECT_LE(desired, 100) << load;
    if (load == 50.0) {
      EXPECT_EQ(desired, 5);
    }
  }
}

TEST_F(SourceFaultTest, Row10DuplicatesCountOnceInAnyOrder) {
  AddReplicas(2);
  Workload web = Scraped();
  web.queries = {{.metric = "depth", .query = "sum(depth)"}};
  Start(std::move(web));
  std::vector<std::string> lines = {"depth{model=\"a\"} 10\n", "depth{model=\"b\"} 5\n",
                                    "depth{model=\"a\"} 10\n", "depth{model=\"c\"} 5\n"};
  std::sort(lines.begin(), lines.end());
  do {
    std::string page;
    for (const std::string& line : lines) page += line;
    Serve(page);
    EXPECT_EQ(Tick().desired, 4);  // 20 each, not 30
  } while (std::next_permutation(lines.begin(), lines.end()));
  EXPECT_GT(stats().duplicate_total, 0u);
}

TEST_F(SourceFaultTest, Row11ATargetWhoseClockIsWrong) {
  AddReplicas(2);
  Start(Scraped());
  const auto serve_at = [&](double depth, Duration skew) {
    const auto at = std::chrono::floor<std::chrono::milliseconds>(clock_.Now() + 1s + skew);
    Serve("depth " + std::to_string(depth) + " " + std::to_string(at.time_since_epoch().count()) +
          "\n");
  };
  serve_at(10, 0s);
  EXPECT_EQ(Tick().desired, 2);
  for (const Duration skew : {Duration(1h), Duration(24h), Duration(-30min)}) {
    serve_at(1, skew);
    EXPECT_EQ(Tick().desired, 2);  // what was there before is still fresh
    clock_.Advance(20s);
    serve_at(1, skew);
    EXPECT_THAT(WhyHeld(), HasSubstr("no replica has a value of depth"));
    // Its clock is right again.
    serve_at(30, 0s);
    EXPECT_EQ(Tick().desired, 6);
    serve_at(10, 0s);
    EXPECT_EQ(Tick().desired, 2);
  }
  EXPECT_GT(stats().too_far_ahead_total, 0u);
  EXPECT_GT(stats().out_of_order_total, 0u);
}

TEST_F(SourceFaultTest, Row12AnOldSampleIsMissingThoughTheServerAnswers) {
  AddReplicas(2);
  Start(Scraped());
  Serve("depth 1 " + std::to_string((clock_.Now() + 1s).time_since_epoch() / 1ms) + "\n");
  EXPECT_EQ(Tick().desired, 1);
  for (int second = 1; second <= 10; ++second) EXPECT_EQ(Tick().desired, 1) << second;
  EXPECT_THAT(WhyHeld(), HasSubstr("newest sample is 11.0 s old"));
  for (const TargetState& target : seen_.targets) EXPECT_TRUE(target.up);
}

TEST_F(SourceFaultTest, Row13ACardinalityBomb) {
  AddReplicas(3);
  Start(Scraped());
  EXPECT_EQ(Tick().desired, 3);
  const std::size_t before = stats().series;
  std::string bomb = Page(1);
  for (int i = 0; i < 1'000'000; ++i) bomb += "a{i=\"" + std::to_string(i) + "\"} 1\n";
  Serve(Page(1));
  server_.SetBehavior(ports_[2], {.body = bomb});
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_THAT(WhyHeld(), HasSubstr("web-2"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  EXPECT_THAT(seen_.targets.at(2).error, HasSubstr("the page has more than 50000 samples"));
  EXPECT_LE(stats().series, before);
  EXPECT_EQ(stats().refused_page_samples_total, 1u);
  EXPECT_THAT(seen_.readings.at(0).replicas, SizeIs(2));  // the others'
}

TEST_F(SourceFaultTest, Row14ABodyWithoutEnd) {
  AddReplicas(2);
  Start(Scraped());
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
  ProxyFault endless = Scripted(head + "\r\n" + Page(1));
  endless.endless = true;
  Fault(endless);
  WhyHeld();
  EXPECT_EQ(seen_.targets.at(0).error, "body over 20000000 bytes");
  const std::string packed = Gzip(Page(1) + std::string(100'000'000, '\n'));
  ASSERT_LT(packed.size(), 110'000u);  // 1:1000
  Fault(Scripted(
      HttpAnswer("200 OK", "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n", packed)));
  WhyHeld();
  EXPECT_EQ(seen_.targets.at(0).error, "body over 20000000 bytes");
  EXPECT_EQ(stats().parse_errors_total, 0u);  // nothing of it was looked at
}

TEST_F(SourceFaultTest, Row15ATenthOfTheTargetsTrickles) {
  AddReplicas(1);
  const std::uint16_t healthy = server_.Listen({.body = Page(1)});
  for (int i = 1; i < 30; ++i) AddReplica("slow-" + std::to_string(i), proxies_[0]->port());
  for (int i = 0; i < 270; ++i) AddReplica("fast-" + std::to_string(i), healthy);
  Fault({.bytes_per_second = 1});
  Workload web = Scraped(/*timeout=*/1500ms);
  web.spec.max_replicas = 1000;
  Start(std::move(web));
  const auto begun = std::chrono::steady_clock::now();
  WhyHeld();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 6s);
  for (const TargetState& target : seen_.targets) {
    const bool fast = target.replica.starts_with("fast");
    EXPECT_EQ(target.up, fast) << target.replica;
    EXPECT_THAT(target.error, HasSubstr(fast ? "" : "timed out after 1500 ms"));
  }
  EXPECT_THAT(seen_.readings.at(0).replicas, SizeIs(270));
}

TEST_F(SourceFaultTest, Row16CutAtEveryByte) {
  AddReplicas(1);
  seen_by_backend_.spec_replicas = seen_by_backend_.status_replicas = 3;  // two are starting
  Start(Scraped());
  const std::string page = "depth 1\nother 2\n";
  const std::string type = "Content-Type: text/plain\r\n";
  const std::string chunked = "HTTP/1.1 200 OK\r\n" + type +
                              "Transfer-Encoding: chunked\r\n\r\n8\r\ndepth 1\n\r\n" +
                              "8\r\nother 2\n\r\n0\r\n\r\n";
  for (const std::string& answer : {HttpAnswer("200 OK", type, page), chunked}) {
    Fault(Scripted(answer));
    EXPECT_EQ(Tick().desired, 1);
    // Without the very last byte a chunked body is all there.
    for (std::size_t cut = 0; cut + 1 < answer.size(); ++cut) {
      ProxyFault fault = Scripted(answer);
      fault.cut_after = cut;
      Fault(fault);
      WhyHeld();
      EXPECT_THAT(seen_.readings.at(0).replicas, IsEmpty()) << cut;
    }
  }
}

TEST_F(SourceFaultTest, Row17APageThatIsNone) {
  AddReplicas(3);
  Start(Scraped());
  const std::pair<std::string, const char*> pages[] = {
      {"other{a=\"\xff\"} 1\n", "line 2, column 9: "},
      {std::string("other\0 1\n", 9), "line 2, column 6: "},
      {"other{a=\"b} 1\n", "line 2, column 9: "},
      {"other{a=\"b\"} 1 2 3\n", "line 2, column 18: "},
      {std::string(1'000'000, 'x') + " 1\n", "line 2, column 1: "},
      {"other " + std::string(1'000'000, '1') + "x\n", "line 2, column 7: "},
  };
  for (const auto& [lines, where] : pages) {
    Serve("depth 1\n" + lines);  // half of it would be a reason to shrink
    WhyHeld();
    EXPECT_THAT(seen_.targets.at(0).error, HasSubstr(where));
    EXPECT_LT(seen_.targets.at(0).error.size(), 400u);
  }
  Serve(Page(1));
  EXPECT_EQ(Tick().desired, 1);
}

// The rest of the page may raise the count, never lower it; what was on the line is not zero.
TEST_F(SourceFaultTest, Row17LinesThatAreSkipped) {
  AddReplicas(3);
  Workload web = Web();
  web.source = MakeScrapeSource({.timeout = 5s, .lenient = true});
  web.queries = {{.metric = "depth", .empty_as_zero = true}};
  Start(std::move(web));
  const std::string bad = "other{a=\"b\"} 1 2 3\n";
  for (int tick = 0; tick < 3; ++tick) {
    Serve(bad + Page(1 + tick));
    EXPECT_THAT(WhyHeld(), HasSubstr("partial (1 line skipped, the first: line 1, column 18: "));
    EXPECT_TRUE(seen_.targets.at(0).up);
    EXPECT_EQ(seen_.targets.at(0).skipped_lines, 1u);
    EXPECT_THAT(seen_.readings.at(0).replicas, SizeIs(3));
  }
  Serve(Page(30) + bad);
  EXPECT_EQ(Tick().desired, 7);  // as many as the rate limit allows
  Serve("depth 1x\nother 1\n");
  WhyHeld();
  EXPECT_THAT(seen_.readings.at(0).replicas, IsEmpty());
  Serve(Page(1) + bad.substr(0, bad.size() - 1));  // it may have been cut off
  WhyHeld();
  EXPECT_FALSE(seen_.targets.at(0).up);
  EXPECT_EQ(stats().skipped_lines_total, 15u);
  Serve(Page(1));
  EXPECT_EQ(Tick().desired, 1);
}

// A byte of the answer that is another one: no crash, and a page or none. What it says then is what
// a parser cannot know.
TEST_F(SourceFaultTest, Row17AnyByteCorrupted) {
  AddReplicas(1);
  Start(Scraped());
  const std::string answer =
      HttpAnswer("200 OK", "Content-Type: text/plain\r\n", "depth{a=\"b\"} 10\n");
  for (std::size_t at = 0; at < answer.size(); ++at) {
    std::string corrupt = answer;
    corrupt[at] = static_cast<char>(~corrupt[at]);
    Fault(Scripted(corrupt));
    const Decision decision = Tick();
    EXPECT_GE(decision.desired, 1) << at;
    EXPECT_LE(decision.desired, 100) << at;
    EXPECT_TRUE(seen_.targets.at(0).up || decision.error) << at;
  }
}

TEST_F(SourceFaultTest, Row18NamesThatAreQueries) {
  const std::string wild = "a\"}) or vector(1e9) #\n\\";
  AddReplicas(1);
  AddReplica(wild, server_.Listen({.body = Page(30)}));
  Start(Scraped());
  EXPECT_EQ(Tick().desired, 4);  // (10 + 30) / 10
  ASSERT_THAT(seen_.readings.at(0).replicas, SizeIs(2));
  EXPECT_EQ(seen_.readings.at(0).replicas[1].replica, wild);
  EXPECT_EQ(seen_.readings.at(0).replicas[1].value, 30'000);
}

TEST_F(SourceFaultTest, Row19SomethingElseAnswers) {
  AddReplicas(2);
  Start(Scraped());
  const std::string text = "Content-Type: text/plain\r\n";
  const std::string here = "http://127.0.0.1:" + std::to_string(proxies_[0]->port()) + "/metrics";
  const std::pair<std::string, const char*> answers[] = {
      {HttpAnswer("200 OK", "Content-Type: text/html\r\n", "<html>Log in, please</html>"),
       "protocol: "},
      {HttpAnswer("200 OK", "Content-Type: application/json\r\n", "{\"depth\": 1}"), "protocol: "},
      {HttpAnswer("200 OK", text, ""), "the page is empty"},
      {"HTTP/1.1 204 Nothing\r\nConnection: close\r\n\r\n", "the page is empty"},
      {HttpAnswer("302 There", text + "Location: " + here + "\r\n", Page(1)),
       "HTTP 302 (redirects are not followed)"},
      {HttpAnswer("301 There", text + "Location: file:///etc/passwd\r\n", Page(1)), "HTTP 301"},
      {HttpAnswer("429 Slowly", text + "Retry-After: 3600\r\n", Page(1)), "HTTP 429"},
      {HttpAnswer("503 Away", text, Page(1)), "HTTP 503"},
      {"HTTP/1.1 200 OK\r\n" + text + "Content-Length: 5\r\nConnection: close\r\n\r\n" + Page(1),
       ""},  // a Content-Length that is too short: the rest is not looked at
      {"HTTP/1.1 200 OK\r\n" + text + "Content-Length: -1\r\n\r\n" + Page(1), ""},
      {"SSH-2.0-OpenSSH_9.2\r\n", "protocol: the answer is not HTTP"},
  };
  for (const auto& [answer, why] : answers) {
    Fault(Scripted(answer));
    const int asked = proxies_[0]->requests();
    WhyHeld();
    EXPECT_EQ(proxies_[0]->requests(), asked + 1) << answer;
    EXPECT_FALSE(seen_.targets.at(0).up) << answer;
    EXPECT_THAT(seen_.targets.at(0).error, HasSubstr(why));
  }
}

}  // namespace
}  // namespace tidegate::testing
