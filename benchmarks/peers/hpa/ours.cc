// SPDX-License-Identifier: Apache-2.0
//
// Tidegate's side of the rows hpa_*: a decision with its full trace, for the world of peer/main.go.
//
//   peer_hpa KIND PODS MILLISECONDS
//
// More is done here than there: the proposal is also combined, stabilized, limited and explained.
#include <cstdlib>
#include <string>
#include <utility>

#include "benchmarks/peers/measure.h"
#include "tidegate/plan.h"

namespace tidegate {
namespace {

constexpr TimePoint kNow{std::chrono::hours(1)};

MetricSpec Metric(bool resource) {
  MetricSpec metric{.name = resource ? "cpu" : "rps"};
  if (resource) {
    metric.type = MetricSourceType::kResource;
    metric.target.type = MetricTargetType::kUtilization;
    metric.target.average_utilization = 60;
  } else {
    metric.target.average_value = 600;
  }
  return metric;
}

WorkloadInput World(bool resource, std::int32_t pods) {
  WorkloadInput input;
  input.spec.workload = "web";
  input.spec.missing_data = MissingData::kFill;
  input.spec.max_replicas = 1'000'000;
  input.spec.metrics.push_back(Metric(resource));
  input.observation.spec_replicas = pods;
  input.observation.status_replicas = pods;
  Reading reading;
  for (std::int32_t i = 0; i < pods; ++i) {
    Replica replica{.name = "web-" + std::to_string(i),
                    .phase = ReplicaPhase::kRunning,
                    .ready = ConditionStatus::kTrue,
                    .start_time = TimePoint()};
    replica.containers.push_back({.name = "main", .requests = {{"cpu", 1000}}});
    reading.replicas.push_back({.replica = replica.name,
                                .value = 900 + 37 * (i % 10),
                                .timestamp = kNow,
                                .window = std::chrono::seconds(30)});
    input.observation.replicas.push_back(std::move(replica));
  }
  input.readings.push_back(std::move(reading));
  input.history.recommendations = {{{.replicas = pods, .time = kNow}}};
  return input;
}

// The proposal of the one metric, before limits: what ReplicaCalculator answers too.
std::int64_t Answer(const WorkloadOutput& output) { return output.decision.proposed.value_or(-1); }

}  // namespace
}  // namespace tidegate

int main(int argc, char** argv) {
  using namespace tidegate;
  if (argc != 4) return 2;
  const WorkloadInput input = World(std::string(argv[1]) == "resource", std::atoi(argv[2]));
  PolicySet policies;
  if (!policies.AddAll(input.spec, BuiltinPolicies())) return 1;
  Planner planner;
  WorkloadOutput output;
  peers::Measure(std::atoi(argv[3]), [&] {
    planner.Decide(input, policies, kNow, output);
    return Answer(output);
  });
  return 0;
}
