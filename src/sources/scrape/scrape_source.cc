// SPDX-License-Identifier: Apache-2.0
#include "tidegate/sources/scrape.h"

#include <cctype>
#include <string_view>
#include <utility>

#include "exposition/content_type.h"
#include "sources/replica_poll.h"

namespace tidegate {
namespace {

std::string Seconds(Duration duration) {
  std::string text = std::to_string(std::chrono::duration<double>(duration).count());
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

/// Those that Prometheus sends, where the user has no header of the same name.
std::map<std::string, std::string> HeadersOf(const ScrapeOptions& options) {
  std::map<std::string, std::pair<std::string, std::string>> by_lower_name = {
      {"accept", {"Accept", std::string(kAcceptHeader)}},
      {"x-prometheus-scrape-timeout-seconds",
       {"X-Prometheus-Scrape-Timeout-Seconds", Seconds(options.timeout)}}};
  for (const auto& header : options.headers) by_lower_name[Lower(header.first)] = header;
  std::map<std::string, std::string> headers;
  for (const auto& [name, header] : by_lower_name) headers.insert(header);
  return headers;
}

/// Small exporters send no type at all: that is text here, where Prometheus 3 fails the scrape.
/// Another type is another thing than metrics, such as the error page of a proxy.
Result<PageFormat> FormatOfResponse(std::string_view content_type) {
  if (content_type.empty()) return PageFormat::kText;
  Result<PageFormat> format = FormatOf(content_type);
  if (format) return format;
  return Error{ErrorCode::kUnavailable, "protocol: " + format.error().message};
}

Result<PageSummary> ReadPage(const net::HttpResponse& response, const Labels& target, TimePoint now,
                             SampleSink& sink) {
  if (response.body.empty()) return Error{ErrorCode::kNoData, "the page is empty"};
  const Result<PageFormat> format = FormatOfResponse(response.content_type);
  if (!format) return format.error();
  Result<PageSummary> summary = sink.IngestPage(response.body, *format, target, now);
  if (summary && summary->samples + summary->left_out == 0) {
    return Error{ErrorCode::kNoData, "the page has no samples"};
  }
  return summary;
}

}  // namespace

std::unique_ptr<Source> MakeScrapeSource(ScrapeOptions options) {
  return MakeReplicaPoll({.name = "scrape",
                          .port = options.port,
                          .path = options.path,
                          .interval = options.interval,
                          .timeout = options.timeout,
                          .body_size_limit = options.body_size_limit,
                          .headers = HeadersOf(options),
                          .labels = {}},
                         &ReadPage);
}

}  // namespace tidegate
