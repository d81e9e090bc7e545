// SPDX-License-Identifier: Apache-2.0
#include "mig/model_pack.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "mig/fleet_impl.h"

namespace tidegate {
namespace {

class ModelPacker {
 public:
  ModelPacker(const PackRequest& request, std::size_t model,
              const std::vector<WantedSlices>& wanted, NextNumbers& next)
      : request_(request),
        impl_(request.fleet.impl()),
        index_(model),
        model_(*impl_.models[model].model),
        wanted_(wanted),
        next_(next) {
    answer_.pack.model = model_.id;
  }

  Result<ModelAnswer> Run() {
    if (Status status = CopyDevices(); !status) return status.error();
    NameSlices();
    Status status = Prove();
    if (status) status = fleet_.slice_count() == 0 ? LayOut() : Repack();
    if (!status) return status.error();
    CountDevices();
    return std::move(answer_);
  }

 private:
  // The model's devices alone. Only a repack empties what is draining.
  Status CopyDevices() {
    if (Status status = fleet_.AddModel(model_); !status) return status;
    for (std::size_t d = 0; d < impl_.devices.size(); ++d) {
      if (impl_.devices[d].model != index_) continue;
      Device device = impl_.devices[d].device;
      if (device.state == DeviceState::kDraining && request_.moves != PackMoves::kRepack) {
        device.state = DeviceState::kCordoned;
      }
      if (device.state == DeviceState::kOpen) open_.push_back(fleet_.device_count());
      const Result<std::size_t> copy = fleet_.AddDevice(device);
      if (!copy) return copy.error();
      answer_.device_of.push_back(d);
      for (Slice slice : impl_.devices[d].slices) {
        slice.device = *copy;
        if (Status status = fleet_.AddSlice(slice); !status) return status;
      }
    }
    answer_.pack.in_use_before = static_cast<std::int64_t>(fleet_.devices_in_use());
    return {};
  }

  // "llama-0", "llama-1" …, past those that there are.
  void NameSlices() {
    for (const WantedSlices& wanted : wanted_) {
      for (std::int64_t n = 0; n < wanted.count; ++n) {
        std::string id;
        do {
          id = wanted.workload + "-" + std::to_string(next_[wanted.workload]++);
        } while (request_.fleet.FindSlice(id) != nullptr);
        answer_.workload_of[id] = wanted.workload;
        names_[wanted.profile].push_back(id);
        admit_.push_back({.id = id, .profile = model_.profiles[wanted.profile].name});
      }
    }
  }

  Status Prove() {
    SliceDemand& load = answer_.pack.load;
    load = impl_.models[index_].live;
    SliceDemand wanted(load.size());
    for (const WantedSlices& slices : wanted_) wanted[slices.profile] += slices.count;
    for (std::size_t p = 0; p < load.size(); ++p) load[p] += wanted[p];
    Result<Packer> packer = Packer::Make(model_);
    if (!packer) return packer.error();
    Result<Packing> optimum = packer->Optimum(load);
    if (!optimum) return optimum.error();
    answer_.pack.optimum = *std::move(optimum);
    const Result<std::int64_t> fresh = packer->MinimumDevices(wanted);
    if (!fresh) return fresh.error();
    most_added_ = *fresh;
    return CheckPacking(model_, load, answer_.pack.optimum);
  }

  // Nothing runs: the optimum's layouts, one after the other.
  Status LayOut() {
    AddDevices(answer_.pack.optimum.devices - static_cast<std::int64_t>(open_.size()), fleet_);
    std::map<std::size_t, std::size_t> next;  // by profile
    std::size_t device = 0;
    for (const LayoutCount& layout : answer_.pack.optimum.layouts) {
      for (std::int64_t i = 0; i < layout.devices; ++i, ++device) {
        const std::size_t at = device < open_.size()
                                   ? open_[device]
                                   : answer_.device_of.size() + device - open_.size();
        std::vector<PlacedSlice> slices = layout.slices;
        std::sort(slices.begin(), slices.end(), [](const PlacedSlice& a, const PlacedSlice& b) {
          return a.span.start < b.span.start;
        });
        for (const PlacedSlice& placed : slices) {
          answer_.placed.push_back({names_[placed.profile][next[placed.profile]++], {at, placed}});
        }
      }
    }
    return {};
  }

