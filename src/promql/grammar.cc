// SPDX-License-Identifier: Apache-2.0
#include "promql/grammar.h"

#include <algorithm>
#include <array>

#include "promql/literals.h"

namespace tidegate::promql {
namespace {

struct Operator {
  std::string_view text;
  int precedence;
  BinaryOp op;
};

constexpr int kUnaryPrecedence = 5;  // as multiplication: -1^2 is -(1^2)
constexpr int kPowerPrecedence = 6;  // and the only one from right to left

constexpr std::array<Operator, 18> kOperators = {{
    {"or", 1, BinaryOp::kOr},
    {"and", 2, BinaryOp::kAnd},
    {"unless", 2, BinaryOp::kUnless},
    {"==", 3, BinaryOp::kEqual},
    {"!=", 3, BinaryOp::kNotEqual},
    {"<", 3, BinaryOp::kLess},
    {"<=", 3, BinaryOp::kLessOrEqual},
    {">", 3, BinaryOp::kGreater},
    {">=", 3, BinaryOp::kGreaterOrEqual},
    {"</", 3, BinaryOp::kTrimUpper},
    {">/", 3, BinaryOp::kTrimLower},
    {"+", 4, BinaryOp::kAdd},
    {"-", 4, BinaryOp::kSub},
    {"*", 5, BinaryOp::kMul},
    {"/", 5, BinaryOp::kDiv},
    {"%", 5, BinaryOp::kMod},
    {"atan2", 5, BinaryOp::kAtan2},
    {"^", kPowerPrecedence, BinaryOp::kPow},
}};

const Operator* FindOperator(const Token& token) {
  const bool word = token.kind == TokenKind::kKeyword;
  if (!word && token.kind != TokenKind::kOperator) return nullptr;
  const std::string& text = word ? token.keyword : token.text;
  const auto* found = std::find_if(kOperators.begin(), kOperators.end(),
                                   [&text](const Operator& op) { return op.text == text; });
  return found == kOperators.end() ? nullptr : found;
}

struct AggregateName {
  std::string_view text;
  AggregateOp op;
};

constexpr std::array<AggregateName, 14> kAggregates = {{
    {"sum", AggregateOp::kSum},
    {"avg", AggregateOp::kAvg},
    {"min", AggregateOp::kMin},
    {"max", AggregateOp::kMax},
    {"count", AggregateOp::kCount},
    {"group", AggregateOp::kGroup},
    {"stddev", AggregateOp::kStddev},
    {"stdvar", AggregateOp::kStdvar},
    {"topk", AggregateOp::kTopk},
    {"bottomk", AggregateOp::kBottomk},
    {"quantile", AggregateOp::kQuantile},
    {"count_values", AggregateOp::kCountValues},
    {"limitk", AggregateOp::kLimitk},
    {"limit_ratio", AggregateOp::kLimitRatio},
}};

AggregateOp ToAggregateOp(std::string_view name) {
  return std::find_if(kAggregates.begin(), kAggregates.end(),
                      [name](const AggregateName& a) { return a.text == name; })
      ->op;
}

bool BeginsExpression(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
    case TokenKind::kRightParen:
    case TokenKind::kRightBrace:
    case TokenKind::kLeftBracket:
    case TokenKind::kRightBracket:
    case TokenKind::kComma:
    case TokenKind::kColon:
      return false;
    case TokenKind::kOperator:
      return token.text == "+" || token.text == "-";
    default:
      return true;  // or an error that is told first
  }
}

bool HasParameter(AggregateOp op) { return op >= AggregateOp::kTopk; }

std::size_t Height(const std::vector<ExprPtr>& arguments) {
  std::size_t height = 0;
  for (const ExprPtr& argument : arguments) height = std::max(height, argument->height);
  return height;
}

}  // namespace

std::string_view Spelling(BinaryOp op) {
  return std::find_if(kOperators.begin(), kOperators.end(),
                      [op](const Operator& known) { return known.op == op; })
      ->text;
}

