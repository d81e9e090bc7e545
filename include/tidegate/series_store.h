// SPDX-License-Identifier: Apache-2.0
//
// SeriesStore: the samples of the recent past, bounded, for queries to look at.
//
// Each series is a ring of (time, value). What exceeds a limit is refused and counted, never
// dropped silently. Staleness is Prometheus's: a marker ends a series when it vanishes from its
// target's page or when its target goes.
//
// Thread safety: Ingest(), IngestPage() and MarkStale() may be called from any thread at any
// time; everything else too. They copy what they need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/relabel.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

/// Limits; each refusal is counted in SeriesStoreStats. None may be 0 (it would mean 1).
struct SeriesStoreOptions {
  Duration retention = std::chrono::minutes(15);  ///< older samples are overwritten
  std::size_t max_series = 1'000'000;
  std::size_t max_samples_per_series = 4096;
  std::size_t max_samples_per_page = 50'000;
  std::size_t max_labels = 64;
  std::size_t max_label_name_length = 256;
  std::size_t max_label_value_length = 2048;
  std::vector<std::string> metrics{};             ///< of pages, only these are kept; empty: all
  std::size_t max_bytes = std::size_t{1} << 30U;  ///< then nothing new, and shorter histories
  bool legacy_names = false;  ///< refuse names that need quotes, as Prometheus 2 does
};

struct SeriesStoreStats {
  std::size_t series = 0;
  std::size_t samples = 0;
  std::size_t bytes = 0;  ///< memory kept, about
  std::uint64_t ingested_total = 0;
  std::uint64_t pages_total = 0;
  std::uint64_t refused_series_total = 0;
  std::uint64_t refused_page_samples_total = 0;
  std::uint64_t refused_labels_total = 0;
  std::uint64_t refused_label_length_total = 0;
  std::uint64_t out_of_order_total = 0;
  std::uint64_t too_far_ahead_total = 0;  ///< a page's own times, 10 minutes after its scrape
  std::uint64_t skipped_total = 0;        ///< samples of pages: of metrics that are not kept
  std::uint64_t duplicate_total = 0;
  std::uint64_t parse_errors_total = 0;
  std::uint64_t skipped_lines_total = 0;  ///< by PageRules::lenient
};

struct PageSummary {
  std::size_t samples = 0;   ///< taken
  std::size_t left_out = 0;  ///< not newer than the newest of their series, or too far ahead
  std::size_t series_added = 0;
  std::size_t dropped = 0;  ///< samples that PageRules::relabel left out
  std::size_t skipped = 0;  ///< samples of metrics that the store does not keep
  /// Lines that PageRules::lenient skipped: what they were about is missing.
  std::size_t skipped_lines = 0;
  std::string first_skipped{};  ///< what is wrong with the first: "line 3, column 12: …"
};

/// How the samples of a target's page become series; the names and meanings are those of
/// Prometheus's `scrape_configs`.
struct PageRules {
  bool honor_labels = false;     ///< labels of the page win over the target's
  bool honor_timestamps = true;  ///< false: times on the page are not looked at
  RelabelRules relabel{};        ///< `metric_relabel_configs`: of all labels, `__name__` included
  // What is above a limit fails the page; 0: only the store's own limits are there.
  std::size_t sample_limit = 0;
  std::size_t label_limit = 0;
  std::size_t label_name_length_limit = 0;
  std::size_t label_value_length_limit = 0;
  /// A line that cannot be read is skipped and counted, instead of failing the page. A page that
  /// ends in the middle of a line or without its `# EOF`, that is above a limit, or that has no
  /// sample left fails all the same.
  bool lenient = false;

  friend bool operator==(const PageRules&, const PageRules&) = default;
};

/// A page that arrives in parts, each of which is read as it arrives. Nothing is stored before
/// Finish(): a page that is not finished, since its transfer was cut off, is discarded whole.
///
/// Thread safety: one thread at a time.
class TIDEGATE_EXPORT IncomingPage {
 public:
  virtual ~IncomingPage();
  /// The next bytes; where they end does not matter.
  virtual void Append(std::string_view part) = 0;
  /// There are no more; once. What IngestPage() of the whole page returns.
  virtual Result<PageSummary> Finish() = 0;
};

/// Where a Source puts what it read.
class TIDEGATE_EXPORT SampleSink {
 public:
  virtual ~SampleSink();

  /// One sample, kept to the millisecond. kInvalidArgument: a bad name or label. kUnavailable: a
  /// limit. kConflict: not newer than the newest sample of its series.
  virtual Status Ingest(std::string_view metric, const Labels& labels, double value,
                        TimePoint at) = 0;

  /// A page from the target whose labels are `target` (they are added to every series; a label of
  /// the page that has the name of one becomes `exported_…`).
  /// All or nothing, unless the rules are lenient: an error, with line and column, leaves the store
  /// as it was. A sample that is
  /// not newer than the newest of its series, or more than 10 minutes ahead of `at`, is left out
  /// and counted. Series of the target that the page no longer has end with a staleness marker,
  /// except those with timestamps of their own.
  virtual Result<PageSummary> IngestPage(std::string_view page, PageFormat format,
                                         const Labels& target, TimePoint at) = 0;

  /// The same by rules of the target's own. kInvalidArgument by default: a sink may know none.
  virtual Result<PageSummary> IngestPage(std::string_view page, PageFormat format,
                                         const Labels& target, TimePoint at,
                                         const PageRules& rules);

  /// The same in Prometheus text format 0.0.4.
  Result<PageSummary> IngestPage(std::string_view page, const Labels& target, TimePoint at);

  /// The same as IngestPage() of a page that arrives in parts. It must not outlive the sink. By
  /// default the parts are only gathered.
  virtual std::unique_ptr<IncomingPage> BeginPage(PageFormat format, Labels target, TimePoint at,
                                                  PageRules rules);

  /// Ends every series of the target: its scrape failed, or it is gone.
  virtual void MarkStale(const Labels& target, TimePoint at) = 0;
};

class TIDEGATE_EXPORT SeriesStore final : public SampleSink {
 public:
  explicit SeriesStore(SeriesStoreOptions options = {});
  ~SeriesStore() override;

  Status Ingest(std::string_view metric, const Labels& labels, double value, TimePoint at) override;
  using SampleSink::IngestPage;
  Result<PageSummary> IngestPage(std::string_view page, PageFormat format, const Labels& target,
                                 TimePoint at) override;
  Result<PageSummary> IngestPage(std::string_view page, PageFormat format, const Labels& target,
                                 TimePoint at, const PageRules& rules) override;
  std::unique_ptr<IncomingPage> BeginPage(PageFormat format, Labels target, TimePoint at,
                                          PageRules rules) override;
  void MarkStale(const Labels& target, TimePoint at) override;

  /// Instead of SeriesStoreOptions::metrics, of pages that begin from now on; absent: all are kept.
  /// Metrics that are no longer kept end with their targets' next pages. What is wrong in a line
  /// that is skipped goes unnoticed.
  void KeepOnly(std::optional<std::vector<std::string>> metrics);

  SeriesStoreStats stats() const;

  class Impl;  // src/series/store_impl.h: what the evaluator reads
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate
