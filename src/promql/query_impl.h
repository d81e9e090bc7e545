// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "promql/ast.h"
#include "tidegate/promql.h"

namespace tidegate {

class Query::Impl {
 public:
  std::string text;
  promql::ExprPtr root;
  Duration longest_range{};
  std::optional<std::vector<std::string>> metrics;
};

}  // namespace tidegate
