// SPDX-License-Identifier: Apache-2.0
#include "exposition/page_layout.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "exposition/hash.h"
#include "exposition/page_parser.h"

namespace tidegate {
namespace {

PageLayout LayoutOf(const std::string& page) {
  PageLayout layout(PageFormat::kText);
  PageParser parser(page);
  for (auto event = parser.Next(); event != PageParser::Event::kEnd; event = parser.Next()) {
    EXPECT_NE(event, PageParser::Event::kError) << parser.error().message;
    if (event == PageParser::Event::kSample) {
      layout.Add(page, parser.sample().number_at, parser.offset());
    }
  }
  layout.Finish(page);
  return layout;
}

TEST(PageLayoutTest, ReadsAPageThatDiffersInItsNumbersOnly) {
  const PageLayout layout = LayoutOf("# TYPE a gauge\na 1\n\nb{c=\"d\"} 2\n  e\t3\n# the end\n");
  EXPECT_EQ(layout.size(), 3U);
  std::vector<double> values;
  ASSERT_TRUE(layout.Read("# TYPE a gauge\na -1.5e3\n\nb{c=\"d\"} 12345678\n  e\t+Inf\n# the end\n",
                          PageFormat::kText, values));
  EXPECT_EQ(values[0], -1500);
  EXPECT_EQ(values[1], 12345678);
  EXPECT_GT(values[2], 1e308);
}

TEST(PageLayoutTest, LeavesEveryOtherDifferenceToTheParser) {
  const PageLayout layout = LayoutOf("# HELP a b\na 1\nb{c=\"d\"} 2\n# x\n");
  std::vector<double> values;
  for (const char* page :
       {"", "# HELP a b\na 1\nb{c=\"d\"} 2\n# x", "# HELP a b\na 1\nb{c=\"d\"} 2\n# y\n",
        "# HELP a b\na 1\nb{c=\"d\"} 2\n", "# HELP a b\na 1\nb{c=\"e\"} 2\n# x\n",
        "# HELP a c\na 1\nb{c=\"d\"} 2\n# x\n", "# HELP a b\na 1 5\nb{c=\"d\"} 2\n# x\n",
        "# HELP a b\na x\nb{c=\"d\"} 2\n# x\n", "# HELP a b\na 1 \nb{c=\"d\"} 2\n# x\n",
        "# HELP a b\na 1\nb{c=\"d\"} 2\n# x\nf 1\n", "# HELP a b\na 1\n",
        "# HELP a b\na 1e400\n"}) {
    EXPECT_FALSE(layout.Read(page, PageFormat::kText, values)) << page;
  }
  EXPECT_FALSE(
      layout.Read("# HELP a b\na 1\nb{c=\"d\"} 2\n# x\n", PageFormat::kOpenMetrics, values));
}

// A cut at any place, and any byte changed for another, is noticed or does not matter.
TEST(PageLayoutTest, NeverReadsWhatTheParserWouldReadOtherwise) {
  const std::string page = "# TYPE a gauge\na{x=\"y\"} 17\nb 2.5\n";
  const PageLayout layout = LayoutOf(page);
  std::vector<double> values;
  for (std::size_t i = 0; i < page.size(); ++i) {
    EXPECT_FALSE(layout.Read(page.substr(0, i), PageFormat::kText, values));
    for (const char c : std::string("\0 \n\"{}#1e.x", 11)) {
      std::string changed = page;
      changed[i] = c;
      if (!layout.Read(changed, PageFormat::kText, values)) continue;
      PageParser parser(changed);
      ASSERT_EQ(parser.Next(), PageParser::Event::kType);
      for (const double value : values) {
        ASSERT_EQ(parser.Next(), PageParser::Event::kSample) << changed;
        ASSERT_EQ(parser.sample().value, value) << changed;
      }
      ASSERT_EQ(parser.Next(), PageParser::Event::kEnd);
    }
  }
}

TEST(HashBytesTest, EveryLengthAndEveryByteCounts) {
  std::set<std::uint64_t> seen;
  const std::string zeros(200, '\0');
  for (std::size_t size = 0; size <= zeros.size(); ++size) {
    EXPECT_TRUE(seen.insert(HashBytes(std::string_view(zeros).substr(0, size))).second);
    for (std::size_t i = 0; i < size; ++i) {
      std::string changed = zeros.substr(0, size);
      changed[i] = 1;
      EXPECT_TRUE(seen.insert(HashBytes(changed)).second) << size << " " << i;
    }
  }
  EXPECT_NE(HashBytes("a", 1), HashBytes("a", 2));
}

}  // namespace
}  // namespace tidegate
