// SPDX-License-Identifier: Apache-2.0
#include "nvml/read.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace tidegate {

namespace {

using nvml::Library;
using nvml::MigDevice;

std::string PciId(unsigned id) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "0x%08X", id);
  return text.data();
}

/// One GPU, call by call.
class DeviceReader {
 public:
  DeviceReader(const Library& library, nvml::Device handle) : nvml_(library), handle_(handle) {}

  Result<NvmlDevice> Read() {
    if (const Status status = ReadNames(); !status) return status.error();
    if (const Status status = ReadMode(); !status) return status.error();
    if (!out_.mig) return std::move(out_);
    if (const Status status = ReadProfiles(); !status) return status.error();
    if (!*out_.mig) return std::move(out_);
    if (const Status status = ReadSlices(); !status) out_.slices_error = status.error();
    return std::move(out_);
  }

 private:
  Status ReadNames() {
    std::array<char, nvml::kNameSize> text{};
    if (const auto code = nvml_.DeviceGetUUID(handle_, text.data(), text.size())) {
      return nvml_.Fault("nvmlDeviceGetUUID", code);
    }
    out_.uuid = text.data();
    if (const auto code = nvml_.DeviceGetName(handle_, text.data(), text.size())) {
      return nvml_.Fault("nvmlDeviceGetName", code);
    }
    out_.name = text.data();
    nvml::PciInfo pci{};
    if (const auto code = nvml_.DeviceGetPciInfo_v3(handle_, &pci)) {
      return nvml_.Fault("nvmlDeviceGetPciInfo_v3", code);
    }
    out_.bus_id = pci.bus_id;
    out_.pci_id = PciId(pci.pci_device_id);
    return {};
  }

  Status ReadMode() {
    unsigned current = 0;
    unsigned pending = 0;
    const auto code = nvml_.DeviceGetMigMode(handle_, &current, &pending);
    if (code == nvml::kNotSupported) return {};
    if (code != nvml::kSuccess) return nvml_.Fault("nvmlDeviceGetMigMode", code);
    out_.mig = current != 0;
    if (pending != current) out_.mig_pending = pending != 0;
    return {};
  }

  // An index that the GPU has no profile for is not supported, or too large for the driver.
  Status ReadProfiles() {
    if (nvml_.DeviceGetGpuInstanceProfileInfoV == nullptr) return {};
    for (unsigned index = 0; index < nvml::kProfileCount; ++index) {
      nvml::ProfileInfo info{};
      info.version = nvml::kProfileInfoVersion;
      if (nvml_.DeviceGetGpuInstanceProfileInfoV(handle_, index, &info) != nvml::kSuccess) continue;
      ProfileReading reading{.gi_profile_id = info.id,
                             .name = NameOf(info),
                             .compute_slices = static_cast<std::int32_t>(info.slice_count),
                             .memory_mib = static_cast<std::int64_t>(info.memory_size_mb),
                             .sm_count = static_cast<std::int32_t>(info.multiprocessor_count),
                             .max_instances = static_cast<std::int32_t>(info.instance_count)};
      const auto number = [](unsigned count) { return static_cast<std::int32_t>(count); };
      reading.engines = {number(info.copy_engine_count), number(info.decoder_count),
                         number(info.encoder_count), number(info.jpeg_count),
                         number(info.ofa_count)};
      if (Status status = ReadPlacements(reading); !status) return status;
      out_.profiles.push_back(std::move(reading));
    }
    return {};
  }

  // "MIG 1g.10gb+me" is called without the first word everywhere else.
  static std::string NameOf(const nvml::ProfileInfo& info) {
    const std::string name(info.name, std::find(info.name, info.name + nvml::kNameSize, '\0'));
    return name.rfind("MIG ", 0) == 0 ? name.substr(4) : name;
  }

  Status ReadPlacements(ProfileReading& reading) {
    if (nvml_.DeviceGetGpuInstancePossiblePlacements_v2 == nullptr) return {};
    const auto ask = [&](nvml::Placement* placements, unsigned& count) {
      return nvml_.DeviceGetGpuInstancePossiblePlacements_v2(handle_, reading.gi_profile_id,
                                                             placements, &count);
    };
    unsigned count = 0;
    if (const auto code = ask(nullptr, count)) {
      return nvml_.Fault("nvmlDeviceGetGpuInstancePossiblePlacements_v2", code);
    }
    std::vector<nvml::Placement> placements(count);
    if (const auto code = count == 0 ? nvml::kSuccess : ask(placements.data(), count)) {
      return nvml_.Fault("nvmlDeviceGetGpuInstancePossiblePlacements_v2", code);
    }
    placements.resize(std::min<std::size_t>(count, placements.size()));
    for (const nvml::Placement& each : placements) reading.placements.push_back(nvml::SpanOf(each));
    std::sort(reading.placements.begin(), reading.placements.end(),
              [](const SliceSpan& a, const SliceSpan& b) { return a.start < b.start; });
    return {};
  }

