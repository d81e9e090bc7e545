// SPDX-License-Identifier: Apache-2.0
//
// For the independent checkers: the most that the slices of one device can weigh, found by trying
// every placement of every profile.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "tidegate/mig.h"

namespace tidegate {

/// Fills a device memory slice by memory slice, from the first on; what may start there is tried,
/// and nothing. Compute, numbers and media are left to CheckLayout, once a device is full.
template <typename W>
class HeaviestDevice {
 public:
  /// A weight for each profile; none is negative.
  HeaviestDevice(const DeviceModel& model, std::vector<W> weights)
      : model_(model), weights_(std::move(weights)) {}

  W Weight() {
    Fill(0, 0);
    return heaviest_;
  }

 private:
  void Fill(int cell, W weight) {
    if (weight > heaviest_ && CheckLayout(model_, slices_)) heaviest_ = weight;
    for (int at = cell; at < model_.memory_slices; ++at) {
      for (std::size_t p = 0; p < model_.profiles.size(); ++p) {
        if (weights_[p] == 0) continue;
        for (const SliceSpan& span : model_.profiles[p].placements) {
          if (span.start != at) continue;
          slices_.push_back({p, span});
          Fill(at + span.size, weight + weights_[p]);
          slices_.pop_back();
        }
      }
    }
  }

  const DeviceModel& model_;
  const std::vector<W> weights_;
  std::vector<PlacedSlice> slices_;
  W heaviest_ = 0;
};

}  // namespace tidegate
