// SPDX-License-Identifier: Apache-2.0
//
// Scrape source: GETs a page in OpenMetrics or Prometheus text format from every replica of a
// workload.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "tidegate/export.h"
#include "tidegate/source.h"
#include "tidegate/types.h"

namespace tidegate {

struct ScrapeOptions {
  std::string port = "metrics";  ///< the name of the replica's port
  std::string path = "/metrics";
  Duration interval = std::chrono::seconds(1);        ///< per target; due targets only are read
  Duration timeout = std::chrono::milliseconds(700);  ///< total, from connect to last byte
  std::size_t body_size_limit = 16u << 20;            ///< bytes; more fails the scrape
  std::map<std::string, std::string> headers{};       ///< sent with each request; may be secret
  /// A line that cannot be read is skipped (PageRules::lenient); the readings of its replica are
  /// then in doubt.
  bool lenient = false;
};

/// One target for each replica that runs and has the port. Adds the labels `workload` and `replica`
/// to every series. A target that answers no sample at all counts as down (a wrong path of Triton
/// answers 200 with an empty body). A target that fails, or whose replica is gone, ends its series.
///
/// All samples of a call carry its `now`, and the time that a call may take is counted from its
/// start: min(timeout, deadline - now). For each target there are also the series `up`,
/// `scrape_duration_seconds` and `scrape_samples_scraped`.
TIDEGATE_EXPORT std::unique_ptr<Source> MakeScrapeSource(ScrapeOptions options);

}  // namespace tidegate
