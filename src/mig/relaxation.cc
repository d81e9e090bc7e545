// SPDX-License-Identifier: Apache-2.0
#include "mig/relaxation.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tidegate {
namespace {

constexpr double kTolerance = 1e-9;
constexpr double kCostTolerance = 1e-7;
constexpr int kMaxDegenerateSteps = 60;
constexpr int kNoBunch = -1;

// A basic variable besides the keys: a column, or a row's slack or artificial variable.
struct Basic {
  int bunch = kNoBunch;  // kNoBunch: a row's variable
  std::int32_t column = 0;
  std::size_t row = 0;
  bool artificial = false;
};

class Simplex {
 public:
  Simplex(const ColumnProblem& problem, const Branch& branch)
      : problem_(problem), branch_(branch), m_(problem.rows), scale_(problem.scale) {
    scale_.resize(m_, 1);
    double largest = 1;
    for (const ColumnGroup& group : problem.groups) {
      for (const Column& column : group.columns) {
        largest = std::max(largest, std::abs(static_cast<double>(column.cost)));
      }
    }
    artificial_cost_ = 1e4 * largest;
    ChooseKeys();
    if (!empty_bunch_) StartBasis();
  }

  RelaxedSolution Solve() {
    if (empty_bunch_) return {};  // devices that may take no column at all
    constexpr int kMaxSteps = 100000;
    for (int step = 0; step < kMaxSteps; ++step) {
      Invert();
      const Basic entering = Price();
      if (entering.bunch == kNoBunch && !entering.artificial && entering.row == m_) break;
      if (!Pivot(entering)) break;
    }
    return Answer();
  }

 private:
  const std::vector<Column>& Columns(std::size_t bunch) const {
    return problem_.groups[branch_.bunches[bunch].group].columns;
  }
  const Column& At(std::size_t bunch, std::int32_t column) const {
    return Columns(bunch)[static_cast<std::size_t>(column)];
  }
  const Column& Key(std::size_t bunch) const { return At(bunch, key_[bunch]); }
  const std::int32_t* Contribution(const Column& column) const {
    return problem_.contributions.data() + static_cast<std::size_t>(column.vector) * m_;
  }
  double Count(std::size_t bunch) const {
    return static_cast<double>(branch_.bunches[bunch].count);
  }
  bool Allowed(std::size_t bunch, std::int32_t column) const {
    const std::vector<Rule>& rules = branch_.bunches[bunch].rules;
    return std::all_of(rules.begin(), rules.end(),
                       [&](const Rule& rule) { return rule.Allows(At(bunch, column), column); });
  }

  void ChooseKeys() {
    for (std::size_t b = 0; b < branch_.bunches.size(); ++b) {
      std::int32_t best = branch_.bunches[b].key;
      if (best < 0 || !Allowed(b, best)) {
        best = -1;
        const auto& columns = Columns(b);
        for (std::int32_t c = 0; c < static_cast<std::int32_t>(columns.size()); ++c) {
          if (Allowed(b, c) && (best < 0 || At(b, c).cost < At(b, best).cost)) best = c;
        }
      }
      if (best < 0 && (branch_.bunches[b].count > 0 || Columns(b).empty())) empty_bunch_ = true;
      key_.push_back(std::max(best, 0));
    }
  }

  void StartBasis() {
    right_.assign(m_, 0);
    for (std::size_t r = 0; r < m_; ++r) {
      right_[r] = scale_[r] * static_cast<double>(branch_.demand[r]);
    }
    for (std::size_t b = 0; b < key_.size(); ++b) AddToRight(b, -Count(b));
    for (std::size_t r = 0; r < m_; ++r) {
      basis_.push_back({.row = r, .artificial = right_[r] > 0});
    }
    prices_.resize(m_);
    unscaled_.resize(m_);
    inverse_.resize(m_ * m_);
    direction_.resize(m_);
    value_.resize(m_);
    column_.resize(m_);
    load_.assign(key_.size(), 0);
    rate_.assign(key_.size(), 0);
  }

