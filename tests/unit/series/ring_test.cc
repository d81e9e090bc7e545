// SPDX-License-Identifier: Apache-2.0
#include "series/ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <span>

namespace tidegate {
namespace {

// Against a plain deque, over random limits and gaps.
TEST(SampleRingTest, HoldsWhatADequeWouldHold) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    const std::size_t max_size = 1 + random() % 40;
    const auto retention = static_cast<std::int64_t>(1 + random() % 100);
    SampleRing ring;
    std::deque<Sample> model;
    std::int64_t time = 0;
    for (int i = 0; i < 300; ++i) {
      time += 1 + static_cast<std::int64_t>(random() % (random() % 50 == 0 ? 200 : 5));
      ring.Push({time, static_cast<double>(i)}, time - retention, max_size);
      model.push_back({time, static_cast<double>(i)});
      while (model.front().time_ms <= time - retention || model.size() > max_size) {
        model.pop_front();
      }
      ASSERT_EQ(ring.size(), model.size());
      ASSERT_LE(ring.capacity(), max_size);
      for (std::size_t k = 0; k < model.size(); ++k) ASSERT_EQ(ring[k].value, model[k].value);
      const std::int64_t probe = time - static_cast<std::int64_t>(random() % 120);
      const auto after = std::count_if(model.begin(), model.end(),
                                       [probe](const Sample& s) { return s.time_ms <= probe; });
      const auto count = static_cast<std::size_t>(after);
      ASSERT_EQ(ring.CountUpTo(probe), count);
      ASSERT_EQ(ring.CountUpTo(probe, random() % (model.size() + 2)), count);
      ASSERT_EQ(ring.CountUpTo(probe, count), count);
      const std::size_t end = count + random() % (model.size() - count + 1);
      std::size_t next = count;
      for (const std::span<const Sample> part : ring.Range(count, end)) {
        for (const Sample& sample : part) ASSERT_EQ(sample.value, model[next++].value);
      }
      ASSERT_EQ(next, end);
    }
  }
}

}  // namespace
}  // namespace tidegate
