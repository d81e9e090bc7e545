// SPDX-License-Identifier: Apache-2.0
//
// PlanPack for the devices of one model.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "tidegate/pack.h"

namespace tidegate {

/// Slices of one profile for one workload.
struct WantedSlices {
  std::string workload;
  std::size_t profile = 0;
  std::int64_t count = 0;
};

struct ModelAnswer {
  ModelPack pack;                                  ///< but for prices and fragmentation
  std::vector<std::size_t> device_of;              ///< of the whole fleet, by index of this one's
  std::vector<Device> added;                       ///< their indices follow
  std::vector<SliceMove> moves;                    ///< with indices of this one
  std::vector<Placement> placed;                   ///< likewise
  std::map<std::string, std::string> workload_of;  ///< by id of a placed slice
};

double PriceOf(const PackRequest& request, const std::string& model);

/// By workload: the number of its next new slice.
using NextNumbers = std::map<std::string, std::int64_t>;

/// `model`: index into the fleet's models.
Result<ModelAnswer> PackModel(const PackRequest& request, std::size_t model,
                              const std::vector<WantedSlices>& wanted, NextNumbers& next);

}  // namespace tidegate
