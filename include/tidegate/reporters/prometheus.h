// SPDX-License-Identifier: Apache-2.0
//
// Tidegate's own metrics, `tidegate_*` and `process_*`, for Prometheus to scrape.
//
// What is not known has no series: a workload that could not be observed keeps its wanted count
// and loses its current one, and a metric without a proposal has no recommendation. Series of
// replicas that are gone go at the next tick of their workload; those of a workload that is gone
// go at once.
#pragma once

#include <memory>
#include <string>

#include "tidegate/export.h"
#include "tidegate/reporter.h"
#include "tidegate/series_store.h"

namespace tidegate {

class TIDEGATE_EXPORT PrometheusReporter : public Reporter {
 public:
  ~PrometheusReporter() override;
  /// The page in text format 0.0.4. Safe from any thread.
  virtual std::string Page() const = 0;
  /// The outcome of the last reload of the configuration. Safe from any thread.
  virtual void SetConfigReload(bool successful) = 0;
  /// What the store holds and has refused. Safe from any thread.
  virtual void SetStoreStats(const SeriesStoreStats& stats) = 0;
};

TIDEGATE_EXPORT std::unique_ptr<PrometheusReporter> MakePrometheusReporter();

}  // namespace tidegate
