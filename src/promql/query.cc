// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "promql/evaluator.h"
#include "promql/parser.h"
#include "tidegate/promql.h"

namespace tidegate {

class Query::Impl {
 public:
  std::string text;
  promql::ParsedQuery parsed;
};

Query::Query(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Query::Query(Query&&) noexcept = default;
Query& Query::operator=(Query&&) noexcept = default;
Query::~Query() = default;

Result<Query> Query::Compile(std::string_view text) {
  Result<promql::ParsedQuery> parsed = promql::Parse(text);
  if (!parsed) return parsed.error();
  auto impl = std::make_unique<Impl>();
  impl->text = std::string(text);
  impl->parsed = *std::move(parsed);
  return Query(std::move(impl));
}

Result<QueryResult> Query::Evaluate(const SeriesStore& store, TimePoint at,
                                    const EvaluateOptions& options) const {
  const SeriesStore::Impl::Reader reader(store.impl());
  return promql::Evaluate(*impl_->parsed.root, reader, at, options);
}

const std::string& Query::text() const { return impl_->text; }

Duration Query::longest_range() const {
  return std::chrono::milliseconds(impl_->parsed.longest_range_ms);
}

}  // namespace tidegate
