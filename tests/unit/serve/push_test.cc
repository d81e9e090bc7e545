// SPDX-License-Identifier: Apache-2.0
#include "serve/push.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::serve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kToken = "0123456789abcdef";

Push Taking(Result<PageSummary> answer = PageSummary{.samples = 3, .series_added = 1}) {
  return Push({.token = kToken,
               .max_bytes = 100,
               .take = [answer](std::string_view, PageFormat, const Labels&) { return answer; }});
}

PushHead Head() {
  return {.authorization = "Bearer 0123456789abcdef",
          .content_type = "text/plain; version=0.0.4",
          .content_encoding = "",
          .query = "workload=web&replica=web-0",
          .content_length = 4};
}

int RefusalOf(const PushHead& head) {
  PushTarget target;
  const auto refused = Taking().Refuse(head, target);
  return refused ? refused->status : 0;
}

TEST(PushTest, ParametersAreLabels) {
  EXPECT_EQ(*LabelsOfQuery(""), Labels());
  EXPECT_EQ(*LabelsOfQuery("a=b&&c=d%20e+f%2B"), (Labels{{"a", "b"}, {"c", "d e f+"}}));
  for (const char* query : {"a", "a=", "=b", "a=b&a=c", "0a=b", "a=%2", "a=%zz", "a=%ff",
                            "__name__=m", "a%62=c", "a-b=c"}) {
    const Result<Labels> labels = LabelsOfQuery(query);
    ASSERT_FALSE(labels) << query;
    EXPECT_THAT(labels.error().message, HasSubstr("parameter \"")) << query;
  }
}

TEST(PushTest, TakesAPageOfEitherFormat) {
  PushHead head = Head();
  PushTarget target;
  EXPECT_EQ(Taking().Refuse(head, target), std::nullopt);
  EXPECT_EQ(target.labels, (Labels{{"replica", "web-0"}, {"workload", "web"}}));
  EXPECT_EQ(target.format, PageFormat::kText);
  head.content_type = "application/openmetrics-text; version=1.0.0";
  EXPECT_EQ(Taking().Refuse(head, target), std::nullopt);
  EXPECT_EQ(target.format, PageFormat::kOpenMetrics);
  for (const char* type : {"", "application/x-www-form-urlencoded"}) {  // curl's own
    head.content_type = type;
    EXPECT_EQ(Taking().Refuse(head, target), std::nullopt) << type;
    EXPECT_EQ(target.format, PageFormat::kText);
  }
  const PushAnswer answer = Taking().Take(target, "m 1\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text, "3 samples, 1 new series");
  EXPECT_EQ(Taking(PageSummary{.samples = 1, .skipped = 2}).Take(target, "m 1\n").text,
            "1 samples, 0 new series, 2 that no query asks for");
  const PageSummary lenient{.samples = 1, .skipped_lines = 2, .first_skipped = "line 3: no"};
  EXPECT_EQ(Taking(lenient).Take(target, "m 1\n").text,
            "1 samples, 0 new series; 2 lines skipped, the first: line 3: no");
}

TEST(PushTest, NobodyPushesWithoutTheToken) {
  EXPECT_FALSE(Push({.token = "", .max_bytes = 1, .take = nullptr}).enabled());
  EXPECT_TRUE(Taking().enabled());
  PushHead head = Head();
  head.authorization = "bearer 0123456789abcdef";  // a scheme's case does not matter
  EXPECT_EQ(RefusalOf(head), 0);
  for (const char* text :
       {"", "Bearer", "Bearer ", "Bearer 0123456789abcdeX", "Bearer 0123456789abcde",
        "Bearer 0123456789abcdef0", "Basic 0123456789abcdef", "0123456789abcdef"}) {
    head.authorization = text;
    PushTarget target;
    const auto refused = Taking().Refuse(head, target);
    ASSERT_TRUE(refused) << text;
    EXPECT_EQ(refused->status, 401) << text;
    EXPECT_THAT(refused->text, Not(HasSubstr("0123"))) << text;
  }
}

TEST(PushTest, SaysWhatIsWrongWithARequest) {
  PushHead head = Head();
  head.content_length = 101;
  EXPECT_EQ(RefusalOf(head), 413);
  head = Head();
  head.content_encoding = "gzip";
  EXPECT_EQ(RefusalOf(head), 415);
  head = Head();
  head.content_type = "application/json";
  EXPECT_EQ(RefusalOf(head), 415);
  head.content_type = "application/vnd.google.protobuf";
  EXPECT_EQ(RefusalOf(head), 415);
  head = Head();
  head.query = "workload";
  EXPECT_EQ(RefusalOf(head), 400);
}

TEST(PushTest, ErrorsOfTheStoreHaveAStatus) {
  const auto status_of = [](ErrorCode code) {
    return Taking(Error{code, "why"}).Take({}, "").status;
  };
  EXPECT_EQ(status_of(ErrorCode::kInvalidArgument), 400);
  EXPECT_EQ(status_of(ErrorCode::kNotFound), 404);
  EXPECT_EQ(status_of(ErrorCode::kUnavailable), 503);
}

}  // namespace
}  // namespace tidegate::serve
