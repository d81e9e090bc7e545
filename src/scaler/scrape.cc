// SPDX-License-Identifier: Apache-2.0
//
// One page, read as the scrape source reads it: what is wrong where, or what is on it.
#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "exposition/content_type.h"
#include "exposition/page_parser.h"
#include "net/http_client.h"
#include "scaler/commands.h"
#include "tidegate/series_store.h"
#include "tidegate/sources/scrape.h"

namespace tidegate::scaler {

namespace {

struct Family {
  std::string name;
  std::size_t samples = 0;
  MetricType type = MetricType::kUnknown;
};

struct Page {
  PageFormat format = PageFormat::kText;
  std::string text;
  double seconds = 0;
  std::size_t samples = 0;
  std::size_t series = 0;
  std::size_t skipped = 0;  // lines
  std::string first_skipped;
  std::size_t most_labels = 0;
  std::vector<Family> families;  // heaviest first
};

Result<Page> Fetch(const ScrapePageOptions& options) {
  net::HttpRequest request;
  request.url = options.url;
  request.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout * 1000));
  request.body_limit = ScrapeOptions{}.body_size_limit;
  request.headers = {{"Accept", std::string(kAcceptHeader)}};
  for (const std::string& header : options.headers) {
    const std::size_t colon = header.find(':');
    if (colon == std::string::npos) {
      return Error{ErrorCode::kInvalidArgument, "a header is \"Name: value\""};
    }
    const std::size_t value = header.find_first_not_of(' ', colon + 1);
    request.headers[header.substr(0, colon)] =
        value == std::string::npos ? "" : header.substr(value);
  }
  net::HttpClient client;
  net::HttpOutcome outcome = client.Perform(request);
  if (!outcome.response) return outcome.response.error();
  if (Status status = net::CheckStatus(outcome.response->status); !status) return status.error();
  Page page;
  page.seconds = std::chrono::duration<double>(outcome.duration).count();
  page.text = std::move(outcome.response->body);
  if (outcome.response->content_type.empty()) return page;
  const Result<PageFormat> format = FormatOf(outcome.response->content_type);
  if (!format) return format.error();
  page.format = *format;
  return page;
}

// Names that the page has, after it was taken.
void Count(Page& page) {
  std::map<std::string, Family, std::less<>> families;
  PageParser parser(page.text, page.format);
  for (auto event = parser.Next(); event != PageParser::Event::kEnd; event = parser.Next()) {
    if (event == PageParser::Event::kError && !parser.SkipLine()) break;
    if (event != PageParser::Event::kSample) continue;
    const SampleView& sample = parser.sample();
    auto found = families.find(sample.name);
    if (found == families.end()) {
      found = families.emplace(std::string(sample.name), Family{.name = std::string(sample.name)})
                  .first;
    }
    ++found->second.samples;
    found->second.type = sample.type;
    page.most_labels = std::max(page.most_labels, sample.labels.size());
  }
  for (auto& [name, family] : families) page.families.push_back(std::move(family));
  std::stable_sort(page.families.begin(), page.families.end(),
                   [](const Family& a, const Family& b) { return a.samples > b.samples; });
}

// As the store of a scaler takes it: names, labels that occur twice, limits.
Result<Page> Check(const ScrapePageOptions& options) {
  Result<Page> page = Fetch(options);
  if (!page) return page;
  SeriesStore store;
  const Result<PageSummary> summary =
      store.IngestPage(page->text, page->format, {}, TimePoint{}, {.lenient = options.lenient});
  if (!summary) return summary.error();
  if (summary->samples == 0) return Error{ErrorCode::kNoData, "the page has no samples"};
  page->samples = summary->samples + summary->left_out;
  page->series = summary->series_added;
  page->skipped = summary->skipped_lines;
  page->first_skipped = summary->first_skipped;
  Count(*page);
  return page;
}

std::string FormatName(PageFormat format) {
  return format == PageFormat::kOpenMetrics ? "OpenMetrics" : "text";
}

void PrintText(const ScrapePageOptions& options, const Page& page) {
  std::printf("%s: ok, %s, %zu bytes in %.0f ms\n", options.url.c_str(),
              FormatName(page.format).c_str(), page.text.size(), page.seconds * 1000);
  std::printf("%zu samples, %zu series, %zu names, at most %zu labels\n", page.samples, page.series,
              page.families.size(), page.most_labels);
  if (page.skipped > 0) {
    std::printf("%zu line%s skipped, the first: %s\n", page.skipped, page.skipped == 1 ? "" : "s",
                page.first_skipped.c_str());
  }
  const std::size_t shown = std::min(options.top, page.families.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const Family& family = page.families[i];
    std::printf("%9zu  %-9s  %s\n", family.samples, std::string(TypeName(family.type)).c_str(),
                family.name.c_str());
  }
}

void PrintJson(const ScrapePageOptions& options, const Page& page) {
  nlohmann::json top = nlohmann::json::array();
  const std::size_t shown = std::min(options.top, page.families.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const Family& family = page.families[i];
    top.push_back({{"name", family.name},
                   {"type", std::string(TypeName(family.type))},
                   {"samples", family.samples}});
  }
  nlohmann::json all = {{"url", options.url},
                        {"format", FormatName(page.format)},
                        {"bytes", page.text.size()},
                        {"seconds", page.seconds},
                        {"samples", page.samples},
                        {"series", page.series},
                        {"names", page.families.size()},
                        {"most_labels", page.most_labels},
                        {"heaviest", top}};
  if (page.skipped > 0) {
    all["skipped_lines"] = page.skipped;
    all["first_skipped"] = page.first_skipped;
  }
  std::printf("%s\n", all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

}  // namespace

int ScrapePage(const ScrapePageOptions& options) {
  const Result<Page> page = Check(options);
  if (!page) {
    std::fprintf(stderr, "%s: %s\n", options.url.c_str(), page.error().message.c_str());
    return 1;
  }
  if (options.output == Output::kJson) {
    PrintJson(options, *page);
  } else {
    PrintText(options, *page);
  }
  return 0;
}

}  // namespace tidegate::scaler
