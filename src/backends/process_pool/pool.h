// SPDX-License-Identifier: Apache-2.0
//
// The pool's own thread and all that it knows. It never blocks on a child: it polls pidfds,
// control sockets and probe sockets, and runs timers.
//
// Thread safety: Hand() and Snapshot() may be called from any thread; everything else happens in
// the constructor and then in the pool's thread.
#pragma once

#include <poll.h>

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "backends/process_pool/http_check.h"
#include "backends/process_pool/keeper_process.h"
#include "backends/process_pool/ports.h"
#include "backends/process_pool/state_file.h"
#include "os/unique_fd.h"
#include "tidegate/backends/process_pool.h"
#include "tidegate/clock.h"
#include "tidegate/decision.h"
#include "tidegate/observation.h"

namespace tidegate {

enum class MemberStep {
  kWaiting,   ///< for its (next) start
  kRunning,   ///< it has a process; ready or not
  kDraining,  ///< a victim: waits until nobody is connected
  kStopping,  ///< SIGTERM is sent, or its server is gone and helpers are being cleared away
};

struct Probing {
  HttpCheck check;
  TimePoint next{};
  std::int32_t failures = 0;
};

/// One replica. A replica that crashes is not started again under its name: its successor has the
/// next index, so that nobody takes two processes' counters for one's.
struct Member {
  ReplicaState state;
  MemberStep step = MemberStep::kWaiting;
  KeeperProcess keeper;
  bool told_to_go = false;
  std::string message;
  std::string restart_reason;  ///< what became of its predecessor; empty: it has none
  TimePoint not_before{};      ///< kWaiting: when to start
  TimePoint deadline{};        ///< kDraining: SIGTERM at the latest; kStopping: SIGKILL from here
  TimePoint next_look{};
  std::int32_t clean_looks = 0;
  Probing readiness;
  Probing liveness;
  bool gone = false;

  /// Counts towards the target.
  bool active() const {
    return !gone && (step == MemberStep::kWaiting || step == MemberStep::kRunning);
  }
};

class Pool {
 public:
  struct Setup {
    WorkloadId workload;
    ProcessPoolOptions options;
    SocketAddress address;  ///< of options.host
    std::string identity;   ///< of this pool in its keepers' arguments
    std::uint64_t random = 0;
    std::optional<PoolState> adopt;
    std::string notice;  ///< about the state file, for people
    UniqueFd lock;
    UniqueFd wake;  ///< an eventfd
  };

  Pool(Setup setup, Clock& clock);

  void Hand(const ScaleCommand& command);
  Observation Snapshot() const;
  void Wake() const;
  /// Until a stop is requested and every child is gone.
  void Run(const std::stop_token& stop);

 private:
  void Adopt(const PoolState& state);
  bool Turn(bool stop);
  void TakeCommands();
  void Obey(const ScaleCommand& command);
  void TakeSlices(const std::vector<ReplicaSlice>& slices);
  void FillUp();
  void FillSlices();
  bool Blocked(const Member& member) const;
  Member& AddMember();
  void Retire(Member& member);
  void Terminate(Member& member);
  void Fail(Member& member, const std::string& reason);
  void NoteExit(Member& member);
  void Advance(Member& member);
  void StartMember(Member& member);
  Result<KeeperCommand> CommandOf(const Member& member) const;
  Status AssignPorts(Member& member);
  void Probe(Member& member);
  void NoteReadiness(Member& member, const CheckResult& result);
  void NoteLiveness(Member& member, const CheckResult& result);
  std::optional<CheckResult> RunProbe(Member& member, const HttpProbe& probe, Probing& probing);
  void Look(Member& member);
  void RemoveGone();
  void Persist();
  PoolState State() const;
  void Publish();
  void WaitForSomething();
  TimePoint NextTimer(const Member& member) const;
  std::string LogFile(const std::string& replica) const;

  const WorkloadId workload_;
  const ProcessPoolOptions options_;
  const std::string identity_;
  const std::vector<Container> containers_;  // of each replica
  SocketAddress address_;
  Clock& clock_;
  UniqueFd lock_;
  UniqueFd wake_;

  TimePoint now_{};
  std::int32_t target_ = 0;
  std::vector<ReplicaSlice> slices_;  // that shall have a member each, of a pool on slices
  std::int64_t next_index_ = 0;
  std::map<std::int64_t, Member> members_;  // by index
  PortFinder ports_;
  std::mt19937_64 jitter_;
  std::uint64_t token_;
  std::string notice_;
  bool stopping_ = false;
  bool dirty_ = true;
  TimePoint next_write_{};
  std::deque<std::string> old_logs_;
  std::optional<Result<std::map<std::uint16_t, std::int32_t>>> connections_;  // of this turn

  mutable std::mutex mutex_;
  std::vector<ScaleCommand> handed_;  // guarded by mutex_
  Observation observation_;           // guarded by mutex_
};

}  // namespace tidegate
