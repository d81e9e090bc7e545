// SPDX-License-Identifier: Apache-2.0
#include "exposition/page_parser.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace tidegate {
namespace {

using Event = PageParser::Event;

struct Read {
  std::vector<std::string> samples;  // name{label=value,…} value @time
  std::string error;
};

Read ReadAll(std::string_view page) {
  Read read;
  PageParser parser(page);
  while (true) {
    const Event event = parser.Next();
    if (event == Event::kError) read.error = parser.error().message;
    if (event == Event::kError || event == Event::kEnd) return read;
    if (event != Event::kSample) continue;
    const SampleView& sample = parser.sample();
    std::string text(sample.name);
    for (const LabelView& label : sample.labels) {
      text += "," + std::string(label.name) + "=" + std::string(label.value);
    }
    text += " " + std::to_string(sample.value);
    if (sample.timestamp_ms) text += " @" + std::to_string(*sample.timestamp_ms);
    read.samples.push_back(std::move(text));
  }
}

std::string ReadFile(const std::string& name) {
  std::ifstream in(TIDEGATE_SOURCE_DIR "/tests/golden/triton/" + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(PageParserTest, ReadsSamplesWithLabelsAndTimes) {
  const Read read = ReadAll(
      "# HELP m What it is\n# TYPE m counter\nm 1\nm{a=\"b\",c=\"d\\\"\\\\\\n\\q\",} 2.5 1700\n"
      "{\"my.metric\",\"l.x\"=\"v\"}3");
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(read.samples,
            (std::vector<std::string>{"m 1.000000", "m,a=b,c=d\"\\\n\\q 2.500000 @1700",
                                      "my.metric,l.x=v 3.000000"}));
}

// The line in which a wrong entry begins is left out, wherever what is wrong stands.
TEST(PageParserTest, GoesOnBehindALineThatIsSkipped) {
  const std::string page =
      "a 1\nb{x=\"1} 2\nc{y=\"2\"} 3\n# TYPE d nonsense\nd 4\n# HELP \xff\nc{z=\"p\nq\"} z\n"
      "e{x=\"1\",} 5 1 1\nf 6\n";
  for (const auto effort : {PageParser::Effort::kFast, PageParser::Effort::kCareful}) {
    PageParser parser(page, PageFormat::kText, effort);
    std::vector<std::string> read;
    for (Event event = parser.Next(); event != Event::kEnd; event = parser.Next()) {
      if (event == Event::kSample) read.emplace_back(parser.sample().name);
      if (event != Event::kError) continue;
      read.push_back(parser.error().message.substr(0, 7));
      ASSERT_TRUE(parser.SkipLine());
    }
    EXPECT_EQ(read, (std::vector<std::string>{"a", "line 3,", "c", "line 4,", "d", "line 6,",
                                              "line 8,", "line 8,", "line 9,", "f"}));
  }
}

TEST(PageParserTest, NoLineIsSkippedAtTheEndOfAPage) {
  for (const char* page : {"a", "a{x=\"", "a 1x", "# TYPE a nonsense"}) {
    PageParser parser(page);
    ASSERT_EQ(parser.Next(), Event::kError) << page;
    EXPECT_FALSE(parser.SkipLine()) << page;
  }
  for (const char* page : {"", "# EOF\na 1\n", "# HELP a b"}) {
    PageParser parser(page, PageFormat::kOpenMetrics);
    ASSERT_EQ(parser.Next(), Event::kError) << page;
    EXPECT_FALSE(parser.SkipLine()) << page;
  }
  PageParser parser("a\nb\n", PageFormat::kProtobuf);
  ASSERT_EQ(parser.Next(), Event::kError);
  EXPECT_FALSE(parser.SkipLine());
}

TEST(PageParserTest, KnowsTheTypeOfEachSample) {
  PageParser parser(
      "a 1\n# TYPE b counter\nb 1\nbb 1\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\n"
      "h_count 1\nh_total 1\n# TYPE s summary\ns_bucket 1\ns_sum 1\ns{quantile=\"0.50\"} 1\n");
  std::vector<MetricType> types;
  std::vector<std::string> bounds;
  for (Event event = parser.Next(); event != Event::kEnd; event = parser.Next()) {
    ASSERT_NE(event, Event::kError) << parser.error().message;
    if (event != Event::kSample) continue;
    types.push_back(parser.sample().type);
    for (const LabelView& label : parser.sample().labels) bounds.emplace_back(label.value);
  }
  using enum MetricType;
  EXPECT_EQ(types, (std::vector<MetricType>{kUnknown, kCounter, kUnknown, kHistogram, kHistogram,
                                            kHistogram, kUnknown, kUnknown, kSummary, kSummary}));
  EXPECT_EQ(bounds, (std::vector<std::string>{"1.0", "0.5"}));
}

TEST(PageParserTest, SaysWhereAPageIsWrong) {
  struct Row {
    const char* page;
    const char* want;
  };
  const std::vector<Row> rows = {
      {"m\n", "line 1, column 2: expected a value, got end of line"},
      {"m", "line 1, column 2: expected a value, got end of page"},
      {"m 1\nm{a=b} 1\n", "line 2, column 5: expected a label value in double quotes, got \"b\""},
      {"m 1\n\n  1m 1\n", "line 3, column 3: expected a metric name, got \"1\""},
      {"m{a=\"b\"", "line 1, column 8: expected a label name, got end of page"},
      {"m{a=\"b\n", "line 1, column 5: unterminated label value"},
      {"m{a=\"\xFF\"} 1", "line 1, column 5: the value of label \"a\" is not UTF-8"},
      {"m{a} 1", "line 1, column 4: expected '=', got \"}\""},
      {"m{,} 1", "line 1, column 3: expected a label name, got \",\""},
      {"m{\"n\"} 1", "line 1, column 3: a second metric name"},
      {"{a=\"b\"} 1", "line 1, column 1: the metric name is missing"},
      {"m 1 -5", "line 1, column 5: expected a timestamp or the end of the line, got \"-\""},
      {"m 1 5.5", "line 1, column 6: expected the end of the line after the timestamp, got \".\""},
      {"m 1 9223372036854775808", "line 1, column 5: the timestamp is out of range"},
      {"m 0x10", "line 1, column 3: \"0x10\" is not a number"},
      {"m 1e400", "line 1, column 3: \"1e400\" is out of range"},
      {"m 1\r\n", "line 1, column 3: \"1?\" is not a number"},
      {"\r\n", "line 1, column 1: expected a metric name, got byte 0x0d"},
      {"# TYPE m foo", "line 1, column 10: invalid metric type \"foo\""},
      {"# TYPE 1m counter", "line 1, column 8: expected metric name after TYPE, got \"1\""},
      {"# HELP m \xFF", "line 1, column 10: the help text is not UTF-8"},
      {"m{a=\"x\ny\"} 1\nn", "line 3, column 2: expected a value, got end of page"},
  };
  for (const Row& row : rows) EXPECT_EQ(ReadAll(row.page).error, row.want) << row.page;
}

TEST(PageParserTest, ErrorIsOfTheKindThatIsTheCallersToFix) {
  PageParser parser("m");
  ASSERT_EQ(parser.Next(), Event::kError);
  EXPECT_EQ(parser.error().code, ErrorCode::kInvalidArgument);
}

TEST(PageParserTest, ReadsRealTritonPages) {
  EXPECT_EQ(ReadAll(ReadFile("metrics-load.txt")).error, "");
  const Read all = ReadAll(ReadFile("metrics-all-families.txt"));
  EXPECT_EQ(all.error, "");
  EXPECT_GT(all.samples.size(), 100U);
}

// However a page of good lines is cut at a line end, the parts read like the whole.
TEST(PageParserTest, PartsReadLikeTheWhole) {
  const std::string page = ReadFile("metrics-all-families.txt");
  const std::vector<std::string> whole = ReadAll(page).samples;
  for (std::size_t cut = page.find('\n'); cut != std::string::npos;
       cut = page.find('\n', cut + 1)) {
    // Bounds are spelled by the TYPE before them, so cut only in front of a comment.
    if (page[std::min(cut + 1, page.size() - 1)] != '#') continue;
    std::vector<std::string> parts = ReadAll(page.substr(0, cut + 1)).samples;
    const std::vector<std::string> rest = ReadAll(page.substr(cut + 1)).samples;
    parts.insert(parts.end(), rest.begin(), rest.end());
    ASSERT_EQ(parts, whole) << "cut at " << cut;
  }
}

// What a bound with escapes was read from is gone with its line.
TEST(PageParserTest, BoundsWithEscapesAreToldApart) {
  std::string page = "# TYPE h histogram\n";
  std::vector<std::string> wanted;
  for (int i = 1000; i < 2000; ++i) {
    page += "h_bucket{le=\"\\\\" + std::to_string(i) + std::string(40, 'x') + "\"} 1\n";
    wanted.push_back("h_bucket,le=\\" + std::to_string(i) + std::string(40, 'x') + " 1.000000");
  }
  EXPECT_EQ(ReadAll(page).samples, wanted);
}

// A truncated page gives the samples in front of the cut, and never one that is not on the page.
TEST(PageParserTest, TruncationAddsNothing) {
  const std::string page = ReadFile("metrics-load.txt");
  const std::vector<std::string> whole = ReadAll(page).samples;
  for (std::size_t size = 0; size < page.size(); ++size) {
    const std::vector<std::string> some = ReadAll(page.substr(0, size)).samples;
    ASSERT_LE(some.size(), whole.size());
    // The last may end inside its value; all others are whole.
    for (std::size_t i = 0; i + 1 < some.size(); ++i) ASSERT_EQ(some[i], whole[i]);
  }
}

}  // namespace
}  // namespace tidegate
