// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "promql/operators.h"

namespace tidegate::promql {
namespace {

bool IsMetadata(std::string_view label) {
  return label == kMetricNameLabel || label == "__type__" || label == "__unit__";
}

// The conditions, those that only take series away last: so does Prometheus's index put them.
std::vector<const Matcher*> InOrder(const VectorSelector& selector) {
  std::set<std::string_view> must_be_set;
  std::vector<const Matcher*> matchers;
  for (const Matcher& matcher : selector.matchers) {
    if (!matcher.Matches("")) must_be_set.insert(matcher.name());
    matchers.push_back(&matcher);
  }
  std::stable_partition(matchers.begin(), matchers.end(), [&must_be_set](const Matcher* matcher) {
    const bool negative = matcher->op() == MatchOp::kNotEqual || matcher->op() == MatchOp::kNoMatch;
    return must_be_set.count(matcher->name()) > 0 && !(negative && matcher->Matches(""));
  });
  return matchers;
}

// The labels that a selector demands, each exactly once.
Row DemandedLabels(Context& context, const VectorSelector* selector) {
  Row row;
  if (selector == nullptr) return row;
  std::set<std::string_view> seen;
  for (const Matcher* matcher : InOrder(*selector)) {
    if (IsMetadata(matcher->name())) continue;
    const bool sets = matcher->op() == MatchOp::kEqual && seen.insert(matcher->name()).second;
    row = context.labels.With(row, matcher->name(), sets ? matcher->value() : "");
  }
  return row;
}

/// One row that is 1 where another operator's rows all have no value.
class AbsentRow : public Operator {
 public:
  explicit AbsentRow(const VectorSelector* selector) : selector_(selector) {}

 protected:
  bool Begin(Context& context, std::size_t steps) {
    if (epoch_ != context.epoch) {
      epoch_ = context.epoch;
      frame_.rows.assign(1, DemandedLabels(context, selector_));
      frame_.version = context.NewVersion();
    }
    if (!context.Resize(frame_, 1, steps)) return false;
    std::fill(frame_.values.begin(), frame_.values.end(), 1.0);
    return true;
  }

 private:
  const VectorSelector* selector_;
  std::uint64_t epoch_ = 0;
};

class Absent final : public AbsentRow {
 public:
  Absent(const VectorSelector* selector, OperatorPtr vector)
      : AbsentRow(selector), vector_(std::move(vector)) {}

 private:
  bool Evaluate(Context& context, const Grid& grid) override {
    if (!vector_->Run(context, grid) || !Begin(context, grid.steps)) return false;
    const Frame& in = vector_->frame();
    for (std::size_t row = 0; row < in.rows.size(); ++row) {
      for (std::size_t step = 0; step < grid.steps; ++step) {
        if (!IsAbsent(in.column(row)[step])) frame_.values[step] = kNoValue;
      }
    }
    return true;
  }

  OperatorPtr vector_;
};

class AbsentOverTime final : public AbsentRow {
 public:
  AbsentOverTime(const VectorSelector* selector, WindowSourcePtr source)
      : AbsentRow(selector), source_(std::move(source)) {}

 private:
  bool Evaluate(Context& context, const Grid& grid) override {
    if (!source_->Prepare(context, grid) || !Begin(context, grid.steps)) return false;
    const ResolvedShift& shift = source_->shift();
    const std::int64_t begin_ms = SaturatingSub(shift.DataTime(grid.start_ms), source_->range_ms());
    for (std::size_t row = 0; row < source_->rows().size(); ++row) {
      const auto samples = source_->Load(row, begin_ms, shift.DataTime(grid.end_ms()));
      std::size_t next = 0;  // the first sample after the window's end
      for (std::size_t step = 0; step < grid.steps; ++step) {
        const std::int64_t end_ms = shift.DataTime(grid.At(step));
        while (next < samples.size() && samples[next].time_ms <= end_ms) ++next;
        const bool present =
            next > 0 && samples[next - 1].time_ms > SaturatingSub(end_ms, source_->range_ms());
        if (present) frame_.values[step] = kNoValue;
      }
    }
    return true;
  }

  WindowSourcePtr source_;
};

}  // namespace

OperatorPtr MakeAbsent(const VectorSelector* selector, OperatorPtr vector) {
  return std::make_unique<Absent>(selector, std::move(vector));
}

OperatorPtr MakeAbsentOverTime(const VectorSelector* selector, WindowSourcePtr source) {
  return std::make_unique<AbsentOverTime>(selector, std::move(source));
}

}  // namespace tidegate::promql
