// SPDX-License-Identifier: Apache-2.0
//
// Choosing a layout for every device: the one integer programme behind all exact answers here.
//
// Devices come in groups of `count` that are alike. Each device of a group takes one column of
// the group: a layout, its cost, and what it contributes to the few rows that all share (slices
// of a profile, devices left over). Find integers
//
//   min Σ cost·y   with   Σ_{columns of g} y = count_g   and   Σ contribution·y >= demand.
//
// Only the shared rows couple the groups, so the simplex method needs a basis no larger than
// them (generalized upper bounds), whatever the number of devices; and all but as many groups
// come out integral. The rest is branch and bound, limited by nodes, never by time: the same
// input gives the same answer on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tidegate {

struct Column {
  std::int32_t vector = 0;  ///< index of its contributions; many columns share one
  std::int64_t cost = 0;
  std::int32_t family = 0;  ///< columns of one family are alike but for details: branch on it first
};

struct ColumnGroup {
  std::int64_t count = 0;
  std::vector<Column> columns;
};

struct ColumnProblem {
  std::size_t rows = 0;
  std::vector<std::int64_t> demand;
  std::vector<std::int32_t> contributions;  ///< `rows` numbers a vector
  /// What the relaxation multiplies rows by, where their numbers are large; absent ones by 1.
  std::vector<double> scale;
  std::vector<ColumnGroup> groups;

  std::int32_t AddVector(const std::vector<std::int32_t>& contribution) {
    contributions.insert(contributions.end(), contribution.begin(), contribution.end());
    return static_cast<std::int32_t>(contributions.size() / rows) - 1;
  }
};

struct ColumnUse {
  std::size_t group = 0;
  std::size_t column = 0;
  std::int64_t count = 0;
};

struct ColumnSolution {
  std::vector<ColumnUse> uses;  ///< by group, then column
  std::int64_t cost = 0;
  std::int64_t bound = 0;     ///< no solution costs less
  std::vector<double> duals;  ///< of the rows, at the optimum of the relaxation
};

struct ColumnLimits {
  std::int64_t nodes = 2000;  ///< relaxations solved beyond the root's
};

/// The best solution found within the limits; none if there is none, or none was found (then
/// `*infeasible`, where given, tells which).
std::optional<ColumnSolution> SolveColumns(const ColumnProblem& problem, ColumnLimits limits = {},
                                           bool* infeasible = nullptr);

}  // namespace tidegate
