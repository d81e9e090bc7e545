// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "promql/aggregate.h"
#include "promql/arithmetic.h"
#include "promql/literals.h"
#include "promql/operators.h"

namespace tidegate::promql {
namespace {

struct Candidate {
  double value = 0;
  std::size_t row = 0;
};

/// The k best, the worst of them on top: a binary heap, so that of equals the same ones are kept as
/// in Prometheus.
class BestK {
 public:
  explicit BestK(bool largest) : largest_(largest) {}

  void Offer(const Candidate& candidate, std::size_t k) {
    if (heap_.size() < k) {
      heap_.push_back(candidate);
      Up(heap_.size() - 1);
      return;
    }
    const double worst = heap_[0].value;
    const bool better = largest_ ? worst < candidate.value : worst > candidate.value;
    if (!better && !(std::isnan(worst) && !std::isnan(candidate.value))) return;
    heap_[0] = candidate;
    Down();
  }

  /// The best first.
  std::vector<Candidate> Take() && {
    std::stable_sort(heap_.begin(), heap_.end(), [this](const Candidate& a, const Candidate& b) {
      return Worse(b, a) && !(std::isnan(a.value) && std::isnan(b.value));
    });
    return std::move(heap_);
  }

 private:
  bool Worse(const Candidate& a, const Candidate& b) const {
    if (std::isnan(a.value)) return true;
    return largest_ ? a.value < b.value : a.value > b.value;
  }

  void Up(std::size_t child) {
    while (child > 0) {
      const std::size_t parent = (child - 1) / 2;
      if (!Worse(heap_[child], heap_[parent])) return;
      std::swap(heap_[child], heap_[parent]);
      child = parent;
    }
  }

  void Down() {
    std::size_t parent = 0;
    while (2 * parent + 1 < heap_.size()) {
      std::size_t child = 2 * parent + 1;
      if (child + 1 < heap_.size() && Worse(heap_[child + 1], heap_[child])) ++child;
      if (!Worse(heap_[child], heap_[parent])) return;
      std::swap(heap_[child], heap_[parent]);
      parent = child;
    }
  }

  bool largest_;
  std::vector<Candidate> heap_;
};

/// topk and its like: some of the rows, as they are.
class AggregateK final : public Operator {
 public:
  AggregateK(const Aggregate& aggregate, OperatorPtr vector, OperatorPtr parameter, bool ordered)
      : op_(aggregate.op),
        pos_(aggregate.parameter->begin),
        ordered_(ordered),
        vector_(std::move(vector)),
        parameter_(std::move(parameter)),
        groups_(aggregate) {}

 private:
  bool Evaluate(Context& context, const Grid& grid) override {
    if (!parameter_->Run(context, grid) || !vector_->Run(context, grid)) return false;
    const Frame& in = vector_->frame();
    if (in.version != bound_) {
      bound_ = in.version;
      groups_.Bind(context, in.rows);
      frame_.rows = in.rows;
      frame_.version = context.NewVersion();
    }
    if (!context.Resize(frame_, in.rows.size(), grid.steps)) return false;
    std::fill(frame_.values.begin(), frame_.values.end(), kNoValue);
    if (!CheckParameter(context)) return !context.error();
    const bool in_order = ordered_ && grid.steps == 1;
    for (std::size_t step = 0; step < grid.steps; ++step) {
      const std::vector<Candidate> kept = Select(context, in, step);
      if (in_order) {
        Arrange(context, in, kept);
      } else {
        for (const Candidate& candidate : kept)
          frame_.column(candidate.row)[step] = candidate.value;
      }
    }
    return true;
  }

  // False: nothing is kept at any time, or there is an error.
  bool CheckParameter(Context& context) {
    double min = std::numeric_limits<double>::max();
    double max = -min;
    for (const double value : parameter_->frame().values) {
      min = GoMin(min, value);
      max = GoMax(max, value);
    }
    if (op_ == AggregateOp::kLimitRatio) return CheckRatio(context, min, max);
    if (max < 1) return false;
    if (std::isnan(max)) return context.Fail("Parameter value is NaN");
    if (min <= -0x1p63) {
      return context.Fail("Scalar value " + GoNumber(min) + " underflows int64");
    }
    if (max >= 0x1p63 - 1024) {
      return context.Fail("Scalar value " + GoNumber(max) + " overflows int64");
    }
    return true;
  }

