// SPDX-License-Identifier: Apache-2.0
//
// What a state of a device is worth to the requests to come.
//
// Two parts, both in memory slices. The room of a state: how many slices of each profile could be
// added, each weighed by how often it is asked for and how scarce room for it is in the fleet. And
// the future of a single device: a decision process (Puterman, Markov Decision Processes, ch. 6) in
// which requests arrive in the observed mix, many for each slice that leaves, and serving one earns
// the memory it takes where room is scarce. The first sees one profile at a time, the second sees
// what a mixture of requests can still make of a device.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "mig/geometry.h"

namespace tidegate {

/// What is known of demand and room when values are asked for.
struct ValueInput {
  std::span<const double> demand;      ///< by profile: recorded requests, fading
  std::span<const std::int64_t> live;  ///< by profile: slices that run
  std::span<const std::int64_t> room;  ///< by profile: how many would fit in the fleet
  std::int64_t devices = 0;
};

class StateValues {
 public:
  StateValues(std::shared_ptr<const DeviceModel> model, std::shared_ptr<const Geometry> geometry);

  /// Follows demand and room after a recorded request: improves the values of some states, so that
  /// no request pays for all of them.
  void Learn(const ValueInput& input);

  /// The weight of room for each profile now.
  void WeighRoom(const ValueInput& input, std::vector<double>& weights) const;

  /// The future part, by state.
  double future(int state) const { return future_[static_cast<std::size_t>(state)]; }

 private:
  struct Graph;
  static std::shared_ptr<const Graph> MakeGraph(const Geometry& geometry);
  void StartRound(const ValueInput& input);
  void Improve(std::size_t state);

  std::shared_ptr<const DeviceModel> model_;
  std::shared_ptr<const Geometry> geometry_;
  std::shared_ptr<const Graph> graph_;
  std::vector<double> future_;
  std::vector<double> rates_, rewards_;  // by profile, of the round under way
  double arrivals_ = 0;                  // sum of the rates
  std::size_t left_ = 0;                 // states before this one are still to do in the round
  std::int64_t rounds_ = 0;
};

}  // namespace tidegate
