// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "promql/literals.h"
#include "promql/operators.h"

namespace tidegate::promql {
namespace {

/// One row without labels that has a value at all times.
class OneRow : public Operator {
 protected:
  virtual double ValueAt(const Context& context, std::int64_t eval_ms) = 0;

 private:
  bool Evaluate(Context& context, const Grid& grid) final {
    if (frame_.rows.empty()) {
      frame_.rows.resize(1);
      frame_.version = context.NewVersion();
    }
    if (!context.Resize(frame_, 1, grid.steps)) return false;
    for (std::size_t step = 0; step < grid.steps; ++step) {
      frame_.values[step] = ValueAt(context, grid.At(step));
    }
    return true;
  }
};

class Number final : public OneRow {
 public:
  explicit Number(double value) : value_(value) {}

 private:
  double ValueAt(const Context&, std::int64_t) override { return value_; }
  double value_;
};

class Time final : public OneRow {
  double ValueAt(const Context&, std::int64_t eval_ms) override {
    return static_cast<double>(eval_ms) / 1000;
  }
};

class CalendarTime final : public OneRow {
 public:
  explicit CalendarTime(const Function& function) : function_(function) {}

 private:
  double ValueAt(const Context&, std::int64_t eval_ms) override {
    return function_.calendar(eval_ms / 1000);
  }
  const Function& function_;
};

class QueryTimeValue final : public OneRow {
 public:
  explicit QueryTimeValue(std::string_view function) : function_(function) {}

 private:
  double ValueAt(const Context& context, std::int64_t) override {
    const QuerySpan& query = context.query;
    if (function_ == "start") return static_cast<double>(query.start_ms) / 1000;
    if (function_ == "end") return static_cast<double>(query.end_ms) / 1000;
    if (function_ == "range") return ToSeconds((query.end_ms - query.start_ms) * 1'000'000);
    return query.end_ms > query.start_ms ? ToSeconds(query.step_ms * 1'000'000) : 0;
  }
  std::string_view function_;
};

class Failing final : public Operator {
 public:
  explicit Failing(std::string message) : message_(std::move(message)) {}

 private:
  bool Evaluate(Context& context, const Grid&) override { return context.Fail(message_); }
  std::string message_;
};

}  // namespace

OperatorPtr MakeFailure(std::string message) {
  return std::make_unique<Failing>(std::move(message));
}
OperatorPtr MakeNumber(double value) { return std::make_unique<Number>(value); }
OperatorPtr MakeTime() { return std::make_unique<Time>(); }
OperatorPtr MakeQueryTime(std::string_view function) {
  return std::make_unique<QueryTimeValue>(function);
}
OperatorPtr MakeCalendar(const Function& function) {
  return std::make_unique<CalendarTime>(function);
}

}  // namespace tidegate::promql
