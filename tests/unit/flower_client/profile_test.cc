// SPDX-License-Identifier: Apache-2.0
#include "examples/flower/client/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flower {
namespace {

using ::testing::ElementsAre;

TEST(ProfileTest, ReadsHoldStepAndRamp) {
  const auto profile = ParseProfile(
      "# load\n"
      "hold 20s 8/s\n"
      "\n"
      "step 80/s      # more than one server carries\r\n"
      "  hold 1.5m\n"
      "ramp 500ms 260/s\n"
      "ramp 1h 20/s 200.5/s",
      "p");
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_THAT(profile->segments, ElementsAre(Segment{20, 8, 8}, Segment{90, 80, 80},
                                             Segment{0.5, 80, 260}, Segment{3600, 20, 200.5}));
  EXPECT_DOUBLE_EQ(profile->seconds(), 3710.5);
}

TEST(ProfileTest, CountsWhatIsOffered) {
  const auto profile = ParseProfile("hold 10s 4/s\nramp 10s 4/s 0/s\nhold 5s 1/s", "p");
  ASSERT_TRUE(profile);
  EXPECT_DOUBLE_EQ(profile->CountUntil(-1), 0);
  EXPECT_DOUBLE_EQ(profile->CountUntil(2.5), 10);
  EXPECT_DOUBLE_EQ(profile->CountUntil(15), 40 + 15);
  EXPECT_DOUBLE_EQ(profile->CountUntil(1000), 40 + 20 + 5);
}

struct BadProfile {
  const char* text;
  const char* message;
};

class BadProfileTest : public ::testing::TestWithParam<BadProfile> {};

TEST_P(BadProfileTest, SaysWhereAndWhat) {
  const auto profile = ParseProfile(GetParam().text, "p");
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code, tidegate::ErrorCode::kInvalidArgument);
  EXPECT_EQ(profile.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadProfileTest,
    ::testing::Values(
        BadProfile{"", "p:1:1: the profile is empty: want hold or ramp"},
        BadProfile{"# nothing\n", "p:1:1: the profile is empty: want hold or ramp"},
        BadProfile{"step 8/s", "p:1:1: the profile is empty: want hold or ramp"},
        BadProfile{"hold 1s 1/s\n wait 10s", "p:2:2: expected hold, ramp or step, got 'wait'"},
        BadProfile{"hold 10s", "p:1:1: no rate yet: give one, such as 80/s"},
        BadProfile{"ramp 10s 8/s", "p:1:1: no rate yet: give one, such as 80/s"},
        BadProfile{"hold  10 8/s",
                   "p:1:7: expected a duration such as 10s (more than 0, at most 24h), got '10'"},
        BadProfile{"hold 0s 8/s",
                   "p:1:6: expected a duration such as 10s (more than 0, at most 24h), got '0s'"},
        BadProfile{"hold 25h 8/s",
                   "p:1:6: expected a duration such as 10s (more than 0, at most 24h), got '25h'"},
        BadProfile{"hold -1s 8/s",
                   "p:1:6: expected a duration such as 10s (more than 0, at most 24h), got '-1s'"},
        BadProfile{"hold nans 8/s",
                   "p:1:6: expected a duration such as 10s (more than 0, at most 24h), got 'nans'"},
        BadProfile{"step 80", "p:1:6: expected a rate such as 80/s (at most 1000000/s), got '80'"},
        BadProfile{"step 2e7/s",
                   "p:1:6: expected a rate such as 80/s (at most 1000000/s), got '2e7/s'"},
        BadProfile{"step", "p:1:5: 'step' needs a rate such as 80/s"},
        BadProfile{"ramp", "p:1:5: 'ramp' needs a duration such as 10s"},
        BadProfile{"ramp 10s", "p:1:9: 'ramp' needs a rate such as 80/s"},
        BadProfile{"hold 10s 8/s 9/s", "p:1:14: unexpected '9/s'"}));

}  // namespace
}  // namespace flower
