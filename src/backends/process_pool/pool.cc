// SPDX-License-Identifier: Apache-2.0
#include "backends/process_pool/pool.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "backends/process_pool/back_off.h"
#include "backends/process_pool/placeholders.h"
#include "backends/process_pool/tcp_table.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kLookPeriod = milliseconds(200);
constexpr std::int32_t kCleanLooks = 2;
// What a keeper may take beyond the grace period before it is killed itself.
constexpr Duration kKeeperSlack = seconds(2);
// The longest sleep: a clock that is not the system's may move without waking anybody.
constexpr Duration kLongestSleep = milliseconds(500);
constexpr Duration kStateRetry = seconds(1);
constexpr std::size_t kOldLogs = 32;

std::string Seconds(Duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", std::chrono::duration<double>(duration).count());
  return text;
}

std::string ReplicaName(const WorkloadId& workload, std::int64_t index) {
  std::string name = workload;
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || c == '-';
    if (!plain) c = '-';
  }
  return name + "-" + std::to_string(index);
}

// "exit 3" and "signal 9" as the keeper says them, in words.
std::string InWords(const std::string& report) {
  if (report.starts_with("exit ")) return "exited with code " + report.substr(5);
  if (report.starts_with("signal ")) return "was killed by signal " + report.substr(7);
  if (report.starts_with("error ")) return "could not be started: " + report.substr(6);
  return "is gone";
}

const ReplicaSlice* FindSlice(const std::vector<ReplicaSlice>& slices, const std::string& id) {
  const auto found = std::find_if(slices.begin(), slices.end(),
                                  [&](const ReplicaSlice& slice) { return slice.id == id; });
  return found == slices.end() ? nullptr : &*found;
}

// What a command will make of it, for whoever looks before the pool's thread has obeyed.
void Foresee(const ScaleCommand& command, Observation& seen) {
  seen.spec_replicas = command.replicas;
  std::vector<ReplicaSlice> taken;
  for (const ReplicaSlice& slice : seen.slices) {
    const bool stays = FindSlice(command.slices, slice.id) != nullptr;
    for (Replica& replica : seen.replicas) {
      if (!stays && replica.name == slice.replica) replica.terminating = true;
    }
    if (stays || !slice.replica.empty()) taken.push_back(slice);
  }
  for (ReplicaSlice slice : command.slices) {
    slice.replica.clear();
    if (FindSlice(taken, slice.id) == nullptr) taken.push_back(std::move(slice));
  }
  seen.slices = std::move(taken);
}

std::uint64_t Hash(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3u;
  return hash;
}

// A pool that requests nothing says nothing of containers.
std::vector<Container> ContainersOf(const ProcessPoolOptions& options) {
  if (!options.cpu_request && !options.memory_request) return {};
  Container server{.name = "server"};
  if (options.cpu_request) server.requests.push_back({"cpu", *options.cpu_request});
  if (options.memory_request) server.requests.push_back({"memory", *options.memory_request});
  return {server};
}

}  // namespace

Pool::Pool(Setup setup, Clock& clock)
    : workload_(std::move(setup.workload)),
      options_(std::move(setup.options)),
      identity_(std::move(setup.identity)),
      containers_(ContainersOf(options_)),
      address_(setup.address),
      clock_(clock),
      lock_(std::move(setup.lock)),
      wake_(std::move(setup.wake)),
      now_(clock.Now()),
      target_(options_.initial_replicas),
      ports_(options_.port_min, options_.port_max, setup.random),
      jitter_(Hash(workload_)),
      token_(setup.random),
      notice_(std::move(setup.notice)) {
  if (setup.adopt) Adopt(*setup.adopt);
  if (!options_.state_file.empty()) {
    std::vector<pid_t> known;
    for (const auto& [index, member] : members_) known.push_back(member.keeper.id().pid);
    const int strays = StopStrayKeepers(identity_, known);
    if (strays > 0) notice_ += "; stopped " + std::to_string(strays) + " unknown replicas";
  }
  FillUp();
  Publish();
}

void Pool::Adopt(const PoolState& state) {
  next_index_ = state.next_index;
  for (const ReplicaState& replica : state.replicas) {
    auto keeper = KeeperProcess::Adopt(replica.process, identity_, replica.token);
    if (!keeper) continue;
    Member& member = members_[replica.index];
    member.state = replica;
    member.keeper = std::move(*keeper);
    member.told_to_go = true;
    member.step = MemberStep::kRunning;
    if (replica.terminating) Retire(member);
  }
  if (members_.empty()) return;
  target_ = state.target;
  slices_ = state.slices;
}

