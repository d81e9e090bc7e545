// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "exposition/page_parser.h"

namespace tidegate {
namespace {

using Event = PageParser::Event;

std::string ErrorOf(std::string_view page) {
  PageParser parser(page, PageFormat::kOpenMetrics);
  Event event = parser.Next();
  while (event != Event::kEnd && event != Event::kError) event = parser.Next();
  return event == Event::kError ? parser.error().message : "";
}

TEST(OpenMetricsTest, ReadsMetadataSamplesAndExemplars) {
  PageParser parser(
      "# TYPE lat_seconds histogram\n# UNIT lat_seconds seconds\n# HELP lat_seconds a \\\"b\\\"\n"
      "lat_seconds_bucket{le=\"1\"} 5 # {trace=\"x\\n\"} 0.5 1.5\n"
      "lat_seconds_created 1.7e9 12.3456\n# EOF\n",
      PageFormat::kOpenMetrics);
  ASSERT_EQ(parser.Next(), Event::kType);
  EXPECT_EQ(parser.type(), MetricType::kHistogram);
  ASSERT_EQ(parser.Next(), Event::kUnit);
  EXPECT_EQ(parser.unit(), "seconds");
  ASSERT_EQ(parser.Next(), Event::kHelp);
  EXPECT_EQ(parser.metadata_name(), "lat_seconds");
  EXPECT_EQ(parser.help(), "a \"b\"");
  ASSERT_EQ(parser.Next(), Event::kSample);
  EXPECT_EQ(parser.sample().labels[0].value, "1.0");
  EXPECT_EQ(parser.sample().type, MetricType::kHistogram);
  ASSERT_TRUE(parser.sample().exemplar.has_value());
  EXPECT_EQ(parser.sample().exemplar->labels[0].value, "x\\n");  // as on the page
  EXPECT_EQ(parser.sample().exemplar->value, 0.5);
  EXPECT_EQ(parser.sample().exemplar->timestamp_ms, 1500);
  ASSERT_EQ(parser.Next(), Event::kSample);
  EXPECT_EQ(parser.sample().name, "lat_seconds_created");
  EXPECT_EQ(parser.sample().type, MetricType::kGauge);
  EXPECT_EQ(parser.sample().timestamp_ms, 12345);  // cut off, not rounded
  EXPECT_FALSE(parser.sample().exemplar.has_value());
  EXPECT_EQ(parser.Next(), Event::kEnd);
}

TEST(OpenMetricsTest, TypesBelongToTheSamplesOfTheirFamily) {
  struct Row {
    const char* type;
    const char* name;
    MetricType want;
  };
  const std::vector<Row> rows = {
      {"counter", "m_total", MetricType::kCounter},
      {"counter", "m_created", MetricType::kGauge},
      {"counter", "m_sum", MetricType::kUnknown},
      {"info", "m_info", MetricType::kInfo},
      {"stateset", "m", MetricType::kStateset},
      {"gaugehistogram", "m_gsum", MetricType::kGaugeHistogram},
      {"gaugehistogram", "m_sum", MetricType::kUnknown},
      {"summary", "m_sum", MetricType::kSummary},
      {"unknown", "m", MetricType::kUnknown},
  };
  for (const Row& row : rows) {
    const std::string page = std::string("# TYPE m ") + row.type + "\n" + row.name + " 1\n# EOF\n";
    PageParser parser(page, PageFormat::kOpenMetrics);
    ASSERT_EQ(parser.Next(), Event::kType);
    ASSERT_EQ(parser.Next(), Event::kSample);
    EXPECT_EQ(parser.sample().type, row.want) << page;
  }
}

TEST(OpenMetricsTest, SaysWhereAPageIsWrong) {
  struct Row {
    std::string page;
    const char* want;
  };
  const std::vector<Row> rows = {
      {"", "line 1, column 1: the page does not end with # EOF"},
      {"m 1\n", "line 2, column 1: the page does not end with # EOF"},
      {"m 1", "line 1, column 4: the page does not end with # EOF"},
      {"# EOF\n\n", "line 2, column 1: data after # EOF"},
      {"\n# EOF\n", "line 1, column 1: expected a metric name or a comment, got end of line"},
      {"# x\n# EOF\n", "line 1, column 1: a comment is HELP, TYPE, UNIT or EOF"},
      {"#x\n", "line 1, column 2: expected a blank, got \"x\""},
      {"m  1\n", "line 1, column 3: expected a blank and a value, got \" \""},
      {"m{a=\"b\", c=\"d\"} 1\n", "line 1, column 9: expected a label name, got \" \""},
      {"m{a=\"b\"c=\"d\"} 1\n", "line 1, column 8: expected ',' or '}', got \"c\""},
      {"m{a=\"b\nc\"} 1\n", "line 1, column 5: unterminated label value"},
      {"m 1 # {a=\"b\"}\n",
       "line 1, column 14: expected a blank and the exemplar's value, got end of line"},
      {"m 1 NaN\n", "line 1, column 5: the timestamp is not finite"},
      {"m 1 2 3\n", "line 1, column 6: expected the end of the line, got \" \""},
      {"# TYPE m untyped\n", "line 1, column 10: invalid metric type \"untyped\""},
      {"# UNIT m seconds\n", "line 1, column 10: the unit is no suffix of the metric's name"},
      {"m 1\r\n# EOF\n", "line 1, column 3: \"1?\" is not a number"},
  };
  for (const Row& row : rows) EXPECT_EQ(ErrorOf(row.page), row.want) << row.page;
}

TEST(OpenMetricsTest, PagesInProtobufAreRefused) {
  PageParser parser("\x01", PageFormat::kProtobuf);
  ASSERT_EQ(parser.Next(), Event::kError);
  EXPECT_EQ(parser.error().message, "line 1, column 1: pages in protobuf are not read");
  EXPECT_EQ(PageParser("", PageFormat::kProtobuf).Next(), Event::kEnd);
}

}  // namespace
}  // namespace tidegate
