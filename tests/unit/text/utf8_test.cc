// SPDX-License-Identifier: Apache-2.0
#include "text/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace tidegate {
namespace {

TEST(Utf8Test, AcceptsTheWellFormedAndNothingElse) {
  for (const char* good : {"", "a", "é", "€", "𝄞", "\xF4\x8F\xBF\xBF", "longer than one word: ü"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad :
       {"\xFF", "\xC3", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x80", "eight bytes first \xE2\x82"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
}

// Every code point there is, encoded by hand, decodes to itself; each prefix of it is not UTF-8.
TEST(Utf8Test, DecodesEveryCodePoint) {
  for (char32_t c = 1; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text;
    const auto put = [&text](char32_t byte) { text += static_cast<char>(byte); };
    const int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    constexpr char32_t kLead[] = {0, 0xC0, 0xE0, 0xF0};
    put(kLead[more] | (c >> (6 * more)));
    for (int i = more - 1; i >= 0; --i) put(0x80 | ((c >> (6 * i)) & 0x3F));
    const CodePoint point = DecodeUtf8(text);
    ASSERT_TRUE(point.valid && point.value == c && point.size == text.size()) << std::hex << +c;
    ASSERT_TRUE(more == 0 || !IsUtf8(text.substr(0, text.size() - 1)));
  }
}

}  // namespace
}  // namespace tidegate
