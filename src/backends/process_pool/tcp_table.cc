// SPDX-License-Identifier: Apache-2.0
#include "backends/process_pool/tcp_table.h"

#include <charconv>
#include <optional>
#include <string>

#include "os/proc.h"

namespace tidegate {
namespace {

constexpr std::size_t kTableLimit = 256u << 20;

// "  sl  local_address rem_address   st …", "   0: 0100007F:1F90 00000000:0000 0A …"
std::string_view NextWord(std::string_view& line) {
  const std::size_t from = line.find_first_not_of(' ');
  if (from == std::string_view::npos) return {};
  line.remove_prefix(from);
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

void CountLine(std::string_view line, ConnectionCounts& counts) {
  NextWord(line);
  const std::string_view local = NextWord(line);
  NextWord(line);
  const std::string_view state = NextWord(line);
  const std::size_t colon = local.rfind(':');
  if (colon == std::string_view::npos || (state != "01" && state != "03")) return;
  const std::string_view digits = local.substr(colon + 1);
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port, 16);
  if (parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size()) ++counts[port];
}

}  // namespace

void CountConnections(std::string_view table, ConnectionCounts& counts) {
  while (!table.empty()) {
    const std::size_t end = table.find('\n');
    CountLine(table.substr(0, end), counts);
    if (end == std::string_view::npos) break;
    table.remove_prefix(end + 1);
  }
}

Result<ConnectionCounts> ReadConnections() {
  ConnectionCounts counts;
  const auto tcp = ReadSmallFile("/proc/net/tcp", kTableLimit);
  if (!tcp) return Error{ErrorCode::kUnavailable, "/proc/net/tcp: cannot be read"};
  CountConnections(*tcp, counts);
  // Absent where the kernel has no IPv6.
  if (const auto tcp6 = ReadSmallFile("/proc/net/tcp6", kTableLimit)) {
    CountConnections(*tcp6, counts);
  }
  return counts;
}

}  // namespace tidegate
