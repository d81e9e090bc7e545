// SPDX-License-Identifier: Apache-2.0
#include "balancers/nginx/master.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <vector>

#include "os/pidfd.h"
#include "os/proc.h"

extern char** environ;

namespace tidegate {
namespace {

constexpr std::size_t kOutputLimit = 16u << 10;

Error Unavailable(std::string message) { return {ErrorCode::kUnavailable, std::move(message)}; }

std::string Title(pid_t pid) {
  std::string title;
  for (const std::string& part : ReadArguments(pid)) title += part + " ";
  return title;
}

bool IsMaster(pid_t pid) {
  const auto name = ReadSmallFile("/proc/" + std::to_string(pid) + "/comm");
  return name == "nginx\n" && Title(pid).starts_with("nginx: master process");
}

// Standard output and error into `output`, default signals, its own group.
int Spawn(pid_t* pid, std::vector<std::string> arguments, int output) {
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
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
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, output, 2);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  const int error =
      posix_spawnp(pid, arguments[0].c_str(), &actions, &attributes, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error;
}

std::vector<std::string> TestCommand(const NginxOptions& options) {
  std::vector<std::string> arguments = {options.program, "-t", "-q"};
  if (!options.prefix.empty()) arguments.insert(arguments.end(), {"-p", options.prefix});
  if (!options.config_file.empty()) arguments.insert(arguments.end(), {"-c", options.config_file});
  return arguments;
}

// Reads until the other end is closed; false when the deadline comes first.
bool ReadAll(int file, Clock& clock, TimePoint deadline, std::string& text) {
  for (;;) {
    const Duration left = deadline - clock.Now();
    if (left <= Duration::zero()) return false;
    const auto wait =
        std::min<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(left).count(), 100);
    pollfd readable{file, POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(wait)) <= 0) continue;
    char buffer[4096];
    const ssize_t n = ::read(file, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return true;
    if (text.size() < kOutputLimit) text.append(buffer, static_cast<std::size_t>(n));
  }
}

std::string OneLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;)
    text.replace(at, 1, "; ");
  return text;
}

}  // namespace

Result<NginxMaster> FindMaster(const std::string& pid_file) {
  const auto text = ReadSmallFile(pid_file, 64);
  // `nginx -t` leaves an empty file where there was none.
  if (!text || text->empty()) return Unavailable("nginx does not run: " + pid_file + ": no pid");
  NginxMaster master;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), master.pid);
  if (parsed.ec != std::errc() || master.pid <= 1) {
    return Unavailable("nginx: " + pid_file + ": not a pid");
  }
  master.pidfd = OpenPidfd(master.pid);
  const auto stat = ReadProcessStat(master.pid);
  if (!master.pidfd || !stat || stat->state == 'Z') {
    return Unavailable("nginx does not run: " + pid_file + ": no process " +
                       std::to_string(master.pid));
  }
  if (!IsMaster(master.pid)) {
    return Unavailable("nginx does not run: " + pid_file + ": process " +
                       std::to_string(master.pid) + " is not an nginx master");
  }
  master.start_ticks = stat->start_ticks;
  return master;
}

NginxWorkers AcceptingWorkers(const NginxMaster& master) {
  NginxWorkers workers;
  for (const pid_t pid : ChildrenOf(master.pid)) {
    const std::string title = Title(pid);
    const auto stat = ReadProcessStat(pid);
    if (!stat || stat->state == 'Z' || title.starts_with("nginx: cache")) continue;
    if (title.find("shutting down") == std::string::npos) workers.emplace(pid, stat->start_ticks);
  }
  return workers;
}

bool AwaitsSignals(const NginxMaster& master) {
  return !ReadBlockedSignals(master.pid).contains(SIGHUP);
}

Status Reload(const NginxMaster& master) {
  if (SendSignal(master.pidfd, SIGHUP) == 0) return {};
  const ErrorCode code = errno == EPERM ? ErrorCode::kPermissionDenied : ErrorCode::kUnavailable;
  return Error{
      code, "nginx: SIGHUP to process " + std::to_string(master.pid) + ": " + std::strerror(errno)};
}

Status TestConfiguration(const NginxOptions& options, Clock& clock, TimePoint deadline) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return Unavailable(std::string("pipe: ") + std::strerror(errno));
  const UniqueFd output(ends[0]);
  UniqueFd input(ends[1]);
  pid_t pid = 0;
  const int error = Spawn(&pid, TestCommand(options), input.get());
  if (error != 0) return Unavailable(options.program + ": " + std::strerror(error));
  input.Reset();
  std::string text;
  const bool finished = ReadAll(output.get(), clock, deadline, text);
  // Not reaped yet, so the number is still its own.
  if (!finished) ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (!finished) return Error{ErrorCode::kDeadlineExceeded, "nginx -t did not answer in time"};
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Error{ErrorCode::kInvalidArgument, "nginx -t: " + OneLine(text)};
}

}  // namespace tidegate
