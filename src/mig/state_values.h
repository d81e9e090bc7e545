// SPDX-License-Identifier: Apache-2.0
//
// What a state of a device is worth to the requests to come.
//
// Two parts. The room of a state: how many slices of each profile could be added, each weighed by
// how often it is asked for and how scarce room for it is in the fleet. And the future of a single
// device: a decision process (Puterman, Markov Decision Processes, ch. 6) in which requests arrive
// in the observed mix and slices leave at the observed rates. The fleet is one such process a
// device, coupled by the requests that only one of them can have (a weakly coupled process, relaxed
// as in Whittle, Restless Bandits, 1988): a device buys a request at the price at which any other
// would sell it, so what serving it brings is what the fleet loses by serving it, and all of it
// where there is no room. Those costs are measured on the fleet as it is, with the values that they
// lead to. The first part sees one profile at a time but this fleet, the second what a mixture of
// requests can make of a device in the long run.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "mig/geometry.h"
#include "mig/index_set.h"
#include "tidegate/placement.h"

namespace tidegate {

/// What is known of demand and room when values are asked for. Spans are by profile.
struct ValueInput {
  std::span<const double> demand;      ///< recorded requests, fading
  std::span<const double> gone;        ///< slices that have gone, fading
  std::span<const double> stayed;      ///< slices that ran, summed over the recorded requests
  std::span<const std::int64_t> live;  ///< slices that run
  std::span<const std::int64_t> room;  ///< how many would fit in the fleet
  const IndexSet& present;             ///< states of open devices
  std::int64_t devices = 0;            ///< open ones
  FleetGoal goal = FleetGoal::kServe;
};

class StateValues {
 public:
  StateValues(std::shared_ptr<const DeviceModel> model, std::shared_ptr<const Geometry> geometry);

  /// Follows demand and room after a recorded request: improves the values of some states, so that
  /// no request pays for all of them.
  void Learn(const ValueInput& input);

  /// The same from demand that is known as a whole: all states, several times.
  void LearnAtOnce(const ValueInput& input);

  /// The weight of room for each profile now.
  void WeighRoom(const ValueInput& input, std::vector<double>& weights) const;

  /// The future part, by state.
  double future(int state) const { return future_[static_cast<std::size_t>(state)]; }

 private:
  struct Graph;
  static std::shared_ptr<const Graph> MakeGraph(const Geometry& geometry);
  void StartRound(const ValueInput& input);
  void MeasureCosts(const ValueInput& input);
  bool FillsUp(const ValueInput& input) const;
  std::vector<double> LeastCosts(const ValueInput& input) const;
  void ImproveDownTo(std::size_t state);
  void Improve(std::size_t state);

  std::shared_ptr<const DeviceModel> model_;
  std::shared_ptr<const Geometry> geometry_;
  std::shared_ptr<const Graph> graph_;
  std::vector<double> future_;
  std::vector<double> costs_;   // by profile: what the fleet loses by serving a request, of late
  std::vector<double> arrive_;  // by profile: shares of the demand in the round under way …
  std::vector<double> leave_;   // … how many leave between two requests, each …
  double whole_ = 0;            // … and what an empty device brings between two requests
  double end_ = 0;              // … and one request, and the rate at which what counts ends
  std::size_t left_ = 0;        // states before this one are still to do in the round
  std::int64_t rounds_ = 0;
};

}  // namespace tidegate
