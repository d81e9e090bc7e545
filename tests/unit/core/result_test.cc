// SPDX-License-Identifier: Apache-2.0
#include "tidegate/result.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(ResultTest, ValueThrowsTheErrorItHolds) {
  const Result<int> bad = Error{ErrorCode::kNoData, "no samples of web"};
  EXPECT_FALSE(bad.has_value());
  try {
    (void)bad.value();
    FAIL() << "value() of an error must throw";
  } catch (const ResultError& e) {
    EXPECT_EQ(e.error().code, ErrorCode::kNoData);
    EXPECT_STREQ(e.what(), "NoData: no samples of web");
  }
}

TEST(ResultTest, StatusIsOkUntilItHasAnError) {
  EXPECT_TRUE(Status().ok());
  const Status bad = Error{ErrorCode::kConflict, "again"};
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "again");
}

}  // namespace
}  // namespace tidegate
