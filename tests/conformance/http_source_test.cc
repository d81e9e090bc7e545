// SPDX-License-Identifier: Apache-2.0
//
// What every source has to do that talks HTTP, seen from the reading that a controller makes of it:
// whatever goes wrong on the way, there is no value, and it is said why. To add one: a candidate
// in http_sources.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "conformance/http_sources.h"
#include "support/http_fault_server.h"
#include "support/sim_clock.h"
#include "support/watcher.h"
#include "tidegate/controller.h"

namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class HttpSourceTest : public ::testing::TestWithParam<HttpCandidate> {
 protected:
  void Start(Duration timeout = 10s) {
    Workload web;
    web.spec = {.workload = "web", .min_replicas = 1, .max_replicas = 9};
    web.spec.metrics = {{.type = MetricSourceType::kPods, .name = "depth"},
                        {.type = MetricSourceType::kPods, .name = "rate"}};
    for (MetricSpec& metric : web.spec.metrics) metric.target.average_value = 10'000;
    web.spec.behavior = DefaultBehavior();
    web.spec.behavior->scale_down.stabilization_window = Duration::zero();
    web.queries = {{"depth", GetParam().depth}, {"rate", GetParam().increase}};
    web.min_window_coverage = 0;
    web.source = GetParam().make(port_, timeout);
    std::vector<Workload> workloads;
    workloads.push_back(std::move(web));
    Components components;
    components.clock = &clock_;
    components.reporters.push_back(std::make_unique<Watcher>(seen_));
    controller_ =
        Controller::Create(std::move(workloads), std::move(components), {.gather_timeout = 20s})
            .value();
    const Replica replica{.name = "web-0",
                          .phase = ReplicaPhase::kRunning,
                          .ready = ConditionStatus::kTrue,
                          .host = "127.0.0.1",
                          .ports = {{"metrics", port_}}};
    // Five are there; four of them are still starting and need say nothing.
    Observation seen{.spec_replicas = 5, .status_replicas = 5, .replicas = {replica}};
    EXPECT_TRUE(controller_->SetReplicas("web", seen).ok());
  }

  void Serve(const Served& served) {
    Serve({}, [served](const std::string& request) { return GetParam().reply(served, request); });
  }
  void Serve(HttpBehavior behavior, std::function<std::string(const std::string&)> reply) {
    if (behavior.status == 200) {
      behavior.headers = std::string("Content-Type: ") + GetParam().type + "\r\n";
    }
    behavior.reply = std::move(reply);
    server_.SetBehavior(port_, std::move(behavior));
  }
  /// Serves what is right in itself, with a fault of the transport.
  void Fail(HttpFault fault) {
    Serve({.fault = fault},
          [](const std::string& request) { return GetParam().reply({}, request); });
  }

  /// The reading of `depth` at the next tick.
  const Reading& Read() {
    if (controller_ == nullptr) Start();
    clock_.Advance(1s);
    controller_->Tick();
    EXPECT_THAT(seen_.readings, SizeIs(2));
    return seen_.readings.at(0);
  }
  MilliValue Value() {
    const Reading& reading = Read();
    EXPECT_FALSE(reading.error) << reading.error->message;
    EXPECT_THAT(reading.replicas, SizeIs(1));
    return reading.replicas.empty() ? -1 : reading.replicas[0].value;
  }
  /// There is no value at the next tick, the count stays, and this is why.
  std::string WhyNone() {
    const Reading& reading = Read();
    EXPECT_TRUE(reading.error.has_value());
    EXPECT_THAT(reading.replicas, IsEmpty());
    EXPECT_EQ(seen_.decision.desired, 5);
    EXPECT_THAT(seen_.targets, Not(IsEmpty()));
    std::string why;
    for (const TargetState& target : seen_.targets) {
      EXPECT_FALSE(target.up);
      why = target.error;
    }
    return why;
  }

  HttpFaultServer server_;
  std::uint16_t port_ = server_.Listen();
  SimClock clock_;
  Watcher::Seen seen_;
  std::unique_ptr<Controller> controller_;
};

