// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "tidegate/serve.h"

namespace tidegate {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

int Connect(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

/// Sends `request` and returns all that comes until the server closes.
std::string Ask(std::uint16_t port, const std::string& request) {
  const int fd = Connect(port);
  EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t n = 0; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;) {
    answer.append(buffer, static_cast<std::size_t>(n));
  }
  close(fd);
  return answer;
}

std::string Get(std::uint16_t port, const std::string& path, const std::string& method = "GET",
                const std::string& host = "localhost") {
  return Ask(port, method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
}

class AdminServerTest : public ::testing::Test {
 protected:
  void Start(AdminHandlers handlers, const std::string& push_token = "") {
    Result<std::unique_ptr<AdminServer>> server = MakeAdminServer(
        {.address = "127.0.0.1:0", .push_token = push_token, .max_push_bytes = 1000},
        std::move(handlers));
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = *std::move(server);
    ASSERT_NE(port(), 0);
  }
  std::uint16_t port() const { return server_->port(); }

  std::unique_ptr<AdminServer> server_;
};

AdminHandlers AllHandlers() {
  return {.metrics = [] { return std::string("a 1\n"); },
          .state = [] { return std::string("{\"a\":1}"); },
          .healthy = [] { return Result<std::string>("tick 7"); },
          .ready = []() -> Result<std::string> {
            return Error{ErrorCode::kUnavailable, "no configuration yet"};
          }};
}

TEST_F(AdminServerTest, ServesItsPages) {
  Start(AllHandlers());
  const std::string metrics = Get(port(), "/metrics");
  EXPECT_THAT(metrics, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(metrics, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(metrics, EndsWith("\r\n\r\na 1\n"));
  const std::string state = Get(port(), "/debug/state");
  EXPECT_THAT(state, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(state, EndsWith("\r\n\r\n{\"a\":1}"));
  EXPECT_THAT(Get(port(), "/healthz"), EndsWith("\r\n\r\nok\n"));
  EXPECT_THAT(Get(port(), "/healthz?a=b&verbose=1"), EndsWith("\r\n\r\ntick 7\n"));
  const std::string ready = Get(port(), "/readyz");
  EXPECT_THAT(ready, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(ready, EndsWith("\r\n\r\nUnavailable: no configuration yet\n"));
  const std::string index = Get(port(), "/");
  for (const char* path : {"/metrics", "/healthz", "/readyz", "/debug/state"}) {
    EXPECT_THAT(index, HasSubstr("href=\"" + std::string(path)));
    EXPECT_THAT(Get(port(), path), Not(StartsWith("HTTP/1.1 404")));
  }
}

TEST_F(AdminServerTest, HeadHasTheHeadOnly) {
  Start(AllHandlers());
  const std::string head = Get(port(), "/metrics", "HEAD");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Length: 4\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
}

TEST_F(AdminServerTest, RefusesEverythingElse) {
  Start(AllHandlers());
  for (const char* path : {"/nothing", "/metrics/", "/../../etc/passwd", "/etc/passwd"}) {
    EXPECT_THAT(Get(port(), path), Not(HasSubstr(" 200 OK"))) << path;
  }
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT"}) {
    EXPECT_THAT(Get(port(), "/metrics", method), Not(HasSubstr(" 200 OK"))) << method;
  }
  EXPECT_THAT(Get(port(), "/metrics", "POST"), HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_THAT(Get(port(), "/metrics", "GET", "evil.example"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(Ask(port(), "GET /metrics HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(
      Ask(port(), "GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"),
      StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(Ask(port(), "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20'000, 'x') +
                              "\r\n\r\n"),
              Not(HasSubstr(" 200 OK")));
}

class AdminServerPushTest : public AdminServerTest {
 protected:
  AdminServerPushTest() {
    AdminHandlers handlers = AllHandlers();
    handlers.push = [this](std::string_view page, PageFormat, const Labels& labels) {
      pages_.emplace_back(page);
      labels_ = labels;
      return Result<PageSummary>(PageSummary{.samples = 1, .series_added = 0});
    };
    Start(std::move(handlers), "0123456789abcdef");
  }
  std::string Push(const std::string& headers, const std::string& body,
                   const std::string& method = "POST") {
    return Ask(port(), method + " /api/v1/push?workload=web HTTP/1.1\r\nHost: localhost\r\n" +
                           "Authorization: Bearer 0123456789abcdef\r\n" + headers + "\r\n" + body);
  }

  std::vector<std::string> pages_;
  Labels labels_;
};

TEST_F(AdminServerPushTest, HandsAPageOver) {
  const std::string answer = Push("Content-Length: 4\r\n", "m 1\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n1 samples, 0 new series\n"));
  EXPECT_THAT(Push("Transfer-Encoding: chunked\r\n", "2\r\nm \r\n2\r\n2\n\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(pages_, (std::vector<std::string>{"m 1\n", "m 2\n"}));
  EXPECT_EQ(labels_, (Labels{{"workload", "web"}}));
}

TEST_F(AdminServerPushTest, TakesNoPageThatIsTooLargeOrOfAnotherMethod) {
  EXPECT_THAT(Push("Content-Length: 1001\r\n", std::string(1001, '#')), HasSubstr(" 413 "));
  EXPECT_THAT(
      Push("Transfer-Encoding: chunked\r\n", "400\r\n" + std::string(0x400, '#') + "\r\n0\r\n\r\n"),
      HasSubstr(" 413 "));
  const std::string got = Push("", "", "GET");
  EXPECT_THAT(got, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(got, HasSubstr("Allow: POST\r\n"));
  const std::string refused = Ask(port(),
                                  "POST /api/v1/push HTTP/1.1\r\nHost: localhost\r\n"
                                  "Content-Length: 4\r\n\r\nm 1\n");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(refused, HasSubstr("WWW-Authenticate: Bearer\r\n"));
  EXPECT_EQ(pages_, std::vector<std::string>());
}

TEST_F(AdminServerTest, WithoutATokenThereIsNoPush) {
  Start(AllHandlers());
  EXPECT_THAT(Ask(port(),
                  "POST /api/v1/push HTTP/1.1\r\nHost: localhost\r\n"
                  "Authorization: Bearer \r\nContent-Length: 0\r\n\r\n"),
              StartsWith("HTTP/1.1 405 "));
}

TEST_F(AdminServerTest, MalformedRequestsGetAShortAnswer) {
  Start(AllHandlers());
  for (const char* request : {"nonsense\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"}) {
    const std::string answer = Ask(port(), request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 ")) << request;
    EXPECT_THAT(answer, EndsWith("\r\n\r\nthe request was refused\n")) << request;
  }
}

TEST_F(AdminServerTest, PreflightsOfOtherOriginsAreNotAllowed) {
  Start(AllHandlers());
  const std::string answer =
      Ask(port(),
          "OPTIONS /metrics HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n"
          "Access-Control-Request-Method: GET\r\n\r\n");
  EXPECT_THAT(answer, Not(HasSubstr("Access-Control-Allow-Origin")));
}

TEST_F(AdminServerTest, AbsentAndThrowingHandlers) {
  Start({.metrics = []() -> std::string { throw std::runtime_error("s3cret"); }});
  EXPECT_THAT(Get(port(), "/debug/state"), StartsWith("HTTP/1.1 404"));
  const std::string broken = Get(port(), "/metrics");
  EXPECT_THAT(broken, StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(broken, Not(HasSubstr("s3cret")));
}

TEST_F(AdminServerTest, ATakenPortIsAClearError) {
  Start(AllHandlers());
  const std::string address = "127.0.0.1:" + std::to_string(port());
  const auto second = MakeAdminServer({.address = address}, {});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error(), (Error{ErrorCode::kUnavailable,
                                   "admin server at " + address + ": the port is already in use"}));
  server_.reset();
  EXPECT_TRUE(MakeAdminServer({.address = address}, {}).has_value()) << "free again";
}

TEST_F(AdminServerTest, OtherAddressesNeedInsecure) {
  const auto refused = MakeAdminServer({.address = "0.0.0.0:0"}, {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(refused.error().message, HasSubstr("insecure"));
  const auto open = MakeAdminServer({.address = "0.0.0.0:0", .insecure = true}, AllHandlers());
  ASSERT_TRUE(open.has_value()) << open.error().message;
  EXPECT_THAT(Get((*open)->port(), "/metrics", "GET", "127.0.0.1"), HasSubstr(" 200 OK"));
}

// Clients that send nothing hold a thread each for a while; the others are still served.
TEST_F(AdminServerTest, SlowClientsDoNotShutOthersOut) {
  Start(AllHandlers());
  std::vector<int> slow;
  for (int i = 0; i < 12; ++i) {
    slow.push_back(Connect(port()));
    EXPECT_GT(send(slow.back(), "GET /", 5, MSG_NOSIGNAL), 0);
  }
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(Get(port(), "/metrics"), HasSubstr(" 200 OK"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  for (const int fd : slow) close(fd);
}

TEST_F(AdminServerTest, AnswersManyAtOnceAndStopsCleanly) {
  std::atomic<int> running = 0;
  AdminHandlers handlers = AllHandlers();
  handlers.metrics = [&running] {
    ++running;
    return std::string(100'000, '#');
  };
  Start(std::move(handlers));
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 10; ++i) EXPECT_GT(Get(port(), "/metrics").size(), 100'000u);
    });
  }
  threads.clear();
  EXPECT_EQ(running, 40);
  const auto start = std::chrono::steady_clock::now();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(1500));
}

/// Often: the threads that change it start one after the other.
TEST_F(AdminServerTest, LeavesTheHostsSignalsAlone) {
  struct sigaction before {};
  sigaction(SIGPIPE, nullptr, &before);
  for (int i = 0; i < 50; ++i) {
    server_.reset();
    Start(AllHandlers());
    struct sigaction after {};
    sigaction(SIGPIPE, nullptr, &after);
    ASSERT_EQ(before.sa_handler, after.sa_handler) << "start " << i;
  }
}

}  // namespace
}  // namespace tidegate
