// SPDX-License-Identifier: Apache-2.0
#include "sources/prometheus/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace tidegate::prometheus {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

std::string Success(const std::string& data, const std::string& more = "") {
  return R"({"status":"success","data":)" + data + more + "}";
}

std::string Result(const std::string& type, const std::string& result) {
  return Success(R"({"resultType":")" + type + R"(","result":)" + result + "}");
}

/// "code: message" of an answer that is none.
std::string ErrorText(int status, const std::string& body) {
  const auto answer = ReadAnswer(status, body);
  if (answer) return "no error";
  return answer.error().message;
}

TEST(PrometheusAnswerTest, AVectorGivesItsSamplesWithoutTheirNames) {
  const auto answer = ReadAnswer(
      200,
      Result("vector", R"([{"metric":{"__name__":"q","pod":"a"},"value":[1700000000.123,"1.5"]},
                                {"metric":{"pod":"b \"é\""},"value":[1700000000,"-2e-3"]}])"));
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(answer->series.size(), 2u);
  EXPECT_EQ(answer->series[0].labels, (Labels{{"pod", "a"}}));
  EXPECT_EQ(answer->series[0].value, 1.5);
  EXPECT_FALSE(answer->series[0].at);
  EXPECT_EQ(answer->series[1].labels, (Labels{{"pod", "b \"é\""}}));
  EXPECT_EQ(answer->series[1].value, -2e-3);
  EXPECT_EQ(answer->warning, "");
}

TEST(PrometheusAnswerTest, ValuesThatAreNoNumbersAreKept) {
  const auto answer = ReadAnswer(200, Result("vector", R"([{"metric":{"i":"1"},"value":[1,"NaN"]},
                                                           {"metric":{"i":"2"},"value":[1,"+Inf"]},
                                                           {"metric":{"i":"3"},"value":[1,"-Inf"]}])"));
  ASSERT_TRUE(answer);
  EXPECT_TRUE(std::isnan(answer->series[0].value));
  EXPECT_EQ(answer->series[1].value, HUGE_VAL);
  EXPECT_EQ(answer->series[2].value, -HUGE_VAL);
}

TEST(PrometheusAnswerTest, AScalarIsOneSeriesWithoutLabels) {
  const auto answer = ReadAnswer(200, Result("scalar", R"([1700000000,"7"])"));
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->series.size(), 1u);
  EXPECT_EQ(answer->series[0].labels, Labels{});
  EXPECT_EQ(answer->series[0].value, 7);
}

TEST(PrometheusAnswerTest, AMatrixGivesTheNewestSamplesAndTheirTimes) {
  const auto answer = ReadAnswer(
      200, Result("matrix", R"([{"metric":{"pod":"a"},"values":[[1.5,"1"],[2.25,"4"]]}])"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->series[0].value, 4);
  EXPECT_EQ(answer->series[0].at, TimePoint(milliseconds(2250)));
}

TEST(PrometheusAnswerTest, AnEmptyVectorIsAnAnswer) {
  const auto answer = ReadAnswer(200, Result("vector", "[]"));
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->series.empty());
}

TEST(PrometheusAnswerTest, WarningsAndPartialAnswersAreDoubtedAndInfosAreNot) {
  const std::string data = R"({"resultType":"vector","result":[]})";
  const auto warning = [&](const std::string& more) {
    return ReadAnswer(200, Success(data, more))->warning;
  };
  EXPECT_EQ(warning(R"(,"warnings":["store a is away","b\nis too"])"), "store a is away; b is too");
  EXPECT_EQ(warning(R"(,"isPartial":true)"), "the answer is partial");
  EXPECT_EQ(warning(R"(,"isPartial":false)"), "");
  EXPECT_EQ(warning(R"(,"warnings":[])"), "");
  EXPECT_EQ(warning(R"(,"warnings":null)"), "");
  EXPECT_EQ(warning(R"(,"warnings":[7])"), "a warning");
  EXPECT_EQ(warning(R"(,"infos":["PromQL info: might not be a counter"])"), "");
}

