// SPDX-License-Identifier: Apache-2.0
#include "mig/repack_target.h"

#include <algorithm>
#include <bit>
#include <map>
#include <string>

#include "mig/column_solver.h"

namespace tidegate {
namespace {

std::int64_t Leaving(const Geometry& geometry, int from, int to) {
  return std::popcount(geometry.set(from) & ~geometry.set(to));
}

// Devices that are alike: same state, same pinned slices, same freedom.
struct DeviceClass {
  int state;
  std::uint64_t pinned;
  DeviceState freedom;

  friend auto operator<=>(const DeviceClass&,
                          const DeviceClass&) = default;  // NOLINT(modernize-use-nullptr)
};

class TargetProblem {
 public:
  TargetProblem(const Fleet::Impl& fleet, std::size_t model, const TargetRequest& request,
                unsigned variant)
      : fleet_(fleet),
        model_(model),
        geometry_(*fleet.models[model].geometry),
        request_(request),
        variant_(variant) {
    FindRows();
    FindClasses();
    FindFullStates();
  }

  Result<Targets> Solve() {
    for (const auto& [alike, members] : classes_) {
      if (alike.freedom != DeviceState::kDraining || alike.pinned == 0) continue;
      return Error{ErrorCode::kUnavailable, fleet_.devices[members[0]].device.id +
                                                " is draining, and a slice on it is pinned"};
    }
    if (request_.fewest_devices) {
      const std::optional<std::int64_t> fewest = FewestDevices();
      if (!fewest) return Impossible();
      limit_ = limit_ ? std::min(*limit_, *fewest) : *fewest;
    }
    ColumnProblem problem = MakeProblem(Cost::kMoves, limit_, std::nullopt);
    std::optional<ColumnSolution> solution = SolveColumns(problem, {.nodes = NodeLimit()});
    if (!solution) return Impossible();
    return Report(*solution);
  }

 private:
  enum class Cost { kMoves, kDevices };

  Error Impossible() const {
    std::int64_t devices = 0;
    for (const auto& [alike, members] : classes_) {
      if (alike.freedom == DeviceState::kOpen) devices += static_cast<std::int64_t>(members.size());
    }
    return {ErrorCode::kUnavailable,
            fleet_.models[model_].model->id + ": does not fit on " + std::to_string(devices) +
                " open devices" +
                (limit_ ? ", at most " + std::to_string(*limit_) + " in use" : "") +
                ", whatever is moved"};
  }

  // Large fleets are near enough to the relaxation; small ones are worth a search.
  std::int64_t NodeLimit() const {
    return std::clamp<std::int64_t>(200'000 / static_cast<std::int64_t>(classes_.size() + 1), 20,
                                    2000);
  }

  void FindRows() {
    const FleetModel& model = fleet_.models[model_];
    limit_ = request_.limit;
    for (std::size_t p = 0; p < model.live.size(); ++p) {
      const std::int64_t admit = p < request_.admit.size() ? request_.admit[p] : 0;
      if (model.live[p] + admit == 0) continue;
      rows_.push_back(p);
      demand_.push_back(model.live[p] + admit);
    }
    for (std::size_t o = 0; o < geometry_.options().size(); ++o) {
      if (std::find(rows_.begin(), rows_.end(), geometry_.options()[o].profile) != rows_.end()) {
        used_options_ |= std::uint64_t{1} << o;
      }
    }
  }

  void FindClasses() {
    for (std::size_t d = 0; d < fleet_.devices.size(); ++d) {
      const FleetDevice& device = fleet_.devices[d];
      if (device.model != model_) continue;
      DeviceClass alike{device.state, 0, device.device.state};
      for (const Slice& slice : device.slices) {
        if (slice.pinned) {
          alike.pinned |= std::uint64_t{1} << *fleet_.OptionOf(d, slice.placed);
        }
      }
      classes_[alike].push_back(d);
    }
  }

  // The layouts to which no slice that anybody wants can be added.
  void FindFullStates() {
    for (int state = 0; state < geometry_.state_count(); ++state) {
      if ((geometry_.set(state) & ~used_options_) != 0) continue;
      bool full = state != Geometry::kEmptyState;
      for (std::size_t o = 0; full && o < geometry_.options().size(); ++o) {
        full = (used_options_ >> o & 1U) == 0 || geometry_.Add(state, o) == Geometry::kNone;
      }
      if (full) full_states_.push_back(state);
    }
  }

  std::vector<int> TargetsOf(const DeviceClass& alike) const {
    if (alike.freedom == DeviceState::kDraining) return {Geometry::kEmptyState};
    if (alike.freedom == DeviceState::kCordoned) return {alike.state, Geometry::kEmptyState};
    std::vector<int> targets = full_states_;
    targets.push_back(Geometry::kEmptyState);
    return targets;
  }

  // The rows' contributions of a layout: slices, a device in use, and the slices that leave.
  std::vector<std::int32_t> Contribution(int state, bool limit, bool moves,
                                         std::int64_t leaving) const {
    const ProfileCounts counts = geometry_.Counts(state);
    std::vector<std::int32_t> out;
    for (const std::size_t p : rows_) out.push_back(static_cast<std::int32_t>(counts[p]));
    if (limit) out.push_back(state == Geometry::kEmptyState ? 0 : -1);
    if (moves) out.push_back(static_cast<std::int32_t>(-leaving));
    return out;
  }

