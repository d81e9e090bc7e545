// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "promql/operators.h"
#include "regex/regex.h"
#include "text/utf8.h"

namespace tidegate::promql {
namespace {

bool IsLabelName(std::string_view name) { return !name.empty() && IsUtf8(name); }

/// A vector whose rows get other labels; the values stay.
class Relabel : public Operator {
 public:
  explicit Relabel(OperatorPtr vector) : vector_(std::move(vector)) {}

 protected:
  virtual bool Check(Context& context) const = 0;
  virtual Row Relabeled(LabelSpace& labels, const Row& row) const = 0;

 private:
  bool Evaluate(Context& context, const Grid& grid) final {
    if (!Check(context) || !vector_->Run(context, grid)) return false;
    Frame& in = vector_->frame();
    if (in.version != bound_) {
      bound_ = in.version;
      frame_.version = context.NewVersion();
      frame_.rows = in.rows;
      for (Row& row : frame_.rows) row = Relabeled(context.labels, row);
      merger_.Bind(frame_.rows);
    }
    frame_.steps = grid.steps;
    frame_.values.swap(in.values);
    return merger_.Apply(context, frame_);
  }

  OperatorPtr vector_;
  std::uint64_t bound_ = 0;
  Merger merger_;
};

class LabelReplace final : public Relabel {
 public:
  LabelReplace(OperatorPtr vector, std::vector<std::string> texts)
      : Relabel(std::move(vector)),
        to_(std::move(texts[0])),
        replacement_(std::move(texts[1])),
        from_(std::move(texts[2])),
        pattern_(std::move(texts[3])),
        regex_(Regex::Compile(pattern_)) {}

 private:
  bool Check(Context& context) const override {
    if (!regex_) return context.Fail("invalid regular expression in label_replace(): " + pattern_);
    if (IsLabelName(to_)) return true;
    return context.Fail("invalid destination label name in label_replace(): " + to_);
  }

  Row Relabeled(LabelSpace& labels, const Row& row) const override {
    const std::string_view value = labels.Text(labels.Get(row, from_));
    const auto groups = regex_->Groups(value);
    if (!groups) return row;
    Row relabeled = labels.With(row, to_, regex_->Expand(replacement_, *groups));
    if (to_ == kMetricNameLabel) relabeled.drop_name = false;
    return relabeled;
  }

  const std::string to_;
  const std::string replacement_;
  const std::string from_;
  const std::string pattern_;
  const Result<Regex> regex_;
};

class LabelJoin final : public Relabel {
 public:
  LabelJoin(OperatorPtr vector, std::vector<std::string> texts)
      : Relabel(std::move(vector)),
        to_(std::move(texts[0])),
        separator_(std::move(texts[1])),
        from_(texts.begin() + 2, texts.end()) {}

 private:
  bool Check(Context& context) const override {
    for (const std::string& label : from_) {
      if (!IsLabelName(label)) {
        return context.Fail("invalid source label name in label_join(): " + label);
      }
    }
    if (IsLabelName(to_)) return true;
    return context.Fail("invalid destination label name in label_join(): " + to_);
  }

  Row Relabeled(LabelSpace& labels, const Row& row) const override {
    std::string joined;
    for (std::size_t i = 0; i < from_.size(); ++i) {
      if (i > 0) joined += separator_;
      joined += labels.Text(labels.Get(row, from_[i]));
    }
    Row relabeled = labels.With(row, to_, joined);
    if (to_ == kMetricNameLabel) relabeled.drop_name = false;
    return relabeled;
  }

  const std::string to_;
  const std::string separator_;
  const std::vector<std::string> from_;
};

}  // namespace

OperatorPtr MakeLabelReplace(OperatorPtr vector, std::vector<std::string> texts) {
  return std::make_unique<LabelReplace>(std::move(vector), std::move(texts));
}

OperatorPtr MakeLabelJoin(OperatorPtr vector, std::vector<std::string> texts) {
  return std::make_unique<LabelJoin>(std::move(vector), std::move(texts));
}

}  // namespace tidegate::promql
