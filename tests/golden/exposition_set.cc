// SPDX-License-Identifier: Apache-2.0

#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>

#include "exposition/content_type.h"
#include "exposition/number.h"
#include "exposition/page_parser.h"
#include "tests/golden/numbers.h"
#include "tests/golden/sets.h"
#include "text/utf8.h"
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

Json Pairs(std::span<const LabelView> labels) {
  Json pairs = Json::array();
  for (const LabelView& label : labels) pairs.push_back({Text(label.name), Text(label.value)});
  return pairs;
}

Json Time(std::optional<std::int64_t> time_ms) {
  return time_ms ? Json(std::to_string(*time_ms)) : Json(nullptr);
}

// As Go's 'g' writes it: the texts of exemplars are compared as texts.
std::string GoText(double value) {
  std::string text = CanonicalNumber(value);
  if (text.size() > 2 && text.substr(text.size() - 2) == ".0") text.resize(text.size() - 2);
  return text;
}

Json SampleEntry(const SampleView& sample) {
  Json labels = Pairs(sample.labels);
  labels.push_back({"__name__", Text(sample.name)});
  Json entry = {"sample", labels, NumberText(sample.value), Time(sample.timestamp_ms)};
  if (sample.exemplar) {
    entry.push_back({"exemplar", Pairs(sample.exemplar->labels), GoText(sample.exemplar->value),
                     Time(sample.exemplar->timestamp_ms)});
  }
  return entry;
}

Json ParseResult(const std::string& page, PageFormat format) {
  Json entries = Json::array();
  PageParser parser(page, format);
  std::size_t samples = 0;
  while (true) {
    switch (parser.Next()) {
      case PageParser::Event::kSample:
        ++samples;
        entries.push_back(SampleEntry(parser.sample()));
        break;
      case PageParser::Event::kType:
        entries.push_back(
            {"type", Text(parser.metadata_name()), std::string(TypeName(parser.type()))});
        break;
      case PageParser::Event::kHelp:
        entries.push_back({"help", Text(parser.metadata_name()), Text(parser.help())});
        break;
      case PageParser::Event::kUnit:
        entries.push_back({"unit", Text(parser.metadata_name()), Text(parser.unit())});
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
  const Result<PageFormat> format = FormatOf(test.at("content_type").get<std::string>());
  // Prometheus takes an empty page for success before it looks at its type.
  if (!format) {
    return {{"accept", false}, {"error", format.error().message}, {"scrape", page.empty()}};
  }
  Json result = ParseResult(page, *format);
  if (page.empty()) {
    result["scrape"] = true;
    return result;
  }
  SeriesStore store({.max_samples_per_page = 10'000'000,
                     .max_labels = 1'000'000,
                     .max_label_name_length = 100'000'000,
                     .max_label_value_length = 100'000'000,
                     .legacy_names = test.value("scheme", "") == "legacy"});
  const Result<PageSummary> stored = store.IngestPage(page, *format, {}, TimePoint{});
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
    const Json result = {{"id", test["id"]}, {"result", RunCase(test)}};
    out << result.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  }
  return 0;
}

}  // namespace tidegate::golden
