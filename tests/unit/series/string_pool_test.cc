// SPDX-License-Identifier: Apache-2.0
#include "series/string_pool.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(StringPoolTest, KeepsAStringAsLongAsSomebodyHoldsIt) {
  StringPool pool;
  const StringId a = pool.Acquire("replica");
  EXPECT_EQ(pool.Acquire("replica"), a);
  EXPECT_NE(pool.Acquire("workload"), a);
  pool.Release(a);
  EXPECT_EQ(pool.Find("replica"), a);
  EXPECT_EQ(pool.Get(a), "replica");
  pool.Release(a);
  EXPECT_EQ(pool.Find("replica"), std::nullopt);
}

TEST(StringPoolTest, ReusesMemoryUnderChurn) {
  StringPool pool;
  const std::size_t bytes = pool.bytes();
  StringId highest = 0;
  for (int i = 0; i < 1000; ++i) {
    const StringId id =
        pool.Acquire("a label value that is long enough for the heap " + std::to_string(i));
    highest = std::max(highest, id);
    pool.Release(id);
  }
  EXPECT_LE(highest, 2U);
  EXPECT_EQ(pool.bytes(), bytes);
}

TEST(StringPoolTest, TheEmptyStringIsAlwaysThere) {
  StringPool pool;
  EXPECT_EQ(pool.Acquire(""), 0U);
  pool.Release(0);
  EXPECT_EQ(pool.Find(""), StringId{0});
}

}  // namespace
}  // namespace tidegate
