// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <utility>

#include "promql/arithmetic.h"
#include "promql/binary_value.h"
#include "promql/operators.h"

namespace tidegate::promql {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A vector of which each value becomes another, with the help of some scalars.
class Map : public Operator {
 public:
  explicit Map(OperatorPtr vector, std::vector<OperatorPtr> scalars = {})
      : vector_(std::move(vector)), scalars_(std::move(scalars)) {}

 protected:
  /// What `value` becomes; it is not absent.
  virtual double Value(double value, std::size_t step) = 0;
  virtual bool keeps_name() const { return false; }
  /// Called when the scalars are known.
  virtual void Begin(Context&, const Grid&) {}

  double scalar(std::size_t index, std::size_t step) const {
    return scalars_[index]->frame().values[step];
  }

 private:
  bool Evaluate(Context& context, const Grid& grid) final {
    for (const OperatorPtr& scalar : scalars_) {
      if (!scalar->Run(context, grid)) return false;
    }
    if (!vector_->Run(context, grid)) return false;
    Frame& in = vector_->frame();
    if (in.version != bound_) Bind(context, in);
    if (!context.Charge(in.rows.size())) return false;
    frame_.steps = in.steps;
    frame_.values.swap(in.values);
    Begin(context, grid);
    for (std::size_t i = 0; i < frame_.values.size(); ++i) {
      double& value = frame_.values[i];
      if (!IsAbsent(value)) value = Value(value, i % grid.steps);
    }
    return merger_.Apply(context, frame_);
  }

  void Bind(Context& context, const Frame& in) {
    bound_ = in.version;
    frame_.version = context.NewVersion();
    frame_.rows = in.rows;
    if (!keeps_name()) {
      for (Row& row : frame_.rows) {
        if (context.delayed_names()) {
          row.drop_name = true;
        } else {
          row = context.labels.WithoutName(row);
        }
      }
    }
    if (!context.delayed_names()) merger_.Bind(frame_.rows);
  }

  OperatorPtr vector_;
  std::vector<OperatorPtr> scalars_;
  std::uint64_t bound_ = 0;
  Merger merger_;
};

class Math final : public Map {
 public:
  Math(double (*math)(double), OperatorPtr vector) : Map(std::move(vector)), math_(math) {}

 private:
  double Value(double value, std::size_t) override { return math_(value); }
  double (*math_)(double);
};

class Calendar final : public Map {
 public:
  Calendar(double (*calendar)(std::int64_t), OperatorPtr vector)
      : Map(std::move(vector)), calendar_(calendar) {}

 private:
  double Value(double value, std::size_t) override {
    const bool fits = value >= -0x1p63 && value < 0x1p63;
    return calendar_(fits ? static_cast<std::int64_t>(value) : INT64_MIN);
  }
  double (*calendar_)(std::int64_t);
};

class Clamp final : public Map {
 public:
  Clamp(OperatorPtr vector, std::vector<OperatorPtr> bounds)
      : Map(std::move(vector), std::move(bounds)) {}

 private:
  double Value(double value, std::size_t step) override {
    const double min = scalar(0, step);
    const double max = scalar(1, step);
    return max < min ? kNoValue : GoMax(min, GoMin(max, value));
  }
};

class Round final : public Map {
 public:
  Round(OperatorPtr vector, std::vector<OperatorPtr> to_nearest)
      : Map(std::move(vector), std::move(to_nearest)) {}

 private:
  double Value(double value, std::size_t step) override {
    const double inverse = 1.0 / scalar(0, step);
    return std::floor(value * inverse + 0.5) / inverse;
  }
};

class EvaluationTime final : public Map {
 public:
  explicit EvaluationTime(OperatorPtr vector) : Map(std::move(vector)) {}

 private:
  void Begin(Context&, const Grid& grid) override { grid_ = grid; }
  double Value(double, std::size_t step) override {
    return static_cast<double>(grid_.At(step)) / 1000;
  }
  Grid grid_;
};

class WithScalar final : public Map {
 public:
  WithScalar(const Binary& binary, OperatorPtr vector, std::vector<OperatorPtr> scalars,
             bool swapped, std::size_t pos)
      : Map(std::move(vector), std::move(scalars)),
        op_(binary.op),
        return_bool_(binary.return_bool),
        swapped_(swapped),
        pos_(pos) {}

 private:
  void Begin(Context& context, const Grid&) override {
    if (!IsTrim(op_) || frame_.values.empty()) return;
    const std::string op(Spelling(op_));
    context.Inform("incompatible sample types encountered for binary operator \"" + op +
                       "\": float " + op + " float",
                   pos_);
  }
  bool keeps_name() const override { return (IsComparison(op_) || IsTrim(op_)) && !return_bool_; }
  double Value(double value, std::size_t step) override {
    const double other = scalar(0, step);
    return swapped_ ? VectorValue(op_, return_bool_, other, value, value)
                    : VectorValue(op_, return_bool_, value, other, value);
  }

  BinaryOp op_;
  bool return_bool_;
  bool swapped_;
  std::size_t pos_;
};

double Negated(double value) { return -value; }
double Same(double value) { return value; }

/// Two scalars.
template <typename Function>
class Scalars final : public Operator {
 public:
  Scalars(OperatorPtr left, OperatorPtr right, Function function)
      : left_(std::move(left)), right_(std::move(right)), function_(function) {}

