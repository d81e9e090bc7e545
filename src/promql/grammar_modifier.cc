// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>

#include "promql/grammar.h"
#include "promql/literals.h"

namespace tidegate::promql {
namespace {

constexpr double kMaxSeconds = 9223372036.854775807;  // what 63 bits of nanoseconds hold
constexpr int kUnaryPrecedence = 2;
constexpr int kPowerPrecedence = 3;

struct DurationOperator {
  std::string_view text;
  int precedence;
  DurationOp op;
};

constexpr std::array<DurationOperator, 6> kOperators = {{
    {"+", 1, DurationOp::kPlus},
    {"-", 1, DurationOp::kMinus},
    {"*", 2, DurationOp::kTimes},
    {"/", 2, DurationOp::kOver},
    {"%", 2, DurationOp::kMod},
    {"^", kPowerPrecedence, DurationOp::kPower},
}};

const DurationOperator* FindOperator(const Token& token) {
  for (const DurationOperator& op : kOperators) {
    if (token.IsOperator(op.text)) return &op;
  }
  return nullptr;
}

bool IsSign(const Token& token) { return token.IsOperator("-") || token.IsOperator("+"); }

bool IsNumber(const Token& token) {
  return token.kind == TokenKind::kNumber || token.kind == TokenKind::kDuration;
}

// NaN is the smallest, as the conversion on amd64 makes it, where Prometheus lets it pass.
std::int64_t Nanoseconds(double seconds) {
  const double nanoseconds = std::round(seconds * 1e9);
  if (nanoseconds >= 0x1p63) return INT64_MAX;
  return nanoseconds >= -0x1p63 ? static_cast<std::int64_t>(nanoseconds) : INT64_MIN;
}

DurationSpec ToSpec(DurationPtr duration) {
  DurationSpec spec;
  if (duration->op == DurationOp::kNumber) {
    spec.nanoseconds = Nanoseconds(duration->seconds);
  } else {
    spec.expr = std::move(duration);
  }
  return spec;
}

}  // namespace

// In a duration nothing else can stand, wherever in it that is.
std::nullptr_t Grammar::UnexpectedInDuration() {
  constexpr std::string_view kDuration = "number, duration, step(), or range()";
  switch (duration_place_) {
    case DurationPlace::kOffset:
      return Unexpected("offset", kDuration);
    case DurationPlace::kRange:
      return Unexpected("subquery or range selector", kDuration);
    case DurationPlace::kStep:
      return Unexpected("subquery selector", "number, duration, step(), range(), or \"]\"");
  }
  return nullptr;
}

// What may follow an operand, as often as it does.
ExprPtr Grammar::Suffixes(ExprPtr operand, std::size_t depth) {
  while (!fail_) {
    const Token& token = Peek();
    if (token.kind == TokenKind::kLeftBracket) {
      operand = Brackets(std::move(operand), depth);
    } else if (token.Is("offset")) {
      Offset(*operand, depth);
    } else if (token.IsOperator("@")) {
      At(*operand);
    } else if (token.Is("anchored") || token.Is("smoothed")) {
      Extended(*operand, token.keyword == "anchored" ? RangeMode::kAnchored : RangeMode::kSmoothed);
    } else {
      break;
    }
  }
  return fail_ ? nullptr : std::move(operand);
}

// At '['.
ExprPtr Grammar::Brackets(ExprPtr operand, std::size_t depth) {
  const std::size_t open = Take().pos;
  DurationSpec range;
  duration_place_ = DurationPlace::kRange;
  if (!PositiveDuration(depth, range)) return nullptr;
  if (Accept(TokenKind::kColon)) return SubqueryRest(std::move(operand), std::move(range), depth);
  if (!Accept(TokenKind::kRightBracket)) {
    return Unexpected("subquery or range", "\":\" or \"]\"");
  }
  return RangeRest(std::move(operand), open, std::move(range));
}

ExprPtr Grammar::RangeRest(ExprPtr operand, std::size_t open, DurationSpec range) {
  const VectorSelector* selector = operand->As<VectorSelector>();
  if (selector == nullptr) return Fail(open, "ranges only allowed for vector selectors");
  if (selector->shift.offset.set()) return Fail(open, "no offset modifiers allowed before range");
  if (selector->shift.fixed()) return Fail(open, "no @ modifiers allowed before range");
  const std::size_t begin = operand->begin;
  return Make(begin, ExprType::kMatrix, 1, MatrixSelector{std::move(operand), std::move(range)});
}

// Behind the colon.
ExprPtr Grammar::SubqueryRest(ExprPtr operand, DurationSpec range, std::size_t depth) {
  Subquery subquery;
  subquery.range = std::move(range);
  if (Peek().kind != TokenKind::kRightBracket) {
    duration_place_ = DurationPlace::kStep;
    if (!PositiveDuration(depth, subquery.step)) return nullptr;
    if (Peek().kind != TokenKind::kRightBracket) return Unexpected("subquery selector", "\"]\"");
  }
  Take();
  const std::size_t begin = operand->begin;
  const std::size_t height = operand->height;
  subquery.expr = std::move(operand);
  return Make(begin, ExprType::kMatrix, height, std::move(subquery));
}

// Where the operand's time shift is kept; null, with a failure, if it has none.
TimeShift* Grammar::ShiftOf(Expr& operand, std::string_view modifier) {
  if (auto* selector = operand.As<VectorSelector>()) return &selector->shift;
  if (auto* subquery = operand.As<Subquery>()) return &subquery->shift;
  if (auto* matrix = operand.As<MatrixSelector>()) {
    return &matrix->selector->As<VectorSelector>()->shift;
  }
  return Fail(operand.begin, std::string(modifier) +
                                 " modifier must be preceded by an instant vector selector or "
                                 "range vector selector or a subquery");
}

bool Grammar::Offset(Expr& operand, std::size_t depth) {
  Take();
  DurationPtr duration = OffsetDuration(depth);
  if (fail_) return false;
  TimeShift* shift = ShiftOf(operand, "offset");
  if (shift == nullptr) return false;
  if (shift->offset.set()) {
    Fail(operand.begin, "offset may not be set multiple times");
    return false;
  }
  shift->offset = ToSpec(std::move(duration));
  operand.end = last_end_;
  return true;
}

// Arithmetic needs parentheses here: `m offset 1m + 2` adds 2 to m of a minute ago.
DurationPtr Grammar::OffsetDuration(std::size_t depth) {
  duration_place_ = DurationPlace::kOffset;
  std::optional<Token> sign;
  if (IsSign(Peek())) sign = Take();
  DurationPtr duration;
  if (IsNumber(Peek())) {
    duration = DurationLiteral();
  } else if (Peek().kind == TokenKind::kLeftParen) {
    duration = sign ? DurationParen(depth) : Duration(0, depth);
  } else if (Peek().kind == TokenKind::kKeyword) {
    duration = DurationCall(depth);
  } else {
    UnexpectedInDuration();
  }
  if (fail_) return nullptr;
  return sign ? Negated(*sign, std::move(duration)) : std::move(duration);
}

bool Grammar::At(Expr& operand) {
  Take();
  if (Peek().Is("start") || Peek().Is("end")) {
    const QueryTime time = Take().keyword == "start" ? QueryTime::kStart : QueryTime::kEnd;
    if (!Accept(TokenKind::kLeftParen) || !Accept(TokenKind::kRightParen)) {
      Unexpected("@", "timestamp");
    }
    TimeShift* shift = fail_ ? nullptr : ShiftOf(operand, "@");
    if (shift == nullptr) return false;
    if (shift->fixed()) Fail(operand.begin, "@ <timestamp> may not be set multiple times");
    shift->at = time;
    operand.end = last_end_;
    return !fail_;
  }
  const bool negative = Peek().IsOperator("-");
  if (IsSign(Peek())) Take();
  if (!IsNumber(Peek())) {
    Unexpected("@", "timestamp");
    return false;
  }
  const std::optional<double> seconds = NumberOf(Take());
  return seconds && AtTime(operand, negative ? -*seconds : *seconds);
}

bool Grammar::AtTime(Expr& operand, double seconds) {
  if (!(std::fabs(seconds) < 0x1p63)) {
    std::string shown = std::isfinite(seconds) ? std::to_string(seconds) : GoNumber(seconds);
    Fail(operand.begin, "timestamp out of bounds for @ modifier: " + shown);
    return false;
  }
  TimeShift* shift = ShiftOf(operand, "@");
  if (shift == nullptr) return false;
  if (shift->fixed()) {
    Fail(operand.begin, "@ <timestamp> may not be set multiple times");
    return false;
  }
  const double ms = std::round(seconds * 1000);
  shift->at_ms = std::fabs(ms) < 0x1p63 ? static_cast<std::int64_t>(ms) : INT64_MIN;
  operand.end = last_end_;
  return true;
}

bool Grammar::Extended(Expr& operand, RangeMode mode) {
  const std::string word = Take().keyword;
  VectorSelector* selector = operand.As<VectorSelector>();
  if (auto* matrix = operand.As<MatrixSelector>()) {
    selector = matrix->selector->As<VectorSelector>();
  }
  if (selector == nullptr) {
    const bool subquery = operand.As<Subquery>() != nullptr;
    Fail(operand.begin, word + (subquery ? " modifier is not supported for subqueries"
                                         : " modifier not implemented"));
    return false;
  }
  if (selector->mode != RangeMode::kPlain && selector->mode != mode) {
    Fail(operand.begin, "anchored and smoothed modifiers cannot be used together");
    return false;
  }
  selector->mode = mode;
  return true;
}

bool Grammar::PositiveDuration(std::size_t depth, DurationSpec& spec) {
  DurationPtr duration = Duration(0, depth);
  if (fail_) return false;
  if (duration->op == DurationOp::kNumber && !(duration->seconds > 0)) {
    Fail(duration->begin, "duration must be greater than 0");
    return false;
  }
  spec = ToSpec(std::move(duration));
  return true;
}

DurationPtr Grammar::Duration(int least_precedence, std::size_t depth) {
  if (depth > kMaxHeight) return Fail(Peek().pos, "the expression nests too deeply");
  DurationPtr left = DurationOperand(depth + 1);
  while (!fail_) {
    const DurationOperator* op = FindOperator(Peek());
    if (op == nullptr || op->precedence < least_precedence) break;
    const Token token = Take();
    const bool from_right = op->precedence == kPowerPrecedence;
    DurationPtr right = Duration(from_right ? op->precedence : op->precedence + 1, depth + 1);
    if (fail_) break;
    const bool zero = right->op == DurationOp::kNumber && right->seconds == 0;
    if (zero && op->op == DurationOp::kOver) return Fail(token.pos, "division by zero");
    if (zero && op->op == DurationOp::kMod) return Fail(token.pos, "modulo by zero");
    auto made = std::make_unique<DurationExpr>();
    made->op = op->op;
    made->begin = left->begin;
    made->end = right->end;
    made->left = std::move(left);
    made->right = std::move(right);
    left = std::move(made);
    if (++depth > kMaxHeight) return Fail(token.pos, "the expression nests too deeply");
  }
  return fail_ ? nullptr : std::move(left);
}

DurationPtr Grammar::DurationOperand(std::size_t depth) {
  if (IsSign(Peek())) {
    const Token sign = Take();
    DurationPtr operand = Duration(kUnaryPrecedence + 1, depth + 1);
    return fail_ ? nullptr : Negated(sign, std::move(operand));
  }
  if (IsNumber(Peek())) return DurationLiteral();
  if (Peek().kind == TokenKind::kLeftParen) return DurationParen(depth);
  if (Peek().kind == TokenKind::kKeyword) return DurationCall(depth);
  return UnexpectedInDuration();
}

DurationPtr Grammar::DurationLiteral() {
  const Token token = Take();
  const std::optional<double> seconds = NumberOf(token);
  if (!seconds) return nullptr;
  if (*seconds > kMaxSeconds || *seconds < -kMaxSeconds) {
    return Fail(token.pos, "duration out of range");
  }
  auto literal = std::make_unique<DurationExpr>();
  literal->seconds = *seconds;
  literal->begin = token.pos;
  literal->end = token.end();
  return literal;
}

// step(), range(), min_of(a, b), max_of(a, b).
DurationPtr Grammar::DurationCall(std::size_t depth) {
  const Token name = Take();
  const bool two = name.keyword == "min_of" || name.keyword == "max_of";
  if (!two && name.keyword != "step" && name.keyword != "range") {
    --at_;
    return UnexpectedInDuration();
  }
  auto call = std::make_unique<DurationExpr>();
  call->op = name.keyword == "step"     ? DurationOp::kStep
             : name.keyword == "range"  ? DurationOp::kRange
             : name.keyword == "min_of" ? DurationOp::kMinOf
                                        : DurationOp::kMaxOf;
  if (!Accept(TokenKind::kLeftParen)) return UnexpectedInDuration();
  if (two) {
    call->left = Duration(0, depth + 1);
    if (!fail_ && !Accept(TokenKind::kComma)) UnexpectedInDuration();
    if (!fail_) call->right = Duration(0, depth + 1);
  }
  if (!fail_ && !Accept(TokenKind::kRightParen)) UnexpectedInDuration();
  if (fail_) return nullptr;
  call->begin = name.pos;
  call->end = last_end_;
  return call;
}

DurationPtr Grammar::DurationParen(std::size_t depth) {
  const std::size_t begin = Take().pos;
  DurationPtr inner = Duration(0, depth + 1);
  if (!fail_ && !Accept(TokenKind::kRightParen)) UnexpectedInDuration();
  if (fail_) return nullptr;
  if (inner->op != DurationOp::kNumber) return inner;
  // In parentheses it is no literal any more: [(0)] is refused when it is evaluated.
  auto wrapped = std::make_unique<DurationExpr>();
  wrapped->op = DurationOp::kPlus;
  wrapped->begin = begin;
  wrapped->end = last_end_;
  wrapped->right = std::move(inner);
  return wrapped;
}

DurationPtr Grammar::Negated(const Token& sign, DurationPtr operand) {
  const bool negate = sign.text == "-";
  if (operand->op == DurationOp::kNumber) {
    if (negate) operand->seconds = -operand->seconds;
    operand->begin = sign.pos;
    return operand;
  }
  if (!negate) return operand;
  auto made = std::make_unique<DurationExpr>();
  made->op = DurationOp::kNegate;
  made->begin = sign.pos;
  made->end = operand->end;
  made->right = std::move(operand);
  return made;
}

}  // namespace tidegate::promql
