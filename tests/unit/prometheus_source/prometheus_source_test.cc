// SPDX-License-Identifier: Apache-2.0
#include "tidegate/sources/prometheus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <vector>

#include "tests/support/http_fault_server.h"
#include "tests/support/temp_folder.h"
#include "tidegate/promql.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HttpBehavior;
using testing::HttpFault;
using testing::HttpFaultServer;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RefusingPort;
using ::testing::SizeIs;
using testing::TempFolder;
using testing::WriteFile;

constexpr TimePoint kT0{milliseconds(1'700'000'000'123)};
const WorkloadId kWorkload = "flower";

std::string Vector(const std::string& items, const std::string& more = "") {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + items + "]}" + more +
         "}";
}

std::string Item(const std::string& labels, const std::string& value) {
  return R"({"metric":{)" + labels + R"(},"value":[1700000000.123,")" + value + R"("]})";
}

Replica Running(const std::string& name, std::uint16_t port = 8002) {
  Replica replica;
  replica.name = name;
  replica.phase = ReplicaPhase::kRunning;
  replica.host = "10.0.0.1";
  replica.ports = {{"http", 8000}, {"metrics", port}};
  return replica;
}

class PrometheusSourceTest : public ::testing::Test {
 protected:
  PrometheusSourceTest() { Use({}); }

  void Use(PrometheusOptions options) {
    if (options.url.empty()) options.url = "http://127.0.0.1:" + std::to_string(port_);
    options.timeout = seconds(10);
    source_ = MakePrometheusSource(std::move(options));
  }
  void Answer(std::string body, int status = 200) {
    server_.SetBehavior(port_, {.status = status, .body = std::move(body)});
  }
  Status Collect(TimePoint now = kT0) {
    const std::vector<CollectQuery> queries = {{"queue", query_, per_replica_}};
    return source_->Collect({kWorkload, replicas_, now, now + budget_, queries}, store_);
  }
  /// What is stored as the answer: values by labels but `workload`, which all have.
  std::map<Labels, double> Stored(TimePoint now = kT0) {
    const auto query = Query::Compile(R"({"queue",workload="flower"})");
    const auto result = query->Evaluate(store_, now);
    std::map<Labels, double> values;
    for (VectorSample sample : result->vector) {
      sample.labels.erase("workload");
      sample.labels.erase("__name__");
      values[sample.labels] = sample.value;
    }
    return values;
  }
  TargetState State() {
    const auto states = source_->targets();
    EXPECT_THAT(states, SizeIs(1));
    return states.empty() ? TargetState() : states.front();
  }
  /// After one more collection.
  std::string ErrorText() {
    now_ += seconds(1);
    EXPECT_TRUE(Collect(now_).ok());
    EXPECT_NE(State().up, !State().error.empty());
    return State().error;
  }

  HttpFaultServer server_;
  std::uint16_t port_ = server_.Listen({.body = Vector("")});
  SeriesStore store_;
  std::vector<Replica> replicas_ = {Running("flower-0"), Running("flower-1", 8003)};
  std::string query_ = "sum by (pod) (rate(a{b=\"c d\"}[1m]))";
  bool per_replica_ = true;
  Duration budget_ = seconds(20);
  TimePoint now_ = kT0;
  std::unique_ptr<Source> source_;
};

TEST_F(PrometheusSourceTest, PostsTheQueryAndTheTime) {
  Use({.url = "http://127.0.0.1:" + std::to_string(port_) + "/select/0/prometheus/",
       .headers = {{"X-Scope-OrgID", "team-a"}},
       .parameters = {{"dedup", "true"}, {"partial_response", "false"}}});
  ASSERT_TRUE(Collect().ok());
  const std::string head = server_.requests(port_).at(0);
  EXPECT_THAT(head, HasSubstr("POST /select/0/prometheus/api/v1/query HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Type: application/x-www-form-urlencoded\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Scope-OrgID: team-a\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Authorization")));
  EXPECT_EQ(server_.bodies(port_).at(0),
            "query=sum%20by%20%28pod%29%20%28rate%28a%7Bb%3D%22c%20d%22%7D%5B1m%5D%29%29"
            "&time=1700000000.123&dedup=true&partial_response=false");
}

