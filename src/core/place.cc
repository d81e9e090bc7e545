// SPDX-License-Identifier: Apache-2.0
#include "core/place.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/seat.h"
#include "core/stock.h"

namespace tidegate::core {
namespace {

TimePoint Before(TimePoint now, Duration age) {
  std::int64_t count = 0;
  if (__builtin_sub_overflow(now.time_since_epoch().count(), age.count(), &count)) {
    count = age.count() > 0 ? std::numeric_limits<std::int64_t>::min()
                            : std::numeric_limits<std::int64_t>::max();
  }
  return TimePoint(Duration(count));
}

// By their ids, what replicas have, get or are leaving.
std::set<std::string_view> TakenIds(const TickInput& input, const std::vector<Seat>& seats) {
  std::set<std::string_view> ids;
  const auto add = [&](const std::vector<ReplicaSlice>& slices) {
    for (const ReplicaSlice& slice : slices) ids.insert(slice.id);
  };
  for (const auto& [workload, slices] : input.held) add(slices);
  for (const Seat& seat : seats) {
    add(seat.kept());
    add(seat.leaving());
  }
  return ids;
}

// Slices that were asked for, by profile.
using Demand = std::map<std::string, double>;

Demand DemandOf(const std::vector<Seat>& seats) {
  Demand demand;
  for (const Seat& seat : seats) {
    for (const auto& [profile, count] : seat.asked()) demand[profile] += count;
  }
  return demand;
}

// What one tick does with the slices.
class SlicePlan {
 public:
  SlicePlan(const TickInput& input, std::vector<Seat>& seats, const Result<Fleet>& empty,
            const Placer& placer)
      : input_(input),
        seats_(seats),
        placer_(input.inventory, TakenIds(input, seats), placer),
        fleet_(empty ? *empty : Fleet()) {
    if (!empty) fault_ = empty.error().message;
    placer_.Occupy(fleet_);
    for (Seat& seat : seats_) seat.Price(fleet_);
    for (const auto& [workload, slices] : input.held) AddSlices(workload, slices, true, fleet_);
    for (const Seat& seat : seats_) {
      AddSlices(seat.workload(), seat.kept(), false, fleet_);
      AddSlices(seat.workload(), seat.leaving(), true, fleet_);
    }
    for (std::size_t d = 0; d < fleet_.device_count(); ++d) {
      const std::vector<Slice> slices = fleet_.slices(d);
      used_.push_back(std::any_of(slices.begin(), slices.end(),
                                  [](const Slice& slice) { return !slice.group.empty(); }));
    }
    KeepBudgets();
  }

  void Run(bool at_rest) {
    for (Seat& seat : seats_) Shrink(seat);
    Grow();
    if (at_rest && !placer_.fixed()) Move();
  }

 private:
  // Those that serve nobody go first, as they do without slices.
  void Shrink(Seat& seat) {
    if (seat.Surplus() == 0 || seat.Settled()) return;
    seat.CancelMoves();
    for (const bool serving : {false, true}) {
      // Slices are worth a replica each, or one goes after the other.
      while (DropSome(seat, serving) && seat.moldable()) {
      }
    }
  }

  bool DropSome(Seat& seat, bool serving) {
    std::vector<std::string> candidates = seat.GoingFirst(serving);
    std::erase_if(candidates, [&](const std::string& name) {
      return seat.WorthOf(*seat.Find(name)) > seat.Surplus();
    });
    if (candidates.empty()) return false;
    const auto surplus = seat.moldable() ? 1 : static_cast<std::size_t>(seat.Surplus() / 1000);
    Learn();
    std::vector<std::string> going = ChooseReleases(WithoutLeaving(), candidates, surplus);
    // Some may be on a device that is gone; no choice is the better one then.
    for (const std::string& name : candidates) {
      const bool chosen = std::find(going.begin(), going.end(), name) != going.end();
      if (!chosen && going.size() < surplus) going.push_back(name);
    }
    for (const std::string& name : going) seat.Drop(seat.Find(name)->id);
    return true;
  }

