// SPDX-License-Identifier: Apache-2.0
//
// The NVIDIA GPUs of this machine, through NVML: what there is, and slices that are made and
// destroyed. The library of the driver is loaded when it is asked for; a machine without one is
// normal. MIG mode is never changed.
//
// Thread safety: pure functions; an NvmlDriver is used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "tidegate/clock.h"
#include "tidegate/export.h"
#include "tidegate/mig.h"
#include "tidegate/placement.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

/// A GPU instance that exists.
struct NvmlSlice {
  std::uint32_t gpu_instance = 0;  ///< the driver's id of it, unique on its GPU
  std::uint32_t gi_profile_id = 0;
  SliceSpan span;
  std::vector<std::string> uuids;        ///< "MIG-…" of each of its compute instances
  std::vector<std::uint32_t> processes;  ///< pids that compute there, as far as NVML tells

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
  std::vector<std::string> lost;  ///< GPUs that do not answer, each with the reason
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

/// The driver's library while it is loaded. Changes need root, or the capability of MIG's
/// configuration. Errors tell what to do: kUnavailable (in use), try again; kConflict (it does not
/// fit there), read again and plan anew; kNotFound, it is gone; kPermissionDenied, give up.
class TIDEGATE_EXPORT NvmlDriver {
 public:
  static Result<std::unique_ptr<NvmlDriver>> Open(const NvmlOptions& options = {});
  ~NvmlDriver();
  NvmlDriver(const NvmlDriver&) = delete;
  NvmlDriver& operator=(const NvmlDriver&) = delete;

  Result<NvmlInventory> Read() const;

  /// A GPU instance at exactly this place, with one compute instance of its full size. What was
  /// begun is taken back if it cannot be finished.
  Result<NvmlSlice> Create(const std::string& gpu, std::uint32_t gi_profile_id, SliceSpan span);

  /// The slice's compute instances, then itself, if it is still what `slice` says (id, profile,
  /// place) and no process computes there.
  Status Destroy(const std::string& gpu, const NvmlSlice& slice);

 private:
  class Impl;
  explicit NvmlDriver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// One slice that is to go, or to be made.
struct NvmlStep {
  bool create = false;
  std::string gpu;      ///< its UUID
  std::string profile;  ///< "3g.20gb"
  NvmlSlice slice;      ///< of one that is made only profile and place count

  friend bool operator==(const NvmlStep&, const NvmlStep&) = default;
};

/// "destroy 3g.20gb@4 of GPU-a (MIG-1)"
TIDEGATE_EXPORT std::string ToString(const NvmlStep& step);

/// What makes this machine's GPUs as the fleet has them, GPU by GPU: what is in the way goes, then
/// the rest is made; what is the same stays. GPUs that the fleet lacks stay as they are. kNotFound:
/// a GPU of the fleet is not here. kUnavailable: MIG is off on one that changes, or its slices
/// cannot be read.
TIDEGATE_EXPORT Result<std::vector<NvmlStep>> PlanNvmlSteps(const NvmlInventory& inventory,
                                                            const Fleet& fleet);

/// How long a slice that is in use is waited for.
struct NvmlPatience {
  Duration retry = std::chrono::milliseconds(500);  ///< doubled each time …
  Duration retry_max = std::chrono::seconds(5);     ///< … up to this
  Duration total = std::chrono::seconds(30);        ///< then it is given up
};

/// What became of some steps.
struct NvmlOutcome {
  std::size_t done = 0;        ///< so many from the start
  std::optional<Error> error;  ///< why the next one was not; none: all are done
};

/// Carries the steps out in their order until one fails. `done` is told of each with the slice as
/// it is.
TIDEGATE_EXPORT NvmlOutcome CarryOut(std::span<const NvmlStep> steps, NvmlDriver& driver,
                                     Clock& clock, const NvmlPatience& patience = {},
                                     const std::function<void(const NvmlStep&)>& done = {},
                                     const std::stop_token& stop = {});

}  // namespace tidegate
