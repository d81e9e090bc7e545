// SPDX-License-Identifier: Apache-2.0
//
// Finding, making and forgetting series; reading them.
#include "series/store_impl.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <optional>
#include <utility>

#include "series/staleness.h"
#include "text/utf8.h"

namespace tidegate {
namespace {

std::uint64_t PostingKey(LabelPair pair) { return (std::uint64_t{pair.name} << 32U) | pair.value; }

SeriesStoreOptions AtLeastOne(SeriesStoreOptions options) {
  const auto fix = [](std::size_t& limit) { limit = std::max<std::size_t>(limit, 1); };
  fix(options.max_series);
  fix(options.max_samples_per_series);
  fix(options.max_samples_per_page);
  fix(options.max_labels);
  fix(options.max_label_name_length);
  fix(options.max_label_value_length);
  fix(options.max_bytes);
  options.retention = std::max<Duration>(options.retention, std::chrono::milliseconds(1));
  return options;
}

// No two stores ever have the same one: a store may be where another one was.
std::uint64_t NextSeriesVersion() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

std::size_t SeriesBytes(const Series& series) {
  constexpr std::size_t kIndexEntry = 8;    // its place in the hash index
  constexpr std::size_t kPageEntry = 20;    // its place in what is remembered of its page
  constexpr std::size_t kPostingEntry = 8;  // its place in one posting
  return sizeof(Series) + kIndexEntry + kPageEntry + (series.labels.size() + 1) * kPostingEntry +
         series.labels.size() * sizeof(LabelPair);
}

}  // namespace

std::int64_t ToMillis(TimePoint time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

SeriesStore::Impl::Impl(SeriesStoreOptions options)
    : options_(AtLeastOne(std::move(options))),
      retention_ms_(std::max<std::int64_t>(
          std::chrono::duration_cast<std::chrono::milliseconds>(options_.retention).count(), 1)),
      name_label_(strings_.Acquire(kMetricNameLabel)),
      series_version_(NextSeriesVersion()) {
  if (!options_.metrics.empty()) KeepOnly(options_.metrics);
}

void SeriesStore::Impl::KeepOnly(std::optional<std::vector<std::string>> metrics) {
  FilterPtr kept;
  if (metrics) kept = std::make_shared<const NameFilter>(*std::move(metrics));
  const std::scoped_lock lock(mutex_);
  kept_ = std::move(kept);
}

SeriesStoreStats SeriesStore::Impl::stats() const {
  const std::scoped_lock lock(mutex_);
  SeriesStoreStats stats = stats_;
  stats.series = index_.size();
  stats.bytes += strings_.bytes();
  return stats;
}

bool SeriesStore::Impl::Same(Slot slot, const SeriesKey& key) const {
  const Series& series = series_[slot];
  if (series.hash != key.hash || series.labels.size() != key.labels.size()) return false;
  if (strings_.Get(series.metric) != key.metric) return false;
  for (std::size_t i = 0; i < key.labels.size(); ++i) {
    if (strings_.Get(series.labels[i].value) != key.labels[i].value ||
        strings_.Get(series.labels[i].name) != key.labels[i].name) {
      return false;
    }
  }
  return true;
}

// By metric name, then by labels as Labels compare.
bool SeriesStore::Impl::Before(Slot a, Slot b) const {
  const Series& left = series_[a];
  const Series& right = series_[b];
  if (left.metric != right.metric) return strings_.Get(left.metric) < strings_.Get(right.metric);
  const std::size_t common = std::min(left.labels.size(), right.labels.size());
  for (std::size_t i = 0; i < common; ++i) {
    const LabelPair& l = left.labels[i];
    const LabelPair& r = right.labels[i];
    if (l.name != r.name) return strings_.Get(l.name) < strings_.Get(r.name);
    if (l.value != r.value) return strings_.Get(l.value) < strings_.Get(r.value);
  }
  return left.labels.size() < right.labels.size();
}

bool SeriesStore::Impl::IsCurrent(SeriesRef ref) const {
  return series_[ref.slot].used && series_[ref.slot].generation == ref.generation;
}

std::optional<SeriesStore::Impl::Slot> SeriesStore::Impl::Find(const SeriesKey& key) const {
  return index_.Find(key.hash, [&](Slot slot) { return Same(slot, key); });
}

SeriesStore::Impl::Slot SeriesStore::Impl::FindOrCreate(const SeriesKey& key) {
  const std::optional<Slot> found = Find(key);
  return found ? *found : Create(key);
}

// For this many more series, by dropping what has expired if need be.
Status SeriesStore::Impl::MakeRoom(std::size_t fresh, std::int64_t at_ms) {
  const auto room = [&] {
    return index_.size() + fresh <= options_.max_series &&
           (fresh == 0 || stats_.bytes + strings_.bytes() < options_.max_bytes);
  };
  if (room()) return {};
  Sweep(at_ms);
  if (room()) return {};
  ++stats_.refused_series_total;
  const bool full = index_.size() + fresh > options_.max_series;
  return Error{
      ErrorCode::kUnavailable,
      full ? "the store holds its " + std::to_string(options_.max_series) + " series already"
           : "the store holds its " + std::to_string(options_.max_bytes) + " bytes already"};
}

SeriesStore::Impl::Slot SeriesStore::Impl::Create(const SeriesKey& key) {
  Slot slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<Slot>(series_.size());
    series_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  Series& series = series_[slot];
  series.used = true;
  ++series.generation;
  series.hash = key.hash;
  series.metric = strings_.Acquire(key.metric);
  series.labels = LabelPairs(key.labels.size());
  LabelPair* pair = series.labels.begin();
  for (const LabelView& label : key.labels) {
    *pair++ = {strings_.Acquire(label.name), strings_.Acquire(label.value)};
  }
  index_.Insert(slot, [this](Slot any) { return series_[any].hash; });
  const auto post = [this, slot](LabelPair label) {
    Posting& posting = postings_[PostingKey(label)];
    posting.slots.push_back(slot);
    posting.sorted = posting.slots.size() == 1;
  };
  post({name_label_, series.metric});
  for (const LabelPair& label : series.labels) post(label);
  stats_.bytes += SeriesBytes(series);
  series_version_ = series.serial = NextSeriesVersion();
  return slot;
}

Status SeriesStore::Impl::Append(Series& series, Sample sample) {
  if (!series.samples.empty() && sample.time_ms <= series.samples.back().time_ms) {
    const bool duplicate = sample.time_ms == series.samples.back().time_ms;
    ++(duplicate ? stats_.duplicate_total : stats_.out_of_order_total);
    return Error{ErrorCode::kConflict,
                 std::string(strings_.Get(series.metric)) +
                     (duplicate ? ": there is a sample of this millisecond already"
                                : ": the sample is older than the newest one of its series")};
  }
  const std::size_t size = series.samples.size();
  const std::size_t capacity = series.samples.capacity();
  if (size == 0) earliest_end_ms_ = std::min(earliest_end_ms_, sample.time_ms);
  // Without memory for more, the oldest sample makes room as if it had expired.
  const bool may_grow = stats_.bytes + strings_.bytes() < options_.max_bytes || capacity == 0;
  const std::size_t most = options_.max_samples_per_series;
  // OpenMetrics's timestamps can be as early as can be.
  const std::int64_t expired_ms = std::max(sample.time_ms, INT64_MIN + retention_ms_);
  series.samples.Push(sample, expired_ms - retention_ms_,
                      may_grow ? most : std::min(most, capacity));
  stats_.samples += series.samples.size() - size;  // may wrap: what was overwritten is subtracted
  stats_.bytes += (series.samples.capacity() - capacity) * sizeof(Sample);
  return {};
}

void SeriesStore::Impl::EndSeries(SeriesRef ref, std::int64_t at_ms) {
  if (!IsCurrent(ref)) return;
  Series& series = series_[ref.slot];
  if (series.samples.empty() || series.samples.back().time_ms >= at_ms) return;
  if (IsStaleMarker(series.samples.back().value)) return;
  (void)Append(series, {at_ms, kStaleMarker});
}

// Dropping what has expired costs a pass over all series, so it is done a few times per retention,
// and not while nothing can have expired yet.
void SeriesStore::Impl::SweepIfDue(std::int64_t at_ms) {
  const std::int64_t period = std::max<std::int64_t>(retention_ms_ / 4, 1);
  if (!last_sweep_ms_) last_sweep_ms_ = at_ms;
  if (std::abs(at_ms - *last_sweep_ms_) < period) return;  // callers' clocks may differ a little
  if (earliest_end_ms_ > at_ms - retention_ms_) return;
  Sweep(at_ms);
  PruneTargets();
}

void SeriesStore::Impl::Sweep(std::int64_t at_ms) {
  constexpr Slot kAhead = 8;  // what is not in the cache arrives in the meantime
  last_sweep_ms_ = at_ms;
  earliest_end_ms_ = INT64_MAX;
  std::vector<Slot> expired;
  for (Slot slot = 0; slot < series_.size(); ++slot) {
    if (slot + kAhead < series_.size()) series_[slot + kAhead].samples.PrefetchForPush();
    const Series& series = series_[slot];
    if (!series.used) continue;
    if (series.samples.empty() || series.samples.back().time_ms <= at_ms - retention_ms_) {
      expired.push_back(slot);
    } else {
      earliest_end_ms_ = std::min(earliest_end_ms_, series.samples.back().time_ms);
    }
  }
  if (!expired.empty()) Forget(expired);
}

// Apart from Sweep(), which also runs while a page of a target is being resolved.
void SeriesStore::Impl::PruneTargets() {
  for (auto target = targets_.begin(); target != targets_.end();) {
    if (!AllCurrent(target->second)) {
      target->second.layout = nullptr;
      std::erase_if(target->second.live, [this](SeriesRef ref) { return !IsCurrent(ref); });
    }
    target = target->second.live.empty() ? targets_.erase(target) : std::next(target);
  }
}

// Series are forgotten rarely, so that this is known already as a rule.
bool SeriesStore::Impl::AllCurrent(Target& target) const {
  if (target.checked == forgotten_) return true;
  const bool all = std::all_of(target.live.begin(), target.live.end(),
                               [this](SeriesRef ref) { return IsCurrent(ref); });
  if (all) target.checked = forgotten_;
  return all;
}

void SeriesStore::Impl::Forget(const std::vector<Slot>& expired) {
  forgotten_ += expired.size();
  series_version_ = NextSeriesVersion();
  std::vector<std::uint64_t> touched;
  for (const Slot slot : expired) {
    Series& series = series_[slot];
    index_.Erase(slot, [this](Slot any) { return series_[any].hash; });
    series.used = false;
    touched.push_back(PostingKey({name_label_, series.metric}));
    for (const LabelPair& pair : series.labels) touched.push_back(PostingKey(pair));
  }
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  for (const std::uint64_t key : touched) {
    const auto posting = postings_.find(key);
    std::erase_if(posting->second.slots, [this](Slot slot) { return !series_[slot].used; });
    if (posting->second.slots.empty()) postings_.erase(posting);
  }
  for (const Slot slot : expired) {
    Series& series = series_[slot];
    stats_.samples -= series.samples.size();
    stats_.bytes -= SeriesBytes(series) + series.samples.capacity() * sizeof(Sample);
    strings_.Release(series.metric);
    for (const LabelPair& pair : series.labels) {
      strings_.Release(pair.name);
      strings_.Release(pair.value);
    }
    const std::uint32_t generation = series.generation;
    series = Series{};
    series.generation = generation;
    free_slots_.push_back(slot);
  }
}

// The shortest posting among the equality conditions, sorted; nothing if there is no such
// condition. An empty list: no series has one of the labels.
std::optional<std::vector<SeriesStore::Impl::Slot>> SeriesStore::Impl::Candidates(
    std::span<const Matcher> matchers, const Labels& equal) const {
  Posting* shortest = nullptr;
  bool impossible = false;
  const auto consider = [&](std::string_view name, std::string_view value) {
    const std::optional<StringId> name_id = strings_.Find(name);
    const std::optional<StringId> value_id = strings_.Find(value);
    const auto found =
        name_id && value_id ? postings_.find(PostingKey({*name_id, *value_id})) : postings_.end();
    if (found == postings_.end()) {
      impossible = true;
    } else if (shortest == nullptr || found->second.slots.size() < shortest->slots.size()) {
      shortest = &found->second;
    }
  };
  for (const Matcher& matcher : matchers) {
    if (matcher.IsEqual() && !matcher.value().empty()) {
      consider(matcher.name(), matcher.value());
    }
  }
  for (const auto& [name, value] : equal) {
    if (!value.empty()) consider(name, value);
  }
  if (impossible) return std::vector<Slot>{};
  if (shortest == nullptr) return std::nullopt;
  if (!shortest->sorted) {
    std::sort(shortest->slots.begin(), shortest->slots.end(),
              [this](Slot a, Slot b) { return Before(a, b); });
    shortest->sorted = true;
  }
  return shortest->slots;
}

namespace {

// A condition with its label looked up, and what it said of values that it has seen.
class BoundMatcher {
 public:
  BoundMatcher(const Matcher& matcher, std::optional<StringId> name, bool is_metric)
      : matcher_(&matcher), name_(name), is_metric_(is_metric) {}

  bool Matches(const Series& series, const StringPool& strings) {
    StringId value = 0;
    if (is_metric_) {
      value = series.metric;
    } else if (name_) {
      for (const LabelPair& pair : series.labels) {
        if (pair.name == *name_) value = pair.value;
      }
    }
    const auto [entry, added] = seen_.try_emplace(value, false);
    if (added) entry->second = matcher_->Matches(strings.Get(value));
    return entry->second;
  }

 private:
  const Matcher* matcher_;
  std::optional<StringId> name_;
  bool is_metric_;
  std::unordered_map<StringId, bool> seen_;
};

bool HasLabel(const Series& series, StringId name, StringId value, StringId metric_label) {
  if (name == metric_label) return series.metric == value;
  return std::find(series.labels.begin(), series.labels.end(), LabelPair{name, value}) !=
         series.labels.end();
}

}  // namespace

std::vector<const Series*> SeriesStore::Impl::Reader::Select(std::span<const Matcher> matchers,
                                                             const Labels& equal) const {
  std::optional<std::vector<Slot>> candidates = store_.Candidates(matchers, equal);
  std::vector<const Series*> selected;
  if (candidates && candidates->empty()) return selected;
  const bool sorted = candidates.has_value();
  if (!candidates) {
    candidates.emplace();
    for (Slot slot = 0; slot < store_.series_.size(); ++slot) {
      if (store_.series_[slot].used) candidates->push_back(slot);
    }
  }
  std::vector<LabelPair> wanted;
  for (const auto& [name, value] : equal) {
    if (value.empty()) continue;
    wanted.push_back(
        {store_.strings_.Find(name).value_or(0), store_.strings_.Find(value).value_or(0)});
  }
  std::vector<BoundMatcher> bound;
  for (const Matcher& matcher : matchers) {
    bound.emplace_back(matcher, store_.strings_.Find(matcher.name()),
                       matcher.name() == kMetricNameLabel);
  }
  std::erase_if(*candidates, [&](Slot slot) {
    const Series& series = store_.series_[slot];
    return !std::all_of(wanted.begin(), wanted.end(), [&](LabelPair pair) {
      return HasLabel(series, pair.name, pair.value, store_.name_label_);
    }) || !std::all_of(bound.begin(), bound.end(), [&](BoundMatcher& matcher) {
      return matcher.Matches(series, store_.strings_);
    });
  });
  if (!sorted) {
    std::sort(candidates->begin(), candidates->end(),
              [this](Slot a, Slot b) { return store_.Before(a, b); });
  }
  selected.reserve(candidates->size());
  for (const Slot slot : *candidates) selected.push_back(&store_.series_[slot]);
  return selected;
}

}  // namespace tidegate
