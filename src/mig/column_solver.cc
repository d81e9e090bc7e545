// SPDX-License-Identifier: Apache-2.0
#include "mig/column_solver.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "mig/relaxation.h"

namespace tidegate {
namespace {

constexpr double kIntegral = 1e-6;

using Uses = std::map<std::pair<std::size_t, std::int32_t>, std::int64_t>;

class Search {
 public:
  Search(const ColumnProblem& problem, ColumnLimits limits)
      : original_(problem), problem_(problem), limits_(limits) {
    for (const ColumnGroup& group : problem.groups) {
      std::vector<std::int32_t>& names = names_.emplace_back(group.columns.size());
      std::iota(names.begin(), names.end(), 0);
      for (const Column& column : group.columns) grain_ = std::gcd(grain_, column.cost);
    }
    grain_ = std::max<std::int64_t>(grain_, 1);
  }

  std::optional<ColumnSolution> Run(bool* infeasible) {
    Branch root;
    for (std::size_t g = 0; g < problem_.groups.size(); ++g) {
      root.bunches.push_back({.group = g, .count = problem_.groups[g].count});
    }
    root.demand = problem_.demand;
    const RelaxedSolution relaxed = SolveRelaxation(problem_, root);
    if (infeasible != nullptr) *infeasible = !relaxed.feasible;
    if (!relaxed.feasible) return std::nullopt;
    best_.duals = relaxed.duals;
    best_.bound = RoundUp(relaxed.cost);
    // Near the relaxation first: what is whole there stays, less a few devices to play with.
    for (const std::int64_t loose : {0, 1, 4}) {
      if (Done()) break;
      FixWhole(root, relaxed, loose);
    }
    if (!Done()) SearchAll(root, relaxed, infeasible);
    if (!found_) return std::nullopt;
    Report();
    return best_;
  }

 private:
  bool Done() const { return found_ && best_.cost <= best_.bound; }

  std::int64_t RoundUp(double cost) const {
    const auto grain = static_cast<double>(grain_);
    return static_cast<std::int64_t>(std::ceil(cost / grain - kIntegral)) * grain_;
  }

  const Column& At(std::size_t group, std::int32_t column) const {
    return problem_.groups[group].columns[static_cast<std::size_t>(column)];
  }

  // The column's index in the problem as it was given.
  std::int32_t Name(std::size_t group, std::int32_t column) const {
    return names_[group][static_cast<std::size_t>(column)];
  }

  // `count` devices of the bunch take the column, now and for good.
  void Take(Branch& branch, std::size_t bunch, std::int32_t column, std::int64_t count) {
    const std::size_t group = branch.bunches[bunch].group;
    const Column& taken = At(group, column);
    branch.bunches[bunch].count -= count;
    branch.fixed_cost += count * taken.cost;
    const std::size_t first = static_cast<std::size_t>(taken.vector) * problem_.rows;
    for (std::size_t r = 0; r < problem_.rows; ++r) {
      branch.demand[r] -= count * problem_.contributions[first + r];
    }
    taken_[{group, Name(group, column)}] += count;
  }

  void FixWhole(const Branch& root, const RelaxedSolution& relaxed, std::int64_t loose) {
    Branch branch = root;
    taken_.clear();
    for (const Fraction& use : relaxed.uses) {
      const auto whole = static_cast<std::int64_t>(std::floor(use.value + kIntegral));
      if (whole > loose) Take(branch, use.bunch, use.column, whole - loose);
    }
    for (const Fraction& use : relaxed.uses) branch.bunches[use.bunch].key = use.column;
    std::erase_if(branch.bunches, [](const Bunch& bunch) { return bunch.count == 0; });
    nodes_ = std::min<std::int64_t>(limits_.nodes, 300);
    Explore(branch);
  }

  void SearchAll(const Branch& root, const RelaxedSolution& relaxed, bool* infeasible) {
    Branch branch = root;
    taken_.clear();
    for (const Fraction& use : relaxed.uses) branch.bunches[use.bunch].key = use.column;
    if (found_) DropHopeless(branch, relaxed);
    nodes_ = limits_.nodes;
    Explore(branch);
    const bool complete = nodes_ > 0;
    if (complete && found_) best_.bound = best_.cost;
    if (infeasible != nullptr) *infeasible = complete && !found_;
  }

  // A column whose reduced cost alone exceeds the gap is in no better solution.
  void DropHopeless(Branch& branch, const RelaxedSolution& relaxed) {
    const double gap = static_cast<double>(best_.cost - grain_) - relaxed.cost + kIntegral;
    for (std::size_t g = 0; g < problem_.groups.size(); ++g) {
      std::vector<Column>& columns = problem_.groups[g].columns;
      std::vector<double> net;
      for (const Column& column : columns) net.push_back(Net(column, relaxed.duals));
      const double least = *std::min_element(net.begin(), net.end());
      std::vector<Column> kept;
      std::vector<std::int32_t> names;
      std::int32_t& key = branch.bunches[g].key;
      std::int32_t new_key = -1;
      for (std::size_t c = 0; c < columns.size(); ++c) {
        if (net[c] - least > gap) continue;
        if (key == static_cast<std::int32_t>(c)) new_key = static_cast<std::int32_t>(kept.size());
        kept.push_back(columns[c]);
        names.push_back(names_[g][c]);
      }
      key = new_key;
      columns = std::move(kept);
      names_[g] = std::move(names);
    }
  }

  double Net(const Column& column, const std::vector<double>& duals) const {
    auto value = static_cast<double>(column.cost);
    const std::size_t first = static_cast<std::size_t>(column.vector) * problem_.rows;
    for (std::size_t r = 0; r < problem_.rows; ++r) {
      value -= duals[r] * problem_.contributions[first + r];
    }
    return value;
  }

