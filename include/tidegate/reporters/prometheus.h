// SPDX-License-Identifier: Apache-2.0
//
// Tidegate's own metrics, `tidegate_*`, for Prometheus to scrape.
#pragma once

#include <memory>
#include <string>

#include "tidegate/export.h"
#include "tidegate/reporter.h"

namespace tidegate {

class TIDEGATE_EXPORT PrometheusReporter : public Reporter {
 public:
  /// The page in text format 0.0.4. Safe from any thread.
  virtual std::string Page() const = 0;
  /// The outcome of the last reload of the configuration.
  virtual void SetConfigReload(bool successful) = 0;
};

TIDEGATE_EXPORT std::unique_ptr<PrometheusReporter> MakePrometheusReporter();

}  // namespace tidegate
