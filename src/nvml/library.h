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

  /// "nvmlDeviceGetName: Not Supported"
  Error Fault(const char* function, Return code) const;

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
  // clang-format on

 private:
  Library() = default;
  Status Bind(const std::string& name);

  void* handle_ = nullptr;
  bool initialized_ = false;
  Return (*shutdown_)() = nullptr;
  const char* (*error_string_)(Return) = nullptr;
};

}  // namespace tidegate::nvml
