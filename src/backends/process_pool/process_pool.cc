// SPDX-License-Identifier: Apache-2.0
#include "tidegate/backends/process_pool.h"

#include <netdb.h>
#include <sys/eventfd.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>
#include <thread>
#include <utility>

#include "backends/process_pool/placeholders.h"
#include "backends/process_pool/pool.h"
#include "os/whole_file.h"

namespace tidegate {
namespace {

Error Invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

Status CheckPorts(const ProcessPoolOptions& options) {
  if (options.ports.empty()) return Invalid("ports: at least one is needed");
  const std::set<std::string> names(options.ports.begin(), options.ports.end());
  if (names.size() != options.ports.size()) return Invalid("ports: a name is listed twice");
  if (options.port_min == 0 || options.port_min > options.port_max) {
    return Invalid("portMin, portMax: " + std::to_string(options.port_min) + "-" +
                   std::to_string(options.port_max) + " is not a range of ports");
  }
  if (!options.drain_port.empty() && !names.contains(options.drain_port)) {
    return Invalid("drainPort: no such port: " + options.drain_port);
  }
  return {};
}

Status CheckProbe(const std::string& path, const HttpProbe& probe,
                  const ProcessPoolOptions& options) {
  if (std::find(options.ports.begin(), options.ports.end(), probe.port) == options.ports.end()) {
    return Invalid(path + ".port: no such port: " + probe.port);
  }
  if (!probe.path.starts_with('/') || probe.path.find_first_of(" \t\r\n") != std::string::npos) {
    return Invalid(path + ".path: must begin with / and hold no blanks, got \"" + probe.path +
                   "\"");
  }
  if (probe.period <= Duration::zero()) return Invalid(path + ".period: must be greater than 0");
  if (probe.timeout <= Duration::zero()) return Invalid(path + ".timeout: must be greater than 0");
  if (probe.failure_threshold < 1) {
    return Invalid(path + ".failureThreshold: must be at least 1, got " +
                   std::to_string(probe.failure_threshold));
  }
  return {};
}

// What is handed to the kernel as a C string ends at its first NUL: refuse those.
Status CheckText(const std::string& path, const std::string& text,
                 const PlaceholderValues& values) {
  if (text.find('\0') != std::string::npos) return Invalid(path + ": holds a NUL byte");
  const Result<std::string> expanded = ExpandPlaceholders(text, values);
  if (!expanded) return Invalid(path + ": " + expanded.error().message);
  return {};
}

Status CheckCommand(const ProcessPoolOptions& options) {
  if (options.command.empty() || options.command[0].empty()) return Invalid("command: is empty");
  PlaceholderValues values;
  for (const std::string& name : options.ports) values.ports[name] = 0;
  for (std::size_t i = 0; i < options.command.size(); ++i) {
    const std::string path = "command[" + std::to_string(i) + "]";
    if (Status s = CheckText(path, options.command[i], values); !s) return s;
  }
  for (const auto& [name, value] : options.environment) {
    if (name.empty() || name.find_first_of(std::string("=\0", 2)) != std::string::npos) {
      return Invalid("environment: \"" + name + "\" is not a name");
    }
    if (Status s = CheckText("environment." + name, value, values); !s) return s;
  }
  return {};
}

Status CheckOptions(const WorkloadId& workload, const ProcessPoolOptions& options) {
  if (workload.empty()) return Invalid("workload: has no name");
  if (options.initial_replicas < 0) return Invalid("initialReplicas: must not be negative");
  if (options.backoff_initial < Duration::zero() || options.backoff_max < options.backoff_initial) {
    return Invalid("backoffInitial, backoffMax: must be 0 <= initial <= max");
  }
  const std::pair<const char*, Duration> times[] = {
      {"startupTimeout", options.startup_timeout},
      {"drainTimeout", options.drain_timeout},
      {"terminationGracePeriod", options.termination_grace_period},
      {"backoffReset", options.backoff_reset}};
  for (const auto& [path, time] : times) {
    if (time < Duration::zero()) return Invalid(std::string(path) + ": must not be negative");
  }
  if (Status s = CheckPorts(options); !s) return s;
  if (Status s = CheckCommand(options); !s) return s;
  if (Status s = CheckProbe("readiness", options.readiness, options); !s) return s;
  if (options.liveness.path.empty()) return {};
  return CheckProbe("liveness", options.liveness, options);
}

Result<SocketAddress> Resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), "1", &hints, &found);
  if (error != 0) return Invalid("host: " + host + ": " + ::gai_strerror(error));
  SocketAddress address;
  address.size = found->ai_addrlen;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  return address;
}

