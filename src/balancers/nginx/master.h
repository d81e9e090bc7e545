// SPDX-License-Identifier: Apache-2.0
//
// The running NGINX: its master process, its workers, and its own judgement of a configuration.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>

#include "os/unique_fd.h"
#include "tidegate/balancers/nginx.h"
#include "tidegate/clock.h"
#include "tidegate/result.h"

namespace tidegate {

struct NginxMaster {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  ///< with the pid, it names the process for good
  UniqueFd pidfd;
};

/// A worker by pid and start time.
using NginxWorkers = std::set<std::pair<pid_t, std::uint64_t>>;

/// kUnavailable: it does not run, or the pid file names something that is not an NGINX master.
Result<NginxMaster> FindMaster(const std::string& pid_file);

/// Those that accept connections: a worker that is shutting down does not count. One that was only
/// just forked does, though it still bears the master's title.
NginxWorkers AcceptingWorkers(const NginxMaster& master);

/// It has forked the workers that it was about to: an NGINX master that starts or handles a signal
/// has SIGHUP blocked until it waits again. Says something of a master with workers only; true
/// where it cannot be told.
bool AwaitsSignals(const NginxMaster& master);

/// SIGHUP. kPermissionDenied, kUnavailable.
Status Reload(const NginxMaster& master);

/// `nginx -t`. kInvalidArgument with NGINX's own words; kUnavailable: it could not be run;
/// kDeadlineExceeded: it did not answer and was killed.
Status TestConfiguration(const NginxOptions& options, Clock& clock, TimePoint deadline);

}  // namespace tidegate
