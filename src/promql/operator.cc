// SPDX-License-Identifier: Apache-2.0
#include "promql/operator.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "promql/arithmetic.h"
#include "promql/literals.h"
#include "promql/parser.h"

namespace tidegate::promql {
namespace {

constexpr double kMaxSeconds = 9223372036.854775807;  // what 63 bits of nanoseconds hold

// Go's time.Duration(x): what does not fit is the smallest number.
std::int64_t Truncated(double value) {
  return value >= -0x1p63 && value < 0x1p63 ? static_cast<std::int64_t>(value) : INT64_MIN;
}

class DurationEvaluator {
 public:
  explicit DurationEvaluator(const QuerySpan& query) : query_(query) {}

  double Seconds(const DurationExpr& expr) {
    const double left = expr.left ? Seconds(*expr.left) : 0;
    const double right = expr.right ? Seconds(*expr.right) : 0;
    switch (expr.op) {
      case DurationOp::kNumber:
        return expr.seconds;
      case DurationOp::kStep:
        return ToSeconds(query_.step_ms * 1'000'000);
      case DurationOp::kRange:
        return ToSeconds((query_.end_ms - query_.start_ms) * 1'000'000);
      case DurationOp::kPlus:
        return left + right;
      case DurationOp::kMinus:
        return left - right;
      case DurationOp::kTimes:
        return left * right;
      case DurationOp::kOver:
        if (right == 0) Fail(expr, "division by zero");
        return left / right;
      case DurationOp::kMod:
        if (right == 0) Fail(expr, "modulo by zero");
        return std::fmod(left, right);
      case DurationOp::kPower:
        return GoPow(left, right);
      case DurationOp::kNegate:
        return -right;
      case DurationOp::kMinOf:
        return GoMin(left, right);
      case DurationOp::kMaxOf:
        return GoMax(left, right);
    }
    return 0;
  }

  void Fail(const DurationExpr& expr, const char* what) {
    if (!error_.empty()) return;
    error_ = std::to_string(expr.begin) + ":" + std::to_string(expr.end) + ": " + what;
  }
  const std::string& error() const { return error_; }

 private:
  const QuerySpan& query_;
  std::string error_;
};

}  // namespace

bool Context::Fail(std::string message) {
  if (!error_) error_ = Error{ErrorCode::kInvalidArgument, std::move(message)};
  return false;
}

bool Context::Charge(std::size_t samples) {
  if (samples <= options.max_samples && charged_ <= options.max_samples - samples) {
    charged_ += samples;
    return true;
  }
  return Fail("query processing would load too many samples into memory in query execution");
}

bool Context::Resize(Frame& frame, std::size_t rows, std::size_t steps) {
  const bool huge = steps > options.max_samples || rows > options.max_samples;
  if (!Charge(huge ? options.max_samples + 1 : rows * steps)) return false;
  frame.steps = steps;
  frame.values.resize(rows * steps);
  return true;
}

std::optional<std::int64_t> Context::Nanoseconds(const DurationSpec& duration,
                                                 bool may_be_negative) {
  if (!duration.expr) return duration.nanoseconds;
  DurationEvaluator evaluator(query);
  const DurationExpr& expr = *duration.expr;
  const double seconds = evaluator.Seconds(expr);
  if (!std::isfinite(seconds)) evaluator.Fail(expr, "duration is NaN or infinite");
  if (seconds <= 0 && !may_be_negative) evaluator.Fail(expr, "duration must be greater than 0");
  if (std::fabs(seconds) > kMaxSeconds) evaluator.Fail(expr, "duration is out of range");
  if (!evaluator.error().empty()) {
    Fail(evaluator.error());
    return std::nullopt;
  }
  return Truncated(seconds * 1000) * 1'000'000;
}

std::optional<std::int64_t> Context::Milliseconds(const DurationSpec& duration,
                                                  bool may_be_negative) {
  const std::optional<std::int64_t> nanoseconds = Nanoseconds(duration, may_be_negative);
  if (!nanoseconds) return std::nullopt;
  return *nanoseconds / 1'000'000;
}

void Context::Annotate(std::vector<std::string>& list, std::string_view kind, std::string_view what,
                       std::size_t pos) {
  if (!options.annotate) return;
  std::string annotation =
      "PromQL " + std::string(kind) + ": " + std::string(what) + " (" + Place(text, pos) + ")";
  if (std::find(list.begin(), list.end(), annotation) == list.end()) {
    list.push_back(std::move(annotation));
  }
}

void Context::UseNewest(std::int64_t time_ms) {
  const TimePoint time{std::chrono::milliseconds(time_ms)};
  if (!quality.newest || time < *quality.newest) quality.newest = time;
}

std::int64_t Context::lookback_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(options.lookback).count();
}

bool Operator::Run(Context& context, const Grid& grid) {
  if (!fixed_ || grid.steps == 1) return Evaluate(context, grid);
  if (!Evaluate(context, {grid.start_ms, grid.step_ms, 1})) return false;
  const std::vector<double> once = frame_.values;
  if (!context.Resize(frame_, once.size(), grid.steps)) return false;
  for (std::size_t row = 0; row < once.size(); ++row) {
    std::fill_n(frame_.column(row), grid.steps, once[row]);
  }
  return true;
}

void Merger::Bind(std::vector<Row>& rows) {
  targets_.clear();
  RowMap<std::size_t> seen;
  seen.reserve(rows.size());
  for (const Row& row : rows) seen.try_emplace(row, seen.size());
  if (seen.size() == rows.size()) return;
  std::vector<Row> distinct(seen.size());
  for (const Row& row : rows) {
    targets_.push_back(seen.at(row));
    distinct[targets_.back()] = row;
  }
  rows = std::move(distinct);
}

bool Merger::Apply(Context& context, Frame& frame) {
  if (!needed()) return true;
  merged_.assign(frame.rows.size() * frame.steps, kNoValue);
  for (std::size_t row = 0; row < targets_.size(); ++row) {
    const double* from = frame.column(row);
    double* to = merged_.data() + targets_[row] * frame.steps;
    for (std::size_t step = 0; step < frame.steps; ++step) {
      if (IsAbsent(from[step])) continue;
      if (!IsAbsent(to[step])) {
        return context.Fail("vector cannot contain metrics with the same labelset");
      }
      to[step] = from[step];
    }
  }
  frame.values.swap(merged_);
  return true;
}

}  // namespace tidegate::promql
