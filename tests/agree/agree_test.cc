// SPDX-License-Identifier: Apache-2.0
//
// A real Prometheus and Tidegate scrape the same servers, each for itself, while those are under
// load, restart and are away for a while. Every two seconds both are asked the same, about the same
// instant:
//
//   fed   Tidegate over the very samples that Prometheus has stored: the answers must be the same
//   live  Tidegate over its own samples, taken at other moments: the answers are compared and shown
//
// `make agree MINUTES=15` runs it for so long; AGREE_SECONDS says it to the program.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "net/http_client.h"
#include "support/http_fault_server.h"
#include "support/prometheus_instance.h"
#include "tidegate/clock.h"
#include "tidegate/controller.h"
#include "tidegate/promql.h"
#include "tidegate/sources/scrape.h"

namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPost =
    "avg(delta(nv_inference_queue_duration_us[30s])/(1+delta(nv_inference_request_success[30s])))";
constexpr std::array<const char*, 11> kQueries = {
    kPost,
    "sum(rate(nv_inference_request_success[30s]))",
    "sum by (replica) (increase(nv_inference_request_success[30s]))",
    "irate(nv_inference_request_success[10s])",
    "sum(rate(nv_inference_queue_duration_us[30s])) / sum(rate(nv_inference_request_success[30s]))",
    "avg by (replica) (avg_over_time(nv_gpu_utilization[20s]))",
    "max_over_time(nv_inference_pending_request_count[30s])",
    "quantile_over_time(0.9, nv_inference_pending_request_count[30s])",
    "histogram_quantile(0.9, sum by (le) (rate(nv_inference_first_response_ms_bucket[30s])))",
    "sum(resets(nv_inference_request_success[30s]))",
    "deriv(nv_gpu_utilization[20s])",
};

/// Triton's metrics of a server under a load that swings. A restart begins at 0.
class Triton {
 public:
  explicit Triton(int number) : number_(number), random_(static_cast<unsigned>(number)) {}

  void Restart() {
    const std::lock_guard lock(mutex_);
    requests_ = queue_us_ = 0;
    buckets_ = {};
  }

  std::string Page() {
    const std::lock_guard lock(mutex_);
    Advance();
    const std::string labels = "{model=\"densenet\",version=\"1\"} ";
    std::string page = "# TYPE nv_inference_request_success counter\n";
    page += "nv_inference_request_success" + labels + Number(std::floor(requests_));
    page += "# TYPE nv_inference_queue_duration_us counter\n";
    page += "nv_inference_queue_duration_us" + labels + Number(std::floor(queue_us_));
    page += "# TYPE nv_inference_pending_request_count gauge\n";
    page += "nv_inference_pending_request_count" + labels + Number(std::floor(load_ * 9));
    page += "# TYPE nv_gpu_utilization gauge\n";
    page += "nv_gpu_utilization{gpu_uuid=\"GPU-" + std::to_string(number_) + "\"} " + Number(load_);
    page += "# TYPE nv_inference_first_response_ms histogram\n";
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
      page += "nv_inference_first_response_ms_bucket{model=\"densenet\",le=\"" +
              std::string(kBounds[i]) + "\"} " + Number(std::floor(buckets_[i]));
    }
    return page;
  }

 private:
  using Steady = std::chrono::steady_clock;
  static constexpr std::array<const char*, 5> kBounds = {"5", "20", "100", "500", "+Inf"};

  static std::string Number(double value) {
    char text[64];
    std::snprintf(text, sizeof text, "%.17g\n", value);
    return text;
  }

  void Advance() {
    const double seconds = std::chrono::duration<double>(Steady::now() - begun_).count();
    const double step = seconds - at_;
    at_ = seconds;
    load_ = 0.5 + 0.4 * std::sin(seconds / 17 + number_) +
            0.1 * std::uniform_real_distribution<>(0, 1)(random_);
    const double served = 300 * load_ * step;
    requests_ += served;
    queue_us_ += served * 20'000 * load_ * load_;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      const double share = 1 - load_ * std::exp(-static_cast<double>(i));
      buckets_[i] += served * (i + 1 == buckets_.size() ? 1 : share);
    }
  }

  const int number_;
  const Steady::time_point begun_ = Steady::now();
  std::mutex mutex_;
  std::mt19937 random_;
  double at_ = 0;
  double load_ = 0;
  double requests_ = 0;
  double queue_us_ = 0;
  std::array<double, kBounds.size()> buckets_{};
};

using Values = std::map<Labels, double>;

/// How far two answers are apart, over a run.
struct Comparison {
  int asked = 0;
  int answered = 0;   ///< by both, with something in it
  int otherwise = 0;  ///< the series of one are not those of the other
  int identical = 0;
  int version_2 = 0;          ///< what Prometheus 2 computes otherwise than 3
  std::vector<double> apart;  ///< relative, the worst of an answer's series

