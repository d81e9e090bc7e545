// SPDX-License-Identifier: Apache-2.0
#include "promql/evaluator.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "series/staleness.h"

namespace tidegate::promql {
namespace {

/// One element of an instant vector. The labels belong to a series of the store, which the
/// reader holds still, or to the evaluator.
struct Element {
  StringId metric = 0;  ///< 0: the name was dropped
  std::span<const LabelPair> labels;
  double value = 0;
};

struct Value {
  double scalar = 0;
  std::vector<Element> vector;
};

/// What tells elements apart, in groups and in matches.
struct GroupKey {
  StringId metric = 0;
  std::span<const LabelPair> labels;

  friend bool operator==(const GroupKey& a, const GroupKey& b) {
    return a.metric == b.metric &&
           std::equal(a.labels.begin(), a.labels.end(), b.labels.begin(), b.labels.end());
  }
};

struct GroupKeyHash {
  std::size_t operator()(const GroupKey& key) const {
    std::uint64_t hash = key.metric;
    for (const LabelPair& pair : key.labels) {
      hash ^= (std::uint64_t{pair.name} << 32U) | pair.value;
      hash *= 0x9E3779B97F4A7C15U;
      hash ^= hash >> 29U;
    }
    return hash;
  }
};

/// A sum that carries along what rounding lost: Kahan's, in Neumaier's form.
struct CompensatedSum {
  double sum = 0;
  double lost = 0;

  void Add(double value) {
    const double next = sum + value;
    if (std::isinf(next)) {
      lost = 0;
    } else if (std::fabs(sum) >= std::fabs(value)) {
      lost += (sum - next) + value;
    } else {
      lost += (value - next) + sum;
    }
    sum = next;
  }
};

/// A mean that stays finite where the sum would not.
class Mean {
 public:
  void Add(double value) {
    ++count_;
    if (count_ == 1) {
      total_.sum = value;
      return;
    }
    if (!incremental_) {
      CompensatedSum next = total_;
      next.Add(value);
      if (!std::isinf(next.sum)) {
        total_ = next;
        return;
      }
      incremental_ = true;
      total_.sum /= count_ - 1;
      total_.lost /= count_ - 1;
    }
    if (std::isinf(total_.sum)) {
      const bool same_infinity = std::isinf(value) && (total_.sum > 0) == (value > 0);
      if (same_infinity || std::isfinite(value)) return;
    }
    const double weight = (count_ - 1) / count_;
    CompensatedSum next{weight * total_.sum, weight * total_.lost};
    next.Add(value / count_);
    total_ = next;
  }

  double Get() const {
    if (incremental_) return total_.sum + total_.lost;
    return total_.sum / count_ + total_.lost / count_;
  }

 private:
  double count_ = 0;
  bool incremental_ = false;
  CompensatedSum total_;
};

struct Group {
  GroupKey key;
  double count = 0;
  double extreme = 0;
  CompensatedSum sum;
  Mean mean;
};

double Apply(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kAdd:
      return left + right;
    case BinaryOp::kSub:
      return left - right;
    case BinaryOp::kMul:
      return left * right;
    case BinaryOp::kDiv:
      return left / right;
  }
  return std::nan("");
}

void Accumulate(AggregateOp op, double value, Group& group) {
  const bool first = group.count == 0;
  ++group.count;
  switch (op) {
    case AggregateOp::kSum:
      if (first) {
        group.sum.sum = value;
      } else {
        group.sum.Add(value);
      }
      return;
    case AggregateOp::kAvg:
      group.mean.Add(value);
      return;
    case AggregateOp::kMin:
      if (first || group.extreme > value || std::isnan(group.extreme)) group.extreme = value;
      return;
    case AggregateOp::kMax:
      if (first || group.extreme < value || std::isnan(group.extreme)) group.extreme = value;
      return;
    case AggregateOp::kCount:
      return;
  }
}

double ResultOf(AggregateOp op, const Group& group) {
  switch (op) {
    case AggregateOp::kSum:
      return group.sum.sum + group.sum.lost;
    case AggregateOp::kAvg:
      return group.mean.Get();
    case AggregateOp::kMin:
    case AggregateOp::kMax:
      return group.extreme;
    case AggregateOp::kCount:
      return group.count;
  }
  return std::nan("");
}

class Evaluator {
 public:
  Evaluator(const SeriesStore::Impl::Reader& reader, TimePoint at, const EvaluateOptions& options)
      : reader_(reader), at_ms_(ToMillis(at)), options_(options) {}

