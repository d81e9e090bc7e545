// SPDX-License-Identifier: Apache-2.0
//
// honor_labels, honor_timestamps, metric_relabel_configs and the limits of a target's page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tidegate/promql.h"
#include "tidegate/series_store.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;

constexpr TimePoint kT0{std::chrono::seconds(1'700'000'000)};
const Labels kTarget = {{"instance", "h:1"}, {"job", "web"}};

class PageRulesTest : public ::testing::Test {
 protected:
  Result<PageSummary> Ingest(std::string_view page, int second = 0) {
    return store_.IngestPage(page, PageFormat::kText, kTarget, At(second), rules_);
  }
  static TimePoint At(int second) { return kT0 + std::chrono::seconds(second); }

  /// The labels and values of all series now, as text.
  std::string Select(const std::string& query, int second = 0) {
    const Query compiled = Query::Compile(query).value();
    QueryRunner runner(compiled);
    QueryResult result;
    EXPECT_TRUE(runner.Evaluate(store_, At(second), {}, result).ok());
    std::string text;
    for (const VectorSample& sample : result.vector) {
      text += text.empty() ? "" : " ";
      for (const auto& [name, value] : sample.labels) {
        text.append(name).append("=").append(value).append(",");
      }
      text += std::to_string(static_cast<int>(sample.value));
    }
    return text;
  }

  void Relabel(const std::vector<RelabelConfig>& configs) {
    rules_.relabel = RelabelRules::Compile(configs).value();
  }

  SeriesStore store_;
  PageRules rules_;
};

TEST_F(PageRulesTest, LabelsOfThePageAreRenamedOrHonored) {
  ASSERT_TRUE(Ingest("a{job=\"own\",x=\"1\"} 1\n"));
  EXPECT_EQ(Select("a"), "__name__=a,exported_job=own,instance=h:1,job=web,x=1,1");
  rules_.honor_labels = true;
  ASSERT_TRUE(Ingest("b{job=\"own\",instance=\"\"} 1\n", 1));
  EXPECT_EQ(Select("b", 1), "__name__=b,job=own,1");  // an empty one takes the target's away
}

TEST_F(PageRulesTest, TimesOfThePageAreHonoredOrNot) {
  ASSERT_TRUE(Ingest("a 1 1699999990000\n"));
  EXPECT_EQ(Select("timestamp(a)"), "instance=h:1,job=web,1699999990");
  rules_.honor_timestamps = false;
  ASSERT_TRUE(Ingest("a 2 1699999990000\n", 1));
  EXPECT_EQ(Select("timestamp(a)", 1), "instance=h:1,job=web,1700000001");
}

TEST_F(PageRulesTest, RelabellingRenamesAndDrops) {
  Relabel({{.source_labels = {"__name__"}, .regex = "go_.*", .action = RelabelAction::kDrop},
           {.source_labels = {"__name__"}, .regex = "nv_(.*)", .target_label = "__name__"},
           {.regex = "gpu_uuid", .action = RelabelAction::kLabelDrop}});
  const char* page = "go_x 1\nnv_load{gpu_uuid=\"u\",model=\"m\"} 2\ngo_y 3\nlast 4\n";
  const auto first = Ingest(page);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->samples, 2U);
  EXPECT_EQ(first->dropped, 2U);
  EXPECT_EQ(Select("{job=\"web\"}"),
            "__name__=last,instance=h:1,job=web,4 "
            "__name__=load,instance=h:1,job=web,model=m,2");
}

// The second page goes the way of those whose layout is known.
TEST_F(PageRulesTest, APageThatRepeatsItsLayoutKeepsItsRules) {
  Relabel({{.source_labels = {"__name__"}, .regex = "a|c", .action = RelabelAction::kDrop}});
  for (int second = 0; second < 3; ++second) {
    const std::string n = std::to_string(second);
    const auto summary = Ingest("a 1" + n + "\nb 2" + n + "\nc 3" + n + "\nd 4" + n + "\n", second);
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->samples, 2U);
    EXPECT_EQ(summary->dropped, 2U);
    EXPECT_EQ(Select("b", second), "__name__=b,instance=h:1,job=web,2" + n);
    EXPECT_EQ(Select("d", second), "__name__=d,instance=h:1,job=web,4" + n);
  }
  rules_.relabel = {};
  ASSERT_TRUE(Ingest("a 13\nb 23\nc 33\nd 43\n", 3));
  EXPECT_EQ(Select("a", 3), "__name__=a,instance=h:1,job=web,13");  // other rules, other series
}