const Expr& Unwrapped(const Expr& expr) {
  const Expr* inner = &expr;
  while (const Paren* paren = inner->As<Paren>()) inner = paren->expr.get();
  return *inner;
}

std::nullptr_t Grammar::Unexpected(std::string_view where, std::string_view expected) {
  const Token& token = Peek();
  if (token.kind == TokenKind::kError) return Fail(token.pos, token.text);
  std::string what = "unexpected " + Describe(token);
  if (where.empty() && open_aggregations_ > 0) where = "aggregation";
  if (!where.empty()) what += " in " + std::string(where);
  if (!expected.empty()) what += ", expected " + std::string(expected);
  return Fail(token.pos, std::move(what));
}

ExprPtr Grammar::Run() {
  if (Peek().kind == TokenKind::kEnd) return Fail(0, "no expression found in input");
  ExprPtr root = Expression(0, 0);
  if (!fail_ && Peek().kind != TokenKind::kEnd) Unexpected();
  return fail_ ? nullptr : std::move(root);
}

ExprPtr Grammar::Expression(int least_precedence, std::size_t depth) {
  if (depth > kMaxHeight) return Fail(Peek().pos, "the expression nests too deeply");
  ExprPtr left = Operand(depth);
  while (!fail_) {
    const Operator* op = FindOperator(Peek());
    if (op == nullptr || op->precedence < least_precedence) break;
    left = BinaryRest(std::move(left), depth);
  }
  return fail_ ? nullptr : std::move(left);
}

// At the operator.
ExprPtr Grammar::BinaryRest(ExprPtr left, std::size_t depth) {
  const Operator& op = *FindOperator(Take());
  Binary binary;
  binary.op = op.op;
  if (!Matching(binary)) return nullptr;
  const bool from_right = op.precedence == kPowerPrecedence;
  ExprPtr right = Expression(from_right ? op.precedence : op.precedence + 1, depth + 1);
  if (fail_) return nullptr;
  if ((binary.fill_left || binary.fill_right) && !options_.fill_modifiers) {
    return Fail(left->begin, "binop fill modifiers are experimental and not enabled");
  }
  const std::size_t begin = left->begin;
  const std::size_t end = right->end;
  const std::size_t height = std::max(left->height, right->height);
  const bool scalar = left->type == ExprType::kScalar && right->type == ExprType::kScalar;
  binary.left = std::move(left);
  binary.right = std::move(right);
  ExprPtr expr =
      Make(begin, scalar ? ExprType::kScalar : ExprType::kVector, height, std::move(binary));
  if (expr) expr->end = end;
  return expr;
}

// bool on(…) group_left(…) fill(…), none of which need be there.
bool Grammar::Matching(Binary& binary) {
  binary.return_bool = AcceptKeyword("bool");
  if (Peek().Is("on") || Peek().Is("ignoring")) {
    binary.on = Take().keyword == "on";
    if (!LabelList(binary.labels) || !GroupSide(binary)) return false;
  }
  return Fill(binary);
}

bool Grammar::GroupSide(Binary& binary) {
  if (!Peek().Is("group_left") && !Peek().Is("group_right")) return true;
  binary.cardinality =
      Take().keyword == "group_left" ? Cardinality::kManyToOne : Cardinality::kOneToMany;
  const bool fill = Peek().Is("fill") || Peek().Is("fill_left") || Peek().Is("fill_right");
  if (Peek().kind != TokenKind::kLeftParen && (fill || BeginsExpression(Peek()))) return true;
  return LabelList(binary.include);
}

bool Grammar::Fill(Binary& binary) {
  if (AcceptKeyword("fill")) {
    binary.fill_left = binary.fill_right = FillValue();
    return !fail_;
  }
  while (!fail_ && (Peek().Is("fill_left") || Peek().Is("fill_right"))) {
    std::optional<double>& side =
        Peek().keyword == "fill_left" ? binary.fill_left : binary.fill_right;
    if (side) break;  // each once
    Take();
    side = FillValue();
  }
  return !fail_;
}

