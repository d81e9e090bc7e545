// SPDX-License-Identifier: Apache-2.0
#include "sources/process/usage.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>
#include <vector>

#include "os/proc.h"

namespace tidegate::process {
namespace {

Error Gone() { return {ErrorCode::kNoData, "the process is gone"}; }

/// The number behind `key` in lines of `key value`.
std::optional<double> ValueOf(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(key)) continue;
    const std::size_t at = line.find_first_not_of(": \t", key.size());
    if (at == std::string_view::npos || at == key.size()) continue;
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(line.data() + at, line.data() + line.size(), value);
    if (parsed.ec == std::errc()) return static_cast<double>(value);
  }
  return std::nullopt;
}

/// The process itself, not one that has got its number since.
std::optional<ProcessStat> ReadRoot(const ProcessId& root) {
  auto stat = ReadProcessStat(root.pid);
  if (stat && (stat->start_ticks != root.start_ticks || stat->state == 'Z')) stat.reset();
  return stat;
}

/// Kernel threads and those that have just ended have none.
double ProportionalBytes(pid_t pid) {
  const auto text = ReadSmallFile("/proc/" + std::to_string(pid) + "/smaps_rollup");
  return text ? ValueOf(*text, "Pss").value_or(0) * 1024 : 0;
}

}  // namespace

// From the top down, and each process before its children are listed: the time of a child that is
// reaped meanwhile is missing for once, but never counted with both.
Result<Usage> ReadProcesses(const ProcessId& root, bool proportional_memory) {
  const double ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const double page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
  Usage usage;
  if (proportional_memory) usage.proportional_bytes = 0;
  std::vector<pid_t> found = {root.pid};
  std::set<pid_t> known = {root.pid};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const pid_t pid = found[i];
    const auto stat = i == 0 ? ReadRoot(root) : ReadProcessStat(pid);
    if (!stat && i == 0) return Gone();
    // Another process that has got the number of a child that ended has another parent.
    if (!stat || (i > 0 && !known.contains(stat->parent))) continue;
    usage.cpu_seconds += static_cast<double>(stat->cpu_ticks + stat->reaped_ticks);
    usage.memory_bytes += static_cast<double>(stat->resident_pages) * page_bytes;
    if (proportional_memory) *usage.proportional_bytes += ProportionalBytes(pid);
    for (const pid_t child : ChildrenOf(pid)) {
      if (known.insert(child).second) found.push_back(child);
    }
  }
  if (!ReadRoot(root)) return Gone();
  usage.cpu_seconds /= ticks_per_second;
  return usage;
}

Result<Usage> ReadCgroup(const std::string& folder) {
  const auto read = [&](const char* file) { return ReadSmallFile(folder + "/" + file); };
  const auto cpu = read("cpu.stat");
  const auto memory = read("memory.current");
  if (!cpu || !memory) {
    return Error{ErrorCode::kNoData, folder + ": there is no such cgroup, or it has no " +
                                         (cpu ? "memory.current" : "cpu.stat")};
  }
  const auto microseconds = ValueOf(*cpu, "usage_usec");
  const auto bytes = ValueOf("bytes " + *memory, "bytes");
  if (!microseconds || !bytes) {
    return Error{ErrorCode::kNoData,
                 folder + (bytes ? "/cpu.stat: has no usage_usec" : "/memory.current: no number")};
  }
  // As kubelet counts the working set.
  const auto stat = read("memory.stat");
  const double idle = stat ? ValueOf(*stat, "inactive_file").value_or(0) : 0;
  return Usage{.cpu_seconds = *microseconds * 1e-6,
               .memory_bytes = std::max(*bytes - idle, 0.0),
               .proportional_bytes = std::nullopt};
}

}  // namespace tidegate::process
