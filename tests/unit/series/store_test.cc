// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "series/staleness.h"
#include "series/store_impl.h"
#include "tidegate/series_store.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const TimePoint kStart{std::chrono::hours(490'000)};
const Labels kTarget = {{"replica", "flower-0"}, {"workload", "flower"}};

/// All samples of the store, by series text; `stale` where a marker is.
std::map<std::string, std::vector<std::string>> Contents(const SeriesStore& store) {
  const SeriesStore::Impl::Reader reader(store.impl());
  std::map<std::string, std::vector<std::string>> contents;
  for (const Series* series : reader.Select({}, {})) {
    std::string name(reader.Text(series->metric));
    for (const LabelPair& pair : series->labels) {
      name +=
          "," + std::string(reader.Text(pair.name)) + "=" + std::string(reader.Text(pair.value));
    }
    std::vector<std::string>& samples = contents[name];
    for (std::size_t i = 0; i < series->samples.size(); ++i) {
      const Sample& sample = series->samples[i];
      samples.push_back(std::to_string(sample.time_ms - ToMillis(kStart)) + ":" +
                        (IsStaleMarker(sample.value) ? "stale" : std::to_string(sample.value)));
    }
  }
  return contents;
}

std::vector<std::string> Names(const SeriesStore& store, const std::vector<Matcher>& matchers,
                               const Labels& equal = {}) {
  const SeriesStore::Impl::Reader reader(store.impl());
  std::vector<std::string> names;
  for (const Series* series : reader.Select(matchers, equal)) {
    std::string name(reader.Text(series->metric));
    for (const LabelPair& pair : series->labels) {
      name +=
          "," + std::string(reader.Text(pair.name)) + "=" + std::string(reader.Text(pair.value));
    }
    names.push_back(std::move(name));
  }
  return names;
}

TEST(SeriesStoreTest, KeepsWhatIsIngested) {
  SeriesStore store;
  ASSERT_TRUE(store.Ingest("queue", {{"model", "a"}, {"empty", ""}}, 1, kStart).ok());
  ASSERT_TRUE(store.Ingest("queue", {{"model", "a"}}, 2, kStart + seconds(1)).ok());
  EXPECT_EQ(Contents(store).at("queue,model=a"),
            (std::vector<std::string>{"0:1.000000", "1000:2.000000"}));
  const SeriesStoreStats stats = store.stats();
  EXPECT_EQ(stats.series, 1U);
  EXPECT_EQ(stats.samples, 2U);
  EXPECT_EQ(stats.ingested_total, 2U);
  EXPECT_GT(stats.bytes, 100U);
}

TEST(SeriesStoreTest, RefusesTheRepeatedAndTheLateAndCountsThem) {
  SeriesStore store;
  ASSERT_TRUE(store.Ingest("m", {}, 1, kStart).ok());
  const Status duplicate = store.Ingest("m", {}, 1, kStart);
  ASSERT_FALSE(duplicate);
  EXPECT_EQ(duplicate.error().code, ErrorCode::kConflict);
  const Status late = store.Ingest("m", {}, 1, kStart - seconds(1));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().message, "m: the sample is older than the newest one of its series");
  EXPECT_EQ(store.stats().duplicate_total, 1U);
  EXPECT_EQ(store.stats().out_of_order_total, 1U);
  EXPECT_EQ(store.stats().samples, 1U);
}

