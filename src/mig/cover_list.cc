// SPDX-License-Identifier: Apache-2.0
#include "mig/cover_list.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace tidegate {

CoverList::CoverList(const std::vector<std::int64_t>& served)
    : served_(served), counts_(served.size()) {
  for (std::size_t i = 0; i < served.size(); ++i) {
    if (served[i] > 0) order_.push_back(i);
  }
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::size_t a, std::size_t b) { return served[a] > served[b]; });
}

std::vector<std::vector<std::int32_t>> CoverList::Of(std::int64_t rate) {
  covers_.clear();
  Descend(0, rate);
  if (covers_.size() > kMost) covers_.clear();
  return std::move(covers_);
}

void CoverList::Descend(std::size_t depth, std::int64_t left) {
  if (covers_.size() > kMost) return;
  if (left <= 0) return covers_.push_back(counts_);
  if (depth == order_.size()) return;
  const std::size_t piece = order_[depth];
  const std::int64_t most = (left + served_[piece] - 1) / served_[piece];
  if (most > std::numeric_limits<std::int32_t>::max()) {
    covers_.resize(kMost + 1);
    return;
  }
  for (std::int64_t n = most; n >= 0; --n) {
    counts_[piece] = static_cast<std::int32_t>(n);
    Descend(depth + 1, left - n * served_[piece]);
  }
}

}  // namespace tidegate