// (-1.5)
std::optional<double> Grammar::FillValue() {
  if (!Accept(TokenKind::kLeftParen)) Unexpected();
  const bool negative = !fail_ && AcceptOperator("-");
  if (!fail_ && !negative) AcceptOperator("+");
  const bool number = Peek().kind == TokenKind::kNumber || Peek().kind == TokenKind::kDuration;
  if (!fail_ && !number) Unexpected();
  if (fail_) return std::nullopt;
  const std::optional<double> value = NumberOf(Take());
  if (value && !Accept(TokenKind::kRightParen)) Unexpected();
  if (fail_) return std::nullopt;
  return negative ? -*value : *value;
}

ExprPtr Grammar::Operand(std::size_t depth) {
  if (Peek().IsOperator("-") || Peek().IsOperator("+")) return UnaryRest(depth);
  ExprPtr operand = Primary(depth);
  return fail_ ? nullptr : Suffixes(std::move(operand), depth);
}

// At the sign.
ExprPtr Grammar::UnaryRest(std::size_t depth) {
  const Token sign = Take();
  const bool negate = sign.text == "-";
  ExprPtr operand = Expression(kUnaryPrecedence + 1, depth + 1);
  if (fail_) return nullptr;
  if (NumberLiteral* number = operand->As<NumberLiteral>()) {
    if (negate) number->value = -number->value;
    operand->begin = sign.pos;
    return operand;
  }
  const ExprType type = operand->type;
  const std::size_t height = operand->height;
  const std::size_t end = operand->end;
  ExprPtr expr = Make(sign.pos, type, height, Unary{negate, std::move(operand)});
  if (expr) expr->end = end;
  return expr;
}

ExprPtr Grammar::Primary(std::size_t depth) {
  switch (Peek().kind) {
    case TokenKind::kNumber:
    case TokenKind::kDuration:
      return Number();
    case TokenKind::kString:
      return String();
    case TokenKind::kLeftParen:
      return Parenthesized(depth);
    case TokenKind::kLeftBrace:
    case TokenKind::kMetricIdentifier:
      return Selector();
    case TokenKind::kIdentifier:
    case TokenKind::kKeyword:
      return Word(depth);
    default:
      return Unexpected();
  }
}

ExprPtr Grammar::Parenthesized(std::size_t depth) {
  const std::size_t begin = Take().pos;
  ExprPtr inner = Expression(0, depth + 1);
  if (!fail_ && !Accept(TokenKind::kRightParen)) Unexpected();
  if (fail_) return nullptr;
  const ExprType type = inner->type;
  const std::size_t height = inner->height;
  return Make(begin, type, height, Paren{std::move(inner)});
}

std::optional<double> Grammar::NumberOf(const Token& token) {
  if (token.kind == TokenKind::kDuration) {
    const Result<std::int64_t> ms = ParseDuration(token.text);
    if (ms) return ToSeconds(*ms * 1'000'000);
    Fail(token.pos, ms.error().message);
    return std::nullopt;
  }
  const Result<double> value = ParseNumberLiteral(token.text);
  if (value) return *value;
  Fail(token.pos, "error parsing number: " + value.error().message);
  return std::nullopt;
}

ExprPtr Grammar::Number() {
  const Token token = Take();
  const std::optional<double> value = NumberOf(token);
  if (!value) return nullptr;
  return Make(token.pos, ExprType::kScalar, 0, NumberLiteral{*value});
}

ExprPtr Grammar::String() {
  const Token token = Take();
  std::optional<std::string> value = TextOf(token);
  if (!value) return nullptr;
  return Make(token.pos, ExprType::kString, 0, StringLiteral{*std::move(value)});
}

