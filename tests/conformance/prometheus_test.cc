// SPDX-License-Identifier: Apache-2.0
//
// A real Prometheus scrapes two servers of ours. What it says to a query and what Tidegate makes of
// the same samples must be the same, to the last bit, and so must the decisions made of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "net/http_client.h"
#include "support/child_process.h"
#include "support/fault_proxy.h"
#include "support/prometheus_instance.h"
#include "tidegate/clock.h"
#include "tidegate/controller.h"
#include "tidegate/promql.h"
#include "tidegate/serve.h"
#include "tidegate/sources/discovery.h"
#include "tidegate/sources/prometheus.h"

namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// "open sesame" as bcrypt makes it, cheap to check.
constexpr std::string_view kOpenSesame =
    "$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW";

/// A server whose page moves with each read of it: counters with a reset, a gauge, a NaN.
class Exporter {
 public:
  explicit Exporter(int step)
      : step_(step),
        admin_(MakeAdminServer({.address = "127.0.0.1:0"}, {.metrics = [this] { return Page(); }})
                   .value()) {}
  std::uint16_t port() const { return admin_->port(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port()); }

 private:
  std::string Page() {
    const int n = ++reads_;
    const int since_restart = n % 9;
    const auto line = [](const std::string& series, double value) {
      char text[64];
      std::snprintf(text, sizeof text, " %.17g\n", value);
      return series + text;
    };
    std::string page = "# TYPE requests_total counter\n" + line("requests_total", n * step_);
    page += "# TYPE restarted_total counter\n" + line("restarted_total", since_restart * step_);
    page += "# TYPE depth gauge\n" + line("depth", step_ * 4);
    page += "# TYPE swing gauge\n" + line("swing", (n * n * 7 % 11) / 3.0);
    page += "# TYPE broken gauge\nbroken NaN\n# TYPE latency histogram\n";
    const std::array<std::pair<const char*, double>, 4> buckets = {
        {{"0.1", n * 1.0}, {"0.5", n * 2.0 + step_}, {"2", n * 4.0}, {"+Inf", n * 5.0}}};
    for (const auto& [le, count] : buckets) {
      page += line("latency_bucket{le=\"" + std::string(le) + "\"}", count + step_);
    }
    return page + line("latency_sum", n * 0.7) + line("latency_count", n * 5.0 + step_);
  }

  const int step_;
  std::atomic<int> reads_{0};
  std::unique_ptr<AdminServer> admin_;
};

/// Keeps the readings of the last tick.
class Watcher final : public Reporter {
 public:
  explicit Watcher(std::vector<Reading>& readings) : readings_(readings) {}
  void OnTick(const TickReport& report) override {
    readings_ = report.input.workloads.at(0).readings;
  }

 private:
  std::vector<Reading>& readings_;
};

TimePoint Millis(double seconds) {
  return TimePoint(std::chrono::milliseconds(std::llround(seconds * 1000)));
}

/// What is measured, whichever way: values by labels. Two NaNs are the same.
using Values = std::map<Labels, std::uint64_t>;

class RealPrometheusTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string targets;
    for (std::size_t i = 0; i < exporters_.size(); ++i) {
      targets += (i == 0 ? "" : ", ") + std::string("{targets: [\"") + exporters_[i].address() +
                 "\"], labels: {pod: web-" + std::to_string(i) + "}}";
    }
    ASSERT_TRUE(prometheus_.Start("[{job_name: web, static_configs: [" + targets + "]}]"))
        << prometheus_.Log();
    ASSERT_TRUE(Eventually([&] { return ReadSamples() >= 2 * 15; }, 30s)) << prometheus_.Log();
  }

  std::vector<Replica> Replicas() const {
    std::vector<Replica> replicas;
    for (std::size_t i = 0; i < exporters_.size(); ++i) {
      replicas.push_back({.name = "web-" + std::to_string(i),
                          .phase = ReplicaPhase::kRunning,
                          .ready = ConditionStatus::kTrue,
                          .host = "127.0.0.1",
                          .ports = {{"metrics", exporters_[i].port()}}});
    }
    return replicas;
  }

  /// Copies what Prometheus has into `raw_`, and sets `at_` to a time that nothing newer can
  /// change: shortly after the newest sample, and no whole number of intervals from any other.
  /// (Prometheus 2 counts a sample at the very beginning of a range, Tidegate and 3 do not.)
  /// Returns how many samples there are; 0 as long as they will not do: where a scrape was late at
  /// the beginning of a range, Prometheus 2 extrapolates a restarted counter further than 3.
  std::size_t ReadSamples() {
    net::HttpRequest request;
    request.url = prometheus_.url() + "/api/v1/query";
    request.method = net::HttpMethod::kPost;
    request.body = "query={job=\"web\"}[1m]";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    const auto outcome = net::HttpClient().Perform(request);
    if (!outcome.response) return 0;
    raw_ = std::make_unique<SeriesStore>();
    std::size_t depths = 0;
    std::set<Duration> phases;
    std::vector<std::set<TimePoint>> restarted;
    at_ = TimePoint::max();
    const auto answer = nlohmann::json::parse(outcome.response->body);
    for (const auto& series : answer["data"]["result"]) {
      Labels labels = series["metric"].get<Labels>();
      const std::string name = std::exchange(labels["__name__"], "");
      labels.erase("__name__");
      if (name == "restarted_total") restarted.emplace_back();
      for (const auto& point : series["values"]) {
        const double value = std::strtod(point[1].get<std::string>().c_str(), nullptr);
        const TimePoint time = Millis(point[0].get<double>());
        EXPECT_TRUE(raw_->Ingest(name, labels, value, time).ok());
        phases.insert(time.time_since_epoch() % kInterval);
        if (name == "restarted_total") restarted.back().insert(time);
      }
      if (name == "depth") depths += series["values"].size();
      if (name == "depth") at_ = std::min(at_, Millis(series["values"].back()[0]) + 17ms);
    }
    while (phases.contains(at_.time_since_epoch() % kInterval)) at_ += 1ms;
    const bool in_time = std::all_of(restarted.begin(), restarted.end(), [&](const auto& times) {
      const auto first = times.upper_bound(at_ - 2s);
      return first != times.end() && *first - (at_ - 2s) <= kInterval + 10ms;
    });
    return in_time ? depths : 0;
  }

  /// What the source stores as Prometheus's answer at `at_`.
  Values Asked(const std::string& query) {
    SeriesStore store;
    const WorkloadId id = "web";
    const std::vector<CollectQuery> queries = {{"answer", query, false}};
    const std::vector<Replica> replicas = Replicas();
    const Status asked = source_->Collect({id, replicas, at_, at_ + 10s, queries}, store);
    EXPECT_TRUE(asked.ok());
    EXPECT_EQ(source_->targets().at(0).error, "") << query;
    Values plain;
    for (const auto& [labels, value] : Evaluated("answer", store)) {
      // Here the label pod names the replica.
      EXPECT_EQ(Label(labels, "replica"), Label(labels, "pod")) << query;
      Labels own = labels;
      own.erase("workload");
      own.erase("replica");
      plain[own] = value;
    }
    return plain;
  }

  static std::string Label(const Labels& labels, const std::string& name) {
    const auto found = labels.find(name);
    return found == labels.end() ? std::string() : found->second;
  }

  Values Evaluated(const std::string& query, const SeriesStore& store) const {
    const auto compiled = Query::Compile(query);
    EXPECT_TRUE(compiled.has_value()) << query;
    const auto result = compiled->Evaluate(store, at_);
    EXPECT_TRUE(result.has_value()) << query;
    Values values;
    const auto bits = [](double v) {
      return std::isnan(v) ? ~0ULL : std::bit_cast<std::uint64_t>(v);
    };
    if (result->type == ValueType::kScalar) values[{}] = bits(result->scalar);
    for (const VectorSample& sample : result->vector) {
      Labels labels = sample.labels;
      labels.erase("__name__");
      values[labels] = bits(sample.value);
    }
    return values;
  }

  static constexpr Duration kInterval = 200ms;  // of PrometheusInstance
  std::array<Exporter, 2> exporters_{Exporter(3), Exporter(5)};
  PrometheusInstance prometheus_;
  std::unique_ptr<Source> source_ = MakePrometheusSource({.url = prometheus_.url(),
                                                          .interval = Duration::zero(),
                                                          .timeout = std::chrono::seconds(10)});
  std::unique_ptr<SeriesStore> raw_;
  TimePoint at_;
};

TEST_F(RealPrometheusTest, SaysWhatTidegateComputes) {
  for (const char* query : {
           "depth",
           "broken",
           "rate(requests_total[2s])",
           "sum by (pod) (rate(requests_total[2s]))",
           "increase(restarted_total[2s])",
           "delta(swing[1600ms])",
           "sum(increase(restarted_total[2s])) / count(depth)",
           "sum by (pod) (sum_over_time(swing[2s]))",
           "max_over_time(deriv(swing[1s])[1s:200ms])",
           "histogram_quantile(0.9, sum by (le, pod) (rate(latency_bucket[2s])))",
           "depth / on (pod) (requests_total > 0)",
           "depth offset 1s",
           "predict_linear(requests_total[2s], 60)",
           "quantile_over_time(0.5, swing[2s])",
           "scalar(sum(depth)) + 0.1",
           "depth == 1e9",
       }) {
    const Values asked = Asked(query);
    EXPECT_EQ(asked, Evaluated(query, *raw_)) << query;
    EXPECT_EQ(asked.empty(), std::string(query) == "depth == 1e9") << query;
  }
}

