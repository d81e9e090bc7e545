// SPDX-License-Identifier: Apache-2.0
//
// Files of GPUs, of demand and of mig-parted, whatever their text: no crash; what parses is
// packed, and the plan survives the way to mig-parted's form and back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tidegate/fleet_file.h"
#include "tidegate/mig_parted.h"

namespace {

using namespace tidegate;

constexpr std::size_t kMostDevices = 64, kMostSlices = 256;

void Require(bool holds) {
  if (!holds) std::abort();
}

// Each node's counts, written and read again, are the same counts.
void CheckRoundTrip(const Fleet& fleet) {
  for (std::size_t d = 0; d < fleet.device_count(); ++d) {
    if (fleet.device(d).node == "default") return;  // what a node without a name is written as
  }
  const MigPartedConfigs configs = ToMigParted(fleet);
  Require(!MigPartedYaml(configs).empty());
  for (const auto& [name, entries] : configs) {
    for (const MigPartedEntry& entry : entries) {
      Fleet same = fleet;
      const std::string node = name == "default" ? "" : name;
      if (ApplyMigParted(same, node, entry)) Require(LayoutChanges(fleet, same).empty());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<FileText> texts = {
      {"fuzz", std::string(reinterpret_cast<const char*>(data), size)}};
  const ParsedFleetFiles parsed = ParseFleetFiles(texts);
  for (const ConfigProblem& problem : parsed.problems) Require(!problem.ToString().empty());
  if (!parsed.problems.empty()) return 0;
  const FleetFiles& files = parsed.files;
  std::int64_t wanted = 0;
  for (const WorkloadDemand& demand : files.demand) wanted += demand.need.count;
  if (files.fleet.device_count() > kMostDevices || wanted > std::int64_t{kMostSlices}) return 0;
  for (const PackMoves moves : {PackMoves::kNone, PackMoves::kToAdmit, PackMoves::kRepack}) {
    const auto plan = PlanPack(
        {.fleet = files.fleet, .demand = files.demand, .moves = moves, .prices = files.prices});
    if (!plan) {
      Require(plan.error().code != ErrorCode::kInternal);
      continue;
    }
    Require(plan->fleet.slice_count() == files.fleet.slice_count() + plan->placed.size());
    Require(static_cast<std::int64_t>(plan->placed.size()) == wanted);
    Require(DrawText(*plan).empty() == (plan->fleet.device_count() == 0));
    Require(DrawHtml(*plan).find("</html>") != std::string::npos);
    if (plan->fleet.device_count() > 0) CheckRoundTrip(plan->fleet);
  }
  return 0;
}
