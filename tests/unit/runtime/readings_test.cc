// SPDX-License-Identifier: Apache-2.0
#include "runtime/readings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tidegate::runtime {
namespace {

using ::testing::HasSubstr;

constexpr TimePoint kNow{std::chrono::hours(1)};

class ReadingsTest : public ::testing::Test {
 protected:
  void Push(const std::string& replica, const std::string& metric, double value, Duration ago) {
    ASSERT_TRUE(
        store_.Ingest(metric, {{"workload", "web"}, {"replica", replica}}, value, kNow - ago).ok());
  }

  // Once a second over the last `span`, rising by `step`.
  void Ramp(const std::string& replica, const std::string& metric, double step, int span) {
    for (int i = span; i >= 0; --i)
      Push(replica, metric, step * (span - i), std::chrono::seconds(i));
  }

  Observation Fleet(int replicas) const {
    Observation seen{.spec_replicas = replicas, .status_replicas = replicas};
    for (int i = 0; i < replicas; ++i) {
      seen.replicas.push_back({.name = "web-" + std::to_string(i),
                               .phase = ReplicaPhase::kRunning,
                               .ready = ConditionStatus::kTrue});
    }
    return seen;
  }

  Reading Read(const std::string& query, const Observation& seen,
               MetricSourceType type = MetricSourceType::kPods) const {
    MetricReader reader(Query::Compile(query).value());
    return Read(reader, seen, type);
  }

  Reading Read(MetricReader& reader, const Observation& seen,
               MetricSourceType type = MetricSourceType::kPods, TimePoint now = kNow) const {
    return reader.Read(
        {.type = type, .name = "m"}, seen, store_,
        {.workload = id_, .max_sample_age = std::chrono::seconds(5), .min_window_coverage = 0.8},
        now);
  }