  // Adds devices until it works; more are never worse.
  Status Repack() {
    Result<RepackPlan> plan = Try(0);
    std::int64_t low = 0, high = 0;
    if (!plan) {
      const auto draining =
          std::count_if(impl_.devices.begin(), impl_.devices.end(), [&](const FleetDevice& device) {
            return device.model == index_ && device.device.state == DeviceState::kDraining;
          });
      high = most_added_ + (request_.moves == PackMoves::kRepack ? draining + 1 : 0);
      const Error first = plan.error();
      plan = Try(high);
      if (!plan || high == 0) return first;
    }
    while (low + 1 < high) {
      const std::int64_t middle = low + (high - low) / 2;
      Result<RepackPlan> fewer = Try(middle);
      (fewer ? high : low) = middle;
      if (fewer) plan = std::move(fewer);
    }
    AddDevices(high, fleet_);
    if (plan->moves.empty()) PlaceWell(*plan);
    if (Status checked = CheckRepack(fleet_, Request(), *plan); !checked) return checked;
    answer_.pack.moves = static_cast<std::int64_t>(plan->moves.size());
    answer_.pack.least_moves = plan->least_moves;
    answer_.pack.rounds = plan->rounds;
    answer_.pack.spare_devices = plan->spare_devices;
    answer_.pack.explanation = plan->explanation;
    answer_.moves = std::move(plan->moves);
    answer_.placed = std::move(plan->placed);
    return {};
  }

  // Where nothing has to move, the programme only counts: of all places that take no more devices
  // the placer knows those that leave most room.
  void PlaceWell(RepackPlan& plan) const {
    Fleet fleet = fleet_;
    std::vector<Gang> gangs;
    for (const SliceRequest& wanted : admit_) {
      (void)fleet.RecordDemand(wanted.profile);
      gangs.push_back({.members = {wanted}});
    }
    const auto size = [this](const Gang& gang) {
      const std::size_t profile = *FindProfile(model_, gang.members.front().profile);
      return std::pair(model_.profiles[profile].memory_slices,
                       model_.profiles[profile].compute_slices);
    };
    std::stable_sort(gangs.begin(), gangs.end(),
                     [&](const Gang& a, const Gang& b) { return size(a) > size(b); });
    PlacementPlan placed = MakePlacer()->Place({fleet, gangs});
    std::set<std::size_t> opened;
    for (const Placement& placement : placed.placed) {
      if (fleet.slices(placement.spot.device).empty()) opened.insert(placement.spot.device);
    }
    const auto devices = static_cast<std::int64_t>(fleet.devices_in_use() + opened.size());
    if (!placed.unplaced.empty() || devices != plan.devices_after) return;
    plan.placed = std::move(placed.placed);
  }

  Result<RepackPlan> Try(std::int64_t added) {
    Fleet fleet = fleet_;
    AddDevices(added, fleet);
    answer_.added.clear();
    return PlanRepack(fleet, Request());
  }

  RepackRequest Request() const {
    RepackRequest request{.admit = admit_};
    request.fewest_devices = request_.moves != PackMoves::kToAdmit;
    if (request_.moves == PackMoves::kRepack) request.max_moves = request_.max_moves;
    if (request_.moves == PackMoves::kNone) request.max_moves = 0;
    return request;
  }

  void AddDevices(std::int64_t count, Fleet& fleet) {
    std::int64_t number = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      Device device{.model = model_.id};
      do {
        device.id = model_.id + "-new-" + std::to_string(number++);
      } while (impl_.device_by_id.count(device.id) > 0);
      (void)fleet.AddDevice(device);
      answer_.added.push_back(device);
    }
  }

