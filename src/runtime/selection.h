// SPDX-License-Identifier: Apache-2.0
//
// Selection: which metrics of pages the store keeps, and since when it has. What was not kept is
// missing, as before the first page; an empty answer means nothing about that time.
//
// Thread safety: guarded by its owner.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tidegate/promql.h"
#include "tidegate/types.h"

namespace tidegate::runtime {

/// Names of metrics; absent: all.
using MetricNames = std::optional<std::set<std::string>>;

/// Adds those that `query` may select.
void AddMetrics(const Query& query, MetricNames& names);

class Selection {
 public:
  /// From `now` on these are kept. The first ones were so always.
  void Replace(MetricNames names, TimePoint now);

  /// Since when all that `query` may select is kept. REQUIRES: it is.
  TimePoint Since(const Query& query) const;

  /// As SeriesStore::KeepOnly() wants them.
  std::optional<std::vector<std::string>> names() const;

 private:
  TimePoint Since(const std::string& name) const;

  std::map<std::string, TimePoint> since_;                 // of those that are told by name
  std::optional<TimePoint> all_since_ = TimePoint::min();  // of all others; absent: not kept
};

}  // namespace tidegate::runtime