TEST_F(PrometheusSourceTest, SeriesBelongToTheReplicaThatTheirLabelNames) {
  Answer(Vector(Item(R"("pod":"flower-0","gpu":"1")", "3") + "," + Item(R"("pod":"other-0")", "9") +
                "," + Item(R"("gpu":"2")", "8")));
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(Stored(), (std::map<Labels, double>{
                          {{{"gpu", "1"}, {"pod", "flower-0"}, {"replica", "flower-0"}}, 3},
                          {{{"pod", "other-0"}}, 9},
                          {{{"gpu", "2"}}, 8}}));
  const TargetState state = State();
  EXPECT_TRUE(state.up);
  EXPECT_EQ(state.metric, "queue");
  EXPECT_EQ(state.target, "queue at http://127.0.0.1:" + std::to_string(port_));
  EXPECT_EQ(state.samples, 3u);
  EXPECT_EQ(state.last_success, kT0);
}

TEST_F(PrometheusSourceTest, AnAddressNamesAReplicaToo) {
  Use({.replica_label = "instance"});
  Answer(Vector(Item(R"("instance":"10.0.0.1:8003")", "3") + "," +
                Item(R"("instance":"10.0.0.1:9999")", "4")));
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(Stored(),
            (std::map<Labels, double>{{{{"instance", "10.0.0.1:8003"}, {"replica", "flower-1"}}, 3},
                                      {{{"instance", "10.0.0.1:9999"}}, 4}}));
}

TEST_F(PrometheusSourceTest, LabelsThatAreCalledLikeTidegatesOwnAreRenamed) {
  Answer(
      Vector(Item(R"("pod":"flower-0","workload":"w","replica":"a","exported_replica":"b")", "3")));
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(Stored(), (std::map<Labels, double>{{{{"pod", "flower-0"},
                                                  {"replica", "flower-0"},
                                                  {"exported_workload", "w"},
                                                  {"exported_replica", "b"},
                                                  {"exported_exported_replica", "a"}},
                                                 3}}));
}

TEST_F(PrometheusSourceTest, TheLabelReplicaItselfMayNameIt) {
  Use({.replica_label = "replica"});
  Answer(Vector(Item(R"("replica":"flower-0")", "3")));
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(
      Stored(),
      (std::map<Labels, double>{{{{"replica", "flower-0"}, {"exported_replica", "flower-0"}}, 3}}));
}

TEST_F(PrometheusSourceTest, AnAnswerThatNamesNoReplicaIsAnErrorOnlyWhereOneIsWanted) {
  Answer(Vector(Item(R"("instance":"x")", "3")));
  EXPECT_EQ(ErrorText(), "no series of the answer names a replica in its label \"pod\"");
  EXPECT_THAT(Stored(now_), IsEmpty());
  per_replica_ = false;
  EXPECT_EQ(ErrorText(), "");
  EXPECT_THAT(Stored(now_), SizeIs(1));
}

TEST_F(PrometheusSourceTest, WhatTheNextAnswerLacksHasEnded) {
  Answer(Vector(Item(R"("pod":"flower-0")", "3") + "," + Item(R"("pod":"flower-1")", "4")));
  ASSERT_TRUE(Collect().ok());
  Answer(Vector(Item(R"("pod":"flower-1")", "5")));
  ASSERT_TRUE(Collect(kT0 + seconds(1)).ok());
  EXPECT_EQ(Stored(kT0 + seconds(1)),
            (std::map<Labels, double>{{{{"pod", "flower-1"}, {"replica", "flower-1"}}, 5}}));
  Answer(Vector(""));
  ASSERT_TRUE(Collect(kT0 + seconds(2)).ok());
  EXPECT_THAT(Stored(kT0 + seconds(2)), IsEmpty());
}

TEST_F(PrometheusSourceTest, AFailureEndsTheSeriesAndTheNextAnswerBringsThemBack) {
  Answer(Vector(Item(R"("pod":"flower-0")", "3")));
  EXPECT_EQ(ErrorText(), "");
  Answer(R"({"status":"error","errorType":"timeout","error":"query timed out"})", 503);
  EXPECT_EQ(ErrorText(), "HTTP 503: timeout: query timed out");
  EXPECT_THAT(Stored(now_), IsEmpty());
  EXPECT_EQ(State().last_success, now_ - seconds(1));
  Answer(Vector(Item(R"("pod":"flower-0")", "3")));
  EXPECT_EQ(ErrorText(), "");
  EXPECT_THAT(Stored(now_), SizeIs(1));
}

