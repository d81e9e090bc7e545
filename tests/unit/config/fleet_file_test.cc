// SPDX-License-Identifier: Apache-2.0
#include "tidegate/fleet_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tidegate/mig_parted.h"

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

constexpr const char* kTable = R"(apiVersion: tidegate.dev/v1alpha1
kind: ThroughputTable
metadata: {name: bert}
spec:
  model: A100-SXM4-40GB
  rows:
  - {profile: 1g.5gb, rate: 74.4, latency: 13ms, memory: 3Gi}
  - {profile: mig-1g.5gb, rate: 90, latency: 40ms}
  - {model: h100-sxm-80gb, profile: 1g.10gb, rate: 150, latency: 9ms}
)";

TEST(FleetFileTest, ReadsRatesFromATable) {
  const std::string demand = Demand2("{name: w, rate: 120.5, slo: 20ms, table: bert}");
  const std::vector<FileText> texts = {{"d", demand}, {"t", kTable}, {"f", kFleet}};
  const ParsedFleetFiles parsed = ParseFleetFiles(texts);
  ASSERT_THAT(parsed.problems, IsEmpty()) << parsed.problems[0].ToString();
  ASSERT_EQ(parsed.files.demand.size(), 1U);
  const SliceNeed& need = parsed.files.demand[0].need;
  EXPECT_EQ(need.rate, 120'500);
  EXPECT_THAT(need.rates, ElementsAre(SliceRate{"a100-40gb", "1g.5gb", 74'400}));
}

TEST(FleetFileTest, ReadsTablesAsCsv) {
  const std::string csv =
      "# measured on the first of May\n"
      "model, profile, rate, latency_ms, memory_mib\r\n"
      "a100-40gb, 1g.5gb, 74.4, 13, 3072\n\n"
      "a100-40gb, 2g.10gb, 150, 12.5,\n";
  const std::string demand = Demand2("{name: w, rate: 100, table: bert}");
  const std::vector<FileText> texts = {{"d", demand}, {"x/bert.csv", csv}, {"f", kFleet}};
  const ParsedFleetFiles parsed = ParseFleetFiles(texts);
  ASSERT_THAT(parsed.problems, IsEmpty()) << parsed.problems[0].ToString();
  EXPECT_THAT(parsed.files.demand[0].need.rates,
              ElementsAre(SliceRate{"a100-40gb", "1g.5gb", 74'400},
                          SliceRate{"a100-40gb", "2g.10gb", 150'000}));
  const auto problems = [](const std::string& text) {
    return Problems({{"f", kFleet}, {"t.csv", text}});
  };
  EXPECT_THAT(problems("model,profil,rate,latency\n"),
              ElementsAre("t.csv:1:7: unknown column \"profil\"; did you mean \"profile\"?"));
  EXPECT_THAT(problems("model,profile,rate\n"),
              ElementsAre("t.csv:1:1: there is no column \"latency\""));
  EXPECT_THAT(problems("model,profile,rate,latency,latency_ms\n"),
              ElementsAre("t.csv:1:28: column \"latency_ms\" is there already"));
  const std::string head = "table,model,profile,rate,latency_ms\n";
  EXPECT_THAT(problems(head + "a,a100-40gb,1g.5gb,74\n"),
              ElementsAre("t.csv:2:1: want 5 fields, got 4"));
  EXPECT_THAT(problems(head + "a,a100-40gb,1g.5gb,fast,13\n"),
              ElementsAre(HasSubstr("t.csv:2:20: spec.rows[0].rate: ")));
  EXPECT_THAT(problems(head + "a,a100-40gb,1g.6gb,74,13\nb,a100-40gb,1g.5gb,74,x\n"),
              ElementsAre(HasSubstr("t.csv:2:13: spec.rows[0].profile: a100-40gb has no profile"),
                          HasSubstr("t.csv:3:23: spec.rows[0].latency: ")));
}

TEST(FleetFileTest, SaysWhatIsWrongWithRates) {
  const auto with = [](const std::string& workload, const std::string& table = kTable) {
    return Problems({{"f", kFleet}, {"t", table}, {"d", Demand2(workload)}});
  };
  EXPECT_THAT(with("{name: w, rate: 9}"),
              ElementsAre("d:5:5: spec.workloads[0].table: is required with a rate"));
  EXPECT_THAT(with("{name: w, table: bert}"),
              ElementsAre("d:5:5: spec.workloads[0].rate: is required with a table"));
  EXPECT_THAT(with("{name: w, rate: 9, table: brt}"),
              ElementsAre("d:5:31: spec.workloads[0].table: no ThroughputTable is called \"brt\"; "
                          "did you mean \"bert\"?"));
  EXPECT_THAT(with("{name: w, rate: 9, slo: 5ms, table: bert}"),
              ElementsAre("d:5:29: spec.workloads[0].slo: got 5ms, and the fastest row of \"bert\" "
                          "takes 13ms (1g.5gb)"));
  EXPECT_THAT(with("{name: w, rate: 9, profile: 1g.5gb, table: bert}"),
              ElementsAre(HasSubstr("is given, so profile, memory and smCount say nothing")));
  EXPECT_THAT(with("{name: w, rate: -9, table: bert}"),
              ElementsAre(HasSubstr("must be greater than or equal to 0, got -9")));
  std::string table = kTable;
  table.replace(table.find("3Gi"), 3, "9Gi");
  EXPECT_THAT(with("{name: w, rate: 9, table: bert}", table),
              ElementsAre(HasSubstr("t:7:58: spec.rows[0].memory: is more than the ")));
  table = std::string(kTable).substr(0, std::string(kTable).find("  - {profile")) +
          "  - {model: h100-sxm-80gb, profile: 1g.10gb, rate: 150, latency: 9ms}\n";
  EXPECT_THAT(with("{name: w, rate: 9, table: bert}", table),
              ElementsAre(HasSubstr("\"bert\" has no row of a GPU of the fleet")));
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

TEST(FleetFileTest, EverySliceOfALargeFleetMayBeWrittenDown) {
  std::string spec = "  devices:\n";
  for (int i = 0; i < 12'000; ++i) {
    spec += "  - {model: a100-40gb, slices: [{profile: 3g.20gb, start: 4, workload: w}]}\n";
  }
  const std::vector<FileText> texts = {{"f", Fleet2(spec)}};
  const ParsedFleetFiles parsed = ParseFleetFiles(texts);
  ASSERT_THAT(parsed.problems, IsEmpty()) << parsed.problems[0].ToString();
  EXPECT_EQ(parsed.files.fleet.slice_count(), 12'000U);
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

constexpr const char* kParted = R"(version: v1
mig-configs:
  all-off:
    - devices: all
      mig-enabled: false
  web-mix:
    - device-filter: ["0x20B010DE", "0x20B110DE"]
      devices: [0, 1]
      mig-enabled: true
      mig-devices:
        "3g.20gb": 1
        "1g.5gb+me": 1
        "1g.5gb": 3
    - devices: [2, 3]
      mig-enabled: true
      mig-devices: {"7g.40gb": 1}
)";

std::string NodeFleet(const std::string& nodes) {
  return Fleet2("  devices:\n  - {model: a100-40gb, nodes: " + nodes + ", count: 4}\n");
}

TEST(FleetFileTest, MigPartedSaysWhatRuns) {
  const std::vector<FileText> texts = {{"m", kParted}, {"f", NodeFleet("[web-mix, all-off]")}};
  const ParsedFleetFiles parsed = ParseFleetFiles(texts);
  ASSERT_THAT(parsed.problems, IsEmpty()) << parsed.problems[0].ToString();
  const Fleet& fleet = parsed.files.fleet;
  EXPECT_EQ(fleet.slices(0).size(), 5U);
  EXPECT_EQ(fleet.slices(3).size(), 1U);
  EXPECT_TRUE(fleet.slices(4).empty());
  // What is written is read again as the same.
  const std::vector<FileText> again = {{"m", MigPartedYaml(ToMigParted(fleet))},
                                       {"f", NodeFleet("[web-mix, all-off]")}};
  const ParsedFleetFiles second = ParseFleetFiles(again);
  ASSERT_THAT(second.problems, IsEmpty()) << second.problems[0].ToString();
  EXPECT_EQ(ToMigParted(second.files.fleet), ToMigParted(fleet));
  EXPECT_THAT(LayoutChanges(fleet, second.files.fleet), IsEmpty());
}

TEST(FleetFileTest, AnOnlyConfigurationIsOfAnOnlyNode) {
  const std::vector<FileText> texts = {
      {"f", NodeFleet("[dgx]")},
      {"m",
       "version: v1\nmig-configs:\n  current:\n  - devices: [1]\n    mig-enabled: true\n"
       "    mig-devices: {1g.5gb: 7}\n"}};
  const ParsedFleetFiles parsed = ParseFleetFiles(texts);
  ASSERT_THAT(parsed.problems, IsEmpty()) << parsed.problems[0].ToString();
  EXPECT_EQ(parsed.files.fleet.slices(1).size(), 7U);
}

TEST(FleetFileTest, MigPartedIsReadAsStrictlyAsTheToolDoes) {
  const auto with = [](const std::string& entry, const std::string& head = "version: v1\n") {
    return Problems(
        {{"f", NodeFleet("[n, o]")}, {"m", head + "mig-configs:\n  n:\n  - " + entry + "\n"}});
  };
  EXPECT_THAT(with("{devices: all, mig-enabled: true, mig-devices: {}}"), IsEmpty());
  EXPECT_THAT(with("{devices: all, mig-enabled: true, mig-devices: {}}", ""),
              ElementsAre("m:1:1: version: is required: v1"));
  EXPECT_THAT(with("{devices: all, mig-enabled: true, mig-devices: {}}", "version: v2\n"),
              ElementsAre("m:1:10: version: want v1, got \"v2\""));
  EXPECT_THAT(with("{device: all, mig-enabled: false}"),
              ElementsAre("m:4:6: mig-configs.n[0].device: unknown key; did you mean \"devices\"?",
                          "m:4:5: mig-configs.n[0].devices: is required"));
  EXPECT_THAT(with("{devices: all, mig-enabled: true}"),
              ElementsAre(HasSubstr("mig-devices: is required when mig-enabled is true")));
  EXPECT_THAT(with("{devices: all, mig-enabled: false, mig-devices: {1g.5gb: 1}}"),
              ElementsAre(HasSubstr("must be empty when mig-enabled is false")));
  EXPECT_THAT(with("{devices: some, mig-enabled: false}"),
              ElementsAre(HasSubstr("mig-configs.n[0].devices: want all or a list of indices")));
  EXPECT_THAT(
      with("{devices: [4], mig-enabled: true, mig-devices: {1g.5gb: 1}}"),
      ElementsAre("m:4:52: mig-configs.n[0].mig-devices: there is no device 4: the node has 4"));
  EXPECT_THAT(with("{devices: [0], mig-enabled: true, mig-devices: {4g.20gb: 2}}"),
              ElementsAre(HasSubstr("a100-40gb cannot have {\"4g.20gb\": 2} together")));
  EXPECT_THAT(with("{devices: [0], mig-enabled: true, mig-devices: {1g.5gb: -1}}"),
              ElementsAre(HasSubstr("want a number of slices, got \"-1\"")));
  EXPECT_THAT(
      Problems({{"f", NodeFleet("[node, other]")},
                {"m", "version: v1\nmig-configs: {nod: [{devices: all, mig-enabled: false}]}"}}),
      ElementsAre(
          "m:2:15: mig-configs.nod: no node of the fleet has this name; did you mean \"node\"?"));
  EXPECT_THAT(Problems({{"f", NodeFleet("[n]")}, {"m", "version: v1\nmig-configs: []"}}),
              ElementsAre(HasSubstr("want a map of configurations by name")));
}

}  // namespace
}  // namespace tidegate
