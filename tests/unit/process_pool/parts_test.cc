// SPDX-License-Identifier: Apache-2.0
//
// The parts of the pool that need no process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "backends/process_pool/back_off.h"
#include "backends/process_pool/http_check.h"
#include "backends/process_pool/placeholders.h"
#include "backends/process_pool/state_file.h"
#include "backends/process_pool/tcp_table.h"
#include "os/proc.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using namespace std::chrono_literals;

TEST(PlaceholdersTest, AreReplacedAndOtherBracesStay) {
  const PlaceholderValues values{"web-3", 3, {{"http", 8080}, {"grpc", 8081}}};
  const auto expand = [&](const char* text) { return ExpandPlaceholders(text, values).value(); };
  EXPECT_EQ(expand("--http={port:http} --grpc={port:grpc}"), "--http=8080 --grpc=8081");
  EXPECT_EQ(expand("{replica}{index}{replica}"), "web-33web-3");
  EXPECT_EQ(expand("{\"a\":{\"b\":[{}]}}"), "{\"a\":{\"b\":[{}]}}");
  EXPECT_EQ(expand("{port:http"), "{port:http");
  EXPECT_EQ(expand("{replica"), "{replica");
  EXPECT_EQ(expand("{{index}}"), "{3}");
  EXPECT_EQ(expand(""), "");
}

