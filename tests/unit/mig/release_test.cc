// SPDX-License-Identifier: Apache-2.0
//
// Which slices go when some have to.
#include <gmock/gmock.h>

#include "fleet_builder.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

using Names = std::vector<std::string>;

TEST(ReleaseTest, ADeviceThatGetsEmptyComesFirst) {
  const Fleet fleet = MakeFleet("a100-40gb", {{{"2g.10gb", 0}, {"2g.10gb", 2}, {"2g.10gb", 4}},
                                              {{"2g.10gb", 4}},
                                              {{"2g.10gb", 0}, {"2g.10gb", 4}}});
  const Names all = {"gpu-0@0", "gpu-0@2", "gpu-0@4", "gpu-1@4", "gpu-2@0", "gpu-2@4"};
  EXPECT_THAT(ChooseReleases(fleet, all, 1), ElementsAre("gpu-1@4"));
  EXPECT_THAT(ChooseReleases(fleet, all, 3), UnorderedElementsAre("gpu-1@4", "gpu-2@0", "gpu-2@4"));
}

// Another workload's slice stays: its device does not get empty, a whole half does.
TEST(ReleaseTest, ElseWhatMakesMostRoom) {
  const Fleet fleet = MakeFleet(
      "a100-40gb", {{{"1g.5gb", 0}, {"1g.5gb", 1}, {"1g.5gb", 2}, {"1g.5gb", 3}, {"1g.5gb", 4}}});
  const Names own = {"gpu-0@0", "gpu-0@1", "gpu-0@4"};
  EXPECT_THAT(ChooseReleases(fleet, own, 1), ElementsAre("gpu-0@4"));
}

TEST(ReleaseTest, TiesKeepTheOrderOfTheCandidates) {
  const Fleet fleet = MakeFleet("a100-40gb", {{{"3g.20gb", 4}}, {{"3g.20gb", 4}}});
  EXPECT_THAT(ChooseReleases(fleet, Names{"gpu-1@4", "gpu-0@4"}, 1), ElementsAre("gpu-1@4"));
  EXPECT_THAT(ChooseReleases(fleet, Names{"gpu-0@4", "gpu-1@4"}, 1), ElementsAre("gpu-0@4"));
}

TEST(ReleaseTest, WhatIsNotThereIsNotChosen) {
  const Fleet fleet = MakeFleet("a100-40gb", {{{"3g.20gb", 4}}});
  EXPECT_THAT(ChooseReleases(fleet, Names{"other"}, 1), IsEmpty());
  EXPECT_THAT(ChooseReleases(fleet, Names{"gpu-0@4"}, 5), ElementsAre("gpu-0@4"));
}

}  // namespace
}  // namespace tidegate
