// SPDX-License-Identifier: Apache-2.0
//
// A page that arrives in parts means what it means as a whole, wherever it is cut.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/promql.h"
#include "tidegate/series_store.h"

namespace tidegate {
namespace {

constexpr TimePoint kT0{std::chrono::seconds(1'700'000'000)};
const Labels kTarget = {{"replica", "r-1"}};

// All that a store can be asked for, and what it counted.
std::string Told(const SeriesStore& store, TimePoint at) {
  const Query query = Query::Compile("{__name__=~\".+\"}").value();
  QueryRunner runner(query);
  QueryResult result;
  EXPECT_TRUE(runner.Evaluate(store, at, {}, result).ok());
  std::string told;
  for (const VectorSample& sample : result.vector) {
    for (const auto& [name, value] : sample.labels) told += name + "=" + value + ",";
    told += std::to_string(sample.value) + "\n";
  }
  const SeriesStoreStats stats = store.stats();
  for (const std::uint64_t each :
       {stats.ingested_total, stats.pages_total, stats.refused_series_total,
        stats.refused_page_samples_total, stats.refused_labels_total,
        stats.refused_label_length_total, stats.out_of_order_total, stats.duplicate_total,
        stats.parse_errors_total, stats.skipped_total, stats.skipped_lines_total,
        std::uint64_t{stats.series}, std::uint64_t{stats.samples}}) {
    told += std::to_string(each) + " ";
  }
  return told;
}

std::string Said(const Result<PageSummary>& summary) {
  if (!summary) return std::string(ToString(summary.error().code)) + ": " + summary.error().message;
  return std::to_string(summary->samples) + " " + std::to_string(summary->left_out) + " " +
         std::to_string(summary->series_added) + " " + std::to_string(summary->dropped) + " " +
         std::to_string(summary->skipped) + " " + std::to_string(summary->skipped_lines) + " " +
         summary->first_skipped;
}

// The same pages, whole and in parts, into two stores.
class PartwisePageTest : public ::testing::Test {
 protected:
  template <typename Cut>
  void Compare(const std::vector<std::string>& pages, PageFormat format, Cut cut) {
    SeriesStore whole(options_);
    SeriesStore parts(options_);
    for (std::size_t i = 0; i < pages.size(); ++i) {
      const TimePoint at = kT0 + std::chrono::seconds(i);
      const std::string expected = Said(whole.IngestPage(pages[i], format, kTarget, at, rules_));
      const auto page = parts.BeginPage(format, kTarget, at, rules_);
      std::string_view rest = pages[i];
      while (!rest.empty()) {
        const std::size_t size = std::min(rest.size(), cut(rest));
        page->Append(rest.substr(0, size));
        rest.remove_prefix(size);
      }
      ASSERT_EQ(Said(page->Finish()), expected) << pages[i];
      ASSERT_EQ(Told(parts, at), Told(whole, at)) << pages[i];
    }
  }

  void CompareAll(const std::vector<std::string>& pages, PageFormat format = PageFormat::kText) {
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{40}, std::size_t{100'000}}) {
      SCOPED_TRACE(size);
      Compare(pages, format, [size](std::string_view) { return size; });
    }
    std::size_t longest = 0;
    for (const std::string& page : pages) longest = std::max(longest, page.size());
    for (std::size_t first = 0; first < longest; ++first) {  // two parts
      SCOPED_TRACE(first);
      bool begun = false;
      Compare(pages, format, [&](std::string_view rest) {
        begun = !begun;
        return begun && first > 0 ? first : rest.size();
      });
    }
  }

  SeriesStoreOptions options_;
  PageRules rules_;
};

const char* const kFirst =
    "# HELP a Some help.\n# TYPE a counter\na{x=\"1\"} 1\na{x=\"2\"} 2\n\n"
    "# TYPE b histogram\nb_bucket{le=\"1\"} 1\nb_bucket{le=\"+Inf\"} 2\nb_sum 3\nb_count 2\n"
    "# a comment at the end\n";

TEST_F(PartwisePageTest, TextPages) {
  std::string second = kFirst;
  second.replace(second.find("a{x=\"2\"} 2"), 10, "a{x=\"2\"} 7");
  CompareAll({kFirst, second, second + "c 1\n", kFirst, "", "a 1", "a 1\n"});
}

TEST_F(PartwisePageTest, LinesThatACutCouldChange) {
  CompareAll({"a{x=\"one\ntwo\"} 1\nb 2\n", "a{x=\"one\n# TYPE b counter\nb 1\"} 1\n"});
  CompareAll({std::string("a 1\n\0b 2\nc 3\n", 14), std::string("# x\0\na 1\n", 9),
              std::string("a{x=\"\0\"} 1\nb 2\n", 15)});
  CompareAll({"a 1\n  # TYPE b gauge\n  b 2\n\t\nc 3 1699999999000\n", "a 1\r\n", "\n\n\n"});
}

TEST_F(PartwisePageTest, WhatIsWrongIsSaidWithItsLine) {
  CompareAll({"a 1\nb 2\nc{x=\"1\" 3\nd 4\n", "a 1\nb 2\n\n# TYPE c nonsense\n", "a 1\nb x\n"});
  CompareAll({"a 1\na{x=\"1\",x=\"2\"} 1\nb 2\n", "a 1\nb{y=\"\xff\"} 1\n"});
}

TEST_F(PartwisePageTest, LinesThatAreSkipped) {
  rules_.lenient = true;
  const std::string page = "a 1\nb{x=\"1\" 2\nc 3\n# TYPE d nonsense\nd 4\ne{y=\"1\",y=\"2\"} 5\n";
  std::string other = page;
  other.replace(other.find("c 3"), 3, "c 7");
  CompareAll({page, other, page + "f{", page + "f\n", "a 1\n", "a{\n", "a{\na 1"});
  CompareAll({"a{x=\"one\ntwo\"} x\nb 2\n", "a{x=\"1} 1\nb{x=\"2\"} 2\nc 3\n"});
  CompareAll({"# TYPE a gauge\na 1\nb{ 2\n# EOF\n", "a 1\nb{ 2\n", "a{ 1\nb 2\n# EOF\nc 1\n"},
             PageFormat::kOpenMetrics);
}

TEST_F(PartwisePageTest, Limits) {
  options_.max_samples_per_page = 3;
  CompareAll({"a 1\nb 2\nc 3\n", "a 1\nb 2\nc 3\nd 4\n", "a 1\n"});
  options_.max_samples_per_page = 100;
  options_.max_series = 3;
  options_.max_labels = 2;
  CompareAll({"a 1\nb 2\n", "a 1\nb 2\nc 3\nd 4\n", "a{x=\"1\",y=\"2\",z=\"3\"} 1\n", "a 1\n"});
}

TEST_F(PartwisePageTest, OpenMetricsPages) {
  const std::string page =
      "# HELP a Help.\n# TYPE a counter\n# UNIT a \na_total{x=\"1\"} 1.0\na_created 3.5\n"
      "# TYPE g gauge\ng 1 1699999990.5\n# TYPE h histogram\n"
      "h_bucket{le=\"1.0\"} 1 # {trace=\"t\"} 0.5\nh_bucket{le=\"+Inf\"} 1\nh_count 1\nh_sum 1\n";
  CompareAll({page + "# EOF\n", page + "# EOF", page, page + "# EOF\nmore 1\n", "# EOF\n", ""},
             PageFormat::kOpenMetrics);
}

TEST_F(PartwisePageTest, RulesOfTheTarget) {
  RelabelConfig drop;
  drop.source_labels = {"x"};
  drop.regex = "2";
  drop.action = RelabelAction::kDrop;
  rules_.relabel = RelabelRules::Compile({drop}).value();
  CompareAll({kFirst, kFirst, "a{x=\"2\"} 1\n", kFirst});
}

TEST_F(PartwisePageTest, OnlyTheNamesThatAreKept) {
  options_.metrics = {"a"};
  CompareAll({kFirst, kFirst, "b 1\n"});
  CompareAll({"a 1\nb 2\n", "a 1\nb 2\n", "a 1\nb 3\n", "a 1\nb ?\n", "a 1\nb 3\n"});
  rules_.sample_limit = 1'000;  // all of it is read
  CompareAll({kFirst, kFirst, "b 1\n", kFirst});
}

TEST_F(PartwisePageTest, RandomPagesAtRandomCuts) {
  std::mt19937 random(7);
  const std::vector<std::string> lines = {"a 1\n",
                                          "a{x=\"1\"} 2\n",
                                          "b{le=\"1.0\"} 3\n",
                                          "# TYPE b histogram\n",
                                          "# HELP a text\n",
                                          "\n",
                                          "c{y=\"p\nq\"} 1\n",
                                          "c{y=\"p\\nq\"} 1\n",
                                          " d 4\n",
                                          "# EOF\n",
                                          "e 5 1699999995000\n",
                                          "f{\"g.h\"} 6\n",
                                          "g NaN\n",
                                          "h -Inf\n",
                                          "i{\n",
                                          "# nothing\n"};
  for (int round = 0; round < 1500; ++round) {
    std::vector<std::string> pages(4);
    for (std::string& page : pages) {
      const std::size_t count = random() % 12;
      for (std::size_t i = 0; i < count; ++i)
        page += lines[random() % (lines.size() - (round % 3))];
      if (random() % 8 == 0 && !page.empty()) page.pop_back();
    }
    pages[1] = random() % 2 == 0 ? pages[0] : pages[1];
    rules_.lenient = round % 2 == 1;
    Compare(pages, random() % 3 == 0 ? PageFormat::kOpenMetrics : PageFormat::kText,
            [&](std::string_view) { return std::size_t{1} + random() % 30; });
  }
}

TEST(IncomingPageTest, WhatIsNotFinishedLeavesNothing) {
  SeriesStore store;
  {
    const auto page = store.BeginPage(PageFormat::kText, kTarget, kT0, {});
    page->Append("a 1\nb 2\n");
  }
  EXPECT_EQ(store.stats().series, 0U);
  EXPECT_EQ(store.stats().pages_total, 0U);
}

}  // namespace
}  // namespace tidegate
