// SPDX-License-Identifier: Apache-2.0
#include "sources/prometheus/answer.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "exposition/number.h"
#include "net/http_client.h"

namespace tidegate::prometheus {
namespace {

using nlohmann::json;

constexpr int kMostNesting = 16;

Error Garbled(const std::string& what) { return {ErrorCode::kUnavailable, "protocol: " + what}; }

/// What a server says, as a part of one line.
std::string Shown(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

/// The member if it is a string, else "".
std::string Text(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? Shown(found->get_ref<const std::string&>())
                                                     : std::string();
}

/// Discarded if it is not JSON, or nested too deep.
json Parse(std::string_view body) {
  const auto shallow = [](int depth, json::parse_event_t, const json&) {
    return depth < kMostNesting;
  };
  return json::parse(body, shallow, /*allow_exceptions=*/false);
}

/// `HTTP 422: execution: …`, with as much of it as the server says.
Error Refusal(int http_status, const json& answer) {
  const Status status = net::CheckStatus(http_status);
  Error error = status ? Error{ErrorCode::kUnavailable, "the query failed"} : status.error();
  if (!answer.is_object()) return error;
  for (const char* key : {"errorType", "error"}) {
    const std::string text = Text(answer, key);
    if (!text.empty()) error.message += ": " + text;
  }
  // Of a success that is none, the type says whose fault it is.
  const std::string type = Text(answer, "errorType");
  if (status && (type == "bad_data" || type == "execution")) {
    error.code = ErrorCode::kInvalidArgument;
  }
  return error;
}

/// A `[time, "value"]` pair.
Result<std::pair<TimePoint, double>> ReadSample(const json& pair) {
  if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number() || !pair[1].is_string()) {
    return Garbled("want [time, \"value\"]");
  }
  double value = 0;
  const std::string& text = pair[1].get_ref<const std::string&>();
  if (ParseNumber(text, value) != NumberStatus::kOk) {
    return Garbled("\"" + Shown(text) + "\" is not a value");
  }
  constexpr double kMostSeconds = 9e9;  // what nanoseconds can count
  const double seconds = pair[0].get<double>();
  if (!(std::abs(seconds) < kMostSeconds)) return Garbled("a time that cannot be");
  const auto ms = static_cast<std::int64_t>(std::llround(seconds * 1000));
  return std::pair(TimePoint(std::chrono::milliseconds(ms)), value);
}

Result<Labels> ReadLabels(const json& item) {
  const auto metric = item.find("metric");
  if (metric == item.end() || !metric->is_object()) return Garbled("a series without labels");
  Labels labels;
  for (const auto& [name, value] : metric->items()) {
    if (!value.is_string()) return Garbled("a label that is not a string");
    if (name != "__name__") labels[name] = value.get<std::string>();
  }
  return labels;
}

/// One item of a vector or a matrix.
Result<AnswerSeries> ReadSeries(const json& item, bool is_matrix) {
  if (!item.is_object()) return Garbled("a series that is not an object");
  if (item.contains("histogram") || item.contains("histograms")) {
    return Error{ErrorCode::kInvalidArgument,
                 "the answer is a native histogram; take histogram_quantile() or the like of it"};
  }
  auto labels = ReadLabels(item);
  if (!labels) return labels.error();
  const auto values = item.find(is_matrix ? "values" : "value");
  const bool there =
      values != item.end() && (!is_matrix || (values->is_array() && !values->empty()));
  if (!there) return Garbled("a series without a value");
  const auto sample = ReadSample(is_matrix ? values->back() : *values);
  if (!sample) return sample.error();
  AnswerSeries series{.labels = *std::move(labels), .value = sample->second, .at = {}};
  if (is_matrix) series.at = sample->first;
  return series;
}

Status ReadList(const json& items, bool is_matrix, Answer& answer) {
  if (!items.is_array()) return Garbled("the result is not a list");
  std::set<Labels> seen;
  for (const json& item : items) {
    auto series = ReadSeries(item, is_matrix);
    if (!series) return series.error();
    if (!seen.insert(series->labels).second) {
      return Error{ErrorCode::kInvalidArgument,
                   "two series of the answer differ in nothing but their names; aggregate them"};
    }
    answer.series.push_back(*std::move(series));
  }
  return {};
}

Status ReadData(const json& data, Answer& answer) {
  const std::string type = data.is_object() ? Text(data, "resultType") : "";
  const auto result = data.find("result");
  if (type.empty() || result == data.end()) return Garbled("an answer without a result");
  if (type == "vector" || type == "matrix") return ReadList(*result, type == "matrix", answer);
  if (type == "string") {
    return Error{ErrorCode::kInvalidArgument, "the answer is a string, not a number"};
  }
  if (type != "scalar") return Garbled("a result of type \"" + type + "\"");
  const auto sample = ReadSample(*result);
  if (!sample) return sample.error();
  answer.series.push_back({.labels = {}, .value = sample->second, .at = {}});
  return {};
}

/// Prometheus and Thanos list them; VictoriaMetrics has a flag.
std::string WarningOf(const json& answer) {
  std::string warning;
  const auto add = [&](const std::string& text) {
    warning += (warning.empty() ? "" : "; ") + text;
  };
  const auto partial = answer.find("isPartial");
  if (partial != answer.end() && partial->is_boolean() && partial->get<bool>()) {
    add("the answer is partial");
  }
  const auto warnings = answer.find("warnings");
  if (warnings == answer.end() || !warnings->is_array()) return warning;
  for (const json& text : *warnings) {
    add(text.is_string() ? Shown(text.get_ref<const std::string&>()) : "a warning");
  }
  return warning;
}

}  // namespace

Result<Answer> ReadAnswer(int http_status, std::string_view body) {
  const json parsed = Parse(body);
  const bool is_object = parsed.is_object();
  const std::string status = is_object ? Text(parsed, "status") : "";
  if (!net::CheckStatus(http_status) || status == "error") return Refusal(http_status, parsed);
  if (!is_object) return Garbled("the answer is not JSON");
  const auto data = parsed.find("data");
  if (status != "success" || data == parsed.end()) {
    return Garbled("the answer is not that of a Prometheus");
  }
  Answer answer;
  answer.warning = WarningOf(parsed);
  if (Status read = ReadData(*data, answer); !read) return read.error();
  return answer;
}

}  // namespace tidegate::prometheus
