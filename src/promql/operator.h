// SPDX-License-Identifier: Apache-2.0
//
// What a query is compiled to: a tree of operators, each of which turns the frames of those below
// it into its own. A frame has a row a series and a column a time.
//
// Which rows there are and how they belong together depends on labels only, with few exceptions, so
// an operator finds that out once and again when the rows below it have changed ("binds"); values
// are then computed by plain loops. In the steady state nothing is looked up and nothing allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promql/ast.h"
#include "promql/labels.h"
#include "promql/window.h"
#include "tidegate/promql.h"

namespace tidegate::promql {

/// The times of an evaluation.
struct Grid {
  std::int64_t start_ms = 0;
  std::int64_t step_ms = 1;
  std::size_t steps = 1;

  std::int64_t At(std::size_t step) const {
    return start_ms + static_cast<std::int64_t>(step) * step_ms;
  }
  std::int64_t end_ms() const { return At(steps - 1); }
};

/// The times of the whole query: an instant query has one and no step.
struct QuerySpan {
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  std::int64_t step_ms = 0;
};

/// Rows of values; kNoValue where a row has none.
struct Frame {
  std::vector<Row> rows;
  std::uint64_t version = 0;  ///< another one when `rows` are others
  std::size_t steps = 1;
  std::vector<double> values;

  double* column(std::size_t row) { return values.data() + row * steps; }
  const double* column(std::size_t row) const { return values.data() + row * steps; }
};

/// Where and when a query is evaluated.
struct Setting {
  const SeriesStore::Impl::Reader& reader;
  LabelSpace& labels;
  const EvaluateOptions& options;
  std::string_view text;
  QuerySpan query;
  std::uint64_t epoch;  ///< another one when the series of the store are others
  std::uint64_t* last_version;
};

/// The setting, and what comes out beside the value.
class Context : public Setting {
 public:
  explicit Context(const Setting& setting) : Setting(setting) {}

  std::uint64_t NewVersion() { return ++*last_version; }

  bool Fail(std::string message);
  const std::optional<Error>& error() const { return error_; }

  /// Makes room for rows × steps values; false, with an error: too much memory.
  bool Resize(Frame& frame, std::size_t rows, std::size_t steps);
  bool Charge(std::size_t samples);

  /// A range, step or offset in milliseconds; none, with an error: not positive.
  std::optional<std::int64_t> Milliseconds(const DurationSpec& duration, bool may_be_negative);
  /// The same with what is below a millisecond.
  std::optional<std::int64_t> Nanoseconds(const DurationSpec& duration, bool may_be_negative);

  /// `PromQL warning: … (1:9)`.
  void Warn(std::string_view what, std::size_t pos) { Annotate(warnings, "warning", what, pos); }
  void Inform(std::string_view what, std::size_t pos) { Annotate(infos, "info", what, pos); }

  /// Of an instant selector's sample, and of the newest in a window.
  void UseNewest(std::int64_t time_ms);

  std::int64_t lookback_ms() const;
  bool delayed_names() const { return options.delayed_name_removal; }

  EvaluateQuality quality;
  std::vector<std::string> warnings;
  std::vector<std::string> infos;

 private:
  void Annotate(std::vector<std::string>& list, std::string_view kind, std::string_view what,
                std::size_t pos);

  std::size_t charged_ = 0;
  std::optional<Error> error_;
};

class Operator {
 public:
  virtual ~Operator() = default;

  /// Fills frame() for the times of `grid`. False: it has failed, and the frame is of no use.
  [[nodiscard]] bool Run(Context& context, const Grid& grid);
  Frame& frame() { return frame_; }
  const Frame& frame() const { return frame_; }

  /// The value is the same at all times: it is computed once.
  void MakeFixed() { fixed_ = true; }

 protected:
  virtual bool Evaluate(Context& context, const Grid& grid) = 0;

  Frame frame_;

 private:
  bool fixed_ = false;
};
using OperatorPtr = std::unique_ptr<Operator>;

/// Rows that became the same when labels were dropped are one row, as long as no two of them have a
/// value at the same time.
class Merger {
 public:
  /// `rows` become distinct; what they were is remembered.
  void Bind(std::vector<Row>& rows);
  bool needed() const { return !targets_.empty(); }
  /// Brings the values, still of the rows as they were, into the rows as they are.
  [[nodiscard]] bool Apply(Context& context, Frame& frame);

 private:
  std::vector<std::size_t> targets_;  // of each row as it was; empty: all are distinct
  std::vector<double> merged_;
};

}  // namespace tidegate::promql