  bool CheckRatio(Context& context, double min, double max) const {
    if (min == 0 && max == 0) return false;
    if (std::isnan(max)) return context.Fail("Ratio value is NaN");
    constexpr const char* kText = "ratio value should be between -1 and 1, got ";
    if (max > 1) context.Warn(kText + GoNumber(max) + ", capping to 1", pos_);
    if (min < -1) context.Warn(kText + GoNumber(min) + ", capping to -1", pos_);
    return true;
  }

  std::vector<Candidate> Select(Context& context, const Frame& in, std::size_t step) {
    const double parameter = parameter_->frame().values[step];
    const bool ratio = op_ == AggregateOp::kLimitRatio;
    if (ratio ? parameter == 0 : !(parameter >= 1)) return {};
    if (ratio) return SelectRatio(context, in, step, std::clamp(parameter, -1.0, 1.0));
    const auto k = static_cast<std::size_t>(
        std::min(std::trunc(parameter), static_cast<double>(in.rows.size())));
    return op_ == AggregateOp::kLimitk ? SelectFirst(in, step, k) : SelectBest(in, step, k);
  }

  std::vector<Candidate> SelectBest(const Frame& in, std::size_t step, std::size_t k) {
    std::vector<BestK> best(groups_.rows().size(), BestK(op_ == AggregateOp::kTopk));
    for (std::size_t row = 0; row < in.rows.size(); ++row) {
      const double value = in.column(row)[step];
      if (!IsAbsent(value)) best[groups_.of_row()[row]].Offer({value, row}, k);
    }
    std::vector<Candidate> kept;
    for (BestK& group : best) {
      const std::vector<Candidate> sorted = std::move(group).Take();
      kept.insert(kept.end(), sorted.begin(), sorted.end());
    }
    return kept;
  }

  std::vector<Candidate> SelectFirst(const Frame& in, std::size_t step, std::size_t k) {
    std::vector<std::size_t> taken(groups_.rows().size());
    std::vector<Candidate> kept;
    for (std::size_t row = 0; row < in.rows.size(); ++row) {
      const double value = in.column(row)[step];
      if (IsAbsent(value) || taken[groups_.of_row()[row]] == k) continue;
      ++taken[groups_.of_row()[row]];
      kept.push_back({value, row});
    }
    return kept;
  }

  // By the hash of the labels: the same series are kept each time, and by -0.2 those that 0.8
  // does not keep.
  static std::vector<Candidate> SelectRatio(Context& context, const Frame& in, std::size_t step,
                                            double ratio) {
    std::vector<Candidate> kept;
    for (std::size_t row = 0; row < in.rows.size(); ++row) {
      const double value = in.column(row)[step];
      if (IsAbsent(value)) continue;
      const double offset = static_cast<double>(context.labels.Hash(in.rows[row])) / 0x1p64;
      if (ratio >= 0 ? offset < ratio : offset >= 1 + ratio) kept.push_back({value, row});
    }
    return kept;
  }

  void Arrange(Context& context, const Frame& in, const std::vector<Candidate>& kept) {
    frame_.rows.clear();
    frame_.values.clear();
    for (const Candidate& candidate : kept) {
      frame_.rows.push_back(in.rows[candidate.row]);
      frame_.values.push_back(candidate.value);
    }
    frame_.version = context.NewVersion();
    bound_ = 0;  // the rows are this answer's only
  }

  const AggregateOp op_;
  const std::size_t pos_;
  const bool ordered_;
  OperatorPtr vector_;
  OperatorPtr parameter_;
  Groups groups_;
  std::uint64_t bound_ = 0;
};

}  // namespace

OperatorPtr MakeAggregateK(const Aggregate& aggregate, OperatorPtr vector, OperatorPtr parameter,
                           bool ordered) {
  return std::make_unique<AggregateK>(aggregate, std::move(vector), std::move(parameter), ordered);
}

}  // namespace tidegate::promql
