// SPDX-License-Identifier: Apache-2.0
//
// Pushed pages of which lines were skipped: as targets, so that the readings that they may reach
// are in doubt, as those of a scraped page are.
//
// Thread safety: any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "tidegate/series_store.h"
#include "tidegate/source.h"

namespace tidegate::scaler {

class PushedPages {
 public:
  /// What became of the page of `labels`, of which `workload` is one.
  void Note(const Labels& labels, const PageSummary& summary, TimePoint now);
  /// A page that no other followed goes when queries no longer find its series either.
  void Forget(TimePoint now);
  std::vector<TargetState> targets() const;

 private:
  struct Page {
    TargetState state;
    TimePoint pushed{};
  };
  mutable std::mutex mutex_;
  std::map<Labels, Page> pages_;  // with skipped lines
};

/// A source that collects nothing and has these targets.
std::unique_ptr<Source> MakePushedSource(std::shared_ptr<PushedPages> pages);

}  // namespace tidegate::scaler