void Pool::Hand(const ScaleCommand& command) {
  {
    const std::lock_guard lock(mutex_);
    handed_.push_back(command);
    Foresee(command, observation_);
  }
  Wake();
}

Observation Pool::Snapshot() const {
  const std::lock_guard lock(mutex_);
  return observation_;
}

void Pool::Wake() const { eventfd_write(wake_.get(), 1); }

void Pool::Run(const std::stop_token& stop) {
  for (bool more = true; more;) {
    try {
      more = Turn(stop.stop_requested());
    } catch (const std::exception&) {
      // Out of memory: the children go on, and so does the pool as soon as it can.
      ::poll(nullptr, 0, 100);
    }
  }
}

// One pass over everything, then a sleep until something happens.
bool Pool::Turn(bool stop) {
  now_ = clock_.Now();
  connections_.reset();
  TakeCommands();
  if (stop && !stopping_) {
    stopping_ = true;
    target_ = 0;
    for (auto& [index, member] : members_) {
      if (member.active()) Retire(member);
    }
  }
  for (auto& [index, member] : members_) NoteExit(member);
  if (!stopping_) FillUp();
  for (auto& [index, member] : members_) Advance(member);
  RemoveGone();
  Persist();
  Publish();
  if (stopping_ && members_.empty()) return false;
  WaitForSomething();
  return true;
}

void Pool::TakeCommands() {
  std::vector<ScaleCommand> commands;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(handed_);
  }
  // Each in turn: the victims of an earlier one are out of the balancer, whoever came later.
  for (const ScaleCommand& command : commands) Obey(command);
}

void Pool::Obey(const ScaleCommand& command) {
  if (stopping_) return;
  dirty_ = dirty_ || target_ != command.replicas;
  target_ = command.replicas;
  if (options_.on_slices) return TakeSlices(command.slices);
  auto surplus = std::count_if(members_.begin(), members_.end(),
                               [](const auto& entry) { return entry.second.active(); }) -
                 target_;
  for (const std::string& victim : command.victims) {
    for (auto& [index, member] : members_) {
      if (surplus <= 0 || member.state.name != victim || !member.active()) continue;
      Retire(member);
      --surplus;
    }
  }
  for (auto at = members_.rbegin(); at != members_.rend() && surplus > 0; ++at) {
    if (!at->second.active()) continue;
    Retire(at->second);
    --surplus;
  }
}

// A member goes when its slice is not among those any more, and only then.
void Pool::TakeSlices(const std::vector<ReplicaSlice>& slices) {
  slices_ = slices;
  dirty_ = true;
  for (auto& [index, member] : members_) {
    if (!member.active()) continue;
    const ReplicaSlice* slice =
        member.state.slice ? FindSlice(slices_, member.state.slice->id) : nullptr;
    if (slice == nullptr) {
      Retire(member);
    } else {
      member.state.slice = *slice;
    }
  }
}

void Pool::FillSlices() {
  std::set<std::string> taken;
  for (const auto& [index, member] : members_) {
    if (member.active() && member.state.slice) taken.insert(member.state.slice->id);
  }
  for (const ReplicaSlice& slice : slices_) {
    if (taken.insert(slice.id).second) AddMember().state.slice = slice;
  }
}

// Whoever runs on its slice has to be gone first.
bool Pool::Blocked(const Member& member) const {
  if (!member.state.slice) return false;
  return std::any_of(members_.begin(), members_.end(), [&](const auto& entry) {
    const Member& other = entry.second;
    return &other != &member && !other.gone && other.step != MemberStep::kWaiting &&
           other.state.slice && other.state.slice->id == member.state.slice->id;
  });
}

void Pool::FillUp() {
  if (options_.on_slices) return FillSlices();
  auto missing = target_ - std::count_if(members_.begin(), members_.end(),
                                         [](const auto& entry) { return entry.second.active(); });
  for (; missing > 0; --missing) AddMember();
}

Member& Pool::AddMember() {
  const std::int64_t index = next_index_++;
  Member& member = members_[index];
  member.state.index = index;
  member.state.name = ReplicaName(workload_, index);
  member.state.ready_transition = now_;
  member.not_before = now_;
  member.message = "about to start" + (notice_.empty() ? "" : " (" + notice_ + ")");
  return member;
}

