// SPDX-License-Identifier: Apache-2.0
//
// Several models at several prices: one group of columns a model, one row a kind of need. A
// column is a layout with a need for each of its slices; all of them are listed.
#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <string>

#include "mig/column_solver.h"
#include "mig/geometry.h"
#include "tidegate/mig.h"

namespace tidegate {
namespace {

constexpr double kPriceUnit = 1e6;
constexpr std::size_t kMostColumns = 200'000;

bool Serves(const DeviceModel& model, std::size_t profile, const SliceNeed& need) {
  if (!need.profile.empty()) {
    const Result<std::size_t> named = FindProfile(model, need.profile);
    return named && *named == profile;
  }
  const SliceProfile& of = model.profiles[profile];
  return of.attributes == ProfileAttributes{} && of.memory_mib.value_or(0) >= need.memory_mib &&
         of.sm_count.value_or(0) >= need.sm_count;
}

// Needs that the same profiles serve are one kind.
struct Kind {
  std::vector<bool> served_by;  // over the profiles of all offers
  std::vector<std::size_t> needs;
  std::int64_t count = 0;
};

// A layout and how many of its slices of each profile serve each kind.
struct Assigned {
  int state = 0;
  std::map<std::pair<std::size_t, std::size_t>, std::int32_t> slices;  // (profile, kind)
};

class FleetProblem {
 public:
  FleetProblem(std::span<const DeviceOffer> offers, std::span<const SliceNeed> needs)
      : offers_(offers), needs_(needs) {}

  Result<FleetMix> Solve() {
    FindKinds();
    problem_.rows = kinds_.size();
    for (const Kind& kind : kinds_) problem_.demand.push_back(kind.count);
    if (kinds_.empty()) return FleetMix{.weights = std::vector<double>(needs_.size())};
    std::size_t first_profile = 0;
    for (const DeviceOffer& offer : offers_) {
      if (const Status status = AddOffer(offer, first_profile); !status) return status.error();
      first_profile += offer.model.profiles.size();
    }
    bool infeasible = false;
    const auto solution = SolveColumns(problem_, {.nodes = 20000}, &infeasible);
    if (!solution) {
      return Error{ErrorCode::kUnavailable, infeasible
                                                ? "the devices on offer cannot serve all needs"
                                                : "no mix was found within the search limit"};
    }
    return Report(*solution);
  }

 private:
  void FindKinds() {
    for (std::size_t n = 0; n < needs_.size(); ++n) {
      if (needs_[n].count == 0) continue;
      std::vector<bool> served;
      for (const DeviceOffer& offer : offers_) {
        for (std::size_t p = 0; p < offer.model.profiles.size(); ++p) {
          served.push_back(Serves(offer.model, p, needs_[n]));
        }
      }
      const auto known = std::find_if(kinds_.begin(), kinds_.end(),
                                      [&](const Kind& kind) { return kind.served_by == served; });
      Kind& kind = known != kinds_.end() ? *known : kinds_.emplace_back(Kind{served, {}, 0});
      kind.needs.push_back(n);
      kind.count += needs_[n].count;
    }
  }

  Status AddOffer(const DeviceOffer& offer, std::size_t first_profile) {
    std::vector<bool> wanted;
    for (std::size_t p = 0; p < offer.model.profiles.size(); ++p) {
      wanted.push_back(std::any_of(kinds_.begin(), kinds_.end(), [&](const Kind& kind) {
        return kind.served_by[first_profile + p];
      }));
    }
    if (std::none_of(wanted.begin(), wanted.end(), [](bool some) { return some; }))
      wanted[0] = true;
    Result<Geometry> geometry = Geometry::Make(offer.model, wanted);
    if (!geometry) return geometry.error();
    problem_.groups.push_back({.count = offer.count});
    assigned_.emplace_back();
    known_.clear();
    AddColumn({}, 0);
    const auto price = std::llround(offer.price * kPriceUnit);
    for (const ProfileCounts& counts : UndominatedCounts(*geometry)) {
      Assigned column;
      for (const int state : geometry->maximal()) {
        if (geometry->Counts(state) == counts) column.state = state;
      }
      Assign(counts, first_profile, 0, 0, counts.front(), price, column);
    }
    geometries_.push_back(std::move(*geometry));
    if (problem_.groups.back().columns.size() <= kMostColumns) return {};
    return Error{ErrorCode::kInvalidArgument, "too many kinds of needs (" +
                                                  std::to_string(kinds_.size()) +
                                                  ") to list every use of a device"};
  }

