// SPDX-License-Identifier: Apache-2.0
#include "tidegate/decision.h"

#include "tidegate/describe.h"

namespace tidegate {

std::string_view ToString(Stage stage) noexcept { return NameOf(stage); }

}  // namespace tidegate