TEST(SeriesStoreTest, RefusesBadNames) {
  SeriesStore store;
  EXPECT_EQ(store.Ingest("", {}, 1, kStart).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(store.Ingest("\xFF", {}, 1, kStart).error().message, "the metric name is not UTF-8");
  EXPECT_EQ(store.Ingest("m", {{"", "x"}}, 1, kStart).error().message,
            "m has a label without a name");
  EXPECT_EQ(store.Ingest("m", {{"__name__", "x"}}, 1, kStart).error().message,
            "label name \"__name__\" is not unique");
  EXPECT_EQ(store.stats().series, 0U);
}

TEST(SeriesStoreTest, EveryLimitHasItsCounter) {
  SeriesStore store({.max_series = 2,
                     .max_samples_per_page = 3,
                     .max_labels = 2,
                     .max_label_name_length = 12,
                     .max_label_value_length = 10});
  const auto refused = [&store](const Labels& labels) {
    return store.Ingest("m", labels, 1, kStart).error().code;
  };
  EXPECT_EQ(refused({{"a", "1"}, {"b", "2"}, {"c", "3"}}), ErrorCode::kUnavailable);
  EXPECT_EQ(store.stats().refused_labels_total, 1U);
  EXPECT_EQ(refused({{"a_long_label_name", "1"}}), ErrorCode::kUnavailable);
  EXPECT_EQ(refused({{"a", "a long label value"}}), ErrorCode::kUnavailable);
  EXPECT_EQ(store.stats().refused_label_length_total, 2U);
  const Result<PageSummary> page = store.IngestPage("a 1\nb 1\nc 1\nd 1\n", {}, kStart);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().message, "line 4, column 1: the page has more than 3 samples");
  EXPECT_EQ(store.stats().refused_page_samples_total, 1U);
  const Result<PageSummary> series = store.IngestPage("a 1\nb 1\nc 1\n", {}, kStart);
  ASSERT_FALSE(series);
  EXPECT_EQ(series.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(series.error().message, "the store holds its 2 series already");
  EXPECT_EQ(store.stats().refused_series_total, 1U);
  EXPECT_EQ(store.stats().series, 0U);
  ASSERT_TRUE(store.IngestPage("a 1\nb 1\n", {}, kStart).has_value());
  EXPECT_EQ(refused({}), ErrorCode::kUnavailable);
  EXPECT_EQ(store.stats().refused_series_total, 2U);
}

TEST(SeriesStoreTest, ExpiredSeriesMakeRoom) {
  SeriesStore store({.retention = minutes(1), .max_series = 2});
  ASSERT_TRUE(store.Ingest("a", {}, 1, kStart).ok());
  ASSERT_TRUE(store.Ingest("b", {}, 1, kStart).ok());
  EXPECT_FALSE(store.Ingest("c", {}, 1, kStart + seconds(59)));
  EXPECT_TRUE(store.Ingest("c", {}, 1, kStart + seconds(61)).ok());
  EXPECT_TRUE(store.IngestPage("d 1\n", {}, kStart + seconds(61)).has_value());
  EXPECT_EQ(Contents(store).size(), 2U);
}

// A first page that finds the store full of the expired: they, and targets with them, go while
// the page is being put in.
TEST(SeriesStoreTest, AFullStoreTakesANewTarget) {
  SeriesStore store({.retention = minutes(1), .max_series = 2});
  ASSERT_TRUE(store.IngestPage("a 1\nb 1\n", kTarget, kStart).has_value());
  EXPECT_FALSE(store.IngestPage("c 1\n", {}, kStart + seconds(50)));
  EXPECT_TRUE(store.IngestPage("c 1\nd 1\n", {}, kStart + seconds(61)).has_value());
  EXPECT_TRUE(store.IngestPage("c 1\nd 1\n", {}, kStart + seconds(62)).has_value());
  EXPECT_EQ(store.stats().series, 2U);
}

TEST(SeriesStoreTest, ForgetsWhatIsOlderThanTheRetention) {
  SeriesStore store({.retention = seconds(10), .max_samples_per_series = 5});
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(store.Ingest("m", {}, i, kStart + seconds(3 * i)).ok());
  }
  EXPECT_EQ(store.stats().samples, 4U);  // 0, 3, 6 and 9 s old
  const std::size_t bytes = store.stats().bytes;
  for (int i = 0; i < 10'000; ++i) {  // replicas come and go
    ASSERT_TRUE(
        store.Ingest("m", {{"replica", std::to_string(i)}}, 1, kStart + minutes(10) + seconds(i))
            .ok());
  }
  EXPECT_LT(store.stats().series, 30U);
  EXPECT_LT(store.stats().bytes, 40 * bytes);
}

TEST(SeriesStoreTest, NonFiniteSamplesStayAsTheyAre) {
  SeriesStore store;
  ASSERT_TRUE(store.IngestPage("a NaN\nb +Inf\nc -Inf\n", {}, kStart).has_value());
  const auto contents = Contents(store);
  EXPECT_EQ(contents.at("a").back(), "0:nan");
  EXPECT_EQ(contents.at("b").back(), "0:inf");
  EXPECT_EQ(contents.at("c").back(), "0:-inf");
}

