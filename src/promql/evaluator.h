// SPDX-License-Identifier: Apache-2.0
//
// Evaluates a tree at one time over a store that is held still meanwhile.
#pragma once

#include "promql/ast.h"
#include "series/store_impl.h"
#include "tidegate/promql.h"
#include "tidegate/result.h"

namespace tidegate::promql {

/// kInvalidArgument: vectors that do not match one to one, in Prometheus's words.
Result<QueryResult> Evaluate(const Expr& root, const SeriesStore::Impl::Reader& reader,
                             TimePoint at, const EvaluateOptions& options);

}  // namespace tidegate::promql
