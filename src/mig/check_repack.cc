// SPDX-License-Identifier: Apache-2.0
//
// The independent checker of repack plans: keeps its own picture of every device as a list of
// slices, replays the plan one create and one destroy at a time, and lets CheckLayout judge.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "tidegate/placement.h"

namespace tidegate {
namespace {

Error Wrong(const std::string& what) { return {ErrorCode::kInvalidArgument, what}; }

class Replay {
 public:
  explicit Replay(const Fleet& fleet) : fleet_(fleet), layout_(fleet.device_count()) {
    for (std::size_t d = 0; d < fleet.device_count(); ++d) {
      for (const Slice& slice : fleet.slices(d)) {
        layout_[d].push_back(slice.placed);
        where_[slice.id] = {d, slice.placed};
        if (slice.pinned) pinned_.insert(slice.id);
      }
      in_use_ += layout_[d].empty() ? 0 : 1;
    }
  }

  std::int64_t in_use() const { return in_use_; }

  Status Move(const SliceMove& move) {
    const auto at = where_.find(move.slice);
    if (at == where_.end()) return Wrong("no slice " + move.slice);
    if (pinned_.count(move.slice) != 0) return Wrong(move.slice + " is pinned");
    if (at->second != move.from) return Wrong(move.slice + " is not where the plan says");
    if (at->second.placed.profile != move.to.placed.profile ||
        fleet_.device(move.from.device).model != fleet_.device(move.to.device).model) {
      return Wrong(move.slice + " would become another profile");
    }
    if (move.destroy_first) Destroy(move.from);
    if (Status status = Create(move.to); !status) {
      return Wrong(move.slice + ": " + status.error().message);
    }
    if (!move.destroy_first) Destroy(move.from);
    at->second = move.to;
    return {};
  }

  Status Create(const Spot& spot) {
    if (spot.device >= layout_.size()) return Wrong("no device " + std::to_string(spot.device));
    const Device& device = fleet_.device(spot.device);
    if (device.state != DeviceState::kOpen) return Wrong(device.id + " takes no new slices");
    std::vector<PlacedSlice>& layout = layout_[spot.device];
    in_use_ += layout.empty() ? 1 : 0;
    layout.push_back(spot.placed);
    return CheckLayout(fleet_.model_of(spot.device), layout);
  }

  Status CheckDrained() const {
    for (std::size_t d = 0; d < layout_.size(); ++d) {
      if (fleet_.device(d).state == DeviceState::kDraining && !layout_[d].empty()) {
        return Wrong(fleet_.device(d).id + " is not drained");
      }
    }
    return {};
  }

  std::int64_t InUse(const std::string& model) const {
    std::int64_t count = 0;
    for (std::size_t d = 0; d < layout_.size(); ++d) {
      count += !layout_[d].empty() && fleet_.device(d).model == model ? 1 : 0;
    }
    return count;
  }

 private:
  void Destroy(const Spot& spot) {
    std::vector<PlacedSlice>& layout = layout_[spot.device];
    layout.erase(std::find(layout.begin(), layout.end(), spot.placed));
    in_use_ -= layout.empty() ? 1 : 0;
  }

  const Fleet& fleet_;
  std::vector<std::vector<PlacedSlice>> layout_;
  std::map<std::string, Spot> where_;
  std::set<std::string> pinned_;
  std::int64_t in_use_ = 0;
};

Status CheckPlaced(const Fleet& fleet, const SliceRequest& wanted, const Placement& placement) {
  if (placement.id != wanted.id) return Wrong(wanted.id + " is not placed in its turn");
  const SliceProfile& profile =
      fleet.model_of(placement.spot.device).profiles[placement.spot.placed.profile];
  const bool named = !wanted.profile.empty();
  if (named && FindProfile(fleet.model_of(placement.spot.device), wanted.profile).value() !=
                   placement.spot.placed.profile) {
    return Wrong(wanted.id + " got " + profile.name);
  }
  if (!named && wanted.need &&
      (profile.memory_mib.value_or(0) < wanted.need->memory_mib ||
       profile.sm_count.value_or(0) < wanted.need->sm_count)) {
    return Wrong(wanted.id + ": " + profile.name + " is too small");
  }
  return {};
}

}  // namespace

Status CheckRepack(const Fleet& fleet, const RepackRequest& request, const RepackPlan& plan) {
  Replay replay(fleet);
  if (plan.devices_before != replay.in_use()) return Wrong("devices_before is wrong");
  std::int32_t rounds = 0;
  for (const SliceMove& move : plan.moves) {
    if (Status status = replay.Move(move); !status) return status;
    rounds = std::max(rounds, move.round);
  }
  if (rounds != plan.rounds) return Wrong("the number of rounds is wrong");
  if (plan.placed.size() != request.admit.size()) {
    return Wrong(std::to_string(plan.placed.size()) + " placed of " +
                 std::to_string(request.admit.size()));
  }
  std::map<std::string, const SliceRequest*> wanted;
  for (const SliceRequest& slice : request.admit) wanted[slice.id] = &slice;
  for (const Placement& placement : plan.placed) {
    if (wanted.count(placement.id) == 0) return Wrong(placement.id + ": nobody asked for it");
    if (Status status = replay.Create(placement.spot); !status) return status;
    Status status = CheckPlaced(fleet, *wanted[placement.id], placement);
    if (!status) return status;
    wanted.erase(placement.id);
  }
  if (plan.devices_after != replay.in_use()) return Wrong("devices_after is wrong");
  for (const DeviceLimit& limit : request.limits) {
    if (replay.InUse(limit.model) > limit.devices)
      return Wrong(limit.model + " is above its limit");
  }
  return replay.CheckDrained();
}

}  // namespace tidegate
