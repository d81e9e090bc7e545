// SPDX-License-Identifier: Apache-2.0
#include "config/name_mapping.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tidegate::config {
namespace {

bool IsNameChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool IsLiteral(char c) { return IsNameChar(c) || c == ':' || c == '-'; }

/// The name behind a `$`, taken off the front; absent: there is none.
std::optional<std::string> TakeReference(std::string_view& text) {
  const bool braces = !text.empty() && text.front() == '{';
  if (braces) text.remove_prefix(1);
  std::size_t size = 0;
  while (size < text.size() && IsNameChar(text[size])) ++size;
  std::string name(text.substr(0, size));
  text.remove_prefix(size);
  if (name.empty() || (braces && (text.empty() || text.front() != '}'))) return std::nullopt;
  if (braces) text.remove_prefix(1);
  return name;
}

std::optional<std::size_t> FindGroup(const std::string& name,
                                     const std::vector<std::string>& names) {
  std::size_t number = 0;
  const char* end = name.data() + name.size();
  if (std::from_chars(name.data(), end, number).ptr == end) {
    return number + 1 < names.size() ? std::optional(number) : std::nullopt;
  }
  for (std::size_t i = 2; i < names.size(); ++i) {  // what is matched is group 1
    if (names[i] == name) return i - 1;
  }
  return std::nullopt;
}

/// `text` as a regular expression that matches it alone.
std::string QuoteRegex(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    if (!IsNameChar(c)) quoted += '\\';
    quoted += c;
  }
  return quoted;
}

}  // namespace

Result<NameMapping> NameMapping::Compile(const std::string& matches, const std::string& as) {
  NameMapping mapping;
  const std::string pattern = matches.empty() ? ".*" : matches;
  if (const auto own = Regex::Compile(pattern); !own) return own.error();
  auto regex = Regex::Compile(".*?(" + pattern + ").*");
  if (!regex) return regex.error();
  mapping.matches_ = *std::move(regex);
  const std::size_t groups = mapping.matches_->group_names().size() - 2;
  if (as.empty() && groups > 1) {
    return Error{ErrorCode::kNotFound, "is required: name.matches has several groups"};
  }
  const std::string by_default = groups == 1 ? "$1" : "$0";
  if (Status read = mapping.ReadAs(as.empty() ? by_default : as); !read) return read.error();
  mapping.ReadPieces(pattern);
  std::string back;
  for (const Piece& piece : mapping.as_) {
    back += piece.is_group ? "(.*)" : QuoteRegex(piece.literal);
  }
  if (auto way_back = Regex::Compile(back)) mapping.back_ = *std::move(way_back);
  return mapping;
}

Status NameMapping::ReadAs(const std::string& as) {
  std::string_view rest = as;
  const auto literal = [&](char c) {
    if (as_.empty() || as_.back().is_group) as_.emplace_back();
    as_.back().literal += c;
  };
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c != '$') {
      literal(c);
    } else if (!rest.empty() && rest.front() == '$') {
      literal('$');
      rest.remove_prefix(1);
    } else {
      const std::optional<std::string> name = TakeReference(rest);
      const auto group = name ? FindGroup(*name, matches_->group_names()) : std::nullopt;
      if (!group) {
        return Error{ErrorCode::kNotFound,
                     "\"" + as + "\" refers to a group that name.matches does not have"};
      }
      as_.push_back({.literal = {}, .group = *group, .is_group = true});
    }
  }
  return {};
}

// `^nv_(.*)_total$`: literals and groups alone, from the beginning to the end.
void NameMapping::ReadPieces(std::string_view matches) {
  std::vector<Piece> pieces;
  if (matches == ".*" || matches == "^.*$" || matches == "^.*" || matches == ".*$") {
    matches = "(.*)";  // all of it is group 0 as well
  }
  if (!matches.empty() && matches.front() == '^') matches.remove_prefix(1);
  if (!matches.empty() && matches.back() == '$') matches.remove_suffix(1);
  std::size_t groups = 0;
  while (!matches.empty()) {
    const std::string_view head = matches.substr(0, 4);
    if (head == "(.*)" || head == "(.+)") {
      pieces.push_back({.literal = {}, .group = ++groups, .is_group = true});
      matches.remove_prefix(4);
    } else if (IsLiteral(matches.front())) {
      if (pieces.empty() || pieces.back().is_group) pieces.emplace_back();
      pieces.back().literal += matches.front();
      matches.remove_prefix(1);
    } else {
      return;
    }
  }
  pieces_ = std::move(pieces);
}

std::optional<std::string> NameMapping::NameOf(std::string_view series) const {
  const auto groups = matches_->Groups(series);
  if (!groups) return std::nullopt;
  std::string name;
  for (const Piece& piece : as_) {
    name += piece.is_group ? std::string((*groups)[piece.group + 1]) : piece.literal;
  }
  return name;
}

std::optional<std::string> NameMapping::fixed() const {
  std::string name;
  for (const Piece& piece : as_) {
    if (piece.is_group) return std::nullopt;
    name += piece.literal;
  }
  return name;
}

bool NameMapping::is_reversible() const {
  const bool whole = std::any_of(as_.begin(), as_.end(), [](const Piece& piece) {
    return piece.is_group && piece.group == 0;
  });
  return !fixed() && (whole || pieces_);
}

std::optional<std::string> NameMapping::SeriesOf(std::string_view name) const {
  const auto found = back_ ? back_->Groups(name) : std::nullopt;
  if (!found) return std::nullopt;
  std::vector<std::string> groups(matches_->group_names().size() + 1);
  std::optional<std::string> whole;
  std::size_t next = 1;
  for (const Piece& piece : as_) {
    if (!piece.is_group) continue;
    const std::string text((*found)[next++]);
    if (piece.group == 0) whole = text;
    groups[piece.group] = text;
  }
  std::string series;
  if (!whole && pieces_) {
    for (const Piece& piece : *pieces_) {
      series += piece.is_group ? groups[piece.group] : piece.literal;
    }
    whole = series;
  }
  const bool leads_back = whole && NameOf(*whole) == name;
  return leads_back && !fixed() ? whole : std::nullopt;
}

}  // namespace tidegate::config
