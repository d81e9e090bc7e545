// SPDX-License-Identifier: Apache-2.0
//
// What PromQL's literals mean: numbers, durations, strings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tidegate/result.h"

namespace tidegate::promql {

/// 1, 1.5e3, .5, 0x1F, 010 (octal), 1_000, Inf, NaN. None: not a number.
std::optional<double> ParseNumberLiteral(std::string_view text);

/// 1h30m as milliseconds. Units must fall: y w d h m s ms.
Result<std::int64_t> ParseDuration(std::string_view text);

/// A string with its quotes: "…" and '…' with Go's escapes, `…` as it stands.
Result<std::string> Unquote(std::string_view quoted);

}  // namespace tidegate::promql
