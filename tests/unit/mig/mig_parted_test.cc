// SPDX-License-Identifier: Apache-2.0
#include "tidegate/mig_parted.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/mig/fleet_builder.h"

namespace tidegate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

Fleet TwoNodes() {
  const DeviceModel model = FindDeviceModel("a100-40gb").value();
  Fleet fleet;
  EXPECT_TRUE(fleet.AddModel(model));
  for (const char* node : {"a", "b"}) {
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(fleet.AddDevice(
          {.id = std::string(node) + std::to_string(i), .model = "a100-40gb", .node = node}));
    }
  }
  const auto add = [&](const std::string& id, std::size_t device, const std::string& profile,
                       unsigned start) {
    EXPECT_TRUE(
        fleet.AddSlice({.id = id, .device = device, .placed = PlacedAt(model, profile, start)}));
  };
  add("s0", 0, "3g.20gb", 4);
  add("s1", 0, "1g.5gb", 0);
  add("s2", 2, "3g.20gb", 0);
  add("s3", 2, "1g.5gb", 6);
  add("s4", 3, "1g.5gb+me", 2);
  return fleet;
}

TEST(MigPartedTest, WritesAConfigurationForEachNode) {
  EXPECT_EQ(MigPartedYaml(ToMigParted(TwoNodes())),
            "version: v1\n"
            "mig-configs:\n"
            "  \"a\":\n"
            "    - devices: [0, 2]\n"
            "      mig-enabled: true\n"
            "      mig-devices: {\"1g.5gb\": 1, \"3g.20gb\": 1}\n"
            "    - devices: [1]\n"
            "      mig-enabled: true\n"
            "      mig-devices: {}\n"
            "  \"b\":\n"
            "    - devices: [0]\n"
            "      mig-enabled: true\n"
            "      mig-devices: {\"1g.5gb+me\": 1}\n"
            "    - devices: [1, 2]\n"
            "      mig-enabled: true\n"
            "      mig-devices: {}\n");
  const MigPartedEntry every{
      .device_filter = {"0x20B010DE"}, .all_devices = true, .mig_enabled = false};
  EXPECT_EQ(MigPartedYaml({{"off\"", {every}}}),
            "version: v1\nmig-configs:\n  \"off\\\"\":\n    - device-filter: [\"0x20B010DE\"]\n"
            "      devices: all\n      mig-enabled: false\n      mig-devices: {}\n");
}

TEST(MigPartedTest, WhatCanStayStays) {
  Fleet fleet = TwoNodes();
  const Fleet before = fleet;
  ASSERT_TRUE(ApplyMigParted(
      fleet, "a",
      {.devices = {0, 2}, .mig_devices = {{"3g.20gb", 1}, {"2g.10gb", 1}, {"1g.5gb", 1}}}));
  EXPECT_NE(fleet.FindSlice("s0"), nullptr);
  EXPECT_NE(fleet.FindSlice("s2"), nullptr);
  for (const DeviceChange& change : LayoutChanges(before, fleet)) {
    EXPECT_THAT(change.destroy, IsEmpty());
    EXPECT_EQ(change.keep.size(), 2U);
    EXPECT_EQ(change.create.size(), 1U);
  }
  EXPECT_EQ(LayoutChanges(before, fleet).size(), 2U);
  EXPECT_THAT(LayoutChanges(before, before), IsEmpty());
  // Again, nothing changes; off, all goes.
  const Fleet done = fleet;
  ASSERT_TRUE(ApplyMigParted(
      fleet, "a",
      {.devices = {0, 2}, .mig_devices = {{"3g.20gb", 1}, {"2g.10gb", 1}, {"1g.5gb", 1}}}));
  EXPECT_THAT(LayoutChanges(done, fleet), IsEmpty());
  ASSERT_TRUE(ApplyMigParted(fleet, "a", {.all_devices = true, .mig_enabled = false}));
  EXPECT_EQ(fleet.slice_count(), 1U);
}

TEST(MigPartedTest, LeavesRoomWhereNothingSaysThePlace) {
  Fleet fleet = MakeFleet("a100-40gb", {{}});
  ASSERT_TRUE(ApplyMigParted(fleet, "", {.all_devices = true, .mig_devices = {{"3g.20gb", 1}}}));
  EXPECT_EQ(fleet.slices(0).at(0).placed.span.start, 4);  // 4g has room only beside this one
}

TEST(MigPartedTest, SaysWhatCannotBe) {
  Fleet fleet = TwoNodes();
  const auto apply = [&](const MigPartedEntry& entry) {
    Fleet copy = fleet;
    const Status status = ApplyMigParted(copy, "a", entry);
    return status ? Error{} : status.error();
  };
  EXPECT_THAT(apply({.devices = {3}}).message, "there is no device 3: the node has 3");
  EXPECT_EQ(apply({.devices = {0}, .mig_devices = {{"3g.40gb", 1}}}).code, ErrorCode::kNotFound);
  EXPECT_THAT(apply({.devices = {0}, .mig_devices = {{"4g.20gb", 2}}}).message,
              "a100-40gb cannot have {\"4g.20gb\": 2} together");
  EXPECT_THAT(apply({.devices = {0}, .mig_devices = {{"1g.5gb", 1'000'000}}}).message,
              HasSubstr("cannot have"));
  // Another board's filter passes over the device, this one's does not.
  EXPECT_EQ(
      apply({.device_filter = {"0x233010DE"}, .devices = {0}, .mig_devices = {{"x", 1}}}).message,
      "");
  EXPECT_THAT(
      apply({.device_filter = {"0x20b010de"}, .devices = {0}, .mig_devices = {{"x", 1}}}).message,
      HasSubstr("no profile \"x\""));
  ASSERT_TRUE(fleet.AddSlice({.id = "p",
                              .device = 1,
                              .placed = PlacedAt(fleet.model_of(1), "2g.10gb", 0),
                              .pinned = true}));
  EXPECT_EQ(apply({.devices = {1}}).message, "p is pinned, and would go");
  EXPECT_EQ(apply({.devices = {1}, .mig_devices = {{"2g.10gb", 2}}}).message, "");
}

