// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "promql/binary_value.h"
#include "promql/operators.h"
#include "promql/signature.h"

namespace tidegate::promql {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// Two rows that belong together; one of them may be missing where there is a fill value.
struct Pair {
  std::size_t many = kNone;
  std::size_t one = kNone;

  friend bool operator==(const Pair&, const Pair&) = default;
};

struct PairHash {
  std::size_t operator()(const Pair& pair) const {
    return pair.many * 0x9E3779B97F4A7C15U ^ pair.one;
  }
};

/// Arithmetic and comparison between vectors. The side that may have several rows a signature is
/// called `many`, the other one `one`; one to one, `many` is the left side.
///
/// Mostly no signature is twice on a side, whatever the time is: then the pairs are known when the
/// rows are, and values are computed row by row. Otherwise they are matched at each time.
class Match final : public Operator {
 public:
  Match(const Binary& binary, OperatorPtr left, OperatorPtr right, std::size_t pos)
      : binary_(binary),
        swapped_(binary.cardinality == Cardinality::kOneToMany),
        signatures_(binary),
        many_(std::move(swapped_ ? right : left)),
        one_(std::move(swapped_ ? left : right)),
        pos_(pos) {}

 private:
  bool Evaluate(Context& context, const Grid& grid) override {
    if (!RunSides(context, grid)) return false;
    const Frame& many = many_->frame();
    const Frame& one = one_->frame();
    if (many.version != bound_many_ || one.version != bound_one_) Bind(context, many, one);
    if (IsTrim(binary_.op)) Explain(context);
    return static_ ? ByRow(context, many, one) : ByTime(context, many, one);
  }

  // The left side first: its errors are told first.
  bool RunSides(Context& context, const Grid& grid) {
    Operator& first = swapped_ ? *one_ : *many_;
    Operator& second = swapped_ ? *many_ : *one_;
    return first.Run(context, grid) && second.Run(context, grid);
  }

  void Explain(Context& context) const {
    const std::string op(Spelling(binary_.op));
    context.Inform("incompatible sample types encountered for binary operator \"" + op +
                       "\": float " + op + " float",
                   pos_);
  }

  const std::optional<double>& fill_many() const {
    return swapped_ ? binary_.fill_right : binary_.fill_left;
  }
  const std::optional<double>& fill_one() const {
    return swapped_ ? binary_.fill_left : binary_.fill_right;
  }
  bool one_to_one() const { return binary_.cardinality == Cardinality::kOneToOne; }

  void Bind(Context& context, const Frame& many, const Frame& one) {
    bound_many_ = many.version;
    bound_one_ = one.version;
    include_ = binary_.include;
    matched_names_ = context.labels.Names(binary_.labels);
    signatures_.Bind(context, many.rows, one.rows);
    static_ = !fill_many() && !fill_one() && BindPairs(context, many.rows, one.rows);
    if (static_) {
      frame_.version = context.NewVersion();
      merger_.Bind(frame_.rows);
    }
  }

  // False: which rows belong together depends on the time.
  bool BindPairs(Context& context, const std::vector<Row>& many, const std::vector<Row>& one) {
    std::vector<std::size_t> partner(signatures_.count(), kNone);
    for (std::size_t row = 0; row < one.size(); ++row) {
      std::size_t& taken = partner[signatures_.right()[row]];
      if (taken != kNone) return false;
      taken = row;
    }
    pairs_.clear();
    frame_.rows.clear();
    RowMap<bool> results;  // of one signature
    std::vector<std::size_t> used(signatures_.count(), 0);
    for (std::size_t row = 0; row < many.size(); ++row) {
      const std::size_t signature = signatures_.left()[row];
      if (partner[signature] == kNone) continue;
      if (one_to_one() && ++used[signature] > 1) return false;
      pairs_.push_back({row, partner[signature]});
      const Row result = ResultRow(context, many[row], &one[partner[signature]]);
      frame_.rows.push_back(result);
      if (!one_to_one() && !results.try_emplace(result, true).second) return false;
    }
    return true;
  }

  // The labels of the result; `one` is null for a fill value.
  Row ResultRow(Context& context, const Row& many, const Row* one) {
    LabelSpace& labels = context.labels;
    const bool arithmetic = !IsComparison(binary_.op) && !IsTrim(binary_.op);
    const bool drops = arithmetic || (binary_.return_bool && !context.delayed_names());
    Row row = drops ? labels.WithoutName(many) : many;
    if (one_to_one()) {
      row = binary_.on ? labels.Keep(row, matched_names_) : labels.Without(row, matched_names_);
    }
    for (const std::string& label : include_) {
      const StringId value = one == nullptr ? 0 : labels.Get(*one, label);
      row = labels.With(row, label, labels.Text(value));
    }
    row.drop_name = binary_.return_bool;
    return row;
  }

  double Value(double many, double one) const {
    const double left = swapped_ ? one : many;
    const double right = swapped_ ? many : one;
    return VectorValue(binary_.op, binary_.return_bool, left, right, left);
  }

  bool ByRow(Context& context, const Frame& many, const Frame& one) {
    if (!context.Resize(frame_, pairs_.size(), many.steps)) return false;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      const double* a = many.column(pairs_[i].many);
      const double* b = one.column(pairs_[i].one);
      double* out = frame_.column(i);
      for (std::size_t step = 0; step < many.steps; ++step) {
        out[step] = IsAbsent(a[step]) || IsAbsent(b[step]) ? kNoValue : Value(a[step], b[step]);
      }
    }
    return merger_.Apply(context, frame_);
  }

