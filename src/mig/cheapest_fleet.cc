// SPDX-License-Identifier: Apache-2.0
//
// Several models at several prices. Slices of one profile are alike wherever they are, so a device
// takes a layout, and the slices of all layouts are handed out:
//
//   min Σ price·devices   with   Σ slices handed out <= Σ slices of the layouts   by profile
//
// A group of columns a model. Needs that count slices are kinds, of needs that the same profiles
// serve: a row a kind, and a column for each profile that serves it. A moldable need is a group of
// its own, which takes one of its covers: slices none of which can be left out. That is exact and
// its relaxation is tight, but there are too many covers where a rate takes dozens of slices. Then
// the relaxation hands slices out one by one, most of what it says is kept, and covers serve the
// rest.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <string>

#include "mig/column_solver.h"
#include "mig/cover_list.h"
#include "mig/geometry.h"
#include "mig/relaxation.h"
#include "tidegate/mig.h"

namespace tidegate {
namespace {

constexpr double kPriceUnit = 1e6;
constexpr std::int64_t kNodes = 20'000;
constexpr std::int64_t kNodesForMemory = 500;  // nothing but room is lost without the last slice

// What one slice of the profile serves of the need: a slice, or a rate.
std::int64_t Served(const DeviceModel& model, std::size_t profile, const SliceNeed& need) {
  const auto is = [&](const std::string& name) {
    const Result<std::size_t> named = FindProfile(model, name);
    return named && *named == profile;
  };
  if (need.moldable()) {
    std::int64_t most = 0;
    for (const SliceRate& rate : need.rates) {
      if (rate.model == model.id && is(rate.profile)) most = std::max(most, rate.rate);
    }
    return most;
  }
  if (!need.profile.empty()) return is(need.profile) ? 1 : 0;
  const SliceProfile& of = model.profiles[profile];
  return of.attributes == ProfileAttributes{} && of.memory_mib.value_or(0) >= need.memory_mib &&
                 of.sm_count.value_or(0) >= need.sm_count
             ? 1
             : 0;
}

// Needs that the same profiles serve are one kind; a moldable one is a kind of its own.
struct Kind {
  std::vector<std::int64_t> served;  // by a slice, over the profiles of all offers
  std::vector<std::size_t> needs;
  std::int64_t demand = 0;
  bool moldable = false;

  // No slice serves more than there is to be served, which makes the relaxation tighter.
  std::int64_t Counts(std::size_t profile) const { return std::min(served[profile], demand); }
  // Of the smallest ones that serve it.
  std::int64_t MostSlices() const {
    std::int64_t least = demand;
    for (const std::int64_t one : served) least = one > 0 ? std::min(least, one) : least;
    return (demand + least - 1) / least;
  }
};

// A profile of an offer.
struct Piece {
  std::size_t offer = 0;
  std::size_t profile = 0;
  std::optional<std::size_t> row;  // absent: nobody needs it
};

struct Hand {
  std::size_t piece = 0;
  std::size_t kind = 0;
};

// How a moldable kind is served.
struct Service {
  std::vector<std::int64_t> kept;                 // slices by piece, whatever the covers are
  std::vector<std::vector<std::int32_t>> covers;  // of the rest, by piece; empty: too many
};

class FleetProblem {
 public:
  FleetProblem(std::span<const DeviceOffer> offers, std::span<const SliceNeed> needs)
      : offers_(offers), needs_(needs) {}

  Result<FleetMix> Solve() {
    for (std::size_t o = 0; o < offers_.size(); ++o) {
      for (std::size_t p = 0; p < offers_[o].model.profiles.size(); ++p) pieces_.push_back({o, p});
    }
    FindKinds();
    if (kinds_.empty()) return Report({});
    if (const Status status = FindLayouts(); !status) return status.error();
    bool infeasible = false;
    std::optional<ColumnSolution> best = Search(infeasible);
    if (!best) {
      return Error{ErrorCode::kUnavailable, infeasible
                                                ? "the devices on offer cannot serve all needs"
                                                : "no mix was found within the search limit"};
    }
    Keep(*best);
    const bool moldable =
        std::any_of(kinds_.begin(), kinds_.end(), [](const Kind& kind) { return kind.moldable; });
    if (moldable && PriceFits(best->cost)) {
      const auto smaller = SolveColumns(Programme(best->cost), {.nodes = kNodesForMemory});
      if (smaller) Keep(*smaller);
    }
    return Report(*best);
  }

