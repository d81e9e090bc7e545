// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "os/proc.h"
#include "support/http_get.h"
#include "support/temp_folder.h"
#include "support/wall_clock.h"
#include "tidegate/backends/process_pool.h"

namespace tidegate::testing {

/// Living processes whose arguments hold `text`.
inline std::vector<pid_t> ProcessesWith(const std::string& text) {
  std::vector<pid_t> found;
  for (const pid_t pid : ListProcesses()) {
    const auto stat = ReadProcessStat(pid);
    if (pid == ::getpid() || !stat || stat->state == 'Z') continue;
    for (const std::string& argument : ReadArguments(pid)) {
      if (argument.find(text) == std::string::npos) continue;
      found.push_back(pid);
      break;
    }
  }
  return found;
}

inline int Zombies() {
  int count = 0;
  for (const pid_t pid : ListProcesses()) {
    const auto stat = ReadProcessStat(pid);
    if (stat && stat->parent == ::getpid() && stat->state == 'Z') ++count;
  }
  return count;
}

inline std::size_t OpenDescriptors() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

/// A pool of misbehaving children. Each child carries the test's folder as an argument, so that
/// the end of each test can show that none is left.
class PoolTest : public ::testing::Test {
 protected:
  PoolTest() {
    options_.readiness.period = std::chrono::milliseconds(50);
    options_.readiness.timeout = std::chrono::milliseconds(300);
    options_.drain_timeout = std::chrono::seconds(5);
    options_.termination_grace_period = std::chrono::seconds(1);
    options_.backoff_initial = std::chrono::milliseconds(50);
    options_.log_directory = folder_ / "log";
    options_.initial_replicas = 1;
  }

  void TearDown() override {
    pool_.reset();
    EXPECT_TRUE(ProcessesWith(folder_.path()).empty()) << "a process outlived its pool";
    EXPECT_EQ(Zombies(), 0);
  }

  void Start(const std::vector<std::string>& switches = {}) {
    if (options_.command.empty()) options_.command = {TIDEGATE_CHILD, "{port:http}"};
    options_.command.push_back("tag=" + folder_.path());
    options_.command.insert(options_.command.end(), switches.begin(), switches.end());
    auto pool = MakeProcessPool("web", options_, clock_);
    ASSERT_TRUE(pool) << pool.error().message;
    pool_ = std::move(*pool);
  }

  Observation See() { return pool_->Observe("web", clock_.Now()).value(); }
  void Apply(std::int32_t replicas, std::vector<std::string> victims = {}) {
    const Status status = pool_->Apply({"web", replicas, std::move(victims)}, clock_.Now());
    ASSERT_TRUE(status) << status.error().message;
  }

  /// Names of those that may be sent requests.
  std::vector<std::string> Serving() {
    std::vector<std::string> names;
    for (const Replica& replica : See().replicas) {
      if (replica.Serving()) names.push_back(replica.name);
    }
    return names;
  }
  bool BecomesServing(const std::vector<std::string>& names) {
    return Eventually([&] { return Serving() == names && See().replicas.size() == names.size(); });
  }
  Replica Find(const std::string& name) {
    for (const Replica& replica : See().replicas) {
      if (replica.name == name) return replica;
    }
    return {};
  }
  std::uint16_t PortOf(const std::string& name) { return Find(name).ports["http"]; }
  pid_t PidOf(const std::string& name) {
    return std::atoi(HttpGet(PortOf(name), "/pid").body.c_str());
  }
  std::vector<pid_t> Everybody() const { return ProcessesWith(folder_.path()); }

  TempFolder folder_;
  WallClock clock_;
  ProcessPoolOptions options_;
  std::unique_ptr<Backend> pool_;
};

}  // namespace tidegate::testing