  void AddToRight(std::size_t bunch, double factor) {
    const std::int32_t* a = Contribution(Key(bunch));
    for (std::size_t r = 0; r < m_; ++r) right_[r] += factor * scale_[r] * a[r];
  }

  // The coefficients of a variable once its bunch's key has been eliminated.
  void Reduced(const Basic& basic, double* out) const {
    std::fill(out, out + m_, 0.0);
    if (basic.bunch == kNoBunch) {
      out[basic.row] = basic.artificial ? 1 : -1;
      return;
    }
    const auto bunch = static_cast<std::size_t>(basic.bunch);
    const std::int32_t* a = Contribution(At(bunch, basic.column));
    const std::int32_t* k = Contribution(Key(bunch));
    for (std::size_t r = 0; r < m_; ++r) out[r] = scale_[r] * (a[r] - k[r]);
  }

  double ReducedCost(const Basic& basic) const {
    if (basic.bunch == kNoBunch) return basic.artificial ? artificial_cost_ : 0;
    const auto bunch = static_cast<std::size_t>(basic.bunch);
    return static_cast<double>(At(bunch, basic.column).cost - Key(bunch).cost);
  }

  // Gauss-Jordan with partial pivoting; the matrix has a dozen rows at most.
  void Invert() {
    std::vector<double>& a = scratch_;
    const std::size_t width = 2 * m_;
    a.assign(m_ * width, 0);
    std::vector<double>& column = column_;
    for (std::size_t i = 0; i < m_; ++i) {
      Reduced(basis_[i], column.data());
      for (std::size_t r = 0; r < m_; ++r) a[r * width + i] = column[r];
      a[i * width + m_ + i] = 1;
    }
    for (std::size_t i = 0; i < m_; ++i) {
      std::size_t pivot = i;
      for (std::size_t r = i + 1; r < m_; ++r) {
        if (std::abs(a[r * width + i]) > std::abs(a[pivot * width + i])) pivot = r;
      }
      if (pivot != i) {
        std::swap_ranges(&a[i * width], &a[i * width] + width, &a[pivot * width]);
      }
      const double scale = 1 / a[i * width + i];
      for (std::size_t c = i; c < width; ++c) a[i * width + c] *= scale;
      for (std::size_t r = 0; r < m_; ++r) {
        const double factor = a[r * width + i];
        if (r == i || factor == 0) continue;
        for (std::size_t c = i; c < width; ++c) a[r * width + c] -= factor * a[i * width + c];
      }
    }
    for (std::size_t r = 0; r < m_; ++r) {
      std::copy_n(&a[r * width + m_], m_, &inverse_[r * m_]);
    }
    Evaluate();
  }

  // Values of the basic variables, how much of each bunch they use, and the prices of the rows.
  void Evaluate() {
    std::fill(prices_.begin(), prices_.end(), 0.0);
    for (const int b : touched_) load_[static_cast<std::size_t>(b)] = 0;
    touched_.clear();
    for (std::size_t i = 0; i < m_; ++i) {
      const double cost = ReducedCost(basis_[i]);
      double value = 0;
      for (std::size_t r = 0; r < m_; ++r) {
        value += inverse_[i * m_ + r] * right_[r];
        prices_[r] += cost * inverse_[i * m_ + r];
      }
      value_[i] = std::max(value, 0.0);
      if (basis_[i].bunch == kNoBunch) continue;
      load_[static_cast<std::size_t>(basis_[i].bunch)] += value_[i];
      touched_.push_back(basis_[i].bunch);
    }
  }

  void PriceVectors() {
    const std::size_t vectors = problem_.contributions.size() / m_;
    worth_.resize(vectors);
    for (std::size_t r = 0; r < m_; ++r) unscaled_[r] = prices_[r] * scale_[r];
    const std::int32_t* a = problem_.contributions.data();
    for (std::size_t v = 0; v < vectors; ++v, a += m_) {
      double worth = 0;
      for (std::size_t r = 0; r < m_; ++r) worth += unscaled_[r] * a[r];
      worth_[v] = worth;
    }
  }

