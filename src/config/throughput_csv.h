// SPDX-License-Identifier: Apache-2.0
//
// Throughput tables as CSV, which is how measurements come: one row a measurement, with a header.
#pragma once

#include <string>
#include <string_view>

#include "config/node.h"

namespace tidegate::config {

/// The ThroughputTables of a CSV text, as if they were documents in YAML, so that all that is said
/// of those is said of these. Columns: model, profile, rate, latency (13ms) or latency_ms, memory
/// (10Gi) or memory_mib, and table, where there are several; else it is called `name`. Lines that
/// are empty or begin with # are left out.
ParsedText ParseThroughputCsv(std::string_view text, std::string_view name,
                              const Limits& limits = {});

}  // namespace tidegate::config
