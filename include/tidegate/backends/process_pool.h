// SPDX-License-Identifier: Apache-2.0
//
// Process pool: a workload whose replicas are child processes on this machine.
//
// Each replica is a process group of its own with its own ports, below a keeper: a tiny process
// that is carried inside the library, reads the output, and lets no helper survive its server. It
// is started with posix_spawn, waited for by pidfd, probed over HTTP (any 2xx passes), drained,
// then stopped with SIGTERM and, after the grace period, SIGKILL to the whole group. Children die
// with Tidegate or, where there is a state file, are adopted again after it was killed. The
// server has to run in the foreground.
//
// Names are WORKLOAD-INDEX. A replica that crashed is not started again under its name: after the
// back-off its successor has the next index, so that nobody takes two processes' counters for
// one's; the successor is in the observation from the start, pending, with the reason.
//
// Destroying the backend drains and stops every replica: it may take drain_timeout +
// termination_grace_period and a few seconds. Whoever keeps a connection to the drain port open
// makes a drain last until its timeout.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tidegate/backend.h"
#include "tidegate/clock.h"
#include "tidegate/export.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

struct HttpProbe {
  std::string port = "http";
  std::string path = "/v2/health/ready";
  Duration period = std::chrono::milliseconds(500);
  Duration timeout = std::chrono::seconds(1);
  std::int32_t failure_threshold = 3;  ///< failures in a row until the replica is not ready
  std::string body = {};               ///< not empty: POST it (a deeper probe: a real request)
};

struct ProcessPoolOptions {
  /// Program and arguments; never a shell. `{replica}`, `{index}` and `{port:NAME}` are replaced
  /// inside each argument.
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;  ///< added; same placeholders
  std::string working_directory;                   ///< empty: Tidegate's
  std::string host = "127.0.0.1";
  std::vector<std::string> ports = {"http"};  ///< a free TCP port is found for each name
  std::uint16_t port_min = 20000;
  std::uint16_t port_max = 29999;
  /// What each replica requests, as its only container, `server`: what the utilization of Resource
  /// metrics is a percentage of. Nothing is reserved or limited by it.
  std::optional<MilliValue> cpu_request = {};     ///< cores
  std::optional<MilliValue> memory_request = {};  ///< bytes
  std::int32_t initial_replicas = 1;              ///< when there is nothing to adopt
  HttpProbe readiness;
  /// After failure_threshold failures: replaced. An empty path, the default: no such probe.
  HttpProbe liveness = {.path = ""};
  Duration startup_timeout = std::chrono::minutes(2);  ///< not ready by then: replaced
  std::string drain_port = "http";  ///< SIGTERM waits until nobody has a connection to it …
  Duration drain_timeout = std::chrono::seconds(30);  ///< … or for this long
  Duration termination_grace_period = std::chrono::seconds(30);
  Duration backoff_initial = std::chrono::seconds(1);  ///< between restarts after crashes
  Duration backoff_max = std::chrono::minutes(5);
  Duration backoff_reset = std::chrono::minutes(1);  ///< ready for this long forgives crashes
  std::string log_directory;                         ///< one file a replica; empty: /dev/null
  std::size_t log_size_limit = 16u << 20;            ///< bytes kept of each replica's output
  std::string state_file;  ///< for adoption after kill -9; empty: children just die with us
  /// Replicas run on slices of GPUs: one starts on each slice that a command names, not before,
  /// with CUDA_VISIBLE_DEVICES set to it. Not a key of files: what ScalingSpec::slice says.
  bool on_slices = false;
};

/// kInvalidArgument: no command, a port name that is used but not listed, …
TIDEGATE_EXPORT Result<std::unique_ptr<Backend>> MakeProcessPool(WorkloadId workload,
                                                                 ProcessPoolOptions options,
                                                                 Clock& clock);

}  // namespace tidegate
