// SPDX-License-Identifier: Apache-2.0

#include <chrono>
#include <istream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/golden/numbers.h"
#include "tests/golden/sets.h"
#include "tidegate/promql.h"
#include "tidegate/series_store.h"

namespace tidegate::golden {
namespace {

using Json = nlohmann::json;
using Stores = std::map<std::string, std::unique_ptr<SeriesStore>>;

TimePoint FromMillis(std::int64_t ms) { return TimePoint{std::chrono::milliseconds(ms)}; }

std::unique_ptr<SeriesStore> MakeStore(const Json& dataset) {
  auto store = std::make_unique<SeriesStore>(SeriesStoreOptions{
      .retention = std::chrono::hours(24 * 365 * 200), .max_samples_per_series = 10'000'000});
  for (const Json& series : dataset.at("series")) {
    Labels labels = series.at("labels").get<Labels>();
    const std::string metric = labels["__name__"];
    labels.erase("__name__");
    for (const Json& sample : series.at("samples")) {
      (void)store->Ingest(metric, labels, NumberFromText(sample.at(1).get<std::string>()),
                          FromMillis(sample.at(0)));
    }
  }
  return store;
}

Json ErrorResult(const std::string& message, const char* phase) {
  return {{"type", "error"}, {"error", message}, {"phase", phase}};
}

Json InstantResult(const Query& query, const SeriesStore& store, TimePoint at,
                   const EvaluateOptions& options) {
  const Result<QueryResult> result = query.Evaluate(store, at, options);
  if (!result) return ErrorResult(result.error().message, "eval");
  if (result->type == ValueType::kScalar) {
    return {{"type", "scalar"}, {"scalar", NumberText(result->scalar)}};
  }
  Json vector = Json::array();
  for (const VectorSample& sample : result->vector) {
    vector.push_back({{"labels", sample.labels}, {"v", NumberText(sample.value)}});
  }
  return {{"type", "vector"}, {"vector", vector}};
}

Json RangeResult(const Query& query, const SeriesStore& store, const Json& test,
                 const EvaluateOptions& options) {
  std::map<Labels, Json> points;
  const std::int64_t step = test.at("step_ms");
  for (std::int64_t t = test.at("start_ms"); t <= test.at("end_ms").get<std::int64_t>();
       t += step) {
    const Result<QueryResult> result = query.Evaluate(store, FromMillis(t), options);
    if (!result) return ErrorResult(result.error().message, "eval");
    if (result->type == ValueType::kScalar) {
      points[{}].push_back({t, NumberText(result->scalar)});
    }
    for (const VectorSample& sample : result->vector) {
      points[sample.labels].push_back({t, NumberText(sample.value)});
    }
  }
  Json matrix = Json::array();
  for (const auto& [labels, values] : points) {
    matrix.push_back({{"labels", labels}, {"points", values}});
  }
  return {{"type", "matrix"}, {"matrix", matrix}};
}

Json RunCase(const Json& test, const Stores& stores) {
  const std::string id = test.at("id");
  const auto unsupported = [&id](const std::string& why) {
    return Json{{"id", id}, {"unsupported", why}};
  };
  const auto store = stores.find(test.at("dataset").get<std::string>());
  if (store == stores.end()) return unsupported("the data set has not been read");
  const Result<Query> query = Query::Compile(test.at("query").get<std::string>());
  if (!query) {
    const std::string& message = query.error().message;
    if (message.find("not supported") != std::string::npos) return unsupported(message);
    return {{"id", id}, {"result", ErrorResult(message, "parse")}};
  }
  EvaluateOptions options;
  if (test.contains("lookback_ms")) {
    options.lookback = std::chrono::milliseconds(test["lookback_ms"].get<std::int64_t>());
  }
  const Json result = test.contains("time_ms") ? InstantResult(*query, *store->second,
                                                               FromMillis(test["time_ms"]), options)
                                               : RangeResult(*query, *store->second, test, options);
  return {{"id", id}, {"result", result}};
}

}  // namespace

int RunPromqlSet(std::istream& in, std::ostream& out) {
  Stores stores;
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty()) continue;
    const Json test = Json::parse(line, nullptr, false);
    if (!test.is_object()) return 1;
    if (test.contains("series")) {
      stores[test.at("dataset").get<std::string>()] = MakeStore(test);
    } else if (test.contains("id") && test.contains("query")) {
      out << RunCase(test, stores).dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    } else {
      return 1;
    }
  }
  return 0;
}

}  // namespace tidegate::golden
