// SPDX-License-Identifier: Apache-2.0
//
// Repacking: target layouts of the fewest moves, put in order, and said in words.
#include <algorithm>
#include <string>

#include "mig/fleet_impl.h"
#include "mig/move_order.h"
#include "mig/repack_target.h"

namespace tidegate {
namespace {

// Layouts of equally few moves differ in whether these can be ordered without stepping aside.
constexpr unsigned kVariants = 24;

std::string Where(const Fleet& fleet, const Spot& spot) {
  return fleet.device(spot.device).id + "@" + std::to_string(spot.placed.span.start);
}

class Repack {
 public:
  Repack(const Fleet& fleet, const RepackRequest& request)
      : fleet_(fleet), impl_(fleet.impl()), request_(request) {}

  Result<RepackPlan> Run() {
    plan_.devices_before = static_cast<std::int64_t>(fleet_.devices_in_use());
    if (const Status status = ReadRequest(); !status) return status.error();
    for (std::size_t m = 0; m < impl_.models.size(); ++m) {
      if (const Status status = RunModel(m); !status) return status.error();
    }
    CountDevices();
    plan_.explanation = Explain();
    return std::move(plan_);
  }

 private:
  Status ReadRequest() {
    targets_.resize(impl_.models.size());
    admitted_.resize(impl_.models.size());
    for (std::size_t m = 0; m < impl_.models.size(); ++m) {
      targets_[m].admit.resize(impl_.models[m].live.size());
      targets_[m].fewest_devices = request_.fewest_devices;
      targets_[m].max_moves = request_.max_moves;
    }
    for (const DeviceLimit& limit : request_.limits) {
      const std::size_t model = impl_.FindModel(limit.model);
      if (model == IndexSet::kNone) {
        return Error{ErrorCode::kNotFound, "limits: the fleet has no model " + limit.model};
      }
      targets_[model].limit = limit.devices;
    }
    for (const SliceRequest& wanted : request_.admit) {
      const std::vector<Candidate> candidates = CandidatesFor(impl_, wanted);
      if (candidates.empty()) {
        return Error{ErrorCode::kNotFound,
                     wanted.id + ": no model of the fleet has a profile " +
                         (wanted.profile.empty() ? "for it" : wanted.profile)};
      }
      ++targets_[candidates[0].model].admit[candidates[0].profile];
      admitted_[candidates[0].model].push_back({&wanted, candidates[0].profile});
    }
    return {};
  }

  bool Untouched(std::size_t m) const {
    const bool draining =
        std::any_of(impl_.devices.begin(), impl_.devices.end(), [m](const FleetDevice& d) {
          return d.model == m && d.device.state == DeviceState::kDraining && !d.slices.empty();
        });
    return !draining && admitted_[m].empty() && !targets_[m].fewest_devices && !targets_[m].limit;
  }

  Status RunModel(std::size_t m) {
    if (Untouched(m)) return {};
    std::optional<OrderedMoves> best;
    std::int64_t least = 0;
    for (unsigned variant = 0; variant < kVariants; ++variant) {
      const Result<Targets> targets = FindTargets(impl_, m, targets_[m], variant);
      if (!targets && variant == 0) return targets.error();
      if (!targets) continue;
      least = std::max(least, targets->least_moves);
      OrderedMoves ordered = OrderMoves(impl_, m, targets->state, targets_[m].admit);
      const auto cost = [](const OrderedMoves& moves) {
        return std::pair(moves.stuck, moves.moves.size());
      };
      if (!best || cost(ordered) < cost(*best)) best = std::move(ordered);
      const auto moves = static_cast<std::int64_t>(best->moves.size());
      if (!best->stuck && (moves <= targets->moves || moves > 200)) break;
    }
    if (best->stuck) {
      return Error{ErrorCode::kUnavailable,
                   impl_.models[m].model->id +
                       ": the moves form a cycle and no device has room to step aside: add a "
                       "spare device"};
    }
    plan_.least_moves += least;
    plan_.rounds = std::max(plan_.rounds, best->rounds);
    plan_.spare_devices += best->spare_devices;
    plan_.moves.insert(plan_.moves.end(), best->moves.begin(), best->moves.end());
    return PlaceAdmitted(m, best->room);
  }

