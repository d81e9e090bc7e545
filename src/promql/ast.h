// SPDX-License-Identifier: Apache-2.0
//
// The tree that a query is compiled to. Every node knows its type and where it is in the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "promql/functions.h"
#include "series/matcher.h"

namespace tidegate::promql {

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct NumberLiteral {
  double value = 0;
};

struct StringLiteral {
  std::string value;
};

struct VectorSelector {
  std::vector<Matcher> matchers;  ///< the metric's name is one of them
};

struct MatrixSelector {
  VectorSelector selector;
  std::int64_t range_ms = 0;
};

struct Call {
  const Function* function = nullptr;
  ExprPtr argument;
};

enum class Grouping { kBy, kWithout };
enum class AggregateOp { kSum, kAvg, kMin, kMax, kCount };

struct Aggregate {
  AggregateOp op = AggregateOp::kSum;
  Grouping grouping = Grouping::kBy;
  std::vector<std::string> labels;
  ExprPtr argument;
};

enum class BinaryOp { kAdd, kSub, kMul, kDiv };
enum class Matching { kIgnoring, kOn };

struct Binary {
  BinaryOp op = BinaryOp::kAdd;
  Matching matching = Matching::kIgnoring;
  std::vector<std::string> labels;
  ExprPtr left;
  ExprPtr right;
};

struct Negate {
  ExprPtr argument;
};

struct Expr {
  std::size_t pos = 0;
  ExprType type = ExprType::kScalar;
  std::size_t height = 1;  ///< nodes on the longest way down; bounded, so recursion is too
  std::variant<NumberLiteral, StringLiteral, VectorSelector, MatrixSelector, Call, Aggregate,
               Binary, Negate>
      node;
};

}  // namespace tidegate::promql
