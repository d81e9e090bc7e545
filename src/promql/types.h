// SPDX-License-Identifier: Apache-2.0
//
// The types of PromQL's expressions.
#pragma once

#include <string_view>

namespace tidegate::promql {

enum class ExprType { kScalar, kVector, kMatrix, kString };

/// As most messages spell it: "instant vector".
constexpr std::string_view TypeName(ExprType type) {
  switch (type) {
    case ExprType::kScalar:
      return "scalar";
    case ExprType::kVector:
      return "instant vector";
    case ExprType::kMatrix:
      return "range vector";
    case ExprType::kString:
      return "string";
  }
  return "";
}

/// As some do: "vector".
constexpr std::string_view ShortTypeName(ExprType type) {
  if (type == ExprType::kVector) return "vector";
  return type == ExprType::kMatrix ? "matrix" : TypeName(type);
}

}  // namespace tidegate::promql
