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
Word Load(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// 0: both ends of texts of one word to two, which may overlap, are the same.
template <typename Word>
std::uint64_t Ends(std::string_view a, std::string_view b) {
  const std::size_t last = b.size() - sizeof(Word);
  return static_cast<std::uint64_t>(Load<Word>(a.data()) ^ Load<Word>(b.data())) |
         static_cast<std::uint64_t>(Load<Word>(a.data() + last) ^ Load<Word>(b.data() + last));
}

}  // namespace same_text

/// a == b of texts of the same size, in line and a word at a time, which costs less than a call.
inline bool SameSized(std::string_view a, std::string_view b) {
  using same_text::Ends;
  std::uint64_t differ = 0;
  if (b.size() - 4 <= 4) {
    differ = Ends<std::uint32_t>(a, b);
  } else if (b.size() >= 8) {
    differ = Ends<std::uint64_t>(a, b);
    for (std::size_t i = 8; i + 8 < b.size(); i += 8) {
      differ |= same_text::Load<std::uint64_t>(a.data() + i) ^
                same_text::Load<std::uint64_t>(b.data() + i);
    }
  } else if (b.size() >= 2) {
    differ = Ends<std::uint16_t>(a, b);
  } else if (!b.empty()) {
    differ = Ends<std::uint8_t>(a, b);
  }
  return differ == 0;
}

/// a == b, likewise.
inline bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && SameSized(a, b);
}

}  // namespace tidegate::hpa
