// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "promql/literals.h"
#include "promql/operators.h"
#include "text/utf8.h"

namespace tidegate::promql {
namespace {

/// A row for each value that occurs in a group; the value is one of its labels. Which rows there
/// are depends on the values, so they are made anew each time.
class CountValues final : public Operator {
 public:
  CountValues(const Aggregate& aggregate, OperatorPtr vector)
      : aggregate_(aggregate),
        label_(Unwrapped(*aggregate.parameter).As<StringLiteral>()->value),
        vector_(std::move(vector)) {}

 private:
  bool Evaluate(Context& context, const Grid& grid) override {
    if (label_.empty() || !IsUtf8(label_)) {
      return context.Fail("invalid label name " + GoQuote(label_));
    }
    if (!vector_->Run(context, grid)) return false;
    const Frame& in = vector_->frame();
    std::vector<std::string> listed = aggregate_.labels;
    const bool by = aggregate_.grouping == Grouping::kBy;
    if (by) listed.push_back(label_);
    const LabelNames names = context.labels.Names(listed);
    RowMap<std::vector<double>> counts;
    frame_.rows.clear();
    for (std::size_t row = 0; row < in.rows.size(); ++row) {
      for (std::size_t step = 0; step < grid.steps; ++step) {
        const double value = in.column(row)[step];
        if (IsAbsent(value)) continue;
        const Row valued = context.labels.With(in.rows[row], label_, GoFixed(value));
        const Row key =
            by ? context.labels.Keep(valued, names) : context.labels.Drop(valued, names);
        const auto [entry, added] = counts.try_emplace(key);
        if (added) {
          if (!context.Charge(grid.steps)) return false;
          frame_.rows.push_back(key);
          entry->second.assign(grid.steps, kNoValue);
        }
        double& count = entry->second[step];
        count = IsAbsent(count) ? 1 : count + 1;
      }
    }
    frame_.version = context.NewVersion();
    if (!context.Resize(frame_, frame_.rows.size(), grid.steps)) return false;
    for (std::size_t row = 0; row < frame_.rows.size(); ++row) {
      const std::vector<double>& column = counts.at(frame_.rows[row]);
      std::copy(column.begin(), column.end(), frame_.column(row));
    }
    return true;
  }

  const Aggregate& aggregate_;
  const std::string label_;
  OperatorPtr vector_;
};

}  // namespace

OperatorPtr MakeCountValues(const Aggregate& aggregate, OperatorPtr vector) {
  return std::make_unique<CountValues>(aggregate, std::move(vector));
}

}  // namespace tidegate::promql
