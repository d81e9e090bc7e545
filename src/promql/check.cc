// SPDX-License-Identifier: Apache-2.0
#include "promql/check.h"

#include <algorithm>
#include <string>

#include "promql/literals.h"

namespace tidegate::promql {
namespace {

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

// Depth first, children before what is said of them; the first failure stays.
class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  void Visit(const Expr& expr) {
    std::visit([this, &expr](const auto& node) { Node(expr, node); }, expr.node);
  }

  std::optional<Failure> failure() && { return std::move(fail_); }

 private:
  void Fail(std::size_t pos, std::string what) {
    if (!fail_) fail_ = Failure{pos, std::move(what)};
  }

  void Node(const Expr&, const NumberLiteral&) {}
  void Node(const Expr&, const StringLiteral&) {}
  void Node(const Expr&, const Paren& paren) { Visit(*paren.expr); }
  void Node(const Expr&, const MatrixSelector& matrix) { Visit(*matrix.selector); }

  void Node(const Expr& expr, const VectorSelector& selector) {
    if (selector.name) {
      for (const Matcher& matcher : selector.matchers) {
        if (&matcher == &selector.matchers.back() || matcher.name() != kMetricNameLabel) continue;
        Fail(expr.begin, "metric name must not be set twice: " + GoQuote(*selector.name) + " or " +
                             GoQuote(matcher.value()));
      }
      return;
    }
    const bool selective = std::any_of(selector.matchers.begin(), selector.matchers.end(),
                                       [](const Matcher& matcher) { return !matcher.Matches(""); });
    if (selective || &expr == info_selector_) return;
    Fail(expr.begin, "vector selector must contain at least one non-empty matcher");
  }

  void Node(const Expr& expr, const Subquery& subquery) {
    Visit(*subquery.expr);
    if (subquery.expr->type == ExprType::kVector) return;
    Fail(expr.begin, "subquery is only allowed on instant vector, got " +
                         std::string(ShortTypeName(subquery.expr->type)) + " instead");
  }

  void Node(const Expr& expr, const Unary& unary) {
    Visit(*unary.expr);
    const ExprType type = unary.expr->type;
    if (type == ExprType::kScalar || type == ExprType::kVector) return;
    Fail(expr.begin,
         "unary expression only allowed on expressions of type scalar or instant vector, got " +
             Quoted(TypeName(type)));
  }

  void Node(const Expr&, const Aggregate& aggregate) {
    Want(*aggregate.expr, ExprType::kVector, "aggregation expression");
    if (!aggregate.parameter) return;
    Want(*aggregate.parameter,
         aggregate.op == AggregateOp::kCountValues ? ExprType::kString : ExprType::kScalar,
         "aggregation parameter");
  }

  void Want(const Expr& expr, ExprType type, const std::string& where) {
    Visit(expr);
    if (expr.type == type) return;
    Fail(expr.begin, "expected type " + std::string(TypeName(type)) + " in " + where + ", got " +
                         std::string(TypeName(expr.type)));
  }

  void Node(const Expr& expr, const Binary& binary) {
    Visit(*binary.left);
    Visit(*binary.right);
    if (fail_) return;
    const bool comparison = IsComparison(binary.op);
    const ExprType left = binary.left->type;
    const ExprType right = binary.right->type;
    if (binary.return_bool && !comparison) {
      Fail(OperatorPos(binary), "bool modifier can only be used on comparison operators");
    }
    const bool scalars = left == ExprType::kScalar && right == ExprType::kScalar;
    if (comparison && !binary.return_bool && scalars) {
      Fail(OperatorPos(binary), "comparisons between scalars must use BOOL modifier");
    }
    CheckLabels(binary);
    for (const Expr* side : {binary.left.get(), binary.right.get()}) {
      if (side->type == ExprType::kScalar || side->type == ExprType::kVector) continue;
      Fail(side->begin, "binary expression must contain only scalar and instant vector types");
    }
    CheckMatching(expr, binary, left == ExprType::kVector && right == ExprType::kVector);
  }

