// SPDX-License-Identifier: Apache-2.0
//
// The pool's side of a keeper (keeper.cc): start one, find one again, tell it to stop.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "os/unique_fd.h"
#include "tidegate/observation.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

struct KeeperCommand {
  std::string pool;  ///< which pool it belongs to; the same after a restart
  std::string replica;
  std::string token;  ///< unlike any other keeper's
  Duration grace{};
  std::string log_file;
  std::size_t log_limit = 0;
  std::string working_directory;
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;  ///< added to the host's
};

/// A running keeper. Dropping it does not stop it.
class KeeperProcess {
 public:
  KeeperProcess() = default;

  /// Starts a keeper that waits for Go(). kUnavailable: the system refused.
  static Result<KeeperProcess> Start(const KeeperCommand& command);
  /// The keeper that the state file speaks of; absent if it is gone.
  static std::optional<KeeperProcess> Adopt(const ProcessId& id, const std::string& pool,
                                            const std::string& token);

  /// Lets it start the server. `stay`: outlive this process, to be adopted.
  void Go(bool stay);
  /// SIGTERM to the server's group, SIGKILL after the grace period.
  void Stop();
  /// For a keeper that does not obey: SIGKILL to it and to everybody in its session.
  void Kill();
  /// True once it is gone; it is reaped then, and the rest of its session is killed.
  bool Reap();
  /// What it said since the last call: "exit 0", "signal 9", "error …"; mostly nothing.
  std::string Listen();

  bool running() const { return static_cast<bool>(pidfd_); }
  int pidfd() const { return pidfd_.get(); }
  /// Becomes readable when there is something to Listen() to; -1 for an adopted one.
  int control() const { return control_.get(); }
  const ProcessId& id() const { return id_; }

 private:
  ProcessId id_;
  UniqueFd pidfd_;
  UniqueFd control_;
};

/// Stops every keeper of `pool` whose pid is not in `known`; returns how many there were.
int StopStrayKeepers(const std::string& pool, const std::vector<pid_t>& known);

}  // namespace tidegate
