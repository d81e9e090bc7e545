// SPDX-License-Identifier: Apache-2.0
//
// What PromQL's literals mean: numbers, durations, strings; and how Go writes them in messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tidegate/result.h"

namespace tidegate::promql {

/// 1, 1.5e3, .5, 0x1F, 010 (octal), 1_000, Inf, NaN. kInvalidArgument: in Go's words.
Result<double> ParseNumberLiteral(std::string_view text);

/// 1h30m as milliseconds. Units must fall: y w d h m s ms.
Result<std::int64_t> ParseDuration(std::string_view text);

/// A duration in nanoseconds as seconds, rounded as Go rounds.
double ToSeconds(std::int64_t nanoseconds);

/// A string with its quotes: "…" and '…' with Go's escapes, `…` as it stands.
Result<std::string> Unquote(std::string_view quoted);

/// Go's %q: "a\n", 'a'.
std::string GoQuote(std::string_view text);
std::string GoQuote(char32_t c);
/// Go's %#U: U+0041 'A'.
std::string GoCodePoint(char32_t c);
/// Go's %g: the shortest text that reads back, an exponent below -4 and from 6 on.
std::string GoNumber(double value);
/// Go's 'f' with the shortest precision: never an exponent.
std::string GoFixed(double value);

}  // namespace tidegate::promql
