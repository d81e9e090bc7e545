// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "promql/ast.h"
#include "tidegate/promql.h"

namespace tidegate {

class Query::Impl {
 public:
  std::string text;
  promql::ExprPtr root;
  Duration longest_range{};
};

}  // namespace tidegate