  Status PlaceAdmitted(std::size_t m, std::vector<Spot> room) {
    Fleet::Impl after;  // only the groups count
    after.groups = impl_.groups;
    after.devices = impl_.devices;
    for (const auto& [wanted, profile] : admitted_[m]) {
      const auto spot =
          std::find_if(room.begin(), room.end(), [&, w = wanted, p = profile](const Spot& s) {
            return s.placed.profile == p && after.Admits(*w, s.device);
          });
      if (spot == room.end()) {
        return Error{ErrorCode::kUnavailable,
                     wanted->id + ": there is room, but not apart from the rest of its group"};
      }
      plan_.placed.push_back({wanted->id, *spot});
      GroupUse& group = after.groups[wanted->group];
      ++group.devices[spot->device];
      ++group.nodes[after.devices[spot->device].device.node];
      ++group.domains[after.devices[spot->device].device.domain];
      room.erase(spot);
    }
    return {};
  }

  void CountDevices() {
    std::vector<std::int64_t> slices;
    for (const FleetDevice& device : impl_.devices) {
      slices.push_back(static_cast<std::int64_t>(device.slices.size()));
    }
    for (const SliceMove& move : plan_.moves) {
      --slices[move.from.device];
      ++slices[move.to.device];
    }
    for (const Placement& placement : plan_.placed) ++slices[placement.spot.device];
    plan_.devices_after =
        std::count_if(slices.begin(), slices.end(), [](std::int64_t n) { return n > 0; });
  }

  std::string Explain() const {
    constexpr std::size_t kNamed = 3;
    std::string text = std::to_string(plan_.moves.size()) +
                       (plan_.moves.size() == 1 ? " move" : " moves") + " in " +
                       std::to_string(plan_.rounds) + (plan_.rounds == 1 ? " round" : " rounds");
    if (plan_.moves.empty()) text = "no move is needed";
    for (std::size_t i = 0; i < plan_.moves.size() && i < kNamed; ++i) {
      const SliceMove& move = plan_.moves[i];
      text += (i == 0 ? ": " : ", ") + move.slice + " from " + Where(fleet_, move.from) + " to " +
              Where(fleet_, move.to);
    }
    if (plan_.moves.size() > kNamed) text += ", …";
    if (plan_.devices_after != plan_.devices_before) {
      text += "; devices in use " + std::to_string(plan_.devices_before) + " -> " +
              std::to_string(plan_.devices_after);
    }
    return text;
  }

  struct Admitted {
    const SliceRequest* wanted;
    std::size_t profile;
  };

  const Fleet& fleet_;
  const Fleet::Impl& impl_;
  const RepackRequest& request_;
  std::vector<TargetRequest> targets_;           // by model
  std::vector<std::vector<Admitted>> admitted_;  // by model
  RepackPlan plan_;
};

}  // namespace

Result<RepackPlan> PlanRepack(const Fleet& fleet, const RepackRequest& request) {
  return Repack(fleet, request).Run();
}

Result<std::vector<CurvePoint>> RepackCurve(const Fleet& fleet, std::string_view model,
                                            int points) {
  const std::size_t m = fleet.impl().FindModel(model);
  if (m == IndexSet::kNone) {
    return Error{ErrorCode::kNotFound, "the fleet has no model " + std::string(model)};
  }
  const Result<Targets> fewest = FindTargets(fleet.impl(), m, {.fewest_devices = true});
  if (!fewest) return fewest.error();
  std::int64_t now = 0;
  for (const FleetDevice& device : fleet.impl().devices) {
    now += device.model == m && !device.slices.empty() ? 1 : 0;
  }
  std::vector<CurvePoint> curve = {{now, 0}};
  const std::int64_t least = std::min(fewest->devices, now);
  for (int i = 1; i <= points; ++i) {
    const std::int64_t devices = now - (now - least) * i / points;
    if (devices == curve.back().devices) continue;
    const Result<Targets> targets = FindTargets(fleet.impl(), m, {.limit = devices});
    if (!targets) return targets.error();
    curve.push_back({devices, targets->moves});
  }
  return curve;
}

}  // namespace tidegate
