// SPDX-License-Identifier: Apache-2.0
//
// The tree that a query's text is parsed to. Every node knows its type and its place in the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "promql/functions.h"
#include "promql/types.h"
#include "series/matcher.h"

namespace tidegate::promql {

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct NumberLiteral {
  double value = 0;
};

struct StringLiteral {
  std::string value;
};

enum class DurationOp {
  kNumber,
  kStep,
  kRange,
  kPlus,
  kMinus,
  kTimes,
  kOver,
  kMod,
  kPower,
  kNegate,
  kMinOf,
  kMaxOf
};

/// What computes a duration, in seconds: [2 * (step() + 1m)].
struct DurationExpr {
  DurationOp op = DurationOp::kNumber;
  double seconds = 0;  ///< of kNumber
  std::unique_ptr<DurationExpr> left;
  std::unique_ptr<DurationExpr> right;
  std::size_t begin = 0;
  std::size_t end = 0;
};
using DurationPtr = std::unique_ptr<DurationExpr>;

/// A literal, or what is computed when the query's times are known.
struct DurationSpec {
  std::int64_t nanoseconds = 0;
  DurationPtr expr;

  bool set() const { return nanoseconds != 0 || expr != nullptr; }
};

enum class QueryTime { kStart, kEnd };

/// `offset 5m` and `@ 1600000000`: when a selector or a subquery looks.
struct TimeShift {
  DurationSpec offset;
  std::optional<std::int64_t> at_ms;
  std::optional<QueryTime> at;

  bool fixed() const { return at_ms || at; }
};

/// Extended ranges: with the sample in front of the window, or interpolated at its edges.
enum class RangeMode { kPlain, kAnchored, kSmoothed };

struct VectorSelector {
  std::optional<std::string> name;  ///< in front of the braces; also the last of `matchers`
  std::vector<Matcher> matchers;
  TimeShift shift;
  RangeMode mode = RangeMode::kPlain;
};

struct MatrixSelector {
  ExprPtr selector;  ///< a VectorSelector
  DurationSpec range;
};

struct Subquery {
  ExprPtr expr;
  DurationSpec range;
  DurationSpec step;
  TimeShift shift;
};

struct Call {
  const Function* function = nullptr;
  std::vector<ExprPtr> arguments;
};

enum class Grouping { kBy, kWithout };
enum class AggregateOp {
  kSum,
  kAvg,
  kMin,
  kMax,
  kCount,
  kGroup,
  kStddev,
  kStdvar,
  kTopk,
  kBottomk,
  kQuantile,
  kCountValues,
  kLimitk,
  kLimitRatio
};

struct Aggregate {
  AggregateOp op = AggregateOp::kSum;
  Grouping grouping = Grouping::kBy;
  std::vector<std::string> labels;
  ExprPtr parameter;
  ExprPtr expr;
};

enum class BinaryOp {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kTrimUpper,
  kTrimLower,
  kAnd,
  kOr,
  kUnless
};

constexpr bool IsComparison(BinaryOp op) {
  return op >= BinaryOp::kEqual && op <= BinaryOp::kGreaterOrEqual;
}
constexpr bool IsSetOp(BinaryOp op) { return op >= BinaryOp::kAnd; }
/// As the text spells it.
std::string_view Spelling(BinaryOp op);

enum class Cardinality { kOneToOne, kManyToOne, kOneToMany };

struct Binary {
  BinaryOp op = BinaryOp::kAdd;
  bool return_bool = false;
  bool on = false;                  ///< match on `labels`, otherwise on all but these
  std::vector<std::string> labels;  ///< of on() or ignoring()
  Cardinality cardinality = Cardinality::kOneToOne;
  std::vector<std::string> include;  ///< of group_left() or group_right()
  std::optional<double> fill_left;
  std::optional<double> fill_right;
  ExprPtr left;
  ExprPtr right;
};

struct Unary {
  bool negate = false;
  ExprPtr expr;
};

struct Paren {
  ExprPtr expr;
};

struct Expr {
  std::size_t begin = 0;  ///< bytes in the text
  std::size_t end = 0;
  ExprType type = ExprType::kScalar;
  std::size_t height = 1;  ///< nodes on the longest way down; bounded, so recursion is too
  std::variant<NumberLiteral, StringLiteral, VectorSelector, MatrixSelector, Subquery, Call,
               Aggregate, Binary, Unary, Paren>
      node;

  template <typename Node>
  const Node* As() const {
    return std::get_if<Node>(&node);
  }
  template <typename Node>
  Node* As() {
    return std::get_if<Node>(&node);
  }
};

/// `expr` without the parentheses around it.
const Expr& Unwrapped(const Expr& expr);

}  // namespace tidegate::promql
