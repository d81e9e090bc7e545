// SPDX-License-Identifier: Apache-2.0
#include "exposition/char_index.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tidegate {
namespace {

std::vector<CharBlock> Classified(ClassifyFunction classify, const std::string& bytes) {
  std::vector<CharBlock> blocks(bytes.size() / 64);
  classify(bytes.data(), blocks);
  return blocks;
}

std::string EveryByteAtEveryPlace() {
  std::string bytes;
  for (std::size_t shift = 0; shift < 64; ++shift) {
    for (std::size_t i = 0; i < 256; ++i) bytes += static_cast<char>(i + shift);
  }
  return bytes;
}

// What a machine cannot run is left out: the scalar one is compared with itself there.
TEST(CharIndexTest, AllImplementationsClassifyAlike) {
  std::mt19937 random(7);
  std::string bytes = EveryByteAtEveryPlace();
  for (std::size_t i = 0; i < 64'000; ++i) bytes += static_cast<char>(random());
  const std::vector<CharBlock> want = Classified(ScalarClassify(), bytes);
  for (const ClassifyFunction classify : {Avx2Classify(), Avx512Classify(), BestClassify()}) {
    if (classify == nullptr) continue;
    EXPECT_EQ(Classified(classify, bytes), want);
  }
}

TEST(CharIndexTest, ScalarFollowsTheDefinition) {
  std::string bytes = "a9_Z:{\"\n\\";
  bytes += '\0';
  bytes += '\xC3';
  bytes.resize(64, ' ');
  const CharBlock block = Classified(ScalarClassify(), bytes).at(0);
  EXPECT_EQ(block.word, 0b1111U);
  EXPECT_EQ(block.quote, 0b100'0000U);
  EXPECT_EQ(block.newline, 0b1000'0000U);
  EXPECT_EQ(block.odd, 0b111'0000'0000U);
}

// Lines of all lengths, so that they end at every place of a block and of what is covered.
TEST(CharIndexTest, FindsEveryLineThatFits) {
  for (const std::size_t longest : {3U, 65U, 700U, 9000U}) {
    std::string page;
    for (std::size_t length = 0; page.size() < 60'000; length = (length + 7) % longest) {
      page += std::string(length, 'x') + '\n';
    }
    CharIndex index(page);
    const char* const end = page.data() + page.size();
    for (const char* at = page.data(); at != end;) {
      const char* const newline =
          page.data() + page.find('\n', static_cast<std::size_t>(at - page.data()));
      const char* const found = index.LineEnd(at);
      const bool fits = newline - at < 8000;
      ASSERT_TRUE(found == newline || (!fits && found == nullptr));
      if (found != nullptr) {
        EXPECT_EQ(index.WordEnd(at), newline);
        EXPECT_FALSE(index.HasOdd(at, newline));
        EXPECT_GE(index.Quote(at), newline);
      }
      at = newline + 1;
    }
    EXPECT_EQ(index.LineEnd(end), nullptr);
  }
}

TEST(CharIndexTest, ALineWithoutItsNewlineIsNoLine) {
  const std::string page = "a 1\nb 2";
  CharIndex index(page);
  EXPECT_EQ(index.LineEnd(page.data()), page.data() + 3);
  EXPECT_EQ(index.LineEnd(page.data() + 4), nullptr);
  EXPECT_EQ(CharIndex("").LineEnd(std::string_view("").data()), nullptr);
}

}  // namespace
}  // namespace tidegate
