// SPDX-License-Identifier: Apache-2.0
//
// The grammar, by precedence climbing: one method a rule. grammar.cc has expressions and calls,
// grammar_selector.cc selectors and lists of labels, grammar_modifier.cc what may follow an
// operand: ranges, subqueries, offset, @, and the arithmetic of durations.
//
// Every method returns null, or false, once there is a failure; the first one stays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promql/ast.h"
#include "promql/lexer.h"
#include "tidegate/promql.h"

namespace tidegate::promql {

struct Failure {
  std::size_t pos = 0;
  std::string what;
};

class Grammar {
 public:
  Grammar(std::string_view text, const CompileOptions& options)
      : options_(options), tokens_(Tokenize(text, options.unquoted_utf8_names)) {}

  /// Null: failure() says why.
  ExprPtr Run();
  const Failure& failure() const { return *fail_; }

 private:
  static constexpr std::size_t kMaxHeight = 250;

  const Token& Peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  Token Take() {
    Token token = tokens_[at_];
    if (at_ + 1 < tokens_.size()) ++at_;
    last_end_ = token.end();
    return token;
  }
  bool Accept(TokenKind kind) {
    if (Peek().kind != kind) return false;
    Take();
    return true;
  }
  bool AcceptOperator(std::string_view op) {
    if (!Peek().IsOperator(op)) return false;
    Take();
    return true;
  }
  bool AcceptKeyword(std::string_view word) {
    if (!Peek().Is(word)) return false;
    Take();
    return true;
  }

  std::nullptr_t Fail(std::size_t pos, std::string what) {
    if (!fail_) fail_ = Failure{pos, std::move(what)};
    return nullptr;
  }
  /// At a token that cannot be here.
  std::nullptr_t Unexpected(std::string_view where = "", std::string_view expected = "");

  template <typename Node>
  ExprPtr Make(std::size_t begin, ExprType type, std::size_t height_below, Node node) {
    if (height_below >= kMaxHeight) return Fail(begin, "the expression nests too deeply");
    auto expr = std::make_unique<Expr>();
    expr->begin = begin;
    expr->end = last_end_;
    expr->type = type;
    expr->height = height_below + 1;
    expr->node = std::move(node);
    return expr;
  }

  // grammar.cc
  ExprPtr Expression(int least_precedence, std::size_t depth);
  ExprPtr BinaryRest(ExprPtr left, std::size_t depth);
  bool Matching(Binary& binary);
  bool GroupSide(Binary& binary);
  bool Fill(Binary& binary);
  std::optional<double> FillValue();
  ExprPtr Operand(std::size_t depth);
  ExprPtr UnaryRest(std::size_t depth);
  ExprPtr Primary(std::size_t depth);
  ExprPtr Parenthesized(std::size_t depth);
  ExprPtr Number();
  ExprPtr String();
  ExprPtr Word(std::size_t depth);
  ExprPtr FunctionCall(std::size_t depth);
  bool Arguments(std::size_t depth, std::vector<ExprPtr>& arguments);
  ExprPtr Aggregation(std::size_t depth);
  bool GroupingClause(Aggregate& aggregate);
  ExprPtr FinishAggregate(const Token& name, Aggregate aggregate, std::vector<ExprPtr> arguments);
  std::optional<double> NumberOf(const Token& token);

  // grammar_selector.cc
  ExprPtr Selector();
  bool Matchers(std::vector<Matcher>& matchers);
  bool OneMatcher(const Token& label, std::string name, std::vector<Matcher>& matchers);
  bool AddMatcher(std::size_t pos, std::string label, MatchOp op, std::string value,
                  std::vector<Matcher>& matchers);
  bool LabelList(std::vector<std::string>& labels);
  bool OneLabel(std::vector<std::string>& labels);
  std::optional<std::string> TextOf(const Token& string);

  // grammar_modifier.cc
  ExprPtr Suffixes(ExprPtr operand, std::size_t depth);
  ExprPtr Brackets(ExprPtr operand, std::size_t depth);
  ExprPtr RangeRest(ExprPtr operand, std::size_t open, DurationSpec range);
  ExprPtr SubqueryRest(ExprPtr operand, DurationSpec range, std::size_t depth);
  bool Offset(Expr& operand, std::size_t depth);
  DurationPtr OffsetDuration(std::size_t depth);
  bool At(Expr& operand);
  bool AtTime(Expr& operand, double seconds);
  bool Extended(Expr& operand, RangeMode mode);
  TimeShift* ShiftOf(Expr& operand, std::string_view modifier);
  bool PositiveDuration(std::size_t depth, DurationSpec& spec);
  DurationPtr Duration(int least_precedence, std::size_t depth);
  DurationPtr DurationOperand(std::size_t depth);
  DurationPtr DurationLiteral();
  DurationPtr DurationCall(std::size_t depth);
  DurationPtr DurationParen(std::size_t depth);
  std::nullptr_t UnexpectedInDuration();
  DurationPtr Negated(const Token& sign, DurationPtr operand);

  const CompileOptions options_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t last_end_ = 0;  // behind the last token taken
  enum class DurationPlace { kOffset, kRange, kStep };
  DurationPlace duration_place_ = DurationPlace::kRange;  // of the duration that is being read
  int open_aggregations_ = 0;                             // whose arguments are being read
  std::optional<Failure> fail_;
};

}  // namespace tidegate::promql
