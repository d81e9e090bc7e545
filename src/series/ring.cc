// SPDX-License-Identifier: Apache-2.0
#include "series/ring.h"

#include <algorithm>
#include <utility>

namespace tidegate {
namespace {
constexpr std::size_t kFirstCapacity = 8;
}  // namespace

std::size_t SampleRing::CountUpTo(std::int64_t time_ms) const {
  std::size_t low = 0;
  std::size_t high = size_;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if ((*this)[middle].time_ms <= time_ms) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void SampleRing::Push(Sample sample, std::int64_t oldest_ms, std::size_t max_size) {
  const std::size_t expired = CountUpTo(oldest_ms);
  begin_ = slots_.empty() ? 0 : Slot(expired);
  size_ -= expired;
  if (size_ == slots_.size()) {
    if (slots_.size() < max_size) {
      Grow(max_size);
    } else {
      begin_ = Slot(1);
      --size_;
    }
  }
  slots_[Slot(size_)] = sample;
  ++size_;
}

void SampleRing::Grow(std::size_t max_size) {
  std::vector<Sample> larger(std::min(std::max(kFirstCapacity, slots_.size() * 2), max_size));
  for (std::size_t i = 0; i < size_; ++i) larger[i] = (*this)[i];
  slots_ = std::move(larger);
  begin_ = 0;
}

}  // namespace tidegate
