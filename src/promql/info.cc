// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "promql/operators.h"

namespace tidegate::promql {
namespace {

constexpr std::string_view kInstance = "instance";
constexpr std::string_view kJob = "job";

/// When the selectors of an expression look, if they all look at the same time.
class SharedReference {
 public:
  explicit SharedReference(Context& context) : context_(context) {}

  ResolvedShift Of(const Expr& expr) {
    Inspect(expr);
    return found_ && uniform_ ? *found_ : ResolvedShift{};
  }

 private:
  // False: no selector is in it.
  bool Inspect(const Expr& expr) {
    if (expr.type != ExprType::kVector && expr.type != ExprType::kMatrix) return false;
    if (const auto* selector = expr.As<VectorSelector>()) {
      Found(selector->shift);
      return true;
    }
    bool any = false;
    if (const auto* subquery = expr.As<Subquery>()) {
      outer_.push_back(&subquery->shift);
      any = Inspect(*subquery->expr);
      outer_.pop_back();
    } else {
      for (const Expr* child : Children(expr)) any = Inspect(*child) || any;
    }
    if (!any) uniform_ = false;  // it is of the time of evaluation
    return any;
  }

  static std::vector<const Expr*> Children(const Expr& expr) {
    if (const auto* matrix = expr.As<MatrixSelector>()) return {matrix->selector.get()};
    if (const auto* aggregate = expr.As<Aggregate>()) return {aggregate->expr.get()};
    if (const auto* binary = expr.As<Binary>()) return {binary->left.get(), binary->right.get()};
    if (const auto* unary = expr.As<Unary>()) return {unary->expr.get()};
    if (const auto* paren = expr.As<Paren>()) return {paren->expr.get()};
    std::vector<const Expr*> children;
    if (const auto* call = expr.As<Call>()) {
      const bool info = call->function->kind == FunctionKind::kInfo;
      for (const ExprPtr& argument : call->arguments) {
        if (!info || children.empty()) children.push_back(argument.get());
      }
    }
    return children;
  }

  // Subqueries around it shift it too, up to the one that says when.
  void Found(const TimeShift& shift) {
    std::optional<ResolvedShift> reference = Resolve(context_, shift);
    if (!reference) return;
    for (auto outer = outer_.rbegin(); outer != outer_.rend() && !reference->fixed; ++outer) {
      const std::optional<ResolvedShift> resolved = Resolve(context_, **outer);
      if (!resolved) return;
      reference->offset_ms += resolved->offset_ms;
      reference->fixed = resolved->fixed;
      reference->at_ms = resolved->at_ms;
    }
    if (!found_) {
      found_ = reference;
    } else if (found_->fixed != reference->fixed || found_->DataTime(0) != reference->DataTime(0)) {
      uniform_ = false;
    }
  }

  Context& context_;
  std::vector<const TimeShift*> outer_;
  std::optional<ResolvedShift> found_;
  bool uniform_ = true;
};

Matcher NameMatcher(MatchOp op, std::string value) {
  return Matcher::Make(std::string(kMetricNameLabel), op, std::move(value)).value();
}

/// info(): labels of info series, such as target_info, for the series of the same instance and job.
class Info final : public Operator {
 public:
  Info(OperatorPtr vector, const Expr& argument, const VectorSelector* labels)
      : vector_(std::move(vector)), argument_(argument) {
    bool positive = false;
    if (labels != nullptr) {
      for (const Matcher& matcher : labels->matchers) {
        (matcher.name() == kMetricNameLabel ? name_matchers_ : data_matchers_).push_back(matcher);
      }
    }
    for (const Matcher& matcher : name_matchers_) {
      positive = positive || matcher.op() == MatchOp::kEqual || matcher.op() == MatchOp::kMatch;
    }
    if (name_matchers_.empty()) {
      name_matchers_.push_back(NameMatcher(MatchOp::kEqual, "target_info"));
    } else if (!positive) {
      name_matchers_.push_back(NameMatcher(MatchOp::kMatch, ".+_info"));
    }
    matchers_ = name_matchers_;
    matchers_.insert(matchers_.end(), data_matchers_.begin(), data_matchers_.end());
  }

 private:
  /// An info series with the sample that it has at a time.
  struct Candidate {
    std::size_t series = 0;
    std::int64_t time_ms = 0;
  };
  using Identity = std::pair<StringId, StringId>;  // instance and job

  bool Evaluate(Context& context, const Grid& grid) override {
    if (!vector_->Run(context, grid)) return false;
    const ResolvedShift shift = SharedReference(context).Of(argument_);
    if (context.error()) return false;
    const Frame& in = vector_->frame();
    SelectInfo(context, in);
    index_.clear();
    columns_.clear();
    frame_.rows.clear();
    for (std::size_t step = 0; step < grid.steps; ++step) {
      if (!EnrichAt(context, in, shift.DataTime(grid.At(step)), step)) return false;
    }
    frame_.version = context.NewVersion();
    if (!context.Resize(frame_, columns_.size(), grid.steps)) return false;
    for (std::size_t row = 0; row < columns_.size(); ++row) {
      std::copy(columns_[row].begin(), columns_[row].end(), frame_.column(row));
    }
    return true;
  }

  bool IsInfo(Context& context, const Row& row) const {
    const std::string_view name = context.labels.Text(row.metric);
    return std::all_of(name_matchers_.begin(), name_matchers_.end(),
                       [name](const Matcher& matcher) { return matcher.Matches(name); });
  }

