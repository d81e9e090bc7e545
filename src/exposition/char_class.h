// SPDX-License-Identifier: Apache-2.0
//
// The classes of characters that both formats are made of.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace tidegate {

enum CharClass : std::uint8_t { kNameStart = 1, kNamePart = 2, kLabelStart = 4, kLabelPart = 8 };

namespace internal {

constexpr std::array<std::uint8_t, 256> MakeCharClasses() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    if (letter) classes[c] = kNameStart | kNamePart | kLabelStart | kLabelPart;
    if (digit) classes[c] = kNamePart | kLabelPart;
    if (c == ':') classes[c] = kNameStart | kNamePart;
  }
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> kCharClasses = MakeCharClasses();

}  // namespace internal

inline bool Is(char c, CharClass wanted) {
  return (internal::kCharClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}
inline bool IsBlank(char c) { return c == ' ' || c == '\t'; }
inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// A name that Prometheus 2 knew and that needs no quotes: of a metric (kNamePart: letters, digits,
/// '_' and ':') or of a label (kLabelPart: without ':').
inline bool IsLegacyName(std::string_view name, CharClass part) {
  return !name.empty() && !IsDigit(name.front()) &&
         std::all_of(name.begin(), name.end(), [part](char c) { return Is(c, part); });
}

}  // namespace tidegate