  Result<QueryResult> Run(const Expr& root) {
    Value value = Evaluate(root);
    if (error_) return *error_;
    QueryResult result;
    result.type = root.type == ExprType::kScalar ? ValueType::kScalar : ValueType::kVector;
    result.scalar = value.scalar;
    result.vector.reserve(value.vector.size());
    for (const Element& element : value.vector) {
      result.vector.push_back({LabelsOf(element.metric, element.labels), element.value});
    }
    std::sort(result.vector.begin(), result.vector.end(),
              [](const VectorSample& a, const VectorSample& b) { return a.labels < b.labels; });
    result.quality = quality_;
    return result;
  }

 private:
  Value Evaluate(const Expr& expr) {
    if (error_) return {};
    if (const auto* number = std::get_if<NumberLiteral>(&expr.node)) {
      return {.scalar = number->value, .vector = {}};
    }
    if (const auto* selector = std::get_if<VectorSelector>(&expr.node)) return Instant(*selector);
    if (const auto* call = std::get_if<Call>(&expr.node)) return OverRange(*call);
    if (const auto* aggregate = std::get_if<Aggregate>(&expr.node)) return Aggregated(*aggregate);
    if (const auto* binary = std::get_if<Binary>(&expr.node)) return Combined(*binary, expr.type);
    if (const auto* negate = std::get_if<Negate>(&expr.node)) return Negated(*negate);
    Fail("this kind of expression has no value");  // the parser lets none through
    return {};
  }

  void Fail(std::string message) {
    if (!error_) error_ = Error{ErrorCode::kInvalidArgument, std::move(message)};
  }

  std::vector<const Series*> Select(const VectorSelector& selector) const {
    return reader_.Select(selector.matchers, options_.matchers);
  }

  void UseNewest(std::int64_t time_ms) {
    const TimePoint time{std::chrono::milliseconds(time_ms)};
    if (!quality_.newest || time < *quality_.newest) quality_.newest = time;
  }

  Value Instant(const VectorSelector& selector) {
    const std::int64_t lookback_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(options_.lookback).count();
    Value value;
    for (const Series* series : Select(selector)) {
      const std::size_t count = series->samples.CountUpTo(at_ms_);
      if (count == 0) continue;
      const Sample& newest = series->samples[count - 1];
      if (newest.time_ms <= at_ms_ - lookback_ms || IsStaleMarker(newest.value)) continue;
      UseNewest(newest.time_ms);
      if (!std::isfinite(newest.value)) quality_.non_finite = true;
      value.vector.push_back({series->metric, series->labels, newest.value});
    }
    if (value.vector.empty()) quality_.no_series = true;
    return value;
  }

  Value OverRange(const Call& call) {
    const auto& matrix = std::get<MatrixSelector>(call.argument->node);
    const Window window{.end_ms = at_ms_, .range_ms = matrix.range_ms};
    Value value;
    bool any = false;
    for (const Series* series : Select(matrix.selector)) {
      ReadWindow(*series, window);
      if (samples_.empty()) continue;
      any = true;
      Judge(*series, window, *call.function);
      const std::optional<double> result = call.function->over_range(samples_, window);
      if (result) value.vector.push_back({0, series->labels, *result});
    }
    if (!any) quality_.no_series = true;
    RefuseDuplicates(value.vector);
    return value;
  }

  void ReadWindow(const Series& series, const Window& window) {
    samples_.clear();
    const std::size_t end = series.samples.CountUpTo(window.end_ms);
    for (std::size_t i = series.samples.CountUpTo(window.begin_ms()); i < end; ++i) {
      const Sample& sample = series.samples[i];
      if (!IsStaleMarker(sample.value)) samples_.push_back(sample);
    }
    if (end > 0 && !samples_.empty() && IsStaleMarker(series.samples[end - 1].value)) {
      quality_.ended_series = true;
    }
  }