TEST(SeriesStorePageTest, AddsTheTargetsLabels) {
  SeriesStore store;
  const Result<PageSummary> summary =
      store.IngestPage("m{replica=\"own\",x=\"y\",empty=\"\"} 1\n", kTarget, kStart);
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->samples, 1U);
  EXPECT_EQ(summary->series_added, 1U);
  // As Prometheus renames a label that collides with the target's.
  EXPECT_EQ(Contents(store).begin()->first,
            "m,exported_replica=own,replica=flower-0,workload=flower,x=y");
}

TEST(SeriesStorePageTest, IsAllOrNothing) {
  SeriesStore store;
  ASSERT_TRUE(store.IngestPage("a 1\nb 1\n", kTarget, kStart).has_value());
  const auto before = Contents(store);
  const Result<PageSummary> bad =
      store.IngestPage("a 2\nc 1\nb{ 2\n", kTarget, kStart + seconds(1));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "line 3, column 4: expected a label name, got \"2\"");
  const Result<PageSummary> twice =
      store.IngestPage("a 2\nb{x=\"1\",x=\"2\"} 2\n", kTarget, kStart + seconds(1));
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().message, "line 2, column 1: label name \"x\" is not unique");
  EXPECT_EQ(Contents(store), before);
  EXPECT_EQ(store.stats().parse_errors_total, 2U);
  EXPECT_EQ(store.stats().pages_total, 1U);
}

TEST(SeriesStorePageTest, EndsWhatVanishes) {
  SeriesStore store;
  ASSERT_TRUE(store.IngestPage("a 1\nb 1\n", kTarget, kStart).has_value());
  ASSERT_TRUE(store.IngestPage("b 2\n", kTarget, kStart + seconds(1)).has_value());
  ASSERT_TRUE(store.IngestPage("b 3\n", kTarget, kStart + seconds(2)).has_value());
  ASSERT_TRUE(store.IngestPage("a 4\nb 4\n", kTarget, kStart + seconds(3)).has_value());
  const auto contents = Contents(store);
  EXPECT_EQ(contents.at("a,replica=flower-0,workload=flower"),
            (std::vector<std::string>{"0:1.000000", "1000:stale", "3000:4.000000"}));
  EXPECT_EQ(contents.at("b,replica=flower-0,workload=flower").size(), 4U);
}

TEST(SeriesStorePageTest, TargetsDoNotEndEachOthersSeries) {
  SeriesStore store;
  const Labels other = {{"replica", "flower-1"}};
  ASSERT_TRUE(store.IngestPage("a 1\n", kTarget, kStart).has_value());
  ASSERT_TRUE(store.IngestPage("a 1\n", other, kStart).has_value());
  store.MarkStale(other, kStart + seconds(1));
  store.MarkStale(other, kStart + seconds(2));  // once is enough
  const auto contents = Contents(store);
  EXPECT_EQ(contents.at("a,replica=flower-0,workload=flower").size(), 1U);
  EXPECT_EQ(contents.at("a,replica=flower-1"),
            (std::vector<std::string>{"0:1.000000", "1000:stale"}));
}

TEST(SeriesStorePageTest, AnEmptyPageEndsAll) {
  SeriesStore store;
  ASSERT_TRUE(store.IngestPage("a 1\n", {}, kStart).has_value());
  ASSERT_TRUE(store.IngestPage("", {}, kStart + seconds(1)).has_value());
  EXPECT_EQ(Contents(store).at("a").back(), "1000:stale");
}

TEST(SeriesStorePageTest, HonoursTimestampsAndDoesNotEndTheirSeries) {
  SeriesStore store;
  const std::int64_t ms = ToMillis(kStart) - 500;
  ASSERT_TRUE(store.IngestPage("a 1 " + std::to_string(ms) + "\n", {}, kStart).has_value());
  ASSERT_TRUE(store.IngestPage("b 1\n", {}, kStart + seconds(1)).has_value());
  EXPECT_EQ(Contents(store).at("a"), (std::vector<std::string>{"-500:1.000000"}));
}

TEST(SeriesStorePageTest, LeavesOutWhatIsTooFarAhead) {
  SeriesStore store;
  const std::string ahead = std::to_string(ToMillis(kStart + minutes(10)) + 1);
  const Result<PageSummary> summary = store.IngestPage("a 1 " + ahead + "\nb 1\n", {}, kStart);
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->samples, 1U);
  EXPECT_EQ(summary->left_out, 1U);
  EXPECT_EQ(store.stats().too_far_ahead_total, 1U);
  EXPECT_EQ(store.stats().series, 1U);
  const std::string just = std::to_string(ToMillis(kStart + minutes(10)));
  ASSERT_TRUE(store.IngestPage("a 1 " + just + "\n", {}, kStart + seconds(1)).has_value());
  EXPECT_EQ(store.stats().series, 2U);
}

