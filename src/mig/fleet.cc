// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>
#include <utility>

#include "mig/fleet_impl.h"

namespace tidegate {
namespace {

constexpr std::size_t kNone = IndexSet::kNone;

// So many requests are remembered at full weight before all of them fade by half.
constexpr double kDemandMemory = 4096;

Error Invalid(const std::string& what) { return {ErrorCode::kInvalidArgument, what}; }

std::string Where(const DeviceModel& model, const PlacedSlice& placed) {
  const bool known = placed.profile < model.profiles.size();
  return (known ? model.profiles[placed.profile].name : std::string("profile ?")) + "@" +
         std::to_string(placed.span.start);
}

void Change(std::map<std::string, int>& uses, const std::string& key, int by) {
  if (key.empty()) return;
  if ((uses[key] += by) == 0) uses.erase(key);
}

// One request more, during which the slices that run stayed.
void Count(FleetModel& model, std::size_t profile) {
  model.demand[profile] += 1;
  double sum = 0;
  for (std::size_t p = 0; p < model.demand.size(); ++p) {
    sum += model.demand[p];
    model.stayed[p] += static_cast<double>(model.live[p]);
  }
  if (sum <= kDemandMemory) return;
  for (std::vector<double>* counts : {&model.demand, &model.gone, &model.stayed}) {
    for (double& count : *counts) count *= 0.5;
  }
}

}  // namespace

std::size_t Fleet::Impl::FindModel(std::string_view id) const {
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (models[i].model->id == id) return i;
  }
  return kNone;
}

std::optional<std::size_t> Fleet::Impl::OptionOf(std::size_t device,
                                                 const PlacedSlice& placed) const {
  const Geometry& geometry = *models[devices[device].model].geometry;
  const auto option = geometry.FindOption(placed.profile, placed.span.start);
  if (!option || geometry.options()[*option].span != placed.span) return std::nullopt;
  return option;
}

bool Fleet::Impl::Admits(const SliceRequest& request, std::size_t device) const {
  const Device& at = devices[device].device;
  if (!request.node.empty() && request.node != at.node) return false;
  if (!request.domain.empty() && request.domain != at.domain) return false;
  if (request.spread == Spread::kPack) return true;
  const auto group = groups.find(request.group);
  if (group == groups.end()) return true;
  switch (request.spread) {
    case Spread::kNodes:
      return group->second.nodes.count(at.node) == 0;
    case Spread::kDomains:
      return group->second.domains.count(at.domain) == 0;
    default:
      return group->second.devices.count(device) == 0;
  }
}

void Fleet::Impl::Unlist(std::size_t device) {
  FleetModel& model = models[devices[device].model];
  const auto state = static_cast<std::size_t>(devices[device].state);
  if (!model.open[state].Contains(device)) return;
  model.open[state].Erase(device);
  if (model.open[state].empty()) model.present.Erase(state);
  --model.open_devices;
  const int state_class = model.geometry->class_of(devices[device].state);
  for (std::size_t p = 0; p < model.room.size(); ++p) {
    model.room[p] -= model.geometry->Fits(state_class, p);
  }
}

void Fleet::Impl::List(std::size_t device) {
  if (devices[device].device.state != DeviceState::kOpen) return;
  FleetModel& model = models[devices[device].model];
  const auto state = static_cast<std::size_t>(devices[device].state);
  model.open[state].Insert(device);
  model.present.Insert(state);
  ++model.open_devices;
  const int state_class = model.geometry->class_of(devices[device].state);
  for (std::size_t p = 0; p < model.room.size(); ++p) {
    model.room[p] += model.geometry->Fits(state_class, p);
  }
}

namespace {

void SmallestFirst(const Fleet::Impl& fleet, std::vector<Candidate>& candidates) {
  const auto size = [&](const Candidate& c) {
    const SliceProfile& profile = fleet.models[c.model].model->profiles[c.profile];
    return std::tuple(profile.memory_slices, profile.compute_slices,
                      profile.memory_mib.value_or(0));
  };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const Candidate& a, const Candidate& b) { return size(a) < size(b); });
}

// Of a moldable need.
std::vector<Candidate> SizesFor(const Fleet::Impl& fleet, const SliceNeed& need) {
  std::vector<Candidate> out;
  for (const SliceRate& rate : need.rates) {
    const std::size_t m = fleet.FindModel(rate.model);
    if (m == IndexSet::kNone) continue;
    if (const auto p = FindProfile(*fleet.models[m].model, rate.profile)) out.push_back({m, *p});
  }
  SmallestFirst(fleet, out);
  return out;
}

}  // namespace

