// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "tests/support/allocations.h"
#include "tidegate/promql.h"
#include "tidegate/series_store.h"

namespace tidegate {
namespace {

using std::chrono::seconds;
using testing::allocations;

const TimePoint kStart{std::chrono::hours(490'000)};

// A runner that has seen the series takes no more memory for the shapes that scaling uses.
TEST(QueryRunnerTest, AllocatesNothingOnceItHasSeenTheSeries) {
  for (const char* text :
       {"m", "avg(m)", "max by (zone) (m)", "rate(m[30s])", "sum(rate(m[30s]))",
        "sum by (zone) (rate(m[30s]))", "delta(m[30s])", "avg_over_time(m[30s])",
        "max_over_time(m[30s])", "avg(delta(m[30s]) / (1 + delta(n[30s])))",
        "sum(rate(m[30s])) / sum(rate(n[30s]))", "m > 10", "m / on(replica) n", "quantile(0.9, m)",
        "max_over_time(sum(m)[30s:5s])", "clamp_min(m - n, 0)"}) {
    SeriesStore store({.retention = seconds(60)});
    const Query query = Query::Compile(text).value();
    QueryRunner runner(query);
    QueryResult result;
    std::uint64_t taken = 0;
    for (int second = 0; second < 200; ++second) {
      const TimePoint now = kStart + seconds(second);
      for (int replica = 0; replica < 12; ++replica) {
        const Labels labels = {{"replica", "replica-number-" + std::to_string(replica)},
                               {"zone", "zone-of-a-long-name-" + std::to_string(replica % 3)}};
        ASSERT_TRUE(store.Ingest("m", labels, second * replica, now).ok());
        ASSERT_TRUE(store.Ingest("n", labels, second * (replica + 1), now).ok());
      }
      const std::uint64_t before = allocations;
      const Status done = runner.Evaluate(store, now, {}, result);
      if (second >= 150) taken += allocations - before;
      ASSERT_TRUE(done.ok());
    }
    EXPECT_EQ(taken, 0U) << text;
    EXPECT_FALSE(result.vector.empty()) << text;
  }
}

}  // namespace
}  // namespace tidegate
