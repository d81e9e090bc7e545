// SPDX-License-Identifier: Apache-2.0
//
// Discovery source: finds targets and scrapes them, as Prometheus does for one job.
#pragma once

#include <memory>

#include "tidegate/export.h"
#include "tidegate/result.h"
#include "tidegate/scrape_config.h"
#include "tidegate/source.h"

namespace tidegate {

/// Serves no one workload: it is one of Components::sources. Its series have the labels that
/// relabelling leaves the target, `job` and `instance` among them. A target whose address is that
/// of a port of a replica gets `workload` and `replica` as well, so that metrics of `Pods` may be
/// made of it.
///
/// For each target there are also `up`, `scrape_duration_seconds`, `scrape_samples_scraped`,
/// `scrape_samples_post_metric_relabeling` and `scrape_series_added`; they end with it. Discovery
/// that fails leaves the targets that it found last; targets() says so.
///
/// Link-local, multicast and cloud metadata addresses are refused, whatever the name resolves to,
/// and redirects are not followed: whoever writes the lists of targets chooses no other address
/// that way. Secrets appear in no error.
///
/// kInvalidArgument: relabelling rules that are refused.
TIDEGATE_EXPORT Result<std::unique_ptr<Source>> MakeDiscoverySource(ScrapeConfig config);

}  // namespace tidegate
