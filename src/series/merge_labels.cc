// SPDX-License-Identifier: Apache-2.0
//
// The labels of a page's samples: the target's are added, then the page's rules applied.
#include <algorithm>
#include <utility>

#include "series/staged_page.h"

namespace tidegate {

// The labels of the sample become those of its series: `staged.labels` gets them once more.
Status SeriesStore::Impl::MergeLabels(const TargetLabels& target, StagedPage& staged,
                                      StagedSample& sample) {
  const std::span<const LabelView> own = staged.LabelsOf(sample);
  std::vector<LabelView>& merged = staged.merged;
  merged.assign(own.begin(), own.end());
  const auto by_name = [](const LabelView& a, const LabelView& b) { return a.name < b.name; };
  std::sort(merged.begin(), merged.end(), by_name);
  const auto twice =
      std::adjacent_find(merged.begin(), merged.end(),
                         [](const LabelView& a, const LabelView& b) { return a.name == b.name; });
  if (twice != merged.end()) {
    return Invalid("label name \"" + Shown(twice->name) + "\" is not unique");
  }
  const auto on_page = [&own](std::string_view name) {
    return std::any_of(own.begin(), own.end(),
                       [name](const LabelView& label) { return label.name == name; });
  };
  std::erase_if(merged, [](const LabelView& label) { return label.value.empty(); });
  const auto taken = [&](const std::string& name) {
    return target.Has(name) || std::any_of(merged.begin(), merged.end(),
                                           [&](const LabelView& l) { return l.name == name; });
  };
  const bool honored = staged.rules.honor_labels;
  for (LabelView& label : merged) {
    if (honored || !target.Has(label.name)) continue;
    std::string renamed = "exported_" + std::string(label.name);
    while (taken(renamed)) renamed.insert(0, "exported_");
    label.name = staged.texts.emplace_back(std::move(renamed));
  }
  for (const LabelView& label : target.labels) {
    if (!label.value.empty() && !(honored && on_page(label.name))) merged.push_back(label);
  }
  std::sort(merged.begin(), merged.end(), by_name);
  if (Status relabeled = RelabelSample(staged, sample); !relabeled) return relabeled;
  if (sample.use != Use::kTaken) return {};
  if (Status fits = CheckPageLimits(staged.rules, {.metric = sample.metric, .labels = merged});
      !fits) {
    return fits;
  }
  if (!staged.NamesDecide() && !staged.Keeps(sample)) {
    sample.use = Use::kSkipped;
    return {};
  }
  sample.labels_begin = staged.labels.size();
  sample.labels_count = merged.size();
  staged.labels.insert(staged.labels.end(), merged.begin(), merged.end());
  sample.hash = HashOf(sample.metric, merged) | 1U;  // 0: not known yet
  return {};
}

/// `staged.merged` as the rules make it, and the metric's name with it.
Status SeriesStore::Impl::RelabelSample(StagedPage& staged, StagedSample& sample) {
  if (staged.rules.relabel.empty()) return {};
  Labels labels = {{std::string(kMetricNameLabel), std::string(sample.metric)}};
  for (const LabelView& label : staged.merged) labels.emplace(label.name, label.value);
  if (!staged.rules.relabel.Apply(labels) || labels.empty()) {
    sample.use = Use::kDropped;
    return {};
  }
  const auto keep = [&](const std::string& text) -> std::string_view {
    return staged.texts.emplace_back(text);
  };
  const auto name = labels.find(std::string(kMetricNameLabel));
  if (name == labels.end()) return Invalid("missing metric name (__name__ label)");
  sample.metric = keep(name->second);
  staged.merged.clear();
  for (const auto& label : labels) {
    if (label.first == kMetricNameLabel) continue;
    staged.merged.push_back({keep(label.first), keep(label.second)});
  }
  return {};
}

Status SeriesStore::Impl::CheckPageLimits(const PageRules& rules, const SeriesKey& key) {
  const auto over = [](std::size_t size, std::size_t limit) { return limit > 0 && size > limit; };
  const std::size_t count = key.labels.size() + 1;  // __name__ is one
  if (over(count, rules.label_limit)) {
    ++stats_.refused_labels_total;
    return Limited("label_limit exceeded (metric: " + Shown(key.metric) + ", number of labels: " +
                   std::to_string(count) + ", limit: " + std::to_string(rules.label_limit) + ")");
  }
  const auto check = [&](std::string_view name, std::string_view value) -> Status {
    const bool long_name = over(name.size(), rules.label_name_length_limit);
    if (!long_name && !over(value.size(), rules.label_value_length_limit)) return {};
    ++stats_.refused_label_length_total;
    const std::size_t length = long_name ? name.size() : value.size();
    const std::size_t limit =
        long_name ? rules.label_name_length_limit : rules.label_value_length_limit;
    return Limited(std::string(long_name ? "label_name_length_limit" : "label_value_length_limit") +
                   " exceeded (metric: " + Shown(key.metric) + ", label name: " + Shown(name) +
                   ", length: " + std::to_string(length) + ", limit: " + std::to_string(limit) +
                   ")");
  };
  if (Status name = check(kMetricNameLabel, key.metric); !name) return name;
  for (const LabelView& label : key.labels) {
    if (Status fits = check(label.name, label.value); !fits) return fits;
  }
  return {};
}

Status SeriesStore::Impl::CheckSampleLimit(const StagedPage& staged) {
  const std::size_t limit = staged.rules.sample_limit;
  if (limit == 0) return {};
  const auto kept = static_cast<std::size_t>(
      std::count_if(staged.samples.begin(), staged.samples.end(),
                    [](const StagedSample& sample) { return sample.use != Use::kDropped; }));
  if (kept <= limit) return {};
  ++stats_.refused_page_samples_total;
  return Limited("sample limit exceeded: the page has " + std::to_string(kept) +
                 " samples, the limit is " + std::to_string(limit));
}

}  // namespace tidegate
