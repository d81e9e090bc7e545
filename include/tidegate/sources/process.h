// SPDX-License-Identifier: Apache-2.0
//
// Process source: CPU time and memory of the replicas that are processes on this machine, all that
// they have started included.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tidegate/export.h"
#include "tidegate/source.h"
#include "tidegate/types.h"

namespace tidegate {

struct ProcessOptions {
  Duration interval = std::chrono::seconds(1);  ///< per replica; due ones only are read
  bool proportional_memory = false;  ///< shared pages count once: milliseconds for each GiB
  /// Folder of each replica's cgroup (v2); `{replica}` is replaced. Empty: /proc is read.
  std::string cgroup{};
};

/// Reads Replica::process and the processes below it. With the labels `workload`, `replica` and
/// `source="process"`:
///
///   process_cpu_seconds_total          user and system time, that of children that have ended
///                                      included; never falls while the replica lives
///   process_resident_memory_bytes      pages shared by two of its processes count twice
///   process_proportional_memory_bytes  if it is asked for: pages count by their share
///
/// or, of a cgroup, what kubelet calls:
///
///   container_cpu_usage_seconds_total, container_memory_working_set_bytes
///
/// A replica whose process is gone, or is another one with its number, ends its series.
TIDEGATE_EXPORT std::unique_ptr<Source> MakeProcessSource(ProcessOptions options);

/// The query of a Resource or ContainerResource metric over those series: the mean over 15 s for
/// "cpu" in cores, the newest value for "memory" in bytes. Empty: another resource.
TIDEGATE_EXPORT std::string_view ProcessQuery(std::string_view resource);

}  // namespace tidegate
