// SPDX-License-Identifier: Apache-2.0
#include "tidegate/policy.h"

namespace tidegate {

Policy::~Policy() = default;

}  // namespace tidegate