TEST(PrometheusAnswerTest, RefusalsSayWhatTheServerSays) {
  const std::string bad = R"({"status":"error","errorType":"bad_data","error":"1:2: parse error"})";
  EXPECT_EQ(ErrorText(400, bad), "HTTP 400: bad_data: 1:2: parse error");
  EXPECT_EQ(ReadAnswer(400, bad).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ErrorText(422, R"({"status":"error","errorType":"execution","error":"many\nto many"})"),
            "HTTP 422: execution: many to many");
  const std::string late = R"({"status":"error","errorType":"timeout","error":"query timed out"})";
  EXPECT_EQ(ErrorText(503, late), "HTTP 503: timeout: query timed out");
  EXPECT_EQ(ReadAnswer(503, late).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(ErrorText(502, "<html>Bad gateway</html>"), "HTTP 502");
  EXPECT_EQ(ErrorText(500, ""), "HTTP 500");
  EXPECT_EQ(ErrorText(401, "Unauthorized\n"), "HTTP 401");
  EXPECT_EQ(ReadAnswer(401, "").error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(ErrorText(302, ""), "HTTP 302 (redirects are not followed)");
  // An error that was sent with a 200 all the same.
  EXPECT_EQ(ErrorText(200, bad), "the query failed: bad_data: 1:2: parse error");
  EXPECT_EQ(ReadAnswer(200, bad).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ErrorText(503, Result("vector", "[]")), "HTTP 503");
}

TEST(PrometheusAnswerTest, WhatIsNoNumberIsRefused) {
  EXPECT_EQ(ErrorText(200, Result("string", R"([1,"text"])")),
            "the answer is a string, not a number");
  for (const std::string item : {R"({"metric":{},"histogram":[1,{"count":"1"}]})",
                                 R"({"metric":{},"value":[1,"1"],"histogram":[1,{}]})"}) {
    EXPECT_THAT(ErrorText(200, Result("vector", "[" + item + "]")), HasSubstr("native histogram"));
  }
}

TEST(PrometheusAnswerTest, SeriesThatCannotBeToldApartAreRefused) {
  EXPECT_EQ(ErrorText(200, Result("vector", R"([{"metric":{"__name__":"a"},"value":[1,"1"]},
                                                {"metric":{"__name__":"b"},"value":[1,"2"]}])")),
            "two series of the answer differ in nothing but their names; aggregate them");
}

TEST(PrometheusAnswerTest, GarbageIsRefused) {
  EXPECT_EQ(ErrorText(200, ""), "protocol: the answer is not JSON");
  EXPECT_EQ(ErrorText(200, "<html>"), "protocol: the answer is not JSON");
  EXPECT_EQ(ErrorText(200, "[1]"), "protocol: the answer is not JSON");
  EXPECT_EQ(ErrorText(200, R"({"status":"success")"), "protocol: the answer is not JSON");
  EXPECT_EQ(ErrorText(200, "{}"), "protocol: the answer is not that of a Prometheus");
  EXPECT_EQ(ErrorText(200, R"({"status":"success"})"),
            "protocol: the answer is not that of a Prometheus");
  for (const std::string data : {"1", "{}", R"({"resultType":"vector"})", R"({"result":[]})"}) {
    EXPECT_EQ(ErrorText(200, Success(data)), "protocol: an answer without a result") << data;
  }
  EXPECT_EQ(ErrorText(200, Result("streams", "[]")), "protocol: a result of type \"streams\"");
  EXPECT_EQ(ErrorText(200, Result("vector", "{}")), "protocol: the result is not a list");
  for (const std::string item : {
           "1",
           "{}",
           R"({"metric":{}})",
           R"({"metric":{"a":1},"value":[1,"1"]})",
           R"({"metric":{},"value":[1,1]})",
           R"({"metric":{},"value":["1","1"]})",
           R"({"metric":{},"value":[1,"1",2]})",
           R"({"metric":{},"value":[1,"one"]})",
           R"({"metric":{},"value":[1,""]})",
           R"({"metric":{},"value":[1e300,"1"]})",
           R"({"metric":{},"values":[[1,"1"]]})",
       }) {
    EXPECT_THAT(ErrorText(200, Result("vector", "[" + item + "]")), HasSubstr("protocol: "))
        << item;
  }
  EXPECT_THAT(ErrorText(200, Result("matrix", R"([{"metric":{},"values":[]}])")),
              HasSubstr("protocol: "));
}

TEST(PrometheusAnswerTest, NestingIsBounded) {
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  EXPECT_EQ(ErrorText(200, deep), "protocol: the answer is not JSON");
  EXPECT_TRUE(ReadAnswer(200, Success(R"({"resultType":"vector","result":[]})", ",\"x\":" + deep)));
}

}  // namespace
}  // namespace tidegate::prometheus