  bool ByTime(Context& context, const Frame& many, const Frame& one) {
    rows_of_pairs_.clear();
    columns_.clear();
    frame_.rows.clear();
    for (std::size_t step = 0; step < many.steps; ++step) {
      if (!MatchAt(context, many, one, step)) return false;
    }
    frame_.version = context.NewVersion();
    bound_many_ = 0;  // the rows are this answer's only
    if (!context.Resize(frame_, columns_.size(), many.steps)) return false;
    for (std::size_t row = 0; row < columns_.size(); ++row) {
      std::copy(columns_[row].begin(), columns_[row].end(), frame_.column(row));
    }
    merger_.Bind(frame_.rows);
    return merger_.Apply(context, frame_);
  }

  static bool AnyAt(const Frame& in, std::size_t step) {
    for (std::size_t row = 0; row < in.rows.size(); ++row) {
      if (!IsAbsent(in.column(row)[step])) return true;
    }
    return false;
  }

  bool MatchAt(Context& context, const Frame& many, const Frame& one, std::size_t step) {
    // Where nothing can match nothing is ambiguous either.
    const bool fills = fill_many() || fill_one();
    if (!fills && (!AnyAt(many, step) || !AnyAt(one, step))) return true;
    if (!FindPartners(context, one, step)) return false;
    matched_.assign(signatures_.count(), {});
    for (std::size_t row = 0; row < many.rows.size(); ++row) {
      const double value = many.column(row)[step];
      const std::size_t partner = partners_[signatures_.left()[row]];
      if (IsAbsent(value) || (partner == kNone && !fill_one())) continue;
      const double other = partner == kNone ? *fill_one() : one.column(partner)[step];
      if (!Put(context, {row, partner}, signatures_.left()[row], step, many.steps,
               Value(value, other))) {
        return false;
      }
    }
    if (!fill_many()) return true;
    for (std::size_t row = 0; row < one.rows.size(); ++row) {
      const double value = one.column(row)[step];
      if (IsAbsent(value) || !matched_[signatures_.right()[row]].empty()) continue;
      if (!Put(context, {kNone, row}, signatures_.right()[row], step, many.steps,
               Value(*fill_many(), value))) {
        return false;
      }
    }
    return true;
  }

  bool FindPartners(Context& context, const Frame& one, std::size_t step) {
    partners_.assign(signatures_.count(), kNone);
    for (std::size_t row = 0; row < one.rows.size(); ++row) {
      if (IsAbsent(one.column(row)[step])) continue;
      std::size_t& partner = partners_[signatures_.right()[row]];
      if (partner != kNone) return Ambiguous(context, one, row, partner);
      partner = row;
    }
    return true;
  }

  bool Ambiguous(Context& context, const Frame& one, std::size_t a, std::size_t b) const {
    std::string first = context.labels.Show(one.rows[a]);
    std::string second = context.labels.Show(one.rows[b]);
    if (second < first) std::swap(first, second);
    const Row& key = signatures_.key(signatures_.right()[a]);
    return context.Fail("found duplicate series for the match group " + context.labels.Show(key) +
                        " on the " + (swapped_ ? "left" : "right") +
                        " hand-side of the operation: [" + first + ", " + second +
                        "];many-to-many matching not allowed: matching labels must be unique on "
                        "one side");
  }

  // One result at one time.
  bool Put(Context& context, const Pair& pair, std::size_t signature, std::size_t step,
           std::size_t steps, double value) {
    const auto [entry, added] = rows_of_pairs_.try_emplace(pair, columns_.size());
    if (added) {
      if (!context.Charge(steps)) return false;
      const Row& key = signatures_.key(signature);
      const Row& many = pair.many == kNone ? key : many_->frame().rows[pair.many];
      const Row& one = pair.one == kNone ? key : one_->frame().rows[pair.one];
      frame_.rows.push_back(ResultRow(context, many, &one));
      columns_.emplace_back(steps, kNoValue);
    }
    const std::size_t row = entry->second;
    for (const std::size_t other : matched_[signature]) {
      if (one_to_one()) {
        return context.Fail(
            "multiple matches for labels: many-to-one matching must be explicit "
            "(group_left/group_right)");
      }
      if (frame_.rows[other] == frame_.rows[row]) {
        return context.Fail(
            "multiple matches for labels: grouping labels must ensure unique matches");
      }
    }
    matched_[signature].push_back(row);
    columns_[row][step] = value;
    return true;
  }

  const Binary& binary_;
  const bool swapped_;
  Signatures signatures_;
  OperatorPtr many_;
  OperatorPtr one_;
  const std::size_t pos_;
  std::vector<std::string> include_;
  LabelNames matched_names_;
  std::uint64_t bound_many_ = 0;
  std::uint64_t bound_one_ = 0;
  bool static_ = false;
  std::vector<Pair> pairs_;  // if static_: of each row of the result
  // Otherwise, at the time that is being matched or of the rows that have been met:
  std::vector<std::size_t> partners_;              // of each signature
  std::vector<std::vector<std::size_t>> matched_;  // results of each signature
  std::unordered_map<Pair, std::size_t, PairHash> rows_of_pairs_;
  std::vector<std::vector<double>> columns_;
  Merger merger_;
};

}  // namespace

OperatorPtr MakeMatch(const Binary& binary, OperatorPtr left, OperatorPtr right, std::size_t pos) {
  return std::make_unique<Match>(binary, std::move(left), std::move(right), pos);
}

}  // namespace tidegate::promql