 private:
  void FindKinds() {
    for (std::size_t n = 0; n < needs_.size(); ++n) {
      const std::int64_t demand = needs_[n].moldable() ? needs_[n].rate : needs_[n].count;
      if (demand == 0) continue;
      std::vector<std::int64_t> served;
      for (const Piece& piece : pieces_) {
        served.push_back(Served(offers_[piece.offer].model, piece.profile, needs_[n]));
      }
      const auto known = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& kind) {
        return !kind.moldable && !needs_[n].moldable() && kind.served == served;
      });
      Kind& kind = known != kinds_.end()
                       ? *known
                       : kinds_.emplace_back(Kind{served, {}, 0, needs_[n].moldable()});
      kind.needs.push_back(n);
      kind.demand += demand;
    }
  }

  // The cheapest; its bound and duals are those of the programme with all covers, or without any.
  std::optional<ColumnSolution> Search(bool& infeasible) {
    bool exact = true;
    for (std::size_t k = 0; k < kinds_.size(); ++k) {
      Service& service = services_.emplace_back();
      if (!kinds_[k].moldable) continue;
      service.kept.assign(pieces_.size(), 0);
      service.covers = CoverList(kinds_[k].served).Of(kinds_[k].demand);
      exact = exact && !service.covers.empty();
    }
    if (exact) return SolveColumns(Programme({}), {.nodes = kNodes}, &infeasible);
    const ColumnProblem relaxed_problem = Programme({});
    Branch root{.bunches = {}, .demand = relaxed_problem.demand};
    for (std::size_t g = 0; g < relaxed_problem.groups.size(); ++g) {
      root.bunches.push_back({.group = g, .count = relaxed_problem.groups[g].count});
    }
    const RelaxedSolution relaxed = SolveRelaxation(relaxed_problem, root);
    infeasible = !relaxed.feasible;
    if (infeasible) return std::nullopt;
    const std::int64_t bound = RoundUp(relaxed.cost);
    const std::vector<Hand> handed = by_hand_;
    std::optional<ColumnSolution> best;
    std::vector<Service> of_best;
    for (const double loose : {1.0, 2.0, 4.0}) {
      if (!KeepMost(relaxed, handed, loose)) break;
      auto found = SolveColumns(Programme({}), {.nodes = kNodes / 10});
      if (!found || (best && found->cost >= best->cost)) continue;
      best = std::move(found);
      of_best = services_;
      if (best->cost <= bound) break;
    }
    if (!best) return best;
    services_ = std::move(of_best);
    (void)Programme({});  // the columns that the solution is about
    best->bound = bound;
    best->duals = relaxed.duals;
    return best;
  }

  std::int64_t RoundUp(double cost) const {
    const auto step = static_cast<double>(std::max<std::int64_t>(price_step_, 1));
    return static_cast<std::int64_t>(std::ceil(cost / step - 1e-6) * step);
  }

  // Of what the relaxation hands out all but about `loose` slices of each size; covers serve the
  // rest. False: there are too many.
  bool KeepMost(const RelaxedSolution& relaxed, const std::vector<Hand>& handed, double loose) {
    std::vector<bool> large(kinds_.size());
    for (const Hand& hand : handed) large[hand.kind] = kinds_[hand.kind].moldable;
    for (std::size_t k = 0; k < kinds_.size(); ++k) {
      if (large[k]) services_[k].kept.assign(pieces_.size(), 0);
    }
    for (const Fraction& use : relaxed.uses) {
      if (use.bunch != offers_.size() || use.column == 0) continue;
      const Hand& hand = handed[static_cast<std::size_t>(use.column) - 1];
      if (!large[hand.kind]) continue;
      services_[hand.kind].kept[hand.piece] =
          static_cast<std::int64_t>(std::max(0.0, std::floor(use.value + 1e-6 - loose)));
    }
    for (std::size_t k = 0; k < kinds_.size(); ++k) {
      if (!large[k]) continue;
      std::int64_t left = kinds_[k].demand;
      for (std::size_t i = 0; i < pieces_.size(); ++i) {
        left -= services_[k].kept[i] * kinds_[k].served[i];
      }
      services_[k].covers = CoverList(kinds_[k].served).Of(left);
      if (services_[k].covers.empty()) return false;
    }
    return true;
  }