TEST_F(RealPrometheusTest, ErrorsAreInItsWords) {
  const auto error = [&](const std::string& query) {
    const WorkloadId id = "web";
    SeriesStore store;
    const std::vector<CollectQuery> queries = {{"answer", query, false}};
    EXPECT_TRUE(source_->Collect({id, {}, at_, at_ + 10s, queries}, store).ok());
    return source_->targets().at(0).error;
  };
  EXPECT_EQ(error("sum(depth"),
            "HTTP 400: bad_data: invalid parameter \"query\": 1:10: parse error: unclosed left "
            "parenthesis");
  EXPECT_THAT(error("depth * on (job) depth"), HasSubstr("HTTP 422: execution: "));
  EXPECT_EQ(error("\"text\""), "the answer is a string, not a number");
  EXPECT_EQ(error("{__name__=~\"depth|swing\"}"),
            "two series of the answer differ in nothing but their names; aggregate them");
  EXPECT_EQ(error("depth"), "");
}

// On the way its answer is lost, cut or another one: there is none, and then the same one again.
TEST_F(RealPrometheusTest, IsBelievedOnlyWholeAnswers) {
  const std::string query = "sum by (pod) (rate(requests_total[2s]))";
  const Values whole = Asked(query);
  FaultProxy proxy(prometheus_.port());
  source_ = MakePrometheusSource({.url = "http://127.0.0.1:" + std::to_string(proxy.port()),
                                  .interval = Duration::zero(),
                                  .timeout = std::chrono::milliseconds(500)});
  EXPECT_EQ(Asked(query), whole);
  const auto middle = [](const std::string&, const std::string& answer) {
    return answer.substr(0, answer.size() / 2);
  };
  for (const ProxyFault& fault :
       {ProxyFault{.refuse = true}, ProxyFault{.black_hole = true},
        ProxyFault{.delay = std::chrono::seconds(2)}, ProxyFault{.bytes_per_second = 20},
        ProxyFault{.cut_after = 0, .reset = true}, ProxyFault{.rewrite = middle},
        Scripted(HttpAnswer("503 Away", "", "")),
        RewriteBody([](const std::string& body) { return body.substr(0, body.size() - 1); }),
        RewriteBody([](const std::string& body) { return body + "{"; })}) {
    proxy.Set(fault);
    const WorkloadId id = "web";
    SeriesStore store;
    const std::vector<CollectQuery> queries = {{"answer", query, false}};
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_TRUE(source_->Collect({id, Replicas(), at_, at_ + 10s, queries}, store).ok());
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 4s);
    EXPECT_FALSE(source_->targets().at(0).up);
    EXPECT_THAT(Evaluated("answer", store), IsEmpty());
    proxy.Set({});
    EXPECT_EQ(Asked(query), whole);
  }
}

