// SPDX-License-Identifier: Apache-2.0
//
// The linear relaxation of a ColumnProblem, by the simplex method with one key column a group
// (Dantzig and Van Slyke's generalized upper bounding): the basis that is inverted has one
// column a shared row and no more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mig/column_solver.h"

namespace tidegate {

/// Which columns some devices may take.
struct Rule {
  enum class Of : std::uint8_t { kColumn, kFamily, kPriced } of = Of::kColumn;
  std::int32_t id = 0;    ///< of the column or the family; not used for kPriced
  bool required = false;  ///< only these, or all but these

  bool Allows(const Column& column, std::int32_t index) const {
    const bool is = of == Of::kColumn   ? index == id
                    : of == Of::kFamily ? column.family == id
                                        : column.cost != 0;
    return is == required;
  }
};

/// Devices of a group of the problem from which some columns have been taken away.
struct Bunch {
  std::size_t group = 0;
  std::int64_t count = 0;
  std::vector<Rule> rules;
  std::int32_t key = -1;  ///< the column to start from; -1: the cheapest
};

/// What one branch still has to solve.
struct Branch {
  std::vector<Bunch> bunches;
  std::vector<std::int64_t> demand;
  std::int64_t fixed_cost = 0;
};

struct Fraction {
  std::size_t bunch = 0;
  std::int32_t column = 0;
  double value = 0;
};

struct RelaxedSolution {
  bool feasible = false;
  double cost = 0;             ///< without the branch's fixed cost; a lower bound
  std::vector<Fraction> uses;  ///< columns that are used, by bunch
  std::vector<double> duals;   ///< of the rows, none negative
};

RelaxedSolution SolveRelaxation(const ColumnProblem& problem, const Branch& branch);

}  // namespace tidegate
