// SPDX-License-Identifier: Apache-2.0
//
// Thread safety: pure functions.
#pragma once

#include "promql/ast.h"
#include "tidegate/export.h"
#include "tidegate/types.h"

namespace tidegate::promql {

/// Whether some selector below `expr` may select series of the target whose labels are `target`,
/// whatever these are called and whatever labels they have of their own.
TIDEGATE_EXPORT bool MayReach(const Expr& expr, const Labels& target);

}  // namespace tidegate::promql