  void Add(const Values& theirs, const Values& ours, bool version_2_differs = false) {
    ++asked;
    const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
    if (!std::equal(theirs.begin(), theirs.end(), ours.begin(), ours.end(), same)) {
      ++otherwise;
      return;
    }
    if (theirs.empty()) return;
    ++answered;
    double worst = 0;
    for (const auto& [labels, value] : theirs)
      worst = std::max(worst, Apart(value, ours.at(labels)));
    if (version_2_differs && worst > 1e-9) {
      ++version_2;
      return;
    }
    identical += worst == 0 ? 1 : 0;
    apart.push_back(worst);
  }

  double Quantile(double q) {
    if (apart.empty()) return 0;
    std::sort(apart.begin(), apart.end());
    return apart[static_cast<std::size_t>(q * static_cast<double>(apart.size() - 1))];
  }

 private:
  static double Apart(double a, double b) {
    if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
    return std::abs(a - b) / std::max(std::abs(a), std::abs(b));
  }
};

struct Point {
  std::int64_t ms = 0;
  double value = 0;
};

/// Where a counter has a gap at the begin of the window and has begun anew in it, the extrapolation
/// of Prometheus 2 reaches further back than that of 3, which Tidegate has.
bool Version2Differs(const std::vector<Point>& all, std::int64_t begin_ms, std::int64_t end_ms) {
  std::vector<Point> window;
  double increase = 0;
  for (const Point& point : all) {
    if (point.ms <= begin_ms || point.ms > end_ms) continue;
    if (!window.empty()) {
      increase += point.value - (point.value < window.back().value ? 0 : window.back().value);
    }
    window.push_back(point);
  }
  if (window.size() < 2 || increase <= 0) return false;
  const auto sampled = static_cast<double>(window.back().ms - window.front().ms);
  const double average = sampled / static_cast<double>(window.size() - 1);
  const double to_zero = sampled * window.front().value / increase;
  return static_cast<double>(window.front().ms - begin_ms) >= 1.1 * average &&
         to_zero > average / 2 && to_zero < 1.1 * average;
}

class AgreeTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kServers = 3;

  void SetUp() override {
    std::string targets;
    std::vector<Replica> replicas;
    for (std::size_t i = 0; i < kServers; ++i) {
      tritons_[i] = std::make_unique<Triton>(static_cast<int>(i));
      ports_[i] = server_.Listen(Healthy(i));
      const std::string name = "triton-" + std::to_string(i);
      targets += (i == 0 ? "" : ", ") + std::string("{targets: [\"127.0.0.1:") +
                 std::to_string(ports_[i]) + "\"], labels: {workload: triton, replica: " + name +
                 "}}";
      replicas.push_back({.name = name,
                          .phase = ReplicaPhase::kRunning,
                          .ready = ConditionStatus::kTrue,
                          .host = "127.0.0.1",
                          .ports = {{"metrics", ports_[i]}}});
    }
    ASSERT_TRUE(
        prometheus_.Start("[{job_name: triton, scrape_interval: 1s, scrape_timeout: 700ms, "
                          "static_configs: [" +
                          targets + "]}]"))
        << prometheus_.Log();
    Workload triton;
    triton.spec = {.workload = "triton", .min_replicas = 1, .max_replicas = 9};
    triton.spec.metrics = {{.type = MetricSourceType::kExternal, .name = "queue_us"}};
    triton.spec.metrics[0].target.value = 1'000'000;
    triton.queries = {{"queue_us", kPost}};
    triton.source = MakeScrapeSource({});
    std::vector<Workload> workloads;
    workloads.push_back(std::move(triton));
    controller_ = Controller::Create(std::move(workloads), {}, {.keep_all_series = true}).value();
    const auto count = static_cast<std::int32_t>(kServers);
    ASSERT_TRUE(controller_->SetReplicas("triton", {count, count, std::move(replicas)}).ok());
  }

  HttpBehavior Healthy(std::size_t i) {
    return {.reply = [triton = tritons_[i].get()](const std::string&) { return triton->Page(); }};
  }

  /// Now and then one restarts, and one is away for a while, in one way or another.
  void Disturb(std::mt19937& random) {
    const std::size_t i = random() % kServers;
    if (random() % 12 == 0) tritons_[i]->Restart();
    if (random() % 8 != 0) {
      server_.SetBehavior(ports_[i], Healthy(i));
      return;
    }
    constexpr std::array<HttpFault, 5> kFaults = {HttpFault::kHang, HttpFault::kReset,
                                                  HttpFault::kTruncate, HttpFault::kGarbage,
                                                  HttpFault::kNoAnswer};
    server_.SetBehavior(ports_[i], {.fault = kFaults[random() % kFaults.size()]});
  }

  nlohmann::json Ask(const std::string& query, TimePoint at) const {
    char time[32];
    std::snprintf(time, sizeof time, "%.3f",
                  std::chrono::duration<double>(at.time_since_epoch()).count());
    std::string encoded;
    for (const char c : query) {
      char hex[4];
      std::snprintf(hex, sizeof hex, "%%%02X", static_cast<unsigned char>(c));
      encoded += hex;
    }
    net::HttpRequest request;
    request.url = prometheus_.url() + "/api/v1/query?time=" + time + "&query=" + encoded;
    request.timeout = 10s;
    const auto outcome = net::HttpClient().Perform(request);
    if (!outcome.response || outcome.response->status != 200) return nullptr;
    return nlohmann::json::parse(outcome.response->body)["data"]["result"];
  }

  /// Without what only one of the two adds.
  static Labels Common(Labels labels) {
    for (const char* own : {"__name__", "job", "instance"}) labels.erase(own);
    return labels;
  }

  Values Theirs(const std::string& query, TimePoint at) const {
    Values values;
    for (const auto& series : Ask(query, at)) {
      values[Common(series["metric"].get<Labels>())] =
          std::strtod(series["value"][1].get<std::string>().c_str(), nullptr);
    }
    return values;
  }

  static Values Ours(const Query& query, const SeriesStore& store, TimePoint at) {
    Values values;
    const auto result = query.Evaluate(store, at);
    EXPECT_TRUE(result.has_value()) << query.text();
    for (const VectorSample& sample : result->vector) values[Common(sample.labels)] = sample.value;
    return values;
  }

  /// What Prometheus has stored up to `at`, and the latest instant by then at which no window
  /// begins at a sample: Prometheus 2 counts that one, Tidegate and Prometheus 3 do not.
  TimePoint Copy(TimePoint at, SeriesStore& into) {
    std::set<std::int64_t> phases;
    std::vector<std::vector<Point>> counters;
    for (const auto& series : Ask("{job=\"triton\"}[2m]", at)) {
      Labels labels = series["metric"].get<Labels>();
      const std::string name = labels["__name__"];
      labels.erase("__name__");
      std::vector<Point>& points = counters.emplace_back();
      for (const auto& point : series["values"]) {
        const std::int64_t ms = std::llround(point[0].get<double>() * 1000);
        const double value = std::strtod(point[1].get<std::string>().c_str(), nullptr);
        EXPECT_TRUE(
            into.Ingest(name, labels, value, TimePoint(std::chrono::milliseconds(ms))).ok());
        phases.insert(ms % 1000);
        points.push_back({ms, value});
      }
    }
    while (phases.contains(at.time_since_epoch() / 1ms % 1000)) at -= 1ms;
    const std::int64_t end_ms = at.time_since_epoch() / 1ms;
    version_2_differs_ = std::any_of(counters.begin(), counters.end(), [&](const auto& points) {
      return Version2Differs(points, end_ms - 30'000, end_ms);
    });
    return at;
  }

  HttpFaultServer server_;
  std::array<std::unique_ptr<Triton>, kServers> tritons_;
  std::array<std::uint16_t, kServers> ports_{};
  PrometheusInstance prometheus_;
  std::unique_ptr<Controller> controller_;
  bool version_2_differs_ = false;  // at the instant of the last copy
};

