// SPDX-License-Identifier: Apache-2.0
//
// Equality of the short names that a tick compares by the thousand.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidegate::hpa {

namespace same_text {

template <typename Word>
bool EndsAgree(std::string_view a, std::string_view b) {
  const auto load = [](const char* bytes) {
    Word word;
    std::memcpy(&word, bytes, sizeof word);
    return word;
  };
  const std::size_t last = a.size() - sizeof(Word);
  return load(a.data()) == load(b.data()) && load(a.data() + last) == load(b.data() + last);
}

}  // namespace same_text

/// a == b. Up to 16 bytes are compared as two words, in line, which costs less than a call.
inline bool SameText(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a.size() > 16) return a == b;
  if (a.size() >= 8) return same_text::EndsAgree<std::uint64_t>(a, b);
  if (a.size() >= 4) return same_text::EndsAgree<std::uint32_t>(a, b);
  if (a.empty()) return true;
  const std::size_t middle = a.size() / 2;
  return a.front() == b.front() && a[middle] == b[middle] && a.back() == b.back();
}

}  // namespace tidegate::hpa
