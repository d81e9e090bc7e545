// SPDX-License-Identifier: Apache-2.0
//
// Tick records with anything in them that their types can hold.
#pragma once

#include <cstdint>

#include "tidegate/record.h"

namespace tidegate::testing {

/// The same record for the same seed, on every machine.
TickRecord RandomTick(std::uint64_t seed);

}  // namespace tidegate::testing
