// SPDX-License-Identifier: Apache-2.0
#include "promql/signature.h"

namespace tidegate::promql {

void Signatures::Bind(Context& context, const std::vector<Row>& left,
                      const std::vector<Row>& right) {
  const LabelNames names = context.labels.Names(binary_.labels);
  RowMap<std::size_t> index;
  index.reserve(left.size() + right.size());
  keys_.clear();
  const auto number = [&](const std::vector<Row>& rows, std::vector<std::size_t>& signatures) {
    signatures.clear();
    signatures.reserve(rows.size());
    for (const Row& row : rows) {
      const Row key =
          binary_.on ? context.labels.Keep(row, names) : context.labels.Drop(row, names);
      const auto [entry, added] = index.try_emplace(key, keys_.size());
      if (added) keys_.push_back(key);
      signatures.push_back(entry->second);
    }
  };
  number(left, left_);
  number(right, right_);
}

}  // namespace tidegate::promql
