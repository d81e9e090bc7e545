// SPDX-License-Identifier: Apache-2.0
//
// The golden set `promql`: queries as the real Prometheus engine answers them.
#pragma once

#include <istream>
#include <ostream>

namespace tidegate {

/// Reads data sets (`{"dataset",…,"series"}`) and then the cases that use them, as JSON Lines
/// (`zcat datasets.jsonl.gz cases.jsonl.gz`), and writes a result line for each case; 1 if a line
/// is neither.
int RunPromqlSet(std::istream& in, std::ostream& out);

}  // namespace tidegate
