// SPDX-License-Identifier: Apache-2.0
#include "core/seat.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace tidegate::core {
namespace {

constexpr MilliValue kMilliPerMib = MilliValue{1000} << 20;

// So many requests of a workload are remembered at full weight before all of them fade by half.
constexpr double kMostRequests = 1024;

// "4", "4.25"
std::string InReplicas(MilliValue capacity) {
  std::string text = std::to_string(capacity / 1000);
  if (capacity % 1000 == 0) return text;
  text += "." + std::to_string(1000 + capacity % 1000).substr(1);
  return text.substr(0, text.find_last_not_of('0') + 1);
}

std::string Where(const ReplicaSlice& slice) {
  return slice.profile + "@" + std::to_string(slice.start) + " of " + slice.device;
}

}  // namespace

Seat::Seat(const WorkloadInput& input, WorkloadOutput& output) : input_(input), output_(output) {
  for (const Replica& replica : input.observation.replicas) replicas_[replica.name] = &replica;
  for (const ReplicaSlice& slice : input.observation.slices) {
    const Replica* replica = ReplicaOf(slice);
    (replica != nullptr && replica->terminating ? leaving_ : kept_).push_back(slice);
  }
  for (const ReplicaSlice& slice : kept_) before_.push_back(slice.id);
  std::set<std::string_view> placed;
  for (const ReplicaSlice& slice : input.observation.slices) placed.insert(slice.replica);
  for (const Replica& replica : input.observation.replicas) {
    if (!replica.terminating && placed.count(replica.name) == 0) bare_.push_back(replica.name);
  }
}

const Replica* Seat::ReplicaOf(const ReplicaSlice& slice) const {
  const auto found = replicas_.find(slice.replica);
  return found == replicas_.end() ? nullptr : found->second;
}

bool Seat::Serving(const ReplicaSlice& slice) const {
  const Replica* replica = ReplicaOf(slice);
  return replica != nullptr && replica->Serving();
}

// The new place of a replica that still serves at its old one.
bool Seat::IsTarget(const ReplicaSlice& slice) const {
  return !slice.replaces.empty() &&
         std::any_of(kept_.begin(), kept_.end(),
                     [&](const ReplicaSlice& other) { return other.id == slice.replaces; });
}

MilliValue Seat::seated() const {
  MilliValue sum = 0;
  for (const ReplicaSlice& slice : kept_) sum += IsTarget(slice) ? 0 : WorthOf(slice);
  return sum;
}

SliceRequest Seat::Request(std::size_t size) const {
  SliceRequest request;
  request.id = workload();
  request.profile = input_.spec.slice->sizes[size].profile;
  request.group = workload();
  return request;
}

SliceRequest Seat::Request() const {
  const SliceSpec& spec = *input_.spec.slice;
  if (spec.moldable()) return Request(first_choice_);
  SliceRequest request;
  request.id = workload();
  request.profile = spec.profile;
  request.group = workload();
  if (spec.profile.empty()) {
    const MilliValue mib = spec.memory / kMilliPerMib + (spec.memory % kMilliPerMib > 0 ? 1 : 0);
    request.need = SliceNeed{.memory_mib = mib, .sm_count = spec.sm_count, .count = 1};
  }
  return request;
}

void Seat::Price(const Fleet& fleet) {
  if (!moldable()) return;
  std::set<std::string_view> models;
  sizes_.assign(input_.spec.slice->sizes.size(), {});
  for (std::size_t d = 0; d < fleet.device_count(); ++d) {
    if (!models.insert(fleet.device(d).model).second) continue;
    const DeviceModel& model = fleet.model_of(d);
    for (std::size_t s = 0; s < sizes_.size(); ++s) {
      const SliceSize& size = input_.spec.slice->sizes[s];
      const Result<std::size_t> profile = FindProfile(model, size.profile);
      if (!profile) continue;
      const std::int64_t share = DeviceShare(model, *profile);
      sizes_[s].cost = sizes_[s].serves > 0 ? std::min(sizes_[s].cost, share) : share;
      sizes_[s].serves = size.capacity;
    }
  }
  first_choice_ = NextSize(wanted()).value_or(0);
}

std::optional<std::size_t> Seat::NextSize(MilliValue goal) const {
  const std::vector<std::int64_t> counts =
      CheapestSizes(sizes_, std::max<MilliValue>(1, goal - seated()));
  std::optional<std::size_t> next;
  for (std::size_t s = 0; s < counts.size(); ++s) {
    if (counts[s] > 0 && (!next || sizes_[s].serves > sizes_[*next].serves)) next = s;
  }
  return next;
}

void Seat::Record(const Result<Fleet>& fleet) {
  std::optional<SliceRequests>& memory = output_.next.slices;
  if (!memory) memory.emplace();
  const std::int32_t more = output_.decision.desired - memory->wanted;
  memory->wanted = output_.decision.desired;
  if (more <= 0 || !fleet) return;
  AddRequests(*fleet, more, memory->asked);
  double sum = 0;
  for (const auto& [profile, count] : memory->asked) sum += count;
  for (auto& [profile, count] : memory->asked) count *= sum > kMostRequests ? 0.5 : 1;
}

void Seat::AddRequests(const Fleet& fleet, std::int32_t replicas,
                       std::map<std::string, double>& to) {
  if (!moldable()) {
    const std::string_view profile = SmallestProfile(fleet, Request());
    if (!profile.empty()) to[std::string(profile)] += replicas;
    return;
  }
  Price(fleet);
  const std::vector<std::int64_t> counts = CheapestSizes(sizes_, MilliValue{1000} * replicas);
  for (std::size_t s = 0; s < counts.size(); ++s) {
    const std::string& profile = input_.spec.slice->sizes[s].profile;
    if (counts[s] > 0) to[profile] += static_cast<double>(counts[s]);
  }
}

