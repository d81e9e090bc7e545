// SPDX-License-Identifier: Apache-2.0
//
// How the golden files spell floating-point numbers.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::golden {

/// A text that reads back exactly: `0.1`, `NaN`, `+Inf`.
std::string NumberText(double value);

/// The inverse; `stale` is the staleness marker.
double NumberFromText(std::string_view text);

}  // namespace tidegate::golden
