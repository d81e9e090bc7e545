// SPDX-License-Identifier: Apache-2.0
//
// The slices that a driver has and none of our replicas: in the way of others, or there to be
// taken. Where there is no driver every slice that fits can be had.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/inventory.h"
#include "tidegate/placement.h"

namespace tidegate::core {

/// Places on slices that exist before any is made; makes none where that is not allowed.
class StockPlacer final : public Placer {
 public:
  /// `taken` are ids of slices that replicas have. The other placer is borrowed.
  StockPlacer(const Inventory& inventory, const std::set<std::string_view>& taken,
              const Placer& placer);

  /// Whether nothing may be made.
  bool fixed() const { return driver_ != nullptr && !driver_->reconfigure; }

  /// Puts what stays whatever happens into the fleet.
  void Occupy(Fleet& fleet) const;

  std::string_view name() const noexcept override { return "stock"; }
  std::optional<Spot> Choose(const Fleet& fleet, const SliceRequest& request) const override;

  /// What the slice at a chosen spot is called. One that exists makes way in the fleet.
  std::string Claim(const Spot& spot, Fleet& fleet) const;

  /// Why nothing was chosen.
  std::string Explain(const Fleet& fleet, const SliceRequest& request) const;

 private:
  std::optional<Spot> SpotOf(const Fleet& fleet, const DeviceSlice& slice) const;

  const DriverSlices* driver_;
  std::vector<const DeviceSlice*> idle_;
  const Placer& placer_;
};

}  // namespace tidegate::core
