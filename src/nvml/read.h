// SPDX-License-Identifier: Apache-2.0
//
// What a loaded library says of GPUs and of the instances on them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nvml/library.h"
#include "tidegate/nvml.h"

namespace tidegate::nvml {

/// A compute instance of a GPU instance, as applications see it.
struct MigDevice {
  std::uint32_t gpu_instance = 0;
  std::string uuid;
  std::vector<std::uint32_t> processes;
};

Result<std::vector<MigDevice>> ReadMigDevices(const Library& nvml, Device gpu);

SliceSpan SpanOf(const Placement& placement);

/// An instance with the MIG devices that are its own.
NvmlSlice SliceOf(const InstanceInfo& info, const std::vector<MigDevice>& devices);

Result<NvmlInventory> ReadInventory(const Library& nvml);

}  // namespace tidegate::nvml
