// SPDX-License-Identifier: Apache-2.0
//
// Upper and lower case of UTF-8 texts, letter by letter (Unicode's simple mappings), as in Go.
#pragma once

#include <string>
#include <string_view>

namespace tidegate {

/// Bytes that are not UTF-8 become U+FFFD.
std::string ToLower(std::string_view text);
std::string ToUpper(std::string_view text);

}  // namespace tidegate
