// SPDX-License-Identifier: Apache-2.0
#include "tidegate/sources/scrape.h"

#include <cctype>
#include <string_view>
#include <utility>

#include "exposition/content_type.h"
#include "sources/page.h"
#include "sources/replica_poll.h"

namespace tidegate {
namespace {

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

}  // namespace

std::unique_ptr<Source> MakeScrapeSource(ScrapeOptions options) {
  std::map<std::string, std::string> headers = HeadersOf(options);
  return MakeReplicaPoll({.name = "scrape",
                          .port = std::move(options.port),
                          .path = std::move(options.path),
                          .interval = options.interval,
                          .timeout = options.timeout,
                          .body_size_limit = options.body_size_limit,
                          .headers = std::move(headers),
                          .labels = {},
                          .rules = {.lenient = options.lenient}});
}

}  // namespace tidegate
