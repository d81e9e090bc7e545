// SPDX-License-Identifier: Apache-2.0
//
// A library with NVML's interface, for what no GPU of a test machine can be made to show: by
// itself an A100-40GB with MIG on and slices, next to a T4. FAKE_NVML names a fault.
//
// FAKE_NVML_STATE names a file with another machine (fake_world.h has its lines). It is read at
// each call and written after each change, so that it outlives a process and can be changed from
// outside; FILE.log has the changes in their order.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

#include "nvml/abi.h"
#include "tests/unit/nvml/fake_world.h"

namespace nvml = tidegate::nvml;
using tidegate::testing::FakeInstance;
using tidegate::testing::FakeMig;
using tidegate::testing::FakeWorld;

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

const Row* RowOf(unsigned id) {
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows),
                                 [&](const Row& each) { return each.id == id; });
  return row == std::end(kRows) ? nullptr : row;
}

bool Fault(std::string_view name) {
  const char* fault = std::getenv("FAKE_NVML");
  return fault != nullptr && name == fault;
}

const char* StateFile() { return std::getenv("FAKE_NVML_STATE"); }

FakeWorld World() {
  if (StateFile() != nullptr) return FakeWorld::Read(StateFile());
  FakeWorld world;
  world.gpus = {{"GPU-a", "a100"}, {"GPU-t", "t4"}};
  world.instances = {{"GPU-a", 1, 9, 4, 4}, {"GPU-a", 7, 19, 0, 1}, {"GPU-a", 8, 19, 2, 1}};
  world.migs = {
      {"GPU-a", 0, 1, "MIG-1", 2}, {"GPU-a", 3, 7, "MIG-4", 0}, {"GPU-a", 4, 7, "MIG-5", 0}};
  return world;
}

// Only a machine of a file can be changed.
void Change(const FakeWorld& world, const std::string& what) {
  if (StateFile() == nullptr) return;
  world.Write(StateFile());
  std::ofstream(std::string(StateFile()) + ".log", std::ios::app) << what << "\n";
}

// Handles are numbers: GPUs from 1, their MIG devices from 1000 times that, GPU instances by their
// id from there, compute instances by their MIG device.
template <typename T>
std::size_t Number(T handle) {
  return reinterpret_cast<std::size_t>(handle);
}
template <typename T>
T Handle(std::size_t number) {
  return reinterpret_cast<T>(number);  // NOLINT: opaque
}
constexpr std::size_t kOfGpu = 1000;

std::size_t GpuNumber(std::size_t number) { return number < kOfGpu ? number : number / kOfGpu; }

template <typename T>
std::string GpuOf(const FakeWorld& world, T handle) {
  return world.gpus.at(GpuNumber(Number(handle)) - 1).uuid;
}
template <typename T>
bool IsA100(const FakeWorld& world, T handle) {
  return world.gpus.at(GpuNumber(Number(handle)) - 1).kind != "t4";
}
FakeMig* MigOf(FakeWorld& world, std::size_t number) {
  const std::string gpu = world.gpus.at(GpuNumber(number) - 1).uuid;
  for (FakeMig& mig : world.migs) {
    if (mig.gpu == gpu && mig.index == number % kOfGpu) return &mig;
  }
  return nullptr;
}
FakeInstance* InstanceOf(FakeWorld& world, nvml::GpuInstance handle) {
  const std::string gpu = GpuOf(world, handle);
  for (FakeInstance& instance : world.instances) {
    if (instance.gpu == gpu && instance.id == Number(handle) % kOfGpu) return &instance;
  }
  return nullptr;
}

nvml::Return Text(char* out, unsigned size, const char* text) {
  std::snprintf(out, size, "%s", text);
  return nvml::kSuccess;
}

std::string Where(const FakeInstance& instance) {
  return std::to_string(instance.profile) + "@" + std::to_string(instance.start) + " " +
         instance.gpu;
}

constexpr nvml::Return kLost = 15, kUnknown = 999;

}  // namespace