  double Net(const Column& column) const {
    return static_cast<double>(column.cost) - worth_[static_cast<std::size_t>(column.vector)];
  }

  std::int32_t Cheapest(std::size_t bunch) const {
    const std::vector<Column>& columns = Columns(bunch);
    const bool restricted = !branch_.bunches[bunch].rules.empty();
    std::int32_t best = key_[bunch];
    double best_net = Net(columns[static_cast<std::size_t>(best)]);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const double net = Net(columns[c]);
      if (net >= best_net || (restricted && !Allowed(bunch, static_cast<std::int32_t>(c)))) {
        continue;
      }
      best = static_cast<std::int32_t>(c);
      best_net = net;
    }
    return best;
  }

  // The variable that improves most; by index when steps have been degenerate for long (Bland).
  Basic Price() {
    PriceVectors();
    Basic best{.row = m_};
    double best_gain = kCostTolerance * (1 + artificial_cost_ * 1e-8);
    const bool first = degenerate_ > kMaxDegenerateSteps;
    for (std::size_t r = 0; r < m_; ++r) {
      if (-prices_[r] <= best_gain || IsBasicSlack(r)) continue;
      best = {.row = r};
      best_gain = -prices_[r];
      if (first) return best;
    }
    if (best.row < m_) return best;
    // Bunches in turn, and no more than a part of them once one has been found that improves.
    const std::size_t bunches = key_.size();
    const std::size_t part = std::max<std::size_t>(16, bunches / 16);
    const std::size_t start = first ? 0 : next_bunch_;
    for (std::size_t i = 0; i < bunches; ++i) {
      const std::size_t b = start + i < bunches ? start + i : start + i - bunches;
      if (branch_.bunches[b].count == 0) continue;
      const std::int32_t column = Cheapest(b);
      const double gain = Net(Key(b)) - Net(At(b, column));
      if (gain > best_gain && !IsBasicColumn(b, column)) {
        best = {.bunch = static_cast<int>(b), .column = column, .row = m_};
        best_gain = gain;
        if (first) return best;
      }
      if (best.bunch == kNoBunch || i < part) continue;
      next_bunch_ = b;
      break;
    }
    return best;
  }

  bool IsBasicSlack(std::size_t row) const {
    return std::any_of(basis_.begin(), basis_.end(), [row](const Basic& basic) {
      return basic.bunch == kNoBunch && !basic.artificial && basic.row == row;
    });
  }
  bool IsBasicColumn(std::size_t bunch, std::int32_t column) const {
    return std::any_of(basis_.begin(), basis_.end(), [&](const Basic& basic) {
      return basic.bunch == static_cast<int>(bunch) && basic.column == column;
    });
  }

  // Moves along the entering variable until a basic one or a key reaches zero.
  bool Pivot(const Basic& entering) {
    SetDirection(entering);
    double step = std::numeric_limits<double>::infinity();
    int leaving = -1;
    for (std::size_t i = 0; i < m_; ++i) {
      if (direction_[i] <= kTolerance) continue;
      const double ratio = value_[i] / direction_[i];
      const bool tie = leaving >= 0 && ratio < step + kTolerance && basis_[i].artificial;
      if (ratio < step - kTolerance || tie) {
        step = std::min(step, ratio);
        leaving = static_cast<int>(i);
      }
    }
    int full = kNoBunch;
    for (const int b : rated_) {
      const auto bunch = static_cast<std::size_t>(b);
      if (rate_[bunch] <= kTolerance) continue;
      const double ratio = std::max(0.0, Count(bunch) - load_[bunch]) / rate_[bunch];
      if (ratio >= step - kTolerance) continue;
      step = ratio;
      full = b;
    }
    degenerate_ = step > kTolerance ? 0 : degenerate_ + 1;
    if (full != kNoBunch) {
      ReplaceKey(static_cast<std::size_t>(full), entering);
    } else if (leaving >= 0) {
      basis_[static_cast<std::size_t>(leaving)] = entering;
    } else {
      return false;  // unbounded: cannot be, every column is bounded by its bunch
    }
    return true;
  }

