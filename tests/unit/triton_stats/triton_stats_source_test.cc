// SPDX-License-Identifier: Apache-2.0
//
// The source as a part of the loop: what is asked for, where its series end, and the queries that
// docs/sources.md makes of them.
#include "tidegate/sources/triton_stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/http_fault_server.h"
#include "tidegate/promql.h"
#include "tidegate/sources/scrape.h"

namespace tidegate {
namespace {

using std::chrono::seconds;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HttpFaultServer;
using ::testing::IsEmpty;

constexpr TimePoint kT0{seconds(1'700'000'000)};

std::string Leaf(const std::string& key, std::uint64_t count, std::uint64_t ns) {
  return "\"" + key + "\":{\"count\":" + std::to_string(count) + ",\"ns\":" + std::to_string(ns) +
         "}";
}

/// A model whose executions of 1 take 10 ms and of 4 take 20 ms, so often so far.
std::string Model(const std::string& name, std::uint64_t ones, std::uint64_t fours) {
  const std::uint64_t ms = 1'000'000;
  const std::uint64_t requests = ones + 4 * fours;
  const std::uint64_t charged = (10 * ones + 4 * 20 * fours) * ms;
  const auto batch = [&](int size, std::uint64_t count, std::uint64_t each) {
    return "{\"batch_size\":" + std::to_string(size) + "," + Leaf("compute_input", count, 0) + "," +
           Leaf("compute_infer", count, count * each * ms) + "," +
           Leaf("compute_output", count, 0) + "}";
  };
  return "{\"name\":\"" + name + "\",\"version\":\"1\",\"last_inference\":1,\"inference_count\":" +
         std::to_string(requests) + ",\"execution_count\":" + std::to_string(ones + fours) +
         ",\"inference_stats\":{" + Leaf("success", requests, charged + requests * 5 * ms) + "," +
         Leaf("fail", 0, 0) + "," + Leaf("queue", requests, requests * 5 * ms) + "," +
         Leaf("compute_input", requests, 0) + "," + Leaf("compute_infer", requests, charged) + "," +
         Leaf("compute_output", requests, 0) + "},\"batch_stats\":[" + batch(1, ones, 10) + "," +
         batch(4, fours, 20) + "]}";
}

/// The query of docs/sources.md whose row begins so.
std::string Recipe(const std::string& signal) {
  std::ifstream file(TIDEGATE_SOURCE_DIR "/docs/sources.md");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("| " + signal, 0) != 0) continue;
    const std::size_t at = line.rfind(" | `") + 4;
    return line.substr(at, line.rfind('`') - at);
  }
  ADD_FAILURE() << "no recipe for " << signal;
  return "0";
}

class TritonStatsTest : public ::testing::Test {
 protected:
  /// Reads once, at the next second.
  void Read(Source& source, bool gone = false) {
    const WorkloadId workload = "flower";
    std::vector<Replica> replicas;
    if (!gone) {
      replicas.push_back({.name = "flower-0",
                          .phase = ReplicaPhase::kRunning,
                          .host = "127.0.0.1",
                          .ports = {{"http", port_}, {"metrics", port_}}});
    }
    now_ += seconds(1);
    EXPECT_TRUE(source.Collect({workload, replicas, now_, now_ + seconds(20)}, store_).ok());
  }
  void Serve(const std::vector<std::string>& models) {
    std::string list;
    for (const std::string& model : models) list += (list.empty() ? "" : ",") + model;
    server_.SetBehavior(port_, {.body = "{\"model_stats\":[" + list + "]}",
                                .headers = "Content-Type: application/json\r\n"});
  }
  QueryResult Ask(const std::string& query) {
    return Query::Compile(query).value().Evaluate(store_, now_).value();
  }
  std::vector<double> Values(const std::string& query) {
    std::vector<double> values;
    for (const VectorSample& sample : Ask(query).vector) values.push_back(sample.value);
    return values;
  }