void Seat::Drop(std::string_view slice_id) {
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const ReplicaSlice& slice) { return slice.id == slice_id; });
  if (found == kept_.end()) return;
  if (!found->replica.empty()) victims_.push_back(found->replica);
  leaving_.push_back(std::move(*found));
  kept_.erase(found);
}

std::vector<std::string> Seat::GoingFirst(bool serving) const {
  std::vector<std::pair<std::optional<TimePoint>, std::string>> order;
  for (const ReplicaSlice& slice : kept_) {
    const Replica* replica = ReplicaOf(slice);
    if (Serving(slice) != serving) continue;
    order.emplace_back(replica == nullptr ? std::nullopt : replica->start_time, FleetId(slice));
  }
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    if (a.first.has_value() != b.first.has_value()) return b.first.has_value();
    return std::tie(a.first, a.second) > std::tie(b.first, b.second);
  });
  std::vector<std::string> names;
  names.reserve(order.size());
  for (auto& [start, name] : order) names.push_back(std::move(name));
  return names;
}

const ReplicaSlice* Seat::Find(std::string_view fleet_id) const {
  for (const ReplicaSlice& slice : kept_) {
    if (FleetId(slice) == fleet_id) return &slice;
  }
  return nullptr;
}

void Seat::Refuse(StepCause cause, std::string reason) { refusal_ = {cause, std::move(reason)}; }

void Seat::Move(const ReplicaSlice& from, ReplicaSlice to, const std::string& why) {
  moves_ += (moves_.empty() ? "" : "; ") + ("moves " + FleetId(from)) + " from " + Where(from) +
            " to " + Where(to) + " (" + why + ")";
  to.replaces = from.id;
  Take(std::move(to));
}

void Seat::FinishMoves() {
  std::vector<std::string> done;
  for (ReplicaSlice& slice : kept_) {
    const bool target = IsTarget(slice);
    if (target && !Serving(slice)) continue;
    if (target) done.push_back(slice.replaces);
    slice.replaces.clear();
  }
  for (const std::string& id : done) Drop(id);
}

void Seat::CancelMoves() {
  std::vector<std::string> targets;
  for (const ReplicaSlice& slice : kept_) {
    if (IsTarget(slice)) targets.push_back(slice.id);
  }
  for (const std::string& id : targets) Drop(id);
}

void Seat::DropLost(const DriverSlices& driver) {
  std::vector<std::string> lost;
  for (const ReplicaSlice& slice : kept_) {
    const bool exists = std::any_of(driver.slices.begin(), driver.slices.end(),
                                    [&](const DeviceSlice& each) { return each.id == slice.id; });
    if (!exists && !slice.replica.empty() && !Serving(slice)) lost.push_back(slice.id);
  }
  for (const std::string& id : lost) Drop(id);
}

bool Seat::Unchanged() const {
  return std::equal(
      kept_.begin(), kept_.end(), before_.begin(), before_.end(),
      [](const ReplicaSlice& slice, const std::string& id) { return slice.id == id; });
}

bool Seat::Settled() const {
  if (seated() < wanted() || !Unchanged()) return false;
  return std::none_of(kept_.begin(), kept_.end(), [this](const ReplicaSlice& slice) {
    return IsTarget(slice) || WorthOf(slice) <= Surplus();
  });
}

bool Seat::AtRest(TimePoint since) const {
  const std::optional<TimePoint>& scaled = input_.history.last_scale_time;
  if (!Unchanged() || !leaving_.empty() || (scaled && *scaled > since)) return false;
  return std::all_of(kept_.begin(), kept_.end(), [&](const ReplicaSlice& slice) {
    return !IsTarget(slice) && Serving(slice) && ReplicaOf(slice)->ready_transition <= since;
  });
}

void Seat::Append(StepCause cause, std::int32_t wanted, std::string reason) {
  Step& step = output_.decision.steps.emplace_back();
  step.stage = Stage::kPlace;
  step.cause = cause;
  step.replicas = output_.decision.desired;
  step.wanted = wanted;
  step.reason = std::move(reason);
}

// More than have a slice are not asked for again and again. What was asked for before stays:
// nothing is scaled down, to zero least of all, because a device is gone.
void Seat::Cap() {
  Decision& decision = output_.decision;
  const std::int32_t wanted = decision.desired;
  const MilliValue fits = seated();
  if (fits >= this->wanted() || !refusal_) return;
  decision.desired =
      std::min(wanted, std::max(static_cast<std::int32_t>(fits / 1000), decision.current));
  Append(refusal_->cause, wanted,
         "slices for " + InReplicas(fits) + " of " + std::to_string(wanted) +
             " replicas: " + refusal_->reason);
}

void Seat::Write() {
  Cap();
  Decision& decision = output_.decision;
  if (!moves_.empty()) Append(StepCause::kMove, decision.desired, std::move(moves_));
  if (Unchanged() && decision.desired == decision.current) return output_.command.reset();
  victims_.insert(victims_.end(), bare_.begin(), bare_.end());
  output_.command = ScaleCommand{.workload = workload(),
                                 .replicas = decision.desired,
                                 .victims = std::move(victims_),
                                 .slices = kept_};
}

}  // namespace tidegate::core
