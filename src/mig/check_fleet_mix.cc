// SPDX-License-Identifier: Apache-2.0
//
// The independent checker of what CheapestFleet() buys. The bound is linear programming's weak
// duality: a slice of each profile of each offer is given a value. What serves a need is worth at
// least as much as the cheapest slices that do. A device holds at most the value H of its heaviest
// layout, which is its price, but for max(0, H - price). So whatever serves all needs costs at
// least Σ cheapest slices - Σ max(0, H - price)·devices on offer.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "mig/heaviest_device.h"
#include "tidegate/mig.h"

namespace tidegate {
namespace {

constexpr double kPriceUnit = 1e6;  // six decimals of a price count
constexpr double kRounding = 1e-9;  // relative; far above that of the sums here

Error Wrong(const std::string& what) { return {ErrorCode::kInvalidArgument, what}; }

bool IsCalled(const DeviceModel& model, std::size_t profile, const std::string& name) {
  const Result<std::size_t> named = FindProfile(model, name);
  return named && *named == profile;
}

// 0: the slice is of no use for the need.
std::int64_t Serves(const DeviceModel& model, std::size_t profile, const SliceNeed& need) {
  std::int64_t rate = 0;
  for (const SliceRate& one : need.rates) {
    if (one.model == model.id && IsCalled(model, profile, one.profile)) {
      rate = std::max(rate, one.rate);
    }
  }
  if (need.moldable()) return rate;
  if (!need.profile.empty()) return IsCalled(model, profile, need.profile) ? 1 : 0;
  const SliceProfile& of = model.profiles[profile];
  const bool will_do = of.attributes == ProfileAttributes{} &&
                       of.memory_mib.value_or(0) >= need.memory_mib &&
                       of.sm_count.value_or(0) >= need.sm_count;
  return will_do ? 1 : 0;
}

std::int64_t Needed(const SliceNeed& need) { return need.moldable() ? need.rate : need.count; }

struct Choice {
  double serves = 0;
  double value = 0;
};

// The least value of slices that serve `needed`: depth first over the choices, best ones first.
// After too many steps what broken numbers of slices would cost, which is less.
class LeastValueSearch {
 public:
  explicit LeastValueSearch(std::vector<Choice> choices) : choices_(std::move(choices)) {
    std::sort(choices_.begin(), choices_.end(), [](const Choice& a, const Choice& b) {
      return a.value * b.serves < b.value * a.serves;
    });
  }

  double Run(double needed) {
    Try(0, needed, 0);
    const Choice& best = choices_.front();
    return steps_ < kMostSteps ? least_ : needed / best.serves * best.value;
  }

 private:
  static constexpr int kMostSteps = 200'000;

  void Try(std::size_t first, double left, double value) {
    if (left <= 0) {
      least_ = std::min(least_, value);
      return;
    }
    if (first == choices_.size() || ++steps_ >= kMostSteps) return;
    const Choice& choice = choices_[first];
    if (value + left / choice.serves * choice.value >= least_) return;
    for (double n = std::ceil(left / choice.serves); n >= 0 && steps_ < kMostSteps; --n) {
      Try(first + 1, left - n * choice.serves, value + n * choice.value);
    }
  }

  std::vector<Choice> choices_;
  double least_ = std::numeric_limits<double>::infinity();
  int steps_ = 0;
};

double LeastValue(const std::vector<Choice>& choices, std::int64_t needed) {
  if (needed == 0 || choices.empty()) return 0;
  return LeastValueSearch(choices).Run(static_cast<double>(needed));
}

class MixChecker {
 public:
  MixChecker(std::span<const DeviceOffer> offers, std::span<const SliceNeed> needs,
             const FleetMix& mix)
      : offers_(offers), needs_(needs), mix_(mix) {}

