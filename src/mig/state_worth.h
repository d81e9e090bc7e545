// SPDX-License-Identifier: Apache-2.0
//
// What the states of a model's devices are worth to a fleet as it is: their room, each profile
// weighed by demand and scarcity, and their future (state_values.h).
#pragma once

#include <vector>

#include "mig/fleet_impl.h"

namespace tidegate {

class StateWorth {
 public:
  explicit StateWorth(const FleetModel& model)
      : model_(model), room_(static_cast<std::size_t>(model.geometry->class_count())) {
    std::vector<double> weights;
    model.values.WeighRoom(model.Input(), weights);
    for (std::size_t c = 0; c < room_.size(); ++c) {
      for (std::size_t p = 0; p < weights.size(); ++p) {
        room_[c] += weights[p] * model.geometry->Fits(static_cast<int>(c), p);
      }
    }
  }

  double Of(int state) const {
    return room_[static_cast<std::size_t>(model_.geometry->class_of(state))] +
           model_.values.future(state);
  }

 private:
  const FleetModel& model_;
  std::vector<double> room_;  // by class
};

}  // namespace tidegate
