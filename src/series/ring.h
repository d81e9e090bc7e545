// SPDX-License-Identifier: Apache-2.0
//
// SampleRing: the samples of one series in time order; the oldest make room for the newest.
//
// Thread safety: guarded by its owner.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace tidegate {

struct Sample {
  std::int64_t time_ms = 0;  ///< milliseconds since the epoch, Prometheus's resolution
  double value = 0;
};

class SampleRing {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }

  /// The i-th oldest. REQUIRES: i < size().
  const Sample& operator[](std::size_t i) const { return slots_[Slot(i)]; }
  /// The newest. REQUIRES: !empty().
  const Sample& back() const { return (*this)[size_ - 1]; }

  /// Push() is near: has the processor fetch what it will touch.
  void PrefetchForPush() const {
    if (capacity_ == 0) return;
    __builtin_prefetch(&slots_[Slot(size_ > 0 ? size_ - 1 : 0)]);
    __builtin_prefetch(&slots_[begin_]);
  }

  /// How many samples are not after `time_ms`: the index of the first one that is.
  std::size_t CountUpTo(std::int64_t time_ms) const;
  /// The same, quick if it is `guess`.
  std::size_t CountUpTo(std::int64_t time_ms, std::size_t guess) const {
    const bool right = guess <= size_ && (guess == 0 || (*this)[guess - 1].time_ms <= time_ms) &&
                       (guess == size_ || (*this)[guess].time_ms > time_ms);
    return right ? guess : CountUpTo(time_ms);
  }

  /// The samples [begin, end) as they lie in memory, in one part or in two, until the next Push().
  /// REQUIRES: begin <= end <= size().
  std::array<std::span<const Sample>, 2> Range(std::size_t begin, std::size_t end) const {
    const Sample* const slots = slots_.get();
    const std::size_t turn = capacity_ - begin_;  // which sample would be in slot 0
    if (begin >= turn) return {std::span(slots + (begin - turn), end - begin)};
    if (end <= turn) return {std::span(slots + begin_ + begin, end - begin)};
    return {std::span(slots + begin_ + begin, turn - begin), std::span(slots, end - turn)};
  }

  /// Range() is near, for about these samples.
  void PrefetchRange(std::size_t begin, std::size_t end) const {
    if (begin >= end || end > size_) return;
    constexpr std::size_t kOfLine = 64 / sizeof(Sample);
    for (std::size_t i = begin; i < end; i += kOfLine) __builtin_prefetch(&(*this)[i]);
    __builtin_prefetch(&(*this)[end - 1]);
  }

  /// Appends `sample`, drops what is not after `oldest_ms`, and keeps at most `max_size`.
  /// REQUIRES: max_size > 0, and `sample` is after back().
  void Push(Sample sample, std::int64_t oldest_ms, std::size_t max_size);

 private:
  std::size_t Slot(std::size_t i) const {
    const std::size_t slot = begin_ + i;
    return slot < capacity_ ? slot : slot - capacity_;
  }
  void DropOldest();
  void Grow(std::size_t max_size);

  std::unique_ptr<Sample[]> slots_;
  std::uint32_t capacity_ = 0;
  std::uint32_t begin_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace tidegate
