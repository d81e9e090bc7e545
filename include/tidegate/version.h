// SPDX-License-Identifier: Apache-2.0
//
// The release. CMake fails if it differs from project(VERSION).
#pragma once

#include <string_view>

namespace tidegate {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace tidegate
