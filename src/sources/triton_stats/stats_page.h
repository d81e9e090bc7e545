// SPDX-License-Identifier: Apache-2.0
//
// Triton's statistics extension as a page in Prometheus text format. Pure.
#pragma once

#include <string>
#include <string_view>

#include "tidegate/result.h"

namespace tidegate::triton_stats {

/// A page of the series that MakeTritonStatsSource() speaks of, without the target's labels.
///
///   kUnavailable  not such an answer: `model_stats[0].inference_stats.queue.ns: want a count …`
///   kNoData       no model is loaded
Result<std::string> StatsPage(std::string_view body);

}  // namespace tidegate::triton_stats