  SeriesStore store_;
  const WorkloadId id_ = "web";
};

constexpr const char* kPost =
    "avg(delta(nv_inference_queue_duration_us[30s])/(1+delta(nv_inference_request_success[30s])))";

// A reader remembers which series are whose, over ticks in which replicas come and go.
TEST_F(ReadingsTest, AReaderReadsWhatANewOneReads) {
  for (int i = 0; i < 4; ++i) {
    const std::string replica = "web-" + std::to_string(i);
    Ramp(replica, "nv_inference_queue_duration_us", 50'000 * (i + 1), 40);
    Ramp(replica, "nv_inference_request_success", 10, 40);
  }
  MetricReader reader(Query::Compile(kPost).value());
  for (const int replicas : {2, 4, 1, 3, 3}) {
    const Reading reading = Read(reader, Fleet(replicas));
    EXPECT_EQ(reading, Read(kPost, Fleet(replicas))) << replicas;
    EXPECT_EQ(reading.replicas.size(), static_cast<std::size_t>(replicas));
  }
  MetricReader total(Query::Compile("max(nv_inference_request_success)").value());
  for (int tick = 0; tick < 2; ++tick) {
    EXPECT_EQ(Read(total, Fleet(2), MetricSourceType::kExternal),
              Read("max(nv_inference_request_success)", Fleet(2), MetricSourceType::kExternal));
  }
}

// The post's expression, as it is, once for each replica.
TEST_F(ReadingsTest, EvaluatesThePostsExpressionForEachReplica) {
  for (int i = 0; i < 2; ++i) {
    const std::string replica = "web-" + std::to_string(i);
    Ramp(replica, "nv_inference_queue_duration_us", 50'000 * (i + 1), 40);
    Ramp(replica, "nv_inference_request_success", 10, 40);
  }
  const Reading reading = Read(kPost, Fleet(2));
  ASSERT_FALSE(reading.error) << reading.error->message;
  ASSERT_EQ(reading.replicas.size(), 2u);
  EXPECT_TRUE(reading.doubts.empty()) << reading.doubts.front().detail;
  // delta over 30 s is 1,500,000 and 300, bit for bit as Prometheus extrapolates.
  EXPECT_NEAR(static_cast<double>(reading.replicas[0].value), 1'500'000.0 / 301 * 1000, 1);
  EXPECT_NEAR(static_cast<double>(reading.replicas[1].value), 3'000'000.0 / 301 * 1000, 1);
  EXPECT_EQ(reading.replicas[0].timestamp, kNow);
  EXPECT_EQ(reading.replicas[0].window, Duration(std::chrono::seconds(30)));
}

TEST_F(ReadingsTest, MissingIsNotZero) {
  Push("web-0", "m", 7, Duration::zero());
  const Reading reading = Read("m", Fleet(2));
  ASSERT_EQ(reading.replicas.size(), 1u);
  ASSERT_EQ(reading.doubts.size(), 1u);
  EXPECT_EQ(reading.doubts[0].kind, DoubtKind::kMissing);
  EXPECT_EQ(reading.doubts[0].replica, "web-1");
}

TEST_F(ReadingsTest, NoReplicaAtAllIsAnError) {
  const Reading reading = Read("m", Fleet(2));
  ASSERT_TRUE(reading.error);
  EXPECT_EQ(reading.error->code, ErrorCode::kNoData);
}

// "could not be started" is what a user has to read, not only that there is no value.
TEST_F(ReadingsTest, AReplicaThatIsNotRunningSaysWhy) {
  Observation seen = Fleet(1);
  seen.replicas[0].phase = ReplicaPhase::kPending;
  seen.replicas[0].message = "could not be started: No such file or directory";
  const Reading reading = Read("m", seen);
  ASSERT_TRUE(reading.error);
  EXPECT_THAT(reading.error->message, HasSubstr("web-0: could not be started: No such file"));
}

TEST_F(ReadingsTest, OldIsStale) {
  Push("web-0", "m", 7, std::chrono::seconds(5));
  Push("web-1", "m", 7, std::chrono::milliseconds(5100));
  const Reading reading = Read("m", Fleet(2));
  ASSERT_EQ(reading.replicas.size(), 1u);
  EXPECT_EQ(reading.replicas[0].replica, "web-0");
  ASSERT_EQ(reading.doubts.size(), 1u);
  EXPECT_EQ(reading.doubts[0].kind, DoubtKind::kStale);
  EXPECT_THAT(reading.doubts[0].detail, HasSubstr("5.1 s old"));
}

TEST_F(ReadingsTest, ASeriesThatEndedIsMissing) {
  const Labels target = {{"workload", "web"}, {"replica", "web-0"}};
  ASSERT_TRUE(store_.IngestPage("m 7\n", target, kNow - std::chrono::seconds(1)).has_value());
  EXPECT_EQ(Read("m", Fleet(1)).replicas.size(), 1u);
  store_.MarkStale(target, kNow);
  const Reading reading = Read("m", Fleet(1));
  EXPECT_TRUE(reading.replicas.empty());
  EXPECT_FALSE(reading.doubts.empty());
}

// A window still has the samples of before: they count, but not as a reason to shrink.
TEST_F(ReadingsTest, AWindowWhoseSeriesEndedIsInDoubt) {
  const Labels target = {{"workload", "web"}, {"replica", "web-0"}};
  for (int i = 40; i > 0; --i) {
    const std::string page = "# TYPE q gauge\nq " + std::to_string(400 - i) + "\n";
    ASSERT_TRUE(store_.IngestPage(page, target, kNow - std::chrono::seconds(i)).has_value());
  }
  EXPECT_TRUE(Read("delta(q[30s])", Fleet(1)).doubts.empty());
  store_.MarkStale(target, kNow);
  const Reading reading = Read("delta(q[30s])", Fleet(1));
  EXPECT_EQ(reading.replicas.size(), 1u);
  ASSERT_EQ(reading.doubts.size(), 1u);
  EXPECT_EQ(reading.doubts[0].kind, DoubtKind::kStale);
}

TEST_F(ReadingsTest, ACounterResetGivesNoValue) {
  for (int i = 0; i <= 30; ++i) {
    const double value = i < 20 ? 1000.0 + i : i;  // fell to zero 10 s ago
    Push("web-0", "requests_total", value, std::chrono::seconds(30 - i));
  }
  const Reading reading = Read("rate(requests_total[30s])", Fleet(1));
  EXPECT_TRUE(reading.replicas.empty());
  ASSERT_FALSE(reading.doubts.empty());
  EXPECT_EQ(reading.doubts[0].kind, DoubtKind::kReset);
}

// A replica that was born five seconds ago: its value counts, but not as a reason to shrink.
TEST_F(ReadingsTest, AnHalfEmptyWindowIsPartial) {
  Ramp("web-0", "q", 10, 5);
  const Reading reading = Read("delta(q[30s])", Fleet(1));
  EXPECT_EQ(reading.replicas.size(), 1u);
  ASSERT_EQ(reading.doubts.size(), 1u);
  EXPECT_EQ(reading.doubts[0].kind, DoubtKind::kPartial);
}

TEST_F(ReadingsTest, NotANumberIsInvalid) {
  Push("web-0", "a", 0, Duration::zero());
  Push("web-0", "b", 0, Duration::zero());
  const Reading reading = Read("a/b", Fleet(1));
  EXPECT_TRUE(reading.replicas.empty());
  ASSERT_FALSE(reading.doubts.empty());
  EXPECT_EQ(reading.doubts[0].kind, DoubtKind::kInvalid);
}

// At what no sum of them, nor a hundred times that, goes beyond.
TEST_F(ReadingsTest, HugeValuesSaturate) {
  Push("web-0", "m", 1e300, Duration::zero());
  EXPECT_EQ(Read("m", Fleet(1)).replicas.at(0).value, 90'000'000'000'000'000);
  Push("web-1", "m", -1e300, Duration::zero());
  EXPECT_EQ(Read("m", Fleet(3)).replicas.at(1).value, -30'000'000'000'000'000);
}

TEST_F(ReadingsTest, TwoValuesForOneReplicaAreAnError) {
  for (const char* model : {"a", "b"}) {
    ASSERT_TRUE(
        store_.Ingest("m", {{"workload", "web"}, {"replica", "web-0"}, {"model", model}}, 1, kNow)
            .ok());
  }
  const Reading reading = Read("m", Fleet(1));
  ASSERT_TRUE(reading.error);
  EXPECT_THAT(reading.error->message, HasSubstr("gives 2 values for web-0"));
  EXPECT_EQ(Read("sum(m)", Fleet(1)).replicas.at(0).value, 2000);
}

TEST_F(ReadingsTest, StartingAndLeavingReplicasNeedNoValue) {
  Observation seen = Fleet(3);
  Push("web-0", "m", 7, Duration::zero());
  seen.replicas[1].phase = ReplicaPhase::kPending;
  seen.replicas[2].terminating = true;
  EXPECT_TRUE(Read("m", seen).doubts.empty());
}

TEST_F(ReadingsTest, ExternalMetricsAreReadOnce) {
  ASSERT_TRUE(store_.Ingest("depth", {{"queue", "a"}}, 3, kNow).ok());
  ASSERT_TRUE(store_.Ingest("depth", {{"queue", "b"}}, 4, kNow).ok());
  const Reading all = Read("depth", Fleet(1), MetricSourceType::kExternal);
  EXPECT_EQ(all.values, (std::vector<MilliValue>{3000, 4000}));
  const Reading none = Read("nothing", Fleet(1), MetricSourceType::kExternal);
  ASSERT_TRUE(none.error);
  EXPECT_EQ(none.error->code, ErrorCode::kNoData);
}

class AverageReadingsTest : public ReadingsTest {
 protected:
  ReadOptions Rules(Averaging average) const {
    return {.workload = id_,
            .max_sample_age = std::chrono::seconds(5),
            .min_window_coverage = 0.8,
            .window = {average, std::chrono::seconds(10), std::chrono::seconds(1)}};
  }

  Reading ReadBy(const ReadOptions& rules, const std::string& query, const Observation& seen,
                 MetricSourceType type = MetricSourceType::kPods,
                 std::span<const TargetState> targets = {}) const {
    MetricReader reader(Query::Compile(query).value());
    return reader.Read({.type = type, .name = "m"}, seen, store_, rules, kNow, targets);
  }
};

TEST_F(AverageReadingsTest, EachReplicaIsAveragedByItself) {
  Ramp("web-0", "m", 1, 20);  // 0 … 20: its last ten are 11 … 20
  Ramp("web-1", "m", 10, 20);
  const Reading reading = ReadBy(Rules(Averaging::kLinear), "m", Fleet(2));
  ASSERT_EQ(reading.replicas.size(), 2u);
  EXPECT_EQ(reading.replicas[0].value, 15'500);
  EXPECT_EQ(reading.replicas[1].value, 155'000);
  EXPECT_EQ(reading.replicas[0].window, Duration(std::chrono::seconds(10)));
  EXPECT_TRUE(reading.doubts.empty());
  EXPECT_EQ(ReadBy(Rules(Averaging::kQuantile), "m", Fleet(1)).replicas.at(0).value, 15'500);
  const Reading fresh = ReadBy(Rules(Averaging::kExponential), "m", Fleet(1));
  EXPECT_GT(fresh.replicas.at(0).value, 18'000);
}

TEST_F(AverageReadingsTest, AHoledWindowIsPartial) {
  for (const int ago : {9, 8, 7, 3, 2, 1, 0}) Push("web-0", "m", 5, std::chrono::seconds(ago));
  const Reading reading = ReadBy(Rules(Averaging::kLinear), "m", Fleet(1));
  ASSERT_EQ(reading.replicas.size(), 1u);
  EXPECT_EQ(reading.replicas[0].value, 5'000);  // nothing is taken for zero
  ASSERT_EQ(reading.doubts.size(), 1u);
  EXPECT_EQ(reading.doubts[0].kind, DoubtKind::kPartial);
  EXPECT_EQ(reading.doubts[0].detail, "values cover 70 % of the averaging window");
}

// Buckets that are longer than the time between two values are made of all of them.
TEST_F(AverageReadingsTest, LongBucketsCountAllOfTheirValues) {
  for (int ago = 10; ago >= 0; --ago) {
    Push("web-0", "m", ago < 10 ? 30 : 10, std::chrono::seconds(ago));
  }
  ReadOptions rules = Rules(Averaging::kBucket);
  rules.window.length = std::chrono::seconds(20);
  rules.window.bucket = std::chrono::seconds(10);
  rules.step = std::chrono::seconds(1);
  MetricReader reader(Query::Compile("m").value());
  const TimePoint now = kNow + std::chrono::milliseconds(1);
  const auto value = [&] {
    const MetricSpec metric{.type = MetricSourceType::kPods, .name = "m"};
    return reader.Read(metric, Fleet(1), store_, rules, now).replicas.at(0).value;
  };
  // kNow begins a bucket of its own: 1 value of 30; the one before: 9 of 30 and 1 of 10.
  EXPECT_EQ(value(), (30'000 + 28'000) / 2);
  rules.window.average = Averaging::kLinear;
  EXPECT_EQ(value(), (10 * 30'000 + 1 * 10'000) / 11);
}

// The mean of a query that is itself made of a window.
TEST_F(AverageReadingsTest, RatesAreAveragedToo) {
  Ramp("web-0", "requests_total", 50, 60);
  const Reading reading = ReadBy(Rules(Averaging::kLinear), "rate(requests_total[10s])", Fleet(1));
  ASSERT_EQ(reading.replicas.size(), 1u);
  EXPECT_NEAR(static_cast<double>(reading.replicas[0].value), 50'000, 1);
}

TEST_F(AverageReadingsTest, NothingIsZeroOnlyIfItIsAskedForAndAnswered) {
  ReadOptions rules = Rules(Averaging::kLatest);
  const std::vector<TargetState> up = {{.target = "a", .replica = "web-0", .up = true},
                                       {.target = "b", .replica = "web-1", .up = false}};
  EXPECT_TRUE(ReadBy(rules, "m", Fleet(2), MetricSourceType::kPods, up).error);
  rules.empty_as_zero = true;
  const Reading reading = ReadBy(rules, "m", Fleet(2), MetricSourceType::kPods, up);
  ASSERT_EQ(reading.replicas.size(), 1u);
  EXPECT_EQ(reading.replicas[0].replica, "web-0");
  EXPECT_EQ(reading.replicas[0].value, 0);
  EXPECT_EQ(reading.doubts.at(0).replica, "web-1");
  // A total needs everybody's answer, and somebody's.
  EXPECT_TRUE(ReadBy(rules, "m", Fleet(2), MetricSourceType::kExternal, up).error);
  EXPECT_TRUE(ReadBy(rules, "m", Fleet(2), MetricSourceType::kExternal).error);
  const std::vector<TargetState> all = {up[0]};
  EXPECT_EQ(ReadBy(rules, "m", Fleet(1), MetricSourceType::kExternal, all).values,
            std::vector<MilliValue>{0});
  // What is old is missing, not zero.
  Push("web-0", "m", 7, std::chrono::seconds(8));
  EXPECT_TRUE(ReadBy(rules, "m", Fleet(1), MetricSourceType::kPods, all).error);
}

TEST_F(AverageReadingsTest, ZerosFillTheGapsOfAWindow) {
  ReadOptions rules = Rules(Averaging::kLinear);
  rules.empty_as_zero = true;
  const std::vector<TargetState> up = {{.target = "a", .replica = "web-0", .up = true}};
  Ramp("web-0", "other", 1, 20);
  const Labels target = {{"workload", "web"}, {"replica", "web-0"}};
  for (int ago = 15; ago > 4; --ago) Push("web-0", "m", 10, std::chrono::seconds(ago));
  store_.MarkStale(target, kNow - std::chrono::seconds(4));  // vanished from its page
  const Reading reading = ReadBy(rules, "m", Fleet(1), MetricSourceType::kPods, up);
  ASSERT_EQ(reading.replicas.size(), 1u) << reading.error->message;
  EXPECT_EQ(reading.replicas[0].value, 10'000);  // Knative's: the idle end does not count
  EXPECT_TRUE(reading.doubts.empty());
}

// A metric that was asked for, then not, then again: what was skipped meanwhile was not zero.
TEST_F(AverageReadingsTest, WhatWasNotKeptIsNoGap) {
  ReadOptions rules = Rules(Averaging::kLinear);
  rules.empty_as_zero = true;
  const std::vector<TargetState> up = {
      {.target = "a", .replica = "web-0", .up = true, .last_success = kNow}};
  for (const int ago : {8, 7, 6, 1, 0}) Push("web-0", "m", 10, std::chrono::seconds(ago));
  const auto value = [&] {
    const Reading reading = ReadBy(rules, "m", Fleet(1), MetricSourceType::kPods, up);
    return reading.replicas.empty() ? -1 : reading.replicas[0].value;
  };
  EXPECT_LT(value(), 6'000);
  rules.since = kNow - std::chrono::seconds(2);
  EXPECT_EQ(value(), 10'000);
  rules.since = kNow;  // nobody has answered since then
  EXPECT_EQ(value(), -1);
}

TEST(DefaultQueryTest, QuotesWhatALabelMayHold) {
  MetricSpec metric{.name = "depth"};
  EXPECT_EQ(DefaultQuery(metric), "depth");
  metric.selector = LabelSelector{.match_labels = {{"queue", "a\"}\\\n"}}};
  EXPECT_EQ(DefaultQuery(metric), "depth{queue=\"a\\\"}\\\\\\n\"}");
  EXPECT_TRUE(Query::Compile(DefaultQuery(metric)).has_value());
}

TEST(DefaultQueryTest, QuotesANameThatWouldBeAnExpression) {
  MetricSpec metric{.name = "queue-length"};
  EXPECT_EQ(DefaultQuery(metric), R"({"queue-length"})");
  metric.selector = LabelSelector{.match_labels = {{"app", "x"}}};
  EXPECT_EQ(DefaultQuery(metric), R"({"queue-length",app="x"})");
  EXPECT_TRUE(Query::Compile(DefaultQuery(metric)).has_value());
}

// What a source stores as the answer is found whatever the metric and the workload are called.
TEST_F(ReadingsTest, AnAnswerIsThatOfItsWorkload) {
  const std::string name = "queue \"length\"";
  ASSERT_TRUE(store_.Ingest(name, {{"workload", "web"}}, 3, kNow).ok());
  ASSERT_TRUE(store_.Ingest(name, {{"workload", "other"}}, 4, kNow).ok());
  const Reading reading = Read(AnswerQuery(name, id_), Fleet(1), MetricSourceType::kExternal);
  EXPECT_EQ(reading.values, std::vector<MilliValue>{3000});
}

TEST(QualifyTest, AWarningIsADoubtAndAnErrorTheReason) {
  const Reading good{.values = {1000}};
  const auto qualified = [&](TargetState target) {
    Reading reading = good;
    Qualify("depth", {std::move(target)}, reading);
    return reading;
  };
  EXPECT_EQ(qualified({.up = true, .metric = "depth"}), good);
  EXPECT_EQ(qualified({.error = "of all metrics"}), good);
  EXPECT_EQ(qualified({.error = "HTTP 503", .metric = "other"}), good);
  const Reading doubtful = qualified({.up = true, .metric = "depth", .warning = "b is away"});
  EXPECT_EQ(doubtful.values, good.values);
  EXPECT_EQ(doubtful.doubts, (std::vector<Doubt>{{DoubtKind::kPartial, "", "b is away"}}));
  const Reading none = qualified({.error = "HTTP 503", .metric = "depth"});
  EXPECT_TRUE(none.values.empty());
  ASSERT_TRUE(none.error);
  EXPECT_EQ(*none.error, (Error{ErrorCode::kNoData, "no value of depth: HTTP 503"}));
}

// The workload's own pages are in doubt; those of others if the query may have looked at them.
TEST(DoubtSkippedTest, DoubtsWhatTheMetricMayBeMadeOf) {
  const TargetState own{.replica = "web-1", .up = true, .warning = "1 line", .skipped_lines = 1};
  const TargetState clean{.replica = "web-0", .up = true};
  const TargetState gateway{.target = "http://gw/",
                            .up = true,
                            .warning = "2 lines",
                            .skipped_lines = 2,
                            .labels = {{"job", "gateway"}, {"instance", "gw:80"}}};
  const auto doubts = [&](const char* query, MetricSourceType type,
                          const std::vector<TargetState>& targets) {
    Reading reading;
    MetricReader(Query::Compile(query).value())
        .DoubtSkipped({.type = type, .name = "m"}, "web", targets, std::vector{gateway}, reading);
    std::vector<std::string> texts;
    for (const Doubt& doubt : reading.doubts) {
      EXPECT_EQ(doubt.kind, DoubtKind::kPartial);
      texts.push_back(doubt.replica + "|" + doubt.detail);
    }
    return texts;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(doubts("m", MetricSourceType::kPods, {clean, own}), Texts{"web-1|1 line"});
  EXPECT_EQ(doubts("m", MetricSourceType::kPods, {clean}), Texts{});
  const Texts reached{"|of http://gw/: 2 lines"};
  for (const char* query :
       {"m", "sum(rate(m{job=\"gateway\"}[1m]))", "1 + avg_over_time((-m{job=~\"g.*\"})[1m:5s])",
        "m{job=\"web\"} or vector(1) or n{job!=\"web\",model=\"x\"}", "topk(scalar(m), m)"}) {
    EXPECT_EQ(doubts(query, MetricSourceType::kExternal, {}), reached) << query;
  }
  for (const char* query : {"m{job=\"web\"}", "1", "sum(rate(m{instance!~\"gw.*\"}[1m]))"}) {
    EXPECT_EQ(doubts(query, MetricSourceType::kExternal, {}), Texts{}) << query;
  }
}

TEST(DefaultQueryTest, WritesExpressionsAsMatchers) {
  MetricSpec metric{.name = "depth"};
  metric.selector = LabelSelector{.match_labels = {{"app", "x"}},
                                  .match_expressions = {{"tier", "In", {"a.b", "c"}},
                                                        {"zone", "NotIn", {"d"}},
                                                        {"gpu", "Exists", {}},
                                                        {"test", "DoesNotExist", {}}}};
  EXPECT_EQ(DefaultQuery(metric),
            R"(depth{app="x",tier=~"a\\.b|c",zone!~"d",gpu=~".+",test!~".+"})");
  EXPECT_TRUE(Query::Compile(DefaultQuery(metric)).has_value());
}

}  // namespace
}  // namespace tidegate::runtime
