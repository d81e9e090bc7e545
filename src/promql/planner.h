// SPDX-License-Identifier: Apache-2.0
//
// Tree -> operators.
#pragma once

#include "promql/operators.h"

namespace tidegate::promql {

struct Plan {
  OperatorPtr root;        ///< of a scalar or a vector
  WindowSourcePtr window;  ///< of a range vector
  const Expr* expr = nullptr;
  bool ordered = false;  ///< the order of the rows of an instant answer means something
};

/// `expr` must outlive the plan.
Plan MakePlan(const Expr& expr);

}  // namespace tidegate::promql
