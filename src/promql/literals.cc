// SPDX-License-Identifier: Apache-2.0
#include "promql/literals.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "exposition/number.h"
#include "text/utf8.h"

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

// Whether each '_' stands between digits, or behind "0x".
bool UnderscoresFit(std::string_view text) {
  const bool hex = text.size() > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  const auto digit = [text, hex](std::size_t i) {
    if (i >= text.size()) return false;
    const char c = text[i];
    const bool letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    return (c >= '0' && c <= '9') || (hex && (letter || i == 1));
  };
  for (std::size_t at = text.find('_'); at != text.npos; at = text.find('_', at + 1)) {
    if (at == 0 || !digit(at - 1) || !digit(at + 1)) return false;
  }
  return true;
}

// Go's ParseInt with base 0.
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

Result<double> ParseNumberLiteral(std::string_view text) {
  const bool fits = UnderscoresFit(text);
  const std::optional<double> integer = fits ? ParseInteger(text) : std::nullopt;
  if (integer) return *integer;
  const auto refused = [text](const char* why) {
    return Invalid("strconv.ParseFloat: parsing " + GoQuote(text) + ": " + why);
  };
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    const std::optional<double> value = ParseHexFloat(text);
    if (!value || !fits) return refused("invalid syntax");
    return *value;
  }
  if (!fits) return refused("invalid syntax");
  double value = 0;
  switch (ParseNumber(WithoutUnderscores(text), value)) {
    case NumberStatus::kOk:
      return value;
    case NumberStatus::kSyntax:
      return refused("invalid syntax");
    case NumberStatus::kRange:
      break;
  }
  return refused("value out of range");
}

double ToSeconds(std::int64_t nanoseconds) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t whole = nanoseconds / kSecond;
  return static_cast<double>(whole) + static_cast<double>(nanoseconds % kSecond) / 1e9;
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
  if (text == "0") return 0;
  if (text.empty()) return Invalid("empty duration string");
  const Error invalid = Invalid("not a valid duration string: " + GoQuote(text));
  const std::string_view digits = "0123456789";
  std::int64_t total = 0;
  const auto* next = kUnits.begin();  // units must fall
  for (std::string_view rest = text; !rest.empty();) {
    std::int64_t count = 0;
    const std::size_t size = std::min(rest.find_first_not_of(digits), rest.size());
    if (std::from_chars(rest.data(), rest.data() + size, count).ec != std::errc()) return invalid;
    rest.remove_prefix(size);
    if (rest.empty()) return invalid;
    const std::string_view name = rest.substr(0, rest.find_first_of(digits));
    rest.remove_prefix(name.size());
    const auto named = [name](const Unit& unit) { return unit.name == name; };
    const auto* unit = std::find_if(kUnits.begin(), kUnits.end(), named);
    if (unit == kUnits.end()) {
      return Invalid("unknown unit " + GoQuote(name) + " in duration " + GoQuote(text));
    }
    if (unit < next) return invalid;
    next = unit + 1;
    if (count > (kMaxDurationMs - total) / unit->ms) return Invalid("duration out of range");
    total += count * unit->ms;
  }
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

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void AppendHex(char32_t value, int digits, std::string& out) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += kHexDigits[(value >> static_cast<unsigned>(shift)) & 0xF];
  }
}

// What Go shows as it is. Of Unicode's blanks, controls and private characters these are all that
// are assigned; of what is not assigned it knows more.
bool IsPrintable(char32_t c) {
  constexpr std::array<std::pair<char32_t, char32_t>, 13> kHidden = {{{0, 0x1F},
                                                                      {0x7F, 0xA0},
                                                                      {0xAD, 0xAD},
                                                                      {0x61C, 0x61C},
                                                                      {0x1680, 0x1680},
                                                                      {0x180E, 0x180E},
                                                                      {0x2000, 0x200F},
                                                                      {0x2028, 0x202F},
                                                                      {0x205F, 0x206F},
                                                                      {0x3000, 0x3000},
                                                                      {0xD800, 0xF8FF},
                                                                      {0xFEFF, 0xFEFF},
                                                                      {0xE0000, 0x10FFFF}}};
  return std::none_of(kHidden.begin(), kHidden.end(),
                      [c](const auto& range) { return c >= range.first && c <= range.second; });
}

void AppendQuoted(char32_t c, char quote, std::string& out) {
  constexpr std::u32string_view kControls = U"\a\b\f\n\r\t\v\\";
  constexpr std::string_view kLetters = "abfnrtv\\";
  const std::size_t control = kControls.find(c);
  if (control != std::u32string_view::npos || c == static_cast<unsigned char>(quote)) {
    out += '\\';
    out += control != std::u32string_view::npos ? kLetters[control] : quote;
  } else if (c < 0x20 || c == 0x7F) {
    out += "\\x";
    AppendHex(c, 2, out);
  } else if (!IsPrintable(c)) {
    out += c > 0xFFFF ? "\\U" : "\\u";
    AppendHex(c, c > 0xFFFF ? 8 : 4, out);
  } else {
    AppendUtf8(c, out);
  }
}

// `shortest` digits as to_chars finds them.
std::string ToChars(double value, std::chars_format format) {
  std::array<char, 512> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
  return std::string(buffer.data(), end.ptr);
}

// The fewest digits that read back.
struct Shortest {
  explicit Shortest(double value) : text(ToChars(value, std::chars_format::scientific)) {
    const std::size_t mark = text.find('e');
    for (const char c : text.substr(0, mark)) {
      if (c >= '0' && c <= '9') digits += c;
    }
    const std::size_t begin = text[mark + 1] == '+' ? mark + 2 : mark + 1;
    std::from_chars(text.data() + begin, text.data() + text.size(), exponent);
  }

  std::string text;
  std::string digits;
  int exponent = 0;
};

std::optional<std::string> NotFinite(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return std::nullopt;
}

}  // namespace

std::string GoQuote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    if (point.valid) {
      AppendQuoted(point.value, '"', out);
    } else {
      out += "\\x";
      AppendHex(static_cast<unsigned char>(text.front()), 2, out);
    }
    text.remove_prefix(point.size);
  }
  return out + "\"";
}

std::string GoQuote(char32_t c) {
  std::string out = "'";
  AppendQuoted(c, '\'', out);
  return out + "'";
}

std::string GoCodePoint(char32_t c) {
  std::string out = "U+";
  AppendHex(c, c > 0xFFFF ? 6 : 4, out);
  for (std::size_t i = 2; i < out.size(); ++i) {
    if (out[i] >= 'a') out[i] = static_cast<char>(out[i] - 'a' + 'A');
  }
  if (!IsPrintable(c)) return out;
  out += " '";
  AppendUtf8(c, out);
  return out + "'";
}

std::string GoNumber(double value) {
  if (const std::optional<std::string> special = NotFinite(value)) return *special;
  const Shortest shortest(value);
  constexpr int kFirstWritten = 6;
  const bool scientific = shortest.exponent < -4 || shortest.exponent >= kFirstWritten;
  return scientific ? shortest.text : GoFixed(value);
}

std::string GoFixed(double value) {
  if (const std::optional<std::string> special = NotFinite(value)) return *special;
  const Shortest shortest(value);
  // Behind the shortest digits come zeros; to_chars has all digits of a large number.
  const int zeros = shortest.exponent + 1 - static_cast<int>(shortest.digits.size());
  if (zeros < 0) return ToChars(value, std::chars_format::fixed);
  const std::string sign = std::signbit(value) ? "-" : "";
  return sign + shortest.digits + std::string(static_cast<std::size_t>(zeros), '0');
}

}  // namespace tidegate::promql
