// SPDX-License-Identifier: Apache-2.0
//
// Tidegate's side of the rows hpa_*: a decision with its full trace, for the world of peer/main.go.
//
//   peer_hpa KIND PODS MILLISECONDS
//
// KIND is `replicas` for the arithmetic of one metric, the calculator's work, or `controller` for a
// whole decision, the controller's. `resource` and `average` set a whole decision beside the
// calculator: they do more than it does.
#include <cstdlib>
#include <string>
#include <utility>

#include "benchmarks/peers/measure.h"
#include "hpa/replica_calculator.h"
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

// The arithmetic alone, with its trace.
void MeasureReplicas(const WorkloadInput& input, int milliseconds) {
  Scratch scratch;
  MetricTrace trace;
  const hpa::MetricContext context{
      .observation = input.observation,
      .now = kNow,
      .spec = input.spec,
      .compatibility = hpa::CompatibilityOf(input.spec.compatibility),
      .tolerance = {},
      .scratch = scratch,
  };
  peers::Measure(milliseconds, [&] {
    hpa::ComputeMetric(input.spec.metrics[0], input.readings[0], context, trace);
    return std::int64_t{trace.proposal};
  });
}

// A whole decision, in a loop that uses its buffers again. The answer is what comes out, or the
// proposal before limits, which is what ReplicaCalculator answers.
bool MeasureDecision(const WorkloadInput& input, bool limited, int milliseconds) {
  PolicySet policies;
  if (!policies.AddAll(input.spec, BuiltinPolicies())) return false;
  Planner planner;
  WorkloadOutput output;
  peers::Measure(milliseconds, [&] {
    planner.Decide(input, policies, kNow, output);
    return std::int64_t{limited ? output.decision.desired : output.decision.proposed.value_or(-1)};
  });
  return true;
}

}  // namespace
}  // namespace tidegate

int main(int argc, char** argv) {
  using namespace tidegate;
  if (argc != 4) return 2;
  const std::string kind = argv[1];
  const WorkloadInput input = World(kind != "average", std::atoi(argv[2]));
  const int milliseconds = std::atoi(argv[3]);
  if (kind != "replicas") return MeasureDecision(input, kind == "controller", milliseconds) ? 0 : 1;
  MeasureReplicas(input, milliseconds);
  return 0;
}