  void CheckLabels(const Binary& binary) {
    if (!binary.on) return;
    for (const std::string& label : binary.labels) {
      if (std::find(binary.include.begin(), binary.include.end(), label) == binary.include.end()) {
        continue;
      }
      Fail(OperatorPos(binary),
           "label " + GoQuote(label) + " must not occur in ON and GROUP clause at once");
    }
  }

  void CheckMatching(const Expr& expr, const Binary& binary, bool vectors) {
    const bool fills = binary.fill_left || binary.fill_right;
    const std::string op = Quoted(Spelling(binary.op));
    if (!vectors) {
      if (!binary.labels.empty()) {
        Fail(expr.begin, "vector matching only allowed between instant vectors");
      }
      if (fills) {
        Fail(expr.begin, "filling in missing series only allowed between instant vectors");
      }
      if (IsSetOp(binary.op)) {
        Fail(expr.begin, "set operator " + op + " not allowed in binary scalar expression");
      }
    } else if (IsSetOp(binary.op)) {
      if (binary.cardinality != Cardinality::kOneToOne) {
        Fail(expr.begin, "no grouping allowed for " + op + " operation");
      }
      if (fills) Fail(expr.begin, "filling in missing series not allowed for set operators");
    }
  }

  // Behind the left side, behind blanks.
  std::size_t OperatorPos(const Binary& binary) const {
    return std::min(text_.find_first_not_of(" \t\r\n", binary.left->end), text_.size());
  }

  void Node(const Expr& expr, const Call& call) {
    const Function& function = *call.function;
    CheckCount(expr, function, call.arguments.size());
    const bool info = function.kind == FunctionKind::kInfo && call.arguments.size() > 1;
    if (info) CheckInfo(expr, *call.arguments[1]);
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      const Expr& argument = *call.arguments[i];
      if (i >= function.arguments.size() && function.variadic == 0) break;
      const ExprType want = function.arguments[std::min(i, function.arguments.size() - 1)];
      Want(argument, want, "call to function \"" + std::string(function.name) + "\"");
    }
  }

  void CheckCount(const Expr& expr, const Function& function, std::size_t got) {
    const std::size_t most = function.arguments.size();
    const auto fail = [&](const char* bound, std::size_t count) {
      Fail(expr.begin, std::string("expected ") + bound + std::to_string(count) +
                           " argument(s) in call to \"" + std::string(function.name) + "\", got " +
                           std::to_string(got));
    };
    if (function.variadic == 0) {
      if (got != most) fail("", most);
      return;
    }
    const std::size_t least = most - 1;
    if (got < least) fail("at least ", least);
    if (function.variadic < 0) return;
    const std::size_t limit = least + static_cast<std::size_t>(function.variadic);
    if (got > limit) fail("at most ", limit);
  }

  // The second argument of info() is a selector of labels.
  void CheckInfo(const Expr& expr, const Expr& argument) {
    if (argument.type != ExprType::kVector) {
      Fail(expr.begin, "expected type instant vector in call to function \"info\", got " +
                           std::string(TypeName(argument.type)));
    }
    const auto* selector = argument.As<VectorSelector>();
    if (selector == nullptr) {
      Fail(argument.begin, "expected label selectors only");
    } else if (selector->name) {
      Fail(argument.begin, "expected label selectors only, got vector selector instead");
    } else {
      info_selector_ = &argument;
    }
  }

  std::string_view text_;
  const Expr* info_selector_ = nullptr;  // may select everything
  std::optional<Failure> fail_;
};

}  // namespace

std::optional<Failure> Check(std::string_view text, const Expr& root) {
  Checker checker(text);
  checker.Visit(root);
  return std::move(checker).failure();
}

}  // namespace tidegate::promql
