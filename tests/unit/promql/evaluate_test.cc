// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "promql/arithmetic.h"
#include "promql/lane_sums.h"
#include "promql/slide.h"
#include "series/staleness.h"
#include "tidegate/promql.h"
#include "tidegate/series_store.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart{std::chrono::hours(490'000)};

QueryResult Evaluate(const SeriesStore& store, const char* text, TimePoint at,
                     const EvaluateOptions& options = {}) {
  const Result<QueryResult> result = Query::Compile(text).value().Evaluate(store, at, options);
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
  return result ? *result : QueryResult{};
}

/// A replica's page every second: `waited` us of queueing for each of `rate` requests.
void Serve(SeriesStore& store, const std::string& replica, int from, int to, int rate, int waited) {
  for (int second = from; second <= to; ++second) {
    const int requests = rate * (second - from);
    const std::string page = "# TYPE queue counter\nqueue " + std::to_string(requests * waited) +
                             "\n# TYPE done counter\ndone " + std::to_string(requests) + "\n";
    ASSERT_TRUE(
        store.IngestPage(page, {{"replica", replica}}, kStart + seconds(second)).has_value());
  }
}

constexpr const char* kWait = "avg(delta(queue[30s])/(1+delta(done[30s])))";

TEST(EvaluateTest, ThePostsExpressionReadsTheWaitOfEachRequest) {
  SeriesStore store;
  Serve(store, "a", 0, 60, 100, 10'000);
  Serve(store, "b", 0, 60, 100, 20'000);
  const QueryResult both = Evaluate(store, kWait, kStart + seconds(60));
  ASSERT_EQ(both.vector.size(), 1U);
  EXPECT_TRUE(both.vector[0].labels.empty());
  // 3000 requests in the window: 10 and 20 ms, but for the 1 in the denominator.
  EXPECT_DOUBLE_EQ(both.vector[0].value, (3e7 / 3001 + 6e7 / 3001) / 2);
  const QueryResult one =
      Evaluate(store, kWait, kStart + seconds(60), {.matchers = {{"replica", "b"}}});
  EXPECT_DOUBLE_EQ(one.vector.at(0).value, 6e7 / 3001);
  EXPECT_EQ(one.quality.newest, kStart + seconds(60));
  EXPECT_GE(one.quality.min_coverage, 0.95);
  EXPECT_FALSE(one.quality.counter_reset || one.quality.no_series || one.quality.non_finite ||
               one.quality.ended_series);
}

TEST(EvaluateTest, ANewbornCoversLittle) {
  SeriesStore store;
  Serve(store, "a", 56, 60, 100, 10'000);  // 5 samples
  const QueryResult result = Evaluate(store, kWait, kStart + seconds(60));
  EXPECT_NEAR(result.quality.min_coverage, 5.0 / 30, 1e-9);
  SeriesStore single;
  Serve(single, "a", 60, 60, 100, 10'000);
  const QueryResult none = Evaluate(single, kWait, kStart + seconds(60));
  EXPECT_TRUE(none.vector.empty());
  EXPECT_EQ(none.quality.min_coverage, 0);
  EXPECT_FALSE(none.quality.no_series);  // it is there, only too young
}

TEST(EvaluateTest, CoverageIsThatOfTheWorstSeries) {
  SeriesStore store;
  Serve(store, "old", 0, 60, 100, 10'000);
  Serve(store, "young", 51, 60, 100, 10'000);
  EXPECT_NEAR(Evaluate(store, kWait, kStart + seconds(60)).quality.min_coverage, 10.0 / 30, 1e-9);
}

// After an outage the window's edges have samples again long before its middle has.
TEST(EvaluateTest, HolesAreNotCovered) {
  SeriesStore store;
  Serve(store, "a", 0, 40, 100, 10'000);
  Serve(store, "a", 55, 60, 100, 10'000);  // nothing for 15 s
  EXPECT_NEAR(Evaluate(store, "delta(queue[30s])", kStart + seconds(60)).quality.min_coverage,
              16.0 / 30, 1e-9);
  // Every fourth scrape fails.
  SeriesStore lossy;
  for (int second = 30; second <= 60; second += second % 4 == 0 ? 2 : 1) {
    Serve(lossy, "a", second, second, 100, 10'000);
  }
  EXPECT_NEAR(Evaluate(lossy, "delta(queue[30s])", kStart + seconds(60)).quality.min_coverage, 0.75,
              1.0 / 30);
}

TEST(EvaluateTest, ThePausesOfASeriesThatIsPushedNowAndThenAreNoHoles) {
  SeriesStore store;
  for (const int second : {31, 32, 38, 40, 47, 50, 59, 60}) {
    ASSERT_TRUE(store.Ingest("jobs", {}, second, kStart + seconds(second)).ok());
  }
  EXPECT_GE(Evaluate(store, "delta(jobs[30s])", kStart + seconds(60)).quality.min_coverage, 0.9);
}

TEST(EvaluateTest, AHungReplicaShowsInTheAge) {
  SeriesStore store;
  Serve(store, "a", 0, 60, 100, 10'000);
  Serve(store, "b", 0, 45, 100, 10'000);
  const QueryResult result = Evaluate(store, kWait, kStart + seconds(60));
  EXPECT_EQ(result.quality.newest, kStart + seconds(45));
  EXPECT_LT(result.quality.min_coverage, 0.55);
  EXPECT_FALSE(result.quality.ended_series);
  store.MarkStale({{"replica", "b"}}, kStart + seconds(50));
  EXPECT_TRUE(Evaluate(store, kWait, kStart + seconds(60)).quality.ended_series);
  const QueryResult gone = Evaluate(store, "queue", kStart + seconds(60));
  ASSERT_EQ(gone.vector.size(), 1U);
  EXPECT_EQ(gone.vector[0].labels.at("replica"), "a");
}

TEST(EvaluateTest, AResetIsSeenWhereACounterFalls) {
  struct Row {
    const char* type;
    const char* query;
    bool want;
  };
  for (const Row& row : {Row{"counter", "delta(m[30s])", true},
                         {"counter", "rate(m[30s])", true},
                         {"counter", "increase(m[30s])", true},
                         {"gauge", "delta(m[30s])", false},
                         {"untyped", "delta(m[30s])", false},
                         {"untyped", "rate(m[30s])", true},
                         {"counter", "delta(m[5s])", false}}) {
    SeriesStore store;
    for (int second = 0; second <= 30; ++second) {
      const int value = second < 20 ? 1000 + second : second;
      const std::string page =
          "# TYPE m " + std::string(row.type) + "\nm " + std::to_string(value) + "\n";
      ASSERT_TRUE(store.IngestPage(page, {}, kStart + seconds(second)).has_value());
    }
    EXPECT_EQ(Evaluate(store, row.query, kStart + seconds(30)).quality.counter_reset, row.want)
        << row.type << " " << row.query;
  }
}

TEST(EvaluateTest, NothingIsNotZero) {
  SeriesStore store;
  Serve(store, "a", 0, 60, 0, 0);
  const QueryResult idle = Evaluate(store, kWait, kStart + seconds(60));
  EXPECT_EQ(idle.vector.at(0).value, 0);
  EXPECT_FALSE(idle.quality.no_series);
  const QueryResult missing =
      Evaluate(store, kWait, kStart + seconds(60), {.matchers = {{"replica", "b"}}});
  EXPECT_TRUE(missing.vector.empty());
  EXPECT_TRUE(missing.quality.no_series);
  EXPECT_EQ(missing.quality.newest, std::nullopt);
  EXPECT_TRUE(Evaluate(store, "queue + nothing", kStart + seconds(60)).quality.no_series);
}

TEST(EvaluateTest, NonFiniteSamplesAreSeen) {
  SeriesStore store;
  ASSERT_TRUE(store.IngestPage("m{x=\"1\"} NaN\nm{x=\"2\"} 7\n", {}, kStart).has_value());
  const QueryResult max = Evaluate(store, "max(m)", kStart);
  EXPECT_EQ(max.vector.at(0).value, 7);  // as in Prometheus
  EXPECT_TRUE(max.quality.non_finite);
  EXPECT_TRUE(std::isnan(Evaluate(store, "sum(m)", kStart).vector.at(0).value));
  EXPECT_FALSE(Evaluate(store, "max(m{x=\"2\"})", kStart).quality.non_finite);
}

// Prometheus 3: a sample exactly as old as the window is not in it.
TEST(EvaluateTest, WindowsAndLookbackAreLeftOpen) {
  SeriesStore store;
  for (int second = 0; second <= 10; ++second) {
    ASSERT_TRUE(store.Ingest("m", {}, second * second, kStart + seconds(second)).ok());
  }
  // In (0 s, 10 s]: 1 to 100 over 9 s, and 1 s to the left edge is less than 1.1 intervals.
  EXPECT_DOUBLE_EQ(Evaluate(store, "delta(m[10s])", kStart + seconds(10)).vector.at(0).value,
                   99.0 * ((9.0 + 1 + 0) / 9));
  const EvaluateOptions lookback{.matchers = {}, .lookback = seconds(5)};
  EXPECT_EQ(Evaluate(store, "m", kStart + milliseconds(14'999), lookback).vector.size(), 1U);
  EXPECT_EQ(Evaluate(store, "m", kStart + seconds(15), lookback).vector.size(), 0U);
  EXPECT_EQ(Evaluate(store, "m", kStart - seconds(1)).vector.size(), 0U);
}

TEST(EvaluateTest, ScalarsFollowPrecedence) {
  const SeriesStore store;
  struct Row {
    const char* text;
    double want;
  };
  for (const Row& row : {Row{"1 + 2 * 3", 7},
                         {"(1 + 2) * 3", 9},
                         {"8 / 4 / 2", 1},
                         {"8 - 4 - 2", 2},
                         {"-2 * -3", 6},
                         {"--2", 2},
                         {"1 / 0", std::numeric_limits<double>::infinity()},
                         {"1m + 1", 61}}) {
    const QueryResult result = Evaluate(store, row.text, kStart);
    EXPECT_EQ(result.type, ValueType::kScalar);
    EXPECT_EQ(result.scalar, row.want) << row.text;
  }
}

TEST(EvaluateTest, KeepsAndDropsNamesAsPrometheusDoes) {
  SeriesStore store;
  ASSERT_TRUE(store.IngestPage("m{a=\"1\",b=\"2\"} 4\nn{a=\"1\"} 2\n", {}, kStart).has_value());
  const auto labels = [&store](const char* text) {
    return Evaluate(store, text, kStart).vector.at(0).labels;
  };
  EXPECT_EQ(labels("m"), (Labels{{"__name__", "m"}, {"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(labels("-m"), (Labels{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(labels("m * 2"), (Labels{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(labels("+m"), (Labels{{"__name__", "m"}, {"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(labels("m / on(a) n"), (Labels{{"a", "1"}}));
  EXPECT_EQ(labels("m / ignoring(b) n"), (Labels{{"a", "1"}}));
  EXPECT_EQ(labels("sum by (b, __name__, none) (m)"), (Labels{{"__name__", "m"}, {"b", "2"}}));
  EXPECT_EQ(labels("sum without (b) (m)"), (Labels{{"a", "1"}}));
  EXPECT_TRUE(Evaluate(store, "m / n", kStart).vector.empty());
}

TEST(EvaluateTest, RefusesAmbiguousMatches) {
  SeriesStore store;
  ASSERT_TRUE(
      store.IngestPage("m{a=\"1\"} 4\nm{a=\"2\"} 4\nn{a=\"1\"} 2\nn2{a=\"1\"} 3\n", {}, kStart)
          .has_value());
  const auto error = [&store](const char* text) {
    const Result<QueryResult> result = Query::Compile(text).value().Evaluate(store, kStart);
    return result ? std::string("no error") : result.error().message;
  };
  EXPECT_EQ(error("n / on() m"),
            "found duplicate series for the match group {} on the right hand-side of the "
            "operation: [{__name__=\"m\", a=\"1\"}, {__name__=\"m\", a=\"2\"}];many-to-many "
            "matching not allowed: matching labels must be unique on one side");
  EXPECT_EQ(error("m / on() n"),
            "multiple matches for labels: many-to-one matching must be explicit "
            "(group_left/group_right)");
  EXPECT_EQ(error("-{__name__=~\"n.*\"}"), "vector cannot contain metrics with the same labelset");
}

// A sum of values that cancel must not depend on luck.
TEST(EvaluateTest, SumsAreCompensated) {
  SeriesStore store;
  ASSERT_TRUE(store.IngestPage("m{x=\"1\"} 1e100\nm{x=\"2\"} 1\nm{x=\"3\"} -1e100\n", {}, kStart)
                  .has_value());
  EXPECT_EQ(Evaluate(store, "sum(m)", kStart).vector.at(0).value, 1);
  EXPECT_EQ(Evaluate(store, "avg(m)", kStart).vector.at(0).value, 1.0 / 3);
  ASSERT_TRUE(store.IngestPage("h{x=\"1\"} 1.7e308\nh{x=\"2\"} 1.7e308\n", {}, kStart).has_value());
  EXPECT_EQ(Evaluate(store, "avg(h)", kStart).vector.at(0).value, 1.7e308);
}

TEST(EvaluateTest, ARangeOfTimesGivesAMatrix) {
  SeriesStore store;
  for (int second = 0; second <= 10; ++second) {
    ASSERT_TRUE(store.Ingest("m", {{"a", "1"}}, second, kStart + seconds(second)).ok());
  }
  const Query query = Query::Compile("m > 3").value();
  const QueryResult result =
      query.EvaluateRange(store, kStart, kStart + seconds(10), seconds(2)).value();
  EXPECT_EQ(result.type, ValueType::kMatrix);
  ASSERT_EQ(result.matrix.size(), 1U);
  using Points = std::vector<MatrixPoint>;
  EXPECT_EQ(result.matrix[0].points, (Points{{kStart + seconds(4), 4},
                                             {kStart + seconds(6), 6},
                                             {kStart + seconds(8), 8},
                                             {kStart + seconds(10), 10}}));
  EXPECT_FALSE(query.EvaluateRange(store, kStart, kStart, seconds(0)).has_value());
  EXPECT_TRUE(query.EvaluateRange(store, kStart, kStart - seconds(1), seconds(1))->matrix.empty());
  EXPECT_EQ(
      Query::Compile("m[5s]")->EvaluateRange(store, kStart, kStart, seconds(1)).error().message,
      "invalid expression type \"range vector\" for range query, must be Scalar or instant "
      "Vector");
  EXPECT_EQ(Evaluate(store, "m[3s]", kStart + seconds(5)).matrix.at(0).points,
            (Points{{kStart + seconds(3), 3}, {kStart + seconds(4), 4}, {kStart + seconds(5), 5}}));
  EXPECT_EQ(Evaluate(store, "\"text\"", kStart).text, "text");
}

// What a runner remembers must never show.
TEST(QueryRunnerTest, AnswersAsAFreshQueryDoesWhileSeriesComeAndGo) {
  for (const char* text :
       {"sum by (a) (rate(m[5s])) / on(a) count by (a) (m)", "topk(2, m)", "sort_desc(m)",
        "count_values(\"v\", m)", "label_replace(m, \"b\", \"$1\", \"a\", \"(.)\")",
        "absent(m{a=\"9\"})", "max_over_time(sum(m)[5s:1s])", "m and on(a) m{a=\"1\"} or m"}) {
    const Query query = Query::Compile(text).value();
    QueryRunner runner(query);
    QueryResult result;
    SeriesStore store({.retention = seconds(20)});
    for (int second = 0; second < 90; ++second) {
      const TimePoint now = kStart + seconds(second);
      for (int series = 0; series < 4; ++series) {
        if ((second / 10 + series) % 3 == 0) continue;
        const Labels labels = {{"a", std::to_string((second / 30 + series) % 5)}};
        ASSERT_TRUE(store.Ingest("m", labels, (second * 7 + series) % 5, now).ok());
      }
      ASSERT_TRUE(runner.Evaluate(store, now, {}, result).ok());
      const QueryResult fresh = query.Evaluate(store, now).value();
      ASSERT_EQ(result.vector.size(), fresh.vector.size()) << text << " at " << second;
      for (std::size_t i = 0; i < fresh.vector.size(); ++i) {
        EXPECT_EQ(result.vector[i].labels, fresh.vector[i].labels) << text << " at " << second;
        EXPECT_EQ(result.vector[i].value, fresh.vector[i].value) << text << " at " << second;
      }
    }
  }
}

TEST(EvaluateTest, BoundsTheMemoryOfAnEvaluation) {
  SeriesStore store;
  ASSERT_TRUE(store.Ingest("m", {}, 1, kStart).ok());
  const auto error = [&store](const char* text) {
    EvaluateOptions options;
    options.max_samples = 1000;
    const auto result = Query::Compile(text).value().Evaluate(store, kStart, options);
    return result ? std::string("no error") : result.error().message;
  };
  EXPECT_EQ(error("sum_over_time(m[1h:10s])"), "no error");
  const std::string too_many =
      "query processing would load too many samples into memory in query execution";
  EXPECT_EQ(error("sum_over_time(m[1h:1s])"), too_many);
  EXPECT_EQ(error("sum_over_time(vector(1)[290y:1ms])"), too_many);
}

// Each way of adding lanes up is the compensated sum of each, to the last bit.
TEST(SliderTest, LanesAreCompensatedSums) {
  std::mt19937_64 random(11);
  std::vector<promql::AddLanesFunction> ways = {promql::ScalarAddLanes(), promql::BestAddLanes()};
  for (int round = 0; round < 300; ++round) {
    std::vector<double> values(40 + promql::kLanes);
    for (double& value : values) {
      const double fraction = static_cast<double>(random() % 2'000'001) / 1e6 - 1;
      value = std::ldexp(fraction, static_cast<int>(random() % (round % 2 == 0 ? 8 : 200)));
    }
    for (const promql::AddLanesFunction add : ways) {
      promql::LaneSums lanes;
      add(values.data(), 40, lanes);
      for (std::size_t lane = 0; lane < promql::kLanes; ++lane) {
        promql::CompensatedSum alone;
        for (std::size_t i = 0; i < 40; ++i) alone.Add(values[lane + i]);
        EXPECT_EQ(lanes.sum[lane], alone.sum);
        EXPECT_EQ(lanes.lost[lane], alone.lost);
      }
    }
  }
}

// Whatever a slider has in common between windows, each value is that of the window alone.
TEST(SliderTest, AgreesWithTheWindowAlone) {
  std::mt19937_64 random(7);
  const auto value = [&random](int kind) {
    const auto pick = static_cast<double>(random() % 1000);
    if (kind == 1) return pick / 7;
    if (kind == 2 && random() % 9 == 0) return std::nan("");
    if (kind == 3 && random() % 9 == 0) return 1.7e308;
    if (kind == 4 && random() % 5 == 0) return -0.0;
    return pick;
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<Sample> samples;
    std::int64_t time_ms = 0;
    for (int i = 0; i < 60; ++i) {
      time_ms += random() % 5 == 0 ? 2500 : 1000;
      samples.push_back({time_ms, value(round % 5)});
    }
    std::vector<promql::WindowBounds> windows;
    const std::int64_t range_ms = 1000 * static_cast<std::int64_t>(1 + random() % 30);
    for (std::int64_t end_ms = 500; end_ms < time_ms + 20'000; end_ms += 1000) {
      promql::WindowBounds bounds{0, 0, end_ms - range_ms, end_ms};
      while (bounds.high < samples.size() && samples[bounds.high].time_ms <= end_ms) ++bounds.high;
      while (bounds.low < bounds.high && samples[bounds.low].time_ms <= bounds.begin_ms) {
        ++bounds.low;
      }
      windows.push_back(bounds);
    }
    for (const promql::WindowFunction function :
         {promql::Rate, promql::Increase, promql::Delta, promql::MinOverTime, promql::MaxOverTime,
          promql::SumOverTime, promql::AvgOverTime}) {
      std::vector<double> slid(windows.size());
      const double range_seconds = static_cast<double>(range_ms) / 1000;
      promql::MakeSlider(function)->Run(samples, windows, range_seconds, slid.data());
      for (std::size_t i = 0; i < windows.size(); ++i) {
        double alone = promql::kNoValue;
        if (windows[i].size() > 0) {
          promql::Window window;
          window.begin_ms = windows[i].begin_ms;
          window.end_ms = windows[i].end_ms;
          window.range_seconds = range_seconds;
          alone = function(std::span(samples).subspan(windows[i].low, windows[i].size()), window);
        }
        const bool both_nan = std::isnan(alone) && std::isnan(slid[i]) &&
                              promql::IsAbsent(alone) == promql::IsAbsent(slid[i]);
        EXPECT_TRUE(both_nan || (alone == slid[i] && std::signbit(alone) == std::signbit(slid[i])))
            << round << " window " << i << ": " << alone << " and " << slid[i];
      }
    }
  }
}

}  // namespace
}  // namespace tidegate
