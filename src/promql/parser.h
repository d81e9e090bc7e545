// SPDX-License-Identifier: Apache-2.0
//
// PromQL text -> tree, by precedence climbing. What the evaluator cannot do is refused here, by
// name and position.
#pragma once

#include <cstdint>
#include <string_view>

#include "promql/ast.h"
#include "tidegate/result.h"

namespace tidegate::promql {

struct ParsedQuery {
  ExprPtr root;
  std::int64_t longest_range_ms = 0;
};

/// kInvalidArgument: `1:9: parse error: …` in Prometheus's words; line and column (in bytes)
/// from 1.
Result<ParsedQuery> Parse(std::string_view text);

}  // namespace tidegate::promql
