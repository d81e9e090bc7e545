// SPDX-License-Identifier: Apache-2.0
#include "mig/state_values.h"

#include <algorithm>
#include <cmath>

namespace tidegate {
namespace {

// Found by an evolution strategy (CMA-ES, Hansen & Ostermeier 2001) over simulated streams: the six
// mixes of benchmarks/mig and six random ones, loads from 0.6 to 1.2, exponential and heavy-tailed
// stays, 8 and 64 devices; judged on other seeds and six other mixes. How far and how strongly the
// future counts was then set by streams of 30,000 requests besides: with less discount values grow
// for tens of thousands of requests, and a fleet that ran for long placed worse than a young one.
constexpr double kPriorDemand = 3.0;        // requests of each profile before the first is seen
constexpr double kPriorFades = 7.0;         // after so many requests it is half
constexpr double kScarceRoom = 0.88;        // room is scarce below this many places …
constexpr double kScarceRoomPerRoot = 0.2;  // … and this times the root of what is live
constexpr double kRoomFloor = 0.0145;       // weight of room that is not scarce at all
constexpr double kFutureWeight = 0.4;
constexpr double kFutureReach = 7.0;   // room must last so much longer for the future
constexpr double kRewardFloor = 0.2;   // reward where room is not scarce at all
constexpr double kRewardPower = 1.13;  // reward grows so with the memory slices that it takes
constexpr double kArrivalRate = 28.0;  // requests to a device, …
constexpr double kLeaveRate = 0.2;     // … slices that leave it, each, …
constexpr double kDiscount = 0.12;     // … and the end of what counts, in one unit of time

// A round over all states is spread over so many requests. Few rounds are meant: values trail
// behind, and so average over how scarce room was of late.
constexpr std::size_t kRequestsARound = 16;
constexpr std::int64_t kFirstRounds = 64;  // one with each request

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

// Near 1 where hardly a slice of the profile would fit, near 0 where many would.
double Scarcity(const ValueInput& input, std::size_t profile, double reach) {
  const double scale =
      kScarceRoom + kScarceRoomPerRoot * std::sqrt(static_cast<double>(input.live[profile]));
  return std::exp(-static_cast<double>(input.room[profile]) / (scale * reach));
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

void StateValues::WeighRoom(const ValueInput& input, std::vector<double>& weights) const {
  weights = Shares(input);
  for (std::size_t p = 0; p < weights.size(); ++p) {
    weights[p] *= model_->profiles[p].memory_slices * (Scarcity(input, p, 1) + kRoomFloor);
  }
}

void StateValues::Learn(const ValueInput& input) {
  const std::size_t states = future_.size();
  if (left_ == 0) StartRound(input);
  const std::size_t share = (states + kRequestsARound - 1) / kRequestsARound;
  const std::size_t last = rounds_ > kFirstRounds ? left_ - std::min(left_, share) : 0;
  while (left_ > last) Improve(--left_);
}

void StateValues::StartRound(const ValueInput& input) {
  rates_ = Shares(input);
  rewards_.clear();
  arrivals_ = 0;
  for (std::size_t p = 0; p < rates_.size(); ++p) {
    rates_[p] *= kArrivalRate;
    arrivals_ += rates_[p];
    rewards_.push_back(kFutureWeight * std::pow(model_->profiles[p].memory_slices, kRewardPower) *
                       (Scarcity(input, p, kFutureReach) + kRewardFloor));
  }
  left_ = future_.size();
  ++rounds_;
}

// Value iteration: states come from full down, so each sees what those above it just learned.
void StateValues::Improve(std::size_t state) {
  const double here = future_[state];
  double value = arrivals_ * here;
  std::uint32_t i = graph_->first_add[state];
  while (i < graph_->first_add[state + 1]) {  // the steps of a profile are neighbours
    const std::uint16_t profile = graph_->adds[i].profile;
    double best = here;
    for (; i < graph_->first_add[state + 1] && graph_->adds[i].profile == profile; ++i) {
      best = std::max(best,
                      rewards_[profile] + future_[static_cast<std::size_t>(graph_->adds[i].next)]);
    }
    value += rates_[profile] * (best - here);
  }
  const std::uint32_t end = graph_->first_leave[state + 1];
  for (std::uint32_t j = graph_->first_leave[state]; j < end; ++j) {
    value += kLeaveRate * future_[static_cast<std::size_t>(graph_->leaves[j])];
  }
  future_[state] =
      value / (arrivals_ + kDiscount + kLeaveRate * (end - graph_->first_leave[state]));
}

}  // namespace tidegate
