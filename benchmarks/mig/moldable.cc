// SPDX-License-Identifier: Apache-2.0
//
// Moldable demand: how many GPUs serve the rates of several DNNs, when each may take slices of any
// size. ParvaGPU's six sets (benchmarks/mig/parvagpu), as they are and at higher rates.
//
//   mig_moldable DIRECTORY
//
// The baselines choose the sizes of each service for itself, by a rule; what they choose is packed
// exactly, so that a difference is one of the choice alone.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tidegate/mig.h"
#include "tidegate/throughput.h"

namespace tidegate::mig_benchmark {
namespace {

using Clock = std::chrono::steady_clock;

const DeviceModel& Board() {
  static const DeviceModel model = FindDeviceModel("a100-80gb").value();
  return model;
}

// The rows of a CSV file, without comments and header.
std::vector<std::vector<std::string>> Rows(const std::string& file) {
  std::vector<std::vector<std::string>> rows;
  std::ifstream in(file);
  bool header = true;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#' || std::exchange(header, false)) continue;
    std::istringstream cells(line);
    rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}

MilliValue Milli(const std::string& text) { return std::llround(std::stod(text) * 1000); }

std::map<std::string, std::vector<ThroughputRow>> Tables(const std::string& directory) {
  std::map<std::string, std::vector<ThroughputRow>> tables;
  for (const auto& row : Rows(directory + "/throughput.csv")) {
    tables[row[0]].push_back(
        {row[1], row[2], Milli(row[3]), std::chrono::microseconds(Milli(row[4])), 0});
  }
  return tables;
}

// A size that a service may take.
struct Size {
  std::size_t profile = 0;
  MilliValue rate = 0;
  std::int32_t compute = 0;
};

std::vector<Size> SizesOf(const SliceNeed& need) {
  std::vector<Size> sizes;
  for (const SliceRate& rate : need.rates) {
    const std::size_t profile = FindProfile(Board(), rate.profile).value();
    sizes.push_back({profile, rate.rate, Board().profiles[profile].compute_slices});
  }
  std::sort(sizes.begin(), sizes.end(),
            [](const Size& a, const Size& b) { return a.compute < b.compute; });
  return sizes;
}

std::int64_t Slices(MilliValue rate, MilliValue of_each) { return (rate + of_each - 1) / of_each; }

using Rule = void (*)(const SliceNeed&, SliceDemand&);

void Smallest(const SliceNeed& need, SliceDemand& demand) {
  const Size size = SizesOf(need).front();
  demand[size.profile] += Slices(need.rate, size.rate);
}

void Largest(const SliceNeed& need, SliceDemand& demand) {
  const Size size = SizesOf(need).back();
  demand[size.profile] += Slices(need.rate, size.rate);
}

// The most rate for a compute slice; what is left goes to the smallest slice that serves it.
void BestPerCompute(const SliceNeed& need, SliceDemand& demand) {
  const std::vector<Size> sizes = SizesOf(need);
  const Size best = *std::max_element(sizes.begin(), sizes.end(), [](const Size& a, const Size& b) {
    return a.rate * b.compute < b.rate * a.compute;
  });
  demand[best.profile] += need.rate / best.rate;
  const MilliValue left = need.rate % best.rate;
  if (left == 0) return;
  const auto last =
      std::find_if(sizes.begin(), sizes.end(), [&](const Size& size) { return size.rate >= left; });
  demand[last == sizes.end() ? best.profile : last->profile] += 1;
}

// The least sum of shares of a device, which is exact for a service alone.
void LeastShares(const SliceNeed& need, SliceDemand& demand) {
  const std::vector<Size> sizes = SizesOf(need);
  std::vector<SizeOption> options;
  for (const Size& size : sizes) options.push_back({size.rate, DeviceShare(Board(), size.profile)});
  const std::vector<std::int64_t> counts = CheapestSizes(options, need.rate);
  for (std::size_t s = 0; s < sizes.size(); ++s) demand[sizes[s].profile] += counts[s];
}

std::int64_t Gpus(const std::vector<SliceNeed>& needs, Rule rule) {
  SliceDemand demand(Board().profiles.size());
  for (const SliceNeed& need : needs) rule(need, demand);
  return Optimum(Board(), demand).value().devices;
}

void Line(const std::string& set, int scale, const std::vector<SliceNeed>& needs) {
  const std::vector<DeviceOffer> offers = {{Board(), 1, 1'000'000}};
  const auto start = Clock::now();
  const FleetMix mix = CheapestFleet(offers, needs).value();
  const double ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  const Result<double> proven = CheckFleetMix(offers, needs, mix);
  std::printf("| W%s | %d | %zu | %lld | %lld | %lld | %lld | **%.0f** | %s | %.1f |\n",
              set.c_str(), scale, needs.size(), static_cast<long long>(Gpus(needs, Largest)),
              static_cast<long long>(Gpus(needs, Smallest)),
              static_cast<long long>(Gpus(needs, BestPerCompute)),
              static_cast<long long>(Gpus(needs, LeastShares)), mix.price,
              proven ? std::to_string(std::llround(*proven)).c_str() : "wrong", ms);
}

int Run(const std::string& directory) {
  const auto tables = Tables(directory);
  std::map<std::string, std::vector<SliceNeed>> sets;
  for (const auto& row : Rows(directory + "/slo_sets.csv")) {
    const auto table = tables.find(row[1]);
    if (table == tables.end()) continue;
    SliceNeed need{.rate = Milli(row[2])};
    need.rates = RatesAt(table->second, std::chrono::microseconds(Milli(row[3])));
    sets[row[0]].push_back(std::move(need));
  }
  if (sets.empty()) {
    std::fprintf(stderr, "%s: no tables\n", directory.c_str());
    return 1;
  }
  std::printf(
      "| set | rates x | services | whole GPUs | smallest slices | best rate per compute slice | "
      "least shares each | **Tidegate** | proven least | ms |\n"
      "|---|---|---|---|---|---|---|---|---|---|\n");
  for (const int scale : {1, 10, 100}) {
    for (auto [set, needs] : sets) {
      for (SliceNeed& need : needs) need.rate *= scale;
      Line(set, scale, needs);
    }
  }
  return 0;
}

}  // namespace
}  // namespace tidegate::mig_benchmark

int main(int argc, char** argv) {
  if (argc == 2) return tidegate::mig_benchmark::Run(argv[1]);
  std::fprintf(stderr, "usage: mig_moldable DIRECTORY\n");
  return 2;
}
