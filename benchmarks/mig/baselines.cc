// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/mig/baselines.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

namespace tidegate::mig_benchmark {
namespace {

using Starts = std::vector<std::size_t>;  // options of a profile, in the order of preference

// The options of a profile by start, ascending or descending.
Starts Ordered(const Geometry& geometry, std::size_t profile, bool high_first) {
  const auto [first, last] = geometry.OptionsOf(profile);
  Starts starts;
  for (std::size_t o = first; o < last; ++o) starts.push_back(o);
  std::sort(starts.begin(), starts.end(), [&](std::size_t a, std::size_t b) {
    const auto start = [&](std::size_t o) { return geometry.options()[o].span.start; };
    return high_first ? start(a) > start(b) : start(a) < start(b);
  });
  return starts;
}

// HAMi: 1g, double-memory 1g and 3g from the high end, the others from the low one.
Starts HamiOrder(const Fleet& fleet, std::size_t profile) {
  const int compute = fleet.model->profiles[profile].compute_slices;
  return Ordered(*fleet.geometry, profile, compute == 1 || compute == 3);
}

std::optional<std::size_t> FirstLegal(const Fleet& fleet, int state, const Starts& starts) {
  for (const std::size_t option : starts) {
    if (fleet.geometry->Add(state, option) != Geometry::kNone) return option;
  }
  return std::nullopt;
}

int Used(const Fleet& fleet, int state) { return fleet.geometry->UsedCells(state); }
int Fits(const Fleet& fleet, int state, std::size_t p) {
  return fleet.geometry->Fits(fleet.geometry->class_of(state), p);
}

// Room of a state, each profile weighed.
double Room(const Fleet& fleet, int state, const std::vector<double>& weight) {
  double room = 0;
  for (std::size_t p = 0; p < weight.size(); ++p) room += weight[p] * Fits(fleet, state, p);
  return room;
}

std::vector<double> ComputeWeights(const Fleet& fleet) {
  std::vector<double> weight;
  for (std::size_t p = 0; p < fleet.mix.size(); ++p) {
    weight.push_back(fleet.mix[p] * fleet.model->profiles[p].compute_slices);
  }
  return weight;
}

int LongestFreeRun(const Fleet& fleet, int state) {
  std::uint64_t cells = 0;
  for (std::uint64_t rest = fleet.geometry->set(state); rest != 0; rest &= rest - 1) {
    cells |= fleet.geometry->options()[static_cast<std::size_t>(std::countr_zero(rest))].cells;
  }
  int longest = 0, run = 0;
  for (int i = 0; i < fleet.model->memory_slices; ++i) {
    run = (cells >> i & 1U) != 0 ? 0 : run + 1;
    longest = std::max(longest, run);
  }
  return longest;
}

int FreePlacements(const Fleet& fleet, int state) {
  int count = 0;
  for (std::size_t o = 0; o < fleet.geometry->options().size(); ++o) {
    count += fleet.geometry->Add(state, o) != Geometry::kNone ? 1 : 0;
  }
  return count;
}

// A rule of the form "the smallest key wins"; ties go to the lower index, then the first start.
class KeyRule : public Rule {
 public:
  using Order = std::function<Starts(const Fleet&, std::size_t profile)>;
  using Key = std::function<double(const Fleet&, int state, std::size_t option)>;

  KeyRule(std::string name, Order order, Key key, bool every_start)
      : name_(std::move(name)),
        order_(std::move(order)),
        key_(std::move(key)),
        every_start_(every_start) {}

  std::string name() const override { return name_; }

  std::optional<Choice> Choose(const Fleet& fleet, std::size_t profile) override {
    if (best_.empty()) {
      best_.resize(static_cast<std::size_t>(fleet.geometry->state_count()) * fleet.mix.size());
    }
    std::optional<Choice> best;
    double best_key = std::numeric_limits<double>::infinity();
    for (std::size_t d = 0; d < fleet.state.size(); ++d) {
      const Best& here = BestOf(fleet, fleet.state[d], profile);
      if (!here.option || here.key >= best_key - 1e-9) continue;
      best_key = here.key;
      best = Choice{d, *here.option};
    }
    return best;
  }

 private:
  struct Best {
    bool known = false;
    double key = 0;
    std::optional<std::size_t> option;
  };

  // Keys depend on the state alone, so each is worked out once.
  const Best& BestOf(const Fleet& fleet, int state, std::size_t profile) {
    Best& best = best_[static_cast<std::size_t>(state) * fleet.mix.size() + profile];
    if (best.known) return best;
    best.known = true;
    for (const std::size_t option : order_(fleet, profile)) {
      if (fleet.geometry->Add(state, option) == Geometry::kNone) continue;
      const double key = key_(fleet, state, option);
      if (!best.option || key < best.key - 1e-9) {
        best.key = key;
        best.option = option;
      }
      if (!every_start_) break;
    }
    return best;
  }

