// SPDX-License-Identifier: Apache-2.0
#include "config/profiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "sources/triton_stats/stats_page.h"
#include "tidegate/promql.h"

namespace tidegate::config {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr TimePoint kNow{std::chrono::hours(1)};

const Profile& ProfileOf(std::string_view name) {
  for (const Profile& profile : Profiles()) {
    if (profile.name == name) return profile;
  }
  throw std::runtime_error("no such profile");
}

const Signal& SignalOf(const Profile& profile, std::string_view name) {
  for (const Signal& signal : profile.signals) {
    if (signal.name == name) return signal;
  }
  throw std::runtime_error("no such signal");
}

/// A server whose page is read once a second for a minute.
class Server {
 public:
  /// Adds a series that is `first` and grows by `step` a second.
  void Series(const std::string& series, double first, double step = 0) {
    for (int i = 60; i >= 0; --i)
      lines_[i] += series + " " + std::to_string(first + step * (60 - i)) + "\n";
  }
  std::vector<double> Values(std::string_view profile, std::string_view signal,
                             const SignalForm& form = {}) const {
    const Profile& of = ProfileOf(profile);
    return ValuesOf(SignalQuery(of, SignalOf(of, signal), form));
  }
  std::vector<double> ValuesOf(const std::string& query) const {
    SeriesStore store;
    for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
      EXPECT_TRUE(store.IngestPage(line->second, {{"pod", "web-0"}}, kNow - seconds(line->first))
                      .has_value());
    }
    const auto compiled = Query::Compile(query);
    EXPECT_TRUE(compiled.has_value()) << query;
    const auto result = compiled->Evaluate(store, kNow);
    EXPECT_TRUE(result.has_value()) << query;
    std::vector<double> values;
    for (const VectorSample& sample : result->vector) values.push_back(sample.value);
    return values;
  }

 private:
  std::map<int, std::string> lines_;  // by seconds ago
};

TEST(ProfilesTest, EverySignalHasOneValueInEachForm) {
  const SignalForm forms[] = {{}, {.matchers = R"({model="m"})", .group = "pod", .window = "20s"}};
  for (const Profile& profile : Profiles()) {
    Server server;
    std::map<std::string, bool> seen;
    const auto serve = [&](std::string name) {
      if (name.empty() || seen[name]) return;
      seen[name] = true;
      const bool own = name.back() == '}';
      if (own) name.pop_back();
      server.Series(name + (own ? "," : "{") + "model=\"m\"}", 5, 1);
    };
    for (const Signal& signal : profile.signals) {
      if (signal.kind == SignalKind::kSignals) continue;
      for (const auto& names : {signal.series, signal.requests}) {
        for (const std::string_view name : names) {
          if (signal.kind != SignalKind::kP95) {
            serve(std::string(name));
          } else if (!name.empty()) {
            server.Series(std::string(name) + "_bucket{model=\"m\",le=\"1\"}", 5, 1);
            server.Series(std::string(name) + "_bucket{model=\"m\",le=\"+Inf\"}", 5, 1);
            serve(std::string(name) + "_count");
          }
        }
      }
    }
    for (const Signal& signal : profile.signals) {
      for (const SignalForm& form : forms) {
        EXPECT_EQ(server.Values(profile.name, signal.name, form).size(), 1u)
            << SignalQuery(profile, signal, form);
      }
    }
  }
}

