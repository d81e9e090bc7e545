// SPDX-License-Identifier: Apache-2.0
//
// JSON as Go's encoding/json reads it: duplicate members are kept (the later one wins), numbers
// keep their digits whatever their size, bytes that are not UTF-8 become U+FFFD.
#pragma once

#include <string_view>

#include "config/node.h"
#include "tidegate/result.h"

namespace tidegate::manifest {

/// One value with positions. kInvalidArgument: Go's text.
Result<config::NodePtr> ParseJsonText(std::string_view text);

}  // namespace tidegate::manifest
