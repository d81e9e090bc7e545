// SPDX-License-Identifier: Apache-2.0
//
// KEDA's ScaledObject (keda.sh/v1alpha1) as the workload that it describes.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "config/reader.h"
#include "tidegate/config.h"

namespace tidegate::config {

inline constexpr std::string_view kKedaVersion = "keda.sh/v1alpha1";

/// What a ScaledObject says of where its metrics come from; an Autoscaler's own words win.
struct ScaledObjectSource {
  std::optional<PrometheusOptions> prometheus;
  std::vector<MetricQuery> queries;
};

/// Sets bounds, metrics, behavior and fallbacks. What has no counterpart is a problem;
/// `has_source`: an Autoscaler says where the metrics come from, credentials included.
ScaledObjectSource ReadScaledObject(const Node& root, bool has_source, Autoscaler& autoscaler,
                                    std::vector<Problem>& problems);

}  // namespace tidegate::config
