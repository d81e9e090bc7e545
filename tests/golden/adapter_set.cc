// SPDX-License-Identifier: Apache-2.0
#include <istream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/adapter.h"
#include "config/documents.h"
#include "runtime/readings.h"
#include "tests/golden/numbers.h"
#include "tests/golden/sets.h"
#include "tidegate/config.h"
#include "tidegate/promql.h"
#include "tidegate/sources/prometheus.h"

namespace tidegate::golden {
namespace {

using Json = nlohmann::json;
using config::AdapterRule;

constexpr const char* kWorkload = "web";

/// What Prometheus has stored, by data set.
using Worlds = std::map<std::string, Json>;

TimePoint TimeOf(const Json& test) {
  return TimePoint{std::chrono::milliseconds(test.at("time_ms").get<std::int64_t>())};
}

std::vector<AdapterRule> RulesOf(const Json& test) {
  const config::ParsedText parsed = config::ParseYaml(test.at("rules").get<std::string>());
  std::vector<config::Problem> problems;  // the whole configuration reports them
  if (parsed.documents.empty()) return {};
  return config::ReadAdapterRules(*parsed.documents.front(), "", problems);
}

/// The name that a rule offers a series by; null: it does not.
Json OfferedName(const AdapterRule& rule, const std::string& series) {
  const auto name = rule.name ? rule.name->NameOf(series) : std::nullopt;
  if (!name) return nullptr;
  MetricSpec metric{.name = *name};
  if (rule.external) metric.type = MetricSourceType::kExternal;
  const auto back = config::SeriesOf(rule, metric);
  return back && (*back == series || back->empty()) ? Json(*name) : Json();
}

/// The names of the metrics that each rule makes of the series that its seriesQuery finds.
Json Names(const Json& test) {
  const std::vector<AdapterRule> rules = RulesOf(test);
  std::set<std::string> custom;
  std::set<std::string> external;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!rules[i].resource.empty()) continue;
    for (const Json& series : test.at("found").at(i)) {
      const Json name = OfferedName(rules[i], series);
      if (name.is_string()) (rules[i].external ? external : custom).insert(name);
    }
  }
  return {{"custom", custom}, {"external", external}};
}

/// The query of each rule that is about the metric, in the Adapter's own form: for named pods.
Json Queries(const Json& test, const MetricSpec& metric) {
  config::AdapterQueryForm form{.type = metric.type,
                                .selector = metric.selector,
                                .object = metric.described_object,
                                .replica_label = test.value("pod_label", "pod"),
                                .name_space = test.at("namespace"),
                                .names = test.value("names", std::vector<std::string>{})};
  Json queries = Json::array();
  for (const AdapterRule& rule : RulesOf(test)) {
    const auto series = config::SeriesOf(rule, metric);
    if (!series) continue;
    const auto query = config::AdapterQuery(rule, *series, form);
    queries.push_back(query ? *query : "error: " + query.error().message);
  }
  return queries;
}

/// A HorizontalPodAutoscaler with the metric, the rules, and where the samples come from.
ParsedConfig Configuration(const Json& test, bool asks) {
  const Json hpa{{"apiVersion", "autoscaling/v2"},
                 {"kind", "HorizontalPodAutoscaler"},
                 {"metadata", {{"name", kWorkload}, {"namespace", test.at("namespace")}}},
                 {"spec",
                  {{"scaleTargetRef",
                    {{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"name", kWorkload}}},
                   {"maxReplicas", 9},
                   {"metrics", Json::array({test.at("metric")})}}}};
  const Json prometheus{{"url", test.value("url", "http://127.0.0.1:9")}};
  const Json own{{"apiVersion", "tidegate.dev/v1alpha1"},
                 {"kind", "Autoscaler"},
                 {"metadata", {{"name", kWorkload}}},
                 {"spec", {{"prometheus", prometheus}}}};
  return ParseConfig(hpa.dump() + "\n---\n" + (asks ? own.dump() + "\n---\n" : "") +
                         test.at("rules").get<std::string>(),
                     "rules");
}

void Store(const Json& series, Labels own, SampleSink& sink) {
  Labels labels = series.at("labels").get<Labels>();
  const std::string metric = labels["__name__"];
  labels.erase("__name__");
  labels.merge(own);
  for (const Json& sample : series.at("samples")) {
    const TimePoint at{std::chrono::milliseconds(sample.at(0).get<std::int64_t>())};
    (void)sink.Ingest(metric, labels, NumberFromText(sample.at(1).get<std::string>()), at);
  }
}

