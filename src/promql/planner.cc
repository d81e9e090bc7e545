// SPDX-License-Identifier: Apache-2.0
#include "promql/planner.h"

#include <algorithm>
#include <numbers>
#include <utility>

namespace tidegate::promql {
namespace {

bool IsFixed(const Expr& expr);

// Whether the value of a call is the same whenever it is evaluated.
bool IsFixed(const Call& call) {
  const bool arguments = std::all_of(call.arguments.begin(), call.arguments.end(),
                                     [](const ExprPtr& argument) { return IsFixed(*argument); });
  if (call.function->kind == FunctionKind::kTimestamp) {
    return arguments && Unwrapped(*call.arguments[0]).As<VectorSelector>() != nullptr;
  }
  return arguments && !call.function->depends_on_time && call.function->kind != FunctionKind::kInfo;
}

bool IsFixed(const Expr& expr) {
  if (const auto* selector = expr.As<VectorSelector>()) return selector->shift.fixed();
  if (const auto* matrix = expr.As<MatrixSelector>()) return IsFixed(*matrix->selector);
  if (const auto* subquery = expr.As<Subquery>()) return subquery->shift.fixed();
  if (const auto* call = expr.As<Call>()) return IsFixed(*call);
  if (const auto* aggregate = expr.As<Aggregate>()) return IsFixed(*aggregate->expr);
  if (const auto* binary = expr.As<Binary>()) {
    return IsFixed(*binary->left) && IsFixed(*binary->right);
  }
  if (const auto* unary = expr.As<Unary>()) return IsFixed(*unary->expr);
  if (const auto* paren = expr.As<Paren>()) return IsFixed(*paren->expr);
  return true;  // literals
}

bool IsPicking(AggregateOp op) {
  return op == AggregateOp::kTopk || op == AggregateOp::kBottomk || op == AggregateOp::kLimitk ||
         op == AggregateOp::kLimitRatio;
}

bool IsSort(const Call& call) {
  return call.function->kind == FunctionKind::kSort ||
         call.function->kind == FunctionKind::kSortByLabel;
}

// Whether the rows of `expr` come in an order that was asked for.
bool IsOrdered(const Expr& expr) {
  if (const auto* paren = expr.As<Paren>()) return IsOrdered(*paren->expr);
  if (const auto* unary = expr.As<Unary>()) return IsOrdered(*unary->expr);
  if (const auto* aggregate = expr.As<Aggregate>()) return IsPicking(aggregate->op);
  if (const auto* binary = expr.As<Binary>()) {
    const bool one_vector =
        binary->left->type == ExprType::kScalar || binary->right->type == ExprType::kScalar;
    return one_vector && (IsOrdered(*binary->left) || IsOrdered(*binary->right));
  }
  const auto* call = expr.As<Call>();
  return call != nullptr &&
         (IsSort(*call) || std::any_of(call->arguments.begin(), call->arguments.end(),
                                       [](const ExprPtr& e) { return IsOrdered(*e); }));
}

const std::string& TextOf(const Expr& expr) { return Unwrapped(expr).As<StringLiteral>()->value; }

class Planner {
 public:
  explicit Planner(bool ordered) : ordered_(ordered) {}

  OperatorPtr Vector(const Expr& expr) {
    OperatorPtr made =
        std::visit([this, &expr](const auto& node) { return Node(expr, node); }, expr.node);
    if (IsFixed(expr)) made->MakeFixed();
    return made;
  }

  WindowSourcePtr Window(const Expr& expr) {
    const Expr& inner = Unwrapped(expr);
    if (const auto* subquery = inner.As<Subquery>()) {
      return std::make_unique<SubqueryWindows>(*subquery, Vector(*subquery->expr));
    }
    return std::make_unique<SelectorWindows>(*inner.As<MatrixSelector>());
  }

 private:
  OperatorPtr Node(const Expr&, const NumberLiteral& number) { return MakeNumber(number.value); }
  OperatorPtr Node(const Expr&, const Paren& paren) { return Vector(*paren.expr); }
  OperatorPtr Node(const Expr&, const VectorSelector& selector) {
    return MakeInstantSelector(selector, SampleField::kValue);
  }
  OperatorPtr Node(const Expr&, const Unary& unary) {
    OperatorPtr vector = Vector(*unary.expr);
    return unary.negate ? MakeNegate(std::move(vector)) : std::move(vector);
  }
  // These have no place where a vector is: the types have been checked.
  OperatorPtr Node(const Expr&, const StringLiteral&) { return MakeNumber(0); }
  OperatorPtr Node(const Expr&, const MatrixSelector&) { return MakeNumber(0); }
  OperatorPtr Node(const Expr&, const Subquery&) { return MakeNumber(0); }

