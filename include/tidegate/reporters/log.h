// SPDX-License-Identifier: Apache-2.0
//
// One log line for each change, hold and fault; nothing while all is quiet. Through spdlog.
#pragma once

#include <memory>

#include "tidegate/export.h"
#include "tidegate/reporter.h"

namespace tidegate {

TIDEGATE_EXPORT std::unique_ptr<Reporter> MakeLogReporter();

}  // namespace tidegate
