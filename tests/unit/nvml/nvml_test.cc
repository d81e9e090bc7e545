// SPDX-License-Identifier: Apache-2.0
#include "tidegate/nvml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace tidegate {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class NvmlTest : public ::testing::Test {
 protected:
  ~NvmlTest() override { unsetenv("FAKE_NVML"); }

  static Result<NvmlInventory> Read(const char* fault = "") {
    setenv("FAKE_NVML", fault, 1);
    return ReadNvml({.soname = FAKE_NVML_LIBRARY});
  }
  static Result<NvmlFleet> ReadFleet(const char* fault = "") {
    const Result<NvmlInventory> inventory = Read(fault);
    return inventory ? FleetFromNvml(*inventory, "dgx-1") : Result<NvmlFleet>(inventory.error());
  }
};

TEST_F(NvmlTest, ReadsWhatThereIs) {
  const Result<NvmlInventory> inventory = Read();
  ASSERT_TRUE(inventory) << inventory.error().message;
  EXPECT_EQ(inventory->driver_version, "535.104.05");
  ASSERT_EQ(inventory->devices.size(), 2u);
  const NvmlDevice& a100 = inventory->devices[0];
  EXPECT_EQ(a100.uuid, "GPU-a");
  EXPECT_EQ(a100.name, "NVIDIA A100-SXM4-40GB");
  EXPECT_EQ(a100.bus_id, "00000000:07:00.0");
  EXPECT_EQ(a100.pci_id, "0x20B010DE");
  EXPECT_EQ(a100.mig, true);
  EXPECT_EQ(a100.mig_pending, std::nullopt);
  ASSERT_EQ(a100.profiles.size(), 7u);
  EXPECT_EQ(a100.profiles[1].name, "2g.10gb");
  EXPECT_EQ(a100.profiles[1].gi_profile_id, 14u);
  EXPECT_EQ(a100.profiles[1].memory_mib, 9856);
  EXPECT_THAT(a100.profiles[1].placements,
              ElementsAre(SliceSpan{0, 2}, SliceSpan{2, 2}, SliceSpan{4, 2}));
  EXPECT_THAT(a100.slices,
              ElementsAre(NvmlSlice{7, 19, {0, 1}, {"MIG-4", "MIG-5"}},
                          NvmlSlice{8, 19, {2, 1}, {}}, NvmlSlice{1, 9, {4, 4}, {"MIG-1"}}));
  EXPECT_FALSE(a100.slices_error);
  EXPECT_EQ(inventory->devices[1].mig, std::nullopt);
}

TEST_F(NvmlTest, BecomesAFleet) {
  const Result<NvmlFleet> read = ReadFleet();
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(read->notes, ElementsAre("Tesla T4 (GPU-t): has no MIG, left out"));
  ASSERT_EQ(read->fleet.device_count(), 1u);
  EXPECT_EQ(read->fleet.device(0).id, "GPU-a");
  EXPECT_EQ(read->fleet.device(0).model, "a100-40gb");
  EXPECT_EQ(read->fleet.device(0).node, "dgx-1");
  std::vector<std::string> ids;
  for (const Slice& slice : read->fleet.slices(0)) ids.push_back(slice.id);
  EXPECT_THAT(ids, ElementsAre("GPU-a/gi7", "GPU-a/gi8", "MIG-1"));
}

TEST_F(NvmlTest, SlicesThatCannotBeReadAreNotFreeRoom) {
  const Result<NvmlInventory> inventory = Read("no-permission");
  ASSERT_TRUE(inventory);
  EXPECT_THAT(inventory->devices[0].slices, IsEmpty());
  ASSERT_TRUE(inventory->devices[0].slices_error);
  const Result<NvmlFleet> fleet = FleetFromNvml(*inventory);
  ASSERT_FALSE(fleet);
  EXPECT_EQ(fleet.error().code, ErrorCode::kNoData);
  EXPECT_EQ(fleet.error().message,
            "NVIDIA A100-SXM4-40GB (GPU-a): its slices cannot be read: "
            "nvmlDeviceGetGpuInstances: Insufficient Permissions");
}

TEST_F(NvmlTest, SlicesOfASilentDriverAreNotFreeRoom) {
  const Result<NvmlFleet> fleet = ReadFleet("silent");
  ASSERT_FALSE(fleet);
  EXPECT_EQ(fleet.error().code, ErrorCode::kNoData);
  EXPECT_THAT(fleet.error().message, HasSubstr("the driver names no profiles"));
}

TEST_F(NvmlTest, TheCatalogueStandsInForASilentDriver) {
  const Result<NvmlFleet> read = ReadFleet("off");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(read->notes,
              ElementsAre(HasSubstr("names no profiles"), HasSubstr("MIG is off"),
                          HasSubstr("MIG will be on after a reset"), HasSubstr("Tesla T4")));
  EXPECT_TRUE(FindProfile(read->fleet.model_of(0), "1g.5gb"));
}

TEST_F(NvmlTest, DriftIsTold) {
  const Result<NvmlFleet> read = ReadFleet("renamed");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(read->notes.front(), HasSubstr("id 15: is called 1c.10gb, not 1g.10gb"));
  EXPECT_TRUE(FindProfile(read->fleet.model_of(0), "1c.10gb"));
}

TEST_F(NvmlTest, AnUnknownCardIsRefused) {
  const Result<NvmlFleet> read = ReadFleet("unknown-card");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(read.error().message,
              AllOf(StartsWith("NVIDIA Z9 (GPU-a): "), HasSubstr("not in the MIG catalogue")));
}

TEST_F(NvmlTest, AMachineWithoutADriverIsNormal) {
  const Result<NvmlInventory> absent = ReadNvml({.soname = "libno-such-nvml.so.1"});
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(absent.error().message, StartsWith("no NVIDIA driver: libno-such-nvml.so.1"));
  const Result<NvmlInventory> other = ReadNvml({.soname = "libc.so.6"});
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("is no NVML that knows MIG"));
  const Result<NvmlInventory> dead = Read("init");
  ASSERT_FALSE(dead);
  EXPECT_EQ(dead.error().message, "nvmlInit_v2: Unknown Error");
}

}  // namespace
}  // namespace tidegate
