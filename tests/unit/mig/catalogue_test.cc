// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/golden/golden_file.h"
#include "tidegate/mig.h"

namespace tidegate {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

Json OrNull(const auto& value) { return value ? Json(*value) : Json(nullptr); }

Json EnginesJson(const Engines& engines) {
  const Json all = {{"copy", OrNull(engines.copy)},
                    {"nvdec", OrNull(engines.nvdec)},
                    {"nvenc", OrNull(engines.nvenc)},
                    {"nvjpg", OrNull(engines.nvjpg)},
                    {"ofa", OrNull(engines.ofa)}};
  return engines == Engines{} ? Json(nullptr) : all;
}

Json AttributesJson(const ProfileAttributes& attributes) {
  Json out = Json::array();
  if (attributes.media) out.push_back("me");
  if (attributes.all_media) out.push_back("me.all");
  if (attributes.no_media) out.push_back("-me");
  if (attributes.graphics) out.push_back("gfx");
  return out;
}

Json ProfileJson(const SliceProfile& profile) {
  Json placements = Json::array();
  for (const SliceSpan& span : profile.placements) {
    placements.push_back({{"start", span.start}, {"size", span.size}});
  }
  const bool documented = !profile.placements.empty();
  return {{"name", profile.name},
          {"k8s_resource", KubernetesResource(profile)},
          {"mig_parted_key", profile.name},
          {"gi_profile_id", OrNull(profile.gi_profile_id)},
          {"nvml_profile_enum", OrNull(profile.nvml_profile)},
          {"compute_slices", profile.compute_slices},
          {"memory_slices", documented ? Json(profile.memory_slices) : Json(nullptr)},
          {"memory_mib", OrNull(profile.memory_mib)},
          {"max_instances", profile.max_instances},
          {"placements", documented ? placements : Json(nullptr)},
          {"sm_count", OrNull(profile.sm_count)},
          {"engines", EnginesJson(profile.engines)},
          {"attributes", AttributesJson(profile.attributes)}};
}

// Every fact of the table, against the documented figures.
TEST(CatalogueTest, HoldsEveryFact) {
  std::istringstream lines(golden::ReadGoldenFile("mig/devices.jsonl.gz"));
  std::size_t compared = 0;
  for (std::string line; std::getline(lines, line); ++compared) {
    const Json want = Json::parse(line);
    const Result<DeviceModel> model = FindDeviceModel(want.at("id").get<std::string>());
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->compute_slices, want.at("total_compute_slices")) << model->id;
    EXPECT_EQ(model->memory_slices,
              want.at("total_memory_slices").is_null() ? Json(0) : want.at("total_memory_slices"));
    EXPECT_EQ(model->max_instances, want.at("max_gpu_instances"));
    EXPECT_EQ(EnginesJson(model->engine_pool), want.at("engine_pool")) << model->id;
    EXPECT_EQ(Json(model->pci_ids), want.at("pci_device_ids"));
    ASSERT_EQ(model->profiles.size(), want.at("profiles").size());
    for (std::size_t i = 0; i < model->profiles.size(); ++i) {
      EXPECT_EQ(ProfileJson(model->profiles[i]), want.at("profiles")[i]) << model->id;
    }
  }
  EXPECT_EQ(compared, DeviceModels().size());
  EXPECT_EQ(compared, 19U);
}

TEST(CatalogueTest, FindsAModelByItsNames) {
  for (const char* name : {"a100-40gb", "NVIDIA A100-SXM4-40GB", "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb",
                           "0x20B010DE", "0x20b010de"}) {
    const Result<DeviceModel> model = FindDeviceModel(name);
    ASSERT_TRUE(model) << name;
    EXPECT_EQ(model->id, "a100-40gb");
  }
}

// A silent empty configuration is what users of other schedulers complain of.
TEST(CatalogueTest, SaysWhatIsMissingOfAnUnknownCard) {
  const Result<DeviceModel> model = FindDeviceModel("NVIDIA L40S");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(model.error().message, HasSubstr("\"NVIDIA L40S\""));
  EXPECT_THAT(model.error().message, HasSubstr("possible placements must be read from NVML"));
}

TEST(CatalogueTest, FindsAProfileAsEverybodySpellsIt) {
  const DeviceModel a100 = FindDeviceModel("a100-40gb").value();
  const std::size_t media = FindProfile(a100, "1g.5gb+me").value();
  EXPECT_EQ(FindProfile(a100, "nvidia.com/mig-1g.5gb.me").value(), media);
  EXPECT_EQ(FindProfile(a100, "mig-1g.5gb.me").value(), media);
  const Result<std::size_t> wrong = FindProfile(a100, "3g.40gb");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("a100-40gb has no profile \"3g.40gb\""));
  EXPECT_THAT(wrong.error().message, HasSubstr("3g.20gb"));

  const DeviceModel a100_80 = FindDeviceModel("a100-80gb").value();
  EXPECT_EQ(FindProfile(a100_80, "7g.79gb").value(), FindProfile(a100_80, "7g.80gb").value());
}

