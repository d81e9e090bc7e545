// SPDX-License-Identifier: Apache-2.0
//
// Process pool: a workload whose replicas are child processes on this machine.
//
// Each replica is a process group of its own with its own ports. It is started with posix_spawn,
// waited for by pidfd, probed over HTTP, drained, then stopped with SIGTERM and, after the grace
// period, SIGKILL to the whole group. Children die with Tidegate or are adopted again from the
// state file after it was killed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
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
  std::string body;                    ///< not empty: POST it (a deeper probe: a real request)
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
  std::int32_t initial_replicas = 1;  ///< when there is nothing to adopt
  HttpProbe readiness;
  HttpProbe liveness;  ///< an empty path: none; after failure_threshold failures: replaced
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
};

/// kInvalidArgument: no command, a port name that is used but not listed, …
TIDEGATE_EXPORT Result<std::unique_ptr<Backend>> MakeProcessPool(WorkloadId workload,
                                                                 ProcessPoolOptions options,
                                                                 Clock& clock);

}  // namespace tidegate