TEST_F(PageRulesTest, ASeriesThatIsDroppedNowEnds) {
  ASSERT_TRUE(Ingest("a 1\nb 2\n"));
  Relabel({{.source_labels = {"__name__"}, .regex = "a", .action = RelabelAction::kDrop}});
  ASSERT_TRUE(Ingest("a 1\nb 2\n", 1));
  EXPECT_EQ(Select("a", 1), "");
}

TEST_F(PageRulesTest, WhatIsAboveALimitFailsThePage) {
  rules_.sample_limit = 1;
  EXPECT_THAT(Ingest("a 1\nb 2\n").error().message, HasSubstr("sample limit exceeded"));
  EXPECT_EQ(Select("a"), "");
  Relabel({{.source_labels = {"__name__"}, .regex = "a", .action = RelabelAction::kDrop}});
  EXPECT_TRUE(Ingest("a 1\nb 2\n"));  // counted after relabelling
  rules_ = {.label_limit = 3};
  EXPECT_TRUE(Ingest("a 1\n", 1));
  EXPECT_THAT(Ingest("a{x=\"1\"} 1\n", 2).error().message,
              HasSubstr("label_limit exceeded (metric: a, number of labels: 4, limit: 3)"));
  rules_ = {.label_name_length_limit = 8};
  EXPECT_TRUE(Ingest("a{abcdefgh=\"1\"} 1\n", 3));
  EXPECT_THAT(Ingest("a{abcdefghi=\"1\"} 1\n", 4).error().message,
              HasSubstr("label_name_length_limit exceeded"));
  rules_ = {.label_value_length_limit = 3};
  EXPECT_TRUE(Ingest("a{x=\"123\"} 1\n", 5));
  EXPECT_THAT(Ingest("a{x=\"1234\"} 1\n", 6).error().message,
              HasSubstr("label_value_length_limit exceeded"));
}

// What was on the bad line is missing, and its series has ended; it is not zero, nor what it was.
TEST_F(PageRulesTest, LenientPagesLackTheLinesThatAreWrong) {
  rules_.lenient = true;
  ASSERT_TRUE(Ingest("a 1\nb 2\nc 3\n"));
  const auto summary = Ingest("# TYPE a nonsense\na 4\nb 0x\nc{x=\"1\",x=\"2\"} 5\nd 6\n", 1);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->samples, 2U);
  EXPECT_EQ(summary->skipped_lines, 3U);
  EXPECT_EQ(summary->first_skipped, "line 1, column 10: invalid metric type \"nonsense\"");
  EXPECT_EQ(Select("a", 1), "__name__=a,instance=h:1,job=web,4");
  EXPECT_EQ(Select("d", 1), "__name__=d,instance=h:1,job=web,6");
  EXPECT_EQ(Select("b", 1), "");
  EXPECT_EQ(Select("c", 1), "");
  EXPECT_EQ(store_.stats().skipped_lines_total, 3U);
  EXPECT_EQ(store_.stats().parse_errors_total, 0U);
  const auto good = Ingest("a 1\nb 2\nc 3\n", 2);
  EXPECT_EQ(good->skipped_lines, 0U);
  EXPECT_EQ(good->first_skipped, "");
}

// By the layout, of which the bad line is a part as it stands; or anew, if that differs.
TEST_F(PageRulesTest, ALenientPageThatRepeatsItsLayoutSkipsTheSameLines) {
  rules_.lenient = true;
  for (int second = 0; second < 6; ++second) {
    const std::string n = std::to_string(second);
    const std::string bad = second < 3 ? "b oops" : "b oops" + n;
    const auto summary = Ingest("a 1" + n + "\n" + bad + "\nc 3" + n + "\nd{\n", second);
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->samples, 2U);
    EXPECT_EQ(summary->skipped_lines, 2U);
    EXPECT_EQ(summary->first_skipped.substr(0, 18), "line 2, column 3: ");
    EXPECT_EQ(Select("c", second), "__name__=c,instance=h:1,job=web,3" + n);
    EXPECT_EQ(Select("b", second), "");
  }
  EXPECT_EQ(store_.stats().skipped_lines_total, 12U);
  rules_.lenient = false;
  EXPECT_FALSE(Ingest("a 12\nb oops\nc 32\nd{\n", 6));
}

