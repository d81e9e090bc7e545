// SPDX-License-Identifier: Apache-2.0
#include "backends/process_pool/keeper_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

#include "backends/process_pool/keeper_image.h"
#include "os/pidfd.h"
#include "os/proc.h"

extern char** environ;

namespace tidegate {
namespace {

constexpr const char* kKeeperName = "tidegate-keeper";

Error Unavailable(const std::string& what, int error) {
  return {ErrorCode::kUnavailable, what + ": " + std::strerror(error)};
}

// The program as an anonymous file, fresh for each start: nothing is kept open in between.
Result<UniqueFd> OpenKeeperImage() {
  UniqueFd file(::memfd_create(kKeeperName, MFD_CLOEXEC));
  if (!file) return Unavailable("memfd_create", errno);
  std::string_view image = KeeperImage();
  while (!image.empty()) {
    const ssize_t n = ::write(file.get(), image.data(), image.size());
    if (n < 0) return Unavailable("write of the keeper program", errno);
    image.remove_prefix(static_cast<std::size_t>(n));
  }
  // A file that is open for writing cannot be run (ETXTBSY): open it again, for reading.
  UniqueFd readable(
      ::open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_RDONLY | O_CLOEXEC));
  if (!readable) return Unavailable("open of the keeper program", errno);
  // Out of the way of the child's 0, 1 and 2, which a host may have closed.
  UniqueFd high(::fcntl(readable.get(), F_DUPFD_CLOEXEC, 3));
  if (!high) return Unavailable("open of the keeper program", errno);
  return high;
}

std::vector<std::string> Environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> all;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view entry = *at;
    if (!added.contains(std::string(entry.substr(0, entry.find('='))))) all.emplace_back(entry);
  }
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

std::vector<std::string> Arguments(const KeeperCommand& command) {
  const auto grace = std::chrono::duration_cast<std::chrono::milliseconds>(command.grace).count();
  std::vector<std::string> all = {kKeeperName,
                                  command.pool,
                                  command.replica,
                                  command.token,
                                  std::to_string(grace),
                                  command.log_file,
                                  std::to_string(command.log_limit),
                                  command.working_directory};
  all.insert(all.end(), command.command.begin(), command.command.end());
  return all;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The keeper as leader of its own session, with default signals and three descriptors; what else
// the host left open without close-on-exec it closes itself, first thing.
int Spawn(pid_t* pid, const std::string& program, int control, std::vector<std::string> arguments,
          std::vector<std::string> environment) {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_init(&actions);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawn_file_actions_adddup2(&actions, control, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  const int error = posix_spawn(pid, program.c_str(), &actions, &attributes,
                                Pointers(arguments).data(), Pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error;
}

// Checked again behind the pidfd, so that only the process that was looked at can be hit.
void KillSession(pid_t session) {
  for (const pid_t pid : ListProcesses()) {
    auto stat = ReadProcessStat(pid);
    if (!stat || stat->session != session || stat->state == 'Z') continue;
    const UniqueFd pidfd = OpenPidfd(pid);
    stat = ReadProcessStat(pid);
    if (pidfd && stat && stat->session == session) SendSignal(pidfd, SIGKILL);
  }
}

bool IsKeeper(pid_t pid, const std::string& pool, const std::string* token) {
  const std::vector<std::string> arguments = ReadArguments(pid);
  return arguments.size() > 3 && arguments[0] == kKeeperName && arguments[1] == pool &&
         (token == nullptr || arguments[3] == *token);
}

}  // namespace

Result<KeeperProcess> KeeperProcess::Start(const KeeperCommand& command) {
  Result<UniqueFd> image = OpenKeeperImage();
  if (!image) return image.error();
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return Unavailable("socketpair", errno);
  }
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  KeeperProcess keeper;
  const int error = Spawn(&keeper.id_.pid, "/proc/self/fd/" + std::to_string(image->get()),
                          theirs.get(), Arguments(command), Environment(command.environment));
  if (error != 0) return Unavailable("posix_spawn", error);
  keeper.pidfd_ = OpenPidfd(keeper.id_.pid);
  if (!keeper.pidfd_) {
    // It leaves by itself when `ours` is closed: it was never told to go on.
    const int refused = errno;
    ours.Reset();
    ::waitpid(keeper.id_.pid, nullptr, 0);
    return Unavailable("pidfd_open", refused);
  }
  if (const auto stat = ReadProcessStat(keeper.id_.pid)) keeper.id_.start_ticks = stat->start_ticks;
  keeper.control_ = std::move(ours);
  return keeper;
}

std::optional<KeeperProcess> KeeperProcess::Adopt(const ProcessId& id, const std::string& pool,
                                                  const std::string& token) {
  if (id.pid <= 1) return std::nullopt;
  KeeperProcess keeper;
  keeper.id_ = id;
  keeper.pidfd_ = OpenPidfd(id.pid);
  if (!keeper.pidfd_) return std::nullopt;
  const auto stat = ReadProcessStat(id.pid);
  if (!stat || stat->start_ticks != id.start_ticks || !IsKeeper(id.pid, pool, &token)) {
    return std::nullopt;
  }
  return keeper;
}

void KeeperProcess::Go(bool stay) {
  const char byte = stay ? 's' : 'd';
  if (control_) ::send(control_.get(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void KeeperProcess::Stop() {
  if (pidfd_) SendSignal(pidfd_, SIGTERM);
}

void KeeperProcess::Kill() {
  if (!pidfd_) return;
  SendSignal(pidfd_, SIGKILL);
  KillSession(id_.pid);
}

bool KeeperProcess::Reap() {
  if (!pidfd_) return true;
  pollfd file{pidfd_.get(), POLLIN, 0};
  if (::poll(&file, 1, 0) <= 0) return false;
  KillSession(id_.pid);
  // Fails for an adopted one (not our child) and where the host ignores or takes SIGCHLD.
  siginfo_t info{};
  (void)::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED | WNOHANG);
  pidfd_.Reset();
  return true;
}

std::string KeeperProcess::Listen() {
  if (!control_) return {};
  char buffer[512];
  const ssize_t n = ::recv(control_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (n <= 0) {
    control_.Reset();
    return {};
  }
  std::string text(buffer, static_cast<std::size_t>(n));
  return text.substr(0, text.find('\n'));
}

int StopStrayKeepers(const std::string& pool, const std::vector<pid_t>& known) {
  int strays = 0;
  for (const pid_t pid : ListProcesses()) {
    if (std::find(known.begin(), known.end(), pid) != known.end()) continue;
    if (!IsKeeper(pid, pool, nullptr)) continue;
    const UniqueFd pidfd = OpenPidfd(pid);
    if (!pidfd || !IsKeeper(pid, pool, nullptr)) continue;
    SendSignal(pidfd, SIGTERM);
    ++strays;
  }
  return strays;
}

}  // namespace tidegate
