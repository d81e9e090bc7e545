// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "promql/parser.h"
#include "promql/query_impl.h"
#include "tidegate/promql.h"

namespace tidegate {
namespace {

using promql::Expr;

// The longest literal range; one that is computed is known only when the query's times are.
std::int64_t LongestRange(const Expr& expr) {
  if (const auto* matrix = expr.As<promql::MatrixSelector>()) return matrix->range.nanoseconds;
  if (const auto* subquery = expr.As<promql::Subquery>()) {
    return std::max(subquery->range.nanoseconds, LongestRange(*subquery->expr));
  }
  if (const auto* call = expr.As<promql::Call>()) {
    std::int64_t longest = 0;
    for (const auto& argument : call->arguments) {
      longest = std::max(longest, LongestRange(*argument));
    }
    return longest;
  }
  if (const auto* aggregate = expr.As<promql::Aggregate>()) {
    const std::int64_t parameter = aggregate->parameter ? LongestRange(*aggregate->parameter) : 0;
    return std::max(parameter, LongestRange(*aggregate->expr));
  }
  if (const auto* binary = expr.As<promql::Binary>()) {
    return std::max(LongestRange(*binary->left), LongestRange(*binary->right));
  }
  if (const auto* unary = expr.As<promql::Unary>()) return LongestRange(*unary->expr);
  if (const auto* paren = expr.As<promql::Paren>()) return LongestRange(*paren->expr);
  return 0;
}

}  // namespace

Query::Query(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Query::Query(Query&&) noexcept = default;
Query& Query::operator=(Query&&) noexcept = default;
Query::~Query() = default;

Result<Query> Query::Compile(std::string_view text, const CompileOptions& options) {
  Result<promql::ExprPtr> root = promql::Parse(text, options);
  if (!root) return root.error();
  auto impl = std::make_unique<Impl>();
  impl->text = std::string(text);
  impl->root = *std::move(root);
  impl->longest_range =
      std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(LongestRange(*impl->root)));
  return Query(std::move(impl));
}

Result<QueryResult> Query::Evaluate(const SeriesStore& store, TimePoint at,
                                    const EvaluateOptions& options) const {
  QueryResult result;
  const Status status = QueryRunner(*this).Evaluate(store, at, options, result);
  if (!status.ok()) return status.error();
  return result;
}

Result<QueryResult> Query::EvaluateRange(const SeriesStore& store, TimePoint start, TimePoint end,
                                         Duration step, const EvaluateOptions& options) const {
  QueryResult result;
  const Status status = QueryRunner(*this).EvaluateRange(store, start, end, step, options, result);
  if (!status.ok()) return status.error();
  return result;
}

const std::string& Query::text() const { return impl_->text; }

Duration Query::longest_range() const { return impl_->longest_range; }

}  // namespace tidegate
