// SPDX-License-Identifier: Apache-2.0
#include "core/text.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace tidegate {

std::string FormatDuration(Duration duration) {
  struct Unit {
    std::int64_t nanoseconds;
    std::string_view name;
  };
  constexpr std::array<Unit, 6> kUnits = {{{3'600'000'000'000, "h"},
                                           {60'000'000'000, "m"},
                                           {1'000'000'000, "s"},
                                           {1'000'000, "ms"},
                                           {1'000, "us"},
                                           {1, "ns"}}};
  if (duration.count() == 0) return "0s";
  std::string text = duration.count() < 0 ? "-" : "";
  auto left = static_cast<std::uint64_t>(duration.count());
  if (duration.count() < 0) left = 0 - left;
  for (const Unit& unit : kUnits) {
    const std::uint64_t count = left / static_cast<std::uint64_t>(unit.nanoseconds);
    left %= static_cast<std::uint64_t>(unit.nanoseconds);
    if (count != 0) text += std::to_string(count) + std::string(unit.name);
  }
  return text;
}

}  // namespace tidegate