  void Explore(const Branch& branch) {
    if (nodes_ <= 0 || Done()) return;
    --nodes_;
    const RelaxedSolution relaxed = SolveRelaxation(problem_, branch);
    if (!relaxed.feasible) return;
    const std::int64_t bound = RoundUp(relaxed.cost + static_cast<double>(branch.fixed_cost));
    if (found_ && bound >= best_.cost) return;
    for (const Rule::Of of : {Rule::Of::kPriced, Rule::Of::kFamily, Rule::Of::kColumn}) {
      if (const auto at = MostFractional(branch, relaxed, of)) {
        Split(branch, relaxed, *at);
        return;
      }
    }
    Keep(branch, relaxed);
  }

  // A set of columns of one bunch of which the relaxation takes a broken number.
  struct Broken {
    std::size_t bunch;
    Rule rule;
    double value;
  };

  std::optional<Broken> MostFractional(const Branch& branch, const RelaxedSolution& relaxed,
                                       Rule::Of of) const {
    std::map<std::pair<std::size_t, std::int32_t>, double> sums;
    for (const Fraction& use : relaxed.uses) {
      const Column& column = At(branch.bunches[use.bunch].group, use.column);
      const std::int32_t id = of == Rule::Of::kColumn   ? use.column
                              : of == Rule::Of::kFamily ? column.family
                                                        : 0;
      if (of != Rule::Of::kPriced || column.cost != 0) sums[{use.bunch, id}] += use.value;
    }
    std::optional<Broken> most;
    double most_part = kIntegral;
    for (const auto& [where, value] : sums) {
      const double part = value - std::floor(value + kIntegral);
      if (part <= most_part) continue;
      most = Broken{where.first, {of, where.second}, value};
      most_part = part;
    }
    return most;
  }

  void Keep(const Branch& branch, const RelaxedSolution& relaxed) {
    uses_ = taken_;
    std::int64_t cost = branch.fixed_cost;
    for (const Fraction& use : relaxed.uses) {
      const std::int64_t count = std::llround(use.value);
      const std::size_t group = branch.bunches[use.bunch].group;
      uses_[{group, Name(group, use.column)}] += count;
      cost += count * At(group, use.column).cost;
    }
    if (!Satisfied() || (found_ && cost >= best_.cost)) return;
    found_ = true;
    best_.cost = cost;
    best_uses_ = uses_;
  }

  // In integers: rounding must not have lost anything.
  bool Satisfied() const {
    std::vector<std::int64_t> left = problem_.demand;
    std::vector<std::int64_t> count(problem_.groups.size());
    for (const auto& [use, n] : uses_) {
      const ColumnGroup& group = original_.groups[use.first];
      const Column& column = group.columns[static_cast<std::size_t>(use.second)];
      const std::size_t first = static_cast<std::size_t>(column.vector) * problem_.rows;
      for (std::size_t r = 0; r < problem_.rows; ++r) {
        left[r] -= n * problem_.contributions[first + r];
      }
      count[use.first] += n;
    }
    for (std::size_t g = 0; g < count.size(); ++g) {
      if (count[g] != problem_.groups[g].count) return false;
    }
    return std::all_of(left.begin(), left.end(), [](std::int64_t rest) { return rest <= 0; });
  }

  // Either more than `below` devices of the bunch take a column of the set, or no more.
  void Split(const Branch& branch, const RelaxedSolution& relaxed, const Broken& at) {
    const auto below = static_cast<std::int64_t>(std::floor(at.value + kIntegral));
    Branch next = branch;
    for (const Fraction& use : relaxed.uses) next.bunches[use.bunch].key = use.column;
    const auto saved = taken_;
    Branch more = next;
    if (at.rule.of == Rule::Of::kColumn) {
      Take(more, at.bunch, at.rule.id, below + 1);
    } else {
      Part(more, at.bunch, below + 1, {at.rule.of, at.rule.id, true}, true);
    }
    Explore(more);
    taken_ = saved;
    Part(next, at.bunch, below, at.rule, false);
    Explore(next);
    taken_ = saved;
  }

  // Makes `first` devices of a bunch a bunch of their own; the rule binds these or the others.
  static void Part(Branch& branch, std::size_t bunch, std::int64_t first, const Rule& rule,
                   bool binds_first) {
    Bunch others = branch.bunches[bunch];
    others.count -= first;
    branch.bunches[bunch].count = first;
    (binds_first ? branch.bunches[bunch] : others).rules.push_back(rule);
    if (first == 0) {
      branch.bunches[bunch] = others;
    } else if (others.count > 0) {
      branch.bunches.push_back(others);
    }
  }

  void Report() {
    best_.uses.clear();
    for (const auto& [use, count] : best_uses_) {
      if (count > 0) {
        best_.uses.push_back({use.first, static_cast<std::size_t>(use.second), count});
      }
    }
  }

  const ColumnProblem& original_;
  ColumnProblem problem_;  // without the columns that have been found hopeless
  std::vector<std::vector<std::int32_t>> names_;  // by group and column: its original index
  const ColumnLimits limits_;
  std::int64_t grain_ = 0;
  std::int64_t nodes_ = 0;
  bool found_ = false;
  Uses taken_, uses_, best_uses_;
  ColumnSolution best_;
};

}  // namespace

std::optional<ColumnSolution> SolveColumns(const ColumnProblem& problem, ColumnLimits limits,
                                           bool* infeasible) {
  return Search(problem, limits).Run(infeasible);
}

}  // namespace tidegate
