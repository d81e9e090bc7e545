// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promql/parser.h"
#include "promql/query_impl.h"
#include "tidegate/promql.h"

namespace tidegate {
namespace {

using promql::Expr;

std::vector<const Expr*> Children(const Expr& expr) {
  if (const auto* matrix = expr.As<promql::MatrixSelector>()) return {matrix->selector.get()};
  if (const auto* subquery = expr.As<promql::Subquery>()) return {subquery->expr.get()};
  if (const auto* binary = expr.As<promql::Binary>()) {
    return {binary->left.get(), binary->right.get()};
  }
  if (const auto* unary = expr.As<promql::Unary>()) return {unary->expr.get()};
  if (const auto* paren = expr.As<promql::Paren>()) return {paren->expr.get()};
  std::vector<const Expr*> children;
  if (const auto* call = expr.As<promql::Call>()) {
    for (const auto& argument : call->arguments) children.push_back(argument.get());
  }
  if (const auto* aggregate = expr.As<promql::Aggregate>()) {
    if (aggregate->parameter) children.push_back(aggregate->parameter.get());
    children.push_back(aggregate->expr.get());
  }
  return children;
}

// The longest literal range; one that is computed is known only when the query's times are.
std::int64_t LongestRange(const Expr& expr) {
  std::int64_t longest = 0;
  if (const auto* matrix = expr.As<promql::MatrixSelector>()) longest = matrix->range.nanoseconds;
  if (const auto* subquery = expr.As<promql::Subquery>()) longest = subquery->range.nanoseconds;
  for (const Expr* child : Children(expr)) longest = std::max(longest, LongestRange(*child));
  return longest;
}

// The one name that series must have; empty: there is none.
std::string_view NameOf(const std::vector<Matcher>& matchers) {
  for (const Matcher& matcher : matchers) {
    if (matcher.name() == kMetricNameLabel && matcher.IsEqual()) return matcher.value();
  }
  return {};
}

// Of info(), which looks for series of its own: target_info, unless the selector that says which
// labels are wanted names others.
std::string_view InfoName(const promql::Call& call) {
  const auto* labels =
      call.arguments.size() > 1 ? call.arguments[1]->As<promql::VectorSelector>() : nullptr;
  const bool named =
      labels != nullptr &&
      std::any_of(labels->matchers.begin(), labels->matchers.end(),
                  [](const Matcher& matcher) { return matcher.name() == kMetricNameLabel; });
  return named ? NameOf(labels->matchers) : "target_info";
}

// Adds the names of the metrics that are selected; false: any metric may be.
bool AddNames(const Expr& expr, std::set<std::string>& names) {
  const auto add = [&names](std::string_view name) {
    if (!name.empty()) names.emplace(name);
    return !name.empty();
  };
  if (const auto* selector = expr.As<promql::VectorSelector>()) {
    return add(NameOf(selector->matchers));
  }
  const auto* call = expr.As<promql::Call>();
  if (call != nullptr && call->function->kind == promql::FunctionKind::kInfo) {
    return add(InfoName(*call)) && AddNames(*call->arguments.front(), names);
  }
  const std::vector<const Expr*> children = Children(expr);
  return std::all_of(children.begin(), children.end(),
                     [&names](const Expr* child) { return AddNames(*child, names); });
}

std::optional<std::vector<std::string>> MetricsOf(const Expr& expr) {
  std::set<std::string> names;
  if (!AddNames(expr, names)) return std::nullopt;
  return std::vector<std::string>(names.begin(), names.end());
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
  impl->metrics = MetricsOf(*impl->root);
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

const std::optional<std::vector<std::string>>& Query::metrics() const { return impl_->metrics; }

}  // namespace tidegate