TEST_F(PrometheusSourceTest, AWarningGoesWithTheAnswer) {
  Answer(Vector(Item(R"("pod":"flower-0")", "3"), R"(,"warnings":["store b is away"])"));
  EXPECT_EQ(ErrorText(), "");
  EXPECT_EQ(State().warning, "store b is away");
  EXPECT_THAT(Stored(now_), SizeIs(1));
  Answer(Vector(Item(R"("pod":"flower-0")", "3")));
  EXPECT_EQ(ErrorText(), "");
  EXPECT_EQ(State().warning, "");
}

TEST_F(PrometheusSourceTest, ARangeVectorKeepsTheTimesOfItsSamples) {
  const auto matrix = [&](const std::string& points) {
    return R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"pod":"flower-0"},"values":[)" +
           points + "]}]}}";
  };
  Answer(matrix(R"([1699999990,"1"],[1699999995.5,"2"])"));
  EXPECT_EQ(ErrorText(), "");
  EXPECT_EQ(ErrorText(), "");  // the same sample again
  const auto newest = [&] {
    return Query::Compile("queue").value().Evaluate(store_, now_)->quality.newest.value();
  };
  EXPECT_EQ(newest(), TimePoint(milliseconds(1'699'999'995'500)));
  Answer(matrix(R"([1700000001,"2"])"));
  EXPECT_EQ(ErrorText(), "");
  EXPECT_EQ(newest(), TimePoint(seconds(1'700'000'001)));
}

TEST_F(PrometheusSourceTest, AsksOnceInAnInterval) {
  Use({.interval = seconds(5)});
  for (int i = 0; i < 11; ++i) ASSERT_TRUE(Collect(kT0 + seconds(i)).ok());
  EXPECT_THAT(server_.requests(port_), SizeIs(3));
  EXPECT_EQ(server_.connections(port_), 1);
}

TEST_F(PrometheusSourceTest, WorkloadsAreKeptApart) {
  Answer(Vector(Item(R"("pod":"flower-0")", "3")));
  ASSERT_TRUE(Collect().ok());
  const WorkloadId other = "other";
  const std::vector<CollectQuery> queries = {{"queue", "q", false}};
  Answer(Vector(""));
  ASSERT_TRUE(source_->Collect({other, {}, kT0, kT0 + seconds(9), queries}, store_).ok());
  EXPECT_THAT(Stored(), SizeIs(1));
}

TEST_F(PrometheusSourceTest, EachQueryIsAnsweredAndFailsAlone) {
  server_.SetBehavior(port_, {.reply = [](const std::string& request) {
                        return request.find("query=bad") == std::string::npos
                                   ? Vector(Item(R"("pod":"flower-0")", "3"))
                                   : "garbage";
                      }});
  const std::vector<CollectQuery> queries = {{"good", "good"}, {"bad", "bad"}};
  ASSERT_TRUE(source_->Collect({kWorkload, {}, kT0, kT0 + seconds(9), queries}, store_).ok());
  std::map<std::string, std::string> errors;
  for (const TargetState& state : source_->targets()) errors[state.metric] = state.error;
  EXPECT_EQ(errors, (std::map<std::string, std::string>{
                        {"good", ""}, {"bad", "protocol: the answer is not JSON"}}));
}

TEST_F(PrometheusSourceTest, TransportFailuresSayWhatHappened) {
  server_.SetBehavior(port_, {.fault = HttpFault::kTruncate, .body = Vector("")});
  EXPECT_EQ(ErrorText(), "truncated body");
  server_.SetBehavior(port_, {.fault = HttpFault::kNoAnswer});
  EXPECT_EQ(ErrorText(), "connection closed without an answer");
  server_.SetBehavior(port_, {.fault = HttpFault::kGarbage});
  EXPECT_EQ(ErrorText(), "protocol: the answer is not HTTP");
  server_.SetBehavior(port_, {.status = 302, .headers = "Location: file:///etc/passwd\r\n"});
  EXPECT_EQ(ErrorText(), "HTTP 302 (redirects are not followed)");
  budget_ = milliseconds(100);
  server_.SetBehavior(port_, {.fault = HttpFault::kHang});
  EXPECT_EQ(ErrorText(), "timed out after 100 ms (waiting for the answer)");
  Use({.url = "http://127.0.0.1:" + std::to_string(RefusingPort())});
  EXPECT_EQ(ErrorText(), "connect refused");
}

TEST_F(PrometheusSourceTest, AnAnswerOverTheLimitIsAnError) {
  Use({.body_size_limit = 1000});
  server_.SetBehavior(port_, {.fault = HttpFault::kEndless, .body = Vector("")});
  EXPECT_EQ(ErrorText(), "body over 1000 bytes");
}

TEST_F(PrometheusSourceTest, WithoutTimeLeftNothingIsAsked) {
  budget_ = Duration::zero();
  EXPECT_EQ(Collect().error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_THAT(server_.requests(port_), IsEmpty());
}

TEST_F(PrometheusSourceTest, TheTokenIsReadForEachRequestAndNeverShown) {
  const TempFolder folder;
  WriteFile(folder / "token", "first-token\n");
  Use({.bearer_token_file = folder / "token"});
  EXPECT_EQ(ErrorText(), "");
  EXPECT_THAT(server_.requests(port_).back(), HasSubstr("Authorization: Bearer first-token\r\n"));
  WriteFile(folder / "token", "second-token");
  // A server that repeats what it was sent.
  server_.SetBehavior(port_, {.status = 401, .reply = [](const std::string& request) {
                                const std::size_t at = request.find("Bearer ");
                                return R"({"status":"error","error":"no entry for )" +
                                       request.substr(at, 19) + R"("})";
                              }});
  EXPECT_EQ(ErrorText(), "HTTP 401: no entry for Bearer ***");
  EXPECT_THAT(server_.requests(port_).back(), HasSubstr("Authorization: Bearer second-token\r\n"));
  std::filesystem::remove(folder / "token");
  EXPECT_EQ(ErrorText(), folder / "token" + ": is empty or cannot be read");
  EXPECT_THAT(server_.requests(port_), SizeIs(2));
}

