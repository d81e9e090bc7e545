// SPDX-License-Identifier: Apache-2.0
//
// Floating-point numbers as Go's strconv reads and writes them: what Prometheus accepts, bit for
// bit, and how it spells a bucket bound.
#pragma once

#include <string>
#include <string_view>

namespace tidegate {

enum class NumberStatus { kOk, kSyntax, kRange };

/// Reads a decimal number, Inf, Infinity or NaN (any case) that is the whole of `text`. Hex and
/// '_' are syntax errors; what is too large is kRange; what is too small becomes 0.
NumberStatus ParseNumber(std::string_view text, double& value) noexcept;

/// `le` and `quantile` as OpenMetrics spells them: 1 is "1.0", a million "1e+06".
std::string CanonicalNumber(double value);

}  // namespace tidegate