void Pool::Retire(Member& member) {
  if (member.step == MemberStep::kWaiting) {
    member.gone = true;
    return;
  }
  dirty_ = true;
  member.state.terminating = true;
  member.readiness.check.Cancel();
  member.liveness.check.Cancel();
  member.step = MemberStep::kDraining;
  member.message = "draining";
  member.deadline = now_ + options_.drain_timeout;
  member.next_look = now_;
  member.clean_looks = 0;
}

void Pool::Terminate(Member& member) {
  dirty_ = dirty_ || !member.state.terminating;
  member.state.terminating = true;
  member.readiness.check.Cancel();
  member.liveness.check.Cancel();
  member.step = MemberStep::kStopping;
  member.deadline = now_ + options_.termination_grace_period + kKeeperSlack;
  member.keeper.Stop();
}

// An active member does not work any more: its successor waits for its turn, and what is left of
// it is cleared away.
void Pool::Fail(Member& member, const std::string& reason) {
  const bool forgiven =
      member.state.ready && now_ - member.state.ready_transition >= options_.backoff_reset;
  Member& successor = AddMember();
  successor.state.slice = member.state.slice;
  successor.state.restarts = member.state.restarts + 1;
  successor.state.failures = forgiven ? 1 : member.state.failures + 1;
  const Duration delay = BackOffDelay({options_.backoff_initial, options_.backoff_max},
                                      successor.state.failures, jitter_);
  successor.not_before = now_ + delay;
  successor.restart_reason = member.state.name + " " + reason;
  successor.message = successor.restart_reason + "; back-off " + Seconds(delay);
  member.message = reason;
  member.state.ready = false;
  if (member.keeper.running()) {
    Terminate(member);
  } else {
    member.gone = true;
  }
  dirty_ = true;
}

void Pool::NoteExit(Member& member) {
  if (member.gone || member.step == MemberStep::kWaiting) return;
  const std::string report = member.keeper.Listen();
  const bool over = member.keeper.Reap();
  if (report.empty() && !over) return;
  const bool active = member.active();
  if (active) Fail(member, InWords(report));
  if (!active && !over && member.step == MemberStep::kDraining) Terminate(member);
  if (over) {
    member.gone = true;
    dirty_ = true;
  }
}

void Pool::Advance(Member& member) {
  if (member.gone) return;
  switch (member.step) {
    case MemberStep::kWaiting:
      if (now_ >= member.not_before && !Blocked(member)) StartMember(member);
      return;
    case MemberStep::kRunning:
      Probe(member);
      return;
    case MemberStep::kDraining:
      Look(member);
      return;
    case MemberStep::kStopping:
      if (now_ < member.deadline) return;
      member.keeper.Kill();
      member.deadline = now_ + std::chrono::seconds(1);
      return;
  }
}

void Pool::StartMember(Member& member) {
  Status ports = AssignPorts(member);
  Result<KeeperCommand> command = ports ? CommandOf(member) : Result<KeeperCommand>(ports.error());
  if (command) {
    member.state.token = std::to_string(token_) + "-" + std::to_string(member.state.index);
    command->token = member.state.token;
  }
  Result<KeeperProcess> keeper =
      command ? KeeperProcess::Start(*command) : Result<KeeperProcess>(command.error());
  if (!keeper) {
    ++member.state.failures;
    const Duration delay = BackOffDelay({options_.backoff_initial, options_.backoff_max},
                                        member.state.failures, jitter_);
    member.not_before = now_ + delay;
    member.message =
        "could not be started: " + keeper.error().message + "; back-off " + Seconds(delay);
    member.state.ports.clear();
    return;
  }
  member.keeper = std::move(*keeper);
  member.step = MemberStep::kRunning;
  member.state.start_time = now_;
  member.state.ready_transition = now_;
  member.message = "starting" + (notice_.empty() ? "" : " (" + notice_ + ")");
  dirty_ = true;
}

Status Pool::AssignPorts(Member& member) {
  std::set<std::uint16_t> taken;
  for (const auto& [index, other] : members_) {
    for (const auto& [name, port] : other.state.ports) taken.insert(port);
  }
  for (const std::string& name : options_.ports) {
    const Result<std::uint16_t> port = ports_.Next(taken);
    if (!port) return port.error();
    taken.insert(*port);
    member.state.ports[name] = *port;
  }
  return {};
}

