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

/// Of texts of at least one word: the last word first, since most names share their head.
template <typename Word>
bool Agree(std::string_view a, std::string_view b) {
  const std::size_t last = a.size() - sizeof(Word);
  if (!WordsAgree<Word>(a.data() + last, b.data() + last)) return false;
  for (std::size_t i = 0; i < last; i += sizeof(Word)) {
    if (!WordsAgree<Word>(a.data() + i, b.data() + i)) return false;
  }
  return true;
}

}  // namespace same_text

/// a == b, in line and a word at a time, which costs less than a call.
inline bool SameText(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a.size() >= 8) return same_text::Agree<std::uint64_t>(a, b);
  if (a.size() >= 4) return same_text::Agree<std::uint32_t>(a, b);
  if (a.empty()) return true;
  const std::size_t middle = a.size() / 2;
  return a.front() == b.front() && a[middle] == b[middle] && a.back() == b.back();
}

}  // namespace tidegate::hpa
