// SPDX-License-Identifier: Apache-2.0
#include "tidegate/series_store.h"

#include <utility>

#include "series/store_impl.h"

namespace tidegate {

SeriesStore::SeriesStore(SeriesStoreOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
SeriesStore::~SeriesStore() = default;

Status SeriesStore::Ingest(std::string_view metric, const Labels& labels, double value,
                           TimePoint at) {
  return impl_->Ingest(metric, labels, value, at);
}

Result<PageSummary> SeriesStore::IngestPage(std::string_view page, PageFormat format,
                                            const Labels& target, TimePoint at) {
  return impl_->IngestPage(page, format, target, at, {});
}

Result<PageSummary> SeriesStore::IngestPage(std::string_view page, PageFormat format,
                                            const Labels& target, TimePoint at,
                                            const PageRules& rules) {
  return impl_->IngestPage(page, format, target, at, rules);
}

std::unique_ptr<IncomingPage> SeriesStore::BeginPage(PageFormat format, Labels target, TimePoint at,
                                                     PageRules rules) {
  return impl_->BeginPage(format, std::move(target), at, std::move(rules));
}

void SeriesStore::MarkStale(const Labels& target, TimePoint at) { impl_->MarkStale(target, at); }

void SeriesStore::KeepOnly(std::optional<std::vector<std::string>> metrics) {
  impl_->KeepOnly(std::move(metrics));
}

SeriesStoreStats SeriesStore::stats() const { return impl_->stats(); }

}  // namespace tidegate
