// SPDX-License-Identifier: Apache-2.0
//
// Labels of what an evaluation makes: series of the store as they are, and those that functions,
// aggregations and matching make of them. Texts are compared by id; a text that the store does not
// know gets an id of the evaluation's own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "series/store_impl.h"
#include "tidegate/types.h"

namespace tidegate::promql {

/// A series of a result: a name, which may be gone, and labels in the order of their names. The
/// labels belong to a series of the store or to the LabelSpace.
struct Row {
  StringId metric = 0;  ///< 0: no name
  std::span<const LabelPair> labels;
  bool drop_name = false;  ///< where names are dropped at the end: drop this one

  friend bool operator==(const Row& a, const Row& b) {
    return a.metric == b.metric && a.drop_name == b.drop_name &&
           std::equal(a.labels.begin(), a.labels.end(), b.labels.begin(), b.labels.end());
  }
};

struct RowHash {
  std::size_t operator()(const Row& row) const {
    std::uint64_t hash = row.metric;
    for (const LabelPair& pair : row.labels) {
      hash ^= (std::uint64_t{pair.name} << 32U) | pair.value;
      hash *= 0x9E3779B97F4A7C15U;
      hash ^= hash >> 29U;
    }
    return hash;
  }
};

template <typename T>
using RowMap = std::unordered_map<Row, T, RowHash>;

/// Names of labels, as ids.
struct LabelNames {
  std::vector<StringId> ids;
  bool metric = false;  ///< __name__ is among them

  bool Has(StringId id) const { return std::find(ids.begin(), ids.end(), id) != ids.end(); }
};

class LabelSpace {
 public:
  using Reader = SeriesStore::Impl::Reader;

  /// Forgets all labels made so far and looks up texts with `reader` from now on.
  void Reset(const Reader& reader);
  /// Goes on with the labels made so far. REQUIRES: `reader` is of the same store, whose series
  /// have not changed.
  void Continue(const Reader& reader) { reader_ = &reader; }

  StringId Intern(std::string_view text);
  std::string_view Text(StringId id) const;
  LabelNames Names(const std::vector<std::string>& names);

  /// The value of a label, 0 if there is none.
  StringId Get(const Row& row, StringId name) const;
  StringId Get(const Row& row, std::string_view name);

  /// Only the labels `names`.
  Row Keep(const Row& row, const LabelNames& names);
  /// All but the name and the labels `names`.
  Row Drop(const Row& row, const LabelNames& names);
  /// Without the labels `names`, and nothing else.
  Row Without(const Row& row, const LabelNames& names);
  /// Without name, type and unit.
  Row WithoutName(const Row& row);
  /// With one label set, or gone if `value` is empty.
  Row With(const Row& row, std::string_view name, std::string_view value);

  Labels ToLabels(const Row& row) const;
  /// Whether ToLabels(row) is `labels`; allocates nothing.
  bool Same(const Row& row, const Labels& labels) const;
  /// Whether a's labels come before b's, as Labels compare.
  bool Before(const Row& a, const Row& b) const;
  /// {__name__="m", a="1"}
  std::string Show(const Row& row) const;
  /// How many label sets have been made; they stay until Reset().
  std::size_t size() const { return own_labels_.size() + own_texts_.size(); }
  /// Prometheus's hash of the labels.
  std::uint64_t Hash(const Row& row) const;

 private:
  template <typename Keeps>
  std::span<const LabelPair> Filtered(std::span<const LabelPair> labels, Keeps keeps);
  template <typename Visit>
  void InOrder(const Row& row, Visit visit) const;

  const Reader* reader_ = nullptr;
  std::deque<std::string> own_texts_;
  std::unordered_map<std::string_view, StringId> own_ids_;
  std::deque<std::vector<LabelPair>> own_labels_;
  StringId type_label_ = 0;
  StringId unit_label_ = 0;
};

}  // namespace tidegate::promql
