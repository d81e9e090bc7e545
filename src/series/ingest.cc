// SPDX-License-Identifier: Apache-2.0
//
// Taking samples in: single ones, and pages all or nothing.
#include <algorithm>
#include <optional>
#include <utility>

#include "exposition/char_class.h"
#include "series/staged_page.h"
#include "text/utf8.h"

namespace tidegate {
namespace {

// Of a page's own timestamps, as in Prometheus: a target whose clock is ahead would keep its series
// from all that it says once its clock is right again.
constexpr std::int64_t kMaxAheadMs = std::int64_t{10} * 60 * 1000;

// Skipping a line unread costs a fifth of reading its number where the page is known again, and
// parsing one that is kept costs several times as much: benchmarks/parse_benchmark.cc.
constexpr std::size_t kSkipShare = 3;

// What queries tell apart: what only grows, and what does not.
MetricType StoredType(MetricType type) {
  const bool gauge = type == MetricType::kGaugeHistogram || type == MetricType::kInfo ||
                     type == MetricType::kStateset;
  return gauge ? MetricType::kGauge : type;
}

}  // namespace

Status SeriesStore::Impl::CheckLengths(std::string_view name, std::string_view value) {
  if (name.size() > options_.max_label_name_length) {
    ++stats_.refused_label_length_total;
    return Limited("the label name \"" + Shown(name) + "\" is longer than " +
                   std::to_string(options_.max_label_name_length) + " bytes");
  }
  if (value.size() > options_.max_label_value_length) {
    ++stats_.refused_label_length_total;
    return Limited("the value of label \"" + Shown(name) + "\" is longer than " +
                   std::to_string(options_.max_label_value_length) + " bytes");
  }
  return {};
}

// Names as Prometheus 3 wants them (any UTF-8), and the limits.
Status SeriesStore::Impl::Check(const SeriesKey& key) {
  if (key.metric.empty()) return Invalid("the metric name is empty");
  if (options_.legacy_names && !IsLegacyName(key.metric, kNamePart)) {
    return Invalid(Shown(key.metric) + " is no metric name without quotes");
  }
  if (!IsUtf8(key.metric)) return Invalid("the metric name is not UTF-8");
  if (Status lengths = CheckLengths(kMetricNameLabel, key.metric); !lengths) return lengths;
  if (key.labels.size() > options_.max_labels) {
    ++stats_.refused_labels_total;
    return Limited(Shown(key.metric) + " has more than " + std::to_string(options_.max_labels) +
                   " labels");
  }
  for (const LabelView& label : key.labels) {
    if (label.name.empty()) return Invalid(Shown(key.metric) + " has a label without a name");
    if (options_.legacy_names && !IsLegacyName(label.name, kLabelPart)) {
      return Invalid(Shown(label.name) + " is no label name without quotes");
    }
    if (!IsUtf8(label.name))
      return Invalid(Shown(key.metric) + " has a label name that is not UTF-8");
    if (label.name == kMetricNameLabel) return Invalid("label name \"__name__\" is not unique");
    if (Status lengths = CheckLengths(label.name, label.value); !lengths) return lengths;
    if (!IsUtf8(label.value)) {
      return Invalid("the value of label \"" + Shown(label.name) + "\" is not UTF-8");
    }
  }
  return {};
}

Status SeriesStore::Impl::Ingest(std::string_view metric, const Labels& labels, double value,
                                 TimePoint at) {
  std::vector<LabelView> views;
  views.reserve(labels.size());
  for (const auto& [name, text] : labels) {
    if (!text.empty()) views.push_back({name, text});
  }
  const SeriesKey key = KeyOf(metric, views);
  const std::int64_t at_ms = ToMillis(at);
  const std::scoped_lock lock(mutex_);
  SweepIfDue(at_ms);
  std::optional<Slot> slot = Find(key);
  if (!slot) {
    if (Status checked = Check(key); !checked) return checked;
    if (Status room = MakeRoom(1, at_ms); !room) return room;
    slot = Create(key);
  }
  Status appended = Append(series_[*slot], {at_ms, value});
  if (appended.ok()) ++stats_.ingested_total;
  return appended;
}

Result<PageSummary> SeriesStore::Impl::IngestPage(std::string_view page, PageFormat format,
                                                  const Labels& target, TimePoint at,
                                                  const PageRules& rules) {
  const std::int64_t at_ms = ToMillis(at);
  Known known = KnownOf(target, format, rules);
  if (known.layout != nullptr) {
    std::vector<double> values;
    if (known.layout->Read(page, format, values)) {
      if (const auto committed = CommitKnown(known.layout, target, values, at_ms)) {
        return *committed;
      }
    }
  }
  while (true) {
    StagedPage staged(rules, known);
    const Status read = StageWhole(page, format, staged);
    const bool wrong = !read || staged.skipped_lines > 0;
    if (wrong && known.read_all && staged.NamesDecide()) {
      known.read_all = false;  // what is wrong may be in a line that is not kept
      continue;
    }
    const std::scoped_lock lock(mutex_);
    return read ? CommitStaged(target, staged, at_ms) : CountRefusal(read.error());
  }
}

Status SeriesStore::Impl::StageWhole(std::string_view page, PageFormat format,
                                     StagedPage& staged) const {
  staged.Begin(page);
  PageParser parser(page, format);
  Prepare(format, parser, staged);
  if (page.size() > UINT32_MAX) staged.layout = nullptr;
  Status read = StageEntries(parser, staged);
  if (staged.layout != nullptr) staged.layout->Finish(page);
  return read;
}

// With mutex_ held.
Result<PageSummary> SeriesStore::Impl::CommitStaged(const Labels& target, StagedPage& staged,
                                                    std::int64_t at_ms) {
  SweepIfDue(at_ms);
  if (Status resolved = ResolvePage(TargetLabels(target), staged, at_ms); !resolved) {
    if (resolved.error().code == ErrorCode::kInvalidArgument) ++stats_.parse_errors_total;
    return resolved.error();
  }
  if (staged.first_skipped && staged.samples.empty() && staged.skipped == 0) {
    return CountRefusal(*staged.first_skipped);
  }
  Target& state = targets_[target];
  const PageSummary summary = CommitPage(state, staged, at_ms);
  if (state.live.empty()) targets_.erase(target);
  CountPage(summary);
  return summary;
}

void SeriesStore::Impl::CountPage(const PageSummary& summary) {
  ++stats_.pages_total;
  stats_.ingested_total += summary.samples;
  stats_.skipped_total += summary.skipped;
  stats_.skipped_lines_total += summary.skipped_lines;
}

// The target's last page tells, if it was read by the same rules.
SeriesStore::Impl::Known SeriesStore::Impl::KnownOf(const Labels& target, PageFormat format,
                                                    const PageRules& rules) const {
  const std::scoped_lock lock(mutex_);
  Known known{.kept = kept_, .layout = nullptr};
  const auto found = targets_.find(target);
  if (found == targets_.end()) return known;
  const Target& last = found->second;
  known.read_all = kept_ != nullptr && last.read_all;
  if (last.layout == nullptr || last.layout->format() != format) return known;
  if (last.rules == rules && last.kept == kept_) known.layout = last.layout;
  return known;
}

// A page that differs from the target's last one in nothing but its numbers.
std::optional<PageSummary> SeriesStore::Impl::CommitKnown(const LayoutPtr& layout,
                                                          const Labels& target,
                                                          std::span<const double> values,
                                                          std::int64_t at_ms) {
  const std::scoped_lock lock(mutex_);
  SweepIfDue(at_ms);
  const auto found = targets_.find(target);
  if (found == targets_.end() || found->second.layout != layout || !AllCurrent(found->second)) {
    return std::nullopt;
  }
  PageSummary summary;
  const std::vector<Use>& uses = found->second.uses;
  const std::vector<SeriesRef>& live = found->second.live;
  constexpr std::size_t kAhead = 8;  // what is not in the cache arrives in the meantime
  std::size_t next = 0;              // of those that live
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!uses.empty() && uses[i] != Use::kTaken) {
      ++(uses[i] == Use::kDropped ? summary.dropped : summary.skipped);
      continue;
    }
    if (next + 2 * kAhead < live.size()) {
      __builtin_prefetch(&series_[live[next + 2 * kAhead].slot]);
    }
    if (next + kAhead < live.size()) series_[live[next + kAhead].slot].samples.PrefetchForPush();
    const bool taken = Append(series_[live[next++].slot], {at_ms, values[i]}).ok();
    ++(taken ? summary.samples : summary.left_out);
  }
  summary.skipped_lines = found->second.skipped_lines;
  summary.first_skipped = found->second.first_skipped;
  CountPage(summary);
  return summary;
}

