// SPDX-License-Identifier: Apache-2.0
//
// The pure core: Decide(), PlanTick() and what belongs to them.
#include "tidegate/plan.h"
#include "bind.h"
#include "fields_plan.h"
#include "policy.h"
#include "tidegate/result.h"

namespace tidegate::python {

namespace {

void Check(const Status& status) {
  if (!status) throw ResultError(status.error());
}

template <typename T>
T OrDefault(const py::object& value, const Path& path) {
  return value.is_none() ? T{} : Convert<T>::From(value, path);
}

WorkloadOutput DecideOne(const py::object& spec, const py::object& observation,
                         const py::object& readings, const py::object& history,
                         const py::object& now, const py::object& policies,
                         const py::object& error) {
  const WorkloadInput input{
      .spec = Convert<ScalingSpec>::From(spec, Path("spec")),
      .observation = Convert<Observation>::From(observation, Path("observation")),
      .readings = Convert<std::vector<Reading>>::From(readings, Path("readings")),
      .history = OrDefault<History>(history, Path("history")),
      .error = Convert<std::optional<Error>>::From(error, Path("error")),
  };
  const TimePoint at = ReadTime(now, Path("now"));
  PolicySet set;
  Check(set.AddAll(input.spec, ReadPolicies(policies)));
  const py::gil_scoped_release unlocked;
  return Decide(input, set, at);
}

TickOutput PlanAll(const py::object& input, const py::object& policies) {
  const TickInput tick = Convert<TickInput>::From(input, Path("input"));
  const PolicyRegistry registry = ReadPolicies(policies);
  PolicySet set;
  for (const WorkloadInput& workload : tick.workloads) Check(set.AddAll(workload.spec, registry));
  const py::gil_scoped_release unlocked;
  return PlanTick(tick, set);
}

History Recorded(const py::object& spec, std::int32_t before, std::int32_t after,
                 const py::object& now, const py::object& history) {
  auto next = OrDefault<History>(history, Path("history"));
  RecordScale(Convert<ScalingSpec>::From(spec, Path("spec")), before, after,
              ReadTime(now, Path("now")), next);
  return next;
}

}  // namespace

void BindPlan(py::module_& module) {
  module.def("decide", &DecideOne, py::arg("spec"), py::arg("observation"), py::arg("readings"),
             py::arg("history"), py::arg("now"), py::kw_only(), py::arg("policies") = py::none(),
             py::arg("error") = py::none(),
             "Decides for one workload. Pure: the same input gives the same output.");
  module.def("plan_tick", &PlanAll, py::arg("input"), py::kw_only(),
             py::arg("policies") = py::none(), "Decides for all workloads of a tick. Pure.");
  module.def("record_scale", &Recorded, py::arg("spec"), py::arg("before"), py::arg("after"),
             py::arg("now"), py::arg("history"),
             "The history with a change of scale that really happened: rate limits look there.");
  module.def("default_behavior", &DefaultBehavior,
             "What HPA's API server makes of a behavior that was given only in part.");
}

}  // namespace tidegate::python
