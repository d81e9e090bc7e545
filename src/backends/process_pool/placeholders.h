// SPDX-License-Identifier: Apache-2.0
//
// `{replica}`, `{index}` and `{port:NAME}` in arguments and environment values. Other braces are
// left as they are, so that JSON in an argument needs no escaping.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "tidegate/result.h"

namespace tidegate {

struct PlaceholderValues {
  std::string replica;
  std::int64_t index = 0;
  std::map<std::string, std::uint16_t> ports;
};

/// kInvalidArgument: `{port:NAME}` of a name that is not in `ports`.
Result<std::string> ExpandPlaceholders(std::string_view text, const PlaceholderValues& values);

}  // namespace tidegate
