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
/// Every NaN is Prometheus's ordinary one.
NumberStatus ParseNumber(std::string_view text, double& value) noexcept;

struct NumberEnd {
  NumberStatus status = NumberStatus::kSyntax;
  const char* end = nullptr;
};

/// As ParseNumber() for what is between `begin` and the first blank or newline.
/// REQUIRES: there is one.
NumberEnd ParseNumberPrefix(const char* begin, double& value) noexcept;

/// As ParseNumber(), with Go's hexadecimal numbers and '_' between digits: how Prometheus looks at
/// a bound that is not spelled as it should be.
NumberStatus ParseGoNumber(std::string_view text, double& value);

/// `le` and `quantile` as OpenMetrics spells them: 1 is "1.0", a million "1e+06".
std::string CanonicalNumber(double value);

/// Whether `text` is certainly what CanonicalNumber() would make of it; false says nothing.
bool IsCanonicalNumber(std::string_view text);

}  // namespace tidegate
