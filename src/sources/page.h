// SPDX-License-Identifier: Apache-2.0
//
// What scraping is, whoever the targets are.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "exposition/content_type.h"
#include "net/http_client.h"
#include "tidegate/series_store.h"
#include "tidegate/source.h"

namespace tidegate {

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

/// What a target's state says of its page.
inline void TellSkipped(const Result<PageSummary>& summary, TargetState& state) {
  state.skipped_lines = summary ? summary->skipped_lines : 0;
  state.warning.clear();
  if (state.skipped_lines == 0) return;
  state.warning = std::to_string(state.skipped_lines) +
                  (state.skipped_lines == 1 ? " line" : " lines") +
                  " skipped, the first: " + summary->first_skipped;
}

/// Those that relabelling leaves of a page, whether the store wants them or not.
inline std::size_t SamplesOn(const PageSummary& page) {
  return page.samples + page.left_out + page.skipped;
}

/// The page that a target answers, on its way into the sink, which gets all of it or nothing.
class AnsweredPage {
 public:
  AnsweredPage(Labels target, TimePoint now, SampleSink& sink, PageRules rules = {})
      : target_(std::move(target)), now_(now), sink_(sink), rules_(std::move(rules)) {}

  /// What HttpRequest::on_body wants, while this lives.
  net::BodyReader Reader() {
    return [this](std::string_view content_type, std::string_view part) {
      return Append(content_type, part);
    };
  }

  /// The answer has come to its end. An error is why the target is down.
  Result<PageSummary> Finish() {
    if (page_ == nullptr) return Error{ErrorCode::kNoData, "the page is empty"};
    Result<PageSummary> summary = page_->Finish();
    if (summary && SamplesOn(*summary) + summary->dropped == 0) {
      return Error{ErrorCode::kNoData, "the page has no samples"};
    }
    return summary;
  }

 private:
  Status Append(std::string_view content_type, std::string_view part) {
    if (page_ == nullptr) {
      const Result<PageFormat> format = FormatOfResponse(content_type);
      if (!format) return format.error();
      page_ = sink_.BeginPage(*format, target_, now_, rules_);
    }
    page_->Append(part);
    return {};
  }

  const Labels target_;
  const TimePoint now_;
  SampleSink& sink_;
  const PageRules rules_;
  std::unique_ptr<IncomingPage> page_;  // once its first bytes are there
};

}  // namespace tidegate
