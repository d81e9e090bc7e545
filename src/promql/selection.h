// SPDX-License-Identifier: Apache-2.0
//
// The leaves of a query: the series that a selector selects, the sample that each has at a time,
// and the samples in a window.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "promql/operator.h"

namespace tidegate::promql {

/// When a selector looks, of the time at which it is evaluated.
struct ResolvedShift {
  bool fixed = false;
  std::int64_t at_ms = 0;
  std::int64_t offset_ms = 0;

  std::int64_t DataTime(std::int64_t eval_ms) const;
};

/// None, with an error: the offset cannot be computed.
std::optional<ResolvedShift> Resolve(Context& context, const TimeShift& shift);

/// a - b, at the end of the range instead of beyond it.
std::int64_t SaturatingSub(std::int64_t a, std::int64_t b);

/// The series that a selector selects, selected anew when the store has others.
class Selection {
 public:
  explicit Selection(std::span<const Matcher> matchers) : matchers_(matchers) {}

  void Bind(Context& context);

  const std::vector<const Series*>& series() const { return series_; }
  const std::vector<Row>& rows() const { return rows_; }
  std::uint64_t version() const { return version_; }

 private:
  std::span<const Matcher> matchers_;
  std::uint64_t epoch_ = 0;
  std::uint64_t version_ = 0;
  std::vector<const Series*> series_;
  std::vector<Row> rows_;
};

/// What a function over a range vector takes its samples from: a selector or a subquery.
class WindowSource {
 public:
  virtual ~WindowSource() = default;

  /// Gets ready for windows that end at DataTime() of the grid's times and are `range_ms` long.
  [[nodiscard]] virtual bool Prepare(Context& context, const Grid& grid) = 0;

  virtual const std::vector<Row>& rows() const = 0;
  virtual std::uint64_t version() const = 0;
  /// The samples of a row in (from_ms, to_ms], without markers; valid until the next call.
  virtual std::span<const Sample> Load(std::size_t row, std::int64_t from_ms,
                                       std::int64_t to_ms) = 0;
  /// What a scaler has to know about the last window, whose samples `window` are.
  virtual void Judge(Context&, std::size_t /*row*/, const Window&, std::span<const Sample>,
                     const Function*) {}
  /// No window had samples.
  virtual void JudgeEmpty(Context&) {}

  const ResolvedShift& shift() const { return shift_; }
  std::int64_t range_ms() const { return range_ns_ / 1'000'000; }
  std::int64_t range_ns() const { return range_ns_; }
  RangeMode mode() const { return mode_; }

 protected:
  ResolvedShift shift_;
  std::int64_t range_ns_ = 0;
  RangeMode mode_ = RangeMode::kPlain;
};
using WindowSourcePtr = std::unique_ptr<WindowSource>;

/// A range selector.
class SelectorWindows final : public WindowSource {
 public:
  explicit SelectorWindows(const MatrixSelector& matrix);

  [[nodiscard]] bool Prepare(Context& context, const Grid& grid) override;
  const std::vector<Row>& rows() const override { return selection_.rows(); }
  std::uint64_t version() const override { return selection_.version(); }
  std::span<const Sample> Load(std::size_t row, std::int64_t from_ms, std::int64_t to_ms) override;
  void Judge(Context& context, std::size_t row, const Window& window,
             std::span<const Sample> samples, const Function* function) override;
  void JudgeEmpty(Context& context) override { context.quality.no_series = true; }

 private:
  std::int64_t HolesMs(std::span<const Sample> samples);

  const MatrixSelector& matrix_;
  const VectorSelector& selector_;
  Selection selection_;
  std::size_t begin_ = 0;           // of the series before: the next one's is the same mostly
  std::size_t end_ = 0;             // the same
  std::vector<Sample> samples_;     // memory that is used again
  std::vector<std::int64_t> gaps_;  // the same
};

/// A subquery: the values of an expression on a grid of its own.
class SubqueryWindows final : public WindowSource {
 public:
  SubqueryWindows(const Subquery& subquery, OperatorPtr child)
      : subquery_(subquery), child_(std::move(child)) {}

  [[nodiscard]] bool Prepare(Context& context, const Grid& grid) override;
  const std::vector<Row>& rows() const override { return child_->frame().rows; }
  std::uint64_t version() const override { return child_->frame().version; }
  std::span<const Sample> Load(std::size_t row, std::int64_t from_ms, std::int64_t to_ms) override;

 private:
  std::optional<std::int64_t> StepMs(Context& context);

  const Subquery& subquery_;
  OperatorPtr child_;
  Grid grid_;
  std::vector<Sample> samples_;
};

/// Where a selector's sample comes from, for timestamp().
enum class SampleField { kValue, kTime };

OperatorPtr MakeInstantSelector(const VectorSelector& selector, SampleField field);

}  // namespace tidegate::promql
