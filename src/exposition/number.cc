// SPDX-License-Identifier: Apache-2.0
#include "exposition/number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace tidegate {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
         });
}

// Whether a number that from_chars found out of range is below 1: then it is nearer to 0.
bool IsTiny(std::string_view digits) {
  const std::size_t exponent_at = std::min(digits.find_first_of("eE"), digits.size());
  const std::string_view mantissa = digits.substr(0, exponent_at);
  std::int64_t exponent = 0;
  if (exponent_at < digits.size()) {
    std::size_t begin = exponent_at + 1;
    if (digits[begin] == '+') ++begin;
    const char* end = digits.data() + digits.size();
    if (std::from_chars(digits.data() + begin, end, exponent).ec != std::errc()) {
      return digits[begin] == '-';
    }
  }
  const auto point = static_cast<std::int64_t>(std::min(mantissa.find('.'), mantissa.size()));
  const auto first = static_cast<std::int64_t>(mantissa.find_first_of("123456789"));
  return exponent + point - first < 0;
}

NumberStatus ParseSpecial(std::string_view digits, bool has_sign, bool negative, double& value) {
  if (EqualsIgnoringCase(digits, "inf") || EqualsIgnoringCase(digits, "infinity")) {
    value = negative ? -std::numeric_limits<double>::infinity()
                     : std::numeric_limits<double>::infinity();
    return NumberStatus::kOk;
  }
  if (!has_sign && EqualsIgnoringCase(digits, "nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
    return NumberStatus::kOk;
  }
  return NumberStatus::kSyntax;
}

NumberStatus ParseDecimal(std::string_view digits, bool negative, double& value) {
  double magnitude = 0;
  const char* end = digits.data() + digits.size();
  const std::from_chars_result read = std::from_chars(digits.data(), end, magnitude);
  if (read.ec == std::errc::invalid_argument || read.ptr != end) return NumberStatus::kSyntax;
  if (read.ec == std::errc::result_out_of_range) {
    if (!IsTiny(digits)) return NumberStatus::kRange;
    magnitude = 0;
  }
  if (std::isinf(magnitude)) return NumberStatus::kRange;
  value = negative ? -magnitude : magnitude;
  return NumberStatus::kOk;
}

}  // namespace

NumberStatus ParseNumber(std::string_view text, double& value) noexcept {
  if (text.empty()) return NumberStatus::kSyntax;
  // Counters are plain integers nearly always; 19 digits fit into 64 bits.
  if (text.size() <= 19) {
    std::uint64_t integer = 0;
    std::size_t i = 0;
    while (i < text.size() && IsDigit(text[i])) {
      integer = integer * 10 + static_cast<std::uint64_t>(text[i++] - '0');
    }
    if (i == text.size()) {
      value = static_cast<double>(integer);
      return NumberStatus::kOk;
    }
  }
  const bool negative = text.front() == '-';
  const bool has_sign = negative || text.front() == '+';
  const std::string_view digits = has_sign ? text.substr(1) : text;
  if (digits.empty()) return NumberStatus::kSyntax;
  if (!IsDigit(digits.front()) && digits.front() != '.') {
    return ParseSpecial(digits, has_sign, negative, value);
  }
  return ParseDecimal(digits, negative, value);
}

std::string CanonicalNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  // Shortest digits first; then Go's rule for 'g': an exponent below -4 or from 6 on is
  // written.
  std::array<char, 64> buffer{};
  const auto scientific = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                        std::chars_format::scientific);
  std::string text(buffer.data(), scientific.ptr);
  const std::size_t mark = text.find('e');
  int exponent = 0;
  const std::size_t digits_at = text[mark + 1] == '+' ? mark + 2 : mark + 1;
  std::from_chars(text.data() + digits_at, text.data() + text.size(), exponent);
  if (exponent >= -4 && exponent < 6) {
    const auto fixed = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                     std::chars_format::fixed);
    text.assign(buffer.data(), fixed.ptr);
  }
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace tidegate