TEST(SeriesStorePageTest, SkipsAndCountsASeriesThatIsThereTwice) {
  SeriesStore store;
  const Result<PageSummary> summary = store.IngestPage(
      "a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 2\na{x=\"1\",y=\"2\"} 3\n", {}, kStart);
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->samples, 1U);
  EXPECT_EQ(summary->left_out, 2U);
  EXPECT_EQ(store.stats().duplicate_total, 2U);
  EXPECT_EQ(store.stats().series, 1U);
}

TEST(SeriesStorePageTest, KeepsOnlyTheMetricsThatAreAskedFor) {
  SeriesStore store({.metrics = {"b", "c:d", "e.f"}});
  const Result<PageSummary> summary = store.IngestPage(
      "# TYPE a counter\na 1\nb{x=\"1\"} 2\nbb 3\nc:d 4\na{x=\"\nb 5\"} 6\na{x=\"\\\"\nb 7\"} 8\n"
      "{\"e.f\"} 9\n{\"g.h\"} 10\n b{x=\"2\"} 11\na ?\na 1",
      kTarget, kStart);
  ASSERT_TRUE(summary.has_value()) << summary.error().message;
  EXPECT_EQ(summary->samples, 4U);
  EXPECT_EQ(store.stats().series, 4U);
  EXPECT_EQ(Contents(store).count("c:d,replica=flower-0,workload=flower"), 1U);
  // A series that is no longer there ends as ever.
  ASSERT_TRUE(store.IngestPage("a 1\nb{x=\"1\"} 2\n", kTarget, kStart + seconds(1)).has_value());
  EXPECT_EQ(Contents(store).at("c:d,replica=flower-0,workload=flower").back(), "1000:stale");
}

TEST(SeriesStorePageTest, CountsWhatItSkips) {
  SeriesStore store({.metrics = {"b"}});
  const std::string page = "# TYPE a counter\na 1\na{x=\"1\"} 2\n{\"e.f\"} 3\nb 4\n";
  EXPECT_EQ(store.IngestPage(page, kTarget, kStart)->skipped, 3U);
  EXPECT_EQ(store.IngestPage(page, kTarget, kStart + seconds(1))->samples, 1U);
  EXPECT_EQ(store.stats().skipped_total, 6U);
  EXPECT_EQ(store.stats().series, 1U);
}

// Of a page that is kept for the most part every line is read, so that it is known again; what is
// wrong in a line that is not kept goes unnoticed all the same.
TEST(SeriesStorePageTest, ReadsAPageOfWhichMostIsKept) {
  SeriesStore store({.metrics = {"a", "b"}});
  const std::string page = "a 1\nb 2\nc 3\n";
  for (int second = 0; second < 4; ++second) {
    const PageSummary summary = store.IngestPage(page, {}, kStart + seconds(second)).value();
    EXPECT_EQ(summary.samples, 2U) << second;
    EXPECT_EQ(summary.skipped, 1U) << second;
  }
  for (const char* wrong : {"a 1\nb 2\nc ?\n", "a 1\nb 2\nc{x=\"1\",x=\"2\"} 1\n"}) {
    EXPECT_EQ(store.IngestPage(wrong, {}, kStart + minutes(wrong[10] == '?' ? 1 : 2))->samples, 2U);
  }
  EXPECT_EQ(store.IngestPage(page, {}, kStart + minutes(3))->samples, 2U);
  EXPECT_FALSE(store.IngestPage("a 1\nb ?\nc 3\n", {}, kStart + minutes(4)));
  EXPECT_EQ(store.stats().parse_errors_total, 1U);
  EXPECT_EQ(store.stats().skipped_total, 7U);
  EXPECT_EQ(store.stats().series, 2U);
}

