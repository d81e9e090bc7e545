// SPDX-License-Identifier: Apache-2.0
//
// Names in pictures: cut to size, and safe to print.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tidegate/pack.h"

namespace tidegate {

/// Code points, which is what a terminal gives a column to, near enough.
std::size_t Columns(std::string_view text);

/// At most `width` columns; what is cut ends in "…".
std::string Cut(std::string_view text, std::size_t width);

/// Without control characters: no name from a file moves the cursor.
std::string Visible(std::string_view text);

/// As text of XML and HTML, and inside quotes; bytes that are no UTF-8, and control characters,
/// become U+FFFD.
std::string Escaped(std::string_view text);

/// "node/gpu-0 x 12".
std::string LabelOf(const Fleet& fleet, const DeviceRow& row);

/// "cordoned", "draining", "to add" or nothing.
std::string NoteOf(const Fleet& fleet, const DeviceRow& row);

}  // namespace tidegate
