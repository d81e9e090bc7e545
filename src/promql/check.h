// SPDX-License-Identifier: Apache-2.0
//
// Whether a tree that the grammar allows makes sense: types, numbers of arguments, matching.
#pragma once

#include <optional>
#include <string_view>

#include "promql/grammar.h"

namespace tidegate::promql {

/// The first thing that is wrong, in Prometheus's words.
std::optional<Failure> Check(std::string_view text, const Expr& root);

}  // namespace tidegate::promql
