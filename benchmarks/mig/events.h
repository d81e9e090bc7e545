// SPDX-License-Identifier: Apache-2.0
//
// Streams of requests for slices: mixes, arrivals and stays of the benchmark families.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tidegate::mig_benchmark {

/// Weights of 7g 4g 3g 2g double-memory 1g 1g.
struct Mix {
  std::string name;
  double weight[6];
};
extern const std::vector<Mix> kMixes;  // R1 to R6

struct Event {
  bool add = true;
  std::int64_t id = 0;
  int kind = 0;  ///< index into the mix
  double time = 0;
  double stay = 0;  ///< of an add
};

enum class Stay { kExponential, kLognormal };

struct EventOptions {
  const Mix* mix = nullptr;
  const Mix* night = nullptr;  ///< drifts to this mix and back, once a `day`
  double load = 1;             ///< offered compute slices over those of the fleet
  std::size_t devices = 64;
  std::int64_t requests = 12000;
  Stay stay = Stay::kExponential;
  double day = 0;  ///< in mean stays; 0: no drift, steady load
  std::uint64_t seed = 1;
};

std::vector<Event> MakeEvents(const EventOptions& options);

}  // namespace tidegate::mig_benchmark
