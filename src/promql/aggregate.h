// SPDX-License-Identifier: Apache-2.0
//
// Which rows are aggregated together.
#pragma once

#include <cstddef>
#include <vector>

#include "promql/operator.h"

namespace tidegate::promql {

class Groups {
 public:
  explicit Groups(const Aggregate& aggregate) : aggregate_(aggregate) {}

  void Bind(Context& context, const std::vector<Row>& in);

  /// A row a group, in the order in which they are met.
  const std::vector<Row>& rows() const { return rows_; }
  /// The group of each row that was bound.
  const std::vector<std::size_t>& of_row() const { return of_row_; }

 private:
  const Aggregate& aggregate_;
  std::vector<Row> rows_;
  std::vector<std::size_t> of_row_;
};

}  // namespace tidegate::promql
