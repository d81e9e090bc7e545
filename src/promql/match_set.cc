// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "promql/operators.h"
#include "promql/signature.h"

namespace tidegate::promql {
namespace {

/// and, or, unless: rows of one side by what the other side has at the time.
class MatchSet final : public Operator {
 public:
  MatchSet(const Binary& binary, OperatorPtr left, OperatorPtr right)
      : op_(binary.op), signatures_(binary), left_(std::move(left)), right_(std::move(right)) {}

 private:
  bool Evaluate(Context& context, const Grid& grid) override {
    if (!left_->Run(context, grid) || !right_->Run(context, grid)) return false;
    const Frame& left = left_->frame();
    const Frame& right = right_->frame();
    if (left.version != bound_left_ || right.version != bound_right_) Bind(context, left, right);
    const bool either = op_ == BinaryOp::kOr;
    const std::size_t rows = left.rows.size() + (either ? right.rows.size() : 0);
    if (!context.Resize(frame_, rows, grid.steps)) return false;
    if (either) {
      FindPresent(left, signatures_.left());
      std::copy(left.values.begin(), left.values.end(), frame_.values.begin());
      Filter(right, signatures_.right(), false, frame_.column(left.rows.size()));
      return merger_.Apply(context, frame_);
    }
    FindPresent(right, signatures_.right());
    Filter(left, signatures_.left(), op_ == BinaryOp::kAnd, frame_.values.data());
    return true;
  }

  void Bind(Context& context, const Frame& left, const Frame& right) {
    bound_left_ = left.version;
    bound_right_ = right.version;
    signatures_.Bind(context, left.rows, right.rows);
    frame_.rows = left.rows;
    frame_.version = context.NewVersion();
    if (op_ != BinaryOp::kOr) return;
    frame_.rows.insert(frame_.rows.end(), right.rows.begin(), right.rows.end());
    merger_.Bind(frame_.rows);
  }

  // Which signatures have a value at which times.
  void FindPresent(const Frame& in, const std::vector<std::size_t>& signatures) {
    present_.assign(signatures_.count() * in.steps, 0);
    for (std::size_t row = 0; row < in.rows.size(); ++row) {
      const double* values = in.column(row);
      char* present = present_.data() + signatures[row] * in.steps;
      for (std::size_t step = 0; step < in.steps; ++step) {
        if (!IsAbsent(values[step])) present[step] = 1;
      }
    }
  }

  // The values whose signature is present, or those whose is not.
  void Filter(const Frame& in, const std::vector<std::size_t>& signatures, bool wanted,
              double* out) const {
    for (std::size_t row = 0; row < in.rows.size(); ++row) {
      const double* values = in.column(row);
      const char* present = present_.data() + signatures[row] * in.steps;
      for (std::size_t step = 0; step < in.steps; ++step) {
        *out++ = (present[step] != 0) == wanted ? values[step] : kNoValue;
      }
    }
  }

  const BinaryOp op_;
  Signatures signatures_;
  OperatorPtr left_;
  OperatorPtr right_;
  std::uint64_t bound_left_ = 0;
  std::uint64_t bound_right_ = 0;
  std::vector<char> present_;
  Merger merger_;
};

}  // namespace

OperatorPtr MakeMatchSet(const Binary& binary, OperatorPtr left, OperatorPtr right) {
  return std::make_unique<MatchSet>(binary, std::move(left), std::move(right));
}

}  // namespace tidegate::promql