// What is no line: the end of the page, a limit, a page without a sample.
TEST_F(PageRulesTest, LenientRulesDoNotMakeAPageOfNone) {
  rules_.lenient = true;
  ASSERT_TRUE(Ingest("a 1\n"));
  for (const char* page : {"a 2\nb", "a 2\nb{x=\"1", "a 2\nb 1x", "<html>\n<body>\n", "x\n"}) {
    const auto refused = Ingest(page, 1);
    ASSERT_FALSE(refused) << page;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(store_.stats().parse_errors_total, 5U);
  EXPECT_EQ(Select("a", 1), "__name__=a,instance=h:1,job=web,1");
  rules_.label_limit = 3;
  EXPECT_EQ(Ingest("a 2\nb{\na{x=\"1\"} 1\n", 1).error().code, ErrorCode::kUnavailable);
  const auto open_metrics = [&](std::string_view page) {
    return store_.IngestPage(page, PageFormat::kOpenMetrics, {}, kT0 + std::chrono::seconds(1),
                             {.lenient = true});
  };
  EXPECT_THAT(open_metrics("m 1\nn{ 2\n").error().message, HasSubstr("does not end with # EOF"));
  EXPECT_THAT(open_metrics("m 1\n# EOF\nn 2\n").error().message, HasSubstr("data after # EOF"));
  const auto summary = open_metrics("m 1\n\n# comment\nn{ 2\no 3\n# EOF\n");
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->samples, 2U);
  EXPECT_EQ(summary->skipped_lines, 3U);
}

TEST_F(PageRulesTest, ASeriesWithoutANameFailsThePage) {
  Relabel({{.regex = "__name__", .action = RelabelAction::kLabelDrop}});
  EXPECT_THAT(Ingest("a 1\n").error().message, HasSubstr("missing metric name (__name__ label)"));
}

// Rules may give a sample the name that is asked for, and limits count what is not.
TEST_F(PageRulesTest, WhatIsKeptIsToldByTheNameThatRulesLeave) {
  store_.KeepOnly(std::vector<std::string>{"load"});
  Relabel({{.source_labels = {"__name__"},
            .regex = "old",
            .target_label = "__name__",
            .replacement = "load"},
           {.source_labels = {"__name__"}, .regex = "gone", .action = RelabelAction::kDrop}});
  for (int second = 0; second < 3; ++second) {  // first parsed, then known
    const auto page = Ingest("old 7\nother 1\ngone 2\nload{x=\"1\"} 3\n", second);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->samples, 2U);
    EXPECT_EQ(page->skipped, 1U);
    EXPECT_EQ(page->dropped, 1U);
    EXPECT_EQ(Select("sum(load)", second), "10");
  }
  EXPECT_EQ(store_.stats().series, 2U);
  EXPECT_EQ(store_.stats().skipped_total, 3U);
  store_.KeepOnly(std::vector<std::string>{"other"});
  ASSERT_TRUE(Ingest("old 7\nother 1\ngone 2\nload{x=\"1\"} 3\n", 3));
  EXPECT_EQ(Select("load", 3), "");
  EXPECT_EQ(Select("sum(other)", 3), "1");
}

TEST_F(PageRulesTest, LimitsCountWhatIsNotKept) {
  store_.KeepOnly(std::vector<std::string>{"a"});
  rules_.sample_limit = 2;
  ASSERT_TRUE(Ingest("a 1\nb 1\n"));
  const auto more = Ingest("a 1\nb 1\nc 1\n", 1);
  ASSERT_FALSE(more);
  EXPECT_THAT(more.error().message, HasSubstr("the page has 3 samples, the limit is 2"));
  rules_ = {.label_limit = 3};
  EXPECT_FALSE(Ingest("a 1\nb{x=\"1\",y=\"2\"} 1\n", 2));
}

}  // namespace
}  // namespace tidegate
