// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <sstream>

#include "reporters/prometheus/families.h"

namespace tidegate::reporters {
namespace {

/// The fields of /proc/self/stat from the third on; the second may hold spaces.
struct ProcessStat {
  double cpu_seconds = 0;
  double start_seconds_after_boot = 0;
  double virtual_bytes = 0;
  double resident_bytes = 0;
  double threads = 0;
};

std::optional<ProcessStat> ReadStat() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(name_end + 1));
  std::vector<std::string> fields(22);  // fields 3 to 24 of proc(5)
  for (std::string& field : fields) {
    if (!(rest >> field)) return std::nullopt;
  }
  const auto number = [&fields](std::size_t proc5_field) {
    return std::strtod(fields[proc5_field - 3].c_str(), nullptr);
  };
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
  ProcessStat stat;
  stat.cpu_seconds = (number(14) + number(15)) / ticks_per_second;
  stat.threads = number(20);
  stat.start_seconds_after_boot = number(22) / ticks_per_second;
  stat.virtual_bytes = number(23);
  stat.resident_bytes = number(24) * page_bytes;
  return stat;
}

std::optional<double> BootTimeSeconds() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double value = 0;
    if (word == "btime" && file >> value) return value;
  }
  return std::nullopt;
}

std::optional<double> OpenFiles() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return std::nullopt;
  double count = -3;  // ".", ".." and the directory's own
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessFamilies() {
  std::vector<prometheus::MetricFamily> families;
  const auto add = [&families](prometheus::MetricFamily family, double value) {
    AddSeries(family, {}, value);
    families.push_back(std::move(family));
  };
  if (const std::optional<ProcessStat> stat = ReadStat()) {
    add(MakeCounter("process_cpu_seconds_total", "User and system CPU time spent, in seconds."),
        stat->cpu_seconds);
    add(MakeGauge("process_resident_memory_bytes", "Resident memory size in bytes."),
        stat->resident_bytes);
    add(MakeGauge("process_virtual_memory_bytes", "Virtual memory size in bytes."),
        stat->virtual_bytes);
    add(MakeGauge("process_threads", "Number of threads."), stat->threads);
    if (const std::optional<double> boot = BootTimeSeconds()) {
      add(MakeGauge("process_start_time_seconds",
                    "Start time of the process since the Unix epoch, in seconds."),
          *boot + stat->start_seconds_after_boot);
    }
  }
  if (const std::optional<double> files = OpenFiles()) {
    add(MakeGauge("process_open_fds", "Number of open file descriptors."), *files);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    add(MakeGauge("process_max_fds", "Maximum number of open file descriptors."),
        static_cast<double>(limit.rlim_cur));
  }
  return families;
}

}  // namespace tidegate::reporters