  // What a scaler has to know about samples_.
  void Judge(const Series& series, const Window& window, const Function& function) {
    UseNewest(samples_.back().time_ms);
    double coverage = 0;
    if (samples_.size() > 1) {
      const std::int64_t sampled = samples_.back().time_ms - samples_.front().time_ms;
      const std::int64_t interval = sampled / static_cast<std::int64_t>(samples_.size() - 1);
      const std::int64_t left = samples_.front().time_ms - window.begin_ms();
      coverage = static_cast<double>(sampled + std::min(interval, left)) /
                 static_cast<double>(window.range_ms);
    }
    quality_.min_coverage = std::min(quality_.min_coverage, coverage);
    const bool untyped = series.type == MetricType::kUnknown;
    const bool gauge = series.type == MetricType::kGauge;
    const bool counter = untyped ? function.counter : !gauge;
    double previous = samples_.front().value;
    for (const Sample& sample : samples_) {
      if (counter && sample.value < previous) quality_.counter_reset = true;
      if (!std::isfinite(sample.value)) quality_.non_finite = true;
      previous = sample.value;
    }
  }

  // Where names are dropped, two series can become one; Prometheus does not allow that.
  void RefuseDuplicates(const std::vector<Element>& vector) {
    std::unordered_map<GroupKey, bool, GroupKeyHash> seen;
    seen.reserve(vector.size());
    for (const Element& element : vector) {
      if (seen.try_emplace({element.metric, element.labels}, true).second) continue;
      Fail("vector cannot contain metrics with the same labelset");
      return;
    }
  }

  Value Negated(const Negate& negate) {
    Value value = Evaluate(*negate.argument);
    value.scalar = -value.scalar;
    for (Element& element : value.vector) {
      element.metric = 0;
      element.value = -element.value;
    }
    RefuseDuplicates(value.vector);
    return value;
  }

  Value Combined(const Binary& binary, ExprType type) {
    const bool left_scalar = binary.left->type == ExprType::kScalar;
    const bool right_scalar = binary.right->type == ExprType::kScalar;
    Value left = Evaluate(*binary.left);
    Value right = Evaluate(*binary.right);
    if (type == ExprType::kScalar) {
      return {.scalar = Apply(binary.op, left.scalar, right.scalar), .vector = {}};
    }
    if (!left_scalar && !right_scalar) return MatchedOneToOne(binary, left.vector, right.vector);
    Value& vector = left_scalar ? right : left;
    for (Element& element : vector.vector) {
      element.metric = 0;
      element.value = left_scalar ? Apply(binary.op, left.scalar, element.value)
                                  : Apply(binary.op, element.value, right.scalar);
    }
    RefuseDuplicates(vector.vector);
    return std::move(vector);
  }

  Value MatchedOneToOne(const Binary& binary, const std::vector<Element>& left,
                        const std::vector<Element>& right) {
    if (left.empty() || right.empty()) return {};
    const bool on = binary.matching == Matching::kOn;
    const LabelSet labels = Lookup(binary.labels);
    const auto key_of = [&](const Element& element) {
      return on ? Keep(element, labels) : Drop(element, labels);
    };
    std::unordered_map<GroupKey, const Element*, GroupKeyHash> partners;
    partners.reserve(right.size());
    for (const Element& element : right) {
      const auto [entry, added] = partners.try_emplace(key_of(element), &element);
      if (!added) return DuplicateOnOneSide(entry->first, *entry->second, element);
    }
    std::unordered_map<GroupKey, bool, GroupKeyHash> matched;
    Value value;
    value.vector.reserve(left.size());
    for (const Element& element : left) {
      const GroupKey key = key_of(element);
      const auto partner = partners.find(key);
      if (partner == partners.end()) continue;
      if (!matched.try_emplace(key, true).second) {
        Fail(
            "multiple matches for labels: many-to-one matching must be explicit "
            "(group_left/group_right)");
        return {};
      }
      // The result keeps exactly what was matched on, without the name.
      value.vector.push_back(
          {0, key.labels, Apply(binary.op, element.value, partner->second->value)});
    }
    RefuseDuplicates(value.vector);
    return value;
  }

