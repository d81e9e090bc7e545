// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/numbers.h"

#include <array>
#include <charconv>
#include <cmath>

#include "exposition/number.h"
#include "series/staleness.h"

namespace tidegate::golden {

std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), written.ptr};
}

double NumberFromText(std::string_view text) {
  if (text == "stale") return kStaleMarker;
  double value = std::nan("");
  (void)ParseNumber(text, value);
  return value;
}

}  // namespace tidegate::golden