#define FAKE extern "C" __attribute__((visibility("default"))) nvml::Return

FAKE nvmlInit_v2() { return Fault("init") ? kUnknown : nvml::kSuccess; }
FAKE nvmlShutdown() { return nvml::kSuccess; }
extern "C" __attribute__((visibility("default"))) const char* nvmlErrorString(nvml::Return code) {
  switch (code) {
    case nvml::kNoPermission:
      return "Insufficient Permissions";
    case nvml::kInUse:
      return "In use by another client";
    case nvml::kInsufficientResources:
      return "Insufficient Resources";
    case nvml::kNotFound:
      return "Not Found";
    case kLost:
      return "GPU is lost";
    default:
      return "Unknown Error";
  }
}
FAKE nvmlSystemGetDriverVersion(char* out, unsigned size) { return Text(out, size, "535.104.05"); }
FAKE nvmlDeviceGetCount_v2(unsigned* count) {
  *count = static_cast<unsigned>(World().gpus.size());
  return nvml::kSuccess;
}
FAKE nvmlDeviceGetHandleByIndex_v2(unsigned index, nvml::Device* device) {
  if (World().gpus.at(index).kind == "lost") return kLost;
  *device = Handle<nvml::Device>(index + 1);
  return nvml::kSuccess;
}
FAKE nvmlDeviceGetHandleByUUID(const char* uuid, nvml::Device* device) {
  const FakeWorld world = World();
  for (std::size_t i = 0; i < world.gpus.size(); ++i) {
    if (world.gpus[i].uuid != uuid) continue;
    *device = Handle<nvml::Device>(i + 1);
    return world.gpus[i].kind == "lost" ? kLost : nvml::kSuccess;
  }
  return nvml::kNotFound;
}
FAKE nvmlDeviceGetName(nvml::Device device, char* out, unsigned size) {
  if (!IsA100(World(), device)) return Text(out, size, "Tesla T4");
  return Text(out, size, Fault("unknown-card") ? "NVIDIA Z9" : "NVIDIA A100-SXM4-40GB");
}
FAKE nvmlDeviceGetUUID(nvml::Device device, char* out, unsigned size) {
  FakeWorld world = World();
  if (Number(device) < kOfGpu) return Text(out, size, GpuOf(world, device).c_str());
  const FakeMig* mig = MigOf(world, Number(device));
  return mig == nullptr ? nvml::kNotFound : Text(out, size, mig->uuid.c_str());
}
FAKE nvmlDeviceGetPciInfo_v3(nvml::Device device, nvml::PciInfo* info) {
  std::memset(info, 0, sizeof *info);
  Text(info->bus_id, sizeof info->bus_id, "00000000:07:00.0");
  info->pci_device_id = IsA100(World(), device) && !Fault("unknown-card") ? 0x20B010DE : 0x1EB810DE;
  return nvml::kSuccess;
}
FAKE nvmlDeviceGetMigMode(nvml::Device device, unsigned* current, unsigned* pending) {
  const FakeWorld world = World();
  if (!IsA100(world, device)) return nvml::kNotSupported;
  *current = Fault("off") || world.gpus.at(Number(device) - 1).kind == "off" ? 0 : 1;
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
  const Row* row = RowOf(id);
  *count = row->placements;
  for (unsigned i = 0; out != nullptr && i < *count; ++i) out[i] = {row->starts[i], row->size};
  return nvml::kSuccess;
}
FAKE nvmlDeviceGetGpuInstances(nvml::Device device, unsigned profile, nvml::GpuInstance* out,
                               unsigned* count) {
  if (Fault("no-permission")) return nvml::kNoPermission;
  const FakeWorld world = World();
  *count = 0;
  for (const FakeInstance& instance : world.instances) {
    if (instance.gpu != GpuOf(world, device) || instance.profile != profile) continue;
    out[(*count)++] = Handle<nvml::GpuInstance>(Number(device) * kOfGpu + instance.id);
  }
  return nvml::kSuccess;
}
FAKE nvmlDeviceGetGpuInstanceById(nvml::Device device, unsigned id, nvml::GpuInstance* out) {
  FakeWorld world = World();
  *out = Handle<nvml::GpuInstance>(Number(device) * kOfGpu + id);
  return InstanceOf(world, *out) == nullptr ? nvml::kNotFound : nvml::kSuccess;
}
FAKE nvmlGpuInstanceGetInfo(nvml::GpuInstance handle, nvml::InstanceInfo* info) {
  FakeWorld world = World();
  const FakeInstance* instance = InstanceOf(world, handle);
  if (instance == nullptr) return nvml::kNotFound;
  *info = {nullptr, instance->id, instance->profile, {instance->start, instance->size}};
  return nvml::kSuccess;
}
FAKE nvmlDeviceGetMaxMigDeviceCount(nvml::Device, unsigned* count) {
  *count = 7;
  return nvml::kSuccess;
}
FAKE nvmlDeviceGetMigDeviceHandleByIndex(nvml::Device gpu, unsigned index, nvml::Device* out) {
  FakeWorld world = World();
  *out = Handle<nvml::Device>(Number(gpu) * kOfGpu + index);
  return MigOf(world, Number(*out)) == nullptr ? nvml::kNotFound : nvml::kSuccess;
}
FAKE nvmlDeviceGetGpuInstanceId(nvml::Device device, unsigned* id) {
  FakeWorld world = World();
  const FakeMig* mig = MigOf(world, Number(device));
  if (mig == nullptr) return nvml::kNotFound;
  *id = mig->instance;
  return nvml::kSuccess;
}
FAKE nvmlDeviceGetComputeRunningProcesses_v2(nvml::Device device, unsigned* count,
                                             nvml::ProcessInfo* out) {
  FakeWorld world = World();
  const FakeMig* mig = MigOf(world, Number(device));
  if (mig == nullptr) return nvml::kNotFound;
  const auto room = out == nullptr ? 0 : *count;
  *count = 0;
  for (const auto& [uuid, pid] : world.processes) {
    if (uuid != mig->uuid) continue;
    if (*count < room) out[*count] = {pid, 1, mig->instance, 0};
    ++*count;
  }
  return *count > room ? nvml::kInsufficientSize : nvml::kSuccess;
}

