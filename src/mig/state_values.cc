// SPDX-License-Identifier: Apache-2.0
#include "mig/state_values.h"

#include <algorithm>
#include <cmath>

namespace tidegate {
namespace {

// Found by a random search over simulated mixes and loads; benchmarks/mig has the simulator. The
// results are flat around them: each may be halved or doubled within the noise.
constexpr double kPriorDemand = 0.5;         // requests of each profile before the first is seen
constexpr double kPriorFades = 16;           // after so many requests it is half
constexpr double kScarceRoom = 0.93;         // room is scarce below this many places …
constexpr double kScarceRoomPerRoot = 0.41;  // … and this times the root of what is live
constexpr double kRoomFloor = 0.016;         // weight of room that is not scarce at all
constexpr double kFutureWeight = 0.2;
constexpr double kRewardFloor = 0.018;
constexpr double kArrivalFactor = 0.22;  // a device competes for more than its share of requests
constexpr double kLeaveRate = 0.48;      // of a slice, in mean stays
constexpr double kDiscount = 2.0;        // how far ahead to look, in mean stays
constexpr double kLeastShare = 0.03;
constexpr double kLeastOffered = 0.5;  // slices a device

constexpr int kFirstSweeps = 40;
constexpr int kSweeps = 6;

// Shares of the demand. Profiles that nobody has asked for yet count a little, ever less.
std::vector<double> Shares(const ValueInput& input) {
  double seen = 0;
  for (const double count : input.demand) seen += count;
  const double prior = kPriorDemand / (1 + seen / kPriorFades);
  std::vector<double> shares;
  for (const double count : input.demand) {
    shares.push_back((count + prior) / (seen + prior * static_cast<double>(input.demand.size())));
  }
  return shares;
}

// Slices that are asked for at a time, by device, as far as what is live can tell.
double Offered(const ValueInput& input, const std::vector<double>& shares) {
  double offered = kLeastOffered;
  for (std::size_t p = 0; p < input.live.size(); ++p) {
    const double share = std::max(shares[p], kLeastShare);
    offered = std::max(offered, static_cast<double>(input.live[p]) / share /
                                    static_cast<double>(std::max<std::int64_t>(input.devices, 1)));
  }
  return offered;
}

}  // namespace

// Compressed lists: what can be added to a state, and what is left when a slice leaves it.
struct StateValues::Graph {
  struct Step {
    std::uint16_t profile;
    std::int16_t next;
  };
  std::vector<Step> adds;
  std::vector<std::int16_t> leaves;
  std::vector<std::uint32_t> first_add, first_leave;  // by state, and one past the end
};

std::shared_ptr<const StateValues::Graph> StateValues::MakeGraph(const Geometry& geometry) {
  auto graph = std::make_shared<Graph>();
  for (int state = 0; state < geometry.state_count(); ++state) {
    graph->first_add.push_back(static_cast<std::uint32_t>(graph->adds.size()));
    graph->first_leave.push_back(static_cast<std::uint32_t>(graph->leaves.size()));
    for (std::size_t option = 0; option < geometry.options().size(); ++option) {
      const int next = geometry.Add(state, option);
      if (next != Geometry::kNone) {
        graph->adds.push_back(
            {geometry.options()[option].profile, static_cast<std::int16_t>(next)});
      }
      if ((geometry.set(state) >> option & 1U) != 0) {
        graph->leaves.push_back(static_cast<std::int16_t>(geometry.Remove(state, option)));
      }
    }
  }
  graph->first_add.push_back(static_cast<std::uint32_t>(graph->adds.size()));
  graph->first_leave.push_back(static_cast<std::uint32_t>(graph->leaves.size()));
  return graph;
}

StateValues::StateValues(std::shared_ptr<const DeviceModel> model,
                         std::shared_ptr<const Geometry> geometry)
    : model_(std::move(model)),
      geometry_(std::move(geometry)),
      graph_(MakeGraph(*geometry_)),
      future_(static_cast<std::size_t>(geometry_->state_count())) {}

// Near 1 where hardly a slice of the profile would fit, near 0 where many would.
double StateValues::Scarcity(const ValueInput& input, std::size_t profile) const {
  const double scale =
      kScarceRoom + kScarceRoomPerRoot * std::sqrt(static_cast<double>(input.live[profile]));
  return std::exp(-static_cast<double>(input.room[profile]) / scale);
}

void StateValues::WeighRoom(const ValueInput& input, std::vector<double>& weights) const {
  weights = Shares(input);
  for (std::size_t p = 0; p < weights.size(); ++p) {
    weights[p] *= model_->profiles[p].compute_slices * (Scarcity(input, p) + kRoomFloor);
  }
}

void StateValues::Learn(const ValueInput& input) {
  std::vector<double> rates, rewards;
  const std::vector<double> shares = Shares(input);
  const double offered = Offered(input, shares);
  for (std::size_t p = 0; p < input.demand.size(); ++p) {
    rates.push_back(kArrivalFactor * shares[p] * offered);
    rewards.push_back(kFutureWeight * model_->profiles[p].compute_slices *
                      (Scarcity(input, p) + kRewardFloor));
  }
  const int sweeps = learned_ < 3 ? kFirstSweeps : kSweeps;
  for (int i = 0; i < sweeps; ++i) Sweep(rates, rewards);
  ++learned_;
}

// One round of value iteration, from full states down, each state from what it just learned.
void StateValues::Sweep(std::span<const double> rates, std::span<const double> rewards) {
  std::vector<double> best(rates.size());
  double arrivals = 0;
  for (const double rate : rates) arrivals += rate;
  for (std::size_t s = future_.size(); s-- > 0;) {
    std::fill(best.begin(), best.end(), future_[s]);
    for (std::uint32_t i = graph_->first_add[s]; i < graph_->first_add[s + 1]; ++i) {
      const Graph::Step& step = graph_->adds[i];
      best[step.profile] = std::max(
          best[step.profile], rewards[step.profile] + future_[static_cast<std::size_t>(step.next)]);
    }
    double value = 0;
    for (std::size_t p = 0; p < rates.size(); ++p) value += rates[p] * best[p];
    const std::uint32_t end = graph_->first_leave[s + 1];
    for (std::uint32_t i = graph_->first_leave[s]; i < end; ++i) {
      value += kLeaveRate * future_[static_cast<std::size_t>(graph_->leaves[i])];
    }
    future_[s] = value / (arrivals + kDiscount + kLeaveRate * (end - graph_->first_leave[s]));
  }
}

}  // namespace tidegate
