// SPDX-License-Identifier: Apache-2.0
//
// Prometheus's configuration file, as far as it is about scraping: `global` and `scrape_configs`.
#pragma once

#include <string>
#include <vector>

#include "config/reader.h"
#include "tidegate/scrape_config.h"

namespace tidegate::config {

/// Whether a document looks like one: it has no kind, but `scrape_configs` or `global`.
bool IsPrometheusConfig(const Node& root);

/// The jobs. What has no counterpart, and what Prometheus refuses, is a problem. Relative files are
/// below `directory`.
std::vector<ScrapeConfig> ReadScrapeConfigs(const Node& root, const std::string& directory,
                                            std::vector<Problem>& problems);

}  // namespace tidegate::config
