// SPDX-License-Identifier: Apache-2.0
//
// Thread safety: pure functions.
#pragma once

#include "tidegate/export.h"
#include "tidegate/promql.h"
#include "tidegate/types.h"

namespace tidegate {

/// Whether some selector of `query` may select series of the target whose labels are `target`,
/// whatever these are called and whatever labels they have of their own.
TIDEGATE_EXPORT bool MayReach(const Query& query, const Labels& target);

}  // namespace tidegate
