// SPDX-License-Identifier: Apache-2.0
//
// A leaver is a slice that its device's target has no place for; a vacancy is a place of a
// target that nobody holds. Any leaver may take any vacancy of its profile that is free by now.
// The leaver that unblocks most goes first. If every vacancy is blocked there is a cycle: one
// leaver steps aside, for good where the targets have room to spare, else with a second move.
#include "mig/move_order.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <set>
#include <tuple>

namespace tidegate {
namespace {

constexpr int kUnblocksNothing = 1000;

struct Place {
  std::size_t device;
  std::size_t option;

  friend auto operator<=>(const Place&,
                          const Place&) = default;  // NOLINT(modernize-use-nullptr)
};

class MoveOrder {
 public:
  MoveOrder(const Fleet::Impl& fleet, std::size_t model, const std::vector<int>& target,
            const std::vector<std::int64_t>& admit)
      : fleet_(fleet), geometry_(*fleet.models[model].geometry), target_(target) {
    const std::size_t profiles = fleet.models[model].live.size();
    leavers_.resize(profiles);
    ready_.resize(profiles);
    surplus_.assign(profiles, 0);
    devices_.resize(fleet.devices.size());
    for (std::size_t p = 0; p < admit.size(); ++p) surplus_[p] -= admit[p];
    for (std::size_t d = 0; d < target.size(); ++d) {
      if (target[d] != Geometry::kNone) AddDevice(d);
    }
    for (std::size_t d = 0; d < target.size(); ++d) {
      if (target[d] != Geometry::kNone) Refresh(d);
    }
  }

  OrderedMoves Run() {
    while (left_ > 0) {
      if (Step() || StepAside(true) || StepAside(false)) continue;
      out_.stuck = true;
      break;
    }
    for (const std::set<Place>& places : ready_) {
      for (const Place& place : places) out_.room.push_back(SpotOf(place));
    }
    out_.spare_devices = static_cast<std::int32_t>(spares_.size());
    for (const SliceMove& move : out_.moves) out_.rounds = std::max(out_.rounds, move.round);
    return std::move(out_);
  }

 private:
  struct State {
    int state = Geometry::kNone;
    std::uint64_t leaving = 0, vacant = 0;             // options
    std::map<std::size_t, std::string> names;          // of the slices, by option
    std::vector<std::pair<std::uint64_t, int>> freed;  // cells and the round they became free
    std::vector<std::tuple<int, Place>> listed_leavers;
    std::vector<Place> listed_ready;
    bool was_empty = false;
  };

  std::size_t ProfileOf(std::size_t option) const { return geometry_.options()[option].profile; }
  static std::uint64_t Bit(std::size_t option) { return std::uint64_t{1} << option; }
  Spot SpotOf(const Place& place) const {
    const SlotOption& option = geometry_.options()[place.option];
    return {place.device, {option.profile, option.span}};
  }
  bool Conflict(std::size_t a, std::size_t b) const {
    return geometry_.Find(Bit(a) | Bit(b)) == Geometry::kNone;
  }

  template <typename F>
  static void Each(std::uint64_t options, F&& visit) {
    for (; options != 0; options &= options - 1) {
      visit(static_cast<std::size_t>(std::countr_zero(options)));
    }
  }

  void AddDevice(std::size_t d) {
    const FleetDevice& from = fleet_.devices[d];
    State& device = devices_[d];
    device.state = from.state;
    device.was_empty = from.slices.empty();
    device.leaving = geometry_.set(from.state) & ~geometry_.set(target_[d]);
    device.vacant = geometry_.set(target_[d]) & ~geometry_.set(from.state);
    for (const Slice& slice : from.slices) {
      device.names[*fleet_.OptionOf(d, slice.placed)] = slice.id;
    }
    left_ += static_cast<std::size_t>(std::popcount(device.leaving));
    Each(device.vacant, [&](std::size_t option) { ++surplus_[ProfileOf(option)]; });
    Each(device.leaving, [&](std::size_t option) { --surplus_[ProfileOf(option)]; });
  }

  // Lists anew what of a device can be filled, and how much its leavers stand in the way.
  void Refresh(std::size_t d) {
    State& device = devices_[d];
    for (const auto& [score, place] : device.listed_leavers) {
      leavers_[ProfileOf(place.option)].erase({score, place});
    }
    for (const Place& place : device.listed_ready) ready_[ProfileOf(place.option)].erase(place);
    device.listed_leavers.clear();
    device.listed_ready.clear();
    std::map<std::size_t, int> score;
    Each(device.leaving, [&](std::size_t option) { score[option] = kUnblocksNothing; });
    Each(device.vacant, [&](std::size_t vacancy) {
      if (geometry_.Add(device.state, vacancy) != Geometry::kNone) {
        device.listed_ready.push_back({d, vacancy});
        ready_[ProfileOf(vacancy)].insert({d, vacancy});
        return;
      }
      int blockers = 0;
      Each(device.leaving, [&](std::size_t o) { blockers += Conflict(o, vacancy) ? 1 : 0; });
      Each(device.leaving, [&](std::size_t option) {
        if (Conflict(option, vacancy)) score[option] = std::min(score[option], blockers);
      });
    });
    for (const auto& [option, s] : score) {
      device.listed_leavers.push_back({s, {d, option}});
      leavers_[ProfileOf(option)].insert({s, {d, option}});
    }
  }

