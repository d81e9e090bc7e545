// SPDX-License-Identifier: Apache-2.0
#include "tidegate/decision.h"

#include <array>

namespace tidegate {

std::string_view ToString(Stage stage) noexcept {
  constexpr std::array<std::string_view, 7> kNames = {"metrics",   "policy",    "combine", "hold",
                                                      "stabilize", "rateLimit", "bounds"};
  return kNames[static_cast<std::size_t>(stage)];
}

}  // namespace tidegate
