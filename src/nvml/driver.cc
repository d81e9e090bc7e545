// SPDX-License-Identifier: Apache-2.0
//
// Slices are made and destroyed: a GPU instance at an explicit place, since what the driver would
// choose depends on the order, with one compute instance of its full size.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "nvml/library.h"
#include "nvml/read.h"
#include "tidegate/nvml.h"

namespace tidegate {

using nvml::Library;

class NvmlDriver::Impl {
 public:
  explicit Impl(std::unique_ptr<Library> library) : library_(std::move(library)) {}

  Result<NvmlInventory> Read() const { return nvml::ReadInventory(*library_); }

  Result<NvmlSlice> Create(const std::string& gpu, std::uint32_t profile, SliceSpan span) {
    const Result<nvml::Device> device = FindGpu(gpu);
    if (!device) return device.error();
    const nvml::Placement place{span.start, span.size};
    nvml::GpuInstance instance = nullptr;
    if (const auto code =
            library_->DeviceCreateGpuInstanceWithPlacement(*device, profile, &place, &instance)) {
      return library_->Fault("nvmlDeviceCreateGpuInstanceWithPlacement", code);
    }
    Result<NvmlSlice> slice = Furnish(*device, instance);
    if (slice) return slice;
    Error error = slice.error();
    if (const Status undone = Remove(instance); !undone) {
      error.message += "; the instance is left behind: " + undone.error().message;
    }
    return error;
  }

  Status Destroy(const std::string& gpu, const NvmlSlice& slice) {
    const Result<nvml::Device> device = FindGpu(gpu);
    if (!device) return device.error();
    nvml::GpuInstance instance = nullptr;
    if (const auto code =
            library_->DeviceGetGpuInstanceById(*device, slice.gpu_instance, &instance)) {
      return library_->Fault("nvmlDeviceGetGpuInstanceById", code);
    }
    const Result<NvmlSlice> now = Look(*device, instance);
    if (!now) return now.error();
    if (now->gi_profile_id != slice.gi_profile_id || now->span != slice.span) {
      return Error{ErrorCode::kConflict,
                   "GPU instance " + std::to_string(slice.gpu_instance) + " is another one by now"};
    }
    if (!now->processes.empty()) {
      return Error{ErrorCode::kUnavailable,
                   "process " + std::to_string(now->processes.front()) + " computes there"};
    }
    return Remove(instance);
  }

 private:
  Result<nvml::Device> FindGpu(const std::string& uuid) const {
    if (!library_->can_change()) {
      return Error{ErrorCode::kUnavailable, "this driver can make no slices (R450 or later can)"};
    }
    nvml::Device device = nullptr;
    if (const auto code = library_->DeviceGetHandleByUUID(uuid.c_str(), &device)) {
      return library_->Fault("nvmlDeviceGetHandleByUUID", code);
    }
    return device;
  }

  Result<NvmlSlice> Look(nvml::Device device, nvml::GpuInstance instance) const {
    nvml::InstanceInfo info{};
    if (const auto code = library_->GpuInstanceGetInfo(instance, &info)) {
      return library_->Fault("nvmlGpuInstanceGetInfo", code);
    }
    const Result<std::vector<nvml::MigDevice>> devices = nvml::ReadMigDevices(*library_, device);
    if (!devices) return devices.error();
    return nvml::SliceOf(info, *devices);
  }

  // The kinds of compute instances that a GPU instance can have, each by one description.
  std::vector<nvml::ComputeProfileInfo> ComputeProfiles(nvml::GpuInstance instance) const {
    std::vector<nvml::ComputeProfileInfo> profiles;
    for (unsigned index = 0; index < nvml::kComputeProfileCount; ++index) {
      nvml::ComputeProfileInfo info{};
      if (library_->GpuInstanceGetComputeInstanceProfileInfo(instance, index, nvml::kSharedEngines,
                                                             &info) == nvml::kSuccess) {
        profiles.push_back(info);
      }
    }
    return profiles;
  }

  Result<NvmlSlice> Furnish(nvml::Device device, nvml::GpuInstance instance) const {
    const std::vector<nvml::ComputeProfileInfo> profiles = ComputeProfiles(instance);
    const auto full = std::max_element(
        profiles.begin(), profiles.end(),
        [](const auto& a, const auto& b) { return a.slice_count < b.slice_count; });
    if (full == profiles.end()) {
      return Error{ErrorCode::kUnavailable, "the driver names no compute instance of it"};
    }
    nvml::ComputeInstance compute = nullptr;
    if (const auto code =
            library_->GpuInstanceCreateComputeInstance(instance, full->id, &compute)) {
      return library_->Fault("nvmlGpuInstanceCreateComputeInstance", code);
    }
    Result<NvmlSlice> slice = Look(device, instance);
    if (slice && slice->uuids.size() != 1) {
      return Error{ErrorCode::kUnavailable, "the driver names no MIG device of it"};
    }
    return slice;
  }

  Status Remove(nvml::GpuInstance instance) const {
    for (const nvml::ComputeProfileInfo& profile : ComputeProfiles(instance)) {
      std::vector<nvml::ComputeInstance> found(std::max(1U, profile.instance_count));
      auto count = static_cast<unsigned>(found.size());
      if (const auto code = library_->GpuInstanceGetComputeInstances(instance, profile.id,
                                                                     found.data(), &count)) {
        return library_->Fault("nvmlGpuInstanceGetComputeInstances", code);
      }
      found.resize(std::min<std::size_t>(count, found.size()));
      for (const nvml::ComputeInstance compute : found) {
        if (const auto code = library_->ComputeInstanceDestroy(compute)) {
          return library_->Fault("nvmlComputeInstanceDestroy", code);
        }
      }
    }
    const auto code = library_->GpuInstanceDestroy(instance);
    return code == nvml::kSuccess ? Status()
                                  : Status(library_->Fault("nvmlGpuInstanceDestroy", code));
  }

  std::unique_ptr<Library> library_;
};

NvmlDriver::NvmlDriver(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
NvmlDriver::~NvmlDriver() = default;

Result<std::unique_ptr<NvmlDriver>> NvmlDriver::Open(const NvmlOptions& options) {
  Result<std::unique_ptr<Library>> library = Library::Load(options.soname);
  if (!library) return library.error();
  return std::unique_ptr<NvmlDriver>(new NvmlDriver(std::make_unique<Impl>(*std::move(library))));
}

Result<NvmlInventory> NvmlDriver::Read() const { return impl_->Read(); }

Result<NvmlSlice> NvmlDriver::Create(const std::string& gpu, std::uint32_t gi_profile_id,
                                     SliceSpan span) {
  return impl_->Create(gpu, gi_profile_id, span);
}

Status NvmlDriver::Destroy(const std::string& gpu, const NvmlSlice& slice) {
  return impl_->Destroy(gpu, slice);
}

}  // namespace tidegate
