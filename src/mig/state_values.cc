// SPDX-License-Identifier: Apache-2.0
#include "mig/state_values.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tidegate {
namespace {

// Most were found by an evolution strategy (CMA-ES, Hansen & Ostermeier 2001) over simulated
// streams, and rounded: the six mixes of benchmarks/mig and six random ones, loads from 0.7 to 1.2,
// exponential and heavy-tailed stays, 8 and 64 devices; judged on other seeds and other families.
// kWholeDevice was set by the table autoscale, kFillsUp and kCostOfLateRoom by openb-inflate.
constexpr double kPriorDemand = 3.0;         // requests of each profile before the first is seen
constexpr double kPriorFades = 7.0;          // after so many requests it is half
constexpr double kPriorGone = 16.0;          // slices of each profile that left at the mean rate
constexpr double kScarceRoom = 1.3;          // room is scarce below this many places …
constexpr double kScarceRoomPerRoot = 0.25;  // … and this times the root of what is live
constexpr double kRoomFloor = 0.012;         // weight of room that is not scarce at all
constexpr double kRoomWeight = 1.4;
constexpr double kDiscount = 0.8;    // the end of what counts, in rates at which a slice leaves
constexpr double kWholeDevice = 12;  // compute slices served, in a stay, that an empty one is worth
constexpr double kCostStep = 0.2;    // how far a round follows the costs that it measures
constexpr double kFillsUp = 2;  // where so many times the room is asked for in the long run …
constexpr double kCostOfLateRoom = 0.3;  // … a request costs so much of what it brings at least
constexpr double kCostScarce = 0.08;     // how far a cost is that of no room where it is scarce
constexpr double kFirstCost = 0.3;       // before any was measured, of a request's compute slices

// A round over all states is spread over so many requests.
constexpr std::size_t kRequestsARound = 16;
constexpr std::int64_t kFirstRounds = 64;  // one with each request
constexpr int kRoundsAtOnce = 16;          // where all that was asked for is said at once

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
double Scarcity(const ValueInput& input, std::size_t profile) {
  const double scale =
      kScarceRoom + kScarceRoomPerRoot * std::sqrt(static_cast<double>(input.live[profile]));
  return std::exp(-static_cast<double>(input.room[profile]) / scale);
}

// Compute slices that a request asks for, in the mean.
double MeanRequest(const std::vector<double>& arrive, const DeviceModel& model) {
  double mean = 0;
  for (std::size_t p = 0; p < arrive.size(); ++p) {
    mean += arrive[p] * model.profiles[p].compute_slices;
  }
  return mean;
}

// So many slices are taken to have stayed before the first was seen: as many as fill the fleet, as
// if it were sized for what comes. One that is bought as it is needed has no size.
double PriorStayed(const ValueInput& input, const std::vector<double>& arrive,
                   const DeviceModel& model) {
  if (input.goal == FleetGoal::kFewDevices) return 1;
  const auto slices = static_cast<double>(input.devices * model.compute_slices);
  return std::max(1.0, slices / MeanRequest(arrive, model));
}

// So many more requests of the observed mix would fill what is free.
double RequestsToFill(const ValueInput& input, const std::vector<double>& arrive,
                      const DeviceModel& model) {
  std::int64_t free = input.devices * model.compute_slices;
  for (std::size_t p = 0; p < input.live.size(); ++p) {
    free -= input.live[p] * model.profiles[p].compute_slices;
  }
  return static_cast<double>(std::max<std::int64_t>(free, 0)) / MeanRequest(arrive, model);
}

// How many of the slices that run leave between two requests, each.
double MeanLeaveRate(const ValueInput& input, double prior_stayed) {
  double gone = 1, stayed = prior_stayed;
  for (std::size_t p = 0; p < input.gone.size(); ++p) {
    gone += input.gone[p];
    stayed += input.stayed[p] + static_cast<double>(input.live[p]);
  }
  return gone / stayed;
}

}  // namespace

