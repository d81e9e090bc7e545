// SPDX-License-Identifier: Apache-2.0
#include "promql/reach.h"

#include <algorithm>

#include "promql/ast.h"
#include "promql/query_impl.h"

namespace tidegate {
namespace promql {
namespace {

struct Reach {
  const Labels& target;

  bool operator()(const NumberLiteral& /*node*/) const { return false; }
  bool operator()(const StringLiteral& /*node*/) const { return false; }
  bool operator()(const VectorSelector& node) const {
    return std::all_of(node.matchers.begin(), node.matchers.end(), [this](const Matcher& matcher) {
      const auto label = target.find(matcher.name());
      return label == target.end() || matcher.Matches(label->second);
    });
  }
  bool operator()(const MatrixSelector& node) const { return In(node.selector); }
  bool operator()(const Subquery& node) const { return In(node.expr); }
  bool operator()(const Call& node) const {
    return std::any_of(node.arguments.begin(), node.arguments.end(),
                       [this](const ExprPtr& argument) { return In(argument); });
  }
  bool operator()(const Aggregate& node) const { return In(node.parameter) || In(node.expr); }
  bool operator()(const Binary& node) const { return In(node.left) || In(node.right); }
  bool operator()(const Unary& node) const { return In(node.expr); }
  bool operator()(const Paren& node) const { return In(node.expr); }

  bool In(const ExprPtr& expr) const { return expr != nullptr && std::visit(*this, expr->node); }
};

}  // namespace
}  // namespace promql

bool MayReach(const Query& query, const Labels& target) {
  return promql::Reach{target}.In(query.impl().root);
}

}  // namespace tidegate
