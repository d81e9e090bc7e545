// SPDX-License-Identifier: Apache-2.0
//
// Matcher: one condition on one label, as in {job="api",path!~"/internal/.*"}.
//
// Thread safety: const members are safe to call concurrently.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "regex/regex.h"
#include "tidegate/export.h"
#include "tidegate/result.h"

namespace tidegate {

inline constexpr std::string_view kMetricNameLabel = "__name__";

enum class MatchOp { kEqual, kNotEqual, kMatch, kNoMatch };

class TIDEGATE_EXPORT Matcher {
 public:
  /// kInvalidArgument: `value` is no regular expression, and `op` wants one.
  static Result<Matcher> Make(std::string name, MatchOp op, std::string value);

  const std::string& name() const { return name_; }
  MatchOp op() const { return op_; }
  /// Whether it is a comparison with value(), which an index can answer: also a pattern without
  /// operators.
  bool IsEqual() const { return op_ == MatchOp::kEqual || (op_ == MatchOp::kMatch && !regex_); }
  const std::string& value() const { return value_; }

  /// A series without the label has the value "".
  bool Matches(std::string_view value) const;

 private:
  std::string name_;
  MatchOp op_ = MatchOp::kEqual;
  std::string value_;
  std::optional<Regex> regex_;
};

}  // namespace tidegate
