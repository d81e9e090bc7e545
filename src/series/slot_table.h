// SPDX-License-Identifier: Apache-2.0
//
// SlotTable finds the slot of a series by its hash: open addressing, 4 bytes a cell, at most three
// quarters full. The hashes themselves stay with the series.
//
// Thread safety: guarded by its owner.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tidegate {

class SlotTable {
 public:
  using Slot = std::uint32_t;

  std::size_t size() const { return size_; }

  /// The slot with this hash for which `is_it(slot)` is true.
  template <typename Predicate>
  std::optional<Slot> Find(std::uint64_t hash, const Predicate& is_it) const {
    if (cells_.empty()) return std::nullopt;
    for (std::size_t i = Home(hash); cells_[i] != kEmpty; i = Next(i)) {
      if (is_it(cells_[i])) return cells_[i];
    }
    return std::nullopt;
  }

  /// `hash_of(slot)` is the hash of a slot that is in the table.
  template <typename HashOf>
  void Insert(Slot slot, const HashOf& hash_of) {
    if ((size_ + 1) * 4 > cells_.size() * 3) Grow(hash_of);
    Place(slot, hash_of(slot));
    ++size_;
  }

  /// REQUIRES: it is in the table.
  template <typename HashOf>
  void Erase(Slot slot, const HashOf& hash_of) {
    std::size_t hole = Home(hash_of(slot));
    while (cells_[hole] != slot) hole = Next(hole);
    // What follows moves up if the hole is between its home and where it is.
    for (std::size_t i = Next(hole); cells_[i] != kEmpty; i = Next(i)) {
      const std::size_t home = Home(hash_of(cells_[i]));
      if (Distance(home, hole) > Distance(home, i)) continue;
      cells_[hole] = cells_[i];
      hole = i;
    }
    cells_[hole] = kEmpty;
    --size_;
  }

 private:
  static constexpr Slot kEmpty = ~Slot{0};
  static constexpr std::size_t kFirstCells = 16;

  std::size_t Home(std::uint64_t hash) const { return hash & (cells_.size() - 1); }
  std::size_t Next(std::size_t i) const { return (i + 1) & (cells_.size() - 1); }
  std::size_t Distance(std::size_t from, std::size_t to) const {
    return (to - from) & (cells_.size() - 1);
  }

  void Place(Slot slot, std::uint64_t hash) {
    std::size_t i = Home(hash);
    while (cells_[i] != kEmpty) i = Next(i);
    cells_[i] = slot;
  }

  template <typename HashOf>
  void Grow(const HashOf& hash_of) {
    const std::vector<Slot> old = std::exchange(
        cells_, std::vector<Slot>(cells_.empty() ? kFirstCells : cells_.size() * 2, kEmpty));
    for (const Slot slot : old) {
      if (slot != kEmpty) Place(slot, hash_of(slot));
    }
  }

  std::vector<Slot> cells_;  // a power of two
  std::size_t size_ = 0;
};

}  // namespace tidegate
