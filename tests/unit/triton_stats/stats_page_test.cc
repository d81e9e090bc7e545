// SPDX-License-Identifier: Apache-2.0
#include "sources/triton_stats/stats_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tidegate/series_store.h"

namespace tidegate::triton_stats {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Golden(const std::string& name) {
  std::ifstream file(TIDEGATE_SOURCE_DIR "/tests/golden/triton/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Replaces the first of it.
std::string With(std::string text, const std::string& old, const std::string& replacement) {
  const std::size_t at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return text.replace(at, old.size(), replacement);
}

TEST(StatsPageTest, EachFieldIsASeriesCalledByItsPath) {
  const std::string page = StatsPage(Golden("stats-two-models.json")).value();
  const std::string flower = R"({model="flower",version="1"})";
  for (const char* line :
       {"inference_count$ 178", "execution_count$ 178", "last_inference_ms$ 1795479974254",
        "inference_stats_success_count$ 178", "inference_stats_success_ns$ 15639113018",
        "inference_stats_fail_count$ 0", "inference_stats_queue_ns$ 11653765747",
        "inference_stats_compute_infer_ns$ 3906002112", "inference_stats_cache_miss_ns$ 0"}) {
    EXPECT_THAT(page, HasSubstr("triton_" + With(line, "$", flower) + "\n"));
  }
  const std::string batch = R"({model="flower_batch",version="1",batch_size="8"})";
  for (const char* line :
       {"compute_input_count$ 39", "compute_input_ns$ 5648119", "compute_infer_count$ 39",
        "compute_infer_ns$ 1135797200", "compute_output_ns$ 42042783", "inference_count$ 312"}) {
    EXPECT_THAT(page, HasSubstr("triton_batch_stats_" + With(line, "$", batch) + "\n"));
  }
}

TEST(StatsPageTest, APageIsOneThatTheStoreTakes) {
  // So many for each model, and for each batch size of one.
  constexpr std::size_t kModel = 3 + 8 * 2;
  constexpr std::size_t kBatch = 3 * 2 + 1;
  const std::pair<const char*, std::size_t> files[] = {
      {"stats-idle.json", kModel},
      {"stats-two-models.json", 2 * kModel + 9 * kBatch},
      {"stats-all-families.json", 3 * kModel + 3 * kBatch}};
  for (const auto& [file, samples] : files) {
    SeriesStore store;
    const std::string page = StatsPage(Golden(file)).value();
    const auto summary =
        store.IngestPage(page, {{"replica", "r"}}, TimePoint(std::chrono::hours(1)));
    ASSERT_TRUE(summary.has_value()) << file << summary.error().message;
    EXPECT_EQ(summary->samples, samples) << file;
    EXPECT_EQ(summary->series_added, samples) << file;
  }
}

TEST(StatsPageTest, NamesAreEscapedAndMemoryIsByDevice) {
  const std::string body =
      With(With(Golden("stats-idle.json"), R"("name":"flower")", R"("name":"a\"b\\c\nd ä")"),
           R"("memory_usage":[])", R"("memory_usage":[{"type":"GPU","id":1,"byte_size":4096}])");
  const std::string page = StatsPage(body).value();
  EXPECT_THAT(page, HasSubstr("triton_memory_usage_byte_size{model=\"a\\\"b\\\\c\\nd ä\","
                              "version=\"1\",type=\"GPU\",id=\"1\"} 4096\n"));
  SeriesStore store;
  EXPECT_TRUE(store.IngestPage(page, {}, TimePoint(std::chrono::hours(1))).has_value());
}

TEST(StatsPageTest, OldServersHaveNoCacheAndNoMemory) {
  std::string body = Golden("stats-idle.json");
  body = With(body, R"("cache_hit")", R"("was_hit")");
  body = With(body, R"("cache_miss")", R"("was_missed")");
  body = With(body, R"("memory_usage")", R"("memory_used")");
  const std::string page = StatsPage(body).value();
  EXPECT_THAT(page, Not(HasSubstr("cache")));
  EXPECT_THAT(page, HasSubstr("triton_inference_stats_queue_ns"));
}

struct BadRow {
  const char* old;
  const char* replacement;
  const char* error;
};

class BadStatsTest : public ::testing::TestWithParam<BadRow> {};

TEST_P(BadStatsTest, IsDiscardedAsAWholeAndNamed) {
  const auto page =
      StatsPage(With(Golden("stats-two-models.json"), GetParam().old, GetParam().replacement));
  ASSERT_FALSE(page.has_value());
  EXPECT_EQ(page.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(page.error().message, GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadStatsTest,
    ::testing::Values(
        BadRow{"{\"model_stats\"", "{{\"model_stats\"", "protocol: the answer is not JSON"},
        BadRow{"\"model_stats\"", "\"models\"", "model_stats: is missing"},
        BadRow{"{\"model_stats\":", "[{\"model_stats\":[]}, ", "protocol: the answer is not JSON"},
        BadRow{"\"name\":\"flower\"", "\"name\":7", "model_stats[0].name: want a string, got 7"},
        BadRow{"\"version\":\"1\"", "\"versions\":\"1\"", "model_stats[0].version: is missing"},
        BadRow{"\"inference_count\":178", "\"inference_count\":-178",
               "model_stats[0].inference_count: want a count, got -178"},
        BadRow{"\"execution_count\":178", "\"execution_count\":1.5",
               "model_stats[0].execution_count: want a count, got 1.5"},
        BadRow{"\"ns\":11653765747", "\"ns\":18446744073709551615",
               "model_stats[0].inference_stats.queue.ns: want a count, got 18446744073709551615"},
        BadRow{"\"ns\":11653765747", "\"ns\":1e30",
               "model_stats[0].inference_stats.queue.ns: want a count, got 1e+30"},
        BadRow{"\"ns\":11653765747", "\"ns\":1e999", "protocol: the answer is not JSON"},
        BadRow{"\"ns\":11653765747", "\"ns\":\"s3cret\"",
               "model_stats[0].inference_stats.queue.ns: want a count, got a string"},
        BadRow{"\"ns\":11653765747", "\"ns\":null",
               "model_stats[0].inference_stats.queue.ns: want a count, got null"},
        BadRow{"\"queue\":", "\"queued\":", "model_stats[0].inference_stats.queue: is missing"},
        BadRow{"\"inference_stats\":{", "\"inference_stats\":7,\"x\":{",
               "model_stats[0].inference_stats: want an object, got 7"},
        BadRow{"\"batch_stats\":[", "\"batch_stats\":{},\"x\":[",
               "model_stats[0].batch_stats: want a list, got an object"},
        BadRow{"\"batch_size\":2", "\"batch_size\":1",
               "model_stats[1].batch_stats[1]: the batch size is there already"},
        BadRow{"\"batch_size\":2", "\"batch_size\":9000000000000000000",
               "model_stats[1].batch_stats[1].batch_size: too large for its count, got "
               "9000000000000000000"},
        BadRow{"\"name\":\"flower_batch\"", "\"name\":\"flower\"",
               "model_stats[1]: the model is there already"}));

TEST(StatsPageTest, WhatIsNoAnswerIsNone) {
  for (const char* body : {"", "null", "7", "\"a\"", "[]", "{", "{\"error\":\"no\"}",
                           "{\"model_stats\":{}}", "{\"model_stats\":[7]}", "\xff"}) {
    const auto page = StatsPage(body);
    ASSERT_FALSE(page.has_value()) << body;
    EXPECT_EQ(page.error().code, ErrorCode::kUnavailable) << body;
  }
  EXPECT_EQ(StatsPage(R"({"model_stats":[]})").error().code, ErrorCode::kNoData);
  EXPECT_FALSE(StatsPage(std::string(1'000'000, '[')).has_value());
}

// Every prefix of a real answer, as a connection that breaks leaves it.
TEST(StatsPageTest, HalfAnAnswerIsNone) {
  const std::string body = Golden("stats-two-models.json");
  for (std::size_t size = 0; size < body.find_last_of('}'); ++size) {
    EXPECT_FALSE(StatsPage(std::string_view(body).substr(0, size)).has_value()) << size;
  }
}

}  // namespace
}  // namespace tidegate::triton_stats
