// SPDX-License-Identifier: Apache-2.0
//
// Where the seams' virtual tables live.
#include "tidegate/backend.h"
#include "tidegate/balancer.h"
#include "tidegate/clock.h"
#include "tidegate/fields.h"
#include "tidegate/reporter.h"
#include "tidegate/series_store.h"
#include "tidegate/source.h"

namespace tidegate {

Backend::~Backend() = default;
Balancer::~Balancer() = default;
Clock::~Clock() = default;
FieldVisitor::~FieldVisitor() = default;
Reporter::~Reporter() = default;
SampleSink::~SampleSink() = default;
Source::~Source() = default;

Result<PageSummary> SampleSink::IngestPage(std::string_view page, PageFormat format,
                                           const Labels& target, TimePoint at,
                                           const PageRules& rules) {
  if (rules == PageRules()) return IngestPage(page, format, target, at);
  return Error{ErrorCode::kInvalidArgument, "this sink has no rules for pages"};
}

Result<PageSummary> SampleSink::IngestPage(std::string_view page, const Labels& target,
                                           TimePoint at) {
  return IngestPage(page, PageFormat::kText, target, at);
}

}  // namespace tidegate
