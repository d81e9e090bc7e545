// SPDX-License-Identifier: Apache-2.0

#include <istream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "tests/golden/sets.h"
#include "tidegate/mig.h"
#include "tidegate/placement.h"

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

// The devices of a case; the slices are called "device@start".
Fleet ReadFleet(const Json& test) {
  const DeviceModel& model = PackerOf(test.at("board")).model();
  Fleet fleet;
  (void)fleet.AddModel(model);
  const std::size_t count =
      test.at("gpus").is_array() ? test["gpus"].size() : test["gpus"].get<std::size_t>();
  for (std::size_t d = 0; d < count; ++d) {
    (void)fleet.AddDevice({.id = std::to_string(d), .model = model.id});
    for (const Json& slice : test["gpus"].is_array() ? test["gpus"][d] : Json::array()) {
      const std::size_t profile = FindProfile(model, slice[0].get<std::string>()).value();
      const auto start = slice[1].get<std::uint8_t>();
      const SliceSpan span{start, model.profiles[profile].placements[0].size};
      const std::string id = std::to_string(d) + "@" + std::to_string(start);
      (void)fleet.AddSlice({.id = id, .device = d, .placed = {profile, span}});
    }
  }
  return fleet;
}

Json MovesJson(const Fleet& fleet, const RepackPlan& plan) {
  Json moves = Json::array();
  for (const SliceMove& move : plan.moves) {
    const DeviceModel& model = fleet.model_of(move.from.device);
    moves.push_back({{"profile", model.profiles[move.from.placed.profile].name},
                     {"from", {move.from.device, move.from.placed.span.start}},
                     {"to", {move.to.device, move.to.placed.span.start}}});
  }
  return moves;
}

Json RunAdmit(const Json& test) {
  const Fleet fleet = ReadFleet(test);
  RepackRequest request;
  for (const auto& [name, count] : test.at("request").items()) {
    for (int i = 0; i < count.get<int>(); ++i) {
      request.admit.push_back({.id = name + "-" + std::to_string(i), .profile = name});
    }
  }
  const Result<RepackPlan> plan = PlanRepack(fleet, request);
  if (!plan) return {{"feasible", false}, {"why", plan.error().message}};
  if (const Status checked = CheckRepack(fleet, request, *plan); !checked) {
    return {{"unsupported", checked.error().message}};
  }
  Json placed = Json::array();
  for (const Placement& placement : plan->placed) {
    const Spot& spot = placement.spot;
    placed.push_back({fleet.model_of(spot.device).profiles[spot.placed.profile].name, spot.device,
                      spot.placed.span.start});
  }
  return {{"feasible", true},
          {"moves", MovesJson(fleet, *plan)},
          {"placed", placed},
          {"least", plan->least_moves},
          {"why", plan->explanation}};
}

Json RunCompact(const Json& test) {
  const Fleet fleet = ReadFleet(test);
  const RepackRequest request{.fewest_devices = true};
  const Result<RepackPlan> plan = PlanRepack(fleet, request);
  if (!plan) return {{"unsupported", plan.error().message}};
  if (const Status checked = CheckRepack(fleet, request, *plan); !checked) {
    return {{"unsupported", checked.error().message}};
  }
  return {{"moves", MovesJson(fleet, *plan)},
          {"least", plan->least_moves},
          {"spare", plan->spare_devices},
          {"rounds", plan->rounds}};
}

// Slices come and go; where they are is nobody's to change.
Json RunOnline(const Json& test) {
  Fleet fleet = ReadFleet(test);
  const std::unique_ptr<Placer> placer = MakePlacer({.may_refuse = true});
  Json placed = Json::array();
  for (const Json& event : test.at("events")) {
    const std::string id = std::to_string(event[1].get<std::int64_t>());
    if (event[0] == "del") {
      (void)fleet.RemoveSlice(id);
      continue;
    }
    const SliceRequest request{.id = id, .profile = event[2]};
    (void)fleet.RecordDemand(request.profile);
    const std::optional<Spot> spot = placer->Choose(fleet, request);
    if (spot) {
      const Status added =
          fleet.AddSlice({.id = id, .device = spot->device, .placed = spot->placed});
      if (!added) return {{"unsupported", added.error().message}};
    }
    placed.push_back(spot ? Json({spot->device, spot->placed.span.start}) : Json(nullptr));
  }
  return {{"placed", placed}};
}

}  // namespace

int RunMigSet(std::istream& in, std::ostream& out) {
  const std::map<std::string, Json (*)(const Json&)> kinds = {{"admit", RunAdmit},
                                                              {"compact", RunCompact},
                                                              {"online", RunOnline},
                                                              {"static", RunStatic},
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