// The whole way: which replica a value belongs to, and what is decided. Only the label differs.
TEST_F(RealPrometheusTest, DecidesByWhatItSays) {
  for (const char* label : {"pod", "instance"}) {
    std::vector<Reading> readings;
    Components components;
    components.reporters.push_back(std::make_unique<Watcher>(readings));
    Workload web;
    web.spec = {.workload = "web", .min_replicas = 1, .max_replicas = 50};
    web.spec.metrics = {{.type = MetricSourceType::kPods, .name = "queue-depth"},
                        {.type = MetricSourceType::kPods, .name = "broken"},
                        {.type = MetricSourceType::kExternal, .name = "total"}};
    web.spec.metrics[0].target.average_value = 8'000;
    web.spec.metrics[1].target.average_value = 1'000;
    web.spec.metrics[2].target.average_value = 10'000;
    web.spec.behavior = DefaultBehavior();
    web.queries = {{"queue-depth", "max by (pod, instance) (depth)"}, {"total", "sum(depth)"}};
    web.source = MakePrometheusSource({.url = prometheus_.url(), .replica_label = label});
    std::vector<Workload> workloads;
    workloads.push_back(std::move(web));
    auto controller = Controller::Create(std::move(workloads), std::move(components)).value();
    Observation seen{.spec_replicas = 2, .status_replicas = 2, .replicas = Replicas()};
    ASSERT_TRUE(controller->SetReplicas("web", seen).ok());
    const Decision decision = controller->Tick().workloads.at(0).decision;
    ASSERT_THAT(readings, SizeIs(3));
    EXPECT_FALSE(readings[0].error) << readings[0].error->message;
    ASSERT_THAT(readings[0].replicas, SizeIs(2)) << label;
    EXPECT_EQ(readings[0].replicas[0].value, 12'000);  // of web-0
    EXPECT_EQ(readings[0].replicas[1].value, 20'000);
    EXPECT_THAT(readings[0].doubts, IsEmpty());
    ASSERT_TRUE(readings[1].error);
    EXPECT_EQ(readings[1].error->message,
              "no replica has a value of broken: web-0 the value is nan");
    EXPECT_EQ(readings[2].values, std::vector<MilliValue>{32'000});
    EXPECT_EQ(decision.desired, 4);  // ceil(2 * 16 / 8); 32 / 10 is the same
  }
}

#ifdef TIDEGATE_SCALER
TEST_F(RealPrometheusTest, IsAskedByTheExecutable) {
  const TempFolder& folder = prometheus_.folder();
  WriteFile(folder / "web.yaml", R"(apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {name: web}
spec:
  maxReplicas: 9
  metrics:
  - {type: External, external: {metric: {name: total}, target: {type: Value, value: 10}}}
  queries: [{metric: total, query: sum(depth)}]
  prometheus: {url: ")" + prometheus_.url() +
                                     "\"}\n");
  ChildProcess tidegate;
  ASSERT_TRUE(tidegate.Start({TIDEGATE_SCALER, "run", "-f", folder / "web.yaml", "--once",
                              "--journal", folder / "journal", "--admin-address", "127.0.0.1:0"},
                             folder / "tidegate.log"));
  EXPECT_EQ(tidegate.Wait(), 0) << ReadFile(folder / "tidegate.log");
  EXPECT_THAT(ReadFile(folder / "journal"), HasSubstr(R"("milliValues":[32000])"));
}
#endif

TEST(RealPrometheusTlsTest, BelievesOnlyItsCertificateAndItsPassword) {
  PrometheusInstance prometheus;
  const TempFolder& folder = prometheus.folder();
  ChildProcess openssl;
  ASSERT_TRUE(
      openssl.Start({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                     "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                     folder / "key", "-out", folder / "certificate"},
                    folder / "openssl.log"));
  ASSERT_EQ(openssl.Wait(), 0) << ReadFile(folder / "openssl.log");
  ASSERT_TRUE(prometheus.Start("[]",
                               "tls_server_config: {cert_file: certificate, key_file: key}\n"
                               "basic_auth_users: {tidegate: \"" +
                                   std::string(kOpenSesame) + "\"}\n"))
      << prometheus.Log();
  const std::string port = std::to_string(prometheus.port());
  const auto error = [&](PrometheusOptions options) {
    if (options.url.empty()) options.url = "https://localhost:" + port;
    options.timeout = std::chrono::seconds(10);
    SeriesStore store;
    const WorkloadId id = "web";
    const std::vector<CollectQuery> queries = {{"answer", "vector(1)", false}};
    const auto source = MakePrometheusSource(std::move(options));
    const TimePoint now = MakeSystemClock()->Now();
    EXPECT_TRUE(source->Collect({id, {}, now, now + 10s, queries}, store).ok());
    EXPECT_EQ(store.stats().series, source->targets().at(0).up ? 1u : 0u);
    return source->targets().at(0).error;
  };
  WriteFile(folder / "password", "open sesame\n");
  WriteFile(folder / "wrong", "hunter2\n");
  const BasicAuth user{"tidegate", folder / "password"};
  const TlsFiles trust{.ca_file = folder / "certificate"};
  EXPECT_EQ(error({.basic_auth = user, .tls = trust}), "");
  EXPECT_EQ(error({.tls = trust}), "HTTP 401");
  EXPECT_EQ(error({.basic_auth = {"tidegate", folder / "wrong"}, .tls = trust}), "HTTP 401");
  EXPECT_THAT(error({.basic_auth = user}), HasSubstr("certificate refused: "));
  EXPECT_THAT(error({.url = "https://127.0.0.1:" + port, .basic_auth = user, .tls = trust}),
              HasSubstr("certificate refused: "));
  EXPECT_EQ(error({.url = "http://localhost:" + port, .basic_auth = user}), "HTTP 400");
  EXPECT_THAT(error({.basic_auth = user, .tls = {.ca_file = folder / "nothing"}}),
              HasSubstr("certificate"));

  const auto scraped = [&](bool skip_verify) {
    ScrapeConfig job{.job_name = "prometheus", .scheme = "https"};
    job.access = {.basic_auth = user, .insecure_skip_verify = skip_verify};
    job.static_configs = {{.targets = {{{"__address__", "127.0.0.1:" + port}}}, .labels = {}}};
    const auto source = MakeDiscoverySource(job).value();
    SeriesStore store;
    const WorkloadId nobody;
    const TimePoint now = MakeSystemClock()->Now();
    EXPECT_TRUE(source->Collect({nobody, {}, now, now + 10s}, store).ok());
    return source->targets().at(0).error;
  };
  EXPECT_THAT(scraped(false), HasSubstr("certificate refused: "));
  EXPECT_EQ(scraped(true), "");
}

}  // namespace
}  // namespace tidegate::testing