// Compressed lists: what can be added to a state, and what is left when a slice leaves it.
struct StateValues::Graph {
  struct Step {
    std::uint16_t profile;
    std::int16_t next;
  };
  std::vector<Step> adds, leaves;
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
        graph->leaves.push_back({geometry.options()[option].profile,
                                 static_cast<std::int16_t>(geometry.Remove(state, option))});
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
      future_(static_cast<std::size_t>(geometry_->state_count())),
      leave_(model_->profiles.size()) {
  for (const SliceProfile& profile : model_->profiles) {
    costs_.push_back(kFirstCost * profile.compute_slices);
  }
}

void StateValues::WeighRoom(const ValueInput& input, std::vector<double>& weights) const {
  weights = Shares(input);
  for (std::size_t p = 0; p < weights.size(); ++p) {
    weights[p] *=
        kRoomWeight * model_->profiles[p].memory_slices * (Scarcity(input, p) + kRoomFloor);
  }
}

void StateValues::Learn(const ValueInput& input) {
  if (left_ == 0) StartRound(input);
  const std::size_t share = (future_.size() + kRequestsARound - 1) / kRequestsARound;
  ImproveDownTo(rounds_ > kFirstRounds ? left_ - std::min(left_, share) : 0);
}

void StateValues::LearnAtOnce(const ValueInput& input) {
  for (int round = 0; round < kRoundsAtOnce; ++round) {
    StartRound(input);
    ImproveDownTo(0);
  }
}

void StateValues::ImproveDownTo(std::size_t state) {
  while (left_ > state) Improve(--left_);
}

void StateValues::StartRound(const ValueInput& input) {
  arrive_ = Shares(input);
  const double mean = MeanLeaveRate(input, PriorStayed(input, arrive_, *model_));
  for (std::size_t p = 0; p < leave_.size(); ++p) {
    leave_[p] = (input.gone[p] + kPriorGone) / (input.stayed[p] + kPriorGone / mean);
  }
  MeasureCosts(input);
  end_ = 1 + kDiscount * mean;
  whole_ = input.goal == FleetGoal::kFewDevices ? kWholeDevice * mean : 0;
  left_ = future_.size();
  ++rounds_;
}

// Far more comes, for as long as it stays, than there is room for, however it is packed.
bool StateValues::FillsUp(const ValueInput& input) const {
  double load = 0;
  for (std::size_t p = 0; p < arrive_.size(); ++p) {
    load += arrive_[p] * model_->profiles[p].compute_slices / leave_[p];
  }
  return load > kFillsUp * static_cast<double>(input.devices * model_->compute_slices);
}

// What each profile costs at least, of what it brings. A fleet that fills up, because hardly
// anybody leaves, is not to be packed badly while there is room. And it is to be filled in the
// observed mix: what has not room enough for its share of the rest costs all that it brings, so
// that others leave it some.
std::vector<double> StateValues::LeastCosts(const ValueInput& input) const {
  std::vector<double> least(costs_.size());
  if (!FillsUp(input)) return least;
  const double rest = RequestsToFill(input, arrive_, *model_);
  for (std::size_t p = 0; p < least.size(); ++p) {
    const bool short_of_room = arrive_[p] * rest > static_cast<double>(input.room[p]);
    least[p] = short_of_room ? 1 : kCostOfLateRoom;
  }
  return least;
}

// What the fleet loses at the best place for each profile; all that a request brings if it has
// none, and some of that if it will soon have none.
void StateValues::MeasureCosts(const ValueInput& input) {
  std::vector<double> best(costs_.size(), -std::numeric_limits<double>::infinity());
  for (std::size_t s = input.present.First(); s != IndexSet::kNone; s = input.present.Next(s + 1)) {
    for (std::uint32_t i = graph_->first_add[s]; i < graph_->first_add[s + 1]; ++i) {
      const Graph::Step& step = graph_->adds[i];
      best[step.profile] =
          std::max(best[step.profile], future_[static_cast<std::size_t>(step.next)] - future_[s]);
    }
  }
  const std::vector<double> least = LeastCosts(input);
  for (std::size_t p = 0; p < costs_.size(); ++p) {
    const double reward = model_->profiles[p].compute_slices;
    double cost = std::clamp(-best[p], least[p] * reward, reward);
    cost += kCostScarce * Scarcity(input, p) * (reward - cost);
    costs_[p] += kCostStep * (cost - costs_[p]);
  }
}

// Value iteration: states come from full down, so each sees what those above it just learned.
void StateValues::Improve(std::size_t state) {
  const double here = future_[state];
  double value = here + (state == Geometry::kEmptyState ? whole_ : 0);
  double rate = end_;
  std::uint32_t i = graph_->first_add[state];
  while (i < graph_->first_add[state + 1]) {  // the steps of a profile are neighbours
    const std::uint16_t profile = graph_->adds[i].profile;
    double best = here;
    for (; i < graph_->first_add[state + 1] && graph_->adds[i].profile == profile; ++i) {
      best =
          std::max(best, costs_[profile] + future_[static_cast<std::size_t>(graph_->adds[i].next)]);
    }
    value += arrive_[profile] * (best - here);
  }
  for (i = graph_->first_leave[state]; i < graph_->first_leave[state + 1]; ++i) {
    const Graph::Step& step = graph_->leaves[i];
    value += leave_[step.profile] * future_[static_cast<std::size_t>(step.next)];
    rate += leave_[step.profile];
  }
  future_[state] = value / rate;
}

}  // namespace tidegate
