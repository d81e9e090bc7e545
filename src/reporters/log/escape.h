// SPDX-License-Identifier: Apache-2.0
//
// Text made safe for a log: one line, and for JSON a valid string whatever bytes it holds. Pure.
#pragma once

#include <string>
#include <string_view>

#include "text/utf8.h"

namespace tidegate::reporters {

namespace internal {

inline std::string UnicodeEscape(unsigned char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  return std::string("\\u00") + kHex[c >> 4] + kHex[c & 15];
}

}  // namespace internal

/// With its quotes. Malformed UTF-8 becomes U+FFFD.
inline std::string JsonString(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    const auto c = static_cast<unsigned char>(text.front());
    if (!point.valid) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out.append("\\").append(1, text.front());
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20 || c == 0x7f) {
      out += internal::UnicodeEscape(c);
    } else {
      out.append(text.substr(0, point.size));
    }
    text.remove_prefix(point.size);
  }
  return out + "\"";
}

/// Control characters become spaces, so that what a peer sent cannot forge a line of its own.
inline std::string EscapeLine(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = ' ';
  }
  return out;
}

}  // namespace tidegate::reporters
