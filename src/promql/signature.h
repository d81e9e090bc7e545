// SPDX-License-Identifier: Apache-2.0
//
// By which rows of two vectors belong together: the labels that they are matched on, as a number.
#pragma once

#include <cstddef>
#include <vector>

#include "promql/operator.h"

namespace tidegate::promql {

class Signatures {
 public:
  explicit Signatures(const Binary& binary) : binary_(binary) {}

  /// Numbers all rows anew.
  void Bind(Context& context, const std::vector<Row>& left, const std::vector<Row>& right);

  /// Of each row; rows that match have the same.
  const std::vector<std::size_t>& left() const { return left_; }
  const std::vector<std::size_t>& right() const { return right_; }
  std::size_t count() const { return keys_.size(); }
  /// The labels that were matched on.
  const Row& key(std::size_t signature) const { return keys_[signature]; }

 private:
  const Binary& binary_;
  std::vector<std::size_t> left_;
  std::vector<std::size_t> right_;
  std::vector<Row> keys_;
};

}  // namespace tidegate::promql
