// SPDX-License-Identifier: Apache-2.0
//
// What scraping is, whoever the targets are.
#pragma once

#include <string>
#include <string_view>

#include "exposition/content_type.h"
#include "net/http_client.h"
#include "tidegate/observation.h"
#include "tidegate/series_store.h"

namespace tidegate {

/// Nothing answers at a replica that has not started or has ended, or something else does.
inline bool HasServer(const Replica& replica) {
  return replica.phase == ReplicaPhase::kRunning || replica.phase == ReplicaPhase::kUnknown;
}

/// "0.7": what X-Prometheus-Scrape-Timeout-Seconds says.
inline std::string Seconds(Duration duration) {
  std::string text = std::to_string(std::chrono::duration<double>(duration).count());
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

/// Small exporters send no type at all: that is text here, where Prometheus 3 fails the scrape.
/// Another type is another thing than metrics, such as the error page of a proxy.
inline Result<PageFormat> FormatOfResponse(std::string_view content_type) {
  if (content_type.empty()) return PageFormat::kText;
  Result<PageFormat> format = FormatOf(content_type);
  if (format) return format;
  return Error{ErrorCode::kUnavailable, "protocol: " + format.error().message};
}

/// Puts the page that a target has answered into the sink. An error is why the target is down.
inline Result<PageSummary> IngestAnswer(const net::HttpResponse& response, const Labels& target,
                                        TimePoint now, SampleSink& sink,
                                        const PageRules& rules = {}) {
  if (response.body.empty()) return Error{ErrorCode::kNoData, "the page is empty"};
  const Result<PageFormat> format = FormatOfResponse(response.content_type);
  if (!format) return format.error();
  Result<PageSummary> summary = rules == PageRules()
                                    ? sink.IngestPage(response.body, *format, target, now)
                                    : sink.IngestPage(response.body, *format, target, now, rules);
  if (summary && summary->samples + summary->left_out + summary->dropped == 0) {
    return Error{ErrorCode::kNoData, "the page has no samples"};
  }
  return summary;
}

}  // namespace tidegate
