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
<<<<<<< HEAD
  Result<PageSummary> summary = sink.IngestPage(response.body, *format, target, now);
  if (summary && summary->samples == 0) {
=======
  Result<PageSummary> summary = sink.IngestPage(response->body, *format, labels, now);
  if (summary && summary->samples + summary->left_out == 0) {
>>>>>>> peers
    return Error{ErrorCode::kNoData, "the page has no samples"};
  }
  return summary;
}

<<<<<<< HEAD
=======
void ScrapeSource::Finish(const CollectRequest& request, Target& target, net::HttpOutcome&& outcome,
                          SampleSink& sink) {
  const Labels labels = {{"replica", target.state.replica}, {"workload", request.workload}};
  const Result<PageSummary> summary = Ingest(outcome.response, labels, request.now, sink);
  if (!summary) sink.MarkStale(labels, request.now);
  const std::size_t samples = summary ? summary->samples + summary->left_out : 0;
  const double seconds = std::chrono::duration<double>(outcome.duration).count();
  // What the store refuses it counts; that is no failure of the target.
  (void)sink.Ingest("up", labels, summary ? 1 : 0, request.now);
  (void)sink.Ingest("scrape_duration_seconds", labels, seconds, request.now);
  (void)sink.Ingest("scrape_samples_scraped", labels, static_cast<double>(samples), request.now);
  const std::lock_guard lock(mutex_);
  target.state.up = summary.has_value();
  target.state.last_attempt = request.now;
  if (summary) target.state.last_success = request.now;
  target.state.last_duration = outcome.duration;
  target.state.samples = samples;
  target.state.error = summary ? "" : summary.error().message;
}

std::vector<TargetState> ScrapeSource::targets() const {
  std::vector<TargetState> states;
  const std::lock_guard lock(mutex_);
  for (const auto& [workload, targets] : workloads_) {
    for (const auto& [replica, target] : targets->by_replica) states.push_back(target.state);
  }
  return states;
}

>>>>>>> peers
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