  OperatorPtr Node(const Expr&, const Aggregate& aggregate) {
    const bool ordered = std::exchange(ordered_, false);
    OperatorPtr vector = Vector(*aggregate.expr);
    if (aggregate.op == AggregateOp::kCountValues) {
      return MakeCountValues(aggregate, std::move(vector));
    }
    OperatorPtr parameter = aggregate.parameter ? Vector(*aggregate.parameter) : nullptr;
    if (IsPicking(aggregate.op)) {
      return MakeAggregateK(aggregate, std::move(vector), std::move(parameter), ordered);
    }
    return MakeAggregate(aggregate, std::move(vector), std::move(parameter));
  }

  OperatorPtr Node(const Expr& expr, const Binary& binary) {
    const bool left_scalar = binary.left->type == ExprType::kScalar;
    const bool right_scalar = binary.right->type == ExprType::kScalar;
    OperatorPtr left = Vector(*binary.left);
    OperatorPtr right = Vector(*binary.right);
    if (left_scalar && right_scalar) {
      return MakeScalars(binary.op, std::move(left), std::move(right));
    }
    if (left_scalar) {
      return MakeWithScalar(binary, std::move(right), std::move(left), true, expr.begin);
    }
    if (right_scalar) {
      return MakeWithScalar(binary, std::move(left), std::move(right), false, expr.begin);
    }
    if (IsSetOp(binary.op)) return MakeMatchSet(binary, std::move(left), std::move(right));
    return MakeMatch(binary, std::move(left), std::move(right), expr.begin);
  }

  OperatorPtr Node(const Expr& expr, const Call& call) {
    switch (call.function->kind) {
      case FunctionKind::kOverTime:
        return OverTime(call);
      case FunctionKind::kAbsentOverTime:
        return MakeAbsentOverTime(SelectorOf(call), Window(Argument(call, 0)));
      case FunctionKind::kPi:
        return MakeNumber(std::numbers::pi);
      case FunctionKind::kTime:
        return MakeTime();
      case FunctionKind::kQueryTime:
        return MakeQueryTime(call.function->name);
      case FunctionKind::kCalendar:
        return call.arguments.empty() ? MakeCalendar(*call.function)
                                      : MakeCalendar(*call.function, Operand(call, 0));
      case FunctionKind::kHistogramFraction:
      case FunctionKind::kHistogramQuantile:
      case FunctionKind::kHistogramQuantiles:
        return Histogram(call);
      case FunctionKind::kLabelJoin:
      case FunctionKind::kLabelReplace:
      case FunctionKind::kSort:
      case FunctionKind::kSortByLabel:
      case FunctionKind::kInfo:
        return OfRows(expr, call);
      default:
        return OfValues(call);
    }
  }

  static const Expr& Argument(const Call& call, std::size_t index) {
    return Unwrapped(*call.arguments[index]);
  }
  OperatorPtr Operand(const Call& call, std::size_t index) { return Vector(Argument(call, index)); }
  OperatorPtr OptionalOperand(const Call& call, std::size_t index) {
    return index < call.arguments.size() ? Operand(call, index) : nullptr;
  }

  // The selector that an absent function is about, if it is about one.
  static const VectorSelector* SelectorOf(const Call& call) {
    const Expr& argument = Argument(call, 0);
    if (const auto* matrix = argument.As<MatrixSelector>()) {
      return matrix->selector->As<VectorSelector>();
    }
    return argument.As<VectorSelector>();
  }

  OperatorPtr OverTime(const Call& call) {
    WindowSourcePtr source;
    std::vector<OperatorPtr> parameters;
    for (const ExprPtr& argument : call.arguments) {
      if (argument->type == ExprType::kMatrix) {
        source = Window(*argument);
      } else {
        parameters.push_back(Vector(Unwrapped(*argument)));
      }
    }
    const bool of_parameter = call.function->over_time == Integral && call.arguments.size() > 1;
    const std::size_t pos = Argument(call, of_parameter ? 1 : 0).begin;
    return MakeOverTime(*call.function, std::move(source), std::move(parameters), pos);
  }

