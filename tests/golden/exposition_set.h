// SPDX-License-Identifier: Apache-2.0
//
// The golden set `exposition`: pages as Prometheus's own parsers read them.
#pragma once

#include <istream>
#include <ostream>

namespace tidegate {

/// Reads cases as JSON Lines and writes a result line for each; 1 if a line is not a case.
int RunExpositionSet(std::istream& in, std::ostream& out);

}  // namespace tidegate
