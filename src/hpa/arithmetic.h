// SPDX-License-Identifier: Apache-2.0
//
// Integer and floating-point arithmetic as Go does it on amd64: sums and products wrap, and a
// double that does not fit becomes the smallest integer.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace tidegate::hpa {

inline std::int64_t WrapAdd(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

inline std::int64_t WrapSub(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

inline std::int64_t WrapMul(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

inline std::int32_t WrapAdd32(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

inline std::int32_t WrapSub32(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) - static_cast<std::uint32_t>(b));
}

/// Truncating division; the one quotient that does not fit wraps.
inline std::int64_t WrapDiv(std::int64_t a, std::int64_t b) {
  return b == -1 ? static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(a)) : a / b;
}

inline std::int32_t ToInt32(double value) {
  const bool fits = value > -2147483649.0 && value < 2147483648.0;  // false for NaN
  return fits ? static_cast<std::int32_t>(value) : std::numeric_limits<std::int32_t>::min();
}

inline std::int64_t ToInt64(double value) {
  const bool fits = value >= -9223372036854775808.0 && value < 9223372036854775808.0;
  return fits ? static_cast<std::int64_t>(value) : std::numeric_limits<std::int64_t>::min();
}

/// ToInt32(ceil(value)), without the call that std::ceil is where the processor's own instruction
/// may not be used.
inline std::int32_t CeilToInt32(double value) {
  const bool fits = value > -2147483649.0 && value <= 2147483647.0;  // false for NaN
  if (!fits) return std::numeric_limits<std::int32_t>::min();
  const auto cut = static_cast<std::int32_t>(value);
  if (value > static_cast<double>(cut)) [[likely]]
    return cut + 1;
  return cut;
}

/// Like CeilToInt32, but what is too large becomes the largest.
inline std::int32_t CeilToInt32Saturating(double value) {
  constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();
  return value > static_cast<double>(kMax) ? kMax : CeilToInt32(value);
}

}  // namespace tidegate::hpa