FAKE nvmlDeviceCreateGpuInstanceWithPlacement(nvml::Device device, unsigned profile,
                                              const nvml::Placement* place,
                                              nvml::GpuInstance* out) {
  FakeWorld world = World();
  const std::string gpu = GpuOf(world, device);
  if (const int code = world.TakeFault("create-gi")) {
    Change(world, "refuse " + std::to_string(profile) + "@" + std::to_string(place->start));
    return code;
  }
  const Row* row = RowOf(profile);
  if (row == nullptr || row->size != place->size) return kUnknown;
  for (const FakeInstance& other : world.instances) {
    const bool overlaps =
        place->start < other.start + other.size && other.start < place->start + place->size;
    if (other.gpu == gpu && overlaps) return nvml::kInsufficientResources;
  }
  world.instances.push_back({gpu, world.next++, profile, place->start, place->size});
  *out = Handle<nvml::GpuInstance>(Number(device) * kOfGpu + world.instances.back().id);
  Change(world, "create " + Where(world.instances.back()));
  return nvml::kSuccess;
}
FAKE nvmlGpuInstanceDestroy(nvml::GpuInstance handle) {
  FakeWorld world = World();
  FakeInstance* instance = InstanceOf(world, handle);
  if (instance == nullptr) return nvml::kNotFound;
  const FakeInstance gone = *instance;
  const bool furnished = std::any_of(world.migs.begin(), world.migs.end(), [&](const FakeMig& mig) {
    return mig.gpu == gone.gpu && mig.instance == gone.id;
  });
  if (furnished) return nvml::kInUse;
  if (const int code = world.TakeFault("destroy-gi")) {
    Change(world, "busy " + Where(gone));
    return code;
  }
  std::erase(world.instances, gone);
  Change(world, "destroy " + Where(gone));
  return nvml::kSuccess;
}

