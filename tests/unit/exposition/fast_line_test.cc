// SPDX-License-Identifier: Apache-2.0
//
// The fast path reads what the grammars read.
#include <gtest/gtest.h>

#include <bit>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "exposition/page_parser.h"

namespace tidegate {
namespace {

using Event = PageParser::Event;

std::string Describe(PageParser& parser) {
  const SampleView& sample = parser.sample();
  std::string text = std::string(sample.series) + "|" + std::string(sample.name);
  for (const LabelView& label : sample.labels) {
    text += "|" + std::string(label.name) + "=" + std::string(label.value);
  }
  text += "|" + std::to_string(std::bit_cast<std::uint64_t>(sample.value));
  text += "|" + std::to_string(sample.timestamp_ms.value_or(-1));
  return text + "|" + std::string(TypeName(sample.type));
}

void ExpectSame(const std::string& page, PageFormat format) {
  PageParser fast(page, format, PageParser::Effort::kFast);
  PageParser careful(page, format, PageParser::Effort::kCareful);
  while (true) {
    const Event event = careful.Next();
    ASSERT_EQ(fast.Next(), event) << page;
    if (event == Event::kSample) {
      ASSERT_EQ(Describe(fast), Describe(careful)) << page;
    }
    if (event == Event::kError) {
      ASSERT_EQ(fast.error().message, careful.error().message) << page;
    }
    if (event == Event::kError || event == Event::kEnd) return;
  }
}

std::string ReadFile(const std::string& name) {
  std::ifstream in(TIDEGATE_SOURCE_DIR "/tests/golden/triton/" + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(FastLineTest, ReadsLinesThatLookAlikeAsTheGrammarsDo) {
  for (const char* line : {"m 1",
                           "m:x:y 1",
                           ":m 1",
                           "m{} 1",
                           "m{a=\"b\"} 1",
                           "m{a=\"b\",} 1",
                           "m{a=\"\"} 1",
                           "m{a=\"b\",c=\"d\"} -1.5",
                           "m{a:b=\"c\"} 1",
                           "m{1a=\"b\"} 1",
                           "m{a=\"x\\\"y\"} 1",
                           "m{a=\"\xC3\xA9\"} 1",
                           "m{a=\"\xFF\"} 1",
                           "m{a=\"b\"}1",
                           "m  1",
                           "m 1 ",
                           "m 1 5",
                           "m 1 5 6",
                           "m 1 99999999999999999999",
                           "m 1 1.5",
                           "m 1 999999999999999999",
                           "m -0",
                           "m 0.1",
                           "m .5",
                           "m 5.",
                           "m .",
                           "m -",
                           "m 1e5",
                           "m 1e400",
                           "m NaN",
                           "m +Inf",
                           "m 9007199254740993",
                           "m 12345678901234567890",
                           "m 0.30000000000000004",
                           "m 1234567890.1234567890",
                           "m +5",
                           "m{le=\"1\"} 1",
                           "m{le=\"0.5\"} 1",
                           "m{le=\"00.5\"} 1",
                           "m{le=\"1000000.5\"} 1",
                           "m{le=\"0x1p4\"} 1",
                           "m{a=\"b\"} 1 # {c=\"d\"} 2",
                           "m{a=\"b} 1",
                           "m{a=\"x\ty\"} 1"}) {
    for (const char* type : {"", "# TYPE m histogram\n"}) {
      const std::string text = std::string(type) + line;
      ExpectSame(text, PageFormat::kText);
      ExpectSame(text + "\n", PageFormat::kText);
      ExpectSame(text + "\n# EOF\n", PageFormat::kOpenMetrics);
    }
  }
}

TEST(FastLineTest, ReadsChangedPagesAsTheGrammarsDo) {
  const std::string page = ReadFile("metrics-all-families.txt").substr(0, 3000);
  const std::string bytes("a1{}\",=\\ \n\t#.-+e:_\0\xC3", 20);
  std::mt19937 random(11);
  for (int i = 0; i < 3000; ++i) {
    std::string changed = page;
    for (int k = 0; k < 3; ++k) changed[random() % changed.size()] = bytes[random() % bytes.size()];
    ExpectSame(changed, i % 2 == 0 ? PageFormat::kText : PageFormat::kOpenMetrics);
  }
}

}  // namespace
}  // namespace tidegate