TEST_F(AgreeTest, SaysWhatPrometheusSays) {
  const char* wanted = std::getenv("AGREE_SECONDS");
  const auto length = std::chrono::seconds(wanted == nullptr ? 90 : std::atoi(wanted));
  std::vector<Query> queries;
  for (const char* text : kQueries) queries.push_back(Query::Compile(text).value());
  std::vector<Comparison> fed(queries.size());
  std::vector<Comparison> live(queries.size());
  std::mt19937 random(1);
  {
    const std::jthread loop([this](const std::stop_token& stop) { controller_->Run(stop); });
    const auto clock = MakeSystemClock();
    const TimePoint full = clock->Now() + 35s;
    for (const TimePoint end = clock->Now() + length; clock->Now() < end;) {
      std::this_thread::sleep_for(2s);
      Disturb(random);
      if (clock->Now() < full) continue;
      // A scrape that was under way then is over, one way or the other.
      SeriesStore raw;
      const auto settled = std::chrono::floor<std::chrono::milliseconds>(clock->Now() - 1500ms);
      const TimePoint at = Copy(settled, raw);
      for (std::size_t i = 0; i < queries.size(); ++i) {
        const Values theirs = Theirs(queries[i].text(), at);
        fed[i].Add(theirs, Ours(queries[i], raw, at), version_2_differs_);
        live[i].Add(theirs, Ours(queries[i], controller_->store(), at));
      }
    }
  }
  std::printf(
      "relative differences            fed: asked identical   largest"
      "    live: compared others    median       p99\n");
  for (std::size_t i = 0; i < queries.size(); ++i) {
    std::printf("%s\n%30d %9d %9d %9.1e %17d %6d %9.1e %9.1e\n", kQueries[i], fed[i].asked,
                fed[i].identical, fed[i].version_2, fed[i].Quantile(1), live[i].answered,
                live[i].otherwise, live[i].Quantile(0.5), live[i].Quantile(0.99));
    EXPECT_EQ(fed[i].otherwise, 0) << kQueries[i];
    EXPECT_GT(fed[i].answered, fed[i].asked / 2) << kQueries[i];
    EXPECT_LE(fed[i].Quantile(1), 1e-9) << kQueries[i];
    EXPECT_GT(live[i].answered, live[i].asked / 2) << kQueries[i];
  }
}

}  // namespace
}  // namespace tidegate::testing