TEST(SeriesStorePageTest, WhatIsKeptMayChange) {
  SeriesStore store;
  const auto ingest = [&](int second) {
    return store.IngestPage("a 1\nb 2\nc 3\n", {}, kStart + seconds(second)).value();
  };
  EXPECT_EQ(ingest(0).samples, 3U);
  EXPECT_EQ(ingest(1).samples, 3U);  // known by its layout
  store.KeepOnly(std::vector<std::string>{"a"});
  EXPECT_EQ(ingest(2).skipped, 2U);
  EXPECT_EQ(Contents(store).at("b").back(), "2000:stale");
  store.KeepOnly(std::vector<std::string>{"a", "b"});
  EXPECT_EQ(ingest(3).samples, 2U);
  EXPECT_EQ(Contents(store).at("b").back(), "3000:2.000000");
  store.KeepOnly(std::vector<std::string>{});
  EXPECT_EQ(ingest(4).skipped, 3U);
  EXPECT_EQ(Contents(store).at("a").back(), "4000:stale");
  store.KeepOnly(std::nullopt);
  EXPECT_EQ(ingest(5).samples, 3U);
  EXPECT_EQ(store.stats().skipped_total, 6U);
}

// Prometheus makes them part of it.
TEST(SeriesStorePageTest, BlanksBeforeANameAreNoPartOfIt) {
  SeriesStore store;
  ASSERT_TRUE(store.IngestPage("  a 1\n\tb{c=\"d\"} 2\n", {}, kStart).has_value());
  EXPECT_EQ(Contents(store).count("a"), 1U);
  EXPECT_EQ(Contents(store).count("b,c=d"), 1U);
}

TEST(SeriesStorePageTest, ATypeThatChangesRespellsTheBounds) {
  SeriesStore store;
  ASSERT_TRUE(store.IngestPage("h_bucket{le=\"1\"} 1\n", {}, kStart).has_value());
  ASSERT_TRUE(
      store.IngestPage("# TYPE h histogram\nh_bucket{le=\"1\"} 1\n", {}, kStart + seconds(1))
          .has_value());
  const auto contents = Contents(store);
  EXPECT_EQ(contents.at("h_bucket,le=1").back(), "1000:stale");
  EXPECT_EQ(contents.at("h_bucket,le=1.0").size(), 1U);
}

// The order of the lines of a page changes nothing.
TEST(SeriesStorePageTest, OrderOfLinesDoesNotMatter) {
  std::vector<std::string> lines;
  for (int i = 0; i < 60; ++i) {
    lines.push_back("m" + std::to_string(i % 7) + "{l=\"" + std::to_string(i) + "\"} " +
                    std::to_string(i) + "\n");
  }
  std::mt19937_64 random(11);
  std::map<std::string, std::vector<std::string>> first;
  for (int round = 0; round < 20; ++round) {
    SeriesStore store;
    for (int scrape = 0; scrape < 3; ++scrape) {
      std::string page;
      // Every third line is missing from the second page, whatever the order.
      for (const std::string& line : lines) {
        if (scrape != 1 || line.size() % 3 != 0) page += line;
      }
      ASSERT_TRUE(store.IngestPage(page, kTarget, kStart + seconds(scrape)).has_value());
      for (std::size_t i = lines.size() - 1; i > 0; --i)
        std::swap(lines[i], lines[random() % (i + 1)]);
    }
    if (round == 0) first = Contents(store);
    ASSERT_EQ(Contents(store), first);
  }
}

// Pages that repeat the last one's layout are read by comparing; the store must not tell.
TEST(SeriesStorePageTest, KnownLayoutsAreReadAsNewOnesAre) {
  std::mt19937 random(5);
  for (int round = 0; round < 30; ++round) {
    SeriesStore known({.retention = seconds(20)});
    SeriesStore parsed({.retention = seconds(20)});
    std::uint32_t shape = 0;
    for (int scrape = 0; scrape < 60; ++scrape) {
      if (random() % 4 == 0) shape = random();
      std::string page = shape % 2 == 0 ? "" : "# TYPE h histogram\n";
      for (unsigned i = 0; i < 12; ++i) {
        if ((shape >> i & 3U) == 0) continue;
        page += "h{le=\"" + std::to_string(i / 2) + "\",replica=\"x\"} " +
                std::to_string(random() % 1000);
        page += (shape >> i & 63U) == 17 ? " 1764000000000\n" : "\n";
      }
      const Labels target = {{"replica", std::to_string(random() % 2)}};
      const TimePoint at = kStart + seconds(scrape + (random() % 20 == 0 ? 5 : 0));
      const auto a = known.IngestPage(page, target, at);
      const auto b = parsed.IngestPage(page + "# " + std::to_string(scrape) + "\n", target, at);
      ASSERT_EQ(a.has_value(), b.has_value());
      if (a) {
        ASSERT_EQ(a->samples, b->samples);
        ASSERT_EQ(a->series_added, b->series_added);
      }
      if (random() % 15 == 0) {
        known.MarkStale(target, at + milliseconds(1));
        parsed.MarkStale(target, at + milliseconds(1));
      }
    }
    ASSERT_EQ(Contents(known), Contents(parsed));
  }
}

