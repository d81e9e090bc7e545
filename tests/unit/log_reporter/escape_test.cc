// SPDX-License-Identifier: Apache-2.0
#include "reporters/log/escape.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace tidegate::reporters {
namespace {

TEST(EscapeTest, JsonKeepsTextAndReplacesWhatIsNotUtf8) {
  EXPECT_EQ(JsonString("a \"b\" \\ \n\t\x01\x7f"), R"("a \"b\" \\ \n\u0009\u0001\u007f")");
  EXPECT_EQ(JsonString("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8c\xb8"),
            "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8c\xb8\"");
  EXPECT_EQ(JsonString("\xff|\xc3|\xed\xa0\x80|\xc0\xaf|\xf4\x90\x80\x80"),
            R"("\ufffd|\ufffd|\ufffd\ufffd\ufffd|\ufffd\ufffd|\ufffd\ufffd\ufffd\ufffd")");
}

// An independent parser must accept what any bytes become.
TEST(EscapeTest, AnyBytesBecomeValidJson) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    ASSERT_TRUE(nlohmann::json::accept(JsonString(bytes))) << "round " << round;
  }
}

TEST(EscapeTest, ALineStaysALine) { EXPECT_EQ(EscapeLine("a\nb\r\x1b[31mc"), "a b  [31mc"); }

}  // namespace
}  // namespace tidegate::reporters
