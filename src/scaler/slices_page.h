// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tidegate/inventory.h"

namespace tidegate::scaler {

/// What lies where on the GPUs, as a picture; how many are in use, and the fewest that would do.
std::string SlicesPage(const Inventory& inventory, const HeldSlices& held);

}  // namespace tidegate::scaler
