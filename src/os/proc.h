// SPDX-License-Identifier: Apache-2.0
//
// What /proc says about processes. Everything here may be outdated by the time it is read: signal
// through a pidfd that was opened before the check.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/types.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "os/unique_fd.h"

namespace tidegate {

/// The file's bytes, cut at `limit`; absent if it cannot be read.
inline std::optional<std::string> ReadSmallFile(const std::string& path,
                                                std::size_t limit = 1u << 20) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::string text;
  char buffer[16384];
  while (text.size() < limit) {
    const ssize_t n = ::read(file.get(), buffer, sizeof buffer);
    if (n < 0) return std::nullopt;
    if (n == 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  if (text.size() > limit) text.resize(limit);
  return text;
}

struct ProcessStat {
  char state = '?';
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  std::uint64_t cpu_ticks = 0;     ///< of all its threads, in user and system mode
  std::uint64_t reaped_ticks = 0;  ///< likewise of the children that it has waited for, and theirs
  std::uint64_t start_ticks = 0;   ///< since boot: with the pid, it names the process for good
  std::uint64_t resident_pages = 0;
};

/// Parses /proc/PID/stat; the command in it may hold blanks and parentheses.
inline std::optional<ProcessStat> ParseProcessStat(std::string_view text) {
  const std::size_t end = text.rfind(')');
  if (end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(end + 1);
  std::vector<std::string_view> fields;
  while (fields.size() < 22) {
    const std::size_t from = text.find_first_not_of(" \n");
    if (from == std::string_view::npos) return std::nullopt;
    const std::size_t to = text.find_first_of(" \n", from);
    fields.push_back(text.substr(from, to - from));
    if (to == std::string_view::npos) break;
    text.remove_prefix(to);
  }
  if (fields.size() < 22) return std::nullopt;
  const auto number = [&](std::size_t i) {
    std::int64_t value = 0;
    std::from_chars(fields[i].data(), fields[i].data() + fields[i].size(), value);
    return value;
  };
  const auto count = [&](std::size_t i) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(number(i), 0));
  };
  return ProcessStat{.state = fields[0][0],
                     .parent = static_cast<pid_t>(number(1)),
                     .group = static_cast<pid_t>(number(2)),
                     .session = static_cast<pid_t>(number(3)),
                     .cpu_ticks = count(11) + count(12),
                     .reaped_ticks = count(13) + count(14),
                     .start_ticks = count(19),
                     .resident_pages = count(21)};
}

inline std::optional<ProcessStat> ReadProcessStat(pid_t pid) {
  const auto text = ReadSmallFile("/proc/" + std::to_string(pid) + "/stat");
  return text ? ParseProcessStat(*text) : std::nullopt;
}

/// The signals that a process has blocked; empty if it is gone.
inline std::set<int> ReadBlockedSignals(pid_t pid) {
  constexpr std::string_view kField = "\nSigBlk:\t";
  std::set<int> blocked;
  const auto text = ReadSmallFile("/proc/" + std::to_string(pid) + "/status");
  const std::size_t at = text ? text->find(kField) : std::string::npos;
  if (at == std::string::npos) return blocked;
  std::uint64_t mask = 0;
  std::from_chars(text->data() + at + kField.size(), text->data() + text->size(), mask, 16);
  for (int signal = 1; signal <= 64; ++signal) {
    if ((mask >> (signal - 1) & 1U) != 0) blocked.insert(signal);
  }
  return blocked;
}

/// The arguments of a process; empty if it is gone or a zombie.
inline std::vector<std::string> ReadArguments(pid_t pid) {
  std::vector<std::string> arguments;
  const auto text = ReadSmallFile("/proc/" + std::to_string(pid) + "/cmdline");
  for (std::size_t at = 0; text && at < text->size();) {
    std::size_t end = text->find('\0', at);
    if (end == std::string::npos) end = text->size();
    arguments.push_back(text->substr(at, end - at));
    at = end + 1;
  }
  return arguments;
}

/// The names in a folder of /proc that are numbers: processes, or the threads of one.
inline std::vector<pid_t> ListNumbers(const std::string& path) {
  std::vector<pid_t> pids;
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return pids;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec == std::errc() && parsed.ptr == name.data() + name.size()) pids.push_back(pid);
  }
  ::closedir(folder);
  return pids;
}

inline std::vector<pid_t> ListProcesses() { return ListNumbers("/proc"); }

/// Children of a process: those of all its threads.
inline std::vector<pid_t> ChildrenOf(pid_t pid) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  std::vector<pid_t> pids;
  for (const pid_t thread : ListNumbers(tasks)) {
    const auto text = ReadSmallFile(tasks + "/" + std::to_string(thread) + "/children");
    const char* at = text ? text->data() : nullptr;
    const char* const end = text ? text->data() + text->size() : nullptr;
    while (at != end) {
      pid_t child = 0;
      const auto parsed = std::from_chars(at, end, child);
      if (parsed.ec == std::errc()) pids.push_back(child);
      at = parsed.ptr == at ? at + 1 : parsed.ptr;
    }
  }
  return pids;
}

}  // namespace tidegate