  Value DuplicateOnOneSide(const GroupKey& key, const Element& first, const Element& second) {
    Fail("found duplicate series for the match group " + Shown(key.metric, key.labels) +
         " on the right hand-side of the operation: [" + Shown(second.metric, second.labels) +
         ", " + Shown(first.metric, first.labels) +
         "];many-to-many matching not allowed: matching labels must be unique on one side");
    return {};
  }

  Value Aggregated(const Aggregate& aggregate) {
    const Value input = Evaluate(*aggregate.argument);
    const LabelSet labels = Lookup(aggregate.labels);
    std::vector<Group> groups;
    std::unordered_map<GroupKey, std::size_t, GroupKeyHash> index;
    for (const Element& element : input.vector) {
      const GroupKey key =
          aggregate.grouping == Grouping::kBy ? Keep(element, labels) : Drop(element, labels);
      const auto [entry, added] = index.try_emplace(key, groups.size());
      if (added) groups.push_back({.key = key, .sum = {}, .mean = {}});
      Accumulate(aggregate.op, element.value, groups[entry->second]);
    }
    Value value;
    value.vector.reserve(groups.size());
    for (const Group& group : groups) {
      value.vector.push_back({group.key.metric, group.key.labels, ResultOf(aggregate.op, group)});
    }
    return value;
  }

  /// Label names of a by, without, on or ignoring that any series has.
  struct LabelSet {
    std::vector<StringId> names;
    bool metric_name = false;
  };

  LabelSet Lookup(const std::vector<std::string>& names) const {
    LabelSet set;
    for (const std::string& name : names) {
      if (name == kMetricNameLabel) {
        set.metric_name = true;
      } else if (const std::optional<StringId> id = reader_.Find(name)) {
        set.names.push_back(*id);
      }
    }
    return set;
  }

  GroupKey Keep(const Element& element, const LabelSet& set) {
    return {set.metric_name ? element.metric : 0, Filtered(element.labels, set, true)};
  }

  GroupKey Drop(const Element& element, const LabelSet& set) {
    return {0, Filtered(element.labels, set, false)};
  }

  std::span<const LabelPair> Filtered(std::span<const LabelPair> labels, const LabelSet& set,
                                      bool keep) {
    const auto listed = [&set, keep](const LabelPair& pair) {
      return (std::find(set.names.begin(), set.names.end(), pair.name) != set.names.end()) == keep;
    };
    const auto kept = std::count_if(labels.begin(), labels.end(), listed);
    if (kept == 0) return {};
    if (static_cast<std::size_t>(kept) == labels.size()) return labels;
    std::vector<LabelPair>& own = own_labels_.emplace_back();
    own.reserve(static_cast<std::size_t>(kept));
    std::copy_if(labels.begin(), labels.end(), std::back_inserter(own), listed);
    return own;
  }

  Labels LabelsOf(StringId metric, std::span<const LabelPair> pairs) const {
    Labels labels;
    for (const LabelPair& pair : pairs) {
      labels.emplace_hint(labels.end(), reader_.Text(pair.name), reader_.Text(pair.value));
    }
    if (metric != 0) labels.emplace(kMetricNameLabel, reader_.Text(metric));
    return labels;
  }

  std::string Shown(StringId metric, std::span<const LabelPair> pairs) const {
    std::string text = "{";
    for (const auto& [name, value] : LabelsOf(metric, pairs)) {
      if (text.size() > 1) text += ", ";
      text += name + "=\"" + value + "\"";
    }
    return text + "}";
  }

  const SeriesStore::Impl::Reader& reader_;
  const std::int64_t at_ms_;
  const EvaluateOptions& options_;
  EvaluateQuality quality_;
  std::optional<Error> error_;
  std::vector<Sample> samples_;  // of one series in one window
  std::deque<std::vector<LabelPair>> own_labels_;
};

}  // namespace

Result<QueryResult> Evaluate(const Expr& root, const SeriesStore::Impl::Reader& reader,
                             TimePoint at, const EvaluateOptions& options) {
  return Evaluator(reader, at, options).Run(root);
}

}  // namespace tidegate::promql
