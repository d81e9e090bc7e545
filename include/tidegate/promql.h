// SPDX-License-Identifier: Apache-2.0
//
// Query: a PromQL expression, compiled once, evaluated over a SeriesStore.
//
// The answers are Prometheus 3's, bit for bit, in the part of the language that is there; what
// is not there is a compile error with its position. Beside the answer comes what a scaler has
// to know about it: how old it is and what is doubtful about it.
//
// Thread safety: const members are safe to call concurrently.
#pragma once

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

struct EvaluateOptions {
  /// Added to every selector as `name="value"`: restricts the query to one target's series.
  Labels matchers;
  /// How far back an instant selector looks (Prometheus: 5 min).
  Duration lookback = std::chrono::minutes(5);
};

enum class ValueType { kScalar, kVector };

struct VectorSample {
  Labels labels;  ///< without __name__ where Prometheus drops it
  double value = 0;
};

/// What a scaler has to know about an answer, over all samples that the evaluation looked at.
struct EvaluateQuality {
  std::optional<TimePoint> newest;  ///< time of the newest sample of the *oldest* series used
  double min_coverage = 1;  ///< smallest share of a range window between a series' first and last
                            ///< sample, allowing one sample interval at the left edge
  bool counter_reset = false;  ///< a counter fell inside a window
  bool no_series = false;      ///< some selector matched nothing
  bool ended_series = false;   ///< a series in a range window has ended: its target is gone
  bool non_finite = false;     ///< a sample is NaN or infinite
};

struct QueryResult {
  ValueType type = ValueType::kVector;
  double scalar = 0;
  std::vector<VectorSample> vector;  ///< sorted by labels
  EvaluateQuality quality;
};

class TIDEGATE_EXPORT Query {
 public:
  /// kInvalidArgument: `1:9: parse error: …` in Prometheus's words.
  static Result<Query> Compile(std::string_view text);

  Query(Query&&) noexcept;
  Query& operator=(Query&&) noexcept;
  ~Query();

  Result<QueryResult> Evaluate(const SeriesStore& store, TimePoint at,
                               const EvaluateOptions& options = {}) const;

  const std::string& text() const;
  /// The longest range of a range selector, 0 if there is none.
  Duration longest_range() const;

  class Impl;

 private:
  explicit Query(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate
