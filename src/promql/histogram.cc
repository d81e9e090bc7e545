// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "exposition/number.h"
#include "promql/buckets.h"
#include "promql/calendar.h"
#include "promql/literals.h"
#include "promql/operators.h"

namespace tidegate::promql {
namespace {

constexpr std::string_view kBoundLabel = "le";

std::string TwoDigits(double value) {
  const std::string text = GoFixed(value);
  return text.size() < 2 ? "0" + text : text;
}

std::string ShowTime(std::int64_t ms) {
  const std::int64_t seconds = ms / 1000;
  const std::int64_t second = ((seconds % 60) + 60) % 60;
  return GoFixed(Year(seconds)) + "-" + TwoDigits(Month(seconds)) + "-" +
         TwoDigits(DayOfMonth(seconds)) + "T" + TwoDigits(Hour(seconds)) + ":" +
         TwoDigits(Minute(seconds)) + ":" + TwoDigits(static_cast<double>(second)) + "Z";
}

std::string ToTwoPlaces(double value) {
  char buffer[32];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 2);
  return std::string(buffer, end.ptr);
}

/// Rows of buckets, put together to histograms.
class Histograms {
 public:
  void Bind(Context& context, const std::vector<Row>& in) {
    const LabelNames le = context.labels.Names({std::string(kBoundLabel)});
    bounds_.clear();
    of_row_.clear();
    rows_.clear();
    metrics_.clear();
    RowMap<std::size_t> index;
    for (const Row& row : in) {
      double bound = 0;
      const std::string_view text = context.labels.Text(context.labels.Get(row, kBoundLabel));
      const bool valid = ParseNumber(text, bound) == NumberStatus::kOk && !std::isnan(bound);
      bounds_.push_back(valid ? bound : std::nan(""));
      of_row_.push_back(0);
      if (!valid) continue;
      Row histogram = context.labels.Without(row, le);
      const auto [entry, added] = index.try_emplace(histogram, rows_.size());
      of_row_.back() = entry->second;
      if (!added) continue;
      metrics_.push_back(row.metric);
      if (!context.delayed_names()) histogram = context.labels.WithoutName(histogram);
      histogram.drop_name = true;
      rows_.push_back(histogram);
    }
  }

  /// The buckets of each histogram at a time; none: it has no values.
  std::vector<std::vector<Bucket>>& At(Context& context, const Frame& in, std::size_t step,
                                       std::size_t pos) {
    buckets_.resize(rows_.size());
    for (std::vector<Bucket>& buckets : buckets_) buckets.clear();
    for (std::size_t row = 0; row < in.rows.size(); ++row) {
      const double value = in.column(row)[step];
      if (IsAbsent(value)) continue;
      if (std::isnan(bounds_[row])) {
        Complain(context, in.rows[row], pos);
      } else {
        buckets_[of_row_[row]].push_back({bounds_[row], value});
      }
    }
    return buckets_;
  }

  const std::vector<Row>& rows() const { return rows_; }
  /// The name that a histogram's series have.
  StringId metric(std::size_t histogram) const { return metrics_[histogram]; }

 private:
  static void Complain(Context& context, const Row& row, std::size_t pos) {
    if (!context.options.annotate) return;
    std::string text = "bucket label \"le\" is missing or has a malformed value of " +
                       GoQuote(context.labels.Text(context.labels.Get(row, kBoundLabel)));
    if (context.delayed_names() && row.metric != 0) {
      text += " for metric name " + GoQuote(context.labels.Text(row.metric));
    }
    context.Warn(text, pos);
  }

  std::vector<double> bounds_;  // of each row; NaN: it is no bucket
  std::vector<std::size_t> of_row_;
  std::vector<Row> rows_;
  std::vector<StringId> metrics_;
  std::vector<std::vector<Bucket>> buckets_;
};

/// Collects what had to be forced, to tell it once.
class Monotonicity {
 public:
  void Add(const ForcedMonotonicity& forced, StringId metric, std::int64_t time_ms) {
    if (!forced.forced) return;
    auto found = std::find_if(entries_.begin(), entries_.end(),
                              [metric](const Entry& entry) { return entry.metric == metric; });
    if (found == entries_.end()) {
      entries_.push_back({metric, forced, time_ms, time_ms, 0});
      found = entries_.end() - 1;
    }
    ++found->samples;
    found->first_ms = std::min(found->first_ms, time_ms);
    found->last_ms = std::max(found->last_ms, time_ms);
    ForcedMonotonicity& all = found->forced;
    all.min_bound = std::min(all.min_bound, forced.min_bound);
    all.max_bound = std::max(all.max_bound, forced.max_bound);
    all.max_difference = std::max(all.max_difference, forced.max_difference);
  }