TEST(CatalogueTest, TakesTheDriversWordBeforeItsOwn) {
  const DeviceModel gb200 = FindDeviceModel("gb200").value();
  std::vector<ProfileReading> readings = {{.gi_profile_id = 19,
                                           .name = "1g.24gb",
                                           .compute_slices = 1,
                                           .memory_mib = 22528,
                                           .sm_count = 18,
                                           .max_instances = 7,
                                           .placements = {{0, 1}, {1, 1}, {2, 1}}},
                                          {.gi_profile_id = 99,
                                           .name = "5g.1gb",
                                           .compute_slices = 5,
                                           .memory_mib = 1,
                                           .sm_count = 1,
                                           .max_instances = 1,
                                           .placements = {{0, 8}}}};
  const Result<ModelReading> read = ApplyReadings(gb200, readings);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->model.profiles.size(), 2U);
  EXPECT_EQ(FindProfile(read->model, "1g.23gb").value(),
            FindProfile(read->model, "1g.24gb").value());
  EXPECT_EQ(read->model.profiles[0].placements.size(), 3U);
  EXPECT_EQ(read->model.placement_source, PlacementSource::kMeasured);
  EXPECT_THAT(read->drift, testing::Contains("id 19: is called 1g.24gb, not 1g.23gb"));
  EXPECT_THAT(read->drift, testing::Contains("7g.186gb: the driver does not report it"));
  EXPECT_THAT(read->drift, testing::Contains(HasSubstr("5g.1gb is new")));

  readings[0].placements = {{7, 2}};
  const Result<ModelReading> wrong = ApplyReadings(gb200, readings);
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("{7:2} ends after memory slice 8"));
}

TEST(CatalogueTest, OlderDriversMakeLess) {
  const DeviceModel a100 = FindDeviceModel("a100-40gb").value();
  EXPECT_FALSE(ForDriver(a100, 440));
  const DeviceModel r460 = ForDriver(a100, 460).value();
  EXPECT_FALSE(FindProfile(r460, "1g.5gb+me"));
  EXPECT_FALSE(FindProfile(r460, "1g.10gb"));
  const auto slice = [&](const char* name, std::uint8_t start, std::uint8_t size) {
    return PlacedSlice{FindProfile(r460, name).value(), {start, size}};
  };
  const PlacedSlice both[] = {slice("4g.20gb", 0, 4), slice("3g.20gb", 4, 4)};
  EXPECT_FALSE(CheckLayout(r460, both));
  EXPECT_TRUE(ForDriver(a100, 510)->refused.empty());
  EXPECT_EQ(ForDriver(a100, 530)->profiles, a100.profiles);
}

TEST(CheckLayoutTest, NamesTheRuleThatBreaks) {
  const DeviceModel a100 = FindDeviceModel("a100-40gb").value();
  const DeviceModel rtx = FindDeviceModel("rtx-pro-6000-blackwell-96gb").value();
  const auto message = [](const DeviceModel& model,
                          std::vector<std::tuple<const char*, int, int>> layout) {
    std::vector<PlacedSlice> slices;
    for (const auto& [name, start, size] : layout) {
      slices.push_back({FindProfile(model, name).value(),
                        {static_cast<std::uint8_t>(start), static_cast<std::uint8_t>(size)}});
    }
    const Status status = CheckLayout(model, slices);
    return status ? std::string("ok") : status.error().message;
  };
  EXPECT_EQ(message(a100, {{"4g.20gb", 0, 4}, {"3g.20gb", 4, 4}}), "ok");
  EXPECT_THAT(message(a100, {{"4g.20gb", 4, 4}}), HasSubstr("no possible placement"));
  EXPECT_THAT(message(a100, {{"1g.5gb", 7, 1}}), HasSubstr("no possible placement"));
  EXPECT_THAT(message(a100, {{"3g.20gb", 0, 4}, {"1g.5gb", 3, 1}}), HasSubstr("memory slice 3"));
  EXPECT_THAT(message(a100, {{"1g.5gb+me", 0, 1}, {"1g.5gb+me", 1, 1}}), HasSubstr("more than 1"));
  EXPECT_THAT(message(rtx, {{"1g.24gb+me.all", 0, 3}, {"1g.24gb", 3, 3}}), HasSubstr("NVDEC"));
  EXPECT_EQ(message(rtx, {{"1g.24gb+me.all", 0, 3}, {"1g.24gb-me", 3, 3}}), "ok");
}

}  // namespace
}  // namespace tidegate