  // The leaver that unblocks most goes to a vacancy that is free.
  bool Step() {
    const std::tuple<int, Place>* best = nullptr;
    for (std::size_t p = 0; p < leavers_.size(); ++p) {
      if (leavers_[p].empty() || ready_[p].empty()) continue;
      if (best == nullptr || *leavers_[p].begin() < *best) best = &*leavers_[p].begin();
    }
    if (best == nullptr) return false;
    const Place from = std::get<1>(*best);
    const Place to = *ready_[ProfileOf(from.option)].begin();
    devices_[to.device].vacant &= ~Bit(to.option);
    Move(from, to);
    return true;
  }

  // Where a leaver of the profile could stand although no vacancy is free. For good: on a device
  // that stays in use, over vacancies that are not needed. Else anywhere.
  std::optional<Place> Aside(std::size_t profile, bool for_good) const {
    std::optional<Place> best;
    int best_rank = std::numeric_limits<int>::max();
    for (std::size_t d = 0; d < devices_.size() && best_rank > 0; ++d) {
      const State& device = devices_[d];
      if (device.state == Geometry::kNone) continue;
      if (fleet_.devices[d].device.state != DeviceState::kOpen) continue;
      const bool stays = target_[d] != Geometry::kEmptyState;
      if (for_good && !stays) continue;
      for (std::size_t option = 0; option < geometry_.options().size(); ++option) {
        if (ProfileOf(option) != profile) continue;
        if (geometry_.Add(device.state, option) == Geometry::kNone) continue;
        std::vector<std::int64_t> need(surplus_.size());
        bool spare = true;
        Each(device.vacant, [&](std::size_t vacancy) {
          if (!Conflict(option, vacancy)) return;
          const std::size_t p = ProfileOf(vacancy);
          spare = spare && ++need[p] <= surplus_[p];
        });
        if (for_good && !spare) continue;
        const bool empty = device.state == Geometry::kEmptyState;
        const int rank = (spare ? 0 : 2) + (empty ? 1 : 0);
        if (rank >= best_rank) continue;
        best_rank = rank;
        best = Place{d, option};
      }
    }
    return best;
  }

  bool StepAside(bool for_good) {
    std::optional<std::tuple<int, Place, Place>> best;
    for (const auto& leavers : leavers_) {
      if (leavers.empty()) continue;
      const auto& [score, from] = *leavers.begin();
      if (!for_good && (score == kUnblocksNothing || aside_.count(from) != 0)) continue;
      const auto to = Aside(ProfileOf(from.option), for_good);
      if (to && (!best || score < std::get<0>(*best))) best = {score, from, *to};
    }
    if (!best) return false;
    const Place from = std::get<1>(*best);
    const Place to = std::get<2>(*best);
    State& device = devices_[to.device];
    if (for_good) {
      Each(device.vacant, [&](std::size_t vacancy) {
        if (!Conflict(to.option, vacancy)) return;
        device.vacant &= ~Bit(vacancy);
        --surplus_[ProfileOf(vacancy)];
      });
      ++surplus_[ProfileOf(from.option)];  // its own vacancy is not needed any more
    } else {
      const bool spare = device.was_empty && target_[to.device] == Geometry::kEmptyState;
      if (spare) spares_.insert(to.device);
      device.leaving |= Bit(to.option);
      aside_.insert(to);
      ++left_;
    }
    Move(from, to);
    return true;
  }

  void Move(const Place& from, const Place& to) {
    State& source = devices_[from.device];
    State& sink = devices_[to.device];
    SliceMove move{source.names[from.option], SpotOf(from), SpotOf(to)};
    move.round = 1;
    const std::uint64_t cells = geometry_.options()[to.option].cells;
    for (const auto& [freed, round] : sink.freed) {
      if ((freed & cells) != 0) move.round = std::max(move.round, round + 1);
    }
    if (aside_.count(from) != 0) move.round = std::max(move.round, round_of_aside_[from] + 1);
    if (aside_.count(to) != 0) round_of_aside_[to] = move.round;
    aside_.erase(from);
    source.leaving &= ~Bit(from.option);
    source.state = geometry_.Remove(source.state, from.option);
    source.freed.push_back({geometry_.options()[from.option].cells, move.round});
    sink.state = geometry_.Add(sink.state, to.option);
    sink.names[to.option] = move.slice;
    source.names.erase(from.option);
    --left_;
    out_.moves.push_back(std::move(move));
    Refresh(from.device);
    if (to.device != from.device) Refresh(to.device);
  }

  const Fleet::Impl& fleet_;
  const Geometry& geometry_;
  const std::vector<int>& target_;
  std::vector<State> devices_;
  std::vector<std::set<std::tuple<int, Place>>> leavers_;  // by profile, best first
  std::vector<std::set<Place>> ready_;                     // by profile
  std::vector<std::int64_t> surplus_;                      // by profile: vacancies less needs
  std::set<Place> aside_;
  std::map<Place, int> round_of_aside_;
  std::set<std::size_t> spares_;
  std::size_t left_ = 0;
  OrderedMoves out_;
};

}  // namespace

OrderedMoves OrderMoves(const Fleet::Impl& fleet, std::size_t model, const std::vector<int>& target,
                        const std::vector<std::int64_t>& admit) {
  return MoveOrder(fleet, model, target, admit).Run();
}

}  // namespace tidegate
