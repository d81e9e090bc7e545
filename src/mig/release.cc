// SPDX-License-Identifier: Apache-2.0
//
// Which slices leave the best free space when some have to go.
#include <algorithm>
#include <map>
#include <tuple>

#include "mig/fleet_impl.h"
#include "mig/state_worth.h"

namespace tidegate {
namespace {

class Release {
 public:
  Release(const Fleet& fleet, std::span<const std::string> candidates) : fleet_(fleet) {
    for (const std::string& id : candidates) {
      if (fleet_.FindSlice(id) != nullptr) candidates_.push_back(id);
    }
  }

  std::vector<std::string> Choose(std::size_t count) {
    std::vector<std::string> chosen;
    while (chosen.size() < count && !candidates_.empty()) {
      const std::size_t best = Best(count - chosen.size());
      chosen.push_back(candidates_[best]);
      (void)fleet_.RemoveSlice(candidates_[best]);
      candidates_.erase(candidates_.begin() + static_cast<std::ptrdiff_t>(best));
    }
    return chosen;
  }

 private:
  // The first that nothing is better than: how far its device is from empty, then its worth.
  std::size_t Best(std::size_t left) const {
    std::map<std::size_t, std::size_t> on_device;  // candidates
    for (const std::string& id : candidates_) ++on_device[fleet_.FindSlice(id)->device];
    std::size_t best = 0;
    std::tuple<std::size_t, double> best_key{};
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      const Slice& slice = *fleet_.FindSlice(candidates_[i]);
      const FleetDevice& device = fleet_.impl().devices[slice.device];
      const std::size_t own = on_device.at(slice.device);
      const bool empties = own == device.slices.size() && own <= left;
      const std::tuple key{empties ? own : kMany, -Gain(slice)};
      if (i > 0 && key >= best_key) continue;
      best = i;
      best_key = key;
    }
    return best;
  }

  // What the fleet is worth more without the slice.
  double Gain(const Slice& slice) const {
    const FleetDevice& device = fleet_.impl().devices[slice.device];
    const FleetModel& model = fleet_.impl().models[device.model];
    const auto option = fleet_.impl().OptionOf(slice.device, slice.placed);
    const StateWorth worth(model);
    return worth.Of(model.geometry->Remove(device.state, *option)) - worth.Of(device.state);
  }

  static constexpr std::size_t kMany = static_cast<std::size_t>(-1);

  Fleet fleet_;
  std::vector<std::string> candidates_;
};

}  // namespace

std::vector<std::string> ChooseReleases(const Fleet& fleet, std::span<const std::string> candidates,
                                        std::size_t count) {
  return Release(fleet, candidates).Choose(count);
}

}  // namespace tidegate
