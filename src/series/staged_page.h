// SPDX-License-Identifier: Apache-2.0
//
// A page on its way into the store, and what its parts are called in errors.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "exposition/hash.h"
#include "series/store_impl.h"

namespace tidegate {

inline std::uint64_t HashOf(std::string_view metric, std::span<const LabelView> labels) {
  std::uint64_t hash = HashBytes(metric);
  for (const LabelView& label : labels) {
    hash = HashBytes(label.value, HashBytes(label.name, hash));
  }
  return hash;
}

inline SeriesKey KeyOf(std::string_view metric, std::span<const LabelView> labels) {
  return {.metric = metric, .labels = labels, .hash = HashOf(metric, labels) | 1U};
}

inline std::string Shown(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  if (text.size() <= kLongest) return std::string(text);
  return std::string(text.substr(0, kLongest)) + "…";
}

inline Error Invalid(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

inline Error Limited(std::string message) {
  return Error{ErrorCode::kUnavailable, std::move(message)};
}

struct SeriesStore::Impl::StagedSample {
  std::string_view series;  // as on the page
  std::string_view metric;
  std::size_t labels_begin = 0;  // in StagedPage::labels
  std::size_t labels_count = 0;
  double value = 0;
  std::optional<std::int64_t> timestamp_ms;
  MetricType type = MetricType::kUnknown;
  std::optional<SeriesRef> ref;  // known to the store
  std::uint64_t hash = 0;        // or of the labels, which are the store's then
  Use use = Use::kTaken;
};

// A page that has been read but not stored.
struct SeriesStore::Impl::StagedPage {
  StagedPage(const PageRules& by, const Known& known)
      : rules(by), kept(known.kept), read_all(known.read_all) {}

  std::string_view page;               // or the part of it that is being read
  std::vector<std::string_view> read;  // the parts so far, that one included
  const PageRules& rules;
  const FilterPtr kept;
  const bool read_all;
  std::size_t skipped = 0;  // samples that were not read
  std::vector<StagedSample> samples;
  std::vector<LabelView> labels;
  std::deque<std::string> texts;  // what is not on the page as it stands
  std::size_t fresh = 0;          // samples of series that the store does not know
  std::unordered_map<std::string_view, MetricType> types;
  std::shared_ptr<PageLayout> layout;  // null: there are timestamps or exemplars
  std::vector<LabelView> merged;       // scratch

  std::size_t skipped_lines = 0;       // where the rules are lenient
  std::optional<Error> first_skipped;  // what is wrong with the first of them

  // Where the first one stands is looked for only once: that takes a look at all before it.
  template <typename F>
  void Skip(F error) {
    if (skipped_lines++ == 0) first_skipped = error();
  }

  // Whether the name on the page says if a sample is kept: no rule changes it or counts the sample.
  bool NamesDecide() const {
    return rules.relabel.empty() && rules.sample_limit == 0 && rules.label_limit == 0 &&
           rules.label_name_length_limit == 0 && rules.label_value_length_limit == 0;
  }

  bool SkipsUnread() const { return kept != nullptr && !read_all && NamesDecide(); }

  bool Keeps(const StagedSample& sample) const {
    return kept == nullptr || kept->Has(sample.metric);
  }

  void Begin(std::string_view part) {
    page = part;
    read.push_back(part);
  }

  // Leaves out the samples without a name, whose labels the store has refused.
  void Forget() {
    std::erase_if(samples, [](const auto& sample) { return sample.metric.empty(); });
    layout = nullptr;
  }

  // "line 3, column 12" of what is on the page.
  std::string PositionOf(std::string_view text) const {
    std::size_t lines = 0;
    for (const std::string_view part : read) {
      const auto offset = static_cast<std::size_t>(text.data() - part.data());
      if (Contains(part, text)) return PositionText(part, offset, lines);
      lines += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
    }
    return PositionText({}, 0, lines);
  }

  static bool Contains(std::string_view part, std::string_view text) {
    const std::less<const char*> before;
    return !before(text.data(), part.data()) &&
           !before(part.data() + part.size(), text.data() + text.size());
  }

  std::string_view Keep(std::string_view text) {
    return Contains(page, text) ? text : std::string_view(texts.emplace_back(text));
  }

  // Of each sample; empty: all are taken.
  std::vector<Use> Uses() const {
    const auto taken = [](const StagedSample& sample) { return sample.use == Use::kTaken; };
    if (std::all_of(samples.begin(), samples.end(), taken)) return {};
    std::vector<Use> uses;
    uses.reserve(samples.size());
    for (const StagedSample& sample : samples) uses.push_back(sample.use);
    return uses;
  }

  std::span<const LabelView> LabelsOf(const StagedSample& sample) const {
    return {labels.data() + sample.labels_begin, sample.labels_count};
  }
};

// A target's labels as they are added to each series, sorted by name.
struct SeriesStore::Impl::TargetLabels {
  explicit TargetLabels(const Labels& from) {
    for (const auto& [name, value] : from) labels.push_back({name, value});
  }

  bool Has(std::string_view name) const {
    return std::any_of(labels.begin(), labels.end(),
                       [name](const LabelView& label) { return label.name == name; });
  }

  std::vector<LabelView> labels;
};

}  // namespace tidegate