  void Tell(Context& context, std::size_t pos) const {
    for (const Entry& entry : entries_) {
      std::string text =
          "input to histogram_quantile needed to be fixed for monotonicity (see "
          "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";
      if (entry.metric != 0) {
        text += " for metric name " + GoQuote(context.labels.Text(entry.metric));
      }
      text += ", from buckets " + GoNumber(entry.forced.min_bound) + " to " +
              GoNumber(entry.forced.max_bound) + ", with a max diff of " +
              ToTwoPlaces(entry.forced.max_difference) + ", over " + std::to_string(entry.samples) +
              " samples from " + ShowTime(entry.first_ms) + " to " + ShowTime(entry.last_ms);
      context.Inform(text, pos);
    }
  }

 private:
  struct Entry {
    StringId metric = 0;
    ForcedMonotonicity forced;
    std::int64_t first_ms = 0;
    std::int64_t last_ms = 0;
    std::size_t samples = 0;
  };
  std::vector<Entry> entries_;
};

void CheckQuantile(Context& context, double q, std::size_t pos) {
  if (q >= 0 && q <= 1) return;
  context.Warn("quantile value should be between 0 and 1, got " + GoNumber(q), pos);
}

/// A value for each histogram.
class HistogramOperator : public Operator {
 public:
  HistogramOperator(OperatorPtr vector, std::vector<OperatorPtr> scalars, std::size_t pos)
      : vector_(std::move(vector)), scalars_(std::move(scalars)), pos_(pos) {}

 protected:
  virtual double Value(Context& context, std::size_t histogram, std::vector<Bucket>& buckets,
                       const Grid& grid, std::size_t step) = 0;
  virtual void BeginStep(Context&, std::size_t /*step*/) {}
  virtual void End(Context&) {}

  double scalar(std::size_t index, std::size_t step) const {
    return scalars_[index]->frame().values[step];
  }
  const Histograms& histograms() const { return histograms_; }
  std::size_t pos() const { return pos_; }

 private:
  bool Evaluate(Context& context, const Grid& grid) final {
    for (const OperatorPtr& scalar : scalars_) {
      if (!scalar->Run(context, grid)) return false;
    }
    if (!vector_->Run(context, grid)) return false;
    const Frame& in = vector_->frame();
    if (in.version != bound_) {
      bound_ = in.version;
      histograms_.Bind(context, in.rows);
      frame_.rows = histograms_.rows();
      frame_.version = context.NewVersion();
      if (!context.delayed_names()) merger_.Bind(frame_.rows);
    }
    if (!context.Resize(frame_, histograms_.rows().size(), grid.steps)) return false;
    for (std::size_t step = 0; step < grid.steps; ++step) {
      BeginStep(context, step);
      auto& buckets = histograms_.At(context, in, step, pos_);
      for (std::size_t i = 0; i < buckets.size(); ++i) {
        frame_.column(i)[step] =
            buckets[i].empty() ? kNoValue : Value(context, i, buckets[i], grid, step);
      }
    }
    End(context);
    return merger_.Apply(context, frame_);
  }

  OperatorPtr vector_;
  std::vector<OperatorPtr> scalars_;
  const std::size_t pos_;
  Histograms histograms_;
  std::uint64_t bound_ = 0;
  Merger merger_;
};

class HistogramQuantile final : public HistogramOperator {
 public:
  HistogramQuantile(OperatorPtr vector, std::vector<OperatorPtr> scalars, std::size_t quantile_pos,
                    std::size_t pos)
      : HistogramOperator(std::move(vector), std::move(scalars), pos),
        quantile_pos_(quantile_pos) {}

 private:
  void BeginStep(Context& context, std::size_t step) override {
    CheckQuantile(context, scalar(0, step), quantile_pos_);
  }

  double Value(Context& context, std::size_t histogram, std::vector<Bucket>& buckets,
               const Grid& grid, std::size_t step) override {
    ForcedMonotonicity forced;
    const double value = BucketQuantile(scalar(0, step), buckets, forced);
    monotonicity_.Add(forced, context.delayed_names() ? histograms().metric(histogram) : 0,
                      grid.At(step));
    return value;
  }

  void End(Context& context) override {
    monotonicity_.Tell(context, pos());
    monotonicity_ = {};
  }

  const std::size_t quantile_pos_;
  Monotonicity monotonicity_;
};

class HistogramFraction final : public HistogramOperator {
 public:
  using HistogramOperator::HistogramOperator;

