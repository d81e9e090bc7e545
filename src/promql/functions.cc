// SPDX-License-Identifier: Apache-2.0
#include "promql/functions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "promql/arithmetic.h"
#include "promql/calendar.h"

namespace tidegate::promql {
namespace {

constexpr ExprType kS = ExprType::kScalar;
constexpr ExprType kV = ExprType::kVector;
constexpr ExprType kM = ExprType::kMatrix;
constexpr ExprType kT = ExprType::kString;

using Types = std::span<const ExprType>;
constexpr std::array<ExprType, 1> kScalar1 = {kS};
constexpr std::array<ExprType, 2> kScalar2 = {kS, kS};
constexpr std::array<ExprType, 1> kVector1 = {kV};
constexpr std::array<ExprType, 2> kVector2 = {kV, kV};
constexpr std::array<ExprType, 1> kMatrix1 = {kM};
constexpr std::array<ExprType, 2> kVectorScalar = {kV, kS};
constexpr std::array<ExprType, 3> kVectorScalar2 = {kV, kS, kS};
constexpr std::array<ExprType, 2> kVectorText = {kV, kT};
constexpr std::array<ExprType, 4> kVectorText3 = {kV, kT, kT, kT};
constexpr std::array<ExprType, 5> kVectorText4 = {kV, kT, kT, kT, kT};
constexpr std::array<ExprType, 4> kQuantiles = {kV, kT, kS, kS};
constexpr std::array<ExprType, 2> kMatrixScalar = {kM, kS};
constexpr std::array<ExprType, 3> kMatrixScalar2 = {kM, kS, kS};
constexpr std::array<ExprType, 2> kScalarMatrix = {kS, kM};
constexpr std::array<ExprType, 2> kScalarVector = {kS, kV};
constexpr std::array<ExprType, 3> kScalar2Vector = {kS, kS, kV};

double Abs(double value) { return std::fabs(value); }
double Acos(double value) { return std::acos(value); }
double Acosh(double value) { return std::acosh(value); }
double Asin(double value) { return std::asin(value); }
double Asinh(double value) { return std::asinh(value); }
double Atan(double value) { return std::atan(value); }
double Atanh(double value) { return std::atanh(value); }
double Ceil(double value) { return std::ceil(value); }
double Cos(double value) { return std::cos(value); }
double Cosh(double value) { return std::cosh(value); }
double Deg(double value) { return value * (180 / std::numbers::pi); }
double Exp(double value) { return std::exp(value); }
double Floor(double value) { return std::floor(value); }
double Rad(double value) { return value * (std::numbers::pi / 180); }
double Sgn(double value) { return value < 0 ? -1 : value > 0 ? 1 : value; }
double Sin(double value) { return std::sin(value); }
double Sinh(double value) { return std::sinh(value); }
double Sqrt(double value) { return std::sqrt(value); }
double Tan(double value) { return std::tan(value); }
double Tanh(double value) { return std::tanh(value); }

constexpr Function Math(std::string_view name, double (*math)(double)) {
  return {.name = name, .kind = FunctionKind::kMath, .arguments = kVector1, .math = math};
}

constexpr Function Calendar(std::string_view name, double (*calendar)(std::int64_t)) {
  return {.name = name,
          .kind = FunctionKind::kCalendar,
          .arguments = kVector1,
          .variadic = 1,
          .calendar = calendar,
          .depends_on_time = true};
}

constexpr Function OverTime(std::string_view name, WindowFunction function,
                            Types arguments = kMatrix1) {
  return {
      .name = name, .kind = FunctionKind::kOverTime, .arguments = arguments, .over_time = function};
}

constexpr Function Counter(std::string_view name, WindowFunction function) {
  Function counter = OverTime(name, function);
  counter.counter = true;
  return counter;
}

constexpr Function Other(std::string_view name, FunctionKind kind, Types arguments,
                         ExprType result = kV, int variadic = 0) {
  return {
      .name = name, .kind = kind, .arguments = arguments, .variadic = variadic, .result = result};
}

constexpr Function KeepsName(Function function) {
  function.keeps_name = true;
  return function;
}

constexpr Function OfTime(Function function) {
  function.depends_on_time = true;
  return function;
}

constexpr Function Experimental(Function function) {
  function.experimental = true;
  return function;
}

constexpr Function Variadic(int variadic, Function function) {
  function.variadic = variadic;
  return function;
}

constexpr FunctionKind kNative = FunctionKind::kNativeHistogram;

// In order of their names; in two lists, so that each fits a screen.
constexpr std::array kFirst = {
    Math("abs", Abs),
    Other("absent", FunctionKind::kAbsent, kVector1),
    Other("absent_over_time", FunctionKind::kAbsentOverTime, kMatrix1),
    Math("acos", Acos),
    Math("acosh", Acosh),
    Math("asin", Asin),
    Math("asinh", Asinh),
    Math("atan", Atan),
    Math("atanh", Atanh),
    OverTime("avg_over_time", AvgOverTime),
    Math("ceil", Ceil),
    OverTime("changes", Changes),
    Other("clamp", FunctionKind::kClamp, kVectorScalar2),
    Other("clamp_max", FunctionKind::kClamp, kVectorScalar),
    Other("clamp_min", FunctionKind::kClamp, kVectorScalar),
    Math("cos", Cos),
    Math("cosh", Cosh),
    OverTime("count_over_time", CountOverTime),
    Calendar("day_of_month", DayOfMonth),
    Calendar("day_of_week", DayOfWeek),
    Calendar("day_of_year", DayOfYear),
    Calendar("days_in_month", DaysInMonth),
    Math("deg", Deg),
    OverTime("delta", Delta),
    OverTime("deriv", Deriv),
    Experimental(
        OverTime("double_exponential_smoothing", DoubleExponentialSmoothing, kMatrixScalar2)),
    OfTime(Experimental(Other("end", FunctionKind::kQueryTime, {}, kS))),
    Math("exp", Exp),
    KeepsName(OverTime("first_over_time", FirstOverTime)),
    Math("floor", Floor),
    Other("histogram_avg", kNative, kVector1),
    Other("histogram_count", kNative, kVector1),
    Other("histogram_fraction", FunctionKind::kHistogramFraction, kScalar2Vector),
    Other("histogram_quantile", FunctionKind::kHistogramQuantile, kScalarVector),
    Experimental(
        Other("histogram_quantiles", FunctionKind::kHistogramQuantiles, kQuantiles, kV, 9)),
    Other("histogram_stddev", kNative, kVector1),
    Other("histogram_stdvar", kNative, kVector1),
    Other("histogram_sum", kNative, kVector1),
    Calendar("hour", Hour),
    OverTime("idelta", Idelta),
    Counter("increase", Increase),
    Experimental(Other("info", FunctionKind::kInfo, kVector2, kV, 1)),
    Experimental(Variadic(1, OverTime("integral", Integral, kMatrixScalar))),
};

constexpr std::array kSecond = {
    Counter("irate", Irate),
    Other("label_join", FunctionKind::kLabelJoin, kVectorText3, kV, -1),
    Other("label_replace", FunctionKind::kLabelReplace, kVectorText4),
    KeepsName(OverTime("last_over_time", LastOverTime)),
    Math("ln", GoLog),
    Math("log10", GoLog10),
    Math("log2", GoLog2),
    Experimental(OverTime("mad_over_time", MadOverTime)),
    Experimental(Other("max_of", FunctionKind::kNumberOf, kScalar2, kS)),
    OverTime("max_over_time", MaxOverTime),
    Experimental(Other("min_of", FunctionKind::kNumberOf, kScalar2, kS)),
    OverTime("min_over_time", MinOverTime),
    Calendar("minute", Minute),
    Calendar("month", Month),
    Other("pi", FunctionKind::kPi, {}, kS),
    OfTime(OverTime("predict_linear", PredictLinear, kMatrixScalar)),
    OverTime("present_over_time", PresentOverTime),
    OverTime("quantile_over_time", QuantileOverTime, kScalarMatrix),
    Math("rad", Rad),
    OfTime(Experimental(Other("range", FunctionKind::kQueryTime, {}, kS))),
    Counter("rate", Rate),
    Counter("resets", Resets),
    Other("round", FunctionKind::kRound, kVectorScalar, kV, 1),
    Other("scalar", FunctionKind::kScalar, kVector1, kS),
    Math("sgn", Sgn),
    Math("sin", Sin),
    Math("sinh", Sinh),
    Other("sort", FunctionKind::kSort, kVector1),
    Experimental(Other("sort_by_label", FunctionKind::kSortByLabel, kVectorText, kV, -1)),
    Experimental(Other("sort_by_label_desc", FunctionKind::kSortByLabel, kVectorText, kV, -1)),
    Other("sort_desc", FunctionKind::kSort, kVector1),
    Math("sqrt", Sqrt),
    OfTime(Experimental(Other("start", FunctionKind::kQueryTime, {}, kS))),
    OfTime(Experimental(Other("start_timestamp", kNative, kVector1))),
    OverTime("stddev_over_time", StddevOverTime),
    OverTime("stdvar_over_time", StdvarOverTime),
    OfTime(Experimental(Other("step", FunctionKind::kQueryTime, {}, kS))),
    OverTime("sum_over_time", SumOverTime),
    Math("tan", Tan),
    Math("tanh", Tanh),
    OfTime(Other("time", FunctionKind::kTime, {}, kS)),
    OfTime(Other("timestamp", FunctionKind::kTimestamp, kVector1)),
    Experimental(OverTime("ts_of_first_over_time", TimeOfFirst)),
    Experimental(OverTime("ts_of_last_over_time", TimeOfLast)),
    Experimental(OverTime("ts_of_max_over_time", TimeOfMax)),
    Experimental(OverTime("ts_of_min_over_time", TimeOfMin)),
    Other("vector", FunctionKind::kVector, kScalar1),
    Calendar("year", Year),
};

}  // namespace

const Function* FindFunction(std::string_view name) {
  const auto find = [name](const auto& functions) -> const Function* {
    const auto* found = std::lower_bound(
        functions.begin(), functions.end(), name,
        [](const Function& function, std::string_view wanted) { return function.name < wanted; });
    return found != functions.end() && found->name == name ? found : nullptr;
  };
  const Function* found = find(kFirst);
  return found != nullptr ? found : find(kSecond);
}

}  // namespace tidegate::promql
