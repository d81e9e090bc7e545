// SPDX-License-Identifier: Apache-2.0
//
// The part of NVML's C interface that is used here, by its documented layout: the driver keeps it
// stable, and its header is no part of Debian.
#pragma once

#include <cstdint>

namespace tidegate::nvml {

using Return = int;
constexpr Return kSuccess = 0;
constexpr Return kNotSupported = 3;
constexpr Return kNoPermission = 4;
constexpr Return kNotFound = 6;
constexpr Return kInsufficientSize = 7;
constexpr Return kInUse = 19;
constexpr Return kInsufficientResources = 23;

using Device = struct DeviceHandle*;
using GpuInstance = struct GpuInstanceHandle*;
using ComputeInstance = struct ComputeInstanceHandle*;

constexpr unsigned kProfileCount = 64;         // indices that are tried; R580 has 18
constexpr unsigned kComputeProfileCount = 16;  // likewise; R580 has 8
constexpr unsigned kSharedEngines = 0;         // NVML_COMPUTE_INSTANCE_ENGINE_PROFILE_SHARED
constexpr unsigned kNameSize = 96;

struct PciInfo {  // nvmlPciInfo_t
  char bus_id_legacy[16];
  unsigned domain, bus, device;
  unsigned pci_device_id, pci_subsystem_id;
  char bus_id[32];
};

struct Placement {  // nvmlGpuInstancePlacement_t
  unsigned start, size;
};

struct ProfileInfo {  // nvmlGpuInstanceProfileInfo_v2_t
  unsigned version;
  unsigned id, is_p2p_supported, slice_count, instance_count, multiprocessor_count;
  unsigned copy_engine_count, decoder_count, encoder_count, jpeg_count, ofa_count;
  unsigned long long memory_size_mb;
  char name[kNameSize];
};
static_assert(sizeof(ProfileInfo) == 0x98);
constexpr unsigned kProfileInfoVersion = 0x02000098;  // 2, and the size

struct InstanceInfo {  // nvmlGpuInstanceInfo_t
  Device device;
  unsigned id, profile_id;
  Placement placement;
};

struct ComputeProfileInfo {  // nvmlComputeInstanceProfileInfo_t
  unsigned id, slice_count, instance_count, multiprocessor_count;
  unsigned copy_engine_count, decoder_count, encoder_count, jpeg_count, ofa_count;
};
static_assert(sizeof(ComputeProfileInfo) == 36);

struct ProcessInfo {  // nvmlProcessInfo_v2_t
  unsigned pid;
  unsigned long long used_memory;
  unsigned gpu_instance, compute_instance;
};
static_assert(sizeof(ProcessInfo) == 24);

}  // namespace tidegate::nvml
