// SPDX-License-Identifier: Apache-2.0
#include "mig/geometry.h"

#include <gtest/gtest.h>

#include <bit>
#include <functional>
#include <set>
#include <string>

namespace tidegate {
namespace {

struct Expected {
  const char* board;
  const char* what;
  std::function<bool(const SliceProfile&)> wanted;
  int states;
  std::size_t maximal, counts, undominated;
};

bool IsDouble(const SliceProfile& p) { return p.compute_slices == 1 && p.memory_slices == 2; }
bool IsPlain(const SliceProfile& p) { return p.attributes == ProfileAttributes{}; }
bool IsPlainOrMedia(const SliceProfile& p) {
  return IsPlain(p) || p.attributes == ProfileAttributes{.media = true};
}
bool Any(const SliceProfile&) { return true; }

std::vector<Expected> Tables() {
  std::vector<Expected> rows = {
      {"a30-24gb", "plain", IsPlain, 26, 5, 10, 4},
      {"a30-24gb", "media", Any, 76, 17, 20, 8},
      {"rtx-pro-6000-blackwell-96gb", "plain", IsPlain, 26, 5, 10, 4},
      {"rtx-pro-6000-blackwell-96gb", "media", IsPlainOrMedia, 66, 13, 16, 6},
      {"rtx-pro-6000-blackwell-96gb", "all", Any, 717, 302, 115, 64},
      {"rtx-pro-5000-blackwell-48gb", "all", Any, 30, 19, 18, 12},
      {"rtx-pro-4500-blackwell-32gb", "all", Any, 22, 13, 14, 9},
  };
  for (const DeviceModel& model : DeviceModels()) {
    if (model.compute_slices != 7) continue;
    rows.push_back({model.id.c_str(), "19",
                    [](const SliceProfile& p) { return IsPlain(p) && !IsDouble(p); }, 298, 19, 38,
                    12});
    rows.push_back({model.id.c_str(), "double 1g", IsPlain, 723, 78, 78, 28});
    rows.push_back({model.id.c_str(), "media", Any, 2319, 239, 128, 44});
  }
  return rows;
}

// The numbers that brute force over the documented placements gives; 19 is the famous one.
TEST(GeometryTest, CountsWhatADeviceCanHold) {
  for (const Expected& row : Tables()) {
    const DeviceModel model = FindDeviceModel(row.board).value();
    std::vector<bool> wanted;
    for (const SliceProfile& profile : model.profiles) wanted.push_back(row.wanted(profile));
    const Geometry geometry = Geometry::Make(model, wanted).value();
    std::set<ProfileCounts> counts;
    for (int s = 0; s < geometry.state_count(); ++s) counts.insert(geometry.Counts(s));
    EXPECT_EQ(geometry.state_count(), row.states) << row.board << " " << row.what;
    EXPECT_EQ(geometry.maximal().size(), row.maximal) << row.board << " " << row.what;
    EXPECT_EQ(counts.size(), row.counts) << row.board << " " << row.what;
    EXPECT_EQ(UndominatedCounts(geometry).size(), row.undominated) << row.board << " " << row.what;
  }
}

// Every state of the tables is legal by the independent checker, and every legal addition is there.
TEST(GeometryTest, AgreesWithTheCheckerOnEveryStep) {
  for (const DeviceModel& model : DeviceModels()) {
    const Result<Geometry> geometry = Geometry::Make(model);
    if (model.memory_slices == 0) {
      ASSERT_FALSE(geometry);
      continue;
    }
    ASSERT_TRUE(geometry) << geometry.error().message;
    for (int state = 0; state < geometry->state_count(); ++state) {
      std::vector<PlacedSlice> slices;
      for (std::size_t o = 0; o < geometry->options().size(); ++o) {
        if ((geometry->set(state) >> o & 1U) == 0) continue;
        slices.push_back({geometry->options()[o].profile, geometry->options()[o].span});
      }
      ASSERT_TRUE(CheckLayout(model, slices)) << model.id << " " << state;
      for (std::size_t o = 0; o < geometry->options().size(); ++o) {
        slices.push_back({geometry->options()[o].profile, geometry->options()[o].span});
        ASSERT_EQ(geometry->Add(state, o) != Geometry::kNone, CheckLayout(model, slices).ok());
        slices.pop_back();
      }
    }
  }
}

TEST(GeometryTest, AddingAndRemovingAreInverse) {
  const Geometry geometry = Geometry::Make(FindDeviceModel("h100-sxm-80gb").value()).value();
  for (int state = 0; state < geometry.state_count(); ++state) {
    for (std::size_t o = 0; o < geometry.options().size(); ++o) {
      const int next = geometry.Add(state, o);
      if (next == Geometry::kNone) continue;
      ASSERT_EQ(geometry.Remove(next, o), state);
    }
  }
}

// States of one class can take the same slices, now and later.
TEST(GeometryTest, ClassesAreTheMasksOnABoardWithoutMedia) {
  const DeviceModel model = FindDeviceModel("a100-40gb").value();
  std::vector<bool> plain;
  for (const SliceProfile& profile : model.profiles) plain.push_back(IsPlain(profile));
  const Geometry geometry = Geometry::Make(model, plain).value();
  EXPECT_LE(geometry.class_count(), 192);
  const int empty = geometry.class_of(Geometry::kEmptyState);
  EXPECT_EQ(geometry.Fits(empty, FindProfile(model, "1g.5gb").value()), 7);
  EXPECT_EQ(geometry.Fits(empty, FindProfile(model, "1g.10gb").value()), 4);
  EXPECT_EQ(geometry.Fits(empty, FindProfile(model, "3g.20gb").value()), 2);
  EXPECT_EQ(geometry.Fits(empty, FindProfile(model, "7g.40gb").value()), 1);
}

// What the driver refused once is never planned again (a DGX Station with 3g+2g+2g).
TEST(GeometryTest, RefusedSetsAreNoStates) {
  DeviceModel model = FindDeviceModel("gb300").value();
  model.refused.push_back({"3g.139gb", "2g.70gb", "2g.70gb"});
  const Geometry geometry = Geometry::Make(model).value();
  for (int state = 0; state < geometry.state_count(); ++state) {
    const ProfileCounts counts = geometry.Counts(state);
    EXPECT_FALSE(counts[FindProfile(model, "3g.139gb").value()] >= 1 &&
                 counts[FindProfile(model, "2g.70gb").value()] >= 2);
  }
}

}  // namespace
}  // namespace tidegate