  static Identity IdentityOf(Context& context, const Row& row) {
    return {context.labels.Get(row, kInstance), context.labels.Get(row, kJob)};
  }

  // The info series that belong to a row.
  void SelectInfo(Context& context, const Frame& in) {
    std::map<Identity, bool> wanted;
    for (const Row& row : in.rows) {
      const Identity identity = IdentityOf(context, row);
      if (!IsInfo(context, row) && identity != Identity{}) wanted[identity] = true;
    }
    series_.clear();
    rows_.clear();
    for (const Series* series : context.reader.Select(matchers_, context.options.matchers)) {
      const Row row{series->metric, series->labels};
      if (wanted.count(IdentityOf(context, row)) == 0) continue;
      series_.push_back(series);
      rows_.push_back(row);
    }
  }

  bool EnrichAt(Context& context, const Frame& in, std::int64_t time_ms, std::size_t step) {
    if (!FindCandidates(context, time_ms)) return false;
    for (std::size_t row = 0; row < in.rows.size(); ++row) {
      const double value = in.column(row)[step];
      if (IsAbsent(value)) continue;
      Row enriched = in.rows[row];
      if (!IsInfo(context, enriched)) {
        bool matched = false;
        if (!Enrich(context, enriched, matched)) return false;
        if (!matched && DemandsLabels()) continue;
      }
      if (!Put(context, enriched, in.steps, step, value)) return false;
    }
    return true;
  }

  // The newest sample of each info metric and identity.
  bool FindCandidates(Context& context, std::int64_t time_ms) {
    candidates_.clear();
    for (std::size_t i = 0; i < series_.size(); ++i) {
      const SampleRing& samples = series_[i]->samples;
      const std::size_t count = samples.CountUpTo(time_ms);
      if (count == 0) continue;
      const Sample& sample = samples[count - 1];
      if (sample.time_ms <= SaturatingSub(time_ms, context.lookback_ms())) continue;
      if (IsStaleMarker(sample.value)) continue;
      auto& of_identity = candidates_[IdentityOf(context, rows_[i])];
      const auto [entry, added] =
          of_identity.try_emplace(rows_[i].metric, Candidate{i, sample.time_ms});
      Candidate& candidate = entry->second;
      if (!added && candidate.time_ms == sample.time_ms) {
        return context.Fail("found duplicate series for info metric: existing " +
                            context.labels.Show(rows_[candidate.series]) + " @ " +
                            std::to_string(candidate.time_ms) + ", new " +
                            context.labels.Show(rows_[i]) + " @ " + std::to_string(sample.time_ms));
      }
      if (candidate.time_ms < sample.time_ms) candidate = {i, sample.time_ms};
    }
    return true;
  }

  // Adds the labels of all info series that match; `matched`: there is one.
  bool Enrich(Context& context, Row& row, bool& matched) {
    const auto found = candidates_.find(IdentityOf(context, row));
    if (found == candidates_.end()) return true;
    LabelSpace& labels = context.labels;
    std::map<std::string_view, StringId> added;
    const Row base = row;
    for (const auto& [metric, candidate] : found->second) {
      matched = true;
      for (const LabelPair& pair : rows_[candidate.series].labels) {
        const std::string_view name = labels.Text(pair.name);
        if (name == "__type__" || name == "__unit__" || !IsWanted(name)) continue;
        const auto [entry, fresh] = added.try_emplace(name, pair.value);
        const bool on_base = labels.Get(base, pair.name) != 0;
        if (!fresh && entry->second != pair.value && !on_base) {
          return context.Fail("conflicting label: " + std::string(name));
        }
        if (!on_base) row = labels.With(row, name, labels.Text(pair.value));
      }
    }
    return true;
  }

  bool IsWanted(std::string_view label) const {
    return data_matchers_.empty() ||
           std::any_of(data_matchers_.begin(), data_matchers_.end(),
                       [label](const Matcher& matcher) { return matcher.name() == label; });
  }

  bool DemandsLabels() const {
    return std::any_of(data_matchers_.begin(), data_matchers_.end(),
                       [](const Matcher& matcher) { return !matcher.Matches(""); });
  }

  bool Put(Context& context, const Row& row, std::size_t steps, std::size_t step, double value) {
    const auto [entry, added] = index_.try_emplace(row, columns_.size());
    if (added) {
      if (!context.Charge(steps)) return false;
      frame_.rows.push_back(row);
      columns_.emplace_back(steps, kNoValue);
    }
    double& slot = columns_[entry->second][step];
    if (!IsAbsent(slot)) {
      return context.Fail("vector cannot contain metrics with the same labelset");
    }
    slot = value;
    return true;
  }

  OperatorPtr vector_;
  const Expr& argument_;
  std::vector<Matcher> name_matchers_;
  std::vector<Matcher> data_matchers_;
  std::vector<Matcher> matchers_;
  std::vector<const Series*> series_;
  std::vector<Row> rows_;  // of series_
  std::map<Identity, std::map<StringId, Candidate>> candidates_;
  RowMap<std::size_t> index_;
  std::vector<std::vector<double>> columns_;
};

}  // namespace

OperatorPtr MakeInfo(OperatorPtr vector, const Expr& argument, const VectorSelector* labels) {
  return std::make_unique<Info>(std::move(vector), argument, labels);
}

}  // namespace tidegate::promql