  Fleet WithoutLeaving() const {
    Fleet fleet = fleet_;
    for (const Seat& seat : seats_) {
      for (const ReplicaSlice& slice : seat.leaving()) (void)fleet.RemoveSlice(FleetId(slice));
    }
    return fleet;
  }

  void Grow() {
    std::vector<Seat*> order;
    for (Seat& seat : seats_) order.push_back(&seat);
    std::stable_sort(order.begin(), order.end(),
                     [](const Seat* a, const Seat* b) { return a->priority() > b->priority(); });
    for (Seat* seat : order) {
      while (seat->seated() < seat->least() && Place(*seat, seat->least())) {
      }
    }
    while (Seat* next = Neediest(order)) Place(*next, next->wanted());
  }

  // Of those with the highest priority, who has the smallest share of what it wants.
  static Seat* Neediest(const std::vector<Seat*>& order) {
    Seat* best = nullptr;
    for (Seat* seat : order) {
      if (seat->refused() || seat->seated() >= seat->wanted()) continue;
      if (best != nullptr && seat->priority() < best->priority()) break;
      const auto share = [](const Seat* a, const Seat* b) {
        return static_cast<double>(a->seated()) * static_cast<double>(b->wanted());
      };
      if (best == nullptr || share(seat, best) < share(best, seat)) best = seat;
    }
    return best;
  }

  // One slice more, on the way to `goal`; false: there is none.
  bool Place(Seat& seat, MilliValue goal) {
    if (seat.refused()) return false;
    const std::optional<Spot> spot =
        seat.moldable() ? ChooseSize(seat, goal) : Choose(seat.Request());
    if (!spot) {
      Refuse(seat, seat.Request());
      return false;
    }
    Take(*spot, seat.workload(), [&](ReplicaSlice slice) { seat.Take(std::move(slice)); });
    return true;
  }

  // Of the sizes that have room those that serve best.
  std::optional<Spot> ChooseSize(Seat& seat, MilliValue goal) {
    while (const std::optional<std::size_t> size = seat.NextSize(goal)) {
      if (const auto spot = Choose(seat.Request(*size))) return spot;
      seat.Close(*size);
    }
    return std::nullopt;
  }

  std::optional<Spot> Choose(const SliceRequest& request) {
    std::optional<Spot> spot = placer_.Choose(fleet_, request);
    if (!spot || learned_) return spot;
    Learn();
    return placer_.Choose(fleet_, request);
  }

  // What is asked for takes milliseconds to learn from: not before something moves.
  void Learn() {
    if (!learned_) fleet_.SetDemand(DemandOf(seats_));
    learned_ = true;
  }

  template <typename F>
  void Take(const Spot& spot, const WorkloadId& workload, F take) {
    const std::string& profile = fleet_.model_of(spot.device).profiles[spot.placed.profile].name;
    const std::string& device = fleet_.device(spot.device).id;
    const std::int32_t start = spot.placed.span.start;
    ReplicaSlice slice{.id = placer_.Claim(spot, fleet_),
                       .device = device,
                       .profile = profile,
                       .start = start,
                       .replica = {}};
    AddSlices(workload, {&slice, 1}, false, fleet_);
    take(std::move(slice));
    if (used_[spot.device]) return;
    used_[spot.device] = true;
    KeepBudgets();
  }

  // While a budget is used up no more devices of its model may come into use.
  void KeepBudgets() {
    for (const DeviceLimit& budget : input_.inventory.budgets) {
      std::int64_t in_use = 0;
      for (std::size_t d = 0; d < used_.size(); ++d) {
        in_use += used_[d] && fleet_.device(d).model == budget.model ? 1 : 0;
      }
      if (in_use < budget.devices) continue;
      for (std::size_t d = 0; d < used_.size(); ++d) {
        if (used_[d] || fleet_.device(d).model != budget.model) continue;
        if (fleet_.device(d).state != DeviceState::kOpen) continue;
        (void)fleet_.SetDeviceState(d, DeviceState::kCordoned);
        closed_.insert(budget.model);
      }
    }
  }