TEST_F(PrometheusSourceTest, ASecretIsNotShownByCuttingItInTwo) {
  const TempFolder folder;
  const std::string secret(50, 's');
  WriteFile(folder / "token", secret);
  Use({.bearer_token_file = folder / "token"});
  Answer(R"({"status":"error","error":")" + std::string(370, '.') + secret + R"(é"})", 500);
  EXPECT_THAT(ErrorText(), Not(HasSubstr("ss")));
  Answer(R"({"status":"error","error":")" + std::string(386, '.') + R"(éééé"})", 500);
  EXPECT_EQ(ErrorText(), "HTTP 500: " + std::string(386, '.') + "éé…");
}

TEST_F(PrometheusSourceTest, BasicAuthSendsThePasswordOfTheFile) {
  const TempFolder folder;
  WriteFile(folder / "password", "open sesame\n");
  Use({.basic_auth = {"Aladdin", folder / "password"}});
  EXPECT_EQ(ErrorText(), "");
  // RFC 7617's example, but for the blank.
  EXPECT_THAT(server_.requests(port_).back(),
              HasSubstr("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
  Answer(R"({"status":"error","error":"QWxhZGRpbjpvcGVuIHNlc2FtZQ== is open sesame"})", 401);
  EXPECT_EQ(ErrorText(), "HTTP 401: *** is ***");
}

TEST_F(PrometheusSourceTest, HeadersMayBeSecretToo) {
  Use({.headers = {{"X-Api-Key", "topsecret"}}});
  Answer(R"({"status":"error","errorType":"topsecret","error":"topsecret?"})", 403);
  EXPECT_EQ(ErrorText(), "HTTP 403: ***: ***?");
  Answer(Vector("", R"(,"warnings":["key topsecret is old"])"));
  EXPECT_EQ(ErrorText(), "");
  EXPECT_EQ(State().warning, "key *** is old");
}

}  // namespace
}  // namespace tidegate
