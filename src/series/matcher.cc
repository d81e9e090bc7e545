// SPDX-License-Identifier: Apache-2.0
#include "series/matcher.h"

#include <utility>

namespace tidegate {

Result<Matcher> Matcher::Make(std::string name, MatchOp op, std::string value) {
  Matcher matcher;
  if (op == MatchOp::kMatch || op == MatchOp::kNoMatch) {
    // A pattern without operators is a comparison, which an index can answer.
    if (value.find_first_of("\\.+*?()|[]{}^$") == std::string::npos) {
      op = op == MatchOp::kMatch ? MatchOp::kEqual : MatchOp::kNotEqual;
    } else {
      Result<Regex> regex = Regex::Compile(value);
      if (!regex) return regex.error();
      matcher.regex_ = *std::move(regex);
    }
  }
  matcher.name_ = std::move(name);
  matcher.op_ = op;
  matcher.value_ = std::move(value);
  return matcher;
}

bool Matcher::Matches(std::string_view value) const {
  switch (op_) {
    case MatchOp::kEqual:
      return value == value_;
    case MatchOp::kNotEqual:
      return value != value_;
    case MatchOp::kMatch:
      return regex_->FullMatch(value);
    case MatchOp::kNoMatch:
      return !regex_->FullMatch(value);
  }
  return false;
}

}  // namespace tidegate
