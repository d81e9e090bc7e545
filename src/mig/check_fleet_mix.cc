// SPDX-License-Identifier: Apache-2.0
//
// The independent checker of what CheapestFleet() buys. The bound is linear programming's weak
// duality: give each slice of need n the value w_n. A device of an offer serves at most the value
// H of its heaviest layout, so it earns back its price but for max(0, H - price); hence whatever
// serves all needs costs at least Σ w·count - Σ max(0, H - price)·devices on offer.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "mig/heaviest_device.h"
#include "tidegate/mig.h"

namespace tidegate {
namespace {

constexpr double kPriceUnit = 1e6;  // six decimals of a price count
constexpr double kRounding = 1e-9;  // relative; far above that of the sums here

Error Wrong(const std::string& what) { return {ErrorCode::kInvalidArgument, what}; }

bool CanServe(const DeviceModel& model, std::size_t profile, const SliceNeed& need) {
  if (!need.profile.empty()) {
    const Result<std::size_t> named = FindProfile(model, need.profile);
    return named && *named == profile;
  }
  const SliceProfile& of = model.profiles[profile];
  return of.attributes == ProfileAttributes{} && of.memory_mib.value_or(0) >= need.memory_mib &&
         of.sm_count.value_or(0) >= need.sm_count;
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
      if (served[n] == needs_[n].count) continue;
      return Wrong("need " + std::to_string(n) + ": " + std::to_string(served[n]) + " served of " +
                   std::to_string(needs_[n].count));
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
      if (*need >= needs_.size() || !CanServe(model, layout.slices[s].profile, needs_[*need])) {
        return Wrong("a slice serves a need that is too much for it");
      }
      served[*need] += layout.devices;
    }
    return {};
  }

  double Price(std::size_t offer) const {
    return std::round(offers_[offer].price * kPriceUnit) / kPriceUnit;
  }

  Result<double> Bound() const {
    if (mix_.weights.size() != needs_.size()) return Wrong("a weight for each need is wanted");
    double bound = 0, size = 1;
    for (std::size_t n = 0; n < needs_.size(); ++n) {
      if (!(mix_.weights[n] >= 0) || !std::isfinite(mix_.weights[n])) {
        return Wrong("a weight below zero");
      }
      bound += mix_.weights[n] * static_cast<double>(needs_[n].count);
    }
    size += bound;
    for (std::size_t o = 0; o < offers_.size(); ++o) {
      const DeviceModel& model = offers_[o].model;
      std::vector<double> weights(model.profiles.size());
      for (std::size_t p = 0; p < weights.size(); ++p) {
        for (std::size_t n = 0; n < needs_.size(); ++n) {
          if (CanServe(model, p, needs_[n])) weights[p] = std::max(weights[p], mix_.weights[n]);
        }
      }
      const double heaviest = HeaviestDevice<double>(model, weights).Weight();
      bound -= std::max(0.0, heaviest - Price(o)) * static_cast<double>(offers_[o].count);
    }
    return RoundUp(std::max(0.0, bound - kRounding * size));
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
