// SPDX-License-Identifier: Apache-2.0
//
// Journal: appends every tick to a file, one line each (record.h), rotated by size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/record.h"
#include "tidegate/reporter.h"
#include "tidegate/result.h"

namespace tidegate {

struct JournalReporterOptions {
  std::string path;
  std::size_t size_limit = 64u << 20;
  std::int32_t files = 4;
};

/// A torn last line, left by kill -9, is cut off first. A full disk is counted and reported, and
/// writing is tried again at the next tick; the loop goes on.
TIDEGATE_EXPORT Result<std::unique_ptr<Reporter>> MakeJournalReporter(
    JournalReporterOptions options);

/// What the workloads remembered at the end of the journal (and of its rotated files).
TIDEGATE_EXPORT Result<std::map<WorkloadId, History>> LoadHistories(const std::string& path);

}  // namespace tidegate
