// SPDX-License-Identifier: Apache-2.0
//
// The NVIDIA GPUs of this machine, as NVML reports them. The library of the driver is loaded when
// it is asked for; a machine without one is normal. Nothing is changed: no mode, no instance.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/mig.h"
#include "tidegate/placement.h"
#include "tidegate/result.h"

namespace tidegate {

/// A GPU instance that exists.
struct NvmlSlice {
  std::uint32_t gpu_instance = 0;  ///< the driver's id of it, unique on its GPU
  std::uint32_t gi_profile_id = 0;
  SliceSpan span;
  std::vector<std::string> uuids;  ///< "MIG-…" of each of its compute instances

  friend bool operator==(const NvmlSlice&, const NvmlSlice&) = default;
};

struct NvmlDevice {
  std::string uuid;                 ///< "GPU-…"
  std::string name;                 ///< "NVIDIA H100 80GB HBM3"
  std::string bus_id;               ///< "00000000:19:00.0"
  std::string pci_id;               ///< device and vendor, "0x233010DE"
  std::optional<bool> mig;          ///< MIG mode; absent: this GPU has none
  std::optional<bool> mig_pending;  ///< the mode after the next reset, if that is another
  /// What instances it can have; the driver may keep silent about them while MIG is off.
  std::vector<ProfileReading> profiles;
  std::vector<NvmlSlice> slices;      ///< by where they start
  std::optional<Error> slices_error;  ///< set: there may be slices, but they cannot be read
};

struct NvmlInventory {
  std::string driver_version;  ///< "580.159.04"
  std::vector<NvmlDevice> devices;
};

struct NvmlOptions {
  std::string soname = "libnvidia-ml.so.1";  ///< or a path
};

/// kNotFound: there is no driver here. kUnavailable: there is one, but it does not answer.
TIDEGATE_EXPORT Result<NvmlInventory> ReadNvml(const NvmlOptions& options = {});

/// The GPUs that MIG can partition, with the slices that exist, and what is worth knowing: drift
/// from the catalogue, MIG being off, GPUs that are left out and why.
struct NvmlFleet {
  Fleet fleet;
  std::vector<std::string> notes;
};

/// kNotFound: a GPU that MIG can partition is not in the catalogue. kNoData: slices cannot be
/// read, so that room would be taken for free that is not.
TIDEGATE_EXPORT Result<NvmlFleet> FleetFromNvml(const NvmlInventory& inventory,
                                                const std::string& node = "");

}  // namespace tidegate
