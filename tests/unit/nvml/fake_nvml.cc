// SPDX-License-Identifier: Apache-2.0
//
// A library with NVML's interface, for what no GPU of a test machine can be made to show: an
// A100-40GB with MIG on and slices, next to a T4. FAKE_NVML names a fault.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "nvml/abi.h"

namespace nvml = tidegate::nvml;

namespace {

struct Row {
  unsigned index, id, compute, max, sms;
  unsigned long long memory;
  const char* name;
  std::array<unsigned, 7> starts;
  unsigned placements, size;
};

constexpr Row kRows[] = {
    {0, 19, 1, 7, 14, 4864, "MIG 1g.5gb", {0, 1, 2, 3, 4, 5, 6}, 7, 1},
    {1, 14, 2, 3, 28, 9856, "MIG 2g.10gb", {4, 2, 0}, 3, 2},  // in no order
    {2, 9, 3, 2, 42, 19968, "MIG 3g.20gb", {0, 4}, 2, 4},
    {3, 5, 4, 1, 56, 19968, "MIG 4g.20gb", {0}, 1, 4},
    {4, 0, 7, 1, 98, 40192, "MIG 7g.40gb", {0}, 1, 8},
    {7, 20, 1, 1, 14, 4864, "MIG 1g.5gb+me", {0, 1, 2, 3, 4, 5, 6}, 7, 1},
    {9, 15, 1, 4, 14, 9856, "MIG 1g.10gb", {0, 2, 4, 6}, 4, 2},
};

struct Instance {
  unsigned id, profile, start, size;
};
constexpr Instance kInstances[] = {{1, 9, 4, 4}, {7, 19, 0, 1}, {8, 19, 2, 1}};

bool Fault(std::string_view name) {
  const char* fault = std::getenv("FAKE_NVML");
  return fault != nullptr && name == fault;
}

// Handles are small numbers: GPUs from 1, MIG devices from 11, GPU instances from 1.
template <typename T>
std::size_t Number(T handle) {
  return reinterpret_cast<std::size_t>(handle);
}
template <typename T>
T Handle(std::size_t number) {
  return reinterpret_cast<T>(number);  // NOLINT: opaque
}

bool IsA100(nvml::Device device) { return Number(device) == 1; }

nvml::Return Text(char* out, unsigned size, const char* text) {
  std::snprintf(out, size, "%s", text);
  return nvml::kSuccess;
}

constexpr nvml::Return kNoPermission = 4, kNotFound = 6, kUnknown = 999;

}  // namespace

#define FAKE extern "C" __attribute__((visibility("default"))) nvml::Return

FAKE nvmlInit_v2() { return Fault("init") ? kUnknown : nvml::kSuccess; }
FAKE nvmlShutdown() { return nvml::kSuccess; }
extern "C" __attribute__((visibility("default"))) const char* nvmlErrorString(nvml::Return code) {
  return code == kNoPermission ? "Insufficient Permissions" : "Unknown Error";
}
FAKE nvmlSystemGetDriverVersion(char* out, unsigned size) { return Text(out, size, "535.104.05"); }
FAKE nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 2;
  return nvml::kSuccess;
}
FAKE nvmlDeviceGetHandleByIndex_v2(unsigned index, nvml::Device* device) {
  *device = Handle<nvml::Device>(index + 1);
  return nvml::kSuccess;
}
FAKE nvmlDeviceGetName(nvml::Device device, char* out, unsigned size) {
  if (!IsA100(device)) return Text(out, size, "Tesla T4");
  return Text(out, size, Fault("unknown-card") ? "NVIDIA Z9" : "NVIDIA A100-SXM4-40GB");
}
FAKE nvmlDeviceGetUUID(nvml::Device device, char* out, unsigned size) {
  if (Number(device) > 10) {
    std::snprintf(out, size, "MIG-%zu", Number(device) - 10);
    return nvml::kSuccess;
  }
  return Text(out, size, IsA100(device) ? "GPU-a" : "GPU-t");
}
FAKE nvmlDeviceGetPciInfo_v3(nvml::Device device, nvml::PciInfo* info) {
  std::memset(info, 0, sizeof *info);
  Text(info->bus_id, sizeof info->bus_id, "00000000:07:00.0");
  info->pci_device_id = IsA100(device) && !Fault("unknown-card") ? 0x20B010DE : 0x1EB810DE;
  return nvml::kSuccess;
}
FAKE nvmlDeviceGetMigMode(nvml::Device device, unsigned* current, unsigned* pending) {
  if (!IsA100(device)) return nvml::kNotSupported;
  *current = Fault("off") ? 0 : 1;
  *pending = 1;
  return nvml::kSuccess;
}
FAKE nvmlDeviceGetGpuInstanceProfileInfoV(nvml::Device, unsigned index, nvml::ProfileInfo* info) {
  if (info->version != nvml::kProfileInfoVersion) return kUnknown;
  if (Fault("off") || Fault("silent")) return nvml::kNotSupported;
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows),
                                 [&](const Row& each) { return each.index == index; });
  if (row == std::end(kRows)) return nvml::kNotSupported;
  info->id = row->id;
  info->slice_count = row->compute;
  info->instance_count = row->max;
  info->multiprocessor_count = row->sms;
  info->copy_engine_count = 1;
  info->memory_size_mb = row->memory;
  return Text(info->name, sizeof info->name,
              Fault("renamed") && row->id == 15 ? "MIG 1c.10gb" : row->name);
}
FAKE nvmlDeviceGetGpuInstancePossiblePlacements_v2(nvml::Device, unsigned id, nvml::Placement* out,
                                                   unsigned* count) {
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows),
                                 [&](const Row& each) { return each.id == id; });
  *count = row->placements;
  for (unsigned i = 0; out != nullptr && i < *count; ++i) out[i] = {row->starts[i], row->size};
  return nvml::kSuccess;
}
FAKE nvmlDeviceGetGpuInstances(nvml::Device, unsigned profile, nvml::GpuInstance* out,
                               unsigned* count) {
  if (Fault("no-permission")) return kNoPermission;
  *count = 0;
  for (std::size_t i = 0; i < std::size(kInstances); ++i) {
    if (kInstances[i].profile == profile) out[(*count)++] = Handle<nvml::GpuInstance>(i + 1);
  }
  return nvml::kSuccess;
}
FAKE nvmlGpuInstanceGetInfo(nvml::GpuInstance handle, nvml::InstanceInfo* info) {
  const Instance& instance = kInstances[Number(handle) - 1];
  *info = {nullptr, instance.id, instance.profile, {instance.start, instance.size}};
  return nvml::kSuccess;
}
FAKE nvmlDeviceGetMaxMigDeviceCount(nvml::Device, unsigned* count) {
  *count = 7;
  return nvml::kSuccess;
}
// Device 0 is of instance 1, 3 and 4 are both of instance 7; instance 8 has none.
FAKE nvmlDeviceGetMigDeviceHandleByIndex(nvml::Device, unsigned index, nvml::Device* out) {
  if (index != 0 && index != 3 && index != 4) return kNotFound;
  *out = Handle<nvml::Device>(11 + index);
  return nvml::kSuccess;
}
FAKE nvmlDeviceGetGpuInstanceId(nvml::Device device, unsigned* id) {
  *id = Number(device) == 11 ? 1 : 7;
  return nvml::kSuccess;
}
