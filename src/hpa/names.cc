// SPDX-License-Identifier: Apache-2.0
#include "hpa/names.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "text/utf8.h"

namespace tidegate::hpa {

namespace {

// Upstream counts bytes but says so only in some of its texts.
constexpr std::string_view kBytes = " bytes";
constexpr std::string_view kCharacters = " characters";

constexpr std::size_t kLabelLength = 63;
constexpr std::size_t kSubdomainLength = 253;

constexpr std::string_view kLabelRule =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character";
constexpr std::string_view kLabelRegex = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlphanumeric(char c) { return IsLower(c) || IsDigit(c) || (c >= 'A' && c <= 'Z'); }
bool IsLabelCharacter(char c) { return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.'; }

bool IsLabel(std::string_view text) {
  return !text.empty() && IsAlphanumeric(text.front()) && IsAlphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(), IsLabelCharacter);
}

bool IsSubdomain(std::string_view text) {
  char before = '.';
  for (const char c : text) {
    const bool inner = IsLower(c) || IsDigit(c);
    const bool follows =
        (c == '-' && before != '.') || (c == '.' && before != '.' && before != '-');
    if (!inner && !follows) return false;
    before = c;
  }
  return !text.empty() && before != '.' && before != '-';
}

std::string TooLong(std::size_t length, std::string_view unit) {
  return "must be no more than " + std::to_string(length) + std::string(unit);
}

std::string BrokenRule(std::string_view rule, std::string_view regex, std::string_view examples) {
  return std::string(rule) + " (e.g. " + std::string(examples) +
         ", regex used for validation is '" + std::string(regex) + "')";
}

std::string BrokenKeyRule() {
  return BrokenRule(kLabelRule, kLabelRegex, "'MyName',  or 'my.name',  or '123-abc'");
}

constexpr std::string_view kDnsLabelRegex = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

std::vector<std::string> CheckSubdomain(std::string_view value, std::string_view unit) {
  std::vector<std::string> problems;
  if (value.size() > kSubdomainLength) problems.push_back(TooLong(kSubdomainLength, unit));
  if (!IsSubdomain(value)) {
    const std::string label(kDnsLabelRegex);
    problems.push_back(
        BrokenRule("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
                   "characters, '-' or '.', and must start and end with an alphanumeric character",
                   label + "(\\." + label + ")*", "'example.com'"));
  }
  return problems;
}

// What the texts about labels count.
std::string_view LabelUnit(const Compatibility& release) {
  return release.says_label_key ? kBytes : kCharacters;
}

std::vector<std::string> CheckPrefix(std::string_view prefix, std::string_view unit) {
  if (prefix.empty()) return {"prefix part must be non-empty"};
  std::vector<std::string> problems = CheckSubdomain(prefix, unit);
  for (std::string& problem : problems) problem.insert(0, "prefix part ");
  return problems;
}

}  // namespace

std::vector<std::string> CheckDnsSubdomain(std::string_view value) {
  return CheckSubdomain(value, kCharacters);
}

std::vector<std::string> CheckDnsLabel(std::string_view value) {
  std::vector<std::string> problems;
  if (value.size() > kLabelLength) problems.push_back(TooLong(kLabelLength, kCharacters));
  if (!IsSubdomain(value)) {
    problems.push_back(
        BrokenRule("a lowercase RFC 1123 label must consist of lower case alphanumeric characters "
                   "or '-', and must start and end with an alphanumeric character",
                   kDnsLabelRegex, "'my-name',  or '123-abc'"));
  } else if (value.find('.') != std::string_view::npos) {
    problems.emplace_back("must not contain dots");
  }
  return problems;
}

std::vector<std::string> CheckPathSegment(std::string_view value) {
  if (value == "." || value == "..") return {"may not be '" + std::string(value) + "'"};
  std::vector<std::string> problems;
  for (const char c : {'/', '%'}) {
    if (value.find(c) != std::string_view::npos) {
      problems.push_back(std::string("may not contain '") + c + "'");
    }
  }
  return problems;
}

std::vector<std::string> CheckLabelKey(std::string_view value, const Compatibility& release) {
  const std::size_t slash = value.find('/');
  std::vector<std::string> problems;
  std::string_view name = value;
  if (slash != std::string_view::npos) {
    name = value.substr(slash + 1);
    if (name.find('/') != std::string_view::npos) {
      return {(release.says_label_key ? "a valid label key " : "a qualified name ") +
              BrokenKeyRule() +
              " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"};
    }
    problems = CheckPrefix(value.substr(0, slash), LabelUnit(release));
  }
  if (name.empty()) {
    problems.emplace_back("name part must be non-empty");
  } else if (name.size() > kLabelLength) {
    problems.push_back("name part " + TooLong(kLabelLength, LabelUnit(release)));
  }
  if (!IsLabel(name)) problems.push_back("name part " + BrokenKeyRule());
  return problems;
}

std::vector<std::string> CheckLabelValue(std::string_view value, const Compatibility& release) {
  std::vector<std::string> problems;
  if (value.size() > kLabelLength) problems.push_back(TooLong(kLabelLength, LabelUnit(release)));
  if (!value.empty() && !IsLabel(value)) {
    problems.push_back(BrokenRule(
        "a valid label must be an empty string or consist of "
        "alphanumeric characters, '-', '_' or '.', and must start and "
        "end with an alphanumeric character",
        "(" + std::string(kLabelRegex) + ")?", "'MyValue',  or 'my_value',  or '12345'"));
  }
  return problems;
}

namespace {

void AppendHex(std::string& out, std::string_view prefix, unsigned value, int digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += prefix;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += kDigits[(value >> static_cast<unsigned>(shift)) & 0xFU];
  }
}

void AppendAscii(std::string& out, char c) {
  constexpr std::string_view kEscaped = "\a\b\f\n\r\t\v";
  constexpr std::string_view kLetters = "abfnrtv";
  const std::size_t named = kEscaped.find(c);
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (named != std::string_view::npos) {
    out += '\\';
    out += kLetters[named];
  } else if (c < ' ' || c == 0x7F) {
    AppendHex(out, "\\x", static_cast<std::uint8_t>(c), 2);
  } else {
    out += c;
  }
}

}  // namespace

std::string GoQuote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    if (!point.valid) {
      AppendHex(out, "\\x", static_cast<std::uint8_t>(text[0]), 2);
    } else if (point.size == 1) {
      AppendAscii(out, text[0]);
    } else if (point.value < 0xA0) {
      AppendHex(out, "\\u", point.value, 4);  // control characters
    } else {
      out += text.substr(0, point.size);
    }
    text.remove_prefix(point.size);
  }
  return out + '"';
}

}  // namespace tidegate::hpa
