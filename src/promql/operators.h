// SPDX-License-Identifier: Apache-2.0
//
// The operators there are, by who makes them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "promql/operator.h"
#include "promql/selection.h"

namespace tidegate::promql {

// constant.cc: a scalar, that is one row without labels.
OperatorPtr MakeNumber(double value);
OperatorPtr MakeTime();
/// Always fails.
OperatorPtr MakeFailure(std::string message);
OperatorPtr MakeQueryTime(std::string_view function);
/// A calendar function of the evaluation's time.
OperatorPtr MakeCalendar(const Function& function);

// map.cc: each value by itself.
OperatorPtr MakeMath(const Function& function, OperatorPtr vector);
OperatorPtr MakeCalendar(const Function& function, OperatorPtr vector);
OperatorPtr MakeNegate(OperatorPtr vector);
OperatorPtr MakeClamp(OperatorPtr vector, OperatorPtr min, OperatorPtr max);
OperatorPtr MakeRound(OperatorPtr vector, OperatorPtr to_nearest);
OperatorPtr MakeEvaluationTime(OperatorPtr vector);
/// The name is dropped, the values stay.
OperatorPtr MakeWithoutName(OperatorPtr vector);
/// `scalar` is the left side if `swapped`.
OperatorPtr MakeWithScalar(const Binary& binary, OperatorPtr vector, OperatorPtr scalar,
                           bool swapped, std::size_t pos);
OperatorPtr MakeScalars(BinaryOp op, OperatorPtr left, OperatorPtr right);
OperatorPtr MakeNumberOf(bool max, OperatorPtr left, OperatorPtr right);
OperatorPtr MakeScalar(OperatorPtr vector);
OperatorPtr MakeEmpty(OperatorPtr vector);

// over_time.cc
OperatorPtr MakeOverTime(const Function& function, WindowSourcePtr source,
                         std::vector<OperatorPtr> parameters, std::size_t pos);

// absent.cc; `selector` names the labels of the answer.
OperatorPtr MakeAbsent(const VectorSelector* selector, OperatorPtr vector);
OperatorPtr MakeAbsentOverTime(const VectorSelector* selector, WindowSourcePtr source);

// aggregate.cc
OperatorPtr MakeAggregate(const Aggregate& aggregate, OperatorPtr vector, OperatorPtr parameter);
// aggregate_k.cc: topk, bottomk, limitk, limit_ratio. In order only if `ordered`.
OperatorPtr MakeAggregateK(const Aggregate& aggregate, OperatorPtr vector, OperatorPtr parameter,
                           bool ordered);
// count_values.cc
OperatorPtr MakeCountValues(const Aggregate& aggregate, OperatorPtr vector);

// match.cc, match_set.cc
OperatorPtr MakeMatch(const Binary& binary, OperatorPtr left, OperatorPtr right, std::size_t pos);
OperatorPtr MakeMatchSet(const Binary& binary, OperatorPtr left, OperatorPtr right);

// histogram.cc
OperatorPtr MakeHistogramQuantile(OperatorPtr quantile, OperatorPtr vector,
                                  std::size_t quantile_pos, std::size_t pos);
OperatorPtr MakeHistogramFraction(OperatorPtr lower, OperatorPtr upper, OperatorPtr vector,
                                  std::size_t pos);
OperatorPtr MakeHistogramQuantiles(OperatorPtr vector, std::string label,
                                   std::vector<OperatorPtr> quantiles,
                                   std::vector<std::size_t> quantile_pos, std::size_t pos);

// relabel.cc
OperatorPtr MakeLabelReplace(OperatorPtr vector, std::vector<std::string> texts);
OperatorPtr MakeLabelJoin(OperatorPtr vector, std::vector<std::string> texts);

// sort.cc
OperatorPtr MakeSort(OperatorPtr vector, bool descending, std::size_t pos);
OperatorPtr MakeSortByLabel(OperatorPtr vector, std::vector<std::string> labels, bool descending,
                            std::size_t pos);

// info.cc
/// `argument` is what `vector` was made of; `labels` may be null.
OperatorPtr MakeInfo(OperatorPtr vector, const Expr& argument, const VectorSelector* labels);

}  // namespace tidegate::promql
