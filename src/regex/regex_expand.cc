// SPDX-License-Identifier: Apache-2.0
//
// Replacements: $1, ${1}, $name, ${name} and $$, as in Go.
#include <algorithm>
#include <charconv>

#include "regex/regex.h"

namespace tidegate {
namespace {

bool IsWord(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// The name behind a dollar; what it takes is taken off. Absent: the dollar stands for itself.
std::optional<std::string_view> TakeName(std::string_view& text) {
  const bool braces = !text.empty() && text.front() == '{';
  const std::string_view rest = text.substr(braces ? 1 : 0);
  const auto size =
      static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), IsWord) - rest.begin());
  if (size == 0 || (braces && (size == rest.size() || rest[size] != '}'))) return std::nullopt;
  text.remove_prefix(size + (braces ? 2 : 0));
  return rest.substr(0, size);
}

/// The number that a name is: `01` is none.
std::optional<std::size_t> GroupNumber(std::string_view name) {
  if (name.size() > 1 && name.front() == '0') return std::nullopt;
  std::size_t number = 0;
  const char* end = name.data() + name.size();
  const auto read = std::from_chars(name.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

std::string Regex::Expand(std::string_view replacement,
                          const std::vector<std::string_view>& groups) const {
  const auto group = [&](std::string_view name) -> std::string_view {
    if (const auto number = GroupNumber(name)) {
      return *number < groups.size() ? groups[*number] : std::string_view{};
    }
    for (std::size_t i = 1; i < groups.size(); ++i) {
      if (group_names_[i] == name) return groups[i];
    }
    return {};
  };
  std::string out;
  while (!replacement.empty()) {
    const std::size_t dollar = std::min(replacement.find('$'), replacement.size());
    out += replacement.substr(0, dollar);
    replacement.remove_prefix(dollar);
    if (replacement.empty()) break;
    replacement.remove_prefix(1);
    if (!replacement.empty() && replacement.front() == '$') {
      replacement.remove_prefix(1);
      out += '$';
    } else if (const auto name = TakeName(replacement)) {
      out += group(*name);
    } else {
      out += '$';
    }
  }
  return out;
}

}  // namespace tidegate