  // How the basic variables and the keys change with the entering variable.
  void SetDirection(const Basic& entering) {
    std::vector<double>& column = column_;
    Reduced(entering, column.data());
    for (const int b : rated_) rate_[static_cast<std::size_t>(b)] = 0;
    rated_ = touched_;
    for (std::size_t i = 0; i < m_; ++i) {
      double d = 0;
      for (std::size_t r = 0; r < m_; ++r) d += inverse_[i * m_ + r] * column[r];
      direction_[i] = d;
      if (basis_[i].bunch != kNoBunch) rate_[static_cast<std::size_t>(basis_[i].bunch)] -= d;
    }
    if (entering.bunch == kNoBunch) return;
    rate_[static_cast<std::size_t>(entering.bunch)] += 1;
    rated_.push_back(entering.bunch);
  }

  void ReplaceKey(std::size_t bunch, const Basic& entering) {
    AddToRight(bunch, Count(bunch));
    if (entering.bunch == static_cast<int>(bunch)) {
      key_[bunch] = entering.column;
    } else {
      std::size_t slot = m_;
      for (std::size_t i = 0; i < m_; ++i) {
        if (basis_[i].bunch != static_cast<int>(bunch)) continue;
        if (slot == m_ || std::abs(direction_[i]) > std::abs(direction_[slot])) slot = i;
      }
      key_[bunch] = basis_[slot].column;
      basis_[slot] = entering;
    }
    AddToRight(bunch, -Count(bunch));
  }

  RelaxedSolution Answer() {
    RelaxedSolution out;
    out.feasible = !empty_bunch_;
    for (std::size_t i = 0; i < m_; ++i) {
      if (basis_[i].artificial && value_[i] > 1e-6) out.feasible = false;
    }
    if (!out.feasible) return out;
    for (double& price : prices_) price = std::max(price, 0.0);
    PriceVectors();
    out.duals = unscaled_;
    for (std::size_t r = 0; r < m_; ++r) {
      out.cost += out.duals[r] * static_cast<double>(branch_.demand[r]);
    }
    for (std::size_t b = 0; b < key_.size(); ++b) {
      if (branch_.bunches[b].count > 0) out.cost += Count(b) * Net(At(b, Cheapest(b)));
      const double rest = Count(b) - load_[b];
      if (rest > kTolerance) out.uses.push_back({b, key_[b], rest});
    }
    for (std::size_t i = 0; i < m_; ++i) {
      if (basis_[i].bunch == kNoBunch || value_[i] <= kTolerance) continue;
      out.uses.push_back({static_cast<std::size_t>(basis_[i].bunch), basis_[i].column, value_[i]});
    }
    return out;
  }

  const ColumnProblem& problem_;
  const Branch& branch_;
  const std::size_t m_;
  std::vector<double> scale_;  // of the rows
  double artificial_cost_ = 0;
  bool empty_bunch_ = false;
  int degenerate_ = 0;
  std::size_t next_bunch_ = 0;
  std::vector<std::int32_t> key_;
  std::vector<Basic> basis_;
  std::vector<double> right_, prices_, unscaled_, inverse_, direction_, value_, column_, scratch_,
      worth_;
  std::vector<double> load_, rate_;   // by bunch: of the basic columns, and their change
  std::vector<int> touched_, rated_;  // bunches for which these are not zero
};

}  // namespace

RelaxedSolution SolveRelaxation(const ColumnProblem& problem, const Branch& branch) {
  return Simplex(problem, branch).Solve();
}

}  // namespace tidegate