  // Shares the slices of each profile out among the kinds that it serves, in every way.
  void Assign(const ProfileCounts& counts, std::size_t first_profile, std::size_t profile,
              std::size_t kind, std::int64_t left, std::int64_t price, Assigned& column) {
    if (problem_.groups.back().columns.size() > kMostColumns) return;
    if (profile == counts.size()) return AddColumn(column, price);
    if (kind == kinds_.size()) {
      const std::int64_t next = profile + 1 < counts.size() ? counts[profile + 1] : 0;
      // A slice that could serve somebody is not left idle.
      const bool idle = left > 0 && std::any_of(kinds_.begin(), kinds_.end(), [&](const Kind& k) {
                          return k.served_by[first_profile + profile];
                        });
      if (!idle) Assign(counts, first_profile, profile + 1, 0, next, price, column);
      return;
    }
    const bool serves = kinds_[kind].served_by[first_profile + profile];
    for (std::int64_t n = serves ? left : 0; n >= 0; --n) {
      if (n > 0) column.slices[{profile, kind}] = static_cast<std::int32_t>(n);
      Assign(counts, first_profile, profile, kind + 1, left - n, price, column);
      column.slices.erase({profile, kind});
    }
  }

  void AddColumn(const Assigned& column, std::int64_t price) {
    std::vector<std::int32_t> served(kinds_.size());
    for (const auto& [where, count] : column.slices) served[where.second] += count;
    if (!known_.emplace(served, price).second) return;
    problem_.groups.back().columns.push_back({problem_.AddVector(served), price, column.state});
    assigned_.back().push_back(column);
  }

  FleetMix Report(const ColumnSolution& solution) {
    FleetMix mix;
    mix.price = static_cast<double>(solution.cost) / kPriceUnit;
    mix.bound = static_cast<double>(solution.bound) / kPriceUnit;
    mix.weights.resize(needs_.size());
    for (std::size_t k = 0; k < kinds_.size(); ++k) {
      for (const std::size_t need : kinds_[k].needs) {
        // A little less than the relaxation's price: its own rounding never breaks the proof.
        mix.weights[need] = std::max(0.0, solution.duals[k] * (1 - 1e-9)) / kPriceUnit;
      }
    }
    left_.clear();
    for (const SliceNeed& need : needs_) left_.push_back(need.count);
    for (const ColumnUse& use : solution.uses) {
      const Assigned& column = assigned_[use.group][use.column];
      for (std::int64_t rest = column.slices.empty() ? 0 : use.count; rest > 0;) {
        mix.layouts.push_back(NextLayout(use.group, column, rest));
        rest -= mix.layouts.back().devices;
      }
    }
    return mix;
  }

  // As many devices of the column as serve the same needs; slices that nobody needs are left out.
  FleetLayout NextLayout(std::size_t offer, const Assigned& column, std::int64_t most) {
    FleetLayout layout{.offer = offer, .devices = most};
    const Geometry& geometry = geometries_[offer];
    auto left = column.slices;
    std::map<std::size_t, std::int64_t> used;
    for (std::uint64_t rest = geometry.set(column.state); rest != 0; rest &= rest - 1) {
      const SlotOption& option =
          geometry.options()[static_cast<std::size_t>(std::countr_zero(rest))];
      for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
        const auto share = left.find({option.profile, kind});
        if (share == left.end() || share->second == 0) continue;
        --share->second;
        const std::optional<std::size_t> need = NextNeed(kinds_[kind], used);
        if (!need) break;
        ++used[*need];
        layout.slices.push_back({option.profile, option.span});
        layout.serves.push_back(need);
        break;
      }
    }
    for (const auto& [need, count] : used) {
      layout.devices = std::min(layout.devices, left_[need] / count);
    }
    for (const auto& [need, count] : used) left_[need] -= layout.devices * count;
    return layout;
  }

  std::optional<std::size_t> NextNeed(const Kind& kind,
                                      const std::map<std::size_t, std::int64_t>& used) const {
    for (const std::size_t need : kind.needs) {
      const auto found = used.find(need);
      if (left_[need] > (found == used.end() ? 0 : found->second)) return need;
    }
    return std::nullopt;
  }

  std::span<const DeviceOffer> offers_;
  std::span<const SliceNeed> needs_;
  std::vector<Kind> kinds_;
  ColumnProblem problem_;
  std::vector<Geometry> geometries_;                         // by offer
  std::vector<std::vector<Assigned>> assigned_;              // by offer, as its columns
  std::map<std::vector<std::int32_t>, std::int64_t> known_;  // of the offer that is being added
  std::vector<std::int64_t> left_;                           // by need
};

}  // namespace

Result<FleetMix> CheapestFleet(std::span<const DeviceOffer> offers,
                               std::span<const SliceNeed> needs) {
  for (const DeviceOffer& offer : offers) {
    if (offer.price < 0 || offer.count < 0 || !std::isfinite(offer.price)) {
      return Error{ErrorCode::kInvalidArgument,
                   offer.model.id + ": a price and a count of devices are not negative"};
    }
  }
  for (const SliceNeed& need : needs) {
    if (need.count < 0) return Error{ErrorCode::kInvalidArgument, "needs are not negative"};
  }
  return FleetProblem(offers, needs).Solve();
}

}  // namespace tidegate
