// SPDX-License-Identifier: Apache-2.0
#include "examples/flower/client/answers.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace flower {
namespace {

using nlohmann::json;
using tidegate::Error;
using tidegate::ErrorCode;
using tidegate::Result;

std::vector<std::string_view> SplitFields(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

std::optional<Question> ParseQuestion(std::string_view line) {
  const std::vector<std::string_view> fields = SplitFields(line);
  if (fields.size() != 5 || fields[4].empty()) return std::nullopt;
  json data = json::array();
  for (std::size_t i = 0; i < 4; ++i) {
    double value = 0;
    const char* end = fields[i].data() + fields[i].size();
    const auto [stop, error] = std::from_chars(fields[i].data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    data.push_back(value);
  }
  const json input = {
      {"name", "MEASUREMENTS"}, {"datatype", "FP32"}, {"shape", {4}}, {"data", data}};
  return Question{json{{"inputs", json::array({input})}}.dump(), std::string(fields[4])};
}

}  // namespace

Result<std::vector<Question>> ParseQuestions(std::string_view csv, std::string_view name) {
  std::vector<Question> questions;
  int number = 0;
  while (!csv.empty()) {
    const std::size_t end = std::min(csv.find('\n'), csv.size());
    const std::string_view line = csv.substr(0, end);
    csv.remove_prefix(std::min(end + 1, csv.size()));
    ++number;
    if (number == 1 || line.empty()) continue;
    std::optional<Question> question = ParseQuestion(line);
    if (!question) {
      return Error{ErrorCode::kInvalidArgument,
                   std::string(name) + ":" + std::to_string(number) +
                       ":1: expected four numbers and a species, got '" + std::string(line) + "'"};
    }
    questions.push_back(std::move(*question));
  }
  if (questions.empty()) {
    return Error{ErrorCode::kInvalidArgument, std::string(name) + ":1:1: no questions"};
  }
  return questions;
}

Verdict CheckAnswer(std::string_view body, std::string_view answer) {
  const json reply = json::parse(body, nullptr, false);
  if (!reply.is_object() || !reply.contains("outputs") || !reply["outputs"].is_array()) {
    return Verdict::kBadBody;
  }
  for (const json& output : reply["outputs"]) {
    if (!output.is_object() || output.value("name", json()) != "SPECIES") continue;
    const json data = output.value("data", json());
    if (!data.is_array() || data.size() != 1 || !data[0].is_string()) return Verdict::kBadBody;
    return data[0].get_ref<const std::string&>() == answer ? Verdict::kRight : Verdict::kWrongClass;
  }
  return Verdict::kBadBody;
}

}  // namespace flower