  std::string name_;
  Order order_;
  Key key_;
  bool every_start_;
  std::vector<Best> best_;  // by state and profile
};

// GRMU: whole-device slices in one basket of devices, all others in the rest.
class Baskets : public Rule {
 public:
  std::string name() const override { return "two baskets (GRMU)"; }
  std::optional<Choice> Choose(const Fleet& fleet, std::size_t profile) override {
    const std::vector<double> weights = ComputeWeights(fleet);
    double total = 0, large = 0;
    for (std::size_t p = 0; p < weights.size(); ++p) {
      total += weights[p];
      if (IsWhole(fleet, p)) large += weights[p];
    }
    const double share = std::clamp(large / total, 0.1, 0.5);
    const auto quota = static_cast<std::size_t>(share * static_cast<double>(fleet.state.size()));
    const bool whole = IsWhole(fleet, profile);
    const Starts starts = HamiOrder(fleet, profile);
    for (std::size_t d = whole ? 0 : quota; d < (whole ? quota : fleet.state.size()); ++d) {
      if (const auto option = FirstLegal(fleet, fleet.state[d], starts)) return Choice{d, *option};
    }
    return std::nullopt;
  }

 private:
  static bool IsWhole(const Fleet& fleet, std::size_t p) {
    return fleet.model->profiles[p].memory_slices == fleet.model->memory_slices;
  }
};

// ParvaGPU's starts: 3g only at 4, 2g at 0, 4, 2, 1g at 0, 6, 4, 1, 2, 3, 5.
Starts ParvaOrder(const Fleet& fleet, std::size_t profile) {
  const SliceProfile& wanted = fleet.model->profiles[profile];
  const std::vector<unsigned> starts = wanted.compute_slices == 3   ? std::vector<unsigned>{4}
                                       : wanted.compute_slices == 2 ? std::vector<unsigned>{0, 4, 2}
                                       : wanted.memory_slices == 1
                                           ? std::vector<unsigned>{0, 6, 4, 1, 2, 3, 5}
                                           : std::vector<unsigned>{6, 0, 4, 2};
  Starts out;
  for (const unsigned start : starts) {
    if (const auto option = fleet.geometry->FindOption(profile, start)) out.push_back(*option);
  }
  return out;
}

double Loss(const Fleet& fleet, int state, std::size_t option, const std::vector<double>& weight) {
  return Room(fleet, state, weight) - Room(fleet, fleet.geometry->Add(state, option), weight);
}

// HAMi's score of 2026-08, as far as its description goes: the longest free run shrinks least,
// then most placements survive.
double HamiScore(const Fleet& f, int state, std::size_t option) {
  const int next = f.geometry->Add(state, option);
  return 100.0 * (LongestFreeRun(f, state) - LongestFreeRun(f, next)) +
         (FreePlacements(f, state) - FreePlacements(f, next));
}

// Zambianco: how much room is lost, every profile alike.
double FragmentationGrowth(const Fleet& f, int state, std::size_t option) {
  return Loss(f, state, option, std::vector<double>(f.mix.size(), 1.0));
}

// FGD: free memory that a request of the mix cannot use, expected over the mix.
double Unusable(const Fleet& f, int state) {
  const double free = f.model->memory_slices - Used(f, state);
  double sum = 0, total = 0;
  for (std::size_t p = 0; p < f.mix.size(); ++p) {
    sum += f.mix[p] * (Fits(f, state, p) > 0 ? 0 : free);
    total += f.mix[p];
  }
  return sum / total;
}
double UnusableGrowth(const Fleet& f, int state, std::size_t option) {
  return Unusable(f, f.geometry->Add(state, option)) - Unusable(f, state) - 1e-3 * Used(f, state);
}

}  // namespace

std::vector<std::unique_ptr<Rule>> AllRules() {
  std::vector<std::unique_ptr<Rule>> rules;
  const auto add = [&rules](const char* name, KeyRule::Order order, KeyRule::Key key,
                            bool every_start) {
    rules.push_back(std::make_unique<KeyRule>(name, std::move(order), std::move(key), every_start));
  };
  const auto low = [](const Fleet& f, std::size_t p) { return Ordered(*f.geometry, p, false); };
  const auto high = [](const Fleet& f, std::size_t p) { return Ordered(*f.geometry, p, true); };
  const auto first = [](const Fleet&, int, std::size_t) { return 0.0; };
  const auto most_used = [](const Fleet& f, int s, std::size_t) { return -1.0 * Used(f, s); };
  const auto least_used = [](const Fleet& f, int s, std::size_t) { return 1.0 * Used(f, s); };
  const auto fewest_slices = [](const Fleet& f, int s, std::size_t) {
    return 1.0 * std::popcount(f.geometry->set(s));
  };
  const auto most_slices = [](const Fleet& f, int s, std::size_t) {
    return -1.0 * std::popcount(f.geometry->set(s));
  };
  add("first fit (DRA)", low, first, false);
  add("HAMi order", HamiOrder, first, false);
  add("HAMi score", HamiOrder, HamiScore, true);
  add("best fit", HamiOrder, most_used, false);
  add("worst fit (InstaSlice)", HamiOrder, least_used, false);
  add("distributed (device plugin)", HamiOrder, fewest_slices, false);
  add("packed (device plugin)", HamiOrder, most_slices, false);
  add("ParvaGPU order", ParvaOrder, most_used, false);
  add("least fragmentation (Zambianco)", high, FragmentationGrowth, true);
  add("FGD", high, UnusableGrowth, true);
  rules.push_back(std::make_unique<Baskets>());
  add(
      "capability", high,
      [](const Fleet& f, int s, std::size_t o) {
        return Loss(f, s, o, ComputeWeights(f)) - 1e-6 * Used(f, s);
      },
      true);
  return rules;
}

}  // namespace tidegate::mig_benchmark
