// SPDX-License-Identifier: Apache-2.0
//
// The published placement rules that Tidegate's placer is measured against, each made from its
// description. A rule picks a device and a start for one slice, looking at what is there now.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mig/geometry.h"

namespace tidegate::mig_benchmark {

/// A fleet of one model as a rule sees it: the state of each device.
struct Fleet {
  const DeviceModel* model = nullptr;
  const Geometry* geometry = nullptr;
  std::vector<int> state;   ///< by device
  std::vector<double> mix;  ///< by profile: the true mix, for rules that know it
};

struct Choice {
  std::size_t device = 0;
  std::size_t option = 0;
};

class Rule {
 public:
  virtual ~Rule() = default;
  virtual std::string name() const = 0;
  virtual std::optional<Choice> Choose(const Fleet& fleet, std::size_t profile) = 0;
};

/// All rules: first fit in the DRA driver's order, HAMi's scan order and its score of 2026-08,
/// best fit, worst fit (InstaSlice's node score), most copies spread ("distributed") and packed
/// (the device plugin's policies), least fragmentation growth (Zambianco), fragmentation against
/// the mix (FGD), two baskets (GRMU), ParvaGPU's slot order, capability.
std::vector<std::unique_ptr<Rule>> AllRules();

}  // namespace tidegate::mig_benchmark
