// SPDX-License-Identifier: Apache-2.0
//
// What binary operators make of two numbers.
#pragma once

#include <cmath>

#include "promql/arithmetic.h"
#include "promql/ast.h"
#include "promql/window.h"

namespace tidegate::promql {

/// Of a comparison: whether it holds.
inline bool Holds(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kEqual:
      return left == right;
    case BinaryOp::kNotEqual:
      return left != right;
    case BinaryOp::kLess:
      return left < right;
    case BinaryOp::kLessOrEqual:
      return left <= right;
    case BinaryOp::kGreater:
      return left > right;
    case BinaryOp::kGreaterOrEqual:
      return left >= right;
    default:
      return false;
  }
}

/// Of the other operators: the result. Trimming is for native histograms: a number has no answer.
inline double Combine(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kAdd:
      return left + right;
    case BinaryOp::kSub:
      return left - right;
    case BinaryOp::kMul:
      return left * right;
    case BinaryOp::kDiv:
      return left / right;
    case BinaryOp::kMod:
      return std::fmod(left, right);
    case BinaryOp::kPow:
      return GoPow(left, right);
    case BinaryOp::kAtan2:
      return std::atan2(left, right);
    default:
      return kNoValue;
  }
}

/// Between vectors: a comparison keeps `kept` or nothing, or is 0 or 1.
inline double VectorValue(BinaryOp op, bool return_bool, double left, double right, double kept) {
  if (!IsComparison(op)) {
    const double value = Combine(op, left, right);
    return return_bool ? (IsAbsent(value) ? 0 : 1) : value;
  }
  const bool holds = Holds(op, left, right);
  if (return_bool) return holds ? 1 : 0;
  return holds ? kept : kNoValue;
}

constexpr bool IsTrim(BinaryOp op) {
  return op == BinaryOp::kTrimUpper || op == BinaryOp::kTrimLower;
}

}  // namespace tidegate::promql
