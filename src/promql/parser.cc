// SPDX-License-Identifier: Apache-2.0
#include "promql/parser.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exposition/utf8.h"
#include "promql/lexer.h"
#include "promql/literals.h"

namespace tidegate::promql {
namespace {

constexpr std::size_t kMaxTextLength = std::size_t{64} * 1024;
constexpr std::size_t kMaxHeight = 250;

struct Operator {
  std::string_view text;
  int precedence;
  bool right_associative;
  std::optional<BinaryOp> op;  // none: in the language, not in this evaluator
};

constexpr int kUnaryPrecedence = 5;

constexpr Operator kOperators[] = {
    {"or", 1, false, {}},
    {"and", 2, false, {}},
    {"unless", 2, false, {}},
    {"==", 3, false, {}},
    {"!=", 3, false, {}},
    {"<", 3, false, {}},
    {"<=", 3, false, {}},
    {">", 3, false, {}},
    {">=", 3, false, {}},
    {"+", 4, false, BinaryOp::kAdd},
    {"-", 4, false, BinaryOp::kSub},
    {"*", 5, false, BinaryOp::kMul},
    {"/", 5, false, BinaryOp::kDiv},
    {"%", 5, false, {}},
    {"atan2", 5, false, {}},
    {"^", 6, true, {}},
};

bool IsKeywordToken(const Token& token, std::string_view keyword) {
  return token.kind == TokenKind::kIdentifier && ToLower(token.text) == keyword;
}

std::string ErrorText(std::string_view text, std::size_t pos, const std::string& what) {
  const std::string_view before = text.substr(0, std::min(pos, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;
  return std::to_string(line) + ":" + std::to_string(column) + ": parse error: " + what;
}

// Every method returns null, or false, once fail_ is set; the first failure stays.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), tokens_(Tokenize(text)) {}

  Result<ParsedQuery> Run() {
    if (tokens_.front().kind == TokenKind::kEnd)
      return Wrong({tokens_.front().pos, "no expression found in input"});
    ExprPtr root = Expression(0, 0);
    if (!fail_ && Peek().kind != TokenKind::kEnd) Unexpected();
    if (!fail_ && root->type == ExprType::kMatrix) {
      Fail(root->pos, "a range vector as the result is not supported");
    }
    if (!fail_ && root->type == ExprType::kString) {
      Fail(root->pos, "a string as the result is not supported");
    }
    if (fail_) return Wrong(*fail_);
    return ParsedQuery{std::move(root), longest_range_ms_};
  }

 private:
  struct Failure {
    std::size_t pos = 0;
    std::string what;
  };

  Error Wrong(const Failure& failure) const {
    return Error{ErrorCode::kInvalidArgument, ErrorText(text_, failure.pos, failure.what)};
  }

  const Token& Peek() const { return tokens_[at_]; }
  Token Take() {
    Token token = tokens_[at_];
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  bool AcceptOperator(std::string_view text) {
    if (Peek().kind != TokenKind::kOperator || Peek().text != text) return false;
    Take();
    return true;
  }
  bool Accept(TokenKind kind) {
    if (Peek().kind != kind) return false;
    Take();
    return true;
  }

  std::nullptr_t Fail(std::size_t pos, std::string what) {
    if (!fail_) fail_ = Failure{pos, std::move(what)};
    return nullptr;
  }
  std::nullptr_t Unsupported(std::size_t pos, const std::string& what) {
    return Fail(pos, what + " is not supported");
  }
  // At a token that cannot be here.
  std::nullptr_t Unexpected(std::string_view where = "", std::string_view expected = "") {
    const Token& token = Peek();
    if (token.kind == TokenKind::kError) return Fail(token.pos, token.text);
    std::string what = "unexpected " + Describe(token);
    if (!where.empty()) what += " in " + std::string(where);
    if (!expected.empty()) what += ", expected " + std::string(expected);
    return Fail(token.pos, std::move(what));
  }

  template <typename Node>
  ExprPtr Make(std::size_t pos, ExprType type, std::size_t height_below, Node node) {
    if (height_below >= kMaxHeight) return Fail(pos, "the expression nests too deeply");
    auto expr = std::make_unique<Expr>();
    expr->pos = pos;
    expr->type = type;
    expr->height = height_below + 1;
    expr->node = std::move(node);
    return expr;
  }

  const Operator* PeekOperator() const {
    const Token& token = Peek();
    if (token.kind != TokenKind::kOperator && token.kind != TokenKind::kIdentifier) return nullptr;
    const std::string lower = ToLower(token.text);
    for (const Operator& op : kOperators) {
      if (op.text == lower) return &op;
    }
    return nullptr;
  }

  ExprPtr Expression(int least_precedence, std::size_t depth) {
    if (depth > kMaxHeight) return Fail(Peek().pos, "the expression nests too deeply");
    ExprPtr left = Operand(depth);
    while (!fail_) {
      const Operator* op = PeekOperator();
      if (op == nullptr || op->precedence < least_precedence) break;
      left = BinaryRest(std::move(left), *op, depth);
    }
    return fail_ ? nullptr : std::move(left);
  }

  // At the operator.
  ExprPtr BinaryRest(ExprPtr left, const Operator& op, std::size_t depth) {
    const std::size_t op_pos = Take().pos;
    if (!op.op) {
      return Unsupported(op_pos, "the binary operator \"" + std::string(op.text) + "\"");
    }
    if (IsKeywordToken(Peek(), "bool")) {
      return Fail(op_pos, "bool modifier can only be used on comparison operators");
    }
    Binary binary{.op = *op.op, .labels = {}, .left = {}, .right = {}};
    const bool on = IsKeywordToken(Peek(), "on");
    const bool matching = on || IsKeywordToken(Peek(), "ignoring");
    if (matching) {
      Take();
      binary.matching = on ? Matching::kOn : Matching::kIgnoring;
      if (!LabelList(binary.labels)) return nullptr;
      if (IsKeywordToken(Peek(), "group_left") || IsKeywordToken(Peek(), "group_right")) {
        return Unsupported(Peek().pos, ToLower(Peek().text));
      }
    }
    ExprPtr right = Expression(op.right_associative ? op.precedence : op.precedence + 1, depth + 1);
    if (fail_) return nullptr;
    for (const ExprPtr* side : {&left, &right}) {
      if ((*side)->type != ExprType::kScalar && (*side)->type != ExprType::kVector) {
        return Fail((*side)->pos,
                    "binary expression must contain only scalar and instant vector types");
      }
    }
    const bool both_vectors = left->type == ExprType::kVector && right->type == ExprType::kVector;
    if (matching && !both_vectors) {
      return Fail(left->pos, "vector matching only allowed between instant vectors");
    }
    const std::size_t pos = left->pos;
    const std::size_t height = std::max(left->height, right->height);
    const bool scalar = left->type == ExprType::kScalar && right->type == ExprType::kScalar;
    binary.left = std::move(left);
    binary.right = std::move(right);
    return Make(pos, scalar ? ExprType::kScalar : ExprType::kVector, height, std::move(binary));
  }

  ExprPtr Operand(std::size_t depth) {
    const Token& token = Peek();
    const bool minus = token.kind == TokenKind::kOperator && token.text == "-";
    if (minus || (token.kind == TokenKind::kOperator && token.text == "+")) {
      const std::size_t pos = Take().pos;
      ExprPtr argument = Expression(kUnaryPrecedence + 1, depth + 1);
      if (fail_) return nullptr;
      if (argument->type != ExprType::kScalar && argument->type != ExprType::kVector) {
        return Fail(pos,
                    "unary expression only allowed on expressions of type scalar or instant "
                    "vector, got \"" +
                        std::string(TypeName(argument->type)) + "\"");
      }
      if (!minus) return argument;
      const ExprType type = argument->type;
      const std::size_t height = argument->height;
      return Make(pos, type, height, Negate{std::move(argument)});
    }
    ExprPtr operand = Primary(depth);
    return fail_ ? nullptr : Suffixes(std::move(operand));
  }

  ExprPtr Primary(std::size_t depth) {
    const Token& token = Peek();
    switch (token.kind) {
      case TokenKind::kNumber:
      case TokenKind::kDuration:
        return Number();
      case TokenKind::kString:
        return String();
      case TokenKind::kLeftParen: {
        const std::size_t pos = Take().pos;
        ExprPtr inner = Expression(0, depth + 1);
        if (!fail_ && !Accept(TokenKind::kRightParen)) Unexpected();
        if (fail_) return nullptr;
        inner->pos = pos;
        in_parens_ = true;
        return inner;
      }
      case TokenKind::kLeftBrace:
      case TokenKind::kMetricIdentifier:
        return Selector();
      case TokenKind::kIdentifier:
        return Name(depth);
      default:
        return Unexpected();
    }
  }

  ExprPtr Number() {
    const Token token = Take();
    in_parens_ = false;
    if (token.kind == TokenKind::kDuration) {
      const Result<std::int64_t> ms = ParseDuration(token.text);
      if (!ms) return Fail(token.pos, ms.error().message);
      return Make(token.pos, ExprType::kScalar, 0, NumberLiteral{static_cast<double>(*ms) / 1000});
    }
    const std::optional<double> value = ParseNumberLiteral(token.text);
    if (!value) return Fail(token.pos, "error parsing number: \"" + token.text + "\"");
    return Make(token.pos, ExprType::kScalar, 0, NumberLiteral{*value});
  }

  ExprPtr String() {
    const Token token = Take();
    in_parens_ = false;
    Result<std::string> value = Unquote(token.text);
    if (!value) return Fail(token.pos, value.error().message);
    return Make(token.pos, ExprType::kString, 0, StringLiteral{*std::move(value)});
  }

  // An aggregation, a function call, or a metric.
  ExprPtr Name(std::size_t depth) {
    const Token& token = Peek();
    const Token& next = tokens_[std::min(at_ + 1, tokens_.size() - 1)];
    const std::string lower = ToLower(token.text);
    const bool call = next.kind == TokenKind::kLeftParen;
    const bool grouped = IsKeywordToken(next, "by") || IsKeywordToken(next, "without");
    if (IsAggregator(lower)) return call || grouped ? Aggregation(depth) : Selector();
    // Of the keywords only these may name a metric.
    const bool metric = !IsKeyword(lower) || lower == "by" || lower == "without" ||
                        lower == "offset" || lower == "and" || lower == "or" || lower == "unless";
    if (!metric) return Unexpected();
    return call && !IsKeyword(lower) ? FunctionCall(depth) : Selector();
  }

  ExprPtr FunctionCall(std::size_t depth) {
    const Token name = Take();
    const Function* function = FindFunction(name.text);
    if (function == nullptr) {
      const std::string quoted = "\"" + name.text + "\"";
      if (IsUnsupportedFunction(name.text)) return Unsupported(name.pos, "the function " + quoted);
      return Fail(name.pos, "unknown function with name " + quoted);
    }
    std::vector<ExprPtr> arguments;
    if (!Arguments(depth, arguments)) return nullptr;
    if (arguments.size() != 1) {
      return Fail(name.pos, "expected 1 argument(s) in call to \"" + name.text + "\", got " +
                                std::to_string(arguments.size()));
    }
    ExprPtr argument = std::move(arguments.front());
    if (argument->type != function->argument) {
      return Fail(argument->pos, "expected type " + std::string(TypeName(function->argument)) +
                                     " in call to function \"" + name.text + "\", got " +
                                     std::string(TypeName(argument->type)));
    }
    const std::size_t height = argument->height;
    return Make(name.pos, function->result, height,
                Call{.function = function, .argument = std::move(argument)});
  }

  // At '('.
  bool Arguments(std::size_t depth, std::vector<ExprPtr>& arguments) {
    if (!Accept(TokenKind::kLeftParen)) Unexpected();
    if (!fail_ && Accept(TokenKind::kRightParen)) {
      in_parens_ = false;
      return true;
    }
    while (!fail_) {
      arguments.push_back(Expression(0, depth + 1));
      if (fail_ || Accept(TokenKind::kRightParen)) break;
      const std::size_t comma = Peek().pos;
      if (!Accept(TokenKind::kComma)) {
        Unexpected();
      } else if (Peek().kind == TokenKind::kRightParen) {
        Fail(comma, "trailing commas not allowed in function call args");
      }
    }
    in_parens_ = false;
    return !fail_;
  }

  static std::optional<AggregateOp> ToAggregateOp(std::string_view name) {
    if (name == "sum") return AggregateOp::kSum;
    if (name == "avg") return AggregateOp::kAvg;
    if (name == "min") return AggregateOp::kMin;
    if (name == "max") return AggregateOp::kMax;
    if (name == "count") return AggregateOp::kCount;
    return std::nullopt;
  }

  bool GroupingClause(Aggregate& aggregate) {
    const bool by = IsKeywordToken(Peek(), "by");
    if (!by && !IsKeywordToken(Peek(), "without")) return false;
    Take();
    aggregate.grouping = by ? Grouping::kBy : Grouping::kWithout;
    (void)LabelList(aggregate.labels);
    return true;
  }

  ExprPtr Aggregation(std::size_t depth) {
    const Token name = Take();
    const std::string lower = ToLower(name.text);
    const std::optional<AggregateOp> op = ToAggregateOp(lower);
    if (!op) return Unsupported(name.pos, "the aggregation \"" + lower + "\"");
    Aggregate aggregate{.op = *op, .labels = {}, .argument = {}};
    const bool in_front = GroupingClause(aggregate);
    std::vector<ExprPtr> arguments;
    if (fail_ || !Arguments(depth, arguments)) return nullptr;
    if (!in_front) GroupingClause(aggregate);
    if (fail_) return nullptr;
    if (arguments.empty()) return Fail(name.pos, "no arguments for aggregate expression provided");
    if (arguments.size() > 1) {
      return Fail(name.pos,
                  "wrong number of arguments for aggregate expression provided, expected 1, got " +
                      std::to_string(arguments.size()));
    }
    ExprPtr argument = std::move(arguments.front());
    if (argument->type != ExprType::kVector) {
      return Fail(argument->pos, "expected type instant vector in aggregation expression, got " +
                                     std::string(TypeName(argument->type)));
    }
    const std::size_t height = argument->height;
    aggregate.argument = std::move(argument);
    return Make(name.pos, ExprType::kVector, height, std::move(aggregate));
  }

  // (a, b): for by, without, on, ignoring.
  bool LabelList(std::vector<std::string>& labels) {
    constexpr std::string_view kWhere = "grouping opts";
    if (!Accept(TokenKind::kLeftParen)) {
      Unexpected(kWhere, "\"(\"");
      return false;
    }
    while (!Accept(TokenKind::kRightParen)) {
      const Token& token = Peek();
      if (token.kind == TokenKind::kString) {
        const Result<std::string> name = Unquote(token.text);
        if (!name || name->empty() || !IsUtf8(*name)) {
          Unexpected(kWhere, "label");
          return false;
        }
        labels.push_back(*name);
      } else if (token.kind == TokenKind::kIdentifier ||
                 token.kind == TokenKind::kMetricIdentifier) {
        labels.push_back(token.text);
      } else {
        Unexpected(kWhere, "label");
        return false;
      }
      Take();
      if (Peek().kind != TokenKind::kRightParen && !Accept(TokenKind::kComma)) {
        Unexpected(kWhere, "\",\" or \")\"");
        return false;
      }
    }
    return true;
  }

  ExprPtr Selector() {
    const std::size_t pos = Peek().pos;
    std::optional<std::string> name;
    if (Peek().kind != TokenKind::kLeftBrace) name = Take().text;
    VectorSelector selector;
    if (Accept(TokenKind::kLeftBrace) && !Matchers(pos, name, selector)) return nullptr;
    if (name) AddMatcher(pos, selector, std::string(kMetricNameLabel), MatchOp::kEqual, *name);
    if (fail_) return nullptr;
    const bool selective = std::any_of(selector.matchers.begin(), selector.matchers.end(),
                                       [](const Matcher& matcher) { return !matcher.Matches(""); });
    if (!selective) {
      return Fail(pos, "vector selector must contain at least one non-empty matcher");
    }
    in_parens_ = false;
    return Make(pos, ExprType::kVector, 0, std::move(selector));
  }

  // Behind '{', up to and with '}'.
  bool Matchers(std::size_t selector_pos, const std::optional<std::string>& name,
                VectorSelector& selector) {
    constexpr std::string_view kWhere = "label matching";
    while (!fail_ && !Accept(TokenKind::kRightBrace)) {
      const Token label = Peek();
      const bool quoted = label.kind == TokenKind::kString;
      if (!quoted && label.kind != TokenKind::kIdentifier) {
        Unexpected(kWhere, "identifier or \"}\"");
        return false;
      }
      Take();
      std::string label_name = label.text;
      if (quoted) {
        Result<std::string> text = Unquote(label.text);
        if (!text) return Fail(label.pos, text.error().message) != nullptr;
        label_name = *std::move(text);
      }
      const bool alone = Peek().kind == TokenKind::kComma || Peek().kind == TokenKind::kRightBrace;
      if (quoted && alone) {
        NameMatcher(selector_pos, label.pos, std::move(label_name), name, selector);
      } else {
        OneMatcher(selector_pos, label.pos, std::move(label_name), name, selector);
      }
      if (!fail_ && Peek().kind != TokenKind::kRightBrace && !Accept(TokenKind::kComma)) {
        Unexpected(kWhere, "\",\" or \"}\"");
      }
    }
    return !fail_;
  }

  // Conditions on the name may be several, but not beside a name in front of the braces.
  void NameMatcher(std::size_t selector_pos, std::size_t pos, std::string value,
                   const std::optional<std::string>& name, VectorSelector& selector,
                   MatchOp op = MatchOp::kEqual) {
    if (name) {
      Fail(selector_pos,
           "metric name must not be set twice: \"" + *name + "\" or \"" + value + "\"");
      return;
    }
    AddMatcher(pos, selector, std::string(kMetricNameLabel), op, std::move(value));
  }

  void OneMatcher(std::size_t selector_pos, std::size_t label_pos, std::string label,
                  const std::optional<std::string>& name, VectorSelector& selector) {
    constexpr std::string_view kWhere = "label matching";
    static constexpr std::pair<std::string_view, MatchOp> kOps[] = {{"=", MatchOp::kEqual},
                                                                    {"!=", MatchOp::kNotEqual},
                                                                    {"=~", MatchOp::kMatch},
                                                                    {"!~", MatchOp::kNoMatch}};
    std::optional<MatchOp> op;
    for (const auto& [text, candidate] : kOps) {
      if (!op && AcceptOperator(text)) op = candidate;
    }
    if (!op) {
      Unexpected(kWhere, "label matching operator");
      return;
    }
    const Token token = Peek();
    if (!Accept(TokenKind::kString)) {
      Unexpected(kWhere, "string");
      return;
    }
    Result<std::string> value = Unquote(token.text);
    if (!value) {
      Fail(token.pos, value.error().message);
      return;
    }
    if (label == kMetricNameLabel) {
      NameMatcher(selector_pos, label_pos, *std::move(value), name, selector, *op);
      return;
    }
    AddMatcher(label_pos, selector, std::move(label), *op, *std::move(value));
  }

  void AddMatcher(std::size_t pos, VectorSelector& selector, std::string label, MatchOp op,
                  std::string value) {
    Result<Matcher> matcher = Matcher::Make(std::move(label), op, std::move(value));
    if (!matcher) {
      Fail(pos, matcher.error().message);
      return;
    }
    selector.matchers.push_back(*std::move(matcher));
  }

  // What may follow an operand: a range; other things are not there yet.
  ExprPtr Suffixes(ExprPtr operand) {
    while (!fail_) {
      const Token& token = Peek();
      if (token.kind == TokenKind::kLeftBracket) {
        operand = Range(std::move(operand));
      } else if (token.kind == TokenKind::kOperator && token.text == "@") {
        return Unsupported(token.pos, "the @ modifier");
      } else if (IsKeywordToken(token, "offset")) {
        return Unsupported(token.pos, "the offset modifier");
      } else {
        break;
      }
    }
    return fail_ ? nullptr : std::move(operand);
  }

  // At '['.
  ExprPtr Range(ExprPtr operand) {
    constexpr std::string_view kExpected = "number, duration, step(), or range()";
    const bool parenthesized = in_parens_;
    const std::size_t open = Take().pos;
    const Token token = Peek();
    const bool literal = token.kind == TokenKind::kNumber || token.kind == TokenKind::kDuration;
    if (token.kind == TokenKind::kOperator) {
      return Unsupported(token.pos, "a duration expression");
    }
    if (!literal) return Unexpected("subquery or range selector", kExpected);
    const std::optional<std::int64_t> range_ms = RangeMillis();
    if (!range_ms) return nullptr;
    if (Peek().kind == TokenKind::kColon) return Unsupported(Peek().pos, "a subquery");
    if (Peek().kind == TokenKind::kOperator) {
      return Unsupported(Peek().pos, "a duration expression");
    }
    if (Peek().kind != TokenKind::kRightBracket) {
      return Unexpected("subquery or range", "\":\" or \"]\"");
    }
    Take();
    auto* selector = std::get_if<VectorSelector>(&operand->node);
    if (selector == nullptr || parenthesized) {
      return Fail(open, "ranges only allowed for vector selectors");
    }
    longest_range_ms_ = std::max(longest_range_ms_, *range_ms);
    in_parens_ = false;
    return Make(operand->pos, ExprType::kMatrix, 0,
                MatrixSelector{.selector = std::move(*selector), .range_ms = *range_ms});
  }

  std::optional<std::int64_t> RangeMillis() {
    const Token token = Take();
    std::int64_t ms = 0;
    if (token.kind == TokenKind::kDuration) {
      const Result<std::int64_t> duration = ParseDuration(token.text);
      if (!duration) {
        Fail(token.pos, duration.error().message);
        return std::nullopt;
      }
      ms = *duration;
    } else {
      constexpr double kMaxSeconds = 9'223'372'036;
      const double seconds = ParseNumberLiteral(token.text).value_or(0);
      if (!(std::fabs(seconds) < kMaxSeconds)) {
        Fail(token.pos, "duration out of range");
        return std::nullopt;
      }
      ms = static_cast<std::int64_t>(std::round(seconds * 1000));
    }
    if (ms <= 0) {
      Fail(token.pos, "duration must be greater than 0");
      return std::nullopt;
    }
    return ms;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::optional<Failure> fail_;
  bool in_parens_ = false;  // the operand just read was in parentheses
  std::int64_t longest_range_ms_ = 0;
};

}  // namespace

Result<ParsedQuery> Parse(std::string_view text) {
  if (text.size() > kMaxTextLength) {
    return Error{
        ErrorCode::kInvalidArgument,
        ErrorText(text, 0,
                  "the expression is longer than " + std::to_string(kMaxTextLength) + " bytes")};
  }
  return Parser(text).Run();
}

}  // namespace tidegate::promql
