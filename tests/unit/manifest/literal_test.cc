// SPDX-License-Identifier: Apache-2.0
#include "manifest/literal.h"

#include <gtest/gtest.h>

#include "manifest/json_text.h"

namespace tidegate::manifest {
namespace {

using Kind = Literal::Kind;

struct ScalarCase {
  const char* yaml;
  Kind kind;
  const char* json;
};

TEST(LiteralTest, UnquotedScalarsAreWhatYaml11Says) {
  const ScalarCase rows[] = {
      {"", Kind::kNull, ""},
      {"~", Kind::kNull, ""},
      {"Null", Kind::kNull, ""},
      {"nULL", Kind::kString, "nULL"},
      {"yes", Kind::kBool, "true"},
      {"y", Kind::kBool, "true"},
      {"Off", Kind::kBool, "false"},
      {"1", Kind::kNumber, "1"},
      {"+1", Kind::kNumber, "1"},
      {"-0", Kind::kNumber, "0"},
      {"1_000", Kind::kNumber, "1000"},
      {"0x1F", Kind::kNumber, "31"},
      {"0o17", Kind::kNumber, "15"},
      {"017", Kind::kNumber, "15"},
      {"08", Kind::kNumber, "8"},
      {"-0b11", Kind::kNumber, "-3"},
      {"18446744073709551615", Kind::kNumber, "18446744073709551615"},
      {"100000000000000000000", Kind::kNumber, "100000000000000000000"},
      {"1e3", Kind::kNumber, "1000"},
      {"1e21", Kind::kNumber, "1e+21"},
      {"1e-7", Kind::kNumber, "1e-7"},
      {".5", Kind::kNumber, "0.5"},
      {"5.", Kind::kNumber, "5"},
      {"1.50", Kind::kNumber, "1.5"},
      {"100m", Kind::kString, "100m"},
      {"1e", Kind::kString, "1e"},
      {".", Kind::kString, "."},
      {"-", Kind::kString, "-"},
      {"0x", Kind::kString, "0x"},
      {"2026-01-02", Kind::kString, "2026-01-02"},
      {"12:30", Kind::kString, "12:30"},
  };
  for (const ScalarCase& row : rows) {
    config::Node node;
    node.kind = config::Node::Kind::kScalar;
    node.text = row.yaml;
    const Literal literal = LiteralOf(node, Syntax::kYaml);
    EXPECT_EQ(literal.kind, row.kind) << row.yaml;
    EXPECT_EQ(literal.text, row.json) << row.yaml;
    node.quoted = true;
    EXPECT_EQ(LiteralOf(node, Syntax::kYaml).kind, Kind::kString) << row.yaml;
  }
}

struct TimeCase {
  const char* text;
  const char* utc;  ///< "": not a time
};

TEST(LiteralTest, TimesAreRfc3339) {
  const TimeCase rows[] = {
      {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
      {"2026-11-25T17:50:28.75+01:30", "2026-11-25T16:20:28Z"},
      {"2024-02-29T23:59:59-00:01", "2024-03-01T00:00:59Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
      {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"},
      {"1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"},
      {"1600-02-29T12:00:00Z", "1600-02-29T12:00:00Z"},
      {"2023-02-29T00:00:00Z", ""},
      {"2026-11-25 17:50:28Z", ""},
      {"2026-11-25T17:50:28", ""},
      {"2026-11-25T24:00:00Z", ""},
      {"2026-11-25T17:50:28.Z", ""},
      {"2026-13-01T00:00:00Z", ""},
      {"", ""},
  };
  for (const TimeCase& row : rows) {
    const std::optional<std::int64_t> seconds = ParseTime(row.text);
    EXPECT_EQ(seconds ? FormatTime(*seconds) : "", row.utc) << row.text;
  }
}

std::string JsonError(std::string_view text) {
  const auto parsed = ParseJsonText(text);
  return parsed ? "" : parsed.error().message;
}

TEST(JsonTextTest, ErrorsAreGos) {
  EXPECT_EQ(JsonError(""), "unexpected end of JSON input");
  EXPECT_EQ(JsonError("{"), "unexpected end of JSON input");
  EXPECT_EQ(JsonError("garbage"), "invalid character 'g' looking for beginning of value");
  EXPECT_EQ(JsonError("[1,]"), "invalid character ']' looking for beginning of value");
  EXPECT_EQ(JsonError("{\"a\" 1}"), "invalid character '1' after object key");
  EXPECT_EQ(JsonError("{\"a\":1 \"b\"}"), "invalid character '\"' after object key:value pair");
  EXPECT_EQ(JsonError("[1 2]"), "invalid character '2' after array element");
  EXPECT_EQ(JsonError("1 2"), "invalid character '2' after top-level value");
  EXPECT_EQ(JsonError("01"), "invalid character '1' after top-level value");
  EXPECT_EQ(JsonError(std::string(100'000, '[')), "exceeded max depth");
}

TEST(JsonTextTest, KeepsDigitsDuplicatesAndPlaces) {
  const auto parsed = ParseJsonText("{\"a\": 1e999,\n \"a\": \"\\ud83d\\ude00\\ud800x\\u0041\"}");
  ASSERT_TRUE(parsed);
  const auto& members = (*parsed)->members;
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[0].value->text, "1e999");
  EXPECT_EQ(members[1].value->text, "\xF0\x9F\x98\x80\xEF\xBF\xBDxA");
  EXPECT_EQ(members[1].at.line, 2);
  EXPECT_EQ(members[1].at.column, 2);
  EXPECT_EQ(members[1].value->at.column, 7);
}

}  // namespace
}  // namespace tidegate::manifest