 private:
  double Value(Context&, std::size_t, std::vector<Bucket>& buckets, const Grid&,
               std::size_t step) override {
    return BucketFraction(scalar(0, step), scalar(1, step), buckets);
  }
};

/// histogram_quantiles(): the quantile becomes a label. A quantile may be another one at each time,
/// so the rows are made anew each time.
class HistogramQuantiles final : public Operator {
 public:
  HistogramQuantiles(OperatorPtr vector, std::string label, std::vector<OperatorPtr> quantiles,
                     std::vector<std::size_t> quantile_pos, std::size_t pos)
      : vector_(std::move(vector)),
        label_(std::move(label)),
        quantiles_(std::move(quantiles)),
        quantile_pos_(std::move(quantile_pos)),
        pos_(pos) {}

 private:
  bool Evaluate(Context& context, const Grid& grid) override {
    if (!vector_->Run(context, grid)) return false;
    for (const OperatorPtr& quantile : quantiles_) {
      if (!quantile->Run(context, grid)) return false;
    }
    histograms_.Bind(context, vector_->frame().rows);
    frame_.rows.clear();
    columns_.clear();
    index_.clear();
    monotonicity_ = {};
    for (std::size_t step = 0; step < grid.steps; ++step) {
      for (std::size_t i = 0; i < quantiles_.size(); ++i) {
        if (!At(context, grid, step, i)) return false;
      }
    }
    monotonicity_.Tell(context, pos_);
    frame_.version = context.NewVersion();
    if (!context.Resize(frame_, columns_.size(), grid.steps)) return false;
    for (std::size_t row = 0; row < columns_.size(); ++row) {
      std::copy(columns_[row].begin(), columns_[row].end(), frame_.column(row));
    }
    return true;
  }

  bool At(Context& context, const Grid& grid, std::size_t step, std::size_t quantile) {
    const double q = quantiles_[quantile]->frame().values[step];
    CheckQuantile(context, q, quantile_pos_[quantile]);
    auto& histograms = histograms_.At(context, vector_->frame(), step, pos_);
    for (std::size_t i = 0; i < histograms.size(); ++i) {
      if (histograms[i].empty()) continue;
      const Row row = context.labels.With(histograms_.rows()[i], label_, CanonicalNumber(q));
      const auto [entry, added] = index_.try_emplace(row, columns_.size());
      if (added) {
        if (!context.Charge(grid.steps)) return false;
        frame_.rows.push_back(row);
        columns_.emplace_back(grid.steps, kNoValue);
      }
      ForcedMonotonicity forced;
      double& value = columns_[entry->second][step];
      if (!IsAbsent(value)) {
        return context.Fail("vector cannot contain metrics with the same labelset");
      }
      value = BucketQuantile(q, histograms[i], forced);
      monotonicity_.Add(forced, context.delayed_names() ? histograms_.metric(i) : 0, grid.At(step));
    }
    return true;
  }

  OperatorPtr vector_;
  const std::string label_;
  std::vector<OperatorPtr> quantiles_;
  const std::vector<std::size_t> quantile_pos_;
  const std::size_t pos_;
  Histograms histograms_;
  Monotonicity monotonicity_;
  RowMap<std::size_t> index_;
  std::vector<std::vector<double>> columns_;
};

std::vector<OperatorPtr> List(OperatorPtr first, OperatorPtr second = nullptr) {
  std::vector<OperatorPtr> list;
  list.push_back(std::move(first));
  if (second) list.push_back(std::move(second));
  return list;
}

}  // namespace

OperatorPtr MakeHistogramQuantile(OperatorPtr quantile, OperatorPtr vector,
                                  std::size_t quantile_pos, std::size_t pos) {
  return std::make_unique<HistogramQuantile>(std::move(vector), List(std::move(quantile)),
                                             quantile_pos, pos);
}

OperatorPtr MakeHistogramFraction(OperatorPtr lower, OperatorPtr upper, OperatorPtr vector,
                                  std::size_t pos) {
  return std::make_unique<HistogramFraction>(std::move(vector),
                                             List(std::move(lower), std::move(upper)), pos);
}

OperatorPtr MakeHistogramQuantiles(OperatorPtr vector, std::string label,
                                   std::vector<OperatorPtr> quantiles,
                                   std::vector<std::size_t> quantile_pos, std::size_t pos) {
  return std::make_unique<HistogramQuantiles>(std::move(vector), std::move(label),
                                              std::move(quantiles), std::move(quantile_pos), pos);
}

}  // namespace tidegate::promql
