// SPDX-License-Identifier: Apache-2.0
#include "text/utf8.h"

#include <cstdint>
#include <cstring>

namespace tidegate {
namespace {

unsigned Byte(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

bool IsContinuation(std::string_view bytes, std::size_t i) {
  return i < bytes.size() && (Byte(bytes, i) & 0xC0U) == 0x80U;
}

CodePoint Make(unsigned value, std::size_t size, unsigned least) {
  const bool surrogate = value >= 0xD800U && value <= 0xDFFFU;
  if (value < least || value > 0x10FFFFU || surrogate) return {};
  return {.value = static_cast<char32_t>(value), .size = size, .valid = true};
}

}  // namespace

CodePoint DecodeUtf8(std::string_view bytes) noexcept {
  const unsigned first = Byte(bytes, 0);
  if (first < 0x80U) return Make(first, 1, 0);
  if (first >= 0xC2U && first < 0xE0U && IsContinuation(bytes, 1)) {
    return Make(((first & 0x1FU) << 6U) | (Byte(bytes, 1) & 0x3FU), 2, 0x80U);
  }
  if (first >= 0xE0U && first < 0xF0U && IsContinuation(bytes, 1) && IsContinuation(bytes, 2)) {
    return Make(
        ((first & 0x0FU) << 12U) | ((Byte(bytes, 1) & 0x3FU) << 6U) | (Byte(bytes, 2) & 0x3FU), 3,
        0x800U);
  }
  if (first >= 0xF0U && first < 0xF5U && IsContinuation(bytes, 1) && IsContinuation(bytes, 2) &&
      IsContinuation(bytes, 3)) {
    return Make(((first & 0x07U) << 18U) | ((Byte(bytes, 1) & 0x3FU) << 12U) |
                    ((Byte(bytes, 2) & 0x3FU) << 6U) | (Byte(bytes, 3) & 0x3FU),
                4, 0x10000U);
  }
  return {};
}

bool IsUtf8(std::string_view bytes) noexcept {
  std::size_t i = 0;
  while (i < bytes.size()) {
    std::uint64_t word = 0;
    if (bytes.size() - i >= sizeof word) {  // eight ASCII bytes at once
      std::memcpy(&word, bytes.data() + i, sizeof word);
      if ((word & 0x8080808080808080U) == 0) {
        i += sizeof word;
        continue;
      }
    }
    const CodePoint point = DecodeUtf8(bytes.substr(i));
    if (!point.valid) return false;
    i += point.size;
  }
  return true;
}

void AppendUtf8(char32_t c, std::string& out) {
  const auto tail = [&out](char32_t bits) { out += static_cast<char>(0x80U | (bits & 0x3FU)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0U | c >> 6U);
    tail(c);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0U | c >> 12U);
    tail(c >> 6U);
    tail(c);
  } else {
    out += static_cast<char>(0xF0U | c >> 18U);
    tail(c >> 12U);
    tail(c >> 6U);
    tail(c);
  }
}

}  // namespace tidegate