Error SeriesStore::Impl::CountRefusal(const Error& error) {
  ++(error.code == ErrorCode::kUnavailable ? stats_.refused_page_samples_total
                                           : stats_.parse_errors_total);
  return error;
}

// A page of which samples are skipped unread cannot be known again.
void SeriesStore::Impl::Prepare(PageFormat format, PageParser& parser, StagedPage& staged) {
  if (staged.SkipsUnread()) {
    parser.KeepOnly(*staged.kept);
  } else {
    staged.layout = std::make_shared<PageLayout>(format);
  }
}

// All that the parser has left of the page, or of a part of it.
Status SeriesStore::Impl::StageEntries(PageParser& parser, StagedPage& staged) const {
  const std::string_view page = staged.page;
  while (true) {
    switch (parser.Next()) {
      case PageParser::Event::kEnd:
        staged.skipped = parser.skipped();
        return {};
      case PageParser::Event::kError:
        if (!staged.rules.lenient || !parser.SkipLine()) return parser.error();
        staged.Skip([&parser] { return parser.error(); });
        continue;
      case PageParser::Event::kHelp:
      case PageParser::Event::kUnit:
        continue;
      case PageParser::Event::kType:
        staged.types[staged.Keep(parser.metadata_name())] = parser.type();
        continue;
      case PageParser::Event::kSample:
        break;
    }
    const SampleView& sample = parser.sample();
    if (staged.samples.size() == options_.max_samples_per_page) {
      return Limited(staged.PositionOf(sample.series) + ": the page has more than " +
                     std::to_string(options_.max_samples_per_page) + " samples");
    }
    std::string_view metric = staged.Keep(sample.name);
    if (!sample.series.empty() && sample.series.front() != '{') {
      while (!metric.empty() && IsBlank(metric.front())) metric.remove_prefix(1);
    }
    MetricType type = StoredType(sample.type);
    if (type == MetricType::kUnknown) {  // families that are not kept together
      const auto declared = staged.types.find(metric);
      if (declared != staged.types.end()) type = declared->second;
    }
    const std::size_t labels_begin = staged.labels.size();
    for (const LabelView& label : sample.labels) {
      staged.labels.push_back({staged.Keep(label.name), staged.Keep(label.value)});
    }
    staged.samples.push_back(
        {.series = sample.series,
         .metric = metric,
         .labels_begin = labels_begin,
         .labels_count = sample.labels.size(),
         .value = sample.value,
         .timestamp_ms = staged.rules.honor_timestamps ? sample.timestamp_ms : std::nullopt,
         .type = type,
         .ref = {}});
    if (sample.timestamp_ms || sample.exemplar) staged.layout = nullptr;
    if (staged.layout != nullptr) staged.layout->Add(page, sample.number_at, parser.offset());
  }
}

