// SPDX-License-Identifier: Apache-2.0
//
// Equality of the short names that a tick compares by the thousand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidegate::hpa {

namespace same_text {

template <typename Word>
bool WordsAgree(const char* a, const char* b) {
  Word x;
  Word y;
  std::memcpy(&x, a, sizeof x);
  std::memcpy(&y, b, sizeof y);
  return x == y;
}

/// Of texts of one word to two: both ends, which may overlap. The last first, since most names
/// share their head.
template <typename Word>
bool EndsAgree(std::string_view a, std::string_view b) {
  const std::size_t last = b.size() - sizeof(Word);
  return WordsAgree<Word>(a.data() + last, b.data() + last) && WordsAgree<Word>(a.data(), b.data());
}

/// Of texts of more than 16 bytes.
inline bool LongAgree(std::string_view a, std::string_view b) {
  if (!EndsAgree<std::uint64_t>(a, b)) return false;
  for (std::size_t i = 8; i + 8 < b.size(); i += 8) {
    if (!WordsAgree<std::uint64_t>(a.data() + i, b.data() + i)) return false;
  }
  return true;
}

}  // namespace same_text

/// a == b, in line and a word at a time, which costs less than a call. `b` may be a constant.
inline bool SameText(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (b.size() > 16) return same_text::LongAgree(a, b);
  if (b.size() >= 8) return same_text::EndsAgree<std::uint64_t>(a, b);
  if (b.size() >= 4) return same_text::EndsAgree<std::uint32_t>(a, b);
  if (b.size() >= 2) return same_text::EndsAgree<std::uint16_t>(a, b);
  return b.empty() || a.front() == b.front();
}

}  // namespace tidegate::hpa