  OperatorPtr Histogram(const Call& call) {
    const auto pos = [&call](std::size_t index) { return Argument(call, index).begin; };
    if (call.function->kind == FunctionKind::kHistogramQuantile) {
      return MakeHistogramQuantile(Operand(call, 0), Operand(call, 1), pos(0), pos(1));
    }
    if (call.function->kind == FunctionKind::kHistogramFraction) {
      return MakeHistogramFraction(Operand(call, 0), Operand(call, 1), Operand(call, 2), pos(2));
    }
    std::vector<OperatorPtr> quantiles;
    std::vector<std::size_t> places;
    for (std::size_t i = 2; i < call.arguments.size(); ++i) {
      quantiles.push_back(Operand(call, i));
      places.push_back(pos(i));
    }
    return MakeHistogramQuantiles(Operand(call, 0), TextOf(*call.arguments[1]),
                                  std::move(quantiles), std::move(places), pos(0));
  }

  // What changes rows.
  OperatorPtr OfRows(const Expr& expr, const Call& call) {
    std::vector<std::string> texts;
    for (std::size_t i = 1; i < call.arguments.size(); ++i) {
      if (call.arguments[i]->type == ExprType::kString) texts.push_back(TextOf(*call.arguments[i]));
    }
    const bool descending =
        call.function->name == "sort_desc" || call.function->name == "sort_by_label_desc";
    if (call.function->kind == FunctionKind::kInfo) {
      const auto* labels =
          call.arguments.size() > 1 ? Argument(call, 1).As<VectorSelector>() : nullptr;
      return MakeInfo(Operand(call, 0), Argument(call, 0), labels);
    }
    OperatorPtr vector = Operand(call, 0);
    switch (call.function->kind) {
      case FunctionKind::kLabelJoin:
        return MakeLabelJoin(std::move(vector), std::move(texts));
      case FunctionKind::kLabelReplace:
        return MakeLabelReplace(std::move(vector), std::move(texts));
      case FunctionKind::kSort:
        return MakeSort(std::move(vector), descending, expr.begin);
      default:
        return MakeSortByLabel(std::move(vector), std::move(texts), descending, expr.begin);
    }
  }

  // What changes values.
  OperatorPtr OfValues(const Call& call) {
    const std::string_view name = call.function->name;
    switch (call.function->kind) {
      case FunctionKind::kMath:
        return MakeMath(*call.function, Operand(call, 0));
      case FunctionKind::kAbsent:
        return MakeAbsent(SelectorOf(call), Operand(call, 0));
      case FunctionKind::kClamp:
        if (name == "clamp_max") return MakeClamp(Operand(call, 0), nullptr, Operand(call, 1));
        return MakeClamp(Operand(call, 0), Operand(call, 1), OptionalOperand(call, 2));
      case FunctionKind::kNumberOf:
        return MakeNumberOf(name == "max_of", Operand(call, 0), Operand(call, 1));
      case FunctionKind::kRound:
        return MakeRound(Operand(call, 0), OptionalOperand(call, 1));
      case FunctionKind::kScalar:
        return MakeScalar(Operand(call, 0));
      case FunctionKind::kTimestamp:
        if (const auto* selector = Argument(call, 0).As<VectorSelector>()) {
          return MakeWithoutName(MakeInstantSelector(*selector, SampleField::kTime));
        }
        return MakeEvaluationTime(Operand(call, 0));
      case FunctionKind::kVector:
        return Operand(call, 0);
      default:
        return MakeEmpty(Operand(call, 0));
    }
  }

  bool ordered_;
};

}  // namespace

Plan MakePlan(const Expr& expr) {
  Plan plan;
  plan.expr = &expr;
  plan.ordered = IsOrdered(expr);
  Planner planner(plan.ordered);
  if (expr.type == ExprType::kMatrix) {
    plan.window = planner.Window(expr);
  } else if (expr.type != ExprType::kString) {
    plan.root = planner.Vector(expr);
  }
  return plan;
}

}  // namespace tidegate::promql