Result<KeeperCommand> Pool::CommandOf(const Member& member) const {
  const PlaceholderValues values{member.state.name, member.state.index, member.state.ports};
  KeeperCommand command{.pool = identity_,
                        .replica = member.state.name,
                        .token = {},
                        .grace = options_.termination_grace_period,
                        .log_file = LogFile(member.state.name),
                        .log_limit = options_.log_size_limit,
                        .working_directory = options_.working_directory,
                        .command = {},
                        .environment = {}};
  for (const std::string& argument : options_.command) {
    Result<std::string> text = ExpandPlaceholders(argument, values);
    if (!text) return text.error();
    command.command.push_back(std::move(*text));
  }
  for (const auto& [name, value] : options_.environment) {
    Result<std::string> text = ExpandPlaceholders(value, values);
    if (!text) return text.error();
    command.environment[name] = std::move(*text);
  }
  if (member.state.slice) command.environment["CUDA_VISIBLE_DEVICES"] = member.state.slice->id;
  return command;
}

std::optional<CheckResult> Pool::RunProbe(Member& member, const HttpProbe& probe,
                                          Probing& probing) {
  if (!probing.check.active()) {
    if (now_ < probing.next) return std::nullopt;
    probing.next = now_ + probe.period;
    const auto port = member.state.ports.find(probe.port);
    if (port == member.state.ports.end()) return std::nullopt;
    SocketAddress address = address_;
    address.SetPort(port->second);
    const std::string request = ProbeRequest(probe, options_.host, port->second);
    auto result = probing.check.Start(address, request, now_ + probe.timeout);
    if (result) return result;
  }
  return probing.check.Advance(now_);
}

void Pool::Probe(Member& member) {
  if (!member.told_to_go) return;
  if (auto result = RunProbe(member, options_.readiness, member.readiness)) {
    NoteReadiness(member, *result);
  }
  if (!member.state.was_ready) {
    if (now_ - member.state.start_time >= options_.startup_timeout) {
      Fail(member,
           "was not ready after " + Seconds(options_.startup_timeout) + ": " + member.message);
    }
    return;
  }
  if (options_.liveness.path.empty()) return;
  if (auto result = RunProbe(member, options_.liveness, member.liveness)) {
    NoteLiveness(member, *result);
  }
}

void Pool::NoteReadiness(Member& member, const CheckResult& result) {
  ReplicaState& state = member.state;
  if (result.outcome == Outcome::kNotMade) return;
  if (result.outcome == Outcome::kPassed) {
    member.readiness.failures = 0;
    member.message.clear();
    if (state.ready) return;
    state.ready = true;
    state.was_ready = true;
    state.ready_transition = now_;
    dirty_ = true;
    return;
  }
  member.message = "readiness: " + result.message;
  if (++member.readiness.failures < options_.readiness.failure_threshold || !state.ready) return;
  state.ready = false;
  state.ready_transition = now_;
  dirty_ = true;
}

void Pool::NoteLiveness(Member& member, const CheckResult& result) {
  if (result.outcome == Outcome::kNotMade) return;
  if (result.outcome == Outcome::kPassed) {
    member.liveness.failures = 0;
    return;
  }
  if (++member.liveness.failures < options_.liveness.failure_threshold) return;
  Fail(member, "failed its liveness probe " + std::to_string(member.liveness.failures) +
                   " times: " + result.message);
}

// Whether somebody is still connected to a victim.
void Pool::Look(Member& member) {
  const auto port = member.state.ports.find(options_.drain_port);
  if (port == member.state.ports.end() || now_ >= member.deadline) return Terminate(member);
  if (now_ < member.next_look) return;
  member.next_look = now_ + kLookPeriod;
  if (!connections_) connections_ = ReadConnections();
  if (!*connections_) {
    member.message = "draining: " + connections_->error().message;
    return;
  }
  const auto count = (*connections_)->find(port->second);
  const bool clean = count == (*connections_)->end() || count->second == 0;
  member.message = "draining: " + std::to_string(clean ? 0 : count->second) + " connections";
  member.clean_looks = clean ? member.clean_looks + 1 : 0;
  if (member.clean_looks >= kCleanLooks) Terminate(member);
}

void Pool::RemoveGone() {
  for (auto at = members_.begin(); at != members_.end();) {
    if (!at->second.gone) {
      ++at;
      continue;
    }
    if (!options_.log_directory.empty()) old_logs_.push_back(LogFile(at->second.state.name));
    at = members_.erase(at);
  }
  for (; old_logs_.size() > kOldLogs; old_logs_.pop_front()) {
    std::remove(old_logs_.front().c_str());
    std::remove((old_logs_.front() + ".1").c_str());
  }
}

