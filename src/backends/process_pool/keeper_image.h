// SPDX-License-Identifier: Apache-2.0
//
// The keeper program (keeper.cc), carried inside the library: there is no file to be found or to
// be of another version, whether the library is linked statically, shared, or into Python.
#pragma once

#include <string_view>

namespace tidegate {

std::string_view KeeperImage();

}  // namespace tidegate
