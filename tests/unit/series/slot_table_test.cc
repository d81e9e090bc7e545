// SPDX-License-Identifier: Apache-2.0
#include "series/slot_table.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace tidegate {
namespace {

// Against a set, with hashes that collide often and wrap around the end of the table.
TEST(SlotTableTest, FindsWhatWasInsertedAndNotErased) {
  std::mt19937 random(3);
  for (const std::uint64_t spread : {std::uint64_t{2}, std::uint64_t{20}, ~std::uint64_t{0}}) {
    std::vector<std::uint64_t> hashes;
    for (int i = 0; i < 300; ++i) hashes.push_back(~std::uint64_t{0} - random() % spread);
    const auto hash_of = [&](SlotTable::Slot slot) { return hashes[slot]; };
    SlotTable table;
    std::set<SlotTable::Slot> model;
    for (int step = 0; step < 4000; ++step) {
      const auto slot = static_cast<SlotTable::Slot>(random() % hashes.size());
      if (model.erase(slot) > 0) {
        table.Erase(slot, hash_of);
      } else {
        table.Insert(slot, hash_of);
        model.insert(slot);
      }
      ASSERT_EQ(table.size(), model.size());
      const auto probe = static_cast<SlotTable::Slot>(random() % hashes.size());
      const auto found =
          table.Find(hashes[probe], [probe](SlotTable::Slot s) { return s == probe; });
      ASSERT_EQ(found.has_value(), model.count(probe) > 0);
    }
  }
}

}  // namespace
}  // namespace tidegate
