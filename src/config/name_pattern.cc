// SPDX-License-Identifier: Apache-2.0
#include "config/name_pattern.h"

namespace tidegate::config {
namespace {

constexpr std::size_t kWildcardsMax = 3;
constexpr std::size_t kSizeMax = 256;

bool Literal(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':' || c == '-';
}

/// Takes `.*` or `.+` off the front: the least number of characters, or nothing.
std::optional<std::size_t> TakeWildcard(std::string_view& pattern) {
  if (pattern.size() < 2 || pattern[0] != '.') return std::nullopt;
  if (pattern[1] != '*' && pattern[1] != '+') return std::nullopt;
  const std::size_t min = pattern[1] == '+' ? 1 : 0;
  pattern.remove_prefix(2);
  return min;
}

}  // namespace

std::optional<NamePattern> NamePattern::Compile(std::string_view pattern) {
  if (pattern.size() > kSizeMax) return std::nullopt;
  NamePattern out;
  std::size_t wildcards = 0;
  if (!pattern.empty() && pattern.front() == '^') {
    out.from_start_ = true;
    pattern.remove_prefix(1);
  }
  if (!pattern.empty() && pattern.back() == '$') {
    out.to_end_ = true;
    pattern.remove_suffix(1);
  }
  while (!pattern.empty()) {
    const bool group = pattern.front() == '(';
    if (!group && Literal(pattern.front())) {
      if (out.pieces_.empty() || out.pieces_.back().literal.empty()) out.pieces_.emplace_back();
      out.pieces_.back().literal += pattern.front();
      pattern.remove_prefix(1);
      continue;
    }
    if (group) pattern.remove_prefix(1);
    const std::optional<std::size_t> min = TakeWildcard(pattern);
    if (!min || ++wildcards > kWildcardsMax) return std::nullopt;
    if (group && (pattern.empty() || pattern.front() != ')')) return std::nullopt;
    if (group) pattern.remove_prefix(1);
    out.pieces_.push_back({"", *min, group});
  }
  return out;
}

bool NamePattern::MatchFrom(std::string_view text, std::size_t at, std::size_t piece,
                            std::vector<std::size_t>& ends) const {
  if (piece == pieces_.size()) return !to_end_ || at == text.size();
  const Piece& here = pieces_[piece];
  if (!here.literal.empty()) {
    ends[piece] = at + here.literal.size();
    return text.substr(at, here.literal.size()) == here.literal &&
           MatchFrom(text, ends[piece], piece + 1, ends);
  }
  for (std::size_t end = text.size() + 1; end-- > at + here.min;) {
    ends[piece] = end;
    if (MatchFrom(text, end, piece + 1, ends)) return true;
  }
  return false;
}

std::optional<std::vector<std::string>> NamePattern::Match(std::string_view text) const {
  if (text.size() > kSizeMax) return std::nullopt;
  std::vector<std::size_t> ends(pieces_.size());
  for (std::size_t start = 0; start <= (from_start_ ? 0 : text.size()); ++start) {
    if (!MatchFrom(text, start, 0, ends)) continue;
    const std::size_t end = ends.empty() ? start : ends.back();
    std::vector<std::string> out{std::string(text.substr(start, end - start))};
    std::size_t begin = start;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      if (pieces_[i].group) out.emplace_back(text.substr(begin, ends[i] - begin));
      begin = ends[i];
    }
    return out;
  }
  return std::nullopt;
}

}  // namespace tidegate::config
