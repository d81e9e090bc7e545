// SPDX-License-Identifier: Apache-2.0
//
// Name servers that fail (row 20 of docs/reliability.md). The program has a getaddrinfo() of its
// own, which libcurl calls: it answers for names under .test as a test wants it.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/http_fault_server.h"
#include "support/sim_clock.h"
#include "tidegate/controller.h"
#include "tidegate/sources/scrape.h"

namespace {

enum class Answer { kLoopback, kNoSuchName, kTryAgain, kHang, kIpv6First };
std::atomic<Answer> answer{Answer::kLoopback};

using GetAddrInfo = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

}  // namespace

extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* node,
                                                                  const char* service,
                                                                  const addrinfo* hints,
                                                                  addrinfo** result) {
  static const auto real = reinterpret_cast<GetAddrInfo>(dlsym(RTLD_NEXT, "getaddrinfo"));
  if (node == nullptr || !std::string_view(node).ends_with(".test")) {
    return real(node, service, hints, result);
  }
  switch (answer) {
    case Answer::kNoSuchName:
      return EAI_NONAME;
    case Answer::kTryAgain:
      return EAI_AGAIN;
    case Answer::kHang:
      std::this_thread::sleep_for(std::chrono::seconds(3));
      return EAI_AGAIN;
    case Answer::kLoopback:
    case Answer::kIpv6First:
      break;
  }
  addrinfo numeric{};
  numeric.ai_socktype = SOCK_STREAM;
  numeric.ai_flags = AI_NUMERICHOST;
  if (answer == Answer::kLoopback) return real("127.0.0.1", service, &numeric, result);
  // Both, the other one first; one list is as good as two to freeaddrinfo().
  if (const int failed = real("::1", service, &numeric, result); failed != 0) return failed;
  return real("127.0.0.1", service, &numeric, &(*result)->ai_next);
}

namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// Takes connections until its queue is full, and then nothing at all, as a route into nowhere
/// does.
class BlackHole {
 public:
  explicit BlackHole(std::uint16_t port) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_addr = in6addr_loopback;
    const auto* where = reinterpret_cast<const sockaddr*>(&address);
    listener_ = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listener_, where, sizeof address) != 0 || ::listen(listener_, 0) != 0) return;
    for (int& fd : queued_) {
      fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      (void)::connect(fd, where, sizeof address);
    }
  }
  ~BlackHole() {
    for (const int fd : queued_) ::close(fd);
    ::close(listener_);
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;

 private:
  int listener_ = -1;
  std::array<int, 4> queued_{-1, -1, -1, -1};
};

/// Two replicas, one of them known by its name only.
class ResolverFaultTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Workload web;
    web.spec = {.workload = "web", .min_replicas = 1, .max_replicas = 9};
    web.spec.metrics = {{.type = MetricSourceType::kPods, .name = "depth"}};
    web.spec.metrics[0].target.average_value = 10'000;
    web.spec.behavior = DefaultBehavior();
    web.spec.behavior->scale_down.stabilization_window = Duration::zero();
    web.source = MakeScrapeSource({.timeout = 700ms});
    std::vector<Workload> workloads;
    workloads.push_back(std::move(web));
    Components components;
    components.clock = &clock_;
    controller_ = Controller::Create(std::move(workloads), std::move(components)).value();
    Observation seen{.spec_replicas = 3, .status_replicas = 3};
    for (const char* host : {"127.0.0.1", "web-1.test", "127.0.0.1"}) {
      seen.replicas.push_back({.name = "web-" + std::to_string(seen.replicas.size()),
                               .phase = ReplicaPhase::kRunning,
                               .ready = ConditionStatus::kTrue,
                               .host = host,
                               .ports = {{"metrics", port_}}});
    }
    ASSERT_TRUE(controller_->SetReplicas("web", seen).ok());
  }

  Decision Tick() {
    clock_.Advance(1s);
    return controller_->Tick().workloads.at(0).decision;
  }

  HttpFaultServer server_;
  std::uint16_t port_ = server_.Listen({.body = "depth 1\n"});
  SimClock clock_;
  std::unique_ptr<Controller> controller_;
};

TEST_F(ResolverFaultTest, Row20NamesThatAreNotFound) {
  for (const Answer each : {Answer::kNoSuchName, Answer::kTryAgain}) {
    answer = each;
    const Decision decision = Tick();
    EXPECT_EQ(decision.desired, 3);
    ASSERT_TRUE(decision.error);
    EXPECT_THAT(decision.error->message, HasSubstr("web-1 missing"));
  }
  answer = Answer::kLoopback;
  EXPECT_EQ(Tick().desired, 1);
}

TEST_F(ResolverFaultTest, Row20ANameServerThatHangs) {
  answer = Answer::kHang;
  const auto begun = std::chrono::steady_clock::now();
  const Decision decision = Tick();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2500ms);
  EXPECT_EQ(decision.desired, 3);
  ASSERT_TRUE(decision.error);
  EXPECT_THAT(decision.error->message, HasSubstr("web-1 missing"));
  EXPECT_THAT(decision.metrics, SizeIs(1));  // the others were read
  answer = Answer::kLoopback;
  EXPECT_EQ(Tick().desired, 1);
}

TEST_F(ResolverFaultTest, Row20AnIpv6RouteIntoNowhere) {
  const BlackHole black_hole(port_);
  answer = Answer::kIpv6First;
  EXPECT_EQ(Tick().desired, 1);  // within the scrape's 700 ms
}

}  // namespace
}  // namespace tidegate::testing
