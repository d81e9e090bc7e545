// SPDX-License-Identifier: Apache-2.0
//
// PromQL text -> tree of the right types.
#pragma once

#include <string>
#include <string_view>

#include "promql/ast.h"
#include "tidegate/promql.h"
#include "tidegate/result.h"

namespace tidegate::promql {

/// kInvalidArgument: `1:9: parse error: …` in Prometheus's words; line and column (in bytes)
/// from 1.
Result<ExprPtr> Parse(std::string_view text, const CompileOptions& options);

/// `1:9`.
std::string Place(std::string_view text, std::size_t pos);

}  // namespace tidegate::promql
