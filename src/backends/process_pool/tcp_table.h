// SPDX-License-Identifier: Apache-2.0
//
// Who is connected to a local port, from /proc/net/tcp and tcp6.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "tidegate/result.h"

namespace tidegate {

/// Connections by local port: established, or in their handshake.
using ConnectionCounts = std::map<std::uint16_t, std::int32_t>;

/// Adds what one table says; lines that are not connections are skipped.
void CountConnections(std::string_view table, ConnectionCounts& counts);

/// kUnavailable: /proc/net/tcp cannot be read, so nothing is known.
Result<ConnectionCounts> ReadConnections();

}  // namespace tidegate
