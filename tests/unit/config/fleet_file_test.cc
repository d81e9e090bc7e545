// SPDX-License-Identifier: Apache-2.0
#include "tidegate/fleet_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kFleet = R"(apiVersion: tidegate.dev/v1alpha1
kind: Fleet
spec:
  prices: {a100-40gb: 1.5}
  devices:
  - model: A100-SXM4-40GB
    nodes: [dgx-1, dgx-2]
    count: 2
  - model: a100-40gb
    id: GPU-7
    state: draining
    domain: nvl
    slices:
    - {profile: 3g.20gb, start: 4, id: s1, workload: llama, pinned: true}
    - {profile: mig-1g.5gb, start: 0}
)";

constexpr const char* kDemand = R"({"apiVersion": "tidegate.dev/v1alpha1", "kind": "Demand",
 "spec": {"workloads": [{"name": "llama", "profile": "3g.20gb", "count": 3},
                        {"name": "embed", "memory": "4Gi", "smCount": 14}]}})";

std::vector<std::string> Problems(const std::vector<FileText>& files) {
  std::vector<std::string> out;
  for (const ConfigProblem& problem : ParseFleetFiles(files).problems) {
    out.push_back(problem.ToString());
  }
  return out;
}

std::string Fleet2(const std::string& spec) {
  return "apiVersion: tidegate.dev/v1alpha1\nkind: Fleet\nspec:\n" + spec;
}

std::string Demand2(const std::string& workload) {
  return "apiVersion: tidegate.dev/v1alpha1\nkind: Demand\nspec:\n  workloads:\n  - " + workload;
}

TEST(FleetFileTest, ReadsBothKinds) {
  const std::vector<FileText> texts = {{"d.json", kDemand}, {"f.yaml", kFleet}};
  const ParsedFleetFiles parsed = ParseFleetFiles(texts);
  ASSERT_THAT(parsed.problems, IsEmpty()) << parsed.problems[0].ToString();
  const Fleet& fleet = parsed.files.fleet;
  ASSERT_EQ(fleet.device_count(), 5U);
  EXPECT_EQ(fleet.device(3).id, "dgx-2/gpu-1");
  EXPECT_EQ(fleet.device(3).node, "dgx-2");
  EXPECT_EQ(fleet.device(4).id, "GPU-7");
  EXPECT_EQ(fleet.device(4).state, DeviceState::kDraining);
  EXPECT_EQ(fleet.device(4).domain, "nvl");
  ASSERT_EQ(fleet.slices(4).size(), 2U);
  EXPECT_EQ(fleet.slices(4)[0].id, "GPU-7@0");
  EXPECT_EQ(fleet.slices(4)[1].group, "llama");
  EXPECT_TRUE(fleet.slices(4)[1].pinned);
  EXPECT_EQ(parsed.files.prices.at("a100-40gb"), 1.5);
  ASSERT_EQ(parsed.files.demand.size(), 2U);
  EXPECT_EQ(parsed.files.demand[0].need, (SliceNeed{.count = 3, .profile = "3g.20gb"}));
  EXPECT_EQ(parsed.files.demand[1].need,
            (SliceNeed{.memory_mib = 4096, .sm_count = 14, .count = 1}));
}

TEST(FleetFileTest, SaysWhatIsWrongWhere) {
  EXPECT_THAT(Problems({{"f", Fleet2("  devices:\n  - {model: a100-40bg}\n")}}),
              ElementsAre("f:5:13: spec.devices[0].model: no GPU model is called \"a100-40bg\"; "
                          "did you mean \"a100-40gb\"?"));
  EXPECT_THAT(Problems({{"f", Fleet2("  devices:\n  - {model: V100}\n")}}),
              ElementsAre(HasSubstr("\"V100\" is not in the MIG catalogue")));
  EXPECT_THAT(Problems({{"f", Fleet2("  device: []\n")}}),
              ElementsAre("f:4:3: spec: unknown key \"device\"; did you mean \"devices\"?"));
}

