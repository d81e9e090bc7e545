// SPDX-License-Identifier: Apache-2.0
#include "series/ring.h"

#include <algorithm>
#include <utility>

namespace tidegate {
namespace {
constexpr std::size_t kFirstCapacity = 2;
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
  while (size_ > 0 && (*this)[0].time_ms <= oldest_ms) DropOldest();
  if (size_ == capacity_) {
    if (capacity_ < max_size) {
      Grow(max_size);
    } else {
      DropOldest();
    }
  }
  slots_[Slot(size_)] = sample;
  ++size_;
}

void SampleRing::DropOldest() {
  begin_ = static_cast<std::uint32_t>(Slot(1));
  --size_;
}

void SampleRing::Grow(std::size_t max_size) {
  const std::size_t capacity =
      std::min(std::max<std::size_t>(kFirstCapacity, std::size_t{capacity_} * 2), max_size);
  auto larger = std::make_unique<Sample[]>(capacity);
  for (std::size_t i = 0; i < size_; ++i) larger[i] = (*this)[i];
  slots_ = std::move(larger);
  capacity_ = static_cast<std::uint32_t>(capacity);
  begin_ = 0;
}

}  // namespace tidegate
