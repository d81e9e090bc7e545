// SPDX-License-Identifier: Apache-2.0
//
// JSON text -> YAML, one member a line.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::config {

/// REQUIRES: `json` is a valid object or array.
std::string YamlText(std::string_view json);

}  // namespace tidegate::config
