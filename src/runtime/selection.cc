// SPDX-License-Identifier: Apache-2.0
#include "runtime/selection.h"

#include <algorithm>
#include <utility>

namespace tidegate::runtime {

void AddMetrics(const Query& query, MetricNames& names) {
  if (!query.metrics()) names.reset();
  if (names) names->insert(query.metrics()->begin(), query.metrics()->end());
}

// Before the first one nothing was read, so nothing was skipped: as if all had been kept.
void Selection::Replace(MetricNames names, TimePoint now) {
  if (!names) {
    if (!all_since_) all_since_ = now;
    return;
  }
  std::map<std::string, TimePoint> since;
  for (const std::string& name : *names) {
    const bool known = all_since_ || since_.count(name) != 0;
    since.emplace(name, known ? Since(name) : now);
  }
  since_ = std::move(since);
  all_since_.reset();
}

TimePoint Selection::Since(const Query& query) const {
  if (!query.metrics()) return all_since_.value_or(TimePoint::max());
  TimePoint since = TimePoint::min();
  for (const std::string& name : *query.metrics()) since = std::max(since, Since(name));
  return since;
}

TimePoint Selection::Since(const std::string& name) const {
  const auto found = since_.find(name);
  return found != since_.end() ? found->second : all_since_.value_or(TimePoint::max());
}

std::optional<std::vector<std::string>> Selection::names() const {
  if (all_since_) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& [name, since] : since_) names.push_back(name);
  return names;
}

}  // namespace tidegate::runtime
