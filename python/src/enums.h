// SPDX-License-Identifier: Apache-2.0
//
// Enums are text in Python, spelled as in configuration files and journals.
#pragma once

#include <array>
#include <string_view>

#include "tidegate/describe.h"
#include "tidegate/promql.h"

namespace tidegate::python {

template <typename E>
inline constexpr auto kEnumNames = EnumNames<E>::kNames;

template <>
inline constexpr std::array<std::string_view, 4> kEnumNames<ValueType>{"scalar", "vector", "matrix",
                                                                       "string"};

}  // namespace tidegate::python
