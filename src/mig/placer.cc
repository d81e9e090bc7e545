// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "mig/fleet_impl.h"
#include "mig/state_worth.h"

namespace tidegate {
namespace {

constexpr double kTie = 1e-12;

// What a device is preferred by, in memory slices, for each one that is used there, and for any at
// all: the values alone see no use in whole devices where no profile needs one, but devices that
// stay empty can be given back. Chosen by simulation (benchmarks/mig, tables online, queue and
// autoscale).
constexpr double kFuller = 0.004;
constexpr double kInUse = 0.03;

// A slice is refused where the fleet loses this many times what it brings.
constexpr double kTooDear = 1.5;

// Puts a slice where the fleet loses least (state_values.h).
class ValuePlacer : public Placer {
 public:
  explicit ValuePlacer(const PlacerOptions& options) : options_(options) {}

  std::string_view name() const noexcept override { return "value"; }

  std::optional<Spot> Choose(const Fleet& fleet, const SliceRequest& request) const override {
    const std::vector<Candidate> candidates = CandidatesFor(fleet.impl(), request);
    std::set<std::size_t> refusing;  // models on which a smaller slice was too dear
    for (const Candidate& candidate : candidates) {
      if (refusing.contains(candidate.model)) continue;
      const Best best = BestOn(fleet.impl(), candidate, request);
      if (best.device == IndexSet::kNone) continue;
      if (TooDear(fleet.impl(), candidates.front(), best)) {
        refusing.insert(candidate.model);
        continue;
      }
      const FleetModel& model = fleet.impl().models[candidate.model];
      const SlotOption& chosen = model.geometry->options()[best.option];
      return Spot{best.device, {chosen.profile, chosen.span}};
    }
    return std::nullopt;
  }

 private:
  struct Best {
    double gain = 0;
    int used = 0;
    std::size_t device = IndexSet::kNone;
    std::size_t option = 0;
  };

  // A larger slice than the smallest that would do brings no more.
  bool TooDear(const Fleet::Impl& fleet, const Candidate& smallest, const Best& best) const {
    const DeviceModel& model = *fleet.models[smallest.model].model;
    return options_.may_refuse &&
           best.gain < -kTooDear * model.profiles[smallest.profile].compute_slices;
  }

  static Best BestOn(const Fleet::Impl& fleet, const Candidate& candidate,
                     const SliceRequest& request) {
    const FleetModel& model = fleet.models[candidate.model];
    const Geometry& geometry = *model.geometry;
    Best best;
    if (model.room[candidate.profile] == 0) return best;
    const StateWorth worth(model);
    const auto [first, last] = geometry.OptionsOf(candidate.profile);
    for (std::size_t s = model.present.First(); s != IndexSet::kNone;
         s = model.present.Next(s + 1)) {
      const int state = static_cast<int>(s);
      if (geometry.Fits(geometry.class_of(state), candidate.profile) == 0) continue;
      const int used = geometry.UsedCells(state);
      const double before = worth.Of(state) - kFuller * used - (used > 0 ? kInUse : 0);
      for (std::size_t option = first; option < last; ++option) {
        const int next = geometry.Add(state, option);
        if (next == Geometry::kNone) continue;
        Consider(fleet, request, {worth.Of(next) - before, used, 0, option}, model.open[s], best);
      }
    }
    return best;
  }

  // Greatest value first, then the fuller device, then the lower index.
  static void Consider(const Fleet::Impl& fleet, const SliceRequest& request, Best candidate,
                       const IndexSet& devices, Best& best) {
    const bool none = best.device == IndexSet::kNone;
    if (!none && candidate.gain < best.gain - kTie) return;
    const bool tie = !none && candidate.gain <= best.gain + kTie;
    if (tie && candidate.used < best.used) return;
    std::size_t device = devices.First();
    while (device != IndexSet::kNone && !fleet.Admits(request, device)) {
      device = devices.Next(device + 1);
    }
    if (device == IndexSet::kNone) return;
    if (tie && candidate.used == best.used && device >= best.device) return;
    candidate.device = device;
    best = candidate;
  }

  PlacerOptions options_;
};

// Places one gang after the other on a copy of the fleet.
class BatchPlacer {
 public:
  BatchPlacer(const Placer& placer, const Fleet& fleet) : placer_(placer), fleet_(fleet) {}

  void Place(const Gang& gang, PlacementPlan& plan) {
    if (gang.together == Together::kAnywhere) {
      if (Try(gang, "", "", plan)) return;
    } else {
      for (const std::string& place : Places(gang.together)) {
        const bool node = gang.together == Together::kOneNode;
        if (Try(gang, node ? place : "", node ? "" : place, plan)) return;
      }
    }
    for (const SliceRequest& member : gang.members) {
      plan.unplaced.push_back({member.id, Reason(gang, member)});
    }
  }

 private:
  // A member may well fit: alone without its gang, or where it was refused.
  std::string Reason(const Gang& gang, const SliceRequest& member) const {
    const bool fits = MakePlacer()->Choose(fleet_, member).has_value();
    if (gang.members.size() == 1) {
      return fits ? "it fits, but the fleet is expected to lose more by it than it brings"
                  : ExplainUnplaced(fleet_, member);
    }
    return "its gang of " + std::to_string(gang.members.size()) + " does not fit together; " +
           (fits ? "it alone would fit" : ExplainUnplaced(fleet_, member));
  }

  bool Try(const Gang& gang, const std::string& node, const std::string& domain,
           PlacementPlan& plan) {
    std::vector<Placement> placed;
    for (SliceRequest member : gang.members) {
      if (!node.empty()) member.node = node;
      if (!domain.empty()) member.domain = domain;
      const std::optional<Spot> spot = placer_.Choose(fleet_, member);
      const bool added = spot && fleet_.AddSlice({.id = member.id,
                                                  .device = spot->device,
                                                  .placed = spot->placed,
                                                  .group = member.group});
      if (!added) {
        for (const Placement& placement : placed) (void)fleet_.RemoveSlice(placement.id);
        return false;
      }
      placed.push_back({member.id, *spot});
    }
    plan.placed.insert(plan.placed.end(), placed.begin(), placed.end());
    return true;
  }

  // Nodes or domains, the fullest first, so that empty ones stay empty.
  std::vector<std::string> Places(Together together) const {
    std::map<std::string, std::int64_t> used;
    for (const FleetDevice& device : fleet_.impl().devices) {
      const std::string& place =
          together == Together::kOneNode ? device.device.node : device.device.domain;
      if (!place.empty()) used[place] += static_cast<std::int64_t>(device.slices.size());
    }
    std::vector<std::pair<std::int64_t, std::string>> order;
    for (const auto& [place, slices] : used) order.push_back({-slices, place});
    std::sort(order.begin(), order.end());
    std::vector<std::string> places;
    for (auto& [slices, place] : order) places.push_back(std::move(place));
    return places;
  }

  const Placer& placer_;
  Fleet fleet_;
};

}  // namespace

Placer::~Placer() = default;

PlacementPlan Placer::Place(const PlacementRequest& request) const {
  PlacementPlan plan;
  BatchPlacer batch(*this, request.fleet);
  for (const Gang& gang : request.gangs) batch.Place(gang, plan);
  return plan;
}

std::unique_ptr<Placer> MakePlacer(const PlacerOptions& options) {
  return std::make_unique<ValuePlacer>(options);
}

}  // namespace tidegate
