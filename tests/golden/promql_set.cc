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

Json Points(const MatrixSeries& series) {
  Json points = Json::array();
  for (const auto& [time, value] : series.points) {
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch();
    points.push_back({ms.count(), NumberText(value)});
  }
  return points;
}

Json ValueResult(const QueryResult& result) {
  switch (result.type) {
    case ValueType::kScalar:
      return {{"type", "scalar"}, {"scalar", NumberText(result.scalar)}};
    case ValueType::kString:
      return {{"type", "string"}, {"string", result.text}};
    case ValueType::kVector: {
      Json vector = Json::array();
      for (const VectorSample& sample : result.vector) {
        vector.push_back({{"labels", sample.labels}, {"v", NumberText(sample.value)}});
      }
      return {{"type", "vector"}, {"vector", vector}};
    }
    case ValueType::kMatrix:
      break;
  }
  Json matrix = Json::array();
  for (const MatrixSeries& series : result.matrix) {
    matrix.push_back({{"labels", series.labels}, {"points", Points(series)}});
  }
  return {{"type", "matrix"}, {"matrix", matrix}};
}

Json Evaluated(const Query& query, const SeriesStore& store, const Json& test) {
  EvaluateOptions options;
  options.max_samples = 50'000'000;
  options.annotate = true;
  options.series_order = SeriesOrder::kByArrival;
  options.delayed_name_removal = test.value("delayed_name_removal", false);
  if (test.contains("lookback_ms")) {
    options.lookback = std::chrono::milliseconds(test["lookback_ms"].get<std::int64_t>());
  }
  const Result<QueryResult> result =
      test.contains("time_ms")
          ? query.Evaluate(store, FromMillis(test["time_ms"]), options)
          : query.EvaluateRange(
                store, FromMillis(test.at("start_ms")), FromMillis(test.at("end_ms")),
                std::chrono::milliseconds(test.at("step_ms").get<std::int64_t>()), options);
  if (!result) return ErrorResult(result.error().message, "eval");
  Json answer = ValueResult(*result);
  answer["warnings"] = result->warnings;
  answer["infos"] = result->infos;
  return answer;
}

Json RunCase(const Json& test, const Stores& stores) {
  const std::string id = test.at("id");
  const auto unsupported = [&id](const std::string& why) {
    return Json{{"id", id}, {"unsupported", why}};
  };
  const auto store = stores.find(test.at("dataset").get<std::string>());
  if (store == stores.end()) return unsupported("the data set has not been read");
  const CompileOptions options{.experimental_functions = test.value("experimental", false),
                               .fill_modifiers = test.value("fill_modifiers", false),
                               .unquoted_utf8_names = test.value("unquoted_utf8_names", false)};
  const Result<Query> query = Query::Compile(test.at("query").get<std::string>(), options);
  if (!query) return {{"id", id}, {"result", ErrorResult(query.error().message, "parse")}};
  return {{"id", id}, {"result", Evaluated(*query, *store->second, test)}};
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