// Writes down who runs, then lets the new ones go. One that could not be written down may run,
// but not outlive this process: nobody would find it again.
void Pool::Persist() {
  const bool keep = !options_.state_file.empty();
  bool written = keep && !dirty_;
  if (keep && dirty_ && now_ >= next_write_) {
    const Status status = WritePoolState(options_.state_file, State());
    written = status.ok();
    dirty_ = !written;
    if (!written) {
      next_write_ = now_ + kStateRetry;
      notice_ = status.error().message;
    }
  }
  for (auto& [index, member] : members_) {
    if (member.told_to_go || !member.keeper.running()) continue;
    member.keeper.Go(written);
    member.told_to_go = true;
  }
}

PoolState Pool::State() const {
  PoolState state{workload_, target_, next_index_, {}, slices_};
  for (const auto& [index, member] : members_) {
    if (member.keeper.running()) {
      state.replicas.push_back(member.state);
      state.replicas.back().process = member.keeper.id();
    }
  }
  return state;
}

void Pool::Publish() {
  Observation seen;
  seen.spec_replicas = target_;
  seen.status_replicas = static_cast<std::int32_t>(members_.size());
  for (const auto& [index, member] : members_) {
    const ReplicaState& state = member.state;
    Replica replica;
    replica.name = state.name;
    replica.ready = state.ready ? ConditionStatus::kTrue : ConditionStatus::kFalse;
    replica.ready_transition = state.ready_transition;
    replica.terminating = state.terminating;
    replica.host = options_.host;
    replica.ports = state.ports;
    replica.restarts = state.restarts;
    replica.restart_reason = member.restart_reason;
    replica.message = member.message;
    replica.containers = containers_;
    if (member.keeper.running()) replica.process = member.keeper.id();
    if (member.step != MemberStep::kWaiting) {
      replica.phase = ReplicaPhase::kRunning;
      replica.start_time = state.start_time;
    }
    if (state.slice) {
      seen.slices.push_back(*state.slice);
      seen.slices.back().replica = state.name;
    }
    seen.replicas.push_back(std::move(replica));
  }
  const std::lock_guard lock(mutex_);
  if (!handed_.empty()) Foresee(handed_.back(), seen);
  observation_ = std::move(seen);
}

TimePoint Pool::NextTimer(const Member& member) const {
  const auto probe = [](const Probing& probing) {
    return probing.check.active() ? probing.check.deadline() : probing.next;
  };
  switch (member.step) {
    case MemberStep::kWaiting:
      return Blocked(member) ? TimePoint::max() : member.not_before;
    case MemberStep::kRunning: {
      TimePoint next = probe(member.readiness);
      if (!member.state.was_ready) {
        return std::min(next, member.state.start_time + options_.startup_timeout);
      }
      return options_.liveness.path.empty() ? next : std::min(next, probe(member.liveness));
    }
    case MemberStep::kDraining:
      return std::min(member.next_look, member.deadline);
    case MemberStep::kStopping:
      return member.deadline;
  }
  return now_;
}

void Pool::WaitForSomething() {
  std::vector<pollfd> files = {{wake_.get(), POLLIN, 0}};
  TimePoint next = now_ + kLongestSleep;
  for (const auto& [index, member] : members_) {
    next = std::min(next, NextTimer(member));
    if (member.keeper.running()) files.push_back({member.keeper.pidfd(), POLLIN, 0});
    if (member.keeper.control() >= 0) files.push_back({member.keeper.control(), POLLIN, 0});
    for (const Probing* probing : {&member.readiness, &member.liveness}) {
      if (!probing->check.active()) continue;
      files.push_back({probing->check.fd(), probing->check.events(), 0});
    }
  }
  const Duration sleep = std::max(next - clock_.Now(), Duration::zero());
  const auto timeout = std::chrono::ceil<milliseconds>(sleep).count();
  ::poll(files.data(), files.size(), static_cast<int>(timeout));
  eventfd_t ignored = 0;
  if (files[0].revents != 0) eventfd_read(wake_.get(), &ignored);
}

std::string Pool::LogFile(const std::string& replica) const {
  return options_.log_directory.empty() ? "" : options_.log_directory + "/" + replica + ".log";
}

}  // namespace tidegate
