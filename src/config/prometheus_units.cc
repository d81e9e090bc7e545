// SPDX-License-Identifier: Apache-2.0
#include "config/prometheus_units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "config/scalars.h"

namespace tidegate::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
  bool exact;  ///< formatted only if nothing is left
};

constexpr std::array<Unit, 7> kUnits{{{"y", 365LL * 86'400'000, true},
                                      {"w", 7LL * 86'400'000, true},
                                      {"d", 86'400'000, false},
                                      {"h", 3'600'000, false},
                                      {"m", 60'000, false},
                                      {"s", 1000, false},
                                      {"ms", 1, false}}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

Error Invalid(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

/// The longest front of `text` whose characters are digits, or are not.
std::string_view Take(std::string_view& text, bool digits) {
  const auto size = static_cast<std::size_t>(
      std::find_if(text.begin(), text.end(), [&](char c) { return IsDigit(c) != digits; }) -
      text.begin());
  const std::string_view front = text.substr(0, size);
  text.remove_prefix(size);
  return front;
}

/// The power of 1024 that a unit stands for.
std::optional<int> PowerOf(std::string_view unit) {
  constexpr std::string_view kPrefixes = "KMGTPE";
  if (unit == "B") return 0;
  if (unit.size() < 2 || unit.back() != 'B') return std::nullopt;
  if (unit.size() > 2 && unit.substr(1) != "iB") return std::nullopt;
  const std::size_t power = kPrefixes.find(unit.front());
  if (power == std::string_view::npos) return std::nullopt;
  return static_cast<int>(power) + 1;
}

}  // namespace

Result<Duration> ParsePrometheusDuration(std::string_view text) {
  if (text == "0") return Duration{};
  if (text.empty()) return Invalid("empty duration string");
  const Error invalid = Invalid("not a valid duration string: " + JsonString(text));
  std::int64_t total = 0;
  const auto* after = kUnits.begin();  // units fall
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view digits = Take(rest, true);
    const std::string_view name = Take(rest, false);
    std::int64_t count = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (digits.empty() || name.empty() || read.ec == std::errc::invalid_argument) return invalid;
    const auto* unit = std::find_if(kUnits.begin(), kUnits.end(),
                                    [&](const Unit& each) { return each.name == name; });
    if (unit == kUnits.end()) {
      return Invalid("unknown unit " + JsonString(name) + " in duration " + JsonString(text));
    }
    if (unit < after) return invalid;
    after = unit + 1;
    std::int64_t term = 0;
    if (read.ec != std::errc() ||
        __builtin_mul_overflow(count, unit->milliseconds * 1'000'000, &term) ||
        __builtin_add_overflow(total, term, &total)) {
      return Invalid("duration out of range");
    }
  }
  return Duration(total);
}

std::string FormatPrometheusDuration(Duration value) {
  std::int64_t rest = value / std::chrono::milliseconds(1);
  if (rest == 0) return "0s";
  std::string out = rest < 0 ? "-" : "";
  rest = std::abs(rest);
  for (const Unit& unit : kUnits) {
    if ((unit.exact && rest % unit.milliseconds != 0) || rest < unit.milliseconds) continue;
    out += std::to_string(rest / unit.milliseconds) + std::string(unit.name);
    rest %= unit.milliseconds;
  }
  return out;
}

Result<std::size_t> ParsePrometheusBytes(std::string_view text) {
  if (text == "0") return std::size_t{0};
  const std::size_t unit_at = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto number = ParseDouble(text.substr(0, unit_at));
  const auto power = PowerOf(text.substr(unit_at));
  if (!number || !power || unit_at == 0) {
    return Invalid("want a size such as \"16MB\", got " + JsonString(text));
  }
  const double bytes = std::ldexp(*number, *power * 10);
  if (bytes > 9e15) return Invalid("size out of range: " + JsonString(text));
  return static_cast<std::size_t>(bytes);
}

}  // namespace tidegate::config
