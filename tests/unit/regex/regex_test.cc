// SPDX-License-Identifier: Apache-2.0
#include "regex/regex.h"

#include <gtest/gtest.h>
#include <regex.h>

#include <chrono>
#include <random>
#include <string>

#include "series/matcher.h"

namespace tidegate {
namespace {

bool Match(const std::string& pattern, std::string_view text) {
  const Result<Regex> regex = Regex::Compile(pattern);
  EXPECT_TRUE(regex.has_value()) << pattern;
  return regex && regex->FullMatch(text);
}

TEST(RegexTest, MatchesTheWholeTextAsRe2Does) {
  struct Row {
    const char* pattern;
    const char* text;
    bool want;
  };
  for (const Row& row : {
           Row{"", "", true},
           {"", "a", false},
           {"a", "ab", false},
           {"a|ab", "ab", true},
           {"a.c", "a\nc", true},
           {"(?-s)a.c", "a\nc", false},
           {"a*b+c?", "aaabb", true},
           {"(ab){2,3}", "abab", true},
           {"(ab){2,3}", "abababab", false},
           {"(ab){2,}", "ababababab", true},
           {"x{,2}", "x{,2}", true},
           {"[a-c]+", "abcabc", true},
           {"[^a-c]+", "xyz\n", true},
           {"[]a]+", "]a", true},
           {"[a\\-z]+", "-", true},
           {"[a\\-z]+", "b", false},
           {"[[:digit:][:^alpha:]]+", "1_", true},
           {"\\d+\\.\\d*", "3.14", true},
           {"\\D\\S\\w\\W", "ab_-", true},
           {"(?i)API", "aPi", true},
           {"(?i:a)b", "Ab", true},
           {"(?i:a)b", "AB", false},
           {"x(?i)y|z", "xY", true},
           {"x(?i)y|z", "Z", true},
           {"(x(?i)y)z", "xYZ", false},
           {"(?P<name>a)+", "aa", true},
           {"^GET$", "GET", true},
           {"a^b", "ab", false},
           {"\\bfoo\\b.*", "foo bar", true},
           {"foo\\B.*", "foobar", true},
           {"\\x41\\x{20AC}\\101", "A€A", true},
           {".", "é", true},
           {"..", "é", false},
           {"[é-ü]", "ö", true},
           {"a??b*?c+?", "bbc", true},
           {"(a*)*", "aaa", true},
           {"(|a)+", "aaa", true},
           {"\\Aa\\z", "a", true},
           {"flower-[0-6]|iris", "flower-6", true},
       }) {
    EXPECT_EQ(Match(row.pattern, row.text), row.want) << row.pattern << " on " << row.text;
  }
}

TEST(RegexTest, SaysWhatIsWrong) {
  struct Row {
    const char* pattern;
    const char* want;
  };
  for (const Row& row : {
           Row{"(", "missing closing )"},
           {")", "unexpected )"},
           {"[a", "missing closing ]"},
           {"[b-a]", "invalid character class range"},
           {"*a", "missing argument to repetition operator"},
           {"a**", "invalid nested repetition operator"},
           {"a{1001}", "invalid repeat count"},
           {"a{2,1}", "invalid repeat count"},
           {"a\\", "trailing backslash"},
           {"\\q", "invalid escape sequence"},
           {"\\pL", "not supported"},
           {"\\Qa\\E", "not supported"},
           {"(?m)a", "not supported"},
           {"(?=a)", "invalid or unsupported Perl syntax"},
           {"\xFF", "invalid UTF-8"},
           {"((((((a{100}){100}){100}){100}){100}){100}){100}", "expression too large"},
           {"(((((){1000}){1000}){1000}){1000}){1000}", "expression too large"},
       }) {
    const Result<Regex> regex = Regex::Compile(row.pattern);
    ASSERT_FALSE(regex.has_value()) << row.pattern;
    EXPECT_NE(regex.error().message.find(row.want), std::string::npos) << regex.error().message;
  }
  EXPECT_FALSE(Regex::Compile(std::string(5000, 'a')).has_value());
  EXPECT_FALSE(Regex::Compile(std::string(3000, '(')).has_value());
}

// Where backtracking would take longer than the universe has.
TEST(RegexTest, NoPatternMakesItBacktrack) {
  const std::string text(2000, 'a');
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(Match("(a*)*b", text));
  EXPECT_FALSE(Match("(a|aa)+$b", text));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

// Against the C library's on small random patterns that both understand.
TEST(RegexTest, AgreesWithPosix) {
  std::mt19937_64 random(3);
  const auto pick = [&random](std::string_view from) { return from[random() % from.size()]; };
  for (int round = 0; round < 2000; ++round) {
    std::string pattern;
    int open = 0;
    for (std::size_t i = 0, length = 1 + random() % 8; i < length; ++i) {
      switch (random() % 6) {
        case 0:
          pattern += "(";
          ++open;
          [[fallthrough]];
        case 1:
        case 2:
          pattern += pick("ab");
          break;
        case 3:
          pattern += std::string("[") + pick("ab") + "c]" + pick("*+?");
          break;
        case 4:
          pattern += std::string(1, pick("abc")) + pick("*+?");
          break;
        default:
          pattern += "|";
      }
      if (open > 0 && random() % 3 == 0) {
        pattern += ")";
        --open;
      }
    }
    pattern += std::string(static_cast<std::size_t>(open), ')');
    regex_t reference;
    ASSERT_EQ(regcomp(&reference, ("^(" + pattern + ")$").c_str(), REG_EXTENDED | REG_NOSUB), 0);
    for (int k = 0; k < 20; ++k) {
      std::string text;
      for (std::size_t i = 0, length = random() % 6; i < length; ++i) text += pick("abc");
      const bool want = regexec(&reference, text.c_str(), 0, nullptr, 0) == 0;
      EXPECT_EQ(Match(pattern, text), want) << pattern << " " << text;
    }
    regfree(&reference);
  }
}

TEST(MatcherTest, TreatsAPlainPatternAsAComparison) {
  const Result<Matcher> matcher = Matcher::Make("pod", MatchOp::kMatch, "flower-1");
  ASSERT_TRUE(matcher.has_value());
  EXPECT_EQ(matcher->op(), MatchOp::kMatch);
  EXPECT_TRUE(matcher->IsEqual());
  EXPECT_TRUE(matcher->Matches("flower-1"));
  EXPECT_FALSE(matcher->Matches("flower-11"));
  EXPECT_FALSE(Matcher::Make("pod", MatchOp::kNoMatch, "flower-1").value().Matches("flower-1"));
  EXPECT_FALSE(Matcher::Make("pod", MatchOp::kMatch, "flower-.").value().IsEqual());
}

// Of several ways to match the one that Perl takes.
TEST(RegexTest, TellsWhatTheGroupsMatched) {
  const auto groups = [](const char* pattern, std::string_view text) {
    const auto found = Regex::Compile(pattern).value().Groups(text);
    std::string shown;
    if (!found) return std::string("none");
    for (const std::string_view group : *found) shown += "<" + std::string(group) + ">";
    return shown;
  };
  EXPECT_EQ(groups("(.*)-(\\d+)", "flower-1-22"), "<flower-1-22><flower-1><22>");
  EXPECT_EQ(groups("(.*?)-(.*)", "flower-1-22"), "<flower-1-22><flower><1-22>");
  EXPECT_EQ(groups("(a|ab)(c|bcd)(d*)", "abcd"), "<abcd><a><bcd><>");
  EXPECT_EQ(groups("(?U)(a*)(a*)", "aaa"), "<aaa><><aaa>");
  EXPECT_EQ(groups("(a)|(b)", "b"), "<b><><b>");
  EXPECT_EQ(groups("(?:a(b))*", "abab"), "<abab><b>");
  EXPECT_EQ(groups("((a{1,2}?)+)", "aaa"), "<aaa><aaa><a>");
  EXPECT_EQ(groups("(a)", "b"), "none");
  EXPECT_EQ(Regex::Compile("(?P<x>a)(b)").value().group_names(),
            (std::vector<std::string>{"", "x", ""}));
}

}  // namespace
}  // namespace tidegate