 private:
  bool Evaluate(Context& context, const Grid& grid) override {
    if (!left_->Run(context, grid) || !right_->Run(context, grid)) return false;
    if (frame_.rows.empty()) {
      frame_.rows.resize(1);
      frame_.version = context.NewVersion();
    }
    if (!context.Resize(frame_, 1, grid.steps)) return false;
    for (std::size_t step = 0; step < grid.steps; ++step) {
      frame_.values[step] = function_(left_->frame().values[step], right_->frame().values[step]);
    }
    return true;
  }

  OperatorPtr left_;
  OperatorPtr right_;
  Function function_;
};

template <typename Function>
OperatorPtr MakeOfScalars(OperatorPtr left, OperatorPtr right, Function function) {
  return std::make_unique<Scalars<Function>>(std::move(left), std::move(right), function);
}

/// scalar(): the value of the only element.
class ToScalar final : public Operator {
 public:
  explicit ToScalar(OperatorPtr vector) : vector_(std::move(vector)) {}

 private:
  bool Evaluate(Context& context, const Grid& grid) override {
    if (!vector_->Run(context, grid)) return false;
    if (frame_.rows.empty()) {
      frame_.rows.resize(1);
      frame_.version = context.NewVersion();
    }
    if (!context.Resize(frame_, 1, grid.steps)) return false;
    const Frame& in = vector_->frame();
    for (std::size_t step = 0; step < grid.steps; ++step) {
      std::size_t found = 0;
      double value = std::nan("");
      for (std::size_t row = 0; row < in.rows.size(); ++row) {
        if (IsAbsent(in.column(row)[step])) continue;
        value = ++found == 1 ? in.column(row)[step] : std::nan("");
      }
      frame_.values[step] = value;
    }
    return true;
  }

  OperatorPtr vector_;
};

/// No rows, whatever the vector is.
class Empty final : public Operator {
 public:
  explicit Empty(OperatorPtr vector) : vector_(std::move(vector)) {}

 private:
  bool Evaluate(Context& context, const Grid& grid) override {
    return vector_->Run(context, grid) && context.Resize(frame_, 0, grid.steps);
  }

  OperatorPtr vector_;
};

std::vector<OperatorPtr> List(OperatorPtr first, OperatorPtr second = nullptr) {
  std::vector<OperatorPtr> list;
  list.push_back(std::move(first));
  if (second) list.push_back(std::move(second));
  return list;
}

}  // namespace

OperatorPtr MakeMath(const Function& function, OperatorPtr vector) {
  return std::make_unique<Math>(function.math, std::move(vector));
}

OperatorPtr MakeCalendar(const Function& function, OperatorPtr vector) {
  return std::make_unique<Calendar>(function.calendar, std::move(vector));
}

OperatorPtr MakeNegate(OperatorPtr vector) {
  return std::make_unique<Math>(Negated, std::move(vector));
}

OperatorPtr MakeWithoutName(OperatorPtr vector) {
  return std::make_unique<Math>(Same, std::move(vector));
}

OperatorPtr MakeClamp(OperatorPtr vector, OperatorPtr min, OperatorPtr max) {
  if (!min) min = MakeNumber(-kInfinity);
  if (!max) max = MakeNumber(kInfinity);
  return std::make_unique<Clamp>(std::move(vector), List(std::move(min), std::move(max)));
}

OperatorPtr MakeRound(OperatorPtr vector, OperatorPtr to_nearest) {
  if (!to_nearest) to_nearest = MakeNumber(1);
  return std::make_unique<Round>(std::move(vector), List(std::move(to_nearest)));
}

OperatorPtr MakeEvaluationTime(OperatorPtr vector) {
  return std::make_unique<EvaluationTime>(std::move(vector));
}

OperatorPtr MakeWithScalar(const Binary& binary, OperatorPtr vector, OperatorPtr scalar,
                           bool swapped, std::size_t pos) {
  return std::make_unique<WithScalar>(binary, std::move(vector), List(std::move(scalar)), swapped,
                                      pos);
}

OperatorPtr MakeScalars(BinaryOp op, OperatorPtr left, OperatorPtr right) {
  if (IsTrim(op)) {
    return MakeFailure("operator \"" + std::string(Spelling(op)) +
                       "\" not allowed for Scalar operations");
  }
  return MakeOfScalars(std::move(left), std::move(right), [op](double a, double b) {
    return IsComparison(op) ? (Holds(op, a, b) ? 1.0 : 0.0) : Combine(op, a, b);
  });
}

OperatorPtr MakeNumberOf(bool max, OperatorPtr left, OperatorPtr right) {
  return max ? MakeOfScalars(std::move(left), std::move(right), GoMax)
             : MakeOfScalars(std::move(left), std::move(right), GoMin);
}

OperatorPtr MakeScalar(OperatorPtr vector) { return std::make_unique<ToScalar>(std::move(vector)); }
OperatorPtr MakeEmpty(OperatorPtr vector) { return std::make_unique<Empty>(std::move(vector)); }

}  // namespace tidegate::promql
