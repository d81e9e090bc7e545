// SPDX-License-Identifier: Apache-2.0
#include "core/stock.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tidegate::core {
namespace {

std::optional<std::size_t> FindDevice(const Fleet& fleet, std::string_view id) {
  for (std::size_t d = 0; d < fleet.device_count(); ++d) {
    if (fleet.device(d).id == id) return d;
  }
  return std::nullopt;
}

bool Serves(const Fleet& fleet, const Spot& spot, const SliceRequest& request) {
  const Device& device = fleet.device(spot.device);
  if (!request.node.empty() && device.node != request.node) return false;
  if (!request.domain.empty() && device.domain != request.domain) return false;
  const DeviceModel& model = fleet.model_of(spot.device);
  const SliceProfile& profile = model.profiles[spot.placed.profile];
  if (!request.profile.empty()) {
    const Result<std::size_t> wanted = FindProfile(model, request.profile);
    return wanted && *wanted == spot.placed.profile;
  }
  return request.need && profile.memory_mib.value_or(0) >= request.need->memory_mib &&
         profile.sm_count.value_or(0) >= request.need->sm_count;
}

}  // namespace

StockPlacer::StockPlacer(const Inventory& inventory, const std::set<std::string_view>& taken,
                         const Placer& placer)
    : driver_(inventory.driver ? &*inventory.driver : nullptr), placer_(placer) {
  if (driver_ == nullptr) return;
  for (const DeviceSlice& slice : driver_->slices) {
    if (taken.count(slice.id) == 0) idle_.push_back(&slice);
  }
}

std::optional<Spot> StockPlacer::SpotOf(const Fleet& fleet, const DeviceSlice& slice) const {
  const std::optional<std::size_t> device = FindDevice(fleet, slice.device);
  if (!device) return std::nullopt;
  const DeviceModel& model = fleet.model_of(*device);
  const Result<std::size_t> profile = FindProfile(model, slice.profile);
  if (!profile) return std::nullopt;
  for (const SliceSpan& span : model.profiles[*profile].placements) {
    if (span.start == slice.start) return Spot{*device, {*profile, span}};
  }
  return std::nullopt;
}

void StockPlacer::Occupy(Fleet& fleet) const {
  for (const DeviceSlice* slice : idle_) {
    if (slice->removable) continue;
    const std::optional<Spot> spot = SpotOf(fleet, *slice);
    if (!spot) continue;
    (void)fleet.AddSlice({.id = slice->id,
                          .device = spot->device,
                          .placed = spot->placed,
                          .group = {},
                          .pinned = true});
  }
}

// The smallest that will do, on the fullest device.
std::optional<Spot> StockPlacer::Choose(const Fleet& fleet, const SliceRequest& request) const {
  using Rank = std::tuple<std::int64_t, std::int32_t, std::int64_t, std::size_t, int>;
  std::optional<std::pair<Rank, Spot>> best;
  for (const DeviceSlice* slice : idle_) {
    if (!slice->usable || slice->removable) continue;
    const Slice* there = fleet.FindSlice(slice->id);
    if (there == nullptr || !there->group.empty()) continue;  // taken in this plan
    const std::optional<Spot> spot = SpotOf(fleet, *slice);
    if (!spot || fleet.device(spot->device).state != DeviceState::kOpen) continue;
    if (!Serves(fleet, *spot, request)) continue;
    const SliceProfile& profile = fleet.model_of(spot->device).profiles[spot->placed.profile];
    const auto others = static_cast<std::int64_t>(
        std::count_if(idle_.begin(), idle_.end(),
                      [&](const DeviceSlice* each) { return each->device == slice->device; }));
    const Rank rank{profile.memory_mib.value_or(0), profile.sm_count.value_or(0), others,
                    spot->device, slice->start};
    if (!best || rank < best->first) best = {rank, *spot};
  }
  if (best) return best->second;
  return fixed() ? std::nullopt : placer_.Choose(fleet, request);
}

std::string StockPlacer::Claim(const Spot& spot, Fleet& fleet) const {
  const std::string& device = fleet.device(spot.device).id;
  const std::string& profile = fleet.model_of(spot.device).profiles[spot.placed.profile].name;
  const std::int32_t start = spot.placed.span.start;
  if (driver_ == nullptr) return SimulatedSliceId(device, profile, start);
  for (const DeviceSlice* slice : idle_) {
    if (!slice->usable || SpotOf(fleet, *slice) != spot) continue;
    if (!slice->removable) (void)fleet.RemoveSlice(slice->id);
    return slice->id;
  }
  return PlannedSliceId(device, profile, start);
}

std::string StockPlacer::Explain(const Fleet& fleet, const SliceRequest& request) const {
  if (!fixed()) return ExplainUnplaced(fleet, request);
  const std::optional<Spot> spot = placer_.Choose(fleet, request);
  if (!spot) return "no slice that will do is free; " + ExplainUnplaced(fleet, request);
  return "no slice that will do is free; needs 1 x " +
         fleet.model_of(spot->device).profiles[spot->placed.profile].name + " created on " +
         fleet.device(spot->device).id + " at " + std::to_string(spot->placed.span.start) +
         ": --allow-reconfigure would";
}

}  // namespace tidegate::core
