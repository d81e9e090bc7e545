// SPDX-License-Identifier: Apache-2.0
#include "nvml/library.h"

#include <dlfcn.h>

namespace tidegate::nvml {

namespace {

template <typename F>
bool Find(void* handle, const char* name, F*& function) {
  function = reinterpret_cast<F*>(dlsym(handle, name));
  return function != nullptr;
}

}  // namespace

Result<std::unique_ptr<Library>> Library::Load(const std::string& name) {
  std::unique_ptr<Library> library(new Library());
  library->handle_ = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library->handle_ == nullptr) {
    const char* why = dlerror();
    return Error{ErrorCode::kNotFound, "no NVIDIA driver: " + std::string(why ? why : name)};
  }
  if (const Status bound = library->Bind(name); !bound) return bound.error();
  return library;
}

Status Library::Bind(const std::string& name) {
  Return (*init)() = nullptr;
  // clang-format off
  const bool enough =
      Find(handle_, "nvmlInit_v2", init) &&
      Find(handle_, "nvmlShutdown", shutdown_) &&
      Find(handle_, "nvmlErrorString", error_string_) &&
      Find(handle_, "nvmlSystemGetDriverVersion", SystemGetDriverVersion) &&
      Find(handle_, "nvmlDeviceGetCount_v2", DeviceGetCount_v2) &&
      Find(handle_, "nvmlDeviceGetHandleByIndex_v2", DeviceGetHandleByIndex_v2) &&
      Find(handle_, "nvmlDeviceGetName", DeviceGetName) &&
      Find(handle_, "nvmlDeviceGetUUID", DeviceGetUUID) &&
      Find(handle_, "nvmlDeviceGetPciInfo_v3", DeviceGetPciInfo_v3) &&
      Find(handle_, "nvmlDeviceGetMigMode", DeviceGetMigMode) &&
      Find(handle_, "nvmlDeviceGetGpuInstances", DeviceGetGpuInstances) &&
      Find(handle_, "nvmlGpuInstanceGetInfo", GpuInstanceGetInfo) &&
      Find(handle_, "nvmlDeviceGetMaxMigDeviceCount", DeviceGetMaxMigDeviceCount) &&
      Find(handle_, "nvmlDeviceGetMigDeviceHandleByIndex", DeviceGetMigDeviceHandleByIndex) &&
      Find(handle_, "nvmlDeviceGetGpuInstanceId", DeviceGetGpuInstanceId);
  // Drivers before R470 lack the first two; the catalogue stands in.
  Find(handle_, "nvmlDeviceGetGpuInstanceProfileInfoV", DeviceGetGpuInstanceProfileInfoV);
  Find(handle_, "nvmlDeviceGetGpuInstancePossiblePlacements_v2", DeviceGetGpuInstancePossiblePlacements_v2);
  // Version 2: version 3 had another layout in some drivers.
  Find(handle_, "nvmlDeviceGetComputeRunningProcesses_v2", DeviceGetComputeRunningProcesses_v2);
  // clang-format on
  BindChanges();
  if (!enough) {
    return Error{ErrorCode::kUnavailable,
                 name + ": is no NVML that knows MIG (driver R450 or later)"};
  }
  if (const Return code = init(); code != kSuccess) return Fault("nvmlInit_v2", code);
  initialized_ = true;
  return {};
}

void Library::BindChanges() {
  // clang-format off
  Find(handle_, "nvmlDeviceGetHandleByUUID", DeviceGetHandleByUUID);
  Find(handle_, "nvmlDeviceGetGpuInstanceById", DeviceGetGpuInstanceById);
  Find(handle_, "nvmlDeviceCreateGpuInstanceWithPlacement", DeviceCreateGpuInstanceWithPlacement);
  Find(handle_, "nvmlGpuInstanceDestroy", GpuInstanceDestroy);
  Find(handle_, "nvmlGpuInstanceGetComputeInstanceProfileInfo", GpuInstanceGetComputeInstanceProfileInfo);
  Find(handle_, "nvmlGpuInstanceGetComputeInstances", GpuInstanceGetComputeInstances);
  Find(handle_, "nvmlGpuInstanceCreateComputeInstance", GpuInstanceCreateComputeInstance);
  Find(handle_, "nvmlComputeInstanceDestroy", ComputeInstanceDestroy);
  // clang-format on
}

bool Library::can_change() const {
  return DeviceGetHandleByUUID && DeviceGetGpuInstanceById &&
         DeviceCreateGpuInstanceWithPlacement && GpuInstanceDestroy &&
         GpuInstanceGetComputeInstanceProfileInfo && GpuInstanceGetComputeInstances &&
         GpuInstanceCreateComputeInstance && ComputeInstanceDestroy;
}

Library::~Library() {
  if (initialized_) shutdown_();
  if (handle_ != nullptr) dlclose(handle_);
}

namespace {

ErrorCode CodeOf(Return code) {
  switch (code) {
    case kNoPermission:
      return ErrorCode::kPermissionDenied;
    case kNotFound:
      return ErrorCode::kNotFound;
    case kInsufficientResources:
      return ErrorCode::kConflict;
    default:
      return ErrorCode::kUnavailable;
  }
}

}  // namespace

Error Library::Fault(const char* function, Return code) const {
  const char* text = error_string_(code);
  return {CodeOf(code),
          std::string(function) + ": " + (text != nullptr ? text : std::to_string(code))};
}

}  // namespace tidegate::nvml