  // The layouts of each offer's devices, of profiles that somebody needs.
  Status FindLayouts() {
    rows_ = kinds_.size();
    std::size_t piece = 0;
    for (const DeviceOffer& offer : offers_) {
      std::vector<bool> wanted(offer.model.profiles.size());
      for (std::size_t p = 0; p < wanted.size(); ++p, ++piece) {
        wanted[p] = std::any_of(kinds_.begin(), kinds_.end(),
                                [&](const Kind& kind) { return kind.served[piece] > 0; });
        if (wanted[p]) pieces_[piece].row = rows_++;
      }
      price_step_ = std::gcd(price_step_, Price(offer));
      layouts_.emplace_back();
      geometries_.emplace_back();
      if (std::find(wanted.begin(), wanted.end(), true) == wanted.end()) continue;
      Result<Geometry> geometry = Geometry::Make(offer.model, wanted);
      if (!geometry) return geometry.error();
      for (const ProfileCounts& counts : UndominatedCounts(*geometry)) {
        for (const int state : geometry->maximal()) {
          if (geometry->Counts(state) != counts) continue;
          layouts_.back().push_back(state);
          break;
        }
      }
      geometries_.back() = *std::move(geometry);
    }
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      for (std::size_t k = 0; k < kinds_.size(); ++k) {
        if (kinds_[k].served[i] > 0) hands_.push_back({i, k});
      }
    }
    return {};
  }

  static std::int64_t Price(const DeviceOffer& offer) {
    return std::llround(offer.price * kPriceUnit);
  }

  bool PriceFits(std::int64_t price) const {
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    return price_step_ > 0 && price / price_step_ < kMost &&
           std::all_of(offers_.begin(), offers_.end(), [&](const DeviceOffer& offer) {
             return Price(offer) / price_step_ < kMost;
           });
  }

  // The least price; or, with `budget`, the fewest memory slices that are handed out for it.
  ColumnProblem Programme(std::optional<std::int64_t> budget) {
    ColumnProblem problem;
    problem.rows = rows_ + (budget ? 1 : 0);
    problem.demand.assign(problem.rows, 0);
    problem.scale.assign(problem.rows, 1);
    for (std::size_t k = 0; k < kinds_.size(); ++k) {
      problem.demand[k] = kinds_[k].demand;
      std::int64_t most = 1;
      for (std::size_t i = 0; i < pieces_.size(); ++i) most = std::max(most, kinds_[k].Counts(i));
      problem.scale[k] = 1 / static_cast<double>(most);
    }
    if (budget) problem.demand[rows_] = -(*budget / price_step_);
    for (std::size_t k = 0; k < kinds_.size(); ++k) {
      if (services_[k].covers.empty()) continue;
      problem.demand[k] = 0;
      for (std::size_t i = 0; i < pieces_.size(); ++i) {
        if (pieces_[i].row) problem.demand[*pieces_[i].row] += services_[k].kept[i];
      }
    }
    const std::int32_t nothing = problem.AddVector(std::vector<std::int32_t>(problem.rows));
    std::size_t first_piece = 0;
    for (std::size_t o = 0; o < offers_.size(); ++o) {
      ColumnGroup& group = problem.groups.emplace_back();
      group.count = offers_[o].count;
      group.columns.push_back({nothing, 0, 0});
      for (const int state : layouts_[o]) {
        std::vector<std::int32_t> vector(problem.rows);
        const ProfileCounts counts = geometries_[o]->Counts(state);
        for (std::size_t p = 0; p < counts.size(); ++p) {
          const auto& row = pieces_[first_piece + p].row;
          if (row) vector[*row] = static_cast<std::int32_t>(counts[p]);
        }
        const std::int64_t price = Price(offers_[o]);
        if (budget) vector[rows_] = static_cast<std::int32_t>(-price / price_step_);
        group.columns.push_back({problem.AddVector(vector), budget ? 0 : price, state});
      }
      first_piece += offers_[o].model.profiles.size();
    }
    AddHands(nothing, budget.has_value(), problem);
    covered_.clear();
    for (std::size_t k = 0; k < kinds_.size(); ++k) {
      if (!services_[k].covers.empty()) AddCovers(k, budget.has_value(), problem);
    }
    return problem;
  }

  void AddHands(std::int32_t nothing, bool by_memory, ColumnProblem& problem) {
    ColumnGroup group;
    for (std::size_t k = 0; k < kinds_.size(); ++k) {
      group.count += services_[k].covers.empty() ? kinds_[k].MostSlices() : 0;
    }
    group.columns.push_back({nothing, 0, 0});
    by_hand_.clear();
    for (const Hand& hand : hands_) {
      if (!services_[hand.kind].covers.empty()) continue;
      by_hand_.push_back(hand);
      std::vector<std::int32_t> vector(problem.rows);
      vector[hand.kind] = static_cast<std::int32_t>(kinds_[hand.kind].Counts(hand.piece));
      vector[*pieces_[hand.piece].row] = -1;
      const auto family = static_cast<std::int32_t>(group.columns.size());
      group.columns.push_back(
          {problem.AddVector(vector), by_memory ? MemoryOf(hand.piece) : 0, family});
    }
    problem.groups.push_back(std::move(group));
  }

  void AddCovers(std::size_t kind, bool by_memory, ColumnProblem& problem) {
    covered_.push_back(kind);
    ColumnGroup group{.count = 1, .columns = {}};
    for (const std::vector<std::int32_t>& cover : services_[kind].covers) {
      std::vector<std::int32_t> vector(problem.rows);
      std::int64_t memory = 0;
      for (std::size_t i = 0; i < cover.size(); ++i) {
        if (cover[i] == 0) continue;
        vector[*pieces_[i].row] = -cover[i];
        memory += cover[i] * MemoryOf(i);
      }
      const auto family = static_cast<std::int32_t>(group.columns.size());
      group.columns.push_back({problem.AddVector(vector), by_memory ? memory : 0, family});
    }
    problem.groups.push_back(std::move(group));
  }

  std::int64_t MemoryOf(std::size_t piece) const {
    return offers_[pieces_[piece].offer].model.profiles[pieces_[piece].profile].memory_slices;
  }

  FleetMix Report(const ColumnSolution& solution) {
    FleetMix mix;
    for (const DeviceOffer& offer : offers_) {
      mix.values.emplace_back(offer.model.profiles.size());
    }
    for (const Piece& piece : pieces_) {
      // A little less than the relaxation's price: its own rounding never breaks the proof.
      const double dual = piece.row ? solution.duals[*piece.row] : 0;
      mix.values[piece.offer][piece.profile] = std::max(0.0, dual * (1 - 1e-9)) / kPriceUnit;
    }
    DropSurplus();
    std::int64_t price = 0;
    for (const ColumnUse& use : devices_) {
      for (std::int64_t rest = use.count; rest > 0;) {
        FleetLayout layout = NextLayout(use.group, layouts_[use.group][use.column - 1], rest);
        if (layout.slices.empty()) break;
        rest -= layout.devices;
        price += layout.devices * Price(offers_[use.group]);
        mix.layouts.push_back(std::move(layout));
      }
    }
    mix.price = static_cast<double>(price) / kPriceUnit;
    mix.bound = static_cast<double>(std::min(solution.bound, price)) / kPriceUnit;
    return mix;
  }

  // What a solution of the programme that was made last says: who gets how many slices of what.
  void Keep(const ColumnSolution& solution) {
    devices_.clear();
    left_.assign(hands_.size(), 0);
    const auto add = [&](std::size_t piece, std::size_t kind, std::int64_t count) {
      for (std::size_t h = 0; h < hands_.size(); ++h) {
        if (hands_[h].piece == piece && hands_[h].kind == kind) left_[h] += count;
      }
    };
    for (const ColumnUse& use : solution.uses) {
      if (use.group > offers_.size()) {
        const std::size_t kind = covered_[use.group - offers_.size() - 1];
        const std::vector<std::int32_t>& cover = services_[kind].covers[use.column];
        for (std::size_t i = 0; i < cover.size(); ++i) {
          const std::int64_t slices = cover[i] + services_[kind].kept[i];
          if (slices > 0) add(i, kind, slices);
        }
      } else if (use.column > 0 && use.group == offers_.size()) {
        const Hand& hand = by_hand_[use.column - 1];
        add(hand.piece, hand.kind, use.count);
      } else if (use.column > 0) {
        devices_.push_back(use);
      }
    }
  }

  // Slices that the others make needless, large ones first.
  void DropSurplus() {
    std::vector<std::int64_t> surplus;
    for (const Kind& kind : kinds_) surplus.push_back(-kind.demand);
    for (std::size_t h = 0; h < hands_.size(); ++h) {
      surplus[hands_[h].kind] += left_[h] * kinds_[hands_[h].kind].served[hands_[h].piece];
    }
    std::vector<std::size_t> order(hands_.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return MemoryOf(hands_[a].piece) > MemoryOf(hands_[b].piece);
    });
    for (const std::size_t h : order) {
      std::int64_t& rest = surplus[hands_[h].kind];
      const std::int64_t served = kinds_[hands_[h].kind].served[hands_[h].piece];
      const std::int64_t needless = std::min(left_[h], std::max<std::int64_t>(0, rest) / served);
      left_[h] -= needless;
      rest -= needless * served;
    }
    unserved_.clear();
    for (const SliceNeed& need : needs_) {
      unserved_.push_back(need.moldable() ? std::numeric_limits<std::int64_t>::max() : need.count);
    }
  }

  // As many devices of the layout as serve the same needs; slices that nobody needs are left out.
  FleetLayout NextLayout(std::size_t offer, int state, std::int64_t most) {
    FleetLayout layout{.offer = offer, .devices = most};
    const Geometry& geometry = *geometries_[offer];
    std::map<std::size_t, std::int64_t> hands, needs;  // slices a device
    for (std::uint64_t rest = geometry.set(state); rest != 0; rest &= rest - 1) {
      const SlotOption& option =
          geometry.options()[static_cast<std::size_t>(std::countr_zero(rest))];
      const std::optional<std::size_t> hand = NextHand(offer, option.profile, hands);
      if (!hand) continue;
      const std::size_t need = NextNeed(kinds_[hands_[*hand].kind], needs);
      ++hands[*hand];
      ++needs[need];
      layout.slices.push_back({option.profile, option.span});
      layout.serves.emplace_back(need);
    }
    for (const auto& [hand, count] : hands) {
      layout.devices = std::min(layout.devices, left_[hand] / count);
    }
    for (const auto& [need, count] : needs) {
      layout.devices = std::min(layout.devices, unserved_[need] / count);
    }
    for (const auto& [hand, count] : hands) left_[hand] -= layout.devices * count;
    for (const auto& [need, count] : needs) unserved_[need] -= layout.devices * count;
    return layout;
  }

  std::optional<std::size_t> NextHand(std::size_t offer, std::size_t profile,
                                      const std::map<std::size_t, std::int64_t>& used) const {
    for (std::size_t h = 0; h < hands_.size(); ++h) {
      const Piece& piece = pieces_[hands_[h].piece];
      const auto found = used.find(h);
      if (piece.offer == offer && piece.profile == profile &&
          left_[h] > (found == used.end() ? 0 : found->second)) {
        return h;
      }
    }
    return std::nullopt;
  }

  // REQUIRES: some need of the kind is not served yet.
  std::size_t NextNeed(const Kind& kind, const std::map<std::size_t, std::int64_t>& used) const {
    for (const std::size_t need : kind.needs) {
      const auto found = used.find(need);
      if (unserved_[need] > (found == used.end() ? 0 : found->second)) return need;
    }
    return kind.needs.back();
  }

  std::span<const DeviceOffer> offers_;
  std::span<const SliceNeed> needs_;
  std::vector<Piece> pieces_;  // the profiles of one offer after the other
  std::vector<Kind> kinds_;
  std::vector<Hand> hands_;
  std::vector<Service> services_;     // by kind
  std::vector<Hand> by_hand_;         // the columns of slices in the last programme
  std::vector<std::size_t> covered_;  // the kinds of its last groups
  std::vector<ColumnUse> devices_;    // of the solution
  std::size_t rows_ = 0;
  std::int64_t price_step_ = 0;                      // that all prices are multiples of
  std::vector<std::optional<Geometry>> geometries_;  // by offer; absent: nobody needs its slices
  std::vector<std::vector<int>> layouts_;            // by offer: states
  std::vector<std::int64_t> left_;                   // by hand: slices without a device
  std::vector<std::int64_t> unserved_;               // by need: slices
};

Status CheckNeed(const SliceNeed& need) {
  if (need.count < 0 || need.rate < 0) {
    return Error{ErrorCode::kInvalidArgument, "needs are not negative"};
  }
  if (need.rate > kMostNeededRate) {
    return Error{ErrorCode::kInvalidArgument, "a need's rate is too large"};
  }
  for (const SliceRate& rate : need.rates) {
    if (rate.rate > 0 && rate.rate <= kMostSliceRate) continue;
    return Error{ErrorCode::kInvalidArgument,
                 rate.profile + ": a slice's rate is above zero and not larger than " +
                     std::to_string(kMostSliceRate)};
  }
  return {};
}

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
    if (const Status status = CheckNeed(need); !status) return status.error();
  }
  return FleetProblem(offers, needs).Solve();
}

}  // namespace tidegate
