// SPDX-License-Identifier: Apache-2.0
//
// Links tidegate_core alone: no third-party library is on its link line.
#include <tidegate/tidegate.h>

#include <cstdio>

int main() {
  tidegate::ScalingSpec spec{.workload = "web", .max_replicas = 7};
  tidegate::MetricSpec metric{.type = tidegate::MetricSourceType::kExternal, .name = "queue"};
  metric.target = {.type = tidegate::MetricTargetType::kAverageValue, .average_value = 10'000};
  spec.metrics = {metric};
  tidegate::WorkloadInput input{.spec = spec};
  input.observation = {.spec_replicas = 2, .status_replicas = 2};
  input.readings = {{.values = {35'000}}};
  tidegate::PolicySet policies;
  if (!policies.AddAll(spec, tidegate::BuiltinPolicies())) return 1;
  const auto output = tidegate::Decide(input, policies, tidegate::TimePoint{});
  std::printf("%d -> %d\n", output.decision.current, output.decision.desired);
  try {  // an exception type must be one type on both sides of a shared library
    (void)tidegate::Query::Compile("avg(").value();
  } catch (const tidegate::ResultError& e) {
    return output.decision.desired == 4 ? 0 : 1;
  }
  return 1;
}