TEST(PlaceholdersTest, AnUnknownPortIsAnError) {
  const auto result = ExpandPlaceholders("a{port:}b", {"web-3", 3, {{"http", 1}}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (Error{ErrorCode::kInvalidArgument, "{port:}: no such port"}));
}

// A replica's own name is not searched for placeholders again.
TEST(PlaceholdersTest, WhatWasPutInIsNotExpandedAgain) {
  EXPECT_EQ(ExpandPlaceholders("{replica}", {"{index}", 3, {}}).value(), "{index}");
}

TEST(BackOffTest, DoublesUpToTheCapWithUpToAQuarterOff) {
  std::mt19937_64 engine(1);
  const BackOffOptions options{1s, 10s};
  EXPECT_EQ(BackOffDelay(options, 0, engine), 0s);
  const Duration whole[] = {1s, 2s, 4s, 8s, 10s, 10s};
  for (std::int32_t failures = 1; failures <= 6; ++failures) {
    for (int i = 0; i < 200; ++i) {
      const Duration delay = BackOffDelay(options, failures, engine);
      EXPECT_LE(delay, whole[failures - 1]);
      EXPECT_GE(delay, whole[failures - 1] * 3 / 4);
    }
  }
  EXPECT_LE(BackOffDelay(options, 2'000'000'000, engine), 10s);
  EXPECT_EQ(BackOffDelay({0s, 0s}, 5, engine), 0s);
}

TEST(BackOffTest, TheSameSeedGivesTheSameDelays) {
  std::mt19937_64 one(7);
  std::mt19937_64 two(7);
  std::mt19937_64 other(8);
  bool differs = false;
  for (int i = 0; i < 20; ++i) {
    const Duration delay = BackOffDelay({1s, 60s}, i, one);
    EXPECT_EQ(delay, BackOffDelay({1s, 60s}, i, two));
    differs = differs || delay != BackOffDelay({1s, 60s}, i, other);
  }
  EXPECT_TRUE(differs);
}

TEST(TcpTableTest, CountsEstablishedConnectionsByLocalPort) {
  ConnectionCounts counts;
  CountConnections(
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
      "   1: 0100007F:1F90 0100007F:D2F0 01 00000000:00000000 00:00000000 00000000     0\n"
      "   2: 0100007F:1F90 0100007F:D2F2 03 00000000:00000000 00:00000000 00000000     0\n"
      "   3: 0100007F:D2F0 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0\n"
      "   4: 0100007F:1F90 0100007F:D2F4 06 00000000:00000000 00:00000000 00000000     0\n"
      "   5: 0100007F:1F91 0100007F:D2F4 08 00000000:00000000 00:00000000 00000000     0",
      counts);
  CountConnections(
      "  sl  local_address                         remote_address                        st\n"
      "   0: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:D2F8 01 0\n",
      counts);
  EXPECT_THAT(counts, ElementsAre(Pair(8080, 3), Pair(0xD2F0, 1)));
}

TEST(TcpTableTest, NonsenseIsSkipped) {
  ConnectionCounts counts;
  CountConnections("", counts);
  CountConnections("\n\n  \n1: 2\n 0: :: : 01\n 0: 0:12345 0:1 01\n 0: 0:zz 0:1 01\n", counts);
  EXPECT_THAT(counts, IsEmpty());
  EXPECT_TRUE(ReadConnections());
}

TEST(ReplyParserTest, KnowsWhereAnAnswerEnds) {
  const char* const complete[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 204 No Content\r\n\r\n",
      "HTTP/1.1 200 OK\r\ncontent-length: 5 \r\nX: y\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  };
  for (const std::string text : complete) {
    ReplyParser whole;
    EXPECT_TRUE(whole.Feed(text)) << text;
    EXPECT_EQ(whole.status() / 100, 2);
    EXPECT_FALSE(whole.malformed());
    ReplyParser pieces;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) EXPECT_FALSE(pieces.Feed({&text[i], 1}));
    EXPECT_TRUE(pieces.Feed({&text.back(), 1})) << text;
  }
}

TEST(ReplyParserTest, AnAnswerThatBreaksOffIsNotComplete) {
  const auto ends = [](const char* text) {
    ReplyParser parser;
    EXPECT_FALSE(parser.Feed(text)) << text;
    return parser.End();
  };
  EXPECT_FALSE(ends(""));
  EXPECT_FALSE(ends("HTTP/1.1 200 OK\r\n"));
  EXPECT_FALSE(ends("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"));
  EXPECT_FALSE(ends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"));
  EXPECT_TRUE(ends("HTTP/1.0 200 OK\r\n\r\nuntil the end"));
}

TEST(ReplyParserTest, WhatIsNotHttpIsMalformed) {
  const std::string endless(100'000, 'x');
  for (const std::string& text :
       {std::string("SSH-2.0-OpenSSH\r\n\r\n"), endless, std::string("HTTP/1.1 abc\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n")}) {
    ReplyParser parser;
    EXPECT_TRUE(parser.Feed(text));
    EXPECT_TRUE(parser.malformed());
  }
}

TEST(ProbeRequestTest, PostsABodyIfThereIsOne) {
  EXPECT_EQ(ProbeRequest({.path = "/ready"}, "127.0.0.1", 80),
            "GET /ready HTTP/1.1\r\nHost: 127.0.0.1:80\r\nUser-Agent: tidegate\r\nAccept: */*\r\n"
            "Connection: close\r\n\r\n");
  const std::string post = ProbeRequest({.path = "/infer", .body = "{}"}, "::1", 80);
  EXPECT_THAT(post, HasSubstr("POST /infer HTTP/1.1\r\nHost: [::1]:80\r\n"));
  EXPECT_THAT(post, HasSubstr("Content-Length: 2\r\n\r\n{}"));
}

PoolState SomeState() {
  PoolState state{"web", 2, 6, {}};
  ReplicaState replica;
  replica.index = 5;
  replica.name = "web-5";
  replica.process = {4711, 18446744073709551615u};
  replica.token = "123-5";
  replica.ports = {{"http", 20000}, {"metrics", 65535}};
  replica.start_time = TimePoint(Duration(1'600'000'000'123'456'789));
  replica.was_ready = true;
  replica.ready = true;
  replica.ready_transition = TimePoint(Duration(1'600'000'001'000'000'001));
  replica.restarts = 3;
  replica.failures = 2;
  replica.terminating = true;
  state.replicas.push_back(replica);
  return state;
}

TEST(StateFileTest, ComesBackAsItWent) {
  const PoolState state = DecodePoolState(EncodePoolState(SomeState())).value();
  EXPECT_EQ(state.workload, "web");
  EXPECT_EQ(state.target, 2);
  EXPECT_EQ(state.next_index, 6);
  ASSERT_EQ(state.replicas.size(), 1u);
  EXPECT_EQ(state.replicas[0].process.start_ticks, 18446744073709551615u);
  EXPECT_EQ(EncodePoolState(state), EncodePoolState(SomeState()));
}

// Every torn file, and every file with one byte changed, is either refused or says the same.
TEST(StateFileTest, DamageIsNoticed) {
  const std::string good = EncodePoolState(SomeState());
  for (std::size_t size = 0; size + 2 < good.size(); ++size) {
    EXPECT_FALSE(DecodePoolState(good.substr(0, size))) << size;
  }
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == '1' ? '2' : '1';
    const auto state = DecodePoolState(bad);
    EXPECT_TRUE(!state || EncodePoolState(*state) == good) << i;
  }
}

TEST(StateFileTest, SaysWhatIsWrong) {
  const auto why = [](const std::string& text) { return DecodePoolState(text).error().message; };
  EXPECT_EQ(why("{\"version\":2}"), "version is 2, want 1");
  EXPECT_EQ(why("{\"version\":1,\"checksum\":\"0\"}"), "checksum does not match");
  EXPECT_THAT(why("[]"), HasSubstr("type"));
  PoolState state = SomeState();
  state.next_index = 5;
  EXPECT_EQ(why(EncodePoolState(state)), "replica web-5 has an index out of range");
  state = SomeState();
  state.replicas.push_back(state.replicas[0]);
  EXPECT_EQ(why(EncodePoolState(state)), "replica web-5 is double");
}

TEST(ProcTest, BlockedSignalsAreThoseOfTheProcess) {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGHUP);
  sigaddset(&blocked, SIGRTMAX);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  EXPECT_THAT(ReadBlockedSignals(::getpid()), ElementsAre(SIGHUP, SIGRTMAX));
  sigemptyset(&blocked);
  pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
  EXPECT_THAT(ReadBlockedSignals(::getpid()), IsEmpty());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_THAT(ReadBlockedSignals(-1), IsEmpty());
}

TEST(ProcTest, ReadsStatWhateverTheCommandIsCalled) {
  const auto stat = ParseProcessStat(
      "42 (a) b (c) R 7 42 40 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 1\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->state, 'R');
  EXPECT_EQ(stat->parent, 7);
  EXPECT_EQ(stat->group, 42);
  EXPECT_EQ(stat->session, 40);
  EXPECT_EQ(stat->cpu_ticks, 5u + 6u);
  EXPECT_EQ(stat->reaped_ticks, 7u + 8u);
  EXPECT_EQ(stat->start_ticks, 987654u);
  EXPECT_EQ(stat->resident_pages, 1u);
  EXPECT_FALSE(ParseProcessStat("42 (short) R 7"));
  EXPECT_FALSE(ParseProcessStat(""));
}

}  // namespace
}  // namespace tidegate
