// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "promql/planner.h"
#include "promql/query_impl.h"
#include "series/store_impl.h"
#include "tidegate/promql.h"

namespace tidegate {
namespace {

using promql::Context;
using promql::Frame;
using promql::Grid;
using promql::IsAbsent;
using promql::LabelSpace;
using promql::Row;

TimePoint ToTime(std::int64_t ms) { return TimePoint{std::chrono::milliseconds(ms)}; }

// Series that were dropped names of become those of other series: an answer has each once.
class NameRemoval {
 public:
  /// `frame` as it is shown.
  const Frame* Apply(Context& context, const Frame& frame) {
    if (!context.delayed_names()) return &frame;
    clean_.rows = frame.rows;
    for (Row& row : clean_.rows) {
      if (row.drop_name) row = context.labels.WithoutName(row);
    }
    clean_.steps = frame.steps;
    clean_.values = frame.values;
    clean_.version = context.NewVersion();
    merger_.Bind(clean_.rows);
    return merger_.Apply(context, clean_) ? &clean_ : nullptr;
  }

 private:
  Frame clean_;
  promql::Merger merger_;
};

}  // namespace

class QueryRunner::Impl {
 public:
  explicit Impl(const Query::Impl& query) : query_(query) { Reset(); }

  /// Without a step it is an instant query.
  Status Evaluate(const SeriesStore& store, const promql::QuerySpan& span,
                  const EvaluateOptions& options, QueryResult& result) {
    const SeriesStore::Impl::Reader reader(store.impl());
    Remember(reader, options);
    Context context({reader, labels_, options, query_.text, span, epoch_, &last_version_});
    Grid grid{span.start_ms, 1, 1};
    const bool range = span.step_ms > 0;
    if (range) {
      const std::int64_t length = span.end_ms - span.start_ms;
      grid = {span.start_ms, span.step_ms, static_cast<std::size_t>(length / span.step_ms) + 1};
    }
    const bool done = Fill(context, grid, range, result);
    result.quality = context.quality;
    result.warnings = std::move(context.warnings);
    result.infos = std::move(context.infos);
    if (!done) return *context.error();
    return {};
  }

 private:
  void Reset() {
    plan_ = promql::MakePlan(*query_.root);
    ++epoch_;
    ordered_version_ = 0;
  }

  // What was found out about labels stays true as long as the series are the same; but what was
  // made for one answer only must not pile up.
  void Remember(const SeriesStore::Impl::Reader& reader, const EvaluateOptions& options) {
    constexpr std::size_t kSlack = 1000;
    const bool same = series_version_ == reader.series_version() && matchers_ == options.matchers &&
                      order_of_series_ == options.series_order &&
                      delayed_names_ == options.delayed_name_removal &&
                      labels_.size() <= 2 * first_size_ + kSlack;
    if (same) {
      labels_.Continue(reader);
      if (first_size_ == 0) first_size_ = labels_.size();
      return;
    }
    if (series_version_ != 0) Reset();
    labels_.Reset(reader);
    series_version_ = reader.series_version();
    matchers_ = options.matchers;
    delayed_names_ = options.delayed_name_removal;
    order_of_series_ = options.series_order;
    first_size_ = 0;
  }

  bool Fill(Context& context, const Grid& grid, bool range, QueryResult& result) {
    const promql::ExprType type = query_.root->type;
    if (range && type != promql::ExprType::kScalar && type != promql::ExprType::kVector) {
      return context.Fail("invalid expression type \"" + std::string(promql::TypeName(type)) +
                          "\" for range query, must be Scalar or instant Vector");
    }
    result.type = range ? ValueType::kMatrix : TypeOf(type);
    if (result.type != ValueType::kVector) result.vector.clear();
    if (result.type != ValueType::kMatrix) result.matrix.clear();
    if (type == promql::ExprType::kString) {
      result.text = promql::Unwrapped(*query_.root).As<promql::StringLiteral>()->value;
      return true;
    }
    if (type == promql::ExprType::kMatrix) return FillWindows(context, grid, result);
    if (!plan_.root->Run(context, grid)) return false;
    if (type == promql::ExprType::kScalar && !range) {
      result.scalar = plan_.root->frame().values[0];
      return true;
    }
    const Frame* frame = names_.Apply(context, plan_.root->frame());
    if (frame == nullptr) return false;
    Order(*frame, range);
    range ? FillMatrix(grid, *frame, result) : FillVector(*frame, result);
    return true;
  }

  static ValueType TypeOf(promql::ExprType type) {
    switch (type) {
      case promql::ExprType::kScalar:
        return ValueType::kScalar;
      case promql::ExprType::kVector:
        return ValueType::kVector;
      case promql::ExprType::kMatrix:
        return ValueType::kMatrix;
      case promql::ExprType::kString:
        break;
    }
    return ValueType::kString;
  }

