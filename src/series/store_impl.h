// SPDX-License-Identifier: Apache-2.0
//
// What is behind SeriesStore, and how the evaluator reads it: a Reader holds the store still
// while series are selected and their samples looked at in place.
//
// Order: series come sorted by metric name and labels, whatever order they arrived in, so that
// sums do not depend on which scrape was faster.
//
// Thread safety: Impl locks itself. A Reader holds the lock for its lifetime, and what it hands
// out is valid that long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exposition/page_layout.h"
#include "exposition/page_parser.h"
#include "series/matcher.h"
#include "series/ring.h"
#include "series/slot_table.h"
#include "series/string_pool.h"
#include "tidegate/series_store.h"

namespace tidegate {

std::int64_t ToMillis(TimePoint time);

struct LabelPair {
  StringId name = 0;
  StringId value = 0;

  friend bool operator==(const LabelPair&, const LabelPair&) = default;
  friend auto operator<=>(const LabelPair&, const LabelPair&) = default;
};

/// The labels of one series, without room for more.
class LabelPairs {
 public:
  LabelPairs() = default;
  explicit LabelPairs(std::size_t size)
      : pairs_(std::make_unique<LabelPair[]>(size)), size_(static_cast<std::uint32_t>(size)) {}

  std::size_t size() const { return size_; }
  LabelPair* begin() { return pairs_.get(); }
  LabelPair* end() { return pairs_.get() + size_; }
  const LabelPair* begin() const { return pairs_.get(); }
  const LabelPair* end() const { return pairs_.get() + size_; }
  const LabelPair& operator[](std::size_t i) const { return pairs_[i]; }
  operator std::span<const LabelPair>() const { return {begin(), size_}; }  // NOLINT: it is one

 private:
  std::unique_ptr<LabelPair[]> pairs_;
  std::uint32_t size_ = 0;
};

/// One cache line: whoever takes a page in goes over many. So what is small lies where the larger
/// members would leave room unused.
struct alignas(64) Series {
  [[no_unique_address]] LabelPairs labels;  ///< without __name__, sorted by the text of the name
  StringId metric = 0;
  [[no_unique_address]] SampleRing samples;
  std::uint32_t generation = 0;  ///< counts how often the slot was given to another series
  std::uint64_t hash = 0;
  std::uint64_t serial = 0;     ///< of two series the later one has the greater
  std::uint32_t last_page = 0;  ///< number of the page that had it last, modulo 2^32
  MetricType type = MetricType::kUnknown;
  bool used = false;  ///< the slot holds a series
};
static_assert(sizeof(Series) == 64);

/// A series' name and labels before they are interned. `labels` are sorted by name, each occurs
/// once, none is empty.
struct SeriesKey {
  std::string_view metric;
  std::span<const LabelView> labels;
  std::uint64_t hash = 0;
};

class SeriesStore::Impl {
 public:
  explicit Impl(SeriesStoreOptions options);

  Status Ingest(std::string_view metric, const Labels& labels, double value, TimePoint at);
  Result<PageSummary> IngestPage(std::string_view page, PageFormat format, const Labels& target,
                                 TimePoint at, const PageRules& rules);
  std::unique_ptr<IncomingPage> BeginPage(PageFormat format, Labels target, TimePoint at,
                                          PageRules rules);
  void MarkStale(const Labels& target, TimePoint at);
  void KeepOnly(std::optional<std::vector<std::string>> metrics);
  SeriesStoreStats stats() const;

  class Reader {
   public:
    explicit Reader(const Impl& store) : store_(store), lock_(store.mutex_) {}

    /// The series that fulfil all of `matchers` and have each of the labels `equal`.
    std::vector<const Series*> Select(std::span<const Matcher> matchers, const Labels& equal) const;
    std::string_view Text(StringId id) const { return store_.strings_.Get(id); }
    /// Another number, in this store or any other, when there are other series.
    std::uint64_t series_version() const { return store_.series_version_; }
    /// The id of a string that some series uses.
    std::optional<StringId> Find(std::string_view text) const { return store_.strings_.Find(text); }

   private:
    const Impl& store_;
    std::unique_lock<std::mutex> lock_;
  };

 private:
  using Slot = std::uint32_t;

  struct SeriesRef {
    Slot slot = 0;
    std::uint32_t generation = 0;
  };

  using LayoutPtr = std::shared_ptr<const PageLayout>;
  using FilterPtr = std::shared_ptr<const NameFilter>;  // null: all are kept

