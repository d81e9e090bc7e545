// SPDX-License-Identifier: Apache-2.0
#include "manifest/literal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "hpa/field_errors.h"

namespace tidegate::manifest {
namespace {

using config::Node;

template <std::size_t N>
bool IsOneOf(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 11> kTrue = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                                    "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalse = {"n",     "N",     "no",  "No",  "NO", "false",
                                                     "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> kNull = {"", "~", "null", "Null", "NULL"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// A double as encoding/json writes it.
std::string JsonNumber(double value) {
  const double size = std::abs(value);
  const bool scientific = size != 0 && (size < 1e-6 || size >= 1e21);
  std::array<char, 400> buffer{};
  char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                            scientific ? std::chars_format::scientific : std::chars_format::fixed)
                  .ptr;
  std::string text(buffer.data(), end);
  // Exponents below ten have one digit there: 1e-7, not 1e-07.
  const std::size_t exponent = text.find("e-0");
  if (exponent != std::string::npos) text.erase(exponent + 2, 1);
  return text;
}

/// Go's integer literals: 0x1f, 0o17, 017, 0b11, with a sign.
std::optional<std::string> Integer(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char mark = static_cast<char>(text[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    text.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  }
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || stop != end || status != std::errc()) return std::nullopt;
  constexpr std::uint64_t kSmallest = std::uint64_t{1} << 63U;
  if (negative && value > kSmallest) return std::nullopt;
  return (negative && value != 0 ? "-" : "") + std::to_string(value);
}

/// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool LooksLikeFloat(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    return at - start;
  };
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const std::size_t whole = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

Literal YamlLiteral(const std::string& text) {
  using Kind = Literal::Kind;
  if (IsOneOf(text, kNull)) return {Kind::kNull, ""};
  if (IsOneOf(text, kTrue)) return {Kind::kBool, "true"};
  if (IsOneOf(text, kFalse)) return {Kind::kBool, "false"};
  const char first = text[0];
  if (!IsDigit(first) && first != '-' && first != '+' && first != '.') return {Kind::kString, text};
  std::string plain = text;
  if (first != '.') plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
  if (std::optional<std::string> integer = Integer(plain)) return {Kind::kNumber, *integer};
  if (!LooksLikeFloat(plain)) return {Kind::kString, text};
  double value = 0;
  const char* begin = plain.data() + (plain[0] == '+' ? 1 : 0);
  const char* end = plain.data() + plain.size();
  if (std::from_chars(begin, end, value).ec != std::errc()) return {Kind::kString, text};
  return {Kind::kNumber, JsonNumber(value)};
}

/// `count` digits at `at`, which moves behind them; -1: there are not as many.
int Number(std::string_view text, std::size_t& at, std::size_t count) {
  if (text.size() < at + count) return -1;
  int value = 0;
  for (const std::size_t end = at + count; at < end; ++at) {
    if (!IsDigit(text[at])) return -1;
    value = value * 10 + (text[at] - '0');
  }
  return value;
}

bool Take(std::string_view text, std::size_t& at, char c) {
  if (at >= text.size() || text[at] != c) return false;
  ++at;
  return true;
}

bool IsLeap(std::int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int DaysIn(int month, std::int64_t year) {
  constexpr std::array<int, 13> kDays = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[static_cast<std::size_t>(month)];
}

/// Of the proleptic Gregorian calendar, since 1970 (Hinnant, chrono-compatible date algorithms).
std::int64_t DaysFromCivil(std::int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

/// "Z", "+01:30"; absent: neither.
std::optional<std::int64_t> ParseZone(std::string_view text, std::size_t& at) {
  if (Take(text, at, 'Z')) return 0;
  const bool west = at < text.size() && text[at] == '-';
  if (!Take(text, at, '+') && !Take(text, at, '-')) return std::nullopt;
  const int hours = Number(text, at, 2);
  if (!Take(text, at, ':')) return std::nullopt;
  const int minutes = Number(text, at, 2);
  if (hours < 0 || hours > 24 || minutes < 0 || minutes > 60) return std::nullopt;
  return (west ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/// A literal as JSON has it.
std::string Token(const Literal& literal) {
  if (literal.kind == Literal::Kind::kNull) return "null";
  return literal.kind == Literal::Kind::kString ? hpa::GoJsonString(literal.text) : literal.text;
}

}  // namespace

std::string JsonText(const Node& node, Syntax syntax) {
  std::string out;
  switch (node.kind) {
    case Node::Kind::kNull:
      return "null";
    case Node::Kind::kScalar:
      return Token(LiteralOf(node, syntax));
    case Node::Kind::kList:
      for (const config::NodePtr& item : node.items) {
        out += (out.empty() ? "" : ",") + JsonText(*item, syntax);
      }
      return "[" + out + "]";
    case Node::Kind::kMap:
      for (const config::Member& member : node.members) {
        out += (out.empty() ? "" : ",") + hpa::GoJsonString(member.key) + ":" +
               JsonText(*member.value, syntax);
      }
      return "{" + out + "}";
  }
  return out;
}

Literal LiteralOf(const Node& node, Syntax syntax) {
  using Kind = Literal::Kind;
  if (node.kind != Node::Kind::kScalar) return {Kind::kNull, ""};
  if (node.quoted) return {Kind::kString, node.text};
  if (syntax == Syntax::kYaml) return YamlLiteral(node.text);
  const bool word = node.text == "true" || node.text == "false";
  return {word ? Kind::kBool : Kind::kNumber, node.text};
}

std::optional<std::int64_t> ParseTime(std::string_view text) {
  std::size_t at = 0;
  const int year = Number(text, at, 4);
  if (!Take(text, at, '-')) return std::nullopt;
  const int month = Number(text, at, 2);
  if (!Take(text, at, '-')) return std::nullopt;
  const int day = Number(text, at, 2);
  if (!Take(text, at, 'T')) return std::nullopt;
  const bool short_hour = at + 1 < text.size() && text[at + 1] == ':';
  const int hour = Number(text, at, short_hour ? 1 : 2);
  if (!Take(text, at, ':')) return std::nullopt;
  const int minute = Number(text, at, 2);
  if (!Take(text, at, ':')) return std::nullopt;
  const int second = Number(text, at, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > DaysIn(month, year)) {
    return std::nullopt;
  }
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return std::nullopt;
  }
  if (Take(text, at, '.') || Take(text, at, ',')) {
    const std::size_t start = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    if (at == start) return std::nullopt;
  }
  const std::optional<std::int64_t> zone = ParseZone(text, at);
  if (!zone || at != text.size()) return std::nullopt;
  const std::int64_t seconds_of_day = hour * 3600 + minute * 60 + second;
  return DaysFromCivil(year, month, day) * 86'400 + seconds_of_day - *zone;
}

std::string FormatTime(std::int64_t seconds) {
  std::int64_t days = seconds / 86'400;
  std::int64_t rest = seconds % 86'400;
  if (rest < 0) {
    rest += 86'400;
    --days;
  }
  std::int64_t year = 1970 + (days < 0 ? days / 365 - 1 : days / 366);  // not after the true one
  while (DaysFromCivil(year + 1, 1, 1) <= days) ++year;
  std::int64_t day = days - DaysFromCivil(year, 1, 1) + 1;
  int month = 1;
  for (; day > DaysIn(month, year); ++month) day -= DaysIn(month, year);
  std::string out;
  const auto append = [&](std::int64_t value, std::size_t width, char after) {
    const std::string digits = std::to_string(value);
    if (digits.size() < width) out.append(width - digits.size(), '0');
    out += digits;
    out += after;
  };
  append(year, 4, '-');
  append(month, 2, '-');
  append(day, 2, 'T');
  append(rest / 3600, 2, ':');
  append(rest / 60 % 60, 2, ':');
  append(rest % 60, 2, 'Z');
  return out;
}

}  // namespace tidegate::manifest