  void CountDevices() {
    std::map<std::size_t, std::int64_t> slices;
    for (std::size_t d = 0; d < fleet_.device_count(); ++d) {
      slices[d] = static_cast<std::int64_t>(fleet_.slices(d).size());
    }
    for (const SliceMove& move : answer_.moves) {
      --slices[move.from.device];
      ++slices[move.to.device];
    }
    for (const Placement& placement : answer_.placed) ++slices[placement.spot.device];
    answer_.pack.in_use = std::count_if(slices.begin(), slices.end(),
                                        [](const auto& device) { return device.second > 0; });
    answer_.pack.added = static_cast<std::int64_t>(answer_.added.size());
    answer_.pack.devices = static_cast<std::int64_t>(fleet_.device_count());
  }

  const PackRequest& request_;
  const Fleet::Impl& impl_;
  const std::size_t index_;
  const DeviceModel& model_;
  const std::vector<WantedSlices>& wanted_;
  NextNumbers& next_;
  Fleet fleet_;                    // the model's devices, and those that are added
  std::vector<std::size_t> open_;  // of them
  std::map<std::size_t, std::vector<std::string>> names_;  // by profile: ids of new slices
  std::vector<SliceRequest> admit_;
  std::int64_t most_added_ = 0;  // with so many devices more all that is wanted has room
  ModelAnswer answer_;
};

// The most slices of the profile beside the load on so many devices, if all could be moved.
Result<std::int64_t> RoomAfterRepack(const Packer& packer, SliceDemand load, std::size_t profile,
                                     std::int64_t devices) {
  const std::int64_t there = load[profile];
  std::int64_t low = 0, high = devices * packer.model().profiles[profile].max_instances + 1;
  while (low + 1 < high) {
    const std::int64_t middle = low + (high - low) / 2;
    load[profile] = there + middle;
    const Result<std::int64_t> needed = packer.MinimumDevices(load);
    if (!needed) return needed.error();
    (*needed <= devices ? low : high) = middle;
  }
  return low;
}

}  // namespace

Result<ModelAnswer> PackModel(const PackRequest& request, std::size_t model,
                              const std::vector<WantedSlices>& wanted, NextNumbers& next) {
  return ModelPacker(request, model, wanted, next).Run();
}

Result<Fragmentation> MeasureFragmentation(const Fleet& fleet, const std::string& model_id) {
  const Fleet::Impl& impl = fleet.impl();
  const std::size_t index = impl.FindModel(model_id);
  if (index == IndexSet::kNone) {
    return Error{ErrorCode::kNotFound, "the fleet has no model " + model_id};
  }
  const FleetModel& of = impl.models[index];
  const DeviceModel& model = *of.model;
  SliceDemand load(model.profiles.size()), on_open(model.profiles.size());
  std::int64_t in_use = 0, compute = 0, memory = 0;
  for (const FleetDevice& device : impl.devices) {
    if (device.model != index) continue;
    in_use += device.slices.empty() ? 0 : 1;
    for (const Slice& slice : device.slices) {
      ++load[slice.placed.profile];
      if (device.device.state == DeviceState::kOpen) ++on_open[slice.placed.profile];
      compute += model.profiles[slice.placed.profile].compute_slices;
      memory += slice.placed.span.size;
    }
  }
  Result<Packer> packer = Packer::Make(model);
  if (!packer) return packer.error();
  const Result<std::int64_t> fewest = packer->MinimumDevices(load);
  if (!fewest) return fewest.error();
  Fragmentation out;
  out.unused_compute = model.compute_slices * in_use - compute;
  out.unused_memory = model.memory_slices * in_use - memory;
  out.structural_compute = model.compute_slices * *fewest - compute;
  out.structural_memory = model.memory_slices * *fewest - memory;
  double now = 0, repacked = 0;
  for (std::size_t p = 0; p < model.profiles.size(); ++p) {
    const Result<std::int64_t> room = RoomAfterRepack(*packer, on_open, p, of.open_devices);
    if (!room) return room.error();
    out.room.push_back({p, of.room[p], *room});
    now += static_cast<double>(load[p]) * static_cast<double>(of.room[p]);
    repacked += static_cast<double>(load[p]) * static_cast<double>(*room);
  }
  if (repacked > 0) out.index = 1 - now / repacked;
  return out;
}

}  // namespace tidegate