  /// What becomes of a sample on a page.
  enum class Use : std::uint8_t {
    kTaken,
    kDropped,  // by the page's rules
    kSkipped,  // its metric is not kept
  };

  /// What one target's last page had.
  struct Target {
    LayoutPtr layout;             // null: not remembered
    std::vector<SeriesRef> live;  // what ends when it vanishes; with a layout: one for each line …
    std::vector<Use> uses;        // … that is taken; empty: all are
    PageRules rules;
    std::size_t skipped_lines = 0;  // with a layout: what was skipped is a part of it
    std::string first_skipped;
    FilterPtr kept;
    bool read_all = false;      // most of it is kept: then knowing the page again is worth more
    std::uint64_t checked = 0;  // forgotten_ when all of `live` was current
  };

  /// What is known of a page before it is read.
  struct Known {
    FilterPtr kept;
    LayoutPtr layout;       // null: it is not known again
    bool read_all = false;  // by Target::read_all
  };

  /// The series that have one label with one value; sorted when it is first asked for.
  struct Posting {
    std::vector<Slot> slots;
    bool sorted = false;
  };

  struct StagedPage;
  struct StagedSample;
  struct TargetLabels;
  class PartwisePage;

  bool Same(Slot slot, const SeriesKey& key) const;
  bool Before(Slot a, Slot b) const;
  bool IsCurrent(SeriesRef ref) const;
  std::optional<std::vector<Slot>> Candidates(std::span<const Matcher> matchers,
                                              const Labels& equal) const;

  Status Check(const SeriesKey& key);
  Status CheckLengths(std::string_view name, std::string_view value);
  static void Prepare(PageFormat format, PageParser& parser, StagedPage& staged);
  Status StageWhole(std::string_view page, PageFormat format, StagedPage& staged) const;
  Status StageEntries(PageParser& parser, StagedPage& staged) const;
  Known KnownOf(const Labels& target, PageFormat format, const PageRules& rules) const;
  std::optional<PageSummary> CommitKnown(const LayoutPtr& layout, const Labels& target,
                                         std::span<const double> values, std::int64_t at_ms);
  Result<PageSummary> CommitStaged(const Labels& target, StagedPage& staged, std::int64_t at_ms);
  Status ResolvePage(const TargetLabels& target, StagedPage& staged, std::int64_t at_ms);
  Status FindSeries(const TargetLabels& target, StagedPage& staged);
  Status ResolveSample(const TargetLabels& target, StagedPage& staged, StagedSample& sample);
  Status MergeLabels(const TargetLabels& target, StagedPage& staged, StagedSample& sample);
  static Status RelabelSample(StagedPage& staged, StagedSample& sample);
  Status CheckSampleLimit(const StagedPage& staged);
  Status CheckPageLimits(const PageRules& rules, const SeriesKey& key);
  PageSummary CommitPage(Target& target, StagedPage& staged, std::int64_t at_ms);
  Error CountRefusal(const Error& error);
  void CountPage(const PageSummary& summary);

  bool AllCurrent(Target& target) const;
  std::optional<Slot> Find(const SeriesKey& key) const;
  Status MakeRoom(std::size_t fresh, std::int64_t at_ms);
  Slot FindOrCreate(const SeriesKey& key);
  Slot Create(const SeriesKey& key);
  Status Append(Series& series, Sample sample);
  void EndSeries(SeriesRef ref, std::int64_t at_ms);
  void Sweep(std::int64_t at_ms);
  void SweepIfDue(std::int64_t at_ms);
  void PruneTargets();
  void Forget(const std::vector<Slot>& expired);

  const SeriesStoreOptions options_;
  const std::int64_t retention_ms_;

  mutable std::mutex mutex_;  // guards everything below
  FilterPtr kept_;
  StringPool strings_;
  StringId name_label_ = 0;
  std::deque<Series> series_;
  std::vector<Slot> free_slots_;
  SlotTable index_;
  mutable std::unordered_map<std::uint64_t, Posting> postings_;
  std::map<Labels, Target> targets_;
  std::uint32_t page_number_ = 0;
  std::uint64_t forgotten_ = 0;  // series so far
  std::uint64_t series_version_ = 0;
  std::optional<std::int64_t> last_sweep_ms_;
  std::int64_t earliest_end_ms_ = INT64_MAX;  // no series has its newest sample before this
  SeriesStoreStats stats_;
};

}  // namespace tidegate
