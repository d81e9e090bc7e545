// SPDX-License-Identifier: Apache-2.0
//
// The driver's library while it is loaded and initialized.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nvml/abi.h"
#include "tidegate/result.h"

namespace tidegate::nvml {

class Library {
 public:
  static Result<std::unique_ptr<Library>> Load(const std::string& name);
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library();

  /// "nvmlDeviceGetName: Not Supported". What the driver has not the means for now is kConflict,
  /// what is in use kUnavailable.
  Error Fault(const char* function, Return code) const;

  /// Whether the driver has all that creates and destroys instances.
  bool can_change() const;

  // Named as in NVML, without the prefix; null where an old driver lacks it.
  // clang-format off
  Return (*SystemGetDriverVersion)(char*, unsigned) = nullptr;
  Return (*DeviceGetCount_v2)(unsigned*) = nullptr;
  Return (*DeviceGetHandleByIndex_v2)(unsigned, Device*) = nullptr;
  Return (*DeviceGetName)(Device, char*, unsigned) = nullptr;
  Return (*DeviceGetUUID)(Device, char*, unsigned) = nullptr;
  Return (*DeviceGetPciInfo_v3)(Device, PciInfo*) = nullptr;
  Return (*DeviceGetMigMode)(Device, unsigned*, unsigned*) = nullptr;
  Return (*DeviceGetGpuInstanceProfileInfoV)(Device, unsigned, ProfileInfo*) = nullptr;
  Return (*DeviceGetGpuInstancePossiblePlacements_v2)(Device, unsigned, Placement*, unsigned*) = nullptr;
  Return (*DeviceGetGpuInstances)(Device, unsigned, GpuInstance*, unsigned*) = nullptr;
  Return (*GpuInstanceGetInfo)(GpuInstance, InstanceInfo*) = nullptr;
  Return (*DeviceGetMaxMigDeviceCount)(Device, unsigned*) = nullptr;
  Return (*DeviceGetMigDeviceHandleByIndex)(Device, unsigned, Device*) = nullptr;
  Return (*DeviceGetGpuInstanceId)(Device, unsigned*) = nullptr;
  Return (*DeviceGetComputeRunningProcesses_v2)(Device, unsigned*, ProcessInfo*) = nullptr;

  // What changes something, and what only that needs.
  Return (*DeviceGetHandleByUUID)(const char*, Device*) = nullptr;
  Return (*DeviceGetGpuInstanceById)(Device, unsigned, GpuInstance*) = nullptr;
  Return (*DeviceCreateGpuInstanceWithPlacement)(Device, unsigned, const Placement*, GpuInstance*) = nullptr;
  Return (*GpuInstanceDestroy)(GpuInstance) = nullptr;
  Return (*GpuInstanceGetComputeInstanceProfileInfo)(GpuInstance, unsigned, unsigned, ComputeProfileInfo*) = nullptr;
  Return (*GpuInstanceGetComputeInstances)(GpuInstance, unsigned, ComputeInstance*, unsigned*) = nullptr;
  Return (*GpuInstanceCreateComputeInstance)(GpuInstance, unsigned, ComputeInstance*) = nullptr;
  Return (*ComputeInstanceDestroy)(ComputeInstance) = nullptr;
  // clang-format on

 private:
  Library() = default;
  Status Bind(const std::string& name);
  void BindChanges();

  void* handle_ = nullptr;
  bool initialized_ = false;
  Return (*shutdown_)() = nullptr;
  const char* (*error_string_)(Return) = nullptr;
};

}  // namespace tidegate::nvml