  Result<double> Run() {
    std::vector<std::int64_t> devices(offers_.size()), served(needs_.size());
    for (const FleetLayout& layout : mix_.layouts) {
      if (Status status = Count(layout, devices, served); !status) return status.error();
    }
    double price = 0;
    for (std::size_t o = 0; o < offers_.size(); ++o) {
      if (devices[o] > offers_[o].count) return Wrong(offers_[o].model.id + ": more than on offer");
      price += Price(o) * static_cast<double>(devices[o]);
    }
    for (std::size_t n = 0; n < needs_.size(); ++n) {
      const std::int64_t needed = Needed(needs_[n]);
      if (served[n] == needed || (needs_[n].moldable() && served[n] > needed)) continue;
      return Wrong("need " + std::to_string(n) + ": " + std::to_string(served[n]) + " served of " +
                   std::to_string(needed));
    }
    if (std::abs(price - mix_.price) > kRounding * (1 + price)) {
      return Wrong("the devices cost " + std::to_string(price));
    }
    return Bound();
  }

 private:
  Status Count(const FleetLayout& layout, std::vector<std::int64_t>& devices,
               std::vector<std::int64_t>& served) const {
    if (layout.offer >= offers_.size() || layout.devices < 1 ||
        layout.serves.size() != layout.slices.size()) {
      return Wrong("a layout that is none");
    }
    const DeviceModel& model = offers_[layout.offer].model;
    if (Status status = CheckLayout(model, layout.slices); !status) return status;
    devices[layout.offer] += layout.devices;
    for (std::size_t s = 0; s < layout.slices.size(); ++s) {
      const std::optional<std::size_t> need = layout.serves[s];
      if (!need) continue;
      const std::int64_t serves =
          *need < needs_.size() ? Serves(model, layout.slices[s].profile, needs_[*need]) : 0;
      if (serves == 0) return Wrong("a slice serves a need that is too much for it");
      served[*need] += layout.devices * serves;
    }
    return {};
  }

  double Price(std::size_t offer) const {
    return std::round(offers_[offer].price * kPriceUnit) / kPriceUnit;
  }

  Result<double> Bound() const {
    if (mix_.values.size() != offers_.size()) return Wrong("values for each offer are wanted");
    double bound = 0;
    for (std::size_t o = 0; o < offers_.size(); ++o) {
      const std::vector<double>& values = mix_.values[o];
      if (values.size() != offers_[o].model.profiles.size() ||
          std::any_of(values.begin(), values.end(),
                      [](double value) { return !(value >= 0) || !std::isfinite(value); })) {
        return Wrong("a value for each profile is wanted, none below zero");
      }
    }
    for (const SliceNeed& need : needs_) bound += LeastValue(Choices(need), Needed(need));
    const double size = 1 + bound;
    for (std::size_t o = 0; o < offers_.size(); ++o) {
      const double heaviest = HeaviestDevice<double>(offers_[o].model, mix_.values[o]).Weight();
      bound -= std::max(0.0, heaviest - Price(o)) * static_cast<double>(offers_[o].count);
    }
    return RoundUp(std::max(0.0, bound - kRounding * size));
  }

  // What each slice that serves the need serves, and its value.
  std::vector<Choice> Choices(const SliceNeed& need) const {
    std::vector<Choice> choices;
    for (std::size_t o = 0; o < offers_.size(); ++o) {
      for (std::size_t p = 0; p < offers_[o].model.profiles.size(); ++p) {
        const std::int64_t serves = Serves(offers_[o].model, p, need);
        if (serves > 0) choices.push_back({static_cast<double>(serves), mix_.values[o][p]});
      }
    }
    return choices;
  }

  // Prices are multiples of their greatest common divisor, and so is whatever devices cost.
  double RoundUp(double bound) const {
    std::int64_t step = 0;
    for (std::size_t o = 0; o < offers_.size(); ++o) {
      step = std::gcd(step, std::llround(Price(o) * kPriceUnit));
    }
    if (step == 0) return 0;
    const double unit = static_cast<double>(step) / kPriceUnit;
    return std::ceil(bound / unit) * unit;
  }

  std::span<const DeviceOffer> offers_;
  std::span<const SliceNeed> needs_;
  const FleetMix& mix_;
};

}  // namespace

Result<double> CheckFleetMix(std::span<const DeviceOffer> offers, std::span<const SliceNeed> needs,
                             const FleetMix& mix) {
  return MixChecker(offers, needs, mix).Run();
}

}  // namespace tidegate