std::vector<Candidate> CandidatesFor(const Fleet::Impl& fleet, const SliceRequest& request) {
  std::vector<Candidate> out;
  if (request.profile.empty() && request.need && request.need->moldable()) {
    return SizesFor(fleet, *request.need);
  }
  const bool named = !request.profile.empty() || !request.need;
  const std::string& name = named ? request.profile : request.need->profile;
  for (std::size_t m = 0; m < fleet.models.size(); ++m) {
    const DeviceModel& model = *fleet.models[m].model;
    if (!name.empty()) {
      if (const auto profile = FindProfile(model, name)) out.push_back({m, *profile});
      continue;
    }
    for (std::size_t p = 0; request.need && p < model.profiles.size(); ++p) {
      const SliceProfile& profile = model.profiles[p];
      if (profile.attributes == ProfileAttributes{} &&
          profile.memory_mib.value_or(0) >= request.need->memory_mib &&
          profile.sm_count.value_or(0) >= request.need->sm_count) {
        out.push_back({m, p});
      }
    }
  }
  SmallestFirst(fleet, out);
  return out;
}

std::string_view SmallestProfile(const Fleet& fleet, const SliceRequest& request) {
  const std::vector<Candidate> candidates = CandidatesFor(fleet.impl(), request);
  if (candidates.empty()) return {};
  const Candidate& first = candidates.front();
  return fleet.impl().models[first.model].model->profiles[first.profile].name;
}