  void Refuse(Seat& seat, const SliceRequest& request) const {
    if (!fault_.empty()) return seat.Refuse(StepCause::kNoRoom, fault_);
    std::string reason = placer_.Explain(fleet_, request);
    if (seat.moldable()) reason = "none of its sizes has room; " + reason;
    for (const DeviceLimit& budget : input_.inventory.budgets) {
      const bool serves = request.profile.empty() ||
                          (closed_.count(budget.model) > 0 &&
                           FindProfile(*fleet_.FindModel(budget.model), request.profile));
      if (closed_.count(budget.model) == 0 || !serves) continue;
      return seat.Refuse(StepCause::kOverBudget, "the budget of " + std::to_string(budget.devices) +
                                                     " " + budget.model + " is used up; " + reason);
    }
    seat.Refuse(StepCause::kNoRoom, std::move(reason));
  }

  // The first round of the fewest moves; what comes after it is planned when it is done.
  void Move() {
    const std::optional<RepackPlan> plan = PlanMoves();
    if (!plan) return;
    for (const SliceMove& move : plan->moves) {
      if (move.round != 1 || move.destroy_first) continue;
      for (Seat& seat : seats_) {
        const ReplicaSlice* found = seat.Find(move.slice);
        if (found == nullptr) continue;
        const ReplicaSlice from = *found;
        Take(move.to, seat.workload(),
             [&](ReplicaSlice to) { seat.Move(from, std::move(to), plan->explanation); });
        break;
      }
    }
  }

  // Room for what was refused is worth more than a device.
  std::optional<RepackPlan> PlanMoves() const {
    const Seat* refused = nullptr;
    for (const Seat& seat : seats_) {
      if (!seat.lacks_room()) continue;
      if (refused == nullptr || seat.priority() > refused->priority()) refused = &seat;
    }
    if (refused != nullptr) {
      RepackRequest admit;
      admit.admit = {refused->Request()};
      Result<RepackPlan> plan = PlanRepack(fleet_, admit);
      if (plan) return *std::move(plan);
    }
    RepackRequest fewest;
    fewest.fewest_devices = true;
    Result<RepackPlan> plan = PlanRepack(fleet_, fewest);
    if (!plan) return std::nullopt;
    return *std::move(plan);
  }

  const TickInput& input_;
  std::vector<Seat>& seats_;
  const StockPlacer placer_;
  bool learned_ = false;
  // All that is taken, also by replicas that are going, and what is planned.
  Fleet fleet_;
  std::string fault_;             // why there is no fleet
  std::vector<bool> used_;        // by device
  std::set<std::string> closed_;  // models whose budget is used up
};

}  // namespace

PlaceStage::PlaceStage() : placer_(MakePlacer()), empty_(Fleet()) {}

const Result<Fleet>& PlaceStage::EmptyFleet(const Inventory& inventory) {
  const std::vector<RefusedLayout> refused =
      inventory.driver ? inventory.driver->refused : std::vector<RefusedLayout>();
  if (inventory.devices != devices_ || refused != refused_) {
    devices_ = inventory.devices;
    refused_ = refused;
    empty_ = FleetOf({.devices = devices_, .driver = DriverSlices{.refused = refused_}});
  }
  return empty_;
}

void PlaceStage::Run(const TickInput& input, TickOutput& output) {
  std::vector<Seat> seats;
  for (std::size_t i = 0; i < input.workloads.size(); ++i) {
    const WorkloadInput& workload = input.workloads[i];
    if (!workload.spec.slice || workload.error) continue;
    Seat& seat = seats.emplace_back(workload, output.workloads[i]);
    seat.FinishMoves();
    if (input.inventory.driver) seat.DropLost(*input.inventory.driver);
  }
  for (Seat& seat : seats) seat.Record(EmptyFleet(input.inventory));
  const auto& after = input.inventory.repack_after;
  const bool at_rest = after && std::all_of(seats.begin(), seats.end(), [&](const Seat& seat) {
                         return seat.AtRest(Before(input.now, *after));
                       });
  const bool settled =
      std::all_of(seats.begin(), seats.end(), [](const Seat& seat) { return seat.Settled(); });
  if (at_rest || !settled) {
    SlicePlan(input, seats, EmptyFleet(input.inventory), *placer_).Run(at_rest);
  }
  for (Seat& seat : seats) seat.Write();
}

}  // namespace tidegate::core
