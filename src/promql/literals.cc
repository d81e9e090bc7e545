// SPDX-License-Identifier: Apache-2.0
#include "promql/literals.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "exposition/number.h"

namespace tidegate::promql {
namespace {

// Go's time.Duration counts nanoseconds in 63 bits.
constexpr std::int64_t kMaxDurationMs = std::numeric_limits<std::int64_t>::max() / 1'000'000;

Error Invalid(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

std::string WithoutUnderscores(std::string_view text) {
  std::string out(text);
  out.erase(std::remove(out.begin(), out.end(), '_'), out.end());
  return out;
}

// Go's ParseInt with base 0; the lexer has seen to it that '_' stands between digits.
std::optional<double> ParseInteger(std::string_view text) {
  std::string digits = WithoutUnderscores(text);
  int base = 10;
  if (digits.size() > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
    base = 16;
    digits.erase(0, 2);
  } else if (digits.size() > 1 && digits[0] == '0') {
    base = 8;
  }
  std::int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, value, base);
  if (read.ec != std::errc() || read.ptr != end || digits[0] == '-') return std::nullopt;
  return static_cast<double>(value);
}

std::optional<double> ParseHexFloat(std::string_view text) {
  const std::string digits = WithoutUnderscores(text.substr(2));
  if (digits.find_first_of("pP") == std::string::npos) return std::nullopt;
  double value = 0;
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, value, std::chars_format::hex);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

void AppendUtf8(char32_t c, std::string& out) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

// The `count` digits at `at`, or nothing.
std::optional<char32_t> Digits(std::string_view body, std::size_t at, std::size_t count, int base) {
  if (at + count > body.size()) return std::nullopt;
  std::uint32_t value = 0;
  const char* end = body.data() + at + count;
  const auto read = std::from_chars(body.data() + at, end, value, base);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return static_cast<char32_t>(value);
}

// `at` is behind the backslash; it is moved behind the escape.
bool AppendEscape(std::string_view body, char quote, std::size_t& at, std::string& out) {
  constexpr std::string_view kLetters = "abfnrtv\\";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\";
  const char letter = body[at];
  const std::size_t simple = kLetters.find(letter);
  if (simple != std::string_view::npos || letter == quote) {
    out += letter == quote ? quote : kMeanings[simple];
    ++at;
    return true;
  }
  const bool octal = letter >= '0' && letter <= '7';
  const std::size_t count = octal ? 3 : letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
  if (!octal && letter != 'x' && letter != 'u' && letter != 'U') return false;
  const std::size_t begin = octal ? at : at + 1;
  const std::optional<char32_t> value = Digits(body, begin, count, octal ? 8 : 16);
  if (!value) return false;
  at = begin + count;
  if (octal || letter == 'x') {
    if (*value > 0xFF) return false;
    out += static_cast<char>(*value);
    return true;
  }
  if (*value > 0x10FFFF || (*value >= 0xD800 && *value < 0xE000)) return false;
  AppendUtf8(*value, out);
  return true;
}

}  // namespace

std::optional<double> ParseNumberLiteral(std::string_view text) {
  if (const std::optional<double> integer = ParseInteger(text)) return integer;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    return ParseHexFloat(text);
  }
  double value = 0;
  if (ParseNumber(text, value) != NumberStatus::kOk) return std::nullopt;
  return value;
}

Result<std::int64_t> ParseDuration(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t ms;
  };
  constexpr std::array<Unit, 7> kUnits = {{{"y", 365LL * 24 * 3'600'000},
                                           {"w", 7LL * 24 * 3'600'000},
                                           {"d", 24LL * 3'600'000},
                                           {"h", 3'600'000},
                                           {"m", 60'000},
                                           {"s", 1000},
                                           {"ms", 1}}};
  const Error invalid = Invalid("not a valid duration string: \"" + std::string(text) + "\"");
  std::int64_t total = 0;
  std::size_t pos = 0;
  std::size_t next_unit = 0;
  while (pos < text.size()) {
    std::int64_t count = 0;
    const char* begin = text.data() + pos;
    const auto read = std::from_chars(begin, text.data() + text.size(), count);
    if (read.ec == std::errc::result_out_of_range) return Invalid("duration out of range");
    if (read.ec != std::errc() || *begin == '-') return invalid;
    pos = static_cast<std::size_t>(read.ptr - text.data());
    const bool millis = text.substr(pos, 2) == "ms";
    const std::string_view name = text.substr(pos, millis ? 2 : 1);
    while (next_unit < kUnits.size() && kUnits[next_unit].name != name) ++next_unit;
    if (next_unit == kUnits.size()) return invalid;
    const std::int64_t unit_ms = kUnits[next_unit++].ms;
    if (count > (kMaxDurationMs - total) / unit_ms) return Invalid("duration out of range");
    total += count * unit_ms;
    pos += name.size();
  }
  if (text.empty()) return invalid;
  return total;
}

Result<std::string> Unquote(std::string_view quoted) {
  const char quote = quoted.front();
  const std::string_view body = quoted.substr(1, quoted.size() - 2);
  if (quote == '`') return std::string(body);
  std::string out;
  std::size_t at = 0;
  while (at < body.size()) {
    if (body[at] != '\\') {
      out += body[at++];
      continue;
    }
    ++at;
    if (at >= body.size() || !AppendEscape(body, quote, at, out)) {
      return Invalid("unknown or incomplete escape sequence in " + std::string(quoted));
    }
  }
  return out;
}

}  // namespace tidegate::promql