Status SeriesStore::Impl::ResolvePage(const TargetLabels& target, StagedPage& staged,
                                      std::int64_t at_ms) {
  if (Status found = FindSeries(target, staged); !found) return found;
  if (Status few = CheckSampleLimit(staged); !few) return few;
  const std::uint64_t forgotten = forgotten_;
  if (Status room = MakeRoom(staged.fresh, at_ms); !room) return room;
  // What was dropped to make room may be what had been found.
  return forgotten == forgotten_ ? Status() : FindSeries(target, staged);
}

Status SeriesStore::Impl::FindSeries(const TargetLabels& target, StagedPage& staged) {
  staged.fresh = 0;
  bool skipped = false;
  for (StagedSample& sample : staged.samples) {
    if (sample.use != Use::kTaken || (sample.ref && IsCurrent(*sample.ref))) continue;
    if (Status resolved = ResolveSample(target, staged, sample); !resolved) {
      const auto error = [&] {
        return Error{resolved.error().code,
                     staged.PositionOf(sample.series) + ": " + resolved.error().message};
      };
      const bool limit = resolved.error().code != ErrorCode::kInvalidArgument;
      if (!staged.rules.lenient || limit) return error();
      staged.Skip(error);
      sample.metric = {};  // no series has an empty name
      skipped = true;
    }
  }
  if (skipped) staged.Forget();
  return {};
}

