// SPDX-License-Identifier: Apache-2.0
//
// Floating-point numbers as Go's strconv reads and writes them: what Prometheus accepts, bit for
// bit, and how it spells a bucket bound.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "exposition/char_class.h"
#include "tidegate/export.h"

namespace tidegate {

enum class NumberStatus { kOk, kSyntax, kRange };

/// Reads a decimal number, Inf, Infinity or NaN (any case) that is the whole of `text`. Hex and
/// '_' are syntax errors; what is too large is kRange; what is too small becomes 0.
/// Every NaN is Prometheus's ordinary one.
TIDEGATE_EXPORT NumberStatus ParseNumber(std::string_view text, double& value) noexcept;

struct NumberEnd {
  NumberStatus status = NumberStatus::kSyntax;
  const char* end = nullptr;
};

namespace internal {

inline constexpr std::ptrdiff_t kMostDigits = 19;  // they fit into 64 bits
inline constexpr std::ptrdiff_t kLargestPower = 22;
inline constexpr std::array<double, kLargestPower + 1> kPowers = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

inline std::uint64_t TakeDigits(const char*& at, std::uint64_t digits) {
  while (IsDigit(*at)) digits = digits * 10 + static_cast<std::uint64_t>(*at++ - '0');
  return digits;
}

// At an 'e' with a sign behind it, the way Go writes it: one or two digits are taken.
inline std::ptrdiff_t TakeExponent(const char*& at) {
  if ((at[1] != '-' && at[1] != '+') || !IsDigit(at[2])) return 0;
  const bool negative = at[1] == '-';
  std::ptrdiff_t exponent = at[2] - '0';
  at += 3;
  if (IsDigit(*at)) exponent = exponent * 10 + (*at++ - '0');
  return negative ? -exponent : exponent;
}

NumberEnd ParseAnyPrefix(const char* begin, double& value) noexcept;

}  // namespace internal

/// As ParseNumber() for what is between `begin` and the first blank or newline.
/// REQUIRES: there is one.
///
/// One rounding gives the nearest double if the digits fit into 53 bits and the power of ten is
/// exact too: so are nearly all numbers read.
inline NumberEnd ParseNumberPrefix(const char* begin, double& value) noexcept {
  const bool negative = *begin == '-';
  const char* const first = begin + (negative ? 1 : 0);
  const char* at = first;
  std::uint64_t digits = internal::TakeDigits(at, 0);
  std::ptrdiff_t size = at - first;
  std::ptrdiff_t power = 0;
  if (*at == '.') {
    const char* const fraction = ++at;
    digits = internal::TakeDigits(at, digits);
    power = fraction - at;
    size -= power;
  }
  if (*at == 'e') power += internal::TakeExponent(at);
  const bool ends = *at == '\n' || *at == ' ';
  const bool exact = size > 0 && size <= internal::kMostDigits &&
                     digits <= (std::uint64_t{1} << 53U) && power >= -internal::kLargestPower &&
                     power <= internal::kLargestPower;
  if (!ends || !exact) return internal::ParseAnyPrefix(begin, value);
  double magnitude = static_cast<double>(digits);
  if (power != 0) {
    magnitude = power < 0 ? magnitude / internal::kPowers[static_cast<std::size_t>(-power)]
                          : magnitude * internal::kPowers[static_cast<std::size_t>(power)];
  }
  value = negative ? -magnitude : magnitude;
  return {NumberStatus::kOk, at};
}

/// As ParseNumber(), with Go's hexadecimal numbers and '_' between digits: how Prometheus looks at
/// a bound that is not spelled as it should be.
NumberStatus ParseGoNumber(std::string_view text, double& value);

/// `le` and `quantile` as OpenMetrics spells them: 1 is "1.0", a million "1e+06".
std::string CanonicalNumber(double value);

/// Whether `text` is certainly what CanonicalNumber() would make of it; false says nothing.
bool IsCanonicalNumber(std::string_view text);

}  // namespace tidegate
