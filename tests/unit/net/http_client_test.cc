// SPDX-License-Identifier: Apache-2.0
#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/gzip.h"
#include "tests/support/http_fault_server.h"
#include "tidegate/version.h"

namespace tidegate::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Gzip;
using ::testing::HasSubstr;
using testing::HttpBehavior;
using testing::HttpFault;
using testing::HttpFaultServer;
using ::testing::Not;
using testing::RefusingPort;
using ::testing::StartsWith;

// Generous, because sanitizer builds on a busy machine are slow; what it tells apart is a deadline
// that is kept from one that is not.
constexpr milliseconds kSlack{3000};

HttpRequest Get(std::uint16_t port, Duration timeout = std::chrono::seconds(10)) {
  HttpRequest request;
  request.url = HttpUrl("127.0.0.1", port, "/metrics");
  request.timeout = timeout;
  return request;
}

TEST(HttpClientTest, GetsABodyAndSaysWhoItIs) {
  HttpFaultServer server;
  const auto port = server.Listen({.body = "hello\n"});
  HttpClient client;
  HttpRequest request = Get(port);
  request.headers = {{"X-Token", "s3cret"}, {"X-Empty", ""}};
  const HttpOutcome outcome = client.Perform(request);
  ASSERT_TRUE(outcome.response.has_value()) << outcome.response.error().message;
  EXPECT_EQ(outcome.response->status, 200);
  EXPECT_EQ(outcome.response->body, "hello\n");
  EXPECT_EQ(outcome.response->content_type, "text/plain; version=0.0.4");
  EXPECT_GT(outcome.duration, Duration::zero());
  const std::string head = server.requests(port).at(0);
  EXPECT_THAT(head, StartsWith("GET /metrics HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("User-Agent: tidegate/" + std::string(kVersion) + "\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Token: s3cret\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Empty:"));
}

TEST(HttpClientTest, PostsABody) {
  HttpFaultServer server;
  const auto port = server.Listen();
  HttpClient client;
  HttpRequest request = Get(port);
  request.method = HttpMethod::kPost;
  request.body = "{}";
  request.headers = {{"Content-Type", "application/json"}};
  ASSERT_TRUE(client.Perform(request).response.has_value());
  const std::string head = server.requests(port).at(0);
  EXPECT_THAT(head, StartsWith("POST /metrics"));
  EXPECT_THAT(head, HasSubstr("Content-Length: 2\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Type: application/json\r\n"));
}

TEST(HttpClientTest, ReusesItsConnection) {
  HttpFaultServer server;
  const auto port = server.Listen();
  HttpClient client;
  for (int i = 0; i < 5; ++i) {
    const HttpOutcome outcome = client.Perform(Get(port));
    ASSERT_TRUE(outcome.response.has_value());
    EXPECT_EQ(outcome.response->reused_connection, i > 0);
  }
  EXPECT_EQ(server.connections(port), 1);
}

TEST(HttpClientTest, KnowsThatAReusedConnectionIsConnected) {
  HttpFaultServer server;
  const auto port = server.Listen();
  HttpClient client;
  ASSERT_TRUE(client.Perform(Get(port)).response.has_value());
  server.SetBehavior(port, {.fault = HttpFault::kHang});
  HttpRequest request = Get(port);
  request.timeout = milliseconds(100);
  const HttpOutcome outcome = client.Perform(request);
  ASSERT_FALSE(outcome.response.has_value());
  EXPECT_EQ(outcome.response.error().message, "timed out after 100 ms (waiting for the answer)");
  EXPECT_EQ(server.connections(port), 1);
}

// A server may close an idle connection at any time; that is no failure of the next request.
TEST(HttpClientTest, GoesOnAfterThePeerClosedAnIdleConnection) {
  HttpFaultServer server;
  const auto port = server.Listen({.fault = HttpFault::kCloseIdle});
  HttpClient client;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.Perform(Get(port)).response.has_value());
  EXPECT_EQ(server.requests(port).size(), 3u);
}

struct FaultRow {
  HttpFault fault;
  ErrorCode code;
  const char* message;
  milliseconds timeout = seconds(10);  // only what never ends has to wait for it
};

class HttpClientFaultTest : public ::testing::TestWithParam<FaultRow> {};

TEST_P(HttpClientFaultTest, EndsInTimeWithAClearError) {
  HttpFaultServer server;
  const auto port = server.Listen({.fault = GetParam().fault});
  HttpClient client;
  HttpRequest request = Get(port, GetParam().timeout);
  request.body_limit = 100'000;
  request.headers = {{"Authorization", "Bearer s3cret"}};
  const auto start = std::chrono::steady_clock::now();
  const HttpOutcome outcome = client.Perform(request);
  EXPECT_LT(std::chrono::steady_clock::now() - start, GetParam().timeout + kSlack);
  ASSERT_FALSE(outcome.response.has_value());
  EXPECT_EQ(outcome.response.error().code, GetParam().code);
  EXPECT_THAT(outcome.response.error().message, HasSubstr(GetParam().message));
  EXPECT_THAT(outcome.response.error().message, Not(HasSubstr("s3cret")));
  // The connection is not used again: its next answer could be the rest of this one.
  server.SetBehavior(port, {});
  const HttpOutcome next = client.Perform(Get(port));
  ASSERT_TRUE(next.response.has_value()) << next.response.error().message;
  EXPECT_FALSE(next.response->reused_connection);
  EXPECT_EQ(next.response->body, "up_test 1\n");
}

INSTANTIATE_TEST_SUITE_P(
    All, HttpClientFaultTest,
    ::testing::Values(
        FaultRow{HttpFault::kHang, ErrorCode::kDeadlineExceeded,
                 "timed out after 400 ms (waiting for the answer)", milliseconds(400)},
        FaultRow{HttpFault::kSlowLoris, ErrorCode::kDeadlineExceeded, "timed out after 400 ms",
                 milliseconds(400)},
        FaultRow{HttpFault::kTruncate, ErrorCode::kUnavailable, "truncated body"},
        FaultRow{HttpFault::kEndless, ErrorCode::kUnavailable, "body over 100000 bytes"},
        FaultRow{HttpFault::kReset, ErrorCode::kUnavailable, "connection reset"},
        FaultRow{HttpFault::kGarbage, ErrorCode::kUnavailable, "protocol"},
        FaultRow{HttpFault::kNoAnswer, ErrorCode::kUnavailable,
                 "connection closed without an answer"}));

TEST(HttpClientTest, ConnectRefused) {
  HttpClient client;
  const HttpOutcome outcome = client.Perform(Get(RefusingPort()));
  ASSERT_FALSE(outcome.response.has_value());
  EXPECT_EQ(outcome.response.error(), (Error{ErrorCode::kUnavailable, "connect refused"}));
}

TEST(HttpClientTest, LimitIsExactAndCountedAfterDecompression) {
  HttpFaultServer server;
  const std::string megabyte(1u << 20, 'a');
  const std::string packed = Gzip(megabyte);
  ASSERT_LT(packed.size(), 20'000u);
  const auto port = server.Listen(
      {.body = packed, .headers = "Content-Encoding: gzip\r\nContent-Type: text/plain\r\n"});
  HttpClient client;
  HttpRequest request = Get(port);
  request.body_limit = megabyte.size();
  HttpOutcome outcome = client.Perform(request);
  ASSERT_TRUE(outcome.response.has_value()) << outcome.response.error().message;
  EXPECT_EQ(outcome.response->body, megabyte);
  request.body_limit = megabyte.size() - 1;
  outcome = client.Perform(request);
  ASSERT_FALSE(outcome.response.has_value());
  EXPECT_EQ(outcome.response.error().message, "body over 1048575 bytes");
}

// The length is that of what is sent, so that only the end of the compressed body is missing.
TEST(HttpClientTest, ACompressedBodyIsWholeOrNone) {
  HttpFaultServer server;
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "line " + std::to_string(i * 7919 % 1000) + "\n";
  const std::string packed = Gzip(text);
  std::string corrupt = packed;
  corrupt[packed.size() - 6] ^= 1;  // of the checksum
  const auto port = server.Listen();
  HttpClient client;
  const auto fetch = [&](const std::string& body, const std::string& encoding) {
    server.SetBehavior(port, {.body = body, .headers = "content-encoding:  " + encoding + "\r\n"});
    const HttpOutcome outcome = client.Perform(Get(port));
    return outcome.response ? outcome.response->body : outcome.response.error().message;
  };
  EXPECT_EQ(fetch(packed, "GZIP"), text);
  EXPECT_EQ(fetch(packed + packed, "gzip"), text + text);  // members
  EXPECT_EQ(fetch(text, "identity"), text);
  EXPECT_EQ(fetch("", "gzip"), "");
  for (const std::size_t cut : {1, 8, 9, 100, 1000}) {
    EXPECT_EQ(fetch(packed.substr(0, packed.size() - cut), "gzip"), "truncated body") << cut;
  }
  for (const std::string& body : {corrupt, text, packed + "more"}) {
    EXPECT_EQ(fetch(body, "gzip"), "protocol: the body is not compressed by gzip");
  }
  EXPECT_EQ(fetch(packed, "br"), "protocol: the body is not compressed by gzip");
}

struct Arrived {
  std::size_t parts = 0;
  std::string body;
  std::string content_type;
};

// What on_body gets of the server's answer; `outcome` is how the request ends.
Arrived Arrive(const HttpBehavior& behavior, HttpOutcome& outcome, std::size_t wanted = SIZE_MAX) {
  HttpFaultServer server;
  Arrived arrived;
  HttpRequest request = Get(server.Listen(behavior));
  request.body_limit = 400'000;
  request.on_body = [&](std::string_view content_type, std::string_view part) -> Status {
    ++arrived.parts;
    arrived.body += part;
    arrived.content_type = content_type;
    if (arrived.body.size() <= wanted) return {};
    return Error{ErrorCode::kConflict, "that is enough"};
  };
  outcome = HttpClient().Perform(request);
  return arrived;
}

TEST(HttpClientTest, ABodyIsHandedOnAsItArrives) {
  std::string text;
  while (text.size() < 300'000) text += "line " + std::to_string(text.size()) + "\n";
  HttpOutcome outcome;
  for (const bool packed : {false, true}) {
    const std::string headers = packed ? "Content-Encoding: gzip\r\n" : "";
    const Arrived arrived = Arrive(
        {.body = packed ? Gzip(text) : text, .headers = headers + "Content-Type: text/plain\r\n"},
        outcome);
    ASSERT_TRUE(outcome.response.has_value()) << outcome.response.error().message;
    EXPECT_EQ(outcome.response->body, "");
    EXPECT_EQ(arrived.body, text);
    EXPECT_EQ(arrived.content_type, "text/plain");
    EXPECT_GT(arrived.parts, 3U);
  }
}

TEST(HttpClientTest, OnlyAGoodAnswersBodyIsHandedOn) {
  HttpOutcome outcome;
  EXPECT_EQ(Arrive({.status = 500, .body = "no"}, outcome).parts, 0U);
  EXPECT_EQ(outcome.response->status, 500);
  EXPECT_EQ(outcome.response->body, "no");
  EXPECT_EQ(Arrive({.body = ""}, outcome).parts, 0U);
  EXPECT_TRUE(outcome.response.has_value());
  const std::string long_body(500'000, 'x');
  for (const std::string& body : {long_body, Gzip(long_body)}) {  // the limit is of all parts
    const std::string encoding = body.size() < 10'000 ? "Content-Encoding: gzip\r\n" : "";
    const Arrived arrived = Arrive({.body = body, .headers = encoding}, outcome);
    EXPECT_LE(arrived.body.size(), 400'000U);
    ASSERT_FALSE(outcome.response.has_value());
    EXPECT_EQ(outcome.response.error().message, "body over 400000 bytes");
  }
  Arrive({.fault = HttpFault::kTruncate, .body = "half"}, outcome);
  ASSERT_FALSE(outcome.response.has_value());
  EXPECT_EQ(outcome.response.error().message, "truncated body");
}

TEST(HttpClientTest, AReaderThatWantsNoMoreEndsTheRequest) {
  HttpOutcome outcome;
  const Arrived arrived = Arrive({.body = std::string(300'000, 'x')}, outcome, 0);
  EXPECT_EQ(arrived.parts, 1U);
  ASSERT_FALSE(outcome.response.has_value());
  EXPECT_EQ(outcome.response.error().code, ErrorCode::kConflict);
  EXPECT_EQ(outcome.response.error().message, "that is enough");
}

TEST(HttpClientTest, LimitsHeaders) {
  HttpFaultServer server;
  const auto port = server.Listen({.headers = "X-Long: " + std::string(90'000, 'x') + "\r\n"});
  HttpClient client;
  const HttpOutcome outcome = client.Perform(Get(port));
  ASSERT_FALSE(outcome.response.has_value());
  EXPECT_EQ(outcome.response.error().message, "headers over 65536 bytes");
}

TEST(HttpClientTest, DoesNotFollowRedirects) {
  HttpFaultServer server;
  const auto other = server.Listen();
  const auto port = server.Listen(
      {.status = 302, .headers = "Location: " + HttpUrl("127.0.0.1", other, "/") + "\r\n"});
  HttpClient client;
  const HttpOutcome outcome = client.Perform(Get(port));
  ASSERT_TRUE(outcome.response.has_value());
  EXPECT_EQ(outcome.response->status, 302);
  EXPECT_EQ(server.connections(other), 0);
}

TEST(HttpClientTest, RefusesWhatMustNotBeRequested) {
  HttpClient client;
  const auto error_of = [&client](const std::string& url, std::map<std::string, std::string> h) {
    HttpRequest request;
    request.url = url;
    request.headers = std::move(h);
    return client.Perform(request).response.error();
  };
  EXPECT_EQ(error_of("http://169.254.169.254/latest/meta-data", {}),
            (Error{ErrorCode::kPermissionDenied, "address 169.254.169.254 refused: link-local"}));
  EXPECT_EQ(error_of("file:///etc/passwd", {}).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of("gopher://127.0.0.1/", {}).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of("not a url", {}).code, ErrorCode::kInvalidArgument);
  const Error login = error_of("http://bob:s3cret@127.0.0.1/", {});
  EXPECT_EQ(login.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(login.message, Not(HasSubstr("s3cret")));
  const Error header = error_of("http://127.0.0.1/", {{"X-Token", "s3cret\r\nX-Evil: 1"}});
  EXPECT_EQ(header,
            (Error{ErrorCode::kInvalidArgument, "header X-Token: line break in its value"}));
  EXPECT_EQ(error_of("http://127.0.0.1/", {{"X Token", "v"}}).code, ErrorCode::kInvalidArgument);
}

TEST(HttpClientTest, NoTimeLeftIsADeadlineErrorAtOnce) {
  HttpClient client;
  HttpRequest request = Get(RefusingPort(), Duration::zero());
  EXPECT_EQ(client.Perform(request).response.error().code, ErrorCode::kDeadlineExceeded);
}

// 100 peers that hang do not delay the 100 that answer: those are handed over while the others are
// still being waited for, and the whole ends at the one deadline.
TEST(HttpClientTest, HungPeersDelayNobody) {
  constexpr milliseconds kDeadline{3000};
  HttpFaultServer server;
  std::vector<HttpRequest> requests;
  for (int i = 0; i < 200; ++i) {
    const HttpFault fault = i % 2 == 0 ? HttpFault::kHang : HttpFault::kNone;
    requests.push_back(Get(server.Listen({.fault = fault}), kDeadline));
  }
  HttpClient client;
  const auto start = std::chrono::steady_clock::now();
  std::vector<int> calls(200, 0);
  std::chrono::steady_clock::duration last_good{};
  int good = 0;
  client.Perform(requests, [&](std::size_t index, HttpOutcome&& outcome) {
    ++calls[index];
    EXPECT_EQ(outcome.response.has_value(), index % 2 == 1) << index;
    if (!outcome.response) return;
    ++good;
    last_good = std::chrono::steady_clock::now() - start;
  });
  EXPECT_LT(std::chrono::steady_clock::now() - start, kDeadline + kSlack);
  EXPECT_LT(last_good, kDeadline);
  EXPECT_EQ(good, 100);
  EXPECT_EQ(calls, std::vector<int>(200, 1));
}

// There are more than begin at once; those that hang or trickle keep nobody from beginning, and the
// time of all of them counts from the same moment.
TEST(HttpClientTest, ManyRequestsEndInTheTimeOfOne) {
  HttpFaultServer server;
  const auto hang = server.Listen({.fault = HttpFault::kHang});
  const auto trickle = server.Listen({.fault = HttpFault::kSlowLoris});
  const auto healthy = server.Listen({.body = "hello\n"});
  std::vector<HttpRequest> requests;
  for (int i = 0; i < 300; ++i) {
    const bool last = i >= 250;
    requests.push_back(Get(last ? healthy : i % 2 == 0 ? hang : trickle, milliseconds(700)));
  }
  HttpClient client;
  int ok = 0;
  int timed_out = 0;
  const auto begun = std::chrono::steady_clock::now();
  client.Perform(requests, [&](std::size_t i, HttpOutcome&& outcome) {
    ok += i >= 250 && outcome.response.has_value() ? 1 : 0;
    const bool late = i < 250 && !outcome.response;
    timed_out += late && outcome.response.error().code == ErrorCode::kDeadlineExceeded ? 1 : 0;
  });
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds(700) + kSlack);
  EXPECT_EQ(ok, 50);
  EXPECT_EQ(timed_out, 250);
}

TEST(HttpClientTest, SurvivesACallbackThatThrows) {
  HttpFaultServer server;
  const std::vector<HttpRequest> requests = {Get(server.Listen()),
                                             Get(server.Listen({.fault = HttpFault::kHang}))};
  HttpClient client;
  EXPECT_THROW(
      client.Perform(requests, [](std::size_t, HttpOutcome&&) { throw std::runtime_error("x"); }),
      std::runtime_error);
  EXPECT_TRUE(client.Perform(requests[0]).response.has_value());
}

TEST(HttpClientTest, ClientsInSeveralThreads) {
  HttpFaultServer server;
  const auto port = server.Listen();
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([port, &good] {
      HttpClient client;
      for (int i = 0; i < 20; ++i) {
        if (client.Perform(Get(port)).response) ++good;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 80);
}

}  // namespace
}  // namespace tidegate::net
