// SPDX-License-Identifier: Apache-2.0
//
// Scalars as text: durations, instants, quantities, doubles. Whatever is formatted here is
// parsed back to the same bits, for every value that the type has.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tidegate/export.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate::config {

/// "30s", "1m30s", "500ms", "1.5s", "0s"; empty: not one, or out of range.
std::optional<Duration> ParseDuration(std::string_view text);
std::string FormatDuration(Duration value);

/// RFC 3339 with up to nine fraction digits and Z or an offset.
std::optional<TimePoint> ParseTime(std::string_view text);
std::string FormatTime(TimePoint value);

/// A Kubernetes quantity in milli-units, fractions rounded away from zero.
Result<MilliValue> ParseMilli(std::string_view text);
std::string FormatMilli(MilliValue value);

/// A Kubernetes quantity as a double, as Kubernetes converts it: mantissa × 10^exponent of the
/// canonical form, which is not always the nearest double.
Result<double> ParseRatio(std::string_view text);
/// A text of which ParseRatio() makes the same double, if there is one.
std::string FormatRatio(double value);

/// Shortest decimal that is this double; never "1" for a double but "1.0", so that the type
/// shows. `value` is finite.
std::string FormatDouble(double value);
std::optional<double> ParseDouble(std::string_view text);
std::optional<std::int64_t> ParseInt(std::string_view text);

/// A JSON string, quoted. Bytes that are not UTF-8 become U+FFFD.
TIDEGATE_EXPORT std::string JsonString(std::string_view text);

/// How far two words are apart: insertions, deletions, changes, swaps of neighbours.
std::size_t EditDistance(std::string_view a, std::string_view b);

}  // namespace tidegate::config
