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
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "exposition/page_parser.h"
#include "series/matcher.h"
#include "series/ring.h"
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

struct Series {
  StringId metric = 0;
  std::vector<LabelPair> labels;  ///< without __name__, sorted by the text of the name
  MetricType type = MetricType::kUnknown;
  SampleRing samples;
  std::size_t hash = 0;
  std::uint32_t generation = 0;  ///< counts how often the slot was given to another series
  std::uint64_t last_page = 0;   ///< number of the page that had it last
  bool used = false;             ///< the slot holds a series
};

/// A series' name and labels before they are interned. `labels` are sorted by name, each occurs
/// once, none is empty.
struct SeriesKey {
  std::string_view metric;
  std::span<const LabelView> labels;
  std::size_t hash = 0;
};

class SeriesStore::Impl {
 public:
  explicit Impl(SeriesStoreOptions options);

  Status Ingest(std::string_view metric, const Labels& labels, double value, TimePoint at);
  Result<PageSummary> IngestPage(std::string_view page, PageFormat format, const Labels& target,
                                 TimePoint at);
  void MarkStale(const Labels& target, TimePoint at);
  SeriesStoreStats stats() const;

  class Reader {
   public:
    explicit Reader(const Impl& store) : store_(store), lock_(store.mutex_) {}

    /// The series that fulfil all of `matchers` and have each of the labels `equal`.
    std::vector<const Series*> Select(std::span<const Matcher> matchers, const Labels& equal) const;
    std::string_view Text(StringId id) const { return store_.strings_.Get(id); }
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

  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  struct CachedSeries {
    SeriesRef ref;
    MetricType type = MetricType::kUnknown;  // decides how bounds are spelled
  };

  /// What one target's last page had.
  struct Target {
    std::unordered_map<std::string, CachedSeries, TextHash, std::equal_to<>> by_text;
    std::vector<SeriesRef> live;
  };

  struct SlotHash {
    using is_transparent = void;
    const Impl* store;
    std::size_t operator()(Slot slot) const { return store->series_[slot].hash; }
    std::size_t operator()(const SeriesKey& key) const { return key.hash; }
  };

  struct SlotEqual {
    using is_transparent = void;
    const Impl* store;
    bool operator()(Slot a, Slot b) const { return a == b; }
    bool operator()(const SeriesKey& key, Slot slot) const { return store->Same(slot, key); }
    bool operator()(Slot slot, const SeriesKey& key) const { return store->Same(slot, key); }
  };

  /// The series that have one label with one value; sorted when it is first asked for.
  struct Posting {
    std::vector<Slot> slots;
    bool sorted = false;
  };

  struct StagedPage;
  struct StagedSample;

  bool Same(Slot slot, const SeriesKey& key) const;
  bool Before(Slot a, Slot b) const;
  bool IsCurrent(SeriesRef ref) const;
  std::optional<std::vector<Slot>> Candidates(std::span<const Matcher> matchers,
                                              const Labels& equal) const;

  Status Check(const SeriesKey& key);
  Status CheckLengths(std::string_view name, std::string_view value);
  Status StagePage(std::string_view page, PageFormat format, StagedPage& staged) const;
  Status ResolvePage(const Labels& target_labels, Target& target, StagedPage& staged,
                     std::int64_t at_ms);
  Status FindSeries(const Labels& target_labels, Target& target, StagedPage& staged);
  Status ResolveSample(const Labels& target_labels, StagedPage& staged, StagedSample& sample);
  PageSummary CommitPage(Target& target, StagedPage& staged, std::int64_t at_ms);
  Error CountRefusal(const Error& error);

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
  StringPool strings_;
  StringId name_label_ = 0;
  std::deque<Series> series_;
  std::vector<Slot> free_slots_;
  std::unordered_set<Slot, SlotHash, SlotEqual> index_;
  mutable std::unordered_map<std::uint64_t, Posting> postings_;
  std::map<Labels, Target> targets_;
  std::uint64_t page_number_ = 0;
  std::optional<std::int64_t> last_sweep_ms_;
  SeriesStoreStats stats_;
};

}  // namespace tidegate
