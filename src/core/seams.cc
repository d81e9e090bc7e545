// SPDX-License-Identifier: Apache-2.0
//
// Where the seams' virtual tables live, and what they do by default.
#include <memory>
#include <string>
#include <utility>

#include "tidegate/backend.h"
#include "tidegate/balancer.h"
#include "tidegate/clock.h"
#include "tidegate/fields.h"
#include "tidegate/reporter.h"
#include "tidegate/series_store.h"
#include "tidegate/slice_driver.h"
#include "tidegate/source.h"

namespace tidegate {

namespace {

class GatheredPage final : public IncomingPage {
 public:
  GatheredPage(SampleSink& sink, PageFormat format, Labels target, TimePoint at, PageRules rules)
      : sink_(sink),
        format_(format),
        target_(std::move(target)),
        at_(at),
        rules_(std::move(rules)) {}

  void Append(std::string_view part) override { page_.append(part); }
  Result<PageSummary> Finish() override {
    return sink_.IngestPage(page_, format_, target_, at_, rules_);
  }

 private:
  SampleSink& sink_;
  const PageFormat format_;
  const Labels target_;
  const TimePoint at_;
  const PageRules rules_;
  std::string page_;
};

}  // namespace

Backend::~Backend() = default;
Balancer::~Balancer() = default;
Clock::~Clock() = default;
FieldVisitor::~FieldVisitor() = default;
IncomingPage::~IncomingPage() = default;
Reporter::~Reporter() = default;
SampleSink::~SampleSink() = default;
Source::~Source() = default;
SliceDriver::~SliceDriver() = default;

void Reporter::OnReplace(const std::set<WorkloadId>& /*workloads*/) {}

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

std::unique_ptr<IncomingPage> SampleSink::BeginPage(PageFormat format, Labels target, TimePoint at,
                                                    PageRules rules) {
  return std::make_unique<GatheredPage>(*this, format, std::move(target), at, std::move(rules));
}

}  // namespace tidegate
