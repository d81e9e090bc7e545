// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <set>

#include "scaler/pack_report.h"

namespace tidegate::scaler {

namespace {

using Json = nlohmann::ordered_json;

Json ByProfile(const DeviceModel& model, const std::vector<std::int64_t>& numbers) {
  Json out = Json::object();
  for (std::size_t p = 0; p < numbers.size(); ++p) {
    if (numbers[p] != 0) out[model.profiles[p].name] = numbers[p];
  }
  return out;
}

Json RoomJson(const DeviceModel& model, const Fragmentation& fragmentation) {
  Json out = Json::array();
  for (const ProfileRoom& room : fragmentation.room) {
    out.push_back({{"profile", model.profiles[room.profile].name},
                   {"now", room.now},
                   {"repacked", room.repacked}});
  }
  return out;
}

Json ModelJson(const ModelPack& pack, const DeviceModel& model) {
  const BoundCertificate& certificate = pack.optimum.certificate;
  const Fragmentation& lost = pack.fragmentation;
  Json out{{"model", pack.model},  {"gpus", pack.devices},
           {"added", pack.added},  {"inUseBefore", pack.in_use_before},
           {"inUse", pack.in_use}, {"slices", ByProfile(model, pack.load)}};
  out["proof"] = {{"atLeast", certificate.devices},
                  {"capacity", certificate.capacity},
                  {"weights", ByProfile(model, certificate.weights)}};
  out["cost"] = {{"total", pack.price}, {"bound", pack.price_bound}};
  out["fragmentation"] = {
      {"index", lost.index},
      {"unusedCompute", {{"slices", lost.unused_compute}, {"structural", lost.structural_compute}}},
      {"unusedMemory", {{"slices", lost.unused_memory}, {"structural", lost.structural_memory}}},
      {"room", RoomJson(model, lost)}};
  out["moves"] = {{"count", pack.moves},
                  {"least", pack.least_moves},
                  {"rounds", pack.rounds},
                  {"spareGpus", pack.spare_devices},
                  {"explanation", pack.explanation}};
  return out;
}

Json DevicesJson(const PackPlan& plan) {
  std::set<std::string_view> fresh;
  for (const Placement& placement : plan.placed) fresh.insert(placement.id);
  constexpr std::string_view kStates[] = {"open", "cordoned", "draining"};
  Json out = Json::array();
  for (std::size_t d = 0; d < plan.fleet.device_count(); ++d) {
    const Device& device = plan.fleet.device(d);
    Json slices = Json::array();
    for (const Slice& slice : plan.fleet.slices(d)) {
      slices.push_back({{"id", slice.id},
                        {"profile", plan.fleet.model_of(d).profiles[slice.placed.profile].name},
                        {"start", static_cast<int>(slice.placed.span.start)},
                        {"size", static_cast<int>(slice.placed.span.size)},
                        {"workload", slice.group},
                        {"new", fresh.count(slice.id) > 0},
                        {"pinned", slice.pinned}});
    }
    out.push_back({{"id", device.id},
                   {"model", device.model},
                   {"node", device.node},
                   {"state", kStates[static_cast<std::size_t>(device.state)]},
                   {"added", d >= plan.first_added},
                   {"slices", std::move(slices)}});
  }
  return out;
}

Json RatesJson(const PackPlan& plan) {
  const auto per_second = [](MilliValue milli) { return static_cast<double>(milli) / 1000; };
  Json out = Json::array();
  for (const ServedRate& rate : plan.rates) {
    Json parts = Json::array();
    for (const ServedRate::Part& part : rate.parts) {
      parts.push_back({{"model", part.model},
                       {"profile", part.profile},
                       {"slices", part.slices},
                       {"rate", per_second(part.rate)}});
    }
    out.push_back({{"workload", rate.workload},
                   {"wanted", per_second(rate.wanted)},
                   {"served", per_second(rate.served)},
                   {"slices", std::move(parts)}});
  }
  return out;
}

Json MovesJson(const PackPlan& plan) {
  Json out = Json::array();
  for (const SliceMove& move : plan.moves) {
    const auto spot = [&](const Spot& at) {
      return Json{{"gpu", plan.fleet.device(at.device).id},
                  {"start", static_cast<int>(at.placed.span.start)}};
    };
    const DeviceModel& model = plan.fleet.model_of(move.to.device);
    out.push_back({{"slice", move.slice},
                   {"profile", model.profiles[move.to.placed.profile].name},
                   {"round", move.round},
                   {"from", spot(move.from)},
                   {"to", spot(move.to)}});
  }
  return out;
}

Json WhatIfJson(const WhatIf& what_if) {
  const std::int64_t without = AddedBy(what_if.kept);
  const PackPlan& best = what_if.moved ? *what_if.moved : what_if.kept;
  return {{"question", what_if.question},
          {"fits", without == 0},
          {"addedWithoutMoves", without},
          {"added", AddedBy(best)},
          {"moves", MovesJson(best)}};
}

}  // namespace

std::string PackJson(const PackReport& report) {
  const PackPlan& plan = report.plan;
  Json models = Json::array();
  for (const ModelPack& pack : plan.models) {
    models.push_back(ModelJson(pack, *plan.fleet.FindModel(pack.model)));
  }
  Json out{
      {"models", std::move(models)},
      {"cost", {{"total", plan.price}, {"bound", plan.price_bound}, {"proven", plan.price_proven}}},
      {"gpus", DevicesJson(plan)},
      {"moves", MovesJson(plan)}};
  if (!plan.rates.empty()) out["rates"] = RatesJson(plan);
  if (report.what_if) out["whatIf"] = WhatIfJson(*report.what_if);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tidegate::scaler
