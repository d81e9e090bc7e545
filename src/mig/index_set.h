// SPDX-License-Identifier: Apache-2.0
//
// A set of small integers with its smallest member at hand: one bit each, in levels of 64.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidegate {

class IndexSet {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  bool Contains(std::size_t i) const {
    return i / 64 < levels_[0].size() && (levels_[0][i / 64] >> (i % 64) & 1U) != 0;
  }

  void Insert(std::size_t i) {
    if (Contains(i)) return;
    ++size_;
    for (std::vector<std::uint64_t>& level : levels_) {
      if (level.size() <= i / 64) level.resize(i / 64 + 1);
      level[i / 64] |= std::uint64_t{1} << (i % 64);
      i /= 64;
    }
  }

  void Erase(std::size_t i) {
    if (!Contains(i)) return;
    --size_;
    for (std::vector<std::uint64_t>& level : levels_) {
      level[i / 64] &= ~(std::uint64_t{1} << (i % 64));
      if (level[i / 64] != 0) return;
      i /= 64;
    }
  }

  /// The smallest member that is not below `from`; kNone if there is none.
  std::size_t Next(std::size_t from) const {
    for (std::size_t level = 0; level < levels_.size(); ++level) {
      const std::size_t word = from / 64;
      const std::vector<std::uint64_t>& bits = levels_[level];
      if (word < bits.size()) {
        const std::uint64_t rest = bits[word] >> (from % 64) << (from % 64);
        if (rest != 0)
          return Descend(level, word * 64 + static_cast<std::size_t>(std::countr_zero(rest)));
      }
      from = word + 1;
    }
    // Past the last level's words: at most 64^3 members apart.
    const std::vector<std::uint64_t>& top = levels_.back();
    for (std::size_t word = from; word < top.size(); ++word) {
      if (top[word] == 0) continue;
      return Descend(levels_.size() - 1,
                     word * 64 + static_cast<std::size_t>(std::countr_zero(top[word])));
    }
    return kNone;
  }

  std::size_t First() const { return Next(0); }

 private:
  std::size_t Descend(std::size_t level, std::size_t i) const {
    while (level > 0) {
      --level;
      i = i * 64 + static_cast<std::size_t>(std::countr_zero(levels_[level][i]));
    }
    return i;
  }

  std::size_t size_ = 0;
  std::array<std::vector<std::uint64_t>, 3> levels_;
};

}  // namespace tidegate
