// SPDX-License-Identifier: Apache-2.0
//
// What a look at one replica costs, without the network: Triton's statistics beside its JSON alone
// and beside its /metrics, and the processes of a server with as many threads as a Triton has.
#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "os/proc.h"
#include "sources/process/usage.h"
#include "sources/triton_stats/stats_page.h"
#include "tidegate/series_store.h"

namespace tidegate {
namespace {

constexpr TimePoint kStart{std::chrono::hours(490'000)};
constexpr int kThreadsOfATriton = 62;
constexpr int kThreadsOfItsStub = 4;

std::string Golden(const std::string& name) {
  std::ifstream in(TIDEGATE_SOURCE_DIR "/tests/golden/triton/" + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The same text with one number that grows, so that no two are the same.
std::string Nth(const std::string& text, std::size_t at, std::int64_t n) {
  return text.substr(0, at) + std::to_string(n) + text.substr(at);
}

void JsonAlone(benchmark::State& state) {
  const std::string body = Golden("stats-all-families.json");
  for (auto _ : state) benchmark::DoNotOptimize(nlohmann::json::parse(body));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(JsonAlone);

void StatsToPage(benchmark::State& state) {
  const std::string body = Golden("stats-all-families.json");
  for (auto _ : state) benchmark::DoNotOptimize(triton_stats::StatsPage(body));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(StatsToPage);

void StatsToStore(benchmark::State& state) {
  const std::string body = Golden("stats-all-families.json");
  const std::size_t at = body.find("\"inference_count\":") + 18;
  SeriesStore store;
  std::int64_t n = 0;
  std::size_t samples = 0;
  for (auto _ : state) {
    ++n;
    const auto page = triton_stats::StatsPage(Nth(body, at, n));
    samples =
        store.IngestPage(*page, {{"replica", "r"}}, kStart + n * std::chrono::seconds(1))->samples;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(samples));
}
BENCHMARK(StatsToStore);

void MetricsToStore(benchmark::State& state) {
  const std::string body = Golden("metrics-all-families.txt");
  const std::size_t at = body.find("nv_inference_count{");
  const std::size_t digit = body.find("} ", at) + 2;
  SeriesStore store;
  std::int64_t n = 0;
  std::size_t samples = 0;
  for (auto _ : state) {
    ++n;
    samples = store
                  .IngestPage(Nth(body, digit, n), {{"replica", "r"}},
                              kStart + n * std::chrono::seconds(1))
                  ->samples;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(samples));
}
BENCHMARK(MetricsToStore);

/// A child with so many threads that do nothing; it has a child of the same kind, or none.
pid_t StartServer(int threads, int threads_of_child) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  if (threads_of_child > 0) StartServer(threads_of_child, 0);
  std::vector<std::jthread> all;
  for (int i = 1; i < threads; ++i) all.emplace_back([] { ::pause(); });
  for (;;) ::pause();
}

void ReadServer(benchmark::State& state) {
  const pid_t pid = StartServer(kThreadsOfATriton, kThreadsOfItsStub);
  while (ListNumbers("/proc/" + std::to_string(pid) + "/task").size() < kThreadsOfATriton) {
    std::this_thread::yield();
  }
  const ProcessId root{pid, ReadProcessStat(pid)->start_ticks};
  const std::vector<pid_t> below = ChildrenOf(pid);
  for (auto _ : state) benchmark::DoNotOptimize(process::ReadProcesses(root, false));
  for (const pid_t child : below) ::kill(child, SIGKILL);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}
BENCHMARK(ReadServer)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tidegate
