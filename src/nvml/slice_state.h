// SPDX-License-Identifier: Apache-2.0
//
// What was made, to be found again after a kill or a reboot.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tidegate/nvml.h"

namespace tidegate::nvml {

/// A slice that Tidegate made, or was about to make when this was written.
struct MadeSlice {
  std::string gpu;
  NvmlSlice slice;     ///< as it was made; processes do not count
  bool begun = false;  ///< it is not known whether it came to be

  friend bool operator==(const MadeSlice&, const MadeSlice&) = default;
};

struct SliceState {
  std::string boot_id;  ///< slices do not survive a boot
  std::vector<MadeSlice> made;

  friend bool operator==(const SliceState&, const SliceState&) = default;
};

std::string EncodeSliceState(const SliceState& state);
/// kInvalidArgument: not JSON, another version, a wrong checksum.
Result<SliceState> DecodeSliceState(const std::string& text);

}  // namespace tidegate::nvml
