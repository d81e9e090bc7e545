// SPDX-License-Identifier: Apache-2.0

#include <istream>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "tests/golden/sets.h"
#include "tidegate/mig.h"

namespace tidegate::golden {
namespace {

using Json = nlohmann::json;

// Building a model's tables takes longer than an answer.
const Packer& PackerOf(const std::string& board) {
  static std::map<std::string, Packer> packers;
  const auto found = packers.find(board);
  if (found != packers.end()) return found->second;
  return packers.emplace(board, Packer::Make(FindDeviceModel(board).value()).value()).first->second;
}

Json SlicesJson(const DeviceModel& model, const std::vector<PlacedSlice>& slices) {
  Json out = Json::array();
  for (const PlacedSlice& slice : slices) {
    out.push_back({model.profiles[slice.profile].name, slice.span.start});
  }
  return out;
}

SliceDemand ReadDemand(const DeviceModel& model, const Json& demand) {
  SliceDemand counts(model.profiles.size());
  for (const auto& [name, count] : demand.items()) {
    counts[FindProfile(model, name).value()] += count.get<std::int64_t>();
  }
  return counts;
}

Json RunStatic(const Json& test) {
  const Packer& packer = PackerOf(test.at("board"));
  const SliceDemand demand = ReadDemand(packer.model(), test.at("demand"));
  const Packing packing = packer.Optimum(demand).value();
  Json layout = Json::array();
  for (const LayoutCount& alike : packing.layouts) {
    layout.push_back({alike.devices, SlicesJson(packer.model(), alike.slices)});
  }
  const Status checked = CheckPacking(packer.model(), demand, packing);
  return {
      {"gpus", packing.devices}, {"layout", layout}, {"proven", packing.proven && checked.ok()}};
}

Json RunMixed(const Json& test) {
  std::vector<DeviceOffer> offers;
  for (const Json& type : test.at("types")) {
    offers.push_back({FindDeviceModel(type.at("board").get<std::string>()).value(),
                      type.at("price"), type.at("count")});
  }
  std::vector<SliceNeed> needs;
  for (const Json& need : test.at("needs")) {
    needs.push_back({need.at("memory_mib"), need.at("sm"), need.at("count")});
  }
  const Result<FleetMix> mix = CheapestFleet(offers, needs);
  if (!mix) return {{"unsupported", mix.error().message}};
  Json layout = Json::array();
  for (const FleetLayout& alike : mix->layouts) {
    Json serves = Json::array();
    for (const auto& need : alike.serves) serves.push_back(need ? Json(*need) : Json(nullptr));
    const DeviceModel& model = offers[alike.offer].model;
    layout.push_back({alike.devices, model.id, SlicesJson(model, alike.slices), serves});
  }
  return {{"layout", layout}, {"price", mix->price}, {"bound", mix->bound}};
}

}  // namespace

int RunMigSet(std::istream& in, std::ostream& out) {
  const std::map<std::string, Json (*)(const Json&)> kinds = {{"static", RunStatic},
                                                              {"mixed", RunMixed}};
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty()) continue;
    const Json test = Json::parse(line, nullptr, false);
    if (!test.is_object()) return 1;
    const auto run = kinds.find(test.at("kind").get<std::string>());
    Json answer = run != kinds.end() ? run->second(test) : Json{{"unsupported", "kind"}};
    answer["id"] = test.at("id");
    out << answer.dump() << '\n';
  }
  return 0;
}

}  // namespace tidegate::golden