  // In which order rows are shown.
  void Order(const Frame& frame, bool range) {
    if (frame.version == ordered_version_) return;
    ordered_version_ = frame.version;
    order_.resize(frame.rows.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    if (plan_.ordered && !range) return;
    std::sort(order_.begin(), order_.end(), [this, &frame](std::size_t a, std::size_t b) {
      return labels_.Before(frame.rows[a], frame.rows[b]);
    });
  }

  void SetLabels(const Row& row, Labels& labels) const {
    if (!labels_.Same(row, labels)) labels = labels_.ToLabels(row);
  }

  void FillVector(const Frame& frame, QueryResult& result) const {
    std::size_t count = 0;
    for (const std::size_t row : order_) {
      const double value = frame.values[row];
      if (IsAbsent(value)) continue;
      if (count == result.vector.size()) result.vector.emplace_back();
      SetLabels(frame.rows[row], result.vector[count].labels);
      result.vector[count++].value = value;
    }
    result.vector.resize(count);
  }

  MatrixSeries& NextSeries(QueryResult& result, std::size_t count) const {
    if (count == result.matrix.size()) result.matrix.emplace_back();
    result.matrix[count].points.clear();
    return result.matrix[count];
  }

  void FillMatrix(const Grid& grid, const Frame& frame, QueryResult& result) const {
    std::size_t count = 0;
    for (const std::size_t row : order_) {
      MatrixSeries& series = NextSeries(result, count);
      const double* values = frame.column(row);
      for (std::size_t step = 0; step < frame.steps; ++step) {
        if (!IsAbsent(values[step])) series.points.push_back({ToTime(grid.At(step)), values[step]});
      }
      if (series.points.empty()) continue;
      SetLabels(frame.rows[row], series.labels);
      ++count;
    }
    result.matrix.resize(count);
  }

  bool FillWindows(Context& context, const Grid& grid, QueryResult& result) {
    promql::WindowSource& source = *plan_.window;
    if (!source.Prepare(context, grid)) return false;
    promql::Window window;
    window.eval_ms = grid.start_ms;
    window.end_ms = source.shift().DataTime(grid.start_ms);
    window.begin_ms = promql::SaturatingSub(window.end_ms, source.range_ms());
    window.anchored = source.mode() == promql::RangeMode::kAnchored;
    window.smoothed = source.mode() == promql::RangeMode::kSmoothed;
    std::size_t count = 0;
    for (std::size_t row = 0; row < source.rows().size(); ++row) {
      const std::vector<Sample> samples = Samples(context, source, row, window);
      if (samples.empty()) continue;
      MatrixSeries& series = NextSeries(result, count++);
      Row shown = source.rows()[row];
      if (shown.drop_name) shown = labels_.WithoutName(shown);
      SetLabels(shown, series.labels);
      for (const Sample& s : samples) series.points.push_back({ToTime(s.time_ms), s.value});
      if (!context.Charge(samples.size())) return false;
    }
    if (count == 0) source.JudgeEmpty(context);
    result.matrix.resize(count);
    std::sort(result.matrix.begin(), result.matrix.end(),
              [](const MatrixSeries& a, const MatrixSeries& b) { return a.labels < b.labels; });
    return true;
  }

  // In a window with an extended range there is a sample at each edge.
  static std::vector<Sample> Samples(Context& context, promql::WindowSource& source,
                                     std::size_t row, const promql::Window& window) {
    const bool extended = window.anchored || window.smoothed;
    const std::int64_t before = extended ? context.lookback_ms() : 0;
    const std::int64_t after = window.smoothed ? context.lookback_ms() : 0;
    const std::span<const Sample> samples =
        source.Load(row, promql::SaturatingSub(window.begin_ms, before), window.end_ms + after);
    if (samples.empty()) return {};
    if (extended) return promql::WithEdges(samples, window);
    source.Judge(context, row, window, samples, nullptr);
    return {samples.begin(), samples.end()};
  }

  const Query::Impl& query_;
  promql::Plan plan_;
  LabelSpace labels_;
  NameRemoval names_;
  std::uint64_t last_version_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t ordered_version_ = 0;
  std::vector<std::size_t> order_;
  // What is remembered holds for these:
  std::uint64_t series_version_ = 0;
  Labels matchers_;
  bool delayed_names_ = false;
  SeriesOrder order_of_series_ = SeriesOrder::kByLabels;
  std::size_t first_size_ = 0;
};

QueryRunner::QueryRunner(const Query& query) : impl_(std::make_unique<Impl>(query.impl())) {}
QueryRunner::QueryRunner(QueryRunner&&) noexcept = default;
QueryRunner& QueryRunner::operator=(QueryRunner&&) noexcept = default;
QueryRunner::~QueryRunner() = default;

Status QueryRunner::Evaluate(const SeriesStore& store, TimePoint at, const EvaluateOptions& options,
                             QueryResult& result) {
  return impl_->Evaluate(store, {ToMillis(at), ToMillis(at), 0}, options, result);
}

Status QueryRunner::EvaluateRange(const SeriesStore& store, TimePoint start, TimePoint end,
                                  Duration step, const EvaluateOptions& options,
                                  QueryResult& result) {
  const auto step_ms = std::chrono::duration_cast<std::chrono::milliseconds>(step).count();
  if (step_ms <= 0) {
    return Error{ErrorCode::kInvalidArgument,
                 "zero or negative query resolution step widths are not accepted. Try a positive "
                 "integer"};
  }
  const std::int64_t start_ms = ToMillis(start);
  const std::int64_t end_ms = ToMillis(end);
  if (end_ms < start_ms) {
    result = {};
    result.type = ValueType::kMatrix;
    return {};
  }
  return impl_->Evaluate(store, {start_ms, end_ms, step_ms}, options, result);
}

}  // namespace tidegate
