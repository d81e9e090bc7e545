// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "promql/literals.h"
#include "tidegate/promql.h"

namespace tidegate {
namespace {

constexpr const char* kThePost =
    "avg(delta(nv_inference_queue_duration_us[30s])/(1+delta(nv_inference_request_success[30s])))";

TEST(CompileTest, TakesTheQueriesOfTheMetricsPath) {
  for (const char* text : {kThePost,
                           "avg by (pod) (rate(m[1m]))",
                           "sum(rate(m[1m])) without (pod,)",
                           "m{a=\"b\",c!='d',}",
                           "m{a=~`x|y`,b!~\"z.*\"} # and a comment",
                           "{\"my.metric\",\"l.x\"=\"v\"}",
                           "sum",
                           "by * offset",
                           "-1 + 2 * -(3)",
                           "a / on(x, y) b - ignoring() c",
                           "0x1F + 010 + 1_000 + 1e3 + 5m",
                           "rate((m[90]))",
                           "MAX BY (x) (m)",
                           "inf",
                           "m:rate5m{}",
                           "m[1m]",
                           "\"text\"",
                           "a offset -5m @ end()",
                           "max_over_time(rate(a[1m])[5m:10s] offset 1h)",
                           "a and ignoring(x) b or c unless d",
                           "a * on(x) group_left(y) b > bool 2 ^ -3",
                           "topk by (x) (3, a) % 2 atan2 b",
                           "rate(a[2 * (step() + 1m)] anchored)",
                           "label_join(a, \"x\", \"-\", \"y\", \"z\")"}) {
    const Result<Query> query = Query::Compile(text);
    EXPECT_TRUE(query.has_value()) << text << ": " << (query ? "" : query.error().message);
  }
}

TEST(CompileTest, KnowsItsTextAndLongestRange) {
  const Query query = Query::Compile("rate(a[1m]) + rate(b[1h30m]) + c").value();
  EXPECT_EQ(query.text(), "rate(a[1m]) + rate(b[1h30m]) + c");
  EXPECT_EQ(query.longest_range(), std::chrono::minutes(90));
  EXPECT_EQ(Query::Compile("c").value().longest_range(), Duration{});
}

std::string MetricsOf(const std::string& text) {
  const Query query =
      Query::Compile(text, {.experimental_functions = true, .fill_modifiers = true}).value();
  if (!query.metrics()) return "any";
  std::string names;
  for (const std::string& name : *query.metrics()) names += (names.empty() ? "" : " ") + name;
  return names;
}

TEST(CompileTest, KnowsWhichMetricsItSelects) {
  EXPECT_EQ(MetricsOf(kThePost), "nv_inference_queue_duration_us nv_inference_request_success");
  for (const auto& [text, names] : std::vector<std::pair<std::string, std::string>>{
           {"1 + 2 * time()", ""},
           {"\"text\"", ""},
           {"b + b * on(x) group_left() a", "a b"},
           {"max_over_time(rate(a[1m])[5m:10s] offset 1h)", "a"},
           {"absent(a) or absent_over_time(b[1m]) unless -(c)", "a b c"},
           {"topk by (x) (scalar(k), a)", "a k"},
           {"histogram_quantile(0.9, sum by (le) (rate(h_bucket[1m])))", "h_bucket"},
           {"{\"my.metric\",x=\"v\"}", "my.metric"},
           {"{__name__=\"a\",x=\"v\"}", "a"},
           {"{__name__=~\"a\"}", "a"},
           {"{__name__!=\"b\",__name__=\"a\"}", "a"},
           {"{__name__=~\"a|b\"}", "any"},
           {"{__name__!=\"a\",x=\"v\"}", "any"},
           {"{x=\"v\"}", "any"},
           {"a + rate({x=\"v\"}[1m])", "any"},
           {"info(a)", "a target_info"},
           {"info(a, {data=~\".+\"})", "a target_info"},
           {"info(a, {__name__=\"build_info\"})", "a build_info"},
           {"info(a, {__name__=~\".+_info\"})", "any"}}) {
    EXPECT_EQ(MetricsOf(text), names) << text;
  }
}

struct Row {
  std::string text;
  std::string want;
};

void ExpectErrors(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const Result<Query> query = Query::Compile(row.text);
    ASSERT_FALSE(query.has_value()) << row.text;
    EXPECT_EQ(query.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(query.error().message, row.want) << row.text;
  }
}

TEST(CompileTest, ErrorsAreInPrometheusWordsWithThePosition) {
  ExpectErrors({
      {"", "unknown position: parse error: no expression found in input"},
      {"1 2", "1:3: parse error: unexpected number \"2\""},
      {"g h", "1:3: parse error: unexpected identifier \"h\""},
      {"g +", "1:4: parse error: unexpected end of input"},
      {"\n\ng +\n  / h", "4:3: parse error: unexpected <op:/>"},
      {"(g", "1:3: parse error: unclosed left parenthesis"},
      {"g$", "1:2: parse error: unexpected character: '$'"},
      {"g ! h", "1:3: parse error: unexpected character after '!': ' '"},
      {"g{", "1:3: parse error: unexpected end of input inside braces"},
      {"g{job}",
       "1:6: parse error: unexpected \"}\" in label matching, expected label matching operator"},
      {"g{job==\"a\"}", "1:7: parse error: unexpected \"=\" in label matching, expected string"},
      {"g{,}",
       "1:3: parse error: unexpected \",\" in label matching, expected identifier or \"}\""},
      {"g{a=\"x", "1:5: parse error: unterminated quoted string"},
      {"g{__name__=\"h\"}", "1:1: parse error: metric name must not be set twice: \"g\" or \"h\""},
      {"{a=~\".*\"}",
       "1:1: parse error: vector selector must contain at least one non-empty matcher"},
      {"g{a=~\"(\"}", "1:3: parse error: error parsing regexp: missing closing ): `(`"},
      {"1e", "1:1: parse error: bad number or duration syntax: \"1e\""},
      {"g[]",
       "1:3: parse error: unexpected \"]\" in subquery or range selector, expected number, "
       "duration, step(), or range()"},
      {"rate(g[0s])", "1:8: parse error: duration must be greater than 0"},
      {"rate(g[5m5h])", "1:8: parse error: not a valid duration string: \"5m5h\""},
      {"rate(g[9999999999y])", "1:8: parse error: duration out of range"},
      {"(g + h)[1m]", "1:8: parse error: ranges only allowed for vector selectors"},
      {"rate(g)",
       "1:6: parse error: expected type range vector in call to function \"rate\", got "
       "instant vector"},
      {"rate()", "1:1: parse error: expected 1 argument(s) in call to \"rate\", got 0"},
      {"rate(g[1m],)", "1:11: parse error: trailing commas not allowed in function call args"},
      {"foor(g)", "1:1: parse error: unknown function with name \"foor\""},
      {"sum()", "1:1: parse error: no arguments for aggregate expression provided"},
      {"sum(1)",
       "1:5: parse error: expected type instant vector in aggregation expression, got scalar"},
      {"sum(g, h)",
       "1:1: parse error: wrong number of arguments for aggregate expression "
       "provided, expected 1, got 2"},
      {"avg(g) by", "1:10: parse error: unexpected end of input in grouping opts, expected \"(\""},
      {"sum by job (g)",
       "1:8: parse error: unexpected identifier \"job\" in grouping opts, expected \"(\""},
      {"g + g[1m]",
       "1:5: parse error: binary expression must contain only scalar and instant vector types"},
      {"-g[1m]",
       "1:1: parse error: unary expression only allowed on expressions of type scalar or "
       "instant vector, got \"range vector\""},
      {"g + bool h", "1:3: parse error: bool modifier can only be used on comparison operators"},
      {"1 + on(job) g", "1:1: parse error: vector matching only allowed between instant vectors"},
  });
}

TEST(CompileTest, ErrorsOfModifiersAndDurations) {
  ExpectErrors({
      {"a offset",
       "1:9: parse error: unexpected end of input in offset, expected number, "
       "duration, step(), or range()"},
      {"a offset 1m offset 2m", "1:1: parse error: offset may not be set multiple times"},
      {"sum(a) offset 1m",
       "1:1: parse error: offset modifier must be preceded by an instant vector selector or range "
       "vector selector or a subquery"},
      {"a @ foo", "1:5: parse error: unexpected identifier \"foo\" in @, expected timestamp"},
      {"a @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"},
      {"a offset 1m [5m]", "1:13: parse error: no offset modifiers allowed before range"},
      {"a[(5m 3)]",
       "1:7: parse error: unexpected number \"3\" in subquery or range selector, "
       "expected number, duration, step(), or range()"},
      {"a[5m:5m 3]",
       "1:9: parse error: unexpected number \"3\" in subquery selector, expected \"]\""},
      {"a[5m/0]", "1:5: parse error: division by zero"},
      {"a[5m", "1:5: parse error: unclosed left bracket"},
      {"1[5m:]",
       "1:1: parse error: subquery is only allowed on instant vector, got scalar "
       "instead"},
  });
}

TEST(CompileTest, ErrorsOfMatching) {
  ExpectErrors({
      {"1 == 1", "1:3: parse error: comparisons between scalars must use BOOL modifier"},
      {"1 and g", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression"},
      {"g or on(a) group_left h", "1:1: parse error: no grouping allowed for \"or\" operation"},
      {"g + on(a) group_left(a) h",
       "1:3: parse error: label \"a\" must not occur in ON and GROUP clause at once"},
      {"sum(g h)", "1:7: parse error: unexpected identifier \"h\" in aggregation"},
      {"topk(g)",
       "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, "
       "got 1"},
  });
}

// As in a Prometheus without feature flags.
TEST(CompileTest, ExperimentsWantToBeAsked) {
  ExpectErrors({
      {"mad_over_time(g[1m])", "1:1: parse error: function \"mad_over_time\" is not enabled"},
      {"limitk(1, g)",
       "1:1: parse error: limitk() is experimental and must be enabled with "
       "--enable-feature=promql-experimental-functions"},
      {"g + fill(0) h", "1:1: parse error: binop fill modifiers are experimental and not enabled"},
  });
  const CompileOptions all{.experimental_functions = true, .fill_modifiers = true};
  for (const char* text : {"mad_over_time(g[1m])", "limitk(1, g)", "g + fill(0) h"}) {
    EXPECT_TRUE(Query::Compile(text, all).has_value()) << text;
  }
}

TEST(CompileTest, BoundsTheDepthAndTheLength) {
  const std::string deep(5000, '(');
  EXPECT_FALSE(Query::Compile(deep + "1" + std::string(5000, ')')).has_value());
  EXPECT_FALSE(Query::Compile(std::string(5000, '-') + "1").has_value());
  std::string chain = "1";
  for (int i = 0; i < 5000; ++i) chain += "+1";
  const Result<Query> query = Query::Compile(chain);
  ASSERT_FALSE(query.has_value());
  EXPECT_NE(query.error().message.find("the expression nests too deeply"), std::string::npos);
  EXPECT_FALSE(Query::Compile(std::string(70'000, 'a')).has_value());
  EXPECT_TRUE(Query::Compile(std::string(100, '(') + "1" + std::string(100, ')')).has_value());
}

TEST(LiteralsTest, ReadsNumbersAsGoDoes) {
  const auto read = [](const char* text) { return promql::ParseNumberLiteral(text).value(); };
  EXPECT_EQ(read("010"), 8);
  EXPECT_EQ(read("09"), 9);
  EXPECT_EQ(read("0x1F"), 31);
  EXPECT_EQ(read("0x1.8p1"), 3);
  EXPECT_EQ(read("1_000"), 1000);
  EXPECT_EQ(read("1_000.5"), 1000.5);
  EXPECT_EQ(read(".5"), 0.5);
  EXPECT_EQ(read("18446744073709551616"), 0x1p64);
  EXPECT_EQ(promql::ParseNumberLiteral("1__0").error().message,
            "strconv.ParseFloat: parsing \"1__0\": invalid syntax");
  EXPECT_EQ(promql::ParseNumberLiteral("1e400").error().message,
            "strconv.ParseFloat: parsing \"1e400\": value out of range");
}

TEST(LiteralsTest, WritesAsGoDoes) {
  EXPECT_EQ(promql::GoQuote("a\n\"\x01\xFF€"), "\"a\\n\\\"\\x01\\xff€\"");
  EXPECT_EQ(promql::GoQuote(U'\''), "'\\''");
  EXPECT_EQ(promql::GoCodePoint(U'Z'), "U+005A 'Z'");
  EXPECT_EQ(promql::GoNumber(1234567), "1.234567e+06");
  EXPECT_EQ(promql::GoNumber(0.0001), "0.0001");
  EXPECT_EQ(promql::GoFixed(-1e23), "-100000000000000000000000");
  EXPECT_EQ(promql::GoFixed(0.5), "0.5");
}

TEST(LiteralsTest, ReadsDurations) {
  EXPECT_EQ(promql::ParseDuration("1y2w3d4h5m6s7ms").value(),
            ((((365LL + 14 + 3) * 24 + 4) * 60 + 5) * 60 + 6) * 1000 + 7);
  for (const char* bad : {"", "s", "5", "1s1m", "1ms1s", "1x", "-1s", "1s "}) {
    EXPECT_FALSE(promql::ParseDuration(bad).has_value()) << bad;
  }
}

TEST(LiteralsTest, ReadsStrings) {
  EXPECT_EQ(promql::Unquote(R"("a\n\x41\101\u20AC\"\\")").value(), "a\nAA€\"\\");
  EXPECT_EQ(promql::Unquote(R"('\'"')").value(), "'\"");
  EXPECT_EQ(promql::Unquote("`raw\\n`").value(), "raw\\n");
  for (const char* bad : {R"("\q")", R"("\xZZ")", R"("\uD800")", R"("\'")", R"("\400")"}) {
    EXPECT_FALSE(promql::Unquote(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace tidegate
