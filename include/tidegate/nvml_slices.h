// SPDX-License-Identifier: Apache-2.0
//
// The GPUs of this machine as a SliceDriver: slices that exist are taken, and others made through
// NVML where that is allowed. MIG mode is never changed.
//
// A slice that Tidegate did not make is never destroyed unless it is named, and one on which an
// unknown process computes is not used. A slice that nobody uses any more stays until its room is
// needed. What was made is in the state file before and after it is made, so that nothing is lost
// or left behind by kill -9; after a reboot, which takes all slices, it is made again.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tidegate/clock.h"
#include "tidegate/export.h"
#include "tidegate/nvml.h"
#include "tidegate/result.h"
#include "tidegate/slice_driver.h"
#include "tidegate/types.h"

namespace tidegate {

struct NvmlSlicesOptions {
  NvmlOptions nvml;
  std::string node;                              ///< what the machine is called
  std::vector<std::string> gpus;                 ///< UUIDs; empty: all in MIG mode
  std::vector<std::string> reserved;             ///< MIG UUIDs: neither used nor destroyed
  std::vector<std::string> expendable;           ///< MIG UUIDs: may be destroyed, whoever made them
  Duration interval = std::chrono::seconds(10);  ///< between looks at what there is
  std::string state_file;                        ///< required where slices may be made
  bool reconfigure = false;                      ///< slices may be made and destroyed
  std::function<void(const std::string&)> on_event;  ///< told of changes, for people
  std::string boot_id;                               ///< empty: the kernel's
};

/// kNotFound: there is no driver, or a GPU is not in the catalogue. kInvalidArgument: the state
/// file is missing or of no use. kConflict: another process has it.
TIDEGATE_EXPORT Result<std::unique_ptr<SliceDriver>> MakeNvmlSlices(NvmlSlicesOptions options,
                                                                    Clock& clock);

}  // namespace tidegate
