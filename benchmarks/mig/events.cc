// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/mig/events.h"

#include <cmath>
#include <functional>
#include <queue>
#include <random>

namespace tidegate::mig_benchmark {

const std::vector<Mix> kMixes = {
    {"uniform", {1, 1, 1, 1, 1, 1}},  {"skew-small", {1, 2, 3, 6, 4, 12}},
    {"skew-big", {6, 4, 4, 2, 1, 1}}, {"bimodal", {5, 4, 1, 1, 1, 8}},
    {"no-7g", {0, 2, 3, 4, 2, 6}},    {"3g-heavy", {0, 0, 5, 2, 0, 3}},
};

namespace {

constexpr double kCompute[6] = {7, 4, 3, 2, 1, 1};
constexpr double kTwoPi = 6.283185307179586;

// Median 540 s and 90th percentile 6574 s as in the openb trace, scaled to a mean of one.
constexpr double kSigma = 1.95;

class Stream {
 public:
  explicit Stream(const EventOptions& options) : options_(options), random_(options.seed) {}

  std::vector<Event> Run() {
    std::priority_queue<std::pair<double, std::int64_t>,
                        std::vector<std::pair<double, std::int64_t>>, std::greater<>>
        due;
    std::vector<Event> events;
    double time = 0;
    for (std::int64_t id = 0; id < options_.requests; ++id) {
      const double night = Night(time);
      double weight[6];
      double sum = 0, compute = 0;
      for (int k = 0; k < 6; ++k) {
        weight[k] = (1 - night) * Normal(*options_.mix, k) +
                    night * Normal(options_.night != nullptr ? *options_.night : *options_.mix, k);
        sum += weight[k];
        compute += weight[k] * kCompute[k];
      }
      // By day the load is a third above the mean, by night a third below.
      const double swing = options_.day > 0 ? 1 + (0.5 - night) * 2 / 3 : 1;
      const double rate =
          swing * options_.load * 7 * static_cast<double>(options_.devices) / (compute / sum);
      time += -std::log(Uniform()) / rate;
      while (!due.empty() && due.top().first <= time) {
        events.push_back({false, due.top().second, 0, due.top().first, 0});
        due.pop();
      }
      double draw = Uniform() * sum;
      int kind = 0;
      while (kind < 5 && draw >= weight[kind]) draw -= weight[kind++];
      const double stay = StayLength();
      events.push_back({true, id, kind, time, stay});
      due.push({time + stay, id});
    }
    return events;
  }

 private:
  static double Normal(const Mix& mix, int kind) {
    double sum = 0;
    for (const double weight : mix.weight) sum += weight;
    return mix.weight[kind] / sum;
  }
  double Night(double time) const {
    return options_.day > 0 ? 0.5 - 0.5 * std::cos(kTwoPi * time / options_.day) : 0;
  }
  double Uniform() { return (static_cast<double>(random_() >> 11U) + 0.5) * 0x1.0p-53; }
  double StayLength() {
    if (options_.stay == Stay::kExponential) return -std::log(Uniform());
    const double normal = std::sqrt(-2 * std::log(Uniform())) * std::cos(kTwoPi * Uniform());
    return std::exp(kSigma * normal - kSigma * kSigma / 2);
  }

  const EventOptions& options_;
  std::mt19937_64 random_;
};

}  // namespace

std::vector<Event> MakeEvents(const EventOptions& options) { return Stream(options).Run(); }

}  // namespace tidegate::mig_benchmark
