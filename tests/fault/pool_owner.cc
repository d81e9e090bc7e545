// SPDX-License-Identifier: Apache-2.0
//
// A process that owns a pool, to be killed: what Tidegate is to its replicas.
//
//   pool_owner OUT STATE_FILE|- REPLICAS CHILD [switch]…
//
// With POOL_SLICES=ID,ID… in its environment the pool is on slices, of which it names those where
// there are none yet.
//
// OUT is rewritten for ever with one line a replica: name, port, ready, terminating. SIGTERM is an
// orderly stop. Exits 3 if the pool cannot be made.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/wall_clock.h"
#include "tidegate/backends/process_pool.h"

namespace {

volatile std::sig_atomic_t g_stop = 0;

void WriteOut(const std::string& path, const tidegate::Observation& seen) {
  std::ofstream file(path + ".tmp");
  for (const tidegate::Replica& replica : seen.replicas) {
    const auto port = replica.ports.find("http");
    file << replica.name << ' ' << (port == replica.ports.end() ? 0 : port->second) << ' '
         << (replica.ready == tidegate::ConditionStatus::kTrue) << ' ' << replica.terminating
         << '\n';
  }
  file.close();
  std::filesystem::rename(path + ".tmp", path);
}

std::vector<tidegate::ReplicaSlice> Slices(const char* text) {
  std::vector<tidegate::ReplicaSlice> slices;
  std::istringstream ids(text);
  for (std::string id; std::getline(ids, id, ',');) {
    slices.push_back({.id = id, .device = "gpu", .profile = "1g.5gb", .replica = {}});
  }
  return slices;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 5) return 2;
  std::signal(SIGTERM, [](int) { g_stop = 1; });
  const std::string out = arguments[1];
  tidegate::ProcessPoolOptions options;
  if (std::string(arguments[2]) != "-") options.state_file = arguments[2];
  options.initial_replicas = std::atoi(arguments[3]);
  options.command = {arguments[4], "{port:http}"};
  options.command.insert(options.command.end(), arguments + 5, arguments + count);
  options.readiness.period = std::chrono::milliseconds(50);
  options.drain_timeout = std::chrono::milliseconds(500);
  options.termination_grace_period = std::chrono::seconds(1);
  options.backoff_initial = std::chrono::milliseconds(50);
  const char* ids = std::getenv("POOL_SLICES");
  options.on_slices = ids != nullptr;
  tidegate::testing::WallClock clock;
  auto pool = tidegate::MakeProcessPool("web", options, clock);
  if (!pool) {
    std::fprintf(stderr, "%s\n", pool.error().message.c_str());
    return 3;
  }
  if (ids != nullptr && (*pool)->Observe("web", clock.Now()).value().slices.empty()) {
    const auto slices = Slices(ids);
    const auto count_of = static_cast<std::int32_t>(slices.size());
    if (!(*pool)->Apply({"web", count_of, {}, slices}, clock.Now())) return 4;
  }
  while (g_stop == 0) {
    const auto seen = (*pool)->Observe("web", clock.Now());
    if (seen) WriteOut(out, *seen);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return 0;
}