  ColumnProblem MakeProblem(Cost cost, std::optional<std::int64_t> limit,
                            std::optional<std::int64_t> max_moves) {
    ColumnProblem problem;
    problem.rows = rows_.size() + (limit ? 1 : 0) + (max_moves ? 1 : 0);
    problem.demand = demand_;
    if (limit) problem.demand.push_back(-*limit);
    if (max_moves) problem.demand.push_back(-*max_moves);
    if (problem.rows == 0) {  // an empty fleet: nothing is asked of it
      problem.rows = 1;
      problem.demand = {0};
    }
    vectors_.clear();
    columns_.clear();
    for (const auto& [alike, members] : classes_) {
      problem.groups.push_back({.count = static_cast<std::int64_t>(members.size())});
      columns_.emplace_back();
      AddColumns(problem, alike, cost, limit.has_value(), max_moves.has_value());
    }
    return problem;
  }

  struct Best {
    std::int64_t cost;
    int state;
  };

  void AddColumns(ColumnProblem& problem, const DeviceClass& alike, Cost cost, bool limit,
                  bool moves) {
    std::map<std::int32_t, Best> best;
    std::uint64_t turn = variant_;
    for (const int target : TargetsOf(alike)) {
      if ((alike.pinned & ~geometry_.set(target)) != 0) continue;
      const std::int64_t leaving = Leaving(geometry_, alike.state, target);
      const std::int32_t vector = VectorOf(problem, target, limit, moves, leaving);
      const std::int64_t price =
          cost == Cost::kMoves ? leaving : (target == Geometry::kEmptyState ? 0 : 1);
      const auto [found, added] = best.emplace(vector, Best{price, target});
      // Of equally good layouts another variant takes another one.
      turn = turn * 6364136223846793005U + 1442695040888963407U;
      const bool swap = variant_ != 0 && (turn >> 62U) == 0;
      if (!added && (price < found->second.cost || (price == found->second.cost && swap))) {
        found->second = {price, target};
      }
    }
    DropDominated(problem, best);
    std::vector<std::pair<std::int32_t, Best>> order(best.begin(), best.end());
    // Of equally cheap solutions the search meets another one first if columns come otherwise.
    if (variant_ != 0) {
      std::rotate(order.begin(),
                  order.begin() + static_cast<std::ptrdiff_t>((turn >> 33U) % order.size()),
                  order.end());
    }
    for (const auto& [vector, column] : order) {
      problem.groups.back().columns.push_back({vector, column.cost, column.state});
      columns_.back().push_back(column.state);
    }
  }

  std::int32_t VectorOf(ColumnProblem& problem, int target, bool limit, bool moves,
                        std::int64_t leaving) {
    const auto key = std::pair(target, moves ? leaving : 0);
    const auto known = vector_of_.find(key);
    if (vectors_.empty()) vector_of_.clear();
    if (!vectors_.empty() && known != vector_of_.end()) return known->second;
    std::vector<std::int32_t> contribution = Contribution(target, limit, moves, leaving);
    contribution.resize(problem.rows);
    const auto [found, added] = vectors_.emplace(contribution, 0);
    if (added) found->second = problem.AddVector(contribution);
    vector_of_[key] = found->second;
    return found->second;
  }

  // A layout that gives no more of anything at no lower cost is never needed.
  static void DropDominated(const ColumnProblem& problem, std::map<std::int32_t, Best>& best) {
    const auto at = [&](std::int32_t vector) {
      return problem.contributions.begin() +
             static_cast<std::ptrdiff_t>(static_cast<std::size_t>(vector) * problem.rows);
    };
    std::erase_if(best, [&](const auto& column) {
      return std::any_of(best.begin(), best.end(), [&](const auto& other) {
        return other.first != column.first && other.second.cost <= column.second.cost &&
               std::equal(at(column.first),
                          at(column.first) + static_cast<std::ptrdiff_t>(problem.rows),
                          at(other.first), [](auto a, auto b) { return a <= b; });
      });
    });
  }

  std::optional<std::int64_t> FewestDevices() {
    const ColumnProblem problem = MakeProblem(Cost::kDevices, request_.limit, request_.max_moves);
    const auto solution = SolveColumns(problem, {.nodes = NodeLimit()});
    if (!solution) return std::nullopt;
    return solution->cost;
  }

  Targets Report(const ColumnSolution& solution) const {
    Targets out;
    out.state.assign(fleet_.devices.size(), Geometry::kNone);
    out.moves = solution.cost;
    out.least_moves = solution.bound;
    std::vector<std::size_t> given(classes_.size());
    std::vector<const std::vector<std::size_t>*> members;
    for (const auto& [alike, devices] : classes_) members.push_back(&devices);
    for (const ColumnUse& use : solution.uses) {
      const int state = columns_[use.group][use.column];
      for (std::int64_t i = 0; i < use.count; ++i) {
        out.state[(*members[use.group])[given[use.group]++]] = state;
      }
      if (state != Geometry::kEmptyState) out.devices += use.count;
    }
    return out;
  }

  const Fleet::Impl& fleet_;
  const std::size_t model_;
  const Geometry& geometry_;
  const TargetRequest& request_;
  const unsigned variant_;
  std::optional<std::int64_t> limit_;
  std::vector<std::size_t> rows_;  // profiles
  std::vector<std::int64_t> demand_;
  std::uint64_t used_options_ = 0;
  std::map<DeviceClass, std::vector<std::size_t>> classes_;
  std::vector<int> full_states_;
  std::map<std::vector<std::int32_t>, std::int32_t> vectors_;
  std::map<std::pair<int, std::int64_t>, std::int32_t> vector_of_;
  std::vector<std::vector<int>> columns_;  // by group: the states of its columns
};

}  // namespace

Result<Targets> FindTargets(const Fleet::Impl& fleet, std::size_t model,
                            const TargetRequest& request, unsigned variant) {
  return TargetProblem(fleet, model, request, variant).Solve();
}

}  // namespace tidegate
