// SPDX-License-Identifier: Apache-2.0

#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>

#include "exposition/page_parser.h"
#include "exposition/utf8.h"
#include "tests/golden/numbers.h"
#include "tests/golden/sets.h"
#include "tidegate/series_store.h"

namespace tidegate::golden {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string Base64Decode(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t digit = kBase64.find(c);
    if (digit == std::string_view::npos) break;
    bits = (bits << 6U) | static_cast<unsigned>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> count) & 0xFFU);
    }
  }
  return out;
}

std::string Base64Encode(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = (bits << 8U) | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k > bytes.size() ? '=' : kBase64[(bits >> (18 - 6 * k)) & 63U];
    }
  }
  return out;
}

Json Text(std::string_view text) {
  if (IsUtf8(text)) return std::string(text);
  return {{"b64", Base64Encode(text)}};
}

std::string TypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
    case MetricType::kSummary:
      return "summary";
    case MetricType::kUnknown:
      break;
  }
  return "unknown";
}

Json SampleEntry(const SampleView& sample) {
  Json labels = Json::array();
  labels.push_back({"__name__", Text(sample.name)});
  for (const LabelView& label : sample.labels) {
    labels.push_back({Text(label.name), Text(label.value)});
  }
  Json time = nullptr;
  if (sample.timestamp_ms) time = std::to_string(*sample.timestamp_ms);
  return {"sample", labels, NumberText(sample.value), time};
}

// Only what text 0.0.4 is asked for; choosing a parser by content type is the scraper's affair.
std::string Unsupported(const Json& test) {
  const std::string type = test.at("content_type");
  if (type.rfind("text/plain; version=0.0.4", 0) != 0) return "content type " + type;
  if (test.value("scheme", "") == "legacy") return "legacy name scheme";
  return "";
}

Json ParseResult(const std::string& page) {
  Json entries = Json::array();
  PageParser parser(page);
  std::size_t samples = 0;
  while (true) {
    switch (parser.Next()) {
      case PageParser::Event::kSample:
        ++samples;
        entries.push_back(SampleEntry(parser.sample()));
        break;
      case PageParser::Event::kType:
        entries.push_back({"type", Text(parser.metadata_name()), TypeName(parser.type())});
        break;
      case PageParser::Event::kHelp:
        entries.push_back({"help", Text(parser.metadata_name()), Text(parser.help())});
        break;
      case PageParser::Event::kError:
        return {{"accept", false}, {"samples", samples}, {"error", parser.error().message}};
      case PageParser::Event::kEnd:
        return {{"accept", true}, {"samples", samples}, {"entries", entries}};
    }
  }
}

Json RunCase(const Json& test) {
  const std::string page = Base64Decode(test.at("page").get<std::string>());
  Json result = ParseResult(page);
  SeriesStore store({.max_samples_per_page = 10'000'000,
                     .max_labels = 1'000'000,
                     .max_label_name_length = 100'000'000,
                     .max_label_value_length = 100'000'000});
  const Result<PageSummary> stored = store.IngestPage(page, {}, TimePoint{});
  result["scrape"] = stored.has_value();
  if (!stored) result["reason"] = stored.error().message;
  return result;
}

}  // namespace

int RunExpositionSet(std::istream& in, std::ostream& out) {
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty()) continue;
    const Json test = Json::parse(line, nullptr, false);
    if (!test.is_object() || !test.contains("id") || !test.contains("page")) return 1;
    const std::string unsupported = Unsupported(test);
    const Json result = unsupported.empty()
                            ? Json{{"id", test["id"]}, {"result", RunCase(test)}}
                            : Json{{"id", test["id"]}, {"unsupported", unsupported}};
    out << result.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  }
  return 0;
}

}  // namespace tidegate::golden
