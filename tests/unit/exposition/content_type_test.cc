// SPDX-License-Identifier: Apache-2.0
#include "exposition/content_type.h"

#include <gtest/gtest.h>

#include <vector>

namespace tidegate {
namespace {

TEST(ContentTypeTest, KnowsTheFormats) {
  struct Row {
    const char* content_type;
    PageFormat want;
  };
  const std::vector<Row> rows = {
      {"text/plain", PageFormat::kText},
      {" TEXT/Plain ; charset=utf-8", PageFormat::kText},
      {"text/plain; version=9", PageFormat::kText},
      {"text/plain; a=\"b;\\\"c\" ; ", PageFormat::kText},
      {"text/plain; a=b; A=b", PageFormat::kText},
      {"application/openmetrics-text", PageFormat::kOpenMetrics},
      {"application/openmetrics-text; version=1.0.0; charset=utf-8", PageFormat::kOpenMetrics},
      {"application/openmetrics-text;version=0.0.1", PageFormat::kOpenMetrics},
      {"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily",
       PageFormat::kProtobuf},
  };
  for (const Row& row : rows) {
    const Result<PageFormat> format = FormatOf(row.content_type);
    ASSERT_TRUE(format.has_value()) << row.content_type << ": " << format.error().message;
    EXPECT_EQ(*format, row.want) << row.content_type;
  }
}

TEST(ContentTypeTest, RefusesWhatIsNoPageOfMetrics) {
  for (const char* content_type :
       {"", "text/html", "application/json", "*/*", "text", "text/plain; charset", "text/plain;;",
        "text/plain; a=b; a=c", "text/plain; a=\"b", "text/plain x",
        "application/openmetrics-text; version=2.0.0"}) {
    const Result<PageFormat> format = FormatOf(content_type);
    ASSERT_FALSE(format.has_value()) << content_type;
    EXPECT_EQ(format.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(FormatOf("text/\nhtml").error().message,
            "Content-Type \"text/?html\" is no format for metrics: want text/plain or OpenMetrics");
}

}  // namespace
}  // namespace tidegate
