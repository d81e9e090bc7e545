// SPDX-License-Identifier: Apache-2.0
//
// Counts what a benchmark allocates: the binary's operator new is replaced by one that counts.
#pragma once

#include <cstdint>

namespace tidegate {

/// How often operator new was called since the program began.
std::int64_t Allocations();

}  // namespace tidegate
