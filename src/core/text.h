// SPDX-License-Identifier: Apache-2.0
//
// Words for people: durations as "1m30s", "700ms".
#pragma once

#include <string>

#include "tidegate/export.h"
#include "tidegate/types.h"

namespace tidegate {

/// The shortest exact text, as Go and Kubernetes write durations, without zero parts.
TIDEGATE_EXPORT std::string FormatDuration(Duration duration);

}  // namespace tidegate