// An aggregation, a function call, or a metric.
ExprPtr Grammar::Word(std::size_t depth) {
  const Token& token = Peek();
  const bool call = Peek(1).kind == TokenKind::kLeftParen;
  if (token.kind == TokenKind::kIdentifier) return call ? FunctionCall(depth) : Selector();
  if (IsAggregator(token.keyword)) {
    return call || Peek(1).Is("by") || Peek(1).Is("without") ? Aggregation(depth) : Selector();
  }
  constexpr std::array<std::string_view, 6> kFunctions = {"start", "end",    "step",
                                                          "range", "max_of", "min_of"};
  const bool function =
      std::find(kFunctions.begin(), kFunctions.end(), token.keyword) != kFunctions.end();
  if (function && call) return FunctionCall(depth);
  constexpr std::array<std::string_view, 6> kNoMetrics = {"atan2",      "bool",        "on",
                                                          "group_left", "group_right", "ignoring"};
  const bool metric =
      std::find(kNoMetrics.begin(), kNoMetrics.end(), token.keyword) == kNoMetrics.end();
  return metric ? Selector() : Unexpected();
}

ExprPtr Grammar::FunctionCall(std::size_t depth) {
  const Token name = Take();
  Call call;
  if (!Arguments(depth, call.arguments)) return nullptr;
  call.function = FindFunction(name.text);
  if (call.function == nullptr) {
    return Fail(name.pos, "unknown function with name " + GoQuote(name.text));
  }
  if (call.function->experimental && !options_.experimental_functions) {
    return Fail(name.pos, "function " + GoQuote(name.text) + " is not enabled");
  }
  const ExprType type = call.function->result;
  const std::size_t height = Height(call.arguments);
  return Make(name.pos, type, height, std::move(call));
}

// At '('.
bool Grammar::Arguments(std::size_t depth, std::vector<ExprPtr>& arguments) {
  if (!Accept(TokenKind::kLeftParen)) Unexpected();
  if (!fail_ && Accept(TokenKind::kRightParen)) return true;
  while (!fail_) {
    arguments.push_back(Expression(0, depth + 1));
    if (fail_ || Accept(TokenKind::kRightParen)) break;
    const std::size_t comma = Peek().pos;
    if (!Accept(TokenKind::kComma)) {
      Unexpected();
    } else if (!BeginsExpression(Peek())) {
      Fail(comma, "trailing commas not allowed in function call args");
    }
  }
  return !fail_;
}

bool Grammar::GroupingClause(Aggregate& aggregate) {
  if (!Peek().Is("by") && !Peek().Is("without")) return false;
  aggregate.grouping = Take().keyword == "by" ? Grouping::kBy : Grouping::kWithout;
  (void)LabelList(aggregate.labels);
  return true;
}

ExprPtr Grammar::Aggregation(std::size_t depth) {
  const Token name = Take();
  Aggregate aggregate;
  aggregate.op = ToAggregateOp(name.keyword);
  ++open_aggregations_;
  const bool in_front = GroupingClause(aggregate);
  std::vector<ExprPtr> arguments;
  if (fail_ || !Arguments(depth, arguments)) return nullptr;
  --open_aggregations_;
  if (!in_front) GroupingClause(aggregate);
  if (fail_) return nullptr;
  return FinishAggregate(name, std::move(aggregate), std::move(arguments));
}

ExprPtr Grammar::FinishAggregate(const Token& name, Aggregate aggregate,
                                 std::vector<ExprPtr> arguments) {
  if (arguments.empty()) return Fail(name.pos, "no arguments for aggregate expression provided");
  const bool experimental =
      aggregate.op == AggregateOp::kLimitk || aggregate.op == AggregateOp::kLimitRatio;
  if (experimental && !options_.experimental_functions) {
    return Fail(name.pos, name.keyword +
                              "() is experimental and must be enabled with "
                              "--enable-feature=promql-experimental-functions");
  }
  const std::size_t wanted = HasParameter(aggregate.op) ? 2 : 1;
  if (arguments.size() != wanted) {
    return Fail(name.pos, "wrong number of arguments for aggregate expression provided, expected " +
                              std::to_string(wanted) + ", got " + std::to_string(arguments.size()));
  }
  const std::size_t height = Height(arguments);
  aggregate.expr = std::move(arguments.back());
  if (wanted == 2) aggregate.parameter = std::move(arguments.front());
  return Make(name.pos, ExprType::kVector, height, std::move(aggregate));
}

}  // namespace tidegate::promql
