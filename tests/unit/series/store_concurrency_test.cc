// SPDX-License-Identifier: Apache-2.0
//
// Meant for ThreadSanitizer: everything at once on one store.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tidegate/promql.h"
#include "tidegate/series_store.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;

TEST(SeriesStoreConcurrencyTest, EveryCallMayComeFromAnyThread) {
  constexpr int kRounds = 300;
  const TimePoint start{std::chrono::hours(490'000)};
  SeriesStore store({.retention = milliseconds(200), .max_series = 500});
  const Query query = Query::Compile("sum(rate(pushed[1m])) + sum(rate(scraped[1m]))").value();
  std::vector<std::thread> threads;
  for (int id = 0; id < 2; ++id) {
    threads.emplace_back([&store, start, id] {
      const Labels labels = {{"thread", std::to_string(id)}};
      for (int i = 0; i < kRounds; ++i) {
        EXPECT_TRUE(store.Ingest("pushed", labels, i, start + milliseconds(i)).ok());
      }
    });
    threads.emplace_back([&store, start, id] {
      const Labels target = {{"replica", std::to_string(id)}};
      for (int i = 0; i < kRounds; ++i) {
        const std::string page =
            "scraped " + std::to_string(i) + "\nodd{i=\"" + std::to_string(i) + "\"} 1\n";
        EXPECT_TRUE(store.IngestPage(page, target, start + milliseconds(2 * i)).has_value());
        if (i % 50 == 0) store.MarkStale(target, start + milliseconds(2 * i + 1));
      }
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < kRounds; ++i) {
      EXPECT_TRUE(query.Evaluate(store, start + milliseconds(i)).has_value());
      EXPECT_LE(store.stats().series, 500U);
    }
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store.stats().pages_total, 2U * kRounds);
  EXPECT_EQ(store.stats().duplicate_total + store.stats().out_of_order_total, 0U);
}

}  // namespace
}  // namespace tidegate
