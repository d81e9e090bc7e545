// SPDX-License-Identifier: Apache-2.0
//
// Query: a PromQL expression, compiled once, evaluated over a SeriesStore.
//
// It is the whole language of Prometheus 3 but for native histograms, and the answers are
// Prometheus's, bit for bit where its own do not depend on the order of series. Beside the answer
// comes what a scaler has to know about it: how old it is and what is doubtful about it.
//
// Thread safety: const members are safe to call concurrently; a QueryRunner is for one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/observation.h"
#include "tidegate/result.h"
#include "tidegate/series_store.h"
#include "tidegate/types.h"

namespace tidegate {

/// What of the language there is; by default what Prometheus has without feature flags.
struct CompileOptions {
  bool experimental_functions = false;  ///< limitk, info, mad_over_time, step() …
  bool fill_modifiers = false;          ///< a + on(x) fill(0) b
  bool unquoted_utf8_names = false;     ///< http.requests{région="eu"}
};

/// In which order the series of a selector are taken: it decides the last bits of sums, and ties.
enum class SeriesOrder {
  kByLabels,   ///< the same whatever series was scraped first
  kByArrival,  ///< Prometheus's, for what is in its head block
};

struct EvaluateOptions {
  /// Added to every selector as `name="value"`: restricts the query to one target's series.
  Labels matchers;
  /// How far back an instant selector looks (Prometheus: 5 min).
  Duration lookback = std::chrono::minutes(5);
  /// Of subqueries that name none (Prometheus: the global evaluation interval).
  Duration subquery_step = std::chrono::minutes(1);
  /// Values that an evaluation may hold at once, about 8 bytes each. None may be 0.
  std::size_t max_samples = 5'000'000;
  /// Whether warnings and infos are wanted.
  bool annotate = false;
  SeriesOrder series_order = SeriesOrder::kByLabels;
  /// Prometheus's feature flag: names are dropped at the end, not by each function.
  bool delayed_name_removal = false;
};

enum class ValueType { kScalar, kVector, kMatrix, kString };

struct VectorSample {
  Labels labels;  ///< without __name__ where Prometheus drops it
  double value = 0;
};

struct MatrixPoint {
  TimePoint time;
  double value = 0;

  friend bool operator==(const MatrixPoint&, const MatrixPoint&) = default;
};

/// A series of a range vector, or of the answer over a range of times.
struct MatrixSeries {
  Labels labels;
  std::vector<MatrixPoint> points;  ///< in time order
};

/// What a scaler has to know about an answer, over all samples that the evaluation looked at.
struct EvaluateQuality {
  std::optional<TimePoint> newest;  ///< time of the newest sample of the *oldest* series used
  double min_coverage = 1;  ///< smallest share of a range window that a series' samples cover:
                            ///< from one interval before the first to the last, without the holes
                            ///< of a series that is otherwise sampled evenly
  bool counter_reset = false;  ///< a counter fell inside a window
  bool no_series = false;      ///< some selector matched nothing
  bool ended_series = false;   ///< a series in a range window has ended: its target is gone
  bool non_finite = false;     ///< a sample is NaN or infinite
};

struct QueryResult {
  ValueType type = ValueType::kVector;
  double scalar = 0;
  std::string text;                  ///< of kString
  std::vector<VectorSample> vector;  ///< sorted by labels, but as sort() and topk() order it
  std::vector<MatrixSeries> matrix;  ///< sorted by labels
  EvaluateQuality quality;
  std::vector<std::string> warnings;  ///< "PromQL warning: … (1:9)"
  std::vector<std::string> infos;
};

class TIDEGATE_EXPORT Query {
 public:
  /// kInvalidArgument: `1:9: parse error: …` in Prometheus's words.
  static Result<Query> Compile(std::string_view text, const CompileOptions& options = {});

  Query(Query&&) noexcept;
  Query& operator=(Query&&) noexcept;
  ~Query();

  /// kInvalidArgument: in Prometheus's words, such as that vectors do not match, or too many
  /// samples.
  Result<QueryResult> Evaluate(const SeriesStore& store, TimePoint at,
                               const EvaluateOptions& options = {}) const;

  /// At `start`, every `step` and not after `end`: a matrix. kInvalidArgument also: the step is not
  /// positive, or the expression is a range vector or a string.
  Result<QueryResult> EvaluateRange(const SeriesStore& store, TimePoint start, TimePoint end,
                                    Duration step, const EvaluateOptions& options = {}) const;

  const std::string& text() const;
  /// The longest range of a range selector or subquery, 0 if there is none.
  Duration longest_range() const;
  /// The metrics whose series it may select, sorted; absent: a selector names none, or a pattern.
  const std::optional<std::vector<std::string>>& metrics() const;

  class Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit Query(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Evaluates one query again and again: remembers which series it selects and how they belong
/// together as long as the store has the same series, and reuses memory.
class TIDEGATE_EXPORT QueryRunner {
 public:
  /// `query` must outlive the runner.
  explicit QueryRunner(const Query& query);
  explicit QueryRunner(const Query&& query) = delete;
  QueryRunner(QueryRunner&&) noexcept;
  QueryRunner& operator=(QueryRunner&&) noexcept;
  ~QueryRunner();

  /// As Query::Evaluate(); `result` is filled and its memory reused.
  Status Evaluate(const SeriesStore& store, TimePoint at, const EvaluateOptions& options,
                  QueryResult& result);
  /// As Query::EvaluateRange().
  Status EvaluateRange(const SeriesStore& store, TimePoint start, TimePoint end, Duration step,
                       const EvaluateOptions& options, QueryResult& result);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate
