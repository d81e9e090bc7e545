// SPDX-License-Identifier: Apache-2.0
//
// A fleet under arbitrary events: slices come and go, devices are cordoned and drained, plans are
// made and carried out. Whatever is planned has to pass the independent checkers.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tidegate/placement.h"

namespace {

using namespace tidegate;

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  bool empty() const { return left_ == 0; }
  std::size_t Next(std::size_t below) {
    if (left_ == 0) return 0;
    --left_;
    return *data_++ % below;
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

void Require(bool holds) {
  if (!holds) std::abort();
}

// What the checker says of a device, from the fleet's own account of it.
void CheckDevice(const Fleet& fleet, std::size_t device) {
  std::vector<PlacedSlice> slices;
  for (const Slice& slice : fleet.slices(device)) slices.push_back(slice.placed);
  Require(CheckLayout(fleet.model_of(device), slices).ok());
}

class Events {
 public:
  Events(const DeviceModel& model, std::size_t devices) : model_(model) {
    Require(fleet_.AddModel(model).ok());
    for (std::size_t d = 0; d < devices; ++d) {
      Require(fleet_
                  .AddDevice(
                      {.id = std::to_string(d), .model = model.id, .node = std::to_string(d / 2)})
                  .has_value());
    }
  }

  void Step(Bytes& bytes) {
    switch (bytes.Next(8)) {
      case 0:
        return Remove(bytes);
      case 1:
        return Repack({.fewest_devices = true});
      case 2:
        return Admit(bytes);
      case 3:
        (void)fleet_.SetDeviceState(bytes.Next(fleet_.device_count()),
                                    static_cast<DeviceState>(bytes.Next(3)));
        return;
      default:
        return Place(bytes);
    }
  }

 private:
  std::string Profile(Bytes& bytes) const {
    return model_.profiles[bytes.Next(model_.profiles.size())].name;
  }

  void Place(Bytes& bytes) {
    SliceRequest request{.id = "s" + std::to_string(next_++), .profile = Profile(bytes)};
    request.group = std::to_string(bytes.Next(3));
    request.spread = static_cast<Spread>(bytes.Next(3));
    Require(fleet_.RecordDemand(request.profile).ok());
    const auto spot = placer_->Choose(fleet_, request);
    if (!spot) return;
    Require(fleet_.device(spot->device).state == DeviceState::kOpen);
    Require(fleet_
                .AddSlice({.id = request.id,
                           .device = spot->device,
                           .placed = spot->placed,
                           .group = request.group,
                           .pinned = bytes.Next(8) == 0})
                .ok());
    CheckDevice(fleet_, spot->device);
    live_.push_back(request.id);
  }

  void Remove(Bytes& bytes) {
    if (live_.empty()) return;
    const std::size_t victim = bytes.Next(live_.size());
    Require(fleet_.RemoveSlice(live_[victim]).ok());
    live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(victim));
  }

  void Admit(Bytes& bytes) {
    RepackRequest request;
    request.admit.push_back({.id = "s" + std::to_string(next_++), .profile = Profile(bytes)});
    Repack(request);
  }

  void Repack(const RepackRequest& request) {
    const auto plan = PlanRepack(fleet_, request);
    if (!plan) return;
    Require(CheckRepack(fleet_, request, *plan).ok());
    for (const SliceMove& move : plan->moves) {
      Slice slice = *fleet_.FindSlice(move.slice);
      Require(fleet_.RemoveSlice(move.slice).ok());
      slice.device = move.to.device;
      slice.placed = move.to.placed;
      Require(fleet_.AddSlice(slice).ok());
    }
    for (const Placement& placement : plan->placed) {
      Require(fleet_
                  .AddSlice({.id = placement.id,
                             .device = placement.spot.device,
                             .placed = placement.spot.placed})
                  .ok());
      live_.push_back(placement.id);
    }
    for (std::size_t d = 0; d < fleet_.device_count(); ++d) CheckDevice(fleet_, d);
  }

  const DeviceModel& model_;
  Fleet fleet_;
  const std::unique_ptr<Placer> placer_ = MakePlacer();
  std::vector<std::string> live_;
  int next_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 2000) return 0;
  Bytes bytes(data, size);
  const auto models = DeviceModels();
  const DeviceModel& model = models[bytes.Next(models.size())];
  if (model.memory_slices == 0) return 0;
  Events events(model, 1 + bytes.Next(6));
  while (!bytes.empty()) events.Step(bytes);
  return 0;
}