  Status ReadSlices() {
    if (out_.profiles.empty()) {  // instances are asked for by profile
      return Error{ErrorCode::kNoData, "the driver names no profiles"};
    }
    const Result<std::vector<MigDevice>> mig_devices = nvml::ReadMigDevices(nvml_, handle_);
    if (!mig_devices) return mig_devices.error();
    for (const ProfileReading& profile : out_.profiles) {
      std::vector<nvml::GpuInstance> handles(static_cast<std::size_t>(profile.max_instances));
      auto count = static_cast<unsigned>(handles.size());
      if (const auto code =
              nvml_.DeviceGetGpuInstances(handle_, profile.gi_profile_id, handles.data(), &count)) {
        return nvml_.Fault("nvmlDeviceGetGpuInstances", code);
      }
      handles.resize(std::min<std::size_t>(count, handles.size()));
      for (const nvml::GpuInstance handle : handles) {
        nvml::InstanceInfo info{};
        if (const auto code = nvml_.GpuInstanceGetInfo(handle, &info)) {
          return nvml_.Fault("nvmlGpuInstanceGetInfo", code);
        }
        out_.slices.push_back(nvml::SliceOf(info, *mig_devices));
      }
    }
    std::sort(out_.slices.begin(), out_.slices.end(),
              [](const NvmlSlice& a, const NvmlSlice& b) { return a.span.start < b.span.start; });
    return {};
  }

  const Library& nvml_;
  nvml::Device handle_;
  NvmlDevice out_;
};

}  // namespace

namespace nvml {

SliceSpan SpanOf(const Placement& placement) {
  return {.start = static_cast<std::uint8_t>(placement.start),
          .size = static_cast<std::uint8_t>(placement.size)};
}

NvmlSlice SliceOf(const InstanceInfo& info, const std::vector<MigDevice>& devices) {
  NvmlSlice slice{.gpu_instance = info.id,
                  .gi_profile_id = info.profile_id,
                  .span = SpanOf(info.placement),
                  .uuids = {},
                  .processes = {}};
  for (const MigDevice& device : devices) {
    if (device.gpu_instance != info.id) continue;
    slice.uuids.push_back(device.uuid);
    slice.processes.insert(slice.processes.end(), device.processes.begin(), device.processes.end());
  }
  return slice;
}

namespace {

// Who computes on a MIG device. A driver that does not tell is taken for one that has nobody:
// it refuses to destroy what is in use all the same.
std::vector<std::uint32_t> ReadProcesses(const Library& nvml, Device device) {
  if (nvml.DeviceGetComputeRunningProcesses_v2 == nullptr) return {};
  constexpr unsigned kSpare = 16;  // that come between two calls
  unsigned count = 0;
  Return code = nvml.DeviceGetComputeRunningProcesses_v2(device, &count, nullptr);
  if (code != kInsufficientSize || count == 0) return {};
  std::vector<ProcessInfo> found(count + kSpare);
  count = static_cast<unsigned>(found.size());
  code = nvml.DeviceGetComputeRunningProcesses_v2(device, &count, found.data());
  if (code != kSuccess) return {};
  found.resize(std::min<std::size_t>(count, found.size()));
  std::vector<std::uint32_t> pids;
  for (const ProcessInfo& each : found) pids.push_back(each.pid);
  return pids;
}

}  // namespace

// Indices of MIG devices have gaps.
Result<std::vector<MigDevice>> ReadMigDevices(const Library& nvml, Device gpu) {
  unsigned count = 0;
  if (const auto code = nvml.DeviceGetMaxMigDeviceCount(gpu, &count)) {
    return nvml.Fault("nvmlDeviceGetMaxMigDeviceCount", code);
  }
  std::vector<MigDevice> devices;
  for (unsigned index = 0; index < count; ++index) {
    Device mig = nullptr;
    if (nvml.DeviceGetMigDeviceHandleByIndex(gpu, index, &mig) != kSuccess) continue;
    unsigned instance = 0;
    std::array<char, kNameSize> uuid{};
    auto code = nvml.DeviceGetGpuInstanceId(mig, &instance);
    if (code == kSuccess) code = nvml.DeviceGetUUID(mig, uuid.data(), uuid.size());
    if (code != kSuccess) return nvml.Fault("MIG device", code);
    devices.push_back({instance, uuid.data(), ReadProcesses(nvml, mig)});
  }
  return devices;
}

// A GPU that has fallen off the bus takes no other with it.
Result<NvmlInventory> ReadInventory(const Library& nvml) {
  NvmlInventory inventory;
  std::array<char, kNameSize> version{};
  if (const auto code = nvml.SystemGetDriverVersion(version.data(), version.size())) {
    return nvml.Fault("nvmlSystemGetDriverVersion", code);
  }
  inventory.driver_version = version.data();
  unsigned count = 0;
  if (const auto code = nvml.DeviceGetCount_v2(&count)) {
    return nvml.Fault("nvmlDeviceGetCount_v2", code);
  }
  for (unsigned index = 0; index < count; ++index) {
    const std::string gpu = "GPU " + std::to_string(index) + ": ";
    Device handle = nullptr;
    const auto code = nvml.DeviceGetHandleByIndex_v2(index, &handle);
    Result<NvmlDevice> device =
        code == kSuccess ? DeviceReader(nvml, handle).Read()
                         : Result<NvmlDevice>(nvml.Fault("nvmlDeviceGetHandleByIndex_v2", code));
    if (device) {
      inventory.devices.push_back(*std::move(device));
    } else {
      inventory.lost.push_back(gpu + device.error().message);
    }
  }
  return inventory;
}

}  // namespace nvml

Result<NvmlInventory> ReadNvml(const NvmlOptions& options) {
  const Result<std::unique_ptr<Library>> library = Library::Load(options.soname);
  if (!library) return library.error();
  return nvml::ReadInventory(**library);
}

}  // namespace tidegate