  HttpFaultServer server_;
  std::uint16_t port_ = server_.Listen();
  SeriesStore store_;
  TimePoint now_ = kT0;
  std::unique_ptr<Source> source_ = MakeTritonStatsSource({.timeout = seconds(10)});
};

TEST_F(TritonStatsTest, AsksForAllModelsOrOne) {
  Serve({Model("a", 1, 0)});
  Read(*source_);
  EXPECT_THAT(server_.requests(port_).back(), HasSubstr("GET /v2/models/stats HTTP"));
  const auto one = MakeTritonStatsSource(
      {.model = "a/b c", .timeout = seconds(10), .headers = {{"triton-access", "t0ken"}}});
  Read(*one);
  EXPECT_THAT(server_.requests(port_).back(), HasSubstr("GET /v2/models/a%2Fb%20c/stats HTTP"));
  EXPECT_THAT(server_.requests(port_).back(), HasSubstr("triton-access: t0ken\r\n"));
}

TEST_F(TritonStatsTest, SeriesHaveTheLabelsOfReplicaAndModel) {
  Serve({Model("a", 1, 2)});
  Read(*source_);
  const auto result = Ask("triton_batch_stats_inference_count{batch_size=\"4\"}");
  ASSERT_EQ(result.vector.size(), 1u);
  EXPECT_EQ(result.vector[0].value, 8);
  EXPECT_EQ(result.vector[0].labels, (Labels{{"__name__", "triton_batch_stats_inference_count"},
                                             {"batch_size", "4"},
                                             {"model", "a"},
                                             {"version", "1"},
                                             {"replica", "flower-0"},
                                             {"source", "triton_stats"},
                                             {"workload", "flower"}}));
  ASSERT_EQ(source_->targets().size(), 1u);
  EXPECT_EQ(source_->targets()[0].samples, 29u);
  EXPECT_THAT(Values("up{source=\"triton_stats\"}"), ElementsAre(1));
}

TEST_F(TritonStatsTest, OneBadModelDiscardsTheReading) {
  Serve({Model("a", 1, 2)});
  Read(*source_);
  std::string bad = Model("b", 1, 2);
  bad.replace(bad.find("\"ns\":0"), 6, "\"ns\":-4");
  Serve({Model("a", 9, 9), bad});
  Read(*source_);
  EXPECT_THAT(Values("triton_inference_count"), IsEmpty());
  EXPECT_EQ(source_->targets()[0].error,
            "model_stats[1].inference_stats.fail.ns: want a count, got -4");
  Serve({Model("a", 10, 9)});
  Read(*source_);
  EXPECT_THAT(Values("triton_inference_count"), ElementsAre(46));
}

// Unloaded, its series end; loaded again, its counters begin at 0, which is a reset, not a fall.
TEST_F(TritonStatsTest, AModelThatIsLoadedAgainIsAReset) {
  for (std::uint64_t i = 1; i <= 5; ++i) {
    Serve({Model("a", 100 * i, 0), Model("b", i, 0)});
    Read(*source_);
  }
  Serve({Model("b", 6, 0)});
  Read(*source_);
  EXPECT_THAT(Values("triton_inference_count{model=\"a\"}"), IsEmpty());
  for (std::uint64_t i = 1; i <= 3; ++i) {
    Serve({Model("a", i, 0), Model("b", 6 + i, 0)});
    Read(*source_);
  }
  const auto of_a = Ask("increase(triton_inference_count{model=\"a\"}[9s])");
  ASSERT_EQ(of_a.vector.size(), 1u);
  EXPECT_GT(of_a.vector[0].value, 400);
  EXPECT_TRUE(of_a.quality.counter_reset);
  EXPECT_FALSE(Ask("increase(triton_inference_count{model=\"b\"}[9s])").quality.counter_reset);
}

TEST_F(TritonStatsTest, AReplicaThatIsGoneEndsItsSeries) {
  Serve({Model("a", 1, 2)});
  Read(*source_);
  Read(*source_, /*gone=*/true);
  EXPECT_THAT(Values("{source=\"triton_stats\",__name__=~\"triton.*\"}"), IsEmpty());
  EXPECT_THAT(source_->targets(), IsEmpty());
}

// A failure of the one is none of the other's.
TEST_F(TritonStatsTest, StandsBesideAScrapeOfTheSameReplica) {
  const auto reply = [](const std::string& stats, const std::string& page) {
    return [stats, page](const std::string& request) {
      return request.find("GET /metrics") == std::string::npos ? stats : page;
    };
  };
  std::vector<std::unique_ptr<Source>> both;
  both.push_back(MakeScrapeSource({.timeout = seconds(10)}));
  both.push_back(MakeTritonStatsSource({.timeout = seconds(10)}));
  const auto joined = JoinSources(std::move(both));
  EXPECT_FALSE(joined->answers_queries());
  const std::string stats = "{\"model_stats\":[" + Model("a", 1, 0) + "]}";
  const std::string page = "nv_inference_count{model=\"a\",version=\"1\"} 1\n";
  const auto serve = [&](const std::string& one, const std::string& other) {
    server_.SetBehavior(port_, {.headers = "", .reply = reply(one, other)});
    Read(*joined);
  };
  serve(stats, page);
  EXPECT_THAT(Values("triton_inference_count"), ElementsAre(1));
  EXPECT_THAT(Values("nv_inference_count"), ElementsAre(1));
  serve("{", page);
  EXPECT_THAT(Values("triton_inference_count"), IsEmpty());
  EXPECT_THAT(Values("nv_inference_count"), ElementsAre(1));
  serve(stats, "oops{\n");
  EXPECT_THAT(Values("triton_inference_count"), ElementsAre(1));
  EXPECT_THAT(Values("nv_inference_count"), IsEmpty());
  ASSERT_EQ(joined->targets().size(), 2u);
  EXPECT_NE(joined->targets()[0].up, joined->targets()[1].up);
}

// For a minute 20 executions of 1 a second, which take 10 ms each, and 5 of 4, of 20 ms: 0.3 s of
// work a second, and 200 inferences a second at best.
class TritonRecipesTest : public TritonStatsTest {
 protected:
  void Run(std::uint64_t from, std::uint64_t to, bool busy, double pending_each_second) {
    for (std::uint64_t i = from; i < to; ++i) {
      const std::uint64_t done = busy ? i : from;
      Serve({Model("a", 1000 + 20 * done, 1000 + 5 * done)});
      Read(*source_);
      pending_ += pending_each_second;
      EXPECT_TRUE(
          store_.Ingest("nv_inference_pending_request_count", {{"model", "a"}}, pending_, now_)
              .ok());
    }
  }
  double pending_ = 0;
};

TEST_F(TritonRecipesTest, AreWhatTheySay) {
  Run(0, 60, true, 2);
  const auto near = [](double value) { return ElementsAre(DoubleNear(value, 1e-9)); };
  EXPECT_THAT(Values(Recipe("seconds that an execution")),
              ElementsAre(DoubleNear(0.01, 1e-12), DoubleNear(0.02, 1e-12)));
  EXPECT_THAT(Values(Recipe("most inferences")), near(200));
  EXPECT_THAT(Values(Recipe("instances that the load")), near(0.2));
  EXPECT_THAT(Values(Recipe("arriving requests")), near(42));
  EXPECT_THAT(Values(Recipe("busy instances")), near(0.3));
}

TEST_F(TritonRecipesTest, AStallIsNoIdleness) {
  Run(0, 60, true, 0);
  Run(60, 100, false, 0);
  EXPECT_THAT(Values(Recipe("busy instances")), ElementsAre(0));
  EXPECT_THAT(Values(Recipe("instances that the load")), ElementsAre(0));
  Run(100, 140, false, 2);
  EXPECT_THAT(Values(Recipe("busy instances")), IsEmpty());
}

}  // namespace
}  // namespace tidegate
