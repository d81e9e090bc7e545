// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include "promql/operators.h"

namespace tidegate::promql {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The digits, or what is no digit, that `text` begins with; it is taken off.
std::string_view TakeChunk(std::string_view& text) {
  std::size_t size = 1;
  while (size < text.size() && IsDigit(text[size]) == IsDigit(text[0])) ++size;
  const std::string_view chunk = text.substr(0, size);
  text.remove_prefix(size);
  return chunk;
}

std::optional<std::int64_t> ToInteger(std::string_view chunk) {
  std::int64_t value = 0;
  const auto read = std::from_chars(chunk.data(), chunk.data() + chunk.size(), value);
  if (read.ec != std::errc() || read.ptr != chunk.data() + chunk.size()) return std::nullopt;
  return value;
}

// Natural order: a2 before a10.
bool NaturallyBefore(std::string_view a, std::string_view b) {
  while (!a.empty()) {
    if (b.empty()) return false;
    const std::string_view left = TakeChunk(a);
    const std::string_view right = TakeChunk(b);
    const std::optional<std::int64_t> x = ToInteger(left);
    const std::optional<std::int64_t> y = ToInteger(right);
    const bool equal = x && y ? *x == *y : left == right;
    if (!equal) return x && y ? *x < *y : left < right;
    if (a.empty()) return true;
    if (b.empty()) return false;
  }
  return false;
}

/// Puts the rows of an instant answer in order; over a range there is none to put them in.
class Sort : public Operator {
 public:
  Sort(OperatorPtr vector, bool descending, std::size_t pos)
      : descending_(descending), vector_(std::move(vector)), pos_(pos) {}

 protected:
  virtual void Order(Context& context, const Frame& in, std::vector<std::size_t>& rows) = 0;

  const bool descending_;

 private:
  bool Evaluate(Context& context, const Grid& grid) final {
    if (!vector_->Run(context, grid)) return false;
    const Frame& in = vector_->frame();
    if (!context.Resize(frame_, in.rows.size(), grid.steps)) return false;
    const bool range = grid.steps > 1;
    if (range) {
      context.Warn(
          "sort is ineffective for range queries since results are always ordered by labels", pos_);
    }
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < in.rows.size(); ++row) {
      if (grid.steps > 1 || !IsAbsent(in.column(row)[0])) rows.push_back(row);
    }
    if (grid.steps == 1) Order(context, in, rows);
    frame_.version = context.NewVersion();
    frame_.rows.clear();
    frame_.values.clear();
    for (const std::size_t row : rows) {
      frame_.rows.push_back(in.rows[row]);
      frame_.values.insert(frame_.values.end(), in.column(row), in.column(row) + grid.steps);
    }
    return true;
  }

  OperatorPtr vector_;
  const std::size_t pos_;
};

class SortByValue final : public Sort {
 public:
  using Sort::Sort;

 private:
  void Order(Context&, const Frame& in, std::vector<std::size_t>& rows) override {
    std::stable_sort(rows.begin(), rows.end(), [this, &in](std::size_t a, std::size_t b) {
      const double x = in.column(a)[0];
      const double y = in.column(b)[0];
      if (std::isnan(x) || std::isnan(y)) return !std::isnan(x);  // NaN comes last
      return descending_ ? x > y : x < y;
    });
  }
};

class SortByLabel final : public Sort {
 public:
  SortByLabel(OperatorPtr vector, std::vector<std::string> labels, bool descending, std::size_t pos)
      : Sort(std::move(vector), descending, pos), labels_(std::move(labels)) {}

 private:
  void Order(Context& context, const Frame& in, std::vector<std::size_t>& rows) override {
    LabelSpace& labels = context.labels;
    const auto before = [&](std::size_t a, std::size_t b) {
      for (const std::string& label : labels_) {
        const std::string_view x = labels.Text(labels.Get(in.rows[a], label));
        const std::string_view y = labels.Text(labels.Get(in.rows[b], label));
        if (x != y) return NaturallyBefore(x, y);
      }
      return labels.ToLabels(in.rows[a]) < labels.ToLabels(in.rows[b]);
    };
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
      return descending_ ? before(b, a) : before(a, b);
    });
  }

  const std::vector<std::string> labels_;
};

}  // namespace

OperatorPtr MakeSort(OperatorPtr vector, bool descending, std::size_t pos) {
  return std::make_unique<SortByValue>(std::move(vector), descending, pos);
}

OperatorPtr MakeSortByLabel(OperatorPtr vector, std::vector<std::string> labels, bool descending,
                            std::size_t pos) {
  return std::make_unique<SortByLabel>(std::move(vector), std::move(labels), descending, pos);
}

}  // namespace tidegate::promql
