// SPDX-License-Identifier: Apache-2.0
//
// The functions of PromQL: which there are, what they take and give, how they compute.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "series/ring.h"

namespace tidegate::promql {

enum class ExprType { kScalar, kVector, kMatrix, kString };

/// As error messages spell it: "instant vector".
std::string_view TypeName(ExprType type);

/// A range window that ends at `end_ms` and does not contain its beginning.
struct Window {
  std::int64_t end_ms = 0;
  std::int64_t range_ms = 0;

  std::int64_t begin_ms() const { return end_ms - range_ms; }
};

struct Function {
  using OverRange = std::optional<double> (*)(std::span<const Sample> samples,
                                              const Window& window);

  std::string_view name;
  ExprType argument = ExprType::kMatrix;
  ExprType result = ExprType::kVector;
  /// Whether a falling value means that the counter behind it began anew.
  bool counter = false;
  OverRange over_range = nullptr;
};

const Function* FindFunction(std::string_view name);

/// Whether Prometheus 3 knows it and this evaluator does not.
bool IsUnsupportedFunction(std::string_view name);

}  // namespace tidegate::promql
