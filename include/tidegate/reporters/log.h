// SPDX-License-Identifier: Apache-2.0
//
// One log line for each change, hold and fault; nothing while all is quiet. Through spdlog.
//
// The reporter writes to spdlog's default logger: the host's own, or that of ConfigureLogging().
#pragma once

#include <iosfwd>
#include <memory>
#include <string_view>

#include "tidegate/export.h"
#include "tidegate/reporter.h"
#include "tidegate/result.h"

namespace tidegate {

/// Lines begin with the workload's id: changes of scale, the start and end of holds and of faults,
/// targets that go down and come back.
TIDEGATE_EXPORT std::unique_ptr<Reporter> MakeLogReporter();

/// For executables: replaces spdlog's default logger. Each line is flushed.
///
///   level   "debug", "info", "warning", "error" or "off"
///   format  "text": `2026-11-24T02:49:34.123Z info message`, one line whatever the message holds
///           "json": `{"time":"…","level":"info","message":"…"}`, always valid JSON
///   sink    null: standard error; otherwise it must outlive all logging
///
/// kInvalidArgument names the value; then nothing changes.
TIDEGATE_EXPORT Status ConfigureLogging(std::string_view level, std::string_view format,
                                        std::ostream* sink = nullptr);

}  // namespace tidegate
