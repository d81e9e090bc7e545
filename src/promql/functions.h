// SPDX-License-Identifier: Apache-2.0
//
// The functions of PromQL: which there are, what they take and give, how they compute.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "promql/types.h"
#include "promql/window.h"

namespace tidegate::promql {

/// Who evaluates a function.
enum class FunctionKind {
  kMath,       ///< of each value alone
  kCalendar,   ///< of each value as a Unix time, or of the evaluation's
  kOverTime,   ///< of the samples in a window
  kQueryTime,  ///< of the query's start, end, range and step
  kAbsent,
  kAbsentOverTime,
  kClamp,
  kHistogramFraction,
  kHistogramQuantile,
  kHistogramQuantiles,
  kInfo,
  kLabelJoin,
  kLabelReplace,
  kNativeHistogram,  ///< of native histograms, which this store has not: the answer is empty
  kNumberOf,         ///< max_of, min_of
  kPi,
  kRound,
  kScalar,
  kSort,
  kSortByLabel,
  kTime,
  kTimestamp,
  kVector,
};

struct Function {
  std::string_view name;
  FunctionKind kind = FunctionKind::kMath;
  std::span<const ExprType> arguments;
  int variadic = 0;  ///< how many more than arguments.size() - 1 there may be; -1: any number
  ExprType result = ExprType::kVector;
  bool experimental = false;
  double (*math)(double value) = nullptr;
  double (*calendar)(std::int64_t unix_seconds) = nullptr;
  WindowFunction over_time = nullptr;
  /// Whether a falling value means that the counter behind it began anew.
  bool counter = false;
  bool keeps_name = false;
  /// Whether it depends on when it is evaluated, whatever its arguments are.
  bool depends_on_time = false;
};

const Function* FindFunction(std::string_view name);

}  // namespace tidegate::promql
