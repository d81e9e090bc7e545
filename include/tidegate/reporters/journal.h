// SPDX-License-Identifier: Apache-2.0
//
// Journal: appends every tick to a file, one line each (record.h), rotated by size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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

struct JournalStats {
  std::uint64_t written = 0;  ///< ticks
  std::uint64_t failed = 0;   ///< ticks that could not be written
  std::string error;          ///< of the last tick; empty if it was written
};

class TIDEGATE_EXPORT JournalReporter : public Reporter {
 public:
  /// Safe from any thread.
  virtual JournalStats stats() const = 0;
};

/// Appends with one write a line, mode 0600. A torn last line, left by kill -9, is cut off
/// first. A full disk is counted, and writing is tried again at the next tick; the loop goes on.
TIDEGATE_EXPORT Result<std::unique_ptr<JournalReporter>> MakeJournalReporter(
    JournalReporterOptions options);

/// Calls `callback` for every tick of PATH.n … PATH.1 and PATH, oldest first; ends at its first
/// error. A torn last line of a file is left out. kInvalidArgument: a line is no record, with
/// `file:line`; kNotFound: there is no such file.
TIDEGATE_EXPORT Status ReadJournal(const std::string& path,
                                   const std::function<Status(const TickRecord&)>& callback);

/// What the workloads remembered at the end of the journal (and of its rotated files): the last
/// record of each. No file: none. Lines that are no record are passed over.
TIDEGATE_EXPORT Result<std::map<WorkloadId, History>> LoadHistories(const std::string& path);

}  // namespace tidegate