// Counts survive the way to mig-parted's form and back, on every board and for every state tried.
TEST(MigPartedTest, RoundTrip) {
  std::mt19937_64 random(11);
  for (const char* id : {"a100-40gb", "h100-sxm-80gb", "a30-24gb", "rtx-pro-6000-blackwell-96gb"}) {
    const auto model = FindDeviceModel(id);
    ASSERT_TRUE(model) << id;
    std::vector<std::string> profiles;
    for (const SliceProfile& profile : model->profiles) profiles.push_back(profile.name);
    const Fleet fleet = MakeFragmented(id, 40, profiles, 60, random);
    const MigPartedConfigs configs = ToMigParted(fleet);
    Fleet again = MakeFleet(id, std::vector<Layout>(40));
    for (const MigPartedEntry& entry : configs.at("default")) {
      const Status applied = ApplyMigParted(again, "", entry);
      ASSERT_TRUE(applied) << applied.error().message;
    }
    EXPECT_EQ(ToMigParted(again), configs) << id;
    // From the original nothing has to change: the counts are there already.
    Fleet same = fleet;
    for (const MigPartedEntry& entry : configs.at("default")) {
      ASSERT_TRUE(ApplyMigParted(same, "", entry));
    }
    EXPECT_THAT(LayoutChanges(fleet, same), IsEmpty()) << id;
  }
}

TEST(NodeLabelsTest, AreWhatKubernetesWillSay) {
  const Fleet fleet = TwoNodes();
  EXPECT_THAT(NodeResources(fleet, "a"),
              ElementsAre(Pair("nvidia.com/mig-1g.5gb", 2), Pair("nvidia.com/mig-3g.20gb", 2)));
  EXPECT_THAT(NodeResources(fleet, "b"), ElementsAre(Pair("nvidia.com/mig-1g.5gb.me", 1)));
  const auto labels = NodeLabels(fleet, "a");
  EXPECT_EQ(labels.at("nvidia.com/mig.config"), "a");
  EXPECT_EQ(labels.at("nvidia.com/mig.strategy"), "mixed");
  EXPECT_EQ(labels.at("nvidia.com/mig-3g.20gb.count"), "2");
  EXPECT_EQ(labels.at("nvidia.com/mig-3g.20gb.slices.gi"), "3");
  EXPECT_EQ(labels.at("nvidia.com/mig-3g.20gb.multiprocessors"), "42");
}

TEST(SliceClaimsTest, OneForEachWorkloadAndProfile) {
  Fleet fleet = MakeFleet("a100-40gb", {{}, {}});
  const auto add = [&](const std::string& id, const std::string& profile, unsigned start,
                       const std::string& workload) {
    ASSERT_TRUE(fleet.AddSlice({.id = id,
                                .device = 0,
                                .placed = PlacedAt(fleet.model_of(0), profile, start),
                                .group = workload}));
  };
  add("a", "1g.5gb+me", 0, "Chat_Bot");
  add("b", "1g.5gb", 1, "Chat_Bot");
  add("c", "1g.5gb", 2, "Chat_Bot");
  add("d", "1g.5gb", 3, "chat-bot");
  add("e", "1g.5gb", 4, "");
  EXPECT_THAT(SliceClaims(fleet),
              ElementsAre(SliceClaim{"chat-bot-1g-5gb", "Chat_Bot", "1g.5gb", 2},
                          SliceClaim{"chat-bot-1g-5gb-me", "Chat_Bot", "1g.5gb+me", 1},
                          SliceClaim{"chat-bot-1g-5gb-2", "chat-bot", "1g.5gb", 1}));
  add("f", "1g.5gb", 5, std::string(80, 'x') + "\n: '");
  const std::string name = SliceClaims(fleet).back().name;
  EXPECT_EQ(name.size(), 63U);
  EXPECT_EQ(name.find_first_not_of("xgb15-"), std::string::npos);
  EXPECT_EQ(SliceClaimsYaml({{"n", "w", "1g.5gb", 1}, {"m", "w", "2g.10gb", 1}}).find("---"),
            std::string("apiVersion: resource.k8s.io/v1\nkind: ResourceClaimTemplate\nmetadata:\n"
                        "  name: n\nspec:\n  spec:\n    devices:\n      requests:\n"
                        "      - name: slice\n        exactly:\n"
                        "          deviceClassName: mig.nvidia.com\n          selectors:\n"
                        "          - cel:\n              expression: "
                        "device.attributes['gpu.nvidia.com'].profile == '1g.5gb'\n")
                .size());
}

}  // namespace
}  // namespace tidegate