Status MakeLogFolder(const std::string& folder) {
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) return Invalid("logDirectory: " + folder + ": " + error.message());
  return {};
}

// Locks the state file and reads it. A bad one is set aside for people to look at, and said so.
Status OpenState(Pool::Setup& setup) {
  std::string& path = setup.options.state_file;
  if (path.empty()) return {};
  path = std::filesystem::absolute(path).lexically_normal().string();
  Result<UniqueFd> lock = LockFile(path);
  if (!lock) return Error{lock.error().code, "stateFile: " + lock.error().message};
  setup.lock = std::move(*lock);
  Result<PoolState> state = ReadPoolState(path);
  if (state && state->workload != setup.workload) {
    return Invalid("stateFile: " + path + ": belongs to workload " + state->workload);
  }
  if (state) {
    setup.adopt = std::move(*state);
  } else if (state.error().code != ErrorCode::kNotFound) {
    setup.notice = "state file ignored: " + state.error().message;
    std::rename(path.c_str(), (path + ".bad").c_str());
  }
  return {};
}

class ProcessPool final : public Backend {
 public:
  ProcessPool(Pool::Setup setup, Clock& clock)
      : workload_(setup.workload),
        on_slices_(setup.options.on_slices),
        pool_(std::move(setup), clock),
        thread_([this](const std::stop_token& stop) { pool_.Run(stop); }) {}

  // Every child is drained, stopped and killed in turn: bounded by drain_timeout +
  // termination_grace_period and a few seconds.
  ~ProcessPool() override {
    thread_.request_stop();
    pool_.Wake();
    thread_.join();
  }

  Result<Observation> Observe(const WorkloadId& workload, TimePoint) override {
    if (workload != workload_) return UnknownWorkload(workload);
    return pool_.Snapshot();
  }

  Status Apply(const ScaleCommand& command, TimePoint) override {
    if (command.workload != workload_) return UnknownWorkload(command.workload);
    if (command.replicas < 0) {
      return Invalid("replicas: must not be negative, got " + std::to_string(command.replicas));
    }
    if (on_slices_ && command.replicas > 0 && command.slices.empty()) {
      return Invalid("slices: replicas of " + workload_ + " run on slices only, and none is named");
    }
    pool_.Hand(command);
    return {};
  }

 private:
  Error UnknownWorkload(const WorkloadId& workload) const {
    return {ErrorCode::kNotFound, "no workload " + workload + " in the pool of " + workload_};
  }

  const WorkloadId workload_;
  const bool on_slices_;
  Pool pool_;
  std::jthread thread_;
};

}  // namespace

Result<std::unique_ptr<Backend>> MakeProcessPool(WorkloadId workload, ProcessPoolOptions options,
                                                 Clock& clock) try {
  if (Status status = CheckOptions(workload, options); !status) return status.error();
  Result<SocketAddress> address = Resolve(options.host);
  if (!address) return address.error();
  if (Status status = MakeLogFolder(options.log_directory); !status) return status.error();
  Pool::Setup setup;
  setup.workload = std::move(workload);
  setup.options = std::move(options);
  setup.address = *address;
  if (::getrandom(&setup.random, sizeof setup.random, 0) < 0) {
    return Error{ErrorCode::kUnavailable, std::string("getrandom: ") + std::strerror(errno)};
  }
  if (Status status = OpenState(setup); !status) return status.error();
  const std::string& file = setup.options.state_file;
  setup.identity = setup.workload + "@" + (file.empty() ? std::to_string(setup.random) : file);
  setup.wake.Reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!setup.wake) {
    return Error{ErrorCode::kUnavailable, std::string("eventfd: ") + std::strerror(errno)};
  }
  return std::unique_ptr<Backend>(std::make_unique<ProcessPool>(std::move(setup), clock));
} catch (const std::exception& e) {
  return Error{ErrorCode::kUnavailable, std::string("process pool: ") + e.what()};
}

}  // namespace tidegate
