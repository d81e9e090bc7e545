// SPDX-License-Identifier: Apache-2.0
//
// The plain values; a class is bound before the classes that hold it.
#include "bind.h"
#include "fields_plan.h"
#include "fields_series.h"
#include "value_table.h"

namespace tidegate::python {

namespace {

Observation AllReady(std::int32_t count, const py::object& since, const std::string& prefix) {
  const TimePoint at = ReadTime(since, Path("since"));
  Observation seen{.spec_replicas = count, .status_replicas = count, .replicas = {}};
  for (std::int32_t i = 0; i < count; ++i) {
    Replica replica;
    replica.name = prefix + std::to_string(i);
    replica.phase = ReplicaPhase::kRunning;
    replica.ready = ConditionStatus::kTrue;
    replica.ready_transition = at;
    replica.start_time = at;
    seen.replicas.push_back(std::move(replica));
  }
  return seen;
}

template <typename... T>
void BindAll(py::module_& module) {
  (BindValue<T>(module), ...);
}

}  // namespace

void BindValues(py::module_& module) {
  BindAll<MetricTarget, ObjectReference, LabelSelectorRequirement, LabelSelector, MetricSpec,
          ScalingPolicy, ScalingRules, Behavior, PolicySpec, HpaOptions, Fallback, MissingReplicas,
          SliceSize,
          SliceSpec, ScalingSpec>(module);
  BindAll<Container, ProcessId, SelectorProblem, ReplicaSlice>(module);
  BindValue<Replica>(module).def_property_readonly("serving", &Replica::Serving,
                                                   "Running, ready and not asked to go.");
  BindValue<Observation>(module).def_static("all_ready", &AllReady, py::arg("count"),
                                            py::arg("since") = 0.0, py::arg("prefix") = "replica-",
                                            "So many replicas, all of them ready since then.");
  BindAll<Doubt, ReplicaReading, Reading, Step, MetricTrace, Proposal, Recommendation, ScaleEvent,
          MissingReplica, MetricMemory, SliceRequests, History, Decision, ScaleCommand>(module);
  BindAll<Device, DeviceLimit, DeviceSlice, RefusedLayout, DriverSlices, Inventory, WorkloadInput,
          TickInput, WorkloadOutput, TickOutput, Applied, OwnedTickReport, OwnedPolicyInput,
          WorkloadOptions>(module);
  BindAll<SeriesStoreOptions, SeriesStoreStats, PageSummary, VectorSample, MatrixPoint,
          MatrixSeries, EvaluateQuality, QueryResult>(module);
}

}  // namespace tidegate::python
