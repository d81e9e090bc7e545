// SPDX-License-Identifier: Apache-2.0
#include "promql/aggregate.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "promql/arithmetic.h"
#include "promql/literals.h"
#include "promql/operators.h"

namespace tidegate::promql {

void Groups::Bind(Context& context, const std::vector<Row>& in) {
  const LabelNames names = context.labels.Names(aggregate_.labels);
  of_row_.clear();
  rows_.clear();
  RowMap<std::size_t> index;
  for (const Row& row : in) {
    const Row key = aggregate_.grouping == Grouping::kBy ? context.labels.Keep(row, names)
                                                         : context.labels.Drop(row, names);
    const auto [entry, added] = index.try_emplace(key, rows_.size());
    if (added) rows_.push_back(key);
    of_row_.push_back(entry->second);
  }
}

namespace {

class Sum {
 public:
  void Add(double value) {
    if (seen_) {
      total_.Add(value);
    } else {
      total_.sum = value;
      seen_ = true;
    }
  }
  double Get() const { return total_.sum + total_.lost; }

 private:
  bool seen_ = false;
  CompensatedSum total_;
};

template <bool kMax>
class Extreme {
 public:
  void Add(double value) {
    const bool better = kMax ? value_ < value : value_ > value;
    if (!seen_ || better || std::isnan(value_)) value_ = value;
    seen_ = true;
  }
  double Get() const { return value_; }

 private:
  bool seen_ = false;
  double value_ = 0;
};

class Count {
 public:
  void Add(double) { ++count_; }
  double Get() const { return count_; }

 private:
  double count_ = 0;
};

class One {
 public:
  void Add(double) {}
  double Get() const { return 1; }
};

class Deviation : public Variance {
 public:
  double Get() const { return std::sqrt(Variance::Get()); }
};

/// One value a group.
class AggregateOperator : public Operator {
 public:
  AggregateOperator(const Aggregate& aggregate, OperatorPtr vector)
      : vector_(std::move(vector)), groups_(aggregate) {}

 protected:
  virtual bool Reduce(Context& context, const Frame& in) = 0;
  virtual bool RunParameter(Context&, const Grid&) { return true; }

  const Groups& groups() const { return groups_; }

 private:
  bool Evaluate(Context& context, const Grid& grid) final {
    if (!RunParameter(context, grid) || !vector_->Run(context, grid)) return false;
    const Frame& in = vector_->frame();
    if (in.version != bound_) {
      bound_ = in.version;
      groups_.Bind(context, in.rows);
      frame_.rows = groups_.rows();
      frame_.version = context.NewVersion();
    }
    if (!context.Resize(frame_, frame_.rows.size(), grid.steps)) return false;
    if (context.delayed_names()) MarkNames(in);
    return Reduce(context, in);
  }

  // A group loses its name if one of its rows does.
  void MarkNames(const Frame& in) {
    for (Row& row : frame_.rows) row.drop_name = false;
    for (std::size_t row = 0; row < in.rows.size(); ++row) {
      const double* values = in.column(row);
      const bool present =
          std::any_of(values, values + in.steps, [](double value) { return !IsAbsent(value); });
      if (in.rows[row].drop_name && present) frame_.rows[groups_.of_row()[row]].drop_name = true;
    }
  }

  OperatorPtr vector_;
  Groups groups_;
  std::uint64_t bound_ = 0;
};

/// What takes the values one by one.
template <typename State>
class Fold final : public AggregateOperator {
 public:
  using AggregateOperator::AggregateOperator;

 private:
  struct Slot {
    State state;
    bool seen = false;
  };

  bool Reduce(Context&, const Frame& in) override {
    slots_.assign(frame_.values.size(), Slot{});
    for (std::size_t row = 0; row < in.rows.size(); ++row) {
      const double* values = in.column(row);
      Slot* slots = slots_.data() + groups().of_row()[row] * in.steps;
      for (std::size_t step = 0; step < in.steps; ++step) {
        if (IsAbsent(values[step])) continue;
        slots[step].state.Add(values[step]);
        slots[step].seen = true;
      }
    }
    std::transform(slots_.begin(), slots_.end(), frame_.values.begin(),
                   [](const Slot& slot) { return slot.seen ? slot.state.Get() : kNoValue; });
    return true;
  }

  std::vector<Slot> slots_;
};

/// What needs all values of a group at once.
class QuantileOfGroup final : public AggregateOperator {
 public:
  QuantileOfGroup(const Aggregate& aggregate, OperatorPtr vector, OperatorPtr parameter)
      : AggregateOperator(aggregate, std::move(vector)),
        parameter_(std::move(parameter)),
        pos_(aggregate.parameter->begin) {}

 private:
  bool RunParameter(Context& context, const Grid& grid) override {
    return parameter_->Run(context, grid);
  }

  bool Reduce(Context& context, const Frame& in) override {
    gathered_.resize(frame_.rows.size());
    for (std::size_t step = 0; step < in.steps; ++step) {
      const double q = parameter_->frame().values[step];
      if (!(q >= 0 && q <= 1)) {
        context.Warn("quantile value should be between 0 and 1, got " + GoNumber(q), pos_);
      }
      for (std::vector<double>& values : gathered_) values.clear();
      for (std::size_t row = 0; row < in.rows.size(); ++row) {
        const double value = in.column(row)[step];
        if (!IsAbsent(value)) gathered_[groups().of_row()[row]].push_back(value);
      }
      for (std::size_t group = 0; group < gathered_.size(); ++group) {
        frame_.column(group)[step] =
            gathered_[group].empty() ? kNoValue : Quantile(q, gathered_[group]);
      }
    }
    return true;
  }

  OperatorPtr parameter_;
  const std::size_t pos_;
  std::vector<std::vector<double>> gathered_;
};

}  // namespace

OperatorPtr MakeAggregate(const Aggregate& aggregate, OperatorPtr vector, OperatorPtr parameter) {
  switch (aggregate.op) {
    case AggregateOp::kSum:
      return std::make_unique<Fold<Sum>>(aggregate, std::move(vector));
    case AggregateOp::kAvg:
      return std::make_unique<Fold<Mean>>(aggregate, std::move(vector));
    case AggregateOp::kMin:
      return std::make_unique<Fold<Extreme<false>>>(aggregate, std::move(vector));
    case AggregateOp::kMax:
      return std::make_unique<Fold<Extreme<true>>>(aggregate, std::move(vector));
    case AggregateOp::kCount:
      return std::make_unique<Fold<Count>>(aggregate, std::move(vector));
    case AggregateOp::kGroup:
      return std::make_unique<Fold<One>>(aggregate, std::move(vector));
    case AggregateOp::kStddev:
      return std::make_unique<Fold<Deviation>>(aggregate, std::move(vector));
    case AggregateOp::kStdvar:
      return std::make_unique<Fold<Variance>>(aggregate, std::move(vector));
    default:
      return std::make_unique<QuantileOfGroup>(aggregate, std::move(vector), std::move(parameter));
  }
}

}  // namespace tidegate::promql