TEST(SeriesStoreTest, MemoryIsBounded) {
  SeriesStore store({.max_bytes = 20'000});
  int kept = 0;
  for (int i = 0; i < 1000; ++i) {
    const Status status = store.Ingest("m", {{"i", std::to_string(i)}}, 1, kStart);
    if (status.ok()) {
      ++kept;
      continue;
    }
    EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(status.error().message, "the store holds its 20000 bytes already");
  }
  EXPECT_GT(kept, 20);
  EXPECT_EQ(store.stats().refused_series_total, static_cast<std::uint64_t>(1000 - kept));
  // What is kept goes on, with a shorter history.
  for (int second = 1; second < 200; ++second) {
    ASSERT_TRUE(store.Ingest("m", {{"i", "0"}}, second, kStart + seconds(second)).ok());
  }
  EXPECT_LT(store.stats().bytes, 21'000U);
  EXPECT_EQ(Contents(store).at("m,i=0").back(), "199000:199.000000");
}

TEST(SeriesStoreSelectTest, FindsByEqualityAndByPattern) {
  SeriesStore store;
  for (const char* replica : {"flower-1", "flower-0", "iris-0"}) {
    for (const char* metric : {"queue", "count"}) {
      ASSERT_TRUE(store.Ingest(metric, {{"replica", replica}}, 1, kStart).ok());
    }
  }
  const auto make = [](const char* name, MatchOp op, const char* value) {
    return Matcher::Make(name, op, value).value();
  };
  const Matcher queue = make("__name__", MatchOp::kEqual, "queue");
  EXPECT_EQ(Names(store, {queue}),
            (std::vector<std::string>{"queue,replica=flower-0", "queue,replica=flower-1",
                                      "queue,replica=iris-0"}));
  EXPECT_EQ(Names(store, {queue}, {{"replica", "iris-0"}}),
            (std::vector<std::string>{"queue,replica=iris-0"}));
  EXPECT_EQ(Names(store, {}, {{"__name__", "count"}, {"replica", "iris-0"}}),
            (std::vector<std::string>{"count,replica=iris-0"}));
  EXPECT_EQ(Names(store, {make("replica", MatchOp::kMatch, "flower-.*"), queue}).size(), 2U);
  EXPECT_EQ(Names(store, {make("replica", MatchOp::kNoMatch, "flower-.*")}),
            (std::vector<std::string>{"count,replica=iris-0", "queue,replica=iris-0"}));
  EXPECT_EQ(Names(store, {queue, make("replica", MatchOp::kNotEqual, "iris-0")}).size(), 2U);
  EXPECT_EQ(Names(store, {queue, make("nothing", MatchOp::kEqual, "")}).size(), 3U);
  EXPECT_TRUE(Names(store, {queue, make("nothing", MatchOp::kEqual, "x")}).empty());
  EXPECT_TRUE(Names(store, {queue}, {{"replica", "none"}}).empty());
}

// The index against reading every series, under churn.
TEST(SeriesStoreSelectTest, IndexAgreesWithAFullScan) {
  SeriesStore store({.retention = seconds(20)});
  std::mt19937_64 random(5);
  for (int step = 0; step < 400; ++step) {
    const TimePoint now = kStart + seconds(step);
    for (int i = 0; i < 5; ++i) {
      const Labels labels = {{"a", std::to_string(random() % 5)},
                             {"b", std::to_string(random() % 9)}};
      (void)store.Ingest("m" + std::to_string(random() % 3), labels, 1, now);
    }
    const Labels equal = {{"a", std::to_string(random() % 6)},
                          {"__name__", "m" + std::to_string(random() % 4)}};
    std::vector<std::string> want;
    for (const std::string& name : Names(store, {})) {
      if (name.rfind(equal.at("__name__") + ",a=" + equal.at("a") + ",", 0) == 0)
        want.push_back(name);
    }
    ASSERT_EQ(Names(store, {}, equal), want);
  }
}

}  // namespace
}  // namespace tidegate