// A GPU instance of so many compute slices has compute instances of 1, 2, 3, 4 and 7 at most.
FAKE nvmlGpuInstanceGetComputeInstanceProfileInfo(nvml::GpuInstance handle, unsigned index,
                                                  unsigned engines,
                                                  nvml::ComputeProfileInfo* info) {
  constexpr std::array<unsigned, 5> kSlices{1, 2, 3, 4, 7};
  FakeWorld world = World();
  const FakeInstance* instance = InstanceOf(world, handle);
  if (instance == nullptr) return nvml::kNotFound;
  const unsigned all = RowOf(instance->profile)->compute;
  if (index >= kSlices.size() || engines != 0 || kSlices[index] > all) return nvml::kNotSupported;
  *info = {.id = index,
           .slice_count = kSlices[index],
           .instance_count = all / kSlices[index],
           .multiprocessor_count = 14 * kSlices[index],
           .copy_engine_count = 1,
           .decoder_count = 0,
           .encoder_count = 0,
           .jpeg_count = 0,
           .ofa_count = 0};
  return nvml::kSuccess;
}
FAKE nvmlGpuInstanceGetComputeInstances(nvml::GpuInstance handle, unsigned profile,
                                        nvml::ComputeInstance* out, unsigned* count) {
  FakeWorld world = World();
  const FakeInstance* instance = InstanceOf(world, handle);
  if (instance == nullptr) return nvml::kNotFound;
  const unsigned room = *count;
  *count = 0;
  for (const FakeMig& mig : world.migs) {
    if (mig.gpu != instance->gpu || mig.instance != instance->id || mig.profile != profile)
      continue;
    if (*count == room) return nvml::kInsufficientSize;
    out[(*count)++] = Handle<nvml::ComputeInstance>(GpuNumber(Number(handle)) * kOfGpu + mig.index);
  }
  return nvml::kSuccess;
}
FAKE nvmlGpuInstanceCreateComputeInstance(nvml::GpuInstance handle, unsigned profile,
                                          nvml::ComputeInstance* out) {
  FakeWorld world = World();
  const FakeInstance* instance = InstanceOf(world, handle);
  if (instance == nullptr) return nvml::kNotFound;
  if (const int code = world.TakeFault("create-ci")) {
    Change(world, "refuse-ci " + std::to_string(profile) + " in " + Where(*instance));
    return code;
  }
  FakeMig mig{instance->gpu, 0, instance->id, "MIG-" + std::to_string(world.next++), profile};
  const auto taken = [&](const FakeMig& each) {
    return each.gpu == mig.gpu && each.index == mig.index;
  };
  while (std::any_of(world.migs.begin(), world.migs.end(), taken)) ++mig.index;
  world.migs.push_back(mig);
  *out = Handle<nvml::ComputeInstance>(GpuNumber(Number(handle)) * kOfGpu + mig.index);
  Change(world, "create-ci " + std::to_string(profile) + " in " + Where(*instance));
  return nvml::kSuccess;
}
FAKE nvmlComputeInstanceDestroy(nvml::ComputeInstance handle) {
  FakeWorld world = World();
  const FakeMig* mig = MigOf(world, Number(handle));
  if (mig == nullptr) return nvml::kNotFound;
  const auto& processes = world.processes;
  const bool used = std::any_of(processes.begin(), processes.end(),
                                [&](const auto& each) { return each.first == mig->uuid; });
  if (used) return nvml::kInUse;
  if (const int code = world.TakeFault("destroy-ci")) {
    Change(world, "busy-ci " + mig->uuid);
    return code;
  }
  const std::string uuid = mig->uuid;
  std::erase_if(world.migs, [&](const FakeMig& each) { return each.uuid == uuid; });
  Change(world, "destroy-ci " + uuid);
  return nvml::kSuccess;
}
