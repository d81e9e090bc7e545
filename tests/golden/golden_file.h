// SPDX-License-Identifier: Apache-2.0
//
// Reading the committed samples of the golden sets.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::golden {

/// The text of a gzip file under tests/golden; empty if it cannot be read.
std::string ReadGoldenFile(std::string_view name);

}  // namespace tidegate::golden