// Merges the target's labels with those on the page; Prometheus renames the page's.
Status SeriesStore::Impl::ResolveSample(const TargetLabels& target, StagedPage& staged,
                                        StagedSample& sample) {
  if (sample.hash == 0) {
    if (staged.NamesDecide() && !staged.Keeps(sample)) {
      sample.use = Use::kSkipped;
      return {};
    }
    if (Status merged = MergeLabels(target, staged, sample); !merged) return merged;
    if (sample.use != Use::kTaken) return {};
  }
  const SeriesKey key = {
      .metric = sample.metric, .labels = staged.LabelsOf(sample), .hash = sample.hash};
  const std::optional<Slot> found = Find(key);
  if (found) {
    sample.ref = SeriesRef{*found, series_[*found].generation};
    return {};
  }
  sample.ref.reset();
  ++staged.fresh;
  return Check(key);
}

PageSummary SeriesStore::Impl::CommitPage(Target& target, StagedPage& staged, std::int64_t at_ms) {
  const std::size_t series_before = index_.size();
  PageSummary summary{.skipped = staged.skipped};
  std::vector<SeriesRef> live;
  live.reserve(staged.samples.size());
  ++page_number_;
  for (StagedSample& sample : staged.samples) {
    if (sample.use != Use::kTaken) {
      ++(sample.use == Use::kDropped ? summary.dropped : summary.skipped);
      continue;
    }
    const std::int64_t time_ms = sample.timestamp_ms.value_or(at_ms);
    if (time_ms > at_ms + kMaxAheadMs) {
      ++stats_.too_far_ahead_total;
      ++summary.left_out;
      continue;
    }
    if (!sample.ref) {
      const Slot slot = FindOrCreate(
          {.metric = sample.metric, .labels = staged.LabelsOf(sample), .hash = sample.hash});
      sample.ref = SeriesRef{slot, series_[slot].generation};
    }
    Series& series = series_[sample.ref->slot];
    series.type = sample.type;
    const bool taken = Append(series, {time_ms, sample.value}).ok();
    ++(taken ? summary.samples : summary.left_out);
    // A series with times of its own ends when they do, as in Prometheus.
    if (sample.timestamp_ms) continue;
    series.last_page = page_number_;
    live.push_back(*sample.ref);
  }
  for (const SeriesRef ref : target.live) {
    if (IsCurrent(ref) && series_[ref.slot].last_page != page_number_) EndSeries(ref, at_ms);
  }
  target.live = std::move(live);
  target.uses = staged.layout != nullptr ? staged.Uses() : std::vector<Use>();
  target.layout = std::move(staged.layout);
  target.rules = staged.rules;
  target.kept = staged.kept;
  target.read_all = summary.skipped < kSkipShare * (summary.samples + summary.left_out);
  target.skipped_lines = summary.skipped_lines = staged.skipped_lines;
  target.first_skipped = staged.first_skipped ? staged.first_skipped->message : std::string();
  summary.first_skipped = target.first_skipped;
  target.checked = forgotten_;
  summary.series_added = index_.size() - series_before;
  return summary;
}

void SeriesStore::Impl::MarkStale(const Labels& target, TimePoint at) {
  const std::scoped_lock lock(mutex_);
  const auto found = targets_.find(target);
  if (found == targets_.end()) return;
  for (const SeriesRef ref : found->second.live) EndSeries(ref, ToMillis(at));
  targets_.erase(found);
}

}  // namespace tidegate
