// SPDX-License-Identifier: Apache-2.0
#include "series/matcher.h"

#include <utility>

namespace tidegate {

Result<Matcher> Matcher::Make(std::string name, MatchOp op, std::string value) {
  Matcher matcher;
  const bool pattern = op == MatchOp::kMatch || op == MatchOp::kNoMatch;
  if (pattern && value.find_first_of("\\.+*?()|[]{}^$") != std::string::npos) {
    Result<Regex> regex = Regex::Compile(value);
    if (!regex) return regex.error();
    matcher.regex_ = *std::move(regex);
  }
  matcher.name_ = std::move(name);
  matcher.op_ = op;
  matcher.value_ = std::move(value);
  return matcher;
}

bool Matcher::Matches(std::string_view value) const {
  const bool matches = regex_ ? regex_->FullMatch(value) : value == value_;
  return matches == (op_ == MatchOp::kEqual || op_ == MatchOp::kMatch);
}

}  // namespace tidegate
