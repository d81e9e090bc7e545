// SPDX-License-Identifier: Apache-2.0
#include "exposition/number.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "exposition/char_class.h"

namespace tidegate {
namespace {

constexpr double kNaN = std::bit_cast<double>(std::uint64_t{0x7ff8000000000001});

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
    value = kNaN;
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

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsHexPrefix(std::string_view text) {
  return text.size() >= 2 && text[0] == '0' && Lower(text[1]) == 'x';
}

// Whether each '_' is between digits; a base's prefix counts as one.
bool UnderscoresSeparateDigits(std::string_view text) {
  const bool hex = IsHexPrefix(text);
  char last = hex ? '0' : '!';
  for (const char c : text.substr(hex ? 2 : 0)) {
    const char lower = Lower(c);
    const bool digit = IsDigit(c) || (hex && lower >= 'a' && lower <= 'f');
    if (digit) {
      last = '0';
    } else if (c == '_') {
      if (last != '0') return false;
      last = '_';
    } else {
      if (last == '_') return false;
      last = '!';
    }
  }
  return last != '_';
}

// `digits` are behind "0x"; a hexadecimal number has an exponent.
NumberStatus ParseHexadecimal(std::string_view digits, bool negative, double& value) {
  if (digits.find_first_of("pP") == std::string_view::npos) return NumberStatus::kSyntax;
  double magnitude = 0;
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, magnitude, std::chars_format::hex);
  if (read.ec == std::errc::result_out_of_range) return NumberStatus::kRange;
  if (read.ec != std::errc() || read.ptr != end || !std::isfinite(magnitude)) {
    return NumberStatus::kSyntax;
  }
  value = negative ? -magnitude : magnitude;
  return NumberStatus::kOk;
}

}  // namespace

NumberStatus ParseGoNumber(std::string_view text, double& value) {
  const NumberStatus decimal = ParseNumber(text, value);
  if (decimal != NumberStatus::kSyntax || text.find_first_of("_xX") == std::string_view::npos) {
    return decimal;
  }
  const bool negative = text.front() == '-';
  const bool has_sign = negative || text.front() == '+';
  std::string digits(text.substr(has_sign ? 1 : 0));
  if (!UnderscoresSeparateDigits(digits)) return NumberStatus::kSyntax;
  std::erase(digits, '_');
  if (IsHexPrefix(digits)) {
    return ParseHexadecimal(std::string_view(digits).substr(2), negative, value);
  }
  if (digits.empty() || (!IsDigit(digits.front()) && digits.front() != '.')) {
    return NumberStatus::kSyntax;
  }
  return ParseDecimal(digits, negative, value);
}

NumberStatus ParseNumber(std::string_view text, double& value) noexcept {
  if (text.empty()) return NumberStatus::kSyntax;
  const bool negative = text.front() == '-';
  const bool has_sign = negative || text.front() == '+';
  const std::string_view digits = has_sign ? text.substr(1) : text;
  if (digits.empty()) return NumberStatus::kSyntax;
  if (!IsDigit(digits.front()) && digits.front() != '.') {
    return ParseSpecial(digits, has_sign, negative, value);
  }
  return ParseDecimal(digits, negative, value);
}

NumberEnd internal::ParseAnyPrefix(const char* begin, double& value) noexcept {
  const char* at = begin;
  while (*at != '\n' && *at != ' ') ++at;
  return {ParseNumber({begin, static_cast<std::size_t>(at - begin)}, value), at};
}

bool IsCanonicalNumber(std::string_view text) {
  if (text == "+Inf") return true;
  constexpr std::size_t kSurelyExact = 15;  // digits
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos || point == 0 || point > 6) return false;
  const std::string_view fraction = text.substr(point + 1);
  if (text.size() > kSurelyExact || fraction.empty()) return false;
  const auto digits = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(), IsDigit);
  };
  if (!digits(text.substr(0, point)) || !digits(fraction)) return false;
  if (text.front() == '0' && point > 1) return false;
  if (fraction == "0") return true;
  if (fraction.back() == '0') return false;
  return text.front() != '0' || fraction.find_first_not_of('0') < 4;
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