TEST(FleetFileTest, SaysWhatIsWrongWithSlices) {
  const auto with = [](const std::string& slice) {
    return Problems(
        {{"f", Fleet2("  devices:\n  - model: a100-40gb\n    slices:\n    - " + slice)}});
  };
  EXPECT_THAT(with("{profile: 3g.40gb, start: 0}"),
              ElementsAre("f:7:17: spec.devices[0].slices[0].profile: a100-40gb has no profile "
                          "\"3g.40gb\"; did you mean \"3g.20gb\"?"));
  EXPECT_THAT(
      with("{profile: 3g.20gb, start: 2}"),
      ElementsAre("f:7:33: spec.devices[0].slices[0].start: got 2: 3g.20gb can start at 0, 4"));
  EXPECT_THAT(with("{profile: 3g.20gb}"), ElementsAre(HasSubstr("is required: 3g.20gb can start")));
  EXPECT_THAT(with("{profile: 4g.20gb}\n    - {profile: 1g.5gb, start: 3}"),
              ElementsAre(HasSubstr("f:8:7: spec.devices[0].slices[1]: ")));
}

TEST(FleetFileTest, SaysWhatIsWrongWithDemands) {
  const auto with = [](const std::string& workload) {
    return Problems({{"f", kFleet}, {"d", Demand2(workload)}});
  };
  EXPECT_THAT(with("{name: w, profile: 3g.21gb}"),
              ElementsAre("d:5:24: spec.workloads[0].profile: no GPU of the fleet has a profile "
                          "\"3g.21gb\"; did you mean \"3g.20gb\"?"));
  EXPECT_THAT(with("{name: w}"), ElementsAre(HasSubstr("want a profile, or memory and smCount")));
  EXPECT_THAT(with("{name: w, profile: 3g.20gb, count: -1}"),
              ElementsAre(HasSubstr("must be greater than or equal to 0, got -1")));
  EXPECT_THAT(with("{name: w, profile: 3g.20gb}\n  - {name: w, profile: 1g.5gb}"),
              ElementsAre(HasSubstr("\"w\" is there already")));
  EXPECT_THAT(with("{name: w, profile: 3g.20gb, memory: 1Gi}"),
              ElementsAre(HasSubstr("is given, so memory and smCount say nothing")));
}

TEST(FleetFileTest, WantsAFleetAndItsOwnKinds) {
  EXPECT_THAT(Problems({{"d", kDemand}}),
              ElementsAre("d: no document has kind: Fleet, which says what GPUs there are"));
  EXPECT_THAT(Problems({{"f", "apiVersion: v1\nkind: Flet\n"}}),
              ElementsAre("f:2:7: kind: unknown kind \"Flet\"; did you mean \"Fleet\"?"));
  EXPECT_THAT(Problems({{"f", "apiVersion: v1\nkind: Fleet\nspec: {devices: []}\n"}}),
              ElementsAre(HasSubstr("f:1:13: apiVersion: unsupported value \"v1\"")));
  EXPECT_THAT(Problems({{"f", ""}}), ElementsAre("f: the file has no document"));
  EXPECT_THAT(Problems({{"f", Fleet2("  devices: [{model: a100-40gb, count: 200000}]\n")}}),
              ElementsAre(HasSubstr("must be less than or equal to 100000")));
  EXPECT_THAT(Problems({{"f", Fleet2("  driver: 450\n  devices: [{model: h100-sxm-80gb}]\n")}}),
              ElementsAre(HasSubstr("f:4:11: spec.driver: h100-sxm-80gb needs driver R525")));
}

TEST(FleetFileTest, WhatIfIsAListOfSlices) {
  const std::vector<FileText> texts = {{"f.yaml", kFleet}};
  const Fleet fleet = ParseFleetFiles(texts).files.fleet;
  const auto demand = ParseWhatIf("add 3 3g.20gb, 2 1g.5gb", fleet);
  ASSERT_TRUE(demand) << demand.error().message;
  ASSERT_EQ(demand->size(), 2U);
  EXPECT_EQ((*demand)[1].need, (SliceNeed{.count = 2, .profile = "1g.5gb"}));
  for (const char* wrong :
       {"", "add", "add three 3g.20gb", "add 0 3g.20gb", "add 1 3g.20gb more"}) {
    EXPECT_FALSE(ParseWhatIf(wrong, fleet)) << wrong;
  }
  EXPECT_THAT(ParseWhatIf("add 1 3g.20g", fleet).error().message,
              HasSubstr("did you mean \"3g.20gb\"?"));
}

}  // namespace
}  // namespace tidegate
