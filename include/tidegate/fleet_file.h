// SPDX-License-Identifier: Apache-2.0
//
// Files that say which GPUs there are, what runs on them and what is wanted: `kind: Fleet` and
// `kind: Demand` of tidegate.dev/v1alpha1, and configurations of mig-parted, which replace what
// runs on the nodes that they name. docs/mig.md has the keys.
//
// Thread safety: pure functions.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/config.h"
#include "tidegate/export.h"
#include "tidegate/pack.h"
#include "tidegate/placement.h"
#include "tidegate/result.h"

namespace tidegate {

struct FileText {
  std::string name;  ///< said before each problem
  std::string text;
};

struct FleetFiles {
  Fleet fleet;
  std::map<std::string, double> prices;  ///< by DeviceModel::id
  std::vector<WorkloadDemand> demand;
};

/// All files together, with all their problems at once.
struct ParsedFleetFiles {
  FleetFiles files;
  std::vector<ConfigProblem> problems;  ///< empty: `files` is valid
};
TIDEGATE_EXPORT ParsedFleetFiles ParseFleetFiles(std::span<const FileText> files);

/// "add 3 3g.20gb, 2 1g.10gb": more slices, each of a profile that a model of the fleet has.
TIDEGATE_EXPORT Result<std::vector<WorkloadDemand>> ParseWhatIf(std::string_view text,
                                                                const Fleet& fleet);

}  // namespace tidegate