Fleet::Fleet() : impl_(std::make_unique<Impl>()) {}
Fleet::Fleet(const Fleet& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
Fleet::Fleet(Fleet&&) noexcept = default;
Fleet& Fleet::operator=(const Fleet& other) {
  if (this != &other) impl_ = std::make_unique<Impl>(*other.impl_);
  return *this;
}
Fleet& Fleet::operator=(Fleet&&) noexcept = default;
Fleet::~Fleet() = default;

Status Fleet::AddModel(const DeviceModel& model) {
  if (impl_->FindModel(model.id) != kNone) return Invalid(model.id + ": is there already");
  Result<Geometry> geometry = Geometry::Make(model);
  if (!geometry) return geometry.error();
  auto shared_model = std::make_shared<const DeviceModel>(model);
  auto shared_geometry = std::make_shared<const Geometry>(*std::move(geometry));
  FleetModel added{.model = shared_model,
                   .geometry = shared_geometry,
                   .values = StateValues(shared_model, shared_geometry)};
  added.goal = impl_->goal;
  added.open.resize(static_cast<std::size_t>(added.geometry->state_count()));
  added.room.resize(model.profiles.size());
  added.live.resize(model.profiles.size());
  added.demand.resize(model.profiles.size());
  added.gone.resize(model.profiles.size());
  added.stayed.resize(model.profiles.size());
  impl_->models.push_back(std::move(added));
  return {};
}

Result<std::size_t> Fleet::AddDevice(const Device& device) {
  const std::size_t model = impl_->FindModel(device.model);
  if (model == kNone) {
    return Invalid("device " + device.id + ": the fleet has no model " + device.model);
  }
  const std::size_t index = impl_->devices.size();
  if (!impl_->device_by_id.emplace(device.id, index).second) {
    return Invalid("device " + device.id + ": is there already");
  }
  impl_->devices.push_back({device, model, Geometry::kEmptyState, {}});
  impl_->List(index);
  return index;
}

Status Fleet::SetDeviceState(std::size_t device, DeviceState state) {
  if (device >= impl_->devices.size()) {
    return Error{ErrorCode::kNotFound, "no device " + std::to_string(device)};
  }
  impl_->Unlist(device);
  impl_->devices[device].device.state = state;
  impl_->List(device);
  return {};
}

Status Fleet::AddSlice(const Slice& slice) {
  Impl& fleet = *impl_;
  if (slice.device >= fleet.devices.size()) {
    return Invalid("slice " + slice.id + ": no device " + std::to_string(slice.device));
  }
  FleetDevice& device = fleet.devices[slice.device];
  FleetModel& model = fleet.models[device.model];
  const auto option = fleet.OptionOf(slice.device, slice.placed);
  const int next = option ? model.geometry->Add(device.state, *option) : Geometry::kNone;
  if (next == Geometry::kNone) {
    return Invalid("slice " + slice.id + ": " + Where(*model.model, slice.placed) +
                   (option ? " does not fit beside what is on " : " is no placement of ") +
                   device.device.id);
  }
  if (!fleet.device_of_slice.emplace(slice.id, slice.device).second) {
    return Invalid("slice " + slice.id + ": is there already");
  }
  fleet.Unlist(slice.device);
  fleet.in_use += device.slices.empty() ? 1 : 0;
  device.state = next;
  const auto after = std::find_if(device.slices.begin(), device.slices.end(), [&](const Slice& s) {
    return s.placed.span.start > slice.placed.span.start;
  });
  device.slices.insert(after, slice);
  ++model.live[slice.placed.profile];
  fleet.List(slice.device);
  if (slice.group.empty()) return {};
  GroupUse& group = fleet.groups[slice.group];
  ++group.devices[slice.device];
  Change(group.nodes, device.device.node, 1);
  Change(group.domains, device.device.domain, 1);
  return {};
}

Status Fleet::RemoveSlice(std::string_view id) {
  Impl& fleet = *impl_;
  const auto found = fleet.device_of_slice.find(std::string(id));
  if (found == fleet.device_of_slice.end()) {
    return Error{ErrorCode::kNotFound, "no slice " + std::string(id)};
  }
  const std::size_t at = found->second;
  FleetDevice& device = fleet.devices[at];
  FleetModel& model = fleet.models[device.model];
  const auto slice = std::find_if(device.slices.begin(), device.slices.end(),
                                  [id](const Slice& s) { return s.id == id; });
  fleet.Unlist(at);
  device.state = model.geometry->Remove(device.state, *fleet.OptionOf(at, slice->placed));
  --model.live[slice->placed.profile];
  ++model.gone[slice->placed.profile];
  if (!slice->group.empty()) {
    const auto group = fleet.groups.find(slice->group);
    if (--group->second.devices[at] == 0) group->second.devices.erase(at);
    Change(group->second.nodes, device.device.node, -1);
    Change(group->second.domains, device.device.domain, -1);
    if (group->second.devices.empty()) fleet.groups.erase(group);
  }
  device.slices.erase(slice);
  fleet.device_of_slice.erase(found);
  fleet.in_use -= device.slices.empty() ? 1 : 0;
  fleet.List(at);
  return {};
}

Status Fleet::RecordDemand(std::string_view profile) {
  bool known = false;
  for (FleetModel& model : impl_->models) {
    const auto found = FindProfile(*model.model, profile);
    if (!found) continue;
    known = true;
    Count(model, *found);
    model.values.Learn(model.Input());
  }
  if (known) return {};
  return Error{ErrorCode::kNotFound,
               "no model of the fleet has a profile \"" + std::string(profile) + "\""};
}

void Fleet::SetDemand(const std::map<std::string, double>& requests) {
  for (FleetModel& model : impl_->models) {
    std::fill(model.demand.begin(), model.demand.end(), 0.0);
    for (const auto& [name, count] : requests) {
      const auto profile = FindProfile(*model.model, name);
      if (profile) model.demand[*profile] += count;
    }
    model.values.LearnAtOnce(model.Input());
  }
}

void Fleet::SetGoal(FleetGoal goal) {
  impl_->goal = goal;
  for (FleetModel& model : impl_->models) model.goal = goal;
}

std::size_t Fleet::device_count() const { return impl_->devices.size(); }
const Device& Fleet::device(std::size_t index) const { return impl_->devices[index].device; }
const DeviceModel& Fleet::model_of(std::size_t device) const {
  return *impl_->models[impl_->devices[device].model].model;
}

const DeviceModel* Fleet::FindModel(std::string_view id) const {
  const std::size_t model = impl_->FindModel(id);
  return model == IndexSet::kNone ? nullptr : impl_->models[model].model.get();
}
std::vector<Slice> Fleet::slices(std::size_t device) const { return impl_->devices[device].slices; }
const Slice* Fleet::FindSlice(std::string_view id) const {
  const auto found = impl_->device_of_slice.find(std::string(id));
  if (found == impl_->device_of_slice.end()) return nullptr;
  for (const Slice& slice : impl_->devices[found->second].slices) {
    if (slice.id == id) return &slice;
  }
  return nullptr;
}
std::size_t Fleet::slice_count() const { return impl_->device_of_slice.size(); }
std::size_t Fleet::devices_in_use() const { return impl_->in_use; }

}  // namespace tidegate