TEST_P(HttpSourceTest, WhatIsServedIsRead) {
  Serve({.depth = "7"});
  EXPECT_EQ(Value(), 7'000);
  EXPECT_THAT(seen_.readings[0].doubts, IsEmpty());
  Serve({.depth = "1.5e3"});
  EXPECT_EQ(Value(), 1'500'000);
  EXPECT_EQ(seen_.decision.desired, 9);
  for (const TargetState& target : seen_.targets) {
    EXPECT_TRUE(target.up);
    EXPECT_EQ(target.last_attempt, clock_.Now());
    EXPECT_EQ(target.last_success, clock_.Now());
    EXPECT_GT(target.samples, 0u);
    EXPECT_EQ(target.error, "");
  }
}

TEST_P(HttpSourceTest, AMissingTargetIsNoZero) {
  port_ = RefusingPort();
  EXPECT_EQ(WhyNone(), "connect refused");
}

TEST_P(HttpSourceTest, WhatGoesAndComesBackIsReadAgain) {
  Serve({.depth = "7"});
  EXPECT_EQ(Value(), 7'000);
  Fail(HttpFault::kReset);
  EXPECT_EQ(WhyNone(), "connection reset");
  EXPECT_EQ(WhyNone(), "connection reset");
  Serve({.depth = "30"});
  EXPECT_EQ(Value(), 30'000);
}

TEST_P(HttpSourceTest, ASlowTargetEndsInTime) {
  Start(300ms);
  for (const HttpFault fault : {HttpFault::kHang, HttpFault::kSlowLoris}) {
    Fail(fault);
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_THAT(WhyNone(), HasSubstr("timed out after 300 ms"));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s);
  }
}

TEST_P(HttpSourceTest, HalfABodyIsNone) {
  Fail(HttpFault::kTruncate);
  EXPECT_EQ(WhyNone(), "truncated body");
}

// Right as far as it goes, and then nothing but blanks.
TEST_P(HttpSourceTest, AHugeBodyIsCutOff) {
  Serve({}, [](const std::string& request) {
    return GetParam().reply({}, request) + std::string(kBodyLimit, '\n');
  });
  EXPECT_EQ(WhyNone(), "body over 100000 bytes");
  Fail(HttpFault::kEndless);
  EXPECT_EQ(WhyNone(), "body over 100000 bytes");
}

TEST_P(HttpSourceTest, AnotherServerIsNoSource) {
  Fail(HttpFault::kGarbage);
  EXPECT_EQ(WhyNone(), "protocol: the answer is not HTTP");
  Fail(HttpFault::kNoAnswer);
  EXPECT_EQ(WhyNone(), "connection closed without an answer");
  Serve({}, [](const std::string&) { return "<html><body>Welcome!</body></html>\n"; });
  EXPECT_THAT(WhyNone(), Not(IsEmpty()));
  Serve({}, [](const std::string&) { return ""; });
  EXPECT_THAT(WhyNone(), Not(IsEmpty()));
  Serve({.status = 302, .headers = "Location: file:///etc/passwd\r\n"},
        [](const std::string& request) { return GetParam().reply({}, request); });
  EXPECT_EQ(WhyNone(), "HTTP 302 (redirects are not followed)");
  Serve({.status = 503}, [](const std::string& request) { return GetParam().reply({}, request); });
  EXPECT_EQ(WhyNone(), "HTTP 503");
}

TEST_P(HttpSourceTest, WhatIsNoNumberIsNoValue) {
  for (const char* value : {"NaN", "+Inf", "-Inf"}) {
    Serve({.depth = value, .served = value, .increase = value});
    if (!GetParam().has_no_number) {
      EXPECT_THAT(WhyNone(), Not(IsEmpty()));
      continue;
    }
    const Reading& reading = Read();
    EXPECT_TRUE(reading.error.has_value());
    EXPECT_THAT(reading.replicas, IsEmpty());
    ASSERT_THAT(reading.doubts, SizeIs(1)) << value;
    EXPECT_EQ(reading.doubts[0].kind, DoubtKind::kInvalid);
    EXPECT_EQ(reading.doubts[0].replica, "web-0");
    EXPECT_EQ(seen_.decision.desired, 5);
  }
}

// A counter that begins anew is a doubt, or has been seen to by the server; never a fall.
TEST_P(HttpSourceTest, ARestartIsNoFallOfTheLoad) {
  for (const char* served : {"100", "400", "700"}) {
    Serve({.served = served, .increase = "300"});
    Read();
  }
  EXPECT_FALSE(seen_.readings[1].error) << seen_.readings[1].error->message;
  Serve({.served = "5", .increase = "305"});
  Read();
  const Reading& rate = seen_.readings[1];
  if (GetParam().sees_resets) {
    ASSERT_THAT(rate.doubts, SizeIs(1));
    EXPECT_EQ(rate.doubts[0].kind, DoubtKind::kReset);
    EXPECT_THAT(rate.replicas, IsEmpty());
  } else {
    ASSERT_THAT(rate.replicas, SizeIs(1));
    EXPECT_EQ(rate.replicas[0].value, 305'000);
  }
  EXPECT_GE(seen_.decision.desired, 5);
}

TEST_P(HttpSourceTest, NoSecretIsInAnythingThatItSays) {
  const auto repeat = [](const std::string& request) {
    const std::string head = request.substr(0, request.find("\r\n\r\n"));
    const std::size_t at = head.find("Authorization");
    return "{\"status\":\"error\",\"error\":\"" + head.substr(at, head.find('\r', at) - at) + "\"}";
  };
  for (const int status : {200, 400, 401, 500}) {
    Serve({.status = status}, repeat);
    WhyNone();
    EXPECT_THAT(server_.requests(port_).back(), HasSubstr(kSecret));
    for (const TargetState& target : seen_.targets) {
      EXPECT_THAT(target.error + target.target + target.warning, Not(HasSubstr(kSecret)));
    }
    for (const Reading& reading : seen_.readings) {
      EXPECT_THAT(reading.error->message, Not(HasSubstr(kSecret)));
    }
  }
}

TEST_P(HttpSourceTest, StopsWhileARequestIsUnderWay) {
  Fail(HttpFault::kHang);
  Start(1s);
  auto begun = std::chrono::steady_clock::now();
  {
    std::jthread loop([this](const std::stop_token& stop) { controller_->Run(stop); });
    while (server_.requests(port_).empty()) std::this_thread::sleep_for(1ms);
    begun = std::chrono::steady_clock::now();
  }
  controller_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

INSTANTIATE_TEST_SUITE_P(All, HttpSourceTest, ::testing::ValuesIn(kHttpCandidates),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace tidegate::testing
