// SPDX-License-Identifier: Apache-2.0
//
// Lists of `{targets, labels}` as file_sd_configs and http_sd_configs have them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tidegate/result.h"
#include "tidegate/scrape_config.h"

namespace tidegate::discovery {

/// A list in YAML, or in JSON, which is YAML. All or nothing; kInvalidArgument: what is wrong in
/// which line. `origin` is added to the labels of each group.
Result<std::vector<TargetGroup>> ParseTargetGroups(std::string_view text, const Labels& origin);

}  // namespace tidegate::discovery