TEST(ProfilesTest, MeaningsAndUnits) {
  Server vllm;
  vllm.Series(R"(vllm:num_requests_waiting{engine="0"})", 3);
  vllm.Series(R"(vllm:num_requests_waiting{engine="1"})", 4);
  vllm.Series(R"(vllm:num_requests_running{engine="0"})", 10);
  vllm.Series(R"(vllm:kv_cache_usage_perc{engine="0"})", 0.25);
  vllm.Series(R"(vllm:kv_cache_usage_perc{engine="1"})", 0.75);
  vllm.Series("vllm:request_queue_time_seconds_sum", 1000, 3);
  vllm.Series("vllm:request_queue_time_seconds_count", 500, 2);
  vllm.Series("vllm:generation_tokens_total", 1e6, 900);
  EXPECT_THAT(vllm.Values("vllm", "waiting"), ElementsAre(7));
  EXPECT_THAT(vllm.Values("vllm", "concurrency"), ElementsAre(17));
  EXPECT_THAT(vllm.Values("vllm", "kv_cache_usage"), ElementsAre(0.75));
  EXPECT_THAT(vllm.Values("vllm", "queue_time"), ElementsAre(1.5));
  EXPECT_THAT(vllm.Values("vllm", "token_rate"), ElementsAre(::testing::DoubleNear(900, 1e-9)));

  Server triton;
  triton.Series(R"(nv_inference_pending_request_count{model="a"})", 2);
  triton.Series(R"(nv_inference_pending_request_count{model="b"})", 30);
  triton.Series(R"(nv_inference_queue_duration_us{model="a"})", 0, 20'000);
  triton.Series(R"(nv_inference_request_success{model="a"})", 0, 10);
  for (const char* part : {"input", "infer", "output"}) {
    triton.Series("nv_inference_compute_" + std::string(part) + "_duration_us{model=\"a\"}", 0,
                  5e5);
  }
  const SignalForm of_a{.matchers = R"({model="a"})"};
  EXPECT_THAT(triton.Values("triton", "queue_time", of_a),
              ElementsAre(::testing::DoubleNear(0.002, 1e-12)));
  EXPECT_THAT(triton.Values("triton", "concurrency", of_a),
              ElementsAre(::testing::DoubleNear(3.5, 1e-9)));
  EXPECT_THAT(triton.Values("triton", "waiting"), ElementsAre(32));

  Server dcgm;
  dcgm.Series(R"(DCGM_FI_DEV_GPU_UTIL{gpu="0"})", 40);
  dcgm.Series(R"(DCGM_FI_DEV_FB_USED{gpu="0"})", 1024);
  EXPECT_THAT(dcgm.Values("dcgm", "gpu_utilization"), ElementsAre(0.4));
  EXPECT_THAT(dcgm.Values("dcgm", "memory_used"), ElementsAre(1024.0 * 1024 * 1024));
}

TEST(ProfilesTest, ARenamedSeriesIsFoundAndCountedOnce) {
  Server old;
  old.Series("vllm:gpu_cache_usage_perc", 0.5);
  EXPECT_THAT(old.Values("vllm", "kv_cache_usage"), ElementsAre(0.5));
  Server both;
  both.Series("ray_serve_deployment_request_counter", 0, 7);
  both.Series("ray_serve_deployment_request_counter_total", 0, 7);
  EXPECT_THAT(both.Values("ray_serve", "request_rate"),
              ElementsAre(::testing::DoubleNear(7, 1e-9)));
}

// Names are those of a real server; its GPU's are not on every page.
TEST(ProfilesTest, TritonsSeriesAreOnTritonsPage) {
  std::ifstream file(std::string(TIDEGATE_SOURCE_DIR) +
                     "/tests/golden/triton/metrics-all-families.txt");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  for (const Signal& signal : ProfileOf("triton").signals) {
    if (signal.kind == SignalKind::kSignals || signal.name == "gpu_utilization") continue;
    for (const auto& names : {signal.series, signal.requests}) {
      for (const std::string_view name : names) {
        EXPECT_TRUE(name.empty() || page.find("\n" + std::string(name) + "{") != page.npos) << name;
      }
    }
  }
}

TEST(ProfilesTest, ExecutionsOfATriton) {
  Server triton;  // 20 executions of 1 a second of 10 ms, 5 of 4 of 20 ms
  const auto batches = [&](const std::string& of, double ones, double fours) {
    triton.Series("triton_batch_stats_" + of + R"({model="a",batch_size="1"})", 100, ones);
    triton.Series("triton_batch_stats_" + of + R"({model="a",batch_size="4"})", 100, fours);
  };
  batches("compute_infer_count", 20, 5);
  batches("inference_count", 20, 20);
  batches("compute_input_ns", 1e7, 0);
  batches("compute_infer_ns", 18e7, 9e7);
  batches("compute_output_ns", 1e7, 1e7);
  triton.Series(R"(triton_inference_count{model="a"})", 0, 40);
  triton.Series(R"(triton_execution_count{model="a"})", 0, 25);
  const auto is = [&](const char* signal, double value) {
    EXPECT_THAT(triton.Values("triton_stats", signal),
                ElementsAre(::testing::DoubleNear(value, 1e-9)))
        << signal;
  };
  is("busy", 0.3);
  is("execution_time", 0.3 / 25);
  is("capacity", 200);
  is("batch_size", 1.6);
  is("inference_rate", 40);
}

// Names are those that a real server's answer is made into.
TEST(ProfilesTest, TheSeriesOfTritonsStatisticsAreThere) {
  std::ifstream file(std::string(TIDEGATE_SOURCE_DIR) +
                     "/tests/golden/triton/stats-two-models.json");
  const std::string answer{std::istreambuf_iterator<char>(file), {}};
  const std::string page = triton_stats::StatsPage(answer).value();
  for (const Signal& signal : ProfileOf("triton_stats").signals) {
    if (signal.kind == SignalKind::kSignals || signal.kind == SignalKind::kTotal) continue;
    for (const auto& names : {signal.series, signal.requests}) {
      for (const std::string_view name : names) {
        EXPECT_TRUE(name.empty() || page.find("\n" + std::string(name) + "{") != page.npos) << name;
      }
    }
  }
}

// Idle reads 0, so that a workload may shrink; a server that hangs has no value, so that it may
// not.
TEST(ProfilesTest, IdleIsZeroAndHangingIsNothing) {
  for (const char* signal : {"queue_time", "latency_p95"}) {
    Server idle;
    Server waiting;
    Server running;
    Server unknown;
    for (Server* server : {&idle, &waiting, &running, &unknown}) {
      server->Series("tgi_request_queue_duration_sum", 12);
      server->Series("tgi_request_queue_duration_count", 34);
      server->Series("tgi_request_duration_count", 34);
      server->Series("tgi_request_duration_bucket{le=\"1\"}", 30);
      server->Series("tgi_request_duration_bucket{le=\"+Inf\"}", 34);
    }
    for (const auto& [server, waits, runs] :
         {std::tuple(&idle, 0, 0), std::tuple(&waiting, 5, 0), std::tuple(&running, 0, 1)}) {
      server->Series("tgi_queue_size", waits);
      server->Series("tgi_batch_current_size", runs);
    }
    EXPECT_THAT(idle.Values("tgi", signal), ElementsAre(0));
    EXPECT_THAT(waiting.Values("tgi", signal), IsEmpty());
    EXPECT_THAT(running.Values("tgi", signal), IsEmpty());
    EXPECT_THAT(unknown.Values("tgi", signal), IsEmpty());
  }
}

std::string Problems(const ParsedConfig& parsed) {
  std::string out;
  for (const ConfigProblem& problem : parsed.problems) out += problem.ToString() + "\n";
  return out;
}

/// Line 6 is the first metric's.
ParsedConfig Parsed(const std::string& metrics, const std::string& more) {
  return ParseConfig(
      "apiVersion: tidegate.dev/v1alpha1\nkind: Autoscaler\nmetadata: {name: web}\nspec:\n"
      "  maxReplicas: 3\n  metrics: [" +
          metrics + "]\n" + more,
      "f.yaml");
}

std::string Pods(const std::string& name, const std::string& more = "") {
  return "{type: Pods, pods: {metric: {name: " + name + more +
         "}, target: {type: AverageValue, averageValue: 5}}}";
}

std::string QueryIn(const ParsedConfig& parsed) {
  EXPECT_EQ(Problems(parsed), "");
  if (parsed.config.autoscalers.empty()) return {};
  const auto& queries = parsed.config.autoscalers[0].queries;
  return queries.empty() ? "" : queries[0].query;
}

TEST(ProfilesTest, AWorkloadsProfileMakesTheQuery) {
  EXPECT_EQ(QueryIn(Parsed(Pods("waiting"), "  profile: vllm\n")),
            "sum(vllm:num_requests_waiting)");
  EXPECT_EQ(QueryIn(Parsed(Pods("waiting", ", selector: {matchLabels: {model_name: a}}"),
                           "  profile: vllm\n")),
            R"(sum(vllm:num_requests_waiting{model_name="a"}))");
  EXPECT_EQ(QueryIn(Parsed(Pods("triton_trtllm.waiting", ", selector: {matchLabels: {model: a}}"),
                           "  profile: vllm\n")),
            R"(sum(nv_trt_llm_request_metrics{request_type="waiting",model="a"}))");
  EXPECT_EQ(QueryIn(Parsed(Pods("dcgm.gpu_utilization"), "")), "avg(DCGM_FI_DEV_GPU_UTIL) * 0.01");
}

TEST(ProfilesTest, APrometheusIsAskedByReplica) {
  const std::string prometheus =
      "  profile: vllm\n  prometheus: {url: 'http://p', replicaLabel: po}\n";
  EXPECT_EQ(QueryIn(Parsed(Pods("waiting"), prometheus)),
            "sum by (po) (vllm:num_requests_waiting)");
  EXPECT_EQ(QueryIn(Parsed(Pods("token_rate"), prometheus)),
            "sum by (po) (rate(vllm:generation_tokens_total[2m]))");
  EXPECT_EQ(QueryIn(Parsed("{type: External, external: {metric: {name: waiting}, target: {type: "
                           "AverageValue, averageValue: 5}}}",
                           prometheus)),
            "sum(vllm:num_requests_waiting)");
}

TEST(ProfilesTest, AnOwnQueryAndAResourceAreLeftAlone) {
  EXPECT_EQ(QueryIn(Parsed(Pods("waiting"),
                           "  profile: vllm\n  queries: [{metric: waiting, query: q}]\n")),
            "q");
  EXPECT_EQ(QueryIn(Parsed("{type: Resource, resource: {name: cpu, target: {type: Utilization, "
                           "averageUtilization: 80}}}",
                           "  profile: vllm\n")),
            "");
  // A rule of Prometheus Adapter is a query, too.
  EXPECT_EQ(
      QueryIn(Parsed(Pods("waiting"),
                     "  profile: vllm\n---\nrules: [{seriesQuery: waiting, metricsQuery: w}]\n")),
      "w");
  // Dots alone mean nothing.
  EXPECT_EQ(QueryIn(Parsed(Pods("http.waiting"), "")), "");
}

TEST(ProfilesTest, MistakesNameTheNearest) {
  EXPECT_EQ(Problems(Parsed(Pods("waiting"), "  profile: vlm\n")),
            "f.yaml:7:12: spec.profile: unsupported value \"vlm\", want one of \"dcgm\", "
            "\"ray_serve\", \"sglang\", \"tgi\", \"triton\", \"triton_stats\", \"triton_trtllm\", "
            "\"trtllm\", "
            "\"vllm\"; did you mean \"vllm\"?\n");
  const std::string problem = Problems(Parsed(Pods("wating"), "  profile: tgi\n"));
  EXPECT_THAT(problem,
              HasSubstr("f.yaml:6:48: spec.metrics[0].pods.metric.name: profile \"tgi\" has "
                        "no signal \"wating\"; known are \"waiting\", \"running\", "));
  EXPECT_THAT(problem, HasSubstr("; another metric needs a query; did you mean \"waiting\"?"));
  EXPECT_THAT(Problems(Parsed(Pods("vllm.kv_usage"), "")),
              HasSubstr("profile \"vllm\" has no signal \"kv_usage\""));
}

}  // namespace
}  // namespace tidegate::config
