// SPDX-License-Identifier: Apache-2.0
//
// Whether bytes are UTF-8, and one code point from bytes and to bytes, as Go does all of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tidegate/export.h"

namespace tidegate {

/// True for well-formed UTF-8: no surrogates, no overlong forms, nothing above U+10FFFF.
TIDEGATE_EXPORT bool IsUtf8(std::string_view bytes) noexcept;

struct CodePoint {
  char32_t value = 0xFFFD;
  std::size_t size = 1;  ///< bytes; 1 for a byte that begins no well-formed sequence
  bool valid = false;
};

/// The first code point of `bytes`. REQUIRES: !bytes.empty().
TIDEGATE_EXPORT CodePoint DecodeUtf8(std::string_view bytes) noexcept;

/// REQUIRES: c <= 0x10FFFF. Surrogates are written as they are.
TIDEGATE_EXPORT void AppendUtf8(char32_t c, std::string& out);

}  // namespace tidegate
