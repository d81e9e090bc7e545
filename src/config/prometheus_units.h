// SPDX-License-Identifier: Apache-2.0
//
// Durations and sizes as Prometheus's configuration has them, with its words for what is wrong.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tidegate/export.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate::config {

/// "1h30m", "15s", "1d", "0"; units from y to ms, each once, falling.
TIDEGATE_EXPORT Result<Duration> ParsePrometheusDuration(std::string_view text);
/// "1m30s", "2w"; what is below a millisecond is cut.
TIDEGATE_EXPORT std::string FormatPrometheusDuration(Duration value);

/// "16MB", "1.5GiB", "0"; KB and KiB are 1024 bytes both.
TIDEGATE_EXPORT Result<std::size_t> ParsePrometheusBytes(std::string_view text);

}  // namespace tidegate::config