std::unique_ptr<SeriesStore> NewStore() {
  return std::make_unique<SeriesStore>(
      SeriesStoreOptions{.retention = std::chrono::hours(1), .max_samples_per_series = 10'000});
}

/// What a Prometheus that has stored the series would answer, stored as the source stores it.
Status Answer(const Json& world, const Json& test, const CollectQuery& asked, SampleSink& sink) {
  const auto store = NewStore();
  for (const Json& series : world) Store(series, {}, *store);
  const auto query = Query::Compile(asked.query);
  if (!query) return query.error();
  const auto result = query->Evaluate(*store, TimeOf(test));
  if (!result) return result.error();
  const auto keep = [&](Labels labels, double value) {
    const auto replica = labels.find("pod");
    if (replica != labels.end()) labels["replica"] = replica->second;
    labels["workload"] = kWorkload;
    labels.erase("__name__");
    (void)sink.Ingest(asked.metric, labels, value, TimeOf(test));
  };
  if (result->type == ValueType::kScalar) keep({}, result->scalar);
  for (const VectorSample& sample : result->vector) keep(sample.labels, sample.value);
  return {};
}

/// `{"web-0": 1500}` for the pods that have a value, `[1500]` of others; an error says why not.
Json ValuesOf(const Reading& reading, const MetricSpec& metric) {
  if (!metric.PerReplica()) return Json(reading.values);
  Json values = Json::object();
  for (const ReplicaReading& each : reading.replicas) values[each.replica] = each.value;
  return values;
}

Json Read(const Json& test, const Autoscaler& autoscaler, const SeriesStore& store,
          const std::string& text) {
  auto query = Query::Compile(text);
  if (!query) return {{"error", query.error().message}};
  Observation observation;
  for (const Json& name : test.value("names", Json::array())) {
    observation.replicas.push_back({.name = name, .phase = ReplicaPhase::kRunning});
  }
  const MetricSpec& metric = autoscaler.spec.metrics.front();
  const runtime::ReadOptions options{.workload = autoscaler.spec.workload,
                                     .max_sample_age = autoscaler.max_sample_age,
                                     .min_window_coverage = autoscaler.min_window_coverage};
  const Reading reading = runtime::MetricReader(*std::move(query))
                              .Read(metric, observation, store, options, TimeOf(test));
  return ValuesOf(reading, metric);
}

std::string QueryText(const Autoscaler& autoscaler) {
  return autoscaler.queries.empty() ? "" : autoscaler.queries.front().query;
}

/// By asking: the Prometheus at `url`, or else one that has the data set.
Json AskedValues(const Json& world, const Json& test, const Autoscaler& autoscaler) {
  const MetricSpec& metric = autoscaler.spec.metrics.front();
  const CollectQuery asked{metric.name, QueryText(autoscaler), metric.PerReplica()};
  const auto store = NewStore();
  if (!test.contains("url")) {
    const Status done = Answer(world, test, asked, *store);
    if (!done) return {{"error", done.error().message}};
  } else {
    std::vector<Replica> replicas;
    for (const Json& name : test.value("names", Json::array())) replicas.push_back({.name = name});
    const auto source = MakePrometheusSource(*autoscaler.prometheus);
    const TimePoint now = TimeOf(test);
    (void)source->Collect({.workload = autoscaler.spec.workload,
                           .replicas = replicas,
                           .now = now,
                           .deadline = now + std::chrono::seconds(10),
                           .queries = std::span(&asked, 1)},
                          *store);
    for (const TargetState& target : source->targets()) {
      if (!target.up) return {{"error", target.error}};
    }
  }
  return Read(test, autoscaler, *store, runtime::AnswerQuery(metric.name, kWorkload));
}

/// By scraping: each replica's series are those that name it.
Json ScrapedValues(const Json& world, const Json& test, const Autoscaler& autoscaler) {
  const auto store = NewStore();
  const Json& of = test.at("scraped_by");  // the labels that say whose series it is
  for (const Json& series : world) {
    const Json& labels = series.at("labels");
    if (Json(labels.value(of.at("namespace"), "")) != test.at("namespace")) continue;
    Store(series, {{"workload", kWorkload}, {"replica", labels.value(of.at("pod"), "")}}, *store);
  }
  return Read(test, autoscaler, *store, QueryText(autoscaler));
}

Json Values(const Json& test, const Worlds& worlds) {
  const auto world = worlds.find(test.at("dataset"));
  if (world == worlds.end()) return {{"error", "the data set has not been read"}};
  Json result;
  for (const bool asks : {true, false}) {
    if (!asks && !test.contains("scraped_by")) continue;
    const ParsedConfig parsed = Configuration(test, asks);
    const std::string key = asks ? "values" : "scraped";
    if (!parsed.problems.empty()) {
      result[key] = {{"refused", parsed.problems.front().ToString()}};
      continue;
    }
    const Autoscaler& autoscaler = parsed.config.autoscalers.front();
    result[key] = asks ? AskedValues(world->second, test, autoscaler)
                       : ScrapedValues(world->second, test, autoscaler);
    if (asks) result["queries"] = Queries(test, autoscaler.spec.metrics.front());
  }
  return result;
}

}  // namespace

int RunAdapterSet(std::istream& in, std::ostream& out) {
  Worlds worlds;
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty()) continue;
    const Json test = Json::parse(line, nullptr, false);
    if (!test.is_object()) return 1;
    if (test.contains("series")) {
      worlds[test.at("dataset")] = test.at("series");
      continue;
    }
    const Json result{{"id", test.at("id")},
                      {"result", test.contains("found") ? Names(test) : Values(test, worlds)}};
    out << result.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  }
  return 0;
}

}  // namespace tidegate::golden
