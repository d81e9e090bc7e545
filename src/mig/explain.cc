// SPDX-License-Identifier: Apache-2.0
//
// Why a slice has no place, for people.
#include <algorithm>
#include <bit>
#include <string>

#include "mig/fleet_impl.h"

namespace tidegate {
namespace {

// The place that fewest slices stand on.
struct Nearest {
  std::size_t device = IndexSet::kNone;
  std::size_t option = 0;
  std::vector<const Slice*> blockers;
};

Nearest FindNearest(const Fleet::Impl& fleet, const Candidate& candidate,
                    const SliceRequest& request) {
  const FleetModel& model = fleet.models[candidate.model];
  const auto [first, last] = model.geometry->OptionsOf(candidate.profile);
  Nearest nearest;
  for (std::size_t d = 0; d < fleet.devices.size(); ++d) {
    const FleetDevice& device = fleet.devices[d];
    if (device.model != candidate.model || device.device.state != DeviceState::kOpen) continue;
    if (!fleet.Admits(request, d)) continue;
    for (std::size_t option = first; option < last; ++option) {
      std::vector<const Slice*> blockers;
      for (const Slice& slice : device.slices) {
        const std::size_t other = *fleet.OptionOf(d, slice.placed);
        const std::uint64_t both = std::uint64_t{1} << option | std::uint64_t{1} << other;
        const bool together = option != other && model.geometry->Find(both) != Geometry::kNone;
        if (!together) blockers.push_back(&slice);
      }
      if (nearest.device != IndexSet::kNone && blockers.size() >= nearest.blockers.size()) continue;
      nearest = {d, option, std::move(blockers)};
    }
  }
  return nearest;
}

std::string DescribeNearest(const Fleet::Impl& fleet, const Candidate& candidate,
                            const Nearest& nearest) {
  const FleetModel& model = fleet.models[candidate.model];
  const SliceSpan span = model.geometry->options()[nearest.option].span;
  std::string text = ": nearest is " + fleet.devices[nearest.device].device.id + ", slots " +
                     std::to_string(span.start) + "-" + std::to_string(span.start + span.size - 1);
  if (nearest.blockers.empty()) return text + ", where the media engines are taken";
  text += " taken by ";
  for (std::size_t i = 0; i < nearest.blockers.size(); ++i) {
    const Slice& slice = *nearest.blockers[i];
    text += (i == 0 ? "" : ", ") + slice.id + " (" +
            model.model->profiles[slice.placed.profile].name + "@" +
            std::to_string(slice.placed.span.start) + ")";
  }
  return text;
}

}  // namespace

std::string ExplainUnplaced(const Fleet& fleet, const SliceRequest& request) {
  const std::vector<Candidate> candidates = CandidatesFor(fleet.impl(), request);
  if (candidates.empty()) {
    return "no model of the fleet has " + (request.profile.empty()
                                               ? "a profile with that much memory and that many SMs"
                                               : "a profile \"" + request.profile + "\"");
  }
  const Candidate& candidate = candidates.front();
  const FleetModel& model = fleet.impl().models[candidate.model];
  const Nearest nearest = FindNearest(fleet.impl(), candidate, request);
  std::string text = model.model->profiles[candidate.profile].name + " does not fit on any of " +
                     std::to_string(model.open_devices) + " open devices";
  if (nearest.device == IndexSet::kNone) {
    return text + (model.open_devices == 0 ? "" : " apart from its group or where it has to be");
  }
  text += DescribeNearest(fleet.impl(), candidate, nearest);
  RepackRequest repack;
  repack.admit.push_back(request);
  const Result<RepackPlan> plan = PlanRepack(fleet, repack);
  if (!plan) return text + "; no repack frees it: " + plan.error().message;
  const std::size_t moves = plan->moves.size();
  return text + "; " + std::to_string(moves) + (moves == 1 ? " move frees it" : " moves free it") +
         " (" + plan->explanation + ")";
}

}  // namespace tidegate
