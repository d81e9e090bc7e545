// SPDX-License-Identifier: Apache-2.0
//
// Field lists of what a tick is made of: observation.h, decision.h, plan.h, record.h.
#include <map>
#include <utility>

#include "tidegate/describe.h"

namespace tidegate {

void Describe(FieldVisitor& v, Error& s) {
  v.Field("code", s.code);
  v.Field("message", s.message);
}

namespace {

// {"cpu": 500, "memory": 128000}
void DescribeRequests(FieldVisitor& v, std::string_view key, ResourceList& s) {
  std::map<std::string, MilliValue> requests;
  for (const ResourceRequest& each : s) requests[each.resource] = each.value;
  v.Field(key, requests);
  s.clear();
  for (const auto& [resource, value] : requests) s.push_back({resource, value});
}

}  // namespace

void Describe(FieldVisitor& v, Container& s) {
  v.Field("name", s.name);
  DescribeRequests(v, "requests", s.requests);
  v.Field("restartableInit", s.restartable_init);
}

void Describe(FieldVisitor& v, ProcessId& s) {
  v.Field("pid", s.pid);
  v.Field("startTicks", s.start_ticks);
}

void Describe(FieldVisitor& v, Replica& s) {
  v.Field("name", s.name);
  v.Field("phase", s.phase);
  v.Field("ready", s.ready);
  v.Field("readyTransition", s.ready_transition);
  v.Field("startTime", s.start_time);
  v.Field("terminating", s.terminating);
  v.Field("containers", s.containers);
  bool has_requests = s.pod_requests.has_value();
  v.Field("hasPodRequests", has_requests);
  ResourceList requests = s.pod_requests.value_or(ResourceList());
  DescribeRequests(v, "podRequests", requests);
  s.pod_requests.reset();
  if (has_requests) s.pod_requests = std::move(requests);
  v.Field("host", s.host);
  v.Field("ports", s.ports);
  v.Field("restarts", s.restarts);
  v.Field("restartReason", s.restart_reason);
  v.Field("message", s.message);
  v.Field("process", s.process);
}

void Describe(FieldVisitor& v, SelectorProblem& s) {
  v.Field("fault", s.fault);
  v.Field("message", s.message);
}

void Describe(FieldVisitor& v, ReplicaSlice& s) {
  v.Field("id", s.id);
  v.Field("device", s.device);
  v.Field("profile", s.profile);
  v.Field("start", s.start);
  v.Field("replica", s.replica);
  v.Field("replaces", s.replaces);
}

void Describe(FieldVisitor& v, Observation& s) {
  v.Field("specReplicas", s.spec_replicas);
  v.Field("statusReplicas", s.status_replicas);
  v.Field("replicas", s.replicas);
  v.Field("selectorProblem", s.selector_problem);
  v.Field("slices", s.slices);
}

void Describe(FieldVisitor& v, Doubt& s) {
  v.Field("kind", s.kind);
  v.Field("replica", s.replica);
  v.Field("detail", s.detail);
}

void Describe(FieldVisitor& v, ReplicaReading& s) {
  v.Field("replica", s.replica);
  v.Field("milliValue", s.value);
  v.Field("timestamp", s.timestamp);
  v.Field("window", s.window);
}

void Describe(FieldVisitor& v, Reading& s) {
  v.Field("replicas", s.replicas);
  v.Field("milliValues", s.values);
  v.Field("doubts", s.doubts);
  v.Field("error", s.error);
  v.Field("age", s.age);
  v.Field("fallback", s.fallback);
  v.Field("ignored", s.ignored);
}

void Describe(FieldVisitor& v, Step& s) {
  v.Field("stage", s.stage);
  v.Field("cause", s.cause);
  v.Field("replicas", s.replicas);
  v.Field("wanted", s.wanted);
  v.Field("window", s.window);
  v.Field("until", s.until);
  v.Field("reason", s.reason);
}

void Describe(FieldVisitor& v, MetricTrace& s) {
  v.Field("metric", s.metric);
  v.Field("specMetric", s.spec_metric);
  v.Field("proposal", s.proposal);
  v.Field("milliUsage", s.usage);
  v.Field("milliTarget", s.target);
  v.Field("utilization", s.utilization);
  v.Field("ratio", s.ratio);
  v.Field("filledRatio", s.filled_ratio);
  v.Field("groups", s.groups);
  v.Field("error", s.error);
  v.Field("fallback", s.fallback);
}

void Describe(FieldVisitor& v, Proposal& s) {
  v.Field("replicas", s.replicas);
  v.Field("reason", s.reason);
  v.Field("traces", s.traces);
  v.Field("decidedBy", s.decided_by);
  v.Field("error", s.error);
}

void Describe(FieldVisitor& v, Recommendation& s) {
  v.Field("replicas", s.replicas);
  v.Field("time", s.time);
}

void Describe(FieldVisitor& v, ScaleEvent& s) {
  v.Field("change", s.change);
  v.Field("time", s.time);
  v.Field("outdated", s.outdated);
}

void Describe(FieldVisitor& v, MissingReplica& s) {
  v.Field("replica", s.replica);
  v.Field("since", s.since);
}

void Describe(FieldVisitor& v, MetricMemory& s) {
  v.Field("metric", s.metric);
  v.Field("lostSince", s.lost_since);
  v.Field("readAt", s.read_at);
  v.Field("replicas", s.replicas);
  v.Field("milliValues", s.values);
  v.Field("missing", s.missing);
}

void Describe(FieldVisitor& v, SliceRequests& s) {
  v.Field("wanted", s.wanted);
  v.Field("asked", s.asked);
}

void Describe(FieldVisitor& v, History& s) {
  v.Field("recommendations", s.recommendations);
  v.Field("scaleUpEvents", s.scale_up_events);
  v.Field("scaleDownEvents", s.scale_down_events);
  v.Field("lastScaleTime", s.last_scale_time);
  v.Field("scaledToZero", s.scaled_to_zero);
  v.Field("metrics", s.metrics);
  v.Field("slices", s.slices);
}

void Describe(FieldVisitor& v, Decision& s) {
  v.Field("workload", s.workload);
  v.Field("current", s.current);
  v.Field("desired", s.desired);
  v.Field("proposed", s.proposed);
  v.Field("reason", s.reason);
  v.Field("steps", s.steps);
  v.Field("metrics", s.metrics);
  v.Field("decidedBy", s.decided_by);
  v.Field("error", s.error);
}

void Describe(FieldVisitor& v, ScaleCommand& s) {
  v.Field("workload", s.workload);
  v.Field("replicas", s.replicas);
  v.Field("victims", s.victims);
  v.Field("slices", s.slices);
}

void Describe(FieldVisitor& v, Device& s) {
  v.Field("id", s.id);
  v.Field("model", s.model);
  v.Field("node", s.node);
  v.Field("domain", s.domain);
  v.Field("state", s.state);
}

void Describe(FieldVisitor& v, DeviceLimit& s) {
  v.Field("model", s.model);
  v.Field("devices", s.devices);
}

void Describe(FieldVisitor& v, DeviceSlice& s) {
  v.Field("id", s.id);
  v.Field("device", s.device);
  v.Field("profile", s.profile);
  v.Field("start", s.start);
  v.Field("usable", s.usable);
  v.Field("removable", s.removable);
}

void Describe(FieldVisitor& v, RefusedLayout& s) {
  v.Field("model", s.model);
  v.Field("profiles", s.profiles);
}

void Describe(FieldVisitor& v, DriverSlices& s) {
  v.Field("slices", s.slices);
  v.Field("reconfigure", s.reconfigure);
  v.Field("refused", s.refused);
  v.Field("notes", s.notes);
}

void Describe(FieldVisitor& v, Inventory& s) {
  v.Field("devices", s.devices);
  v.Field("budgets", s.budgets);
  v.Field("repackAfter", s.repack_after);
  v.Field("driver", s.driver);
}

void Describe(FieldVisitor& v, WorkloadInput& s) {
  v.Field("spec", s.spec);
  v.Field("observation", s.observation);
  v.Field("readings", s.readings);
  v.Field("history", s.history);
  v.Field("error", s.error);
}

void Describe(FieldVisitor& v, TickInput& s) {
  v.Field("now", s.now);
  v.Field("workloads", s.workloads);
  v.Field("inventory", s.inventory);
  v.Field("held", s.held);
}

void Describe(FieldVisitor& v, WorkloadOutput& s) {
  v.Field("decision", s.decision);
  v.Field("command", s.command);
  v.Field("next", s.next);
}

void Describe(FieldVisitor& v, TickOutput& s) { v.Field("workloads", s.workloads); }

void Describe(FieldVisitor& v, Applied& s) {
  v.Field("scaled", s.scaled);
  v.Field("error", s.error);
}

void Describe(FieldVisitor& v, TickRecord& s) {
  v.Field("version", s.version);
  std::vector<WorkloadId> workloads;  // for readers that look for one, at the head of the line
  for (const WorkloadInput& input : s.input.workloads) workloads.push_back(input.spec.workload);
  v.Field("workloads", workloads);
  v.Field("input", s.input);
  v.Field("output", s.output);
  v.Field("applied", s.applied);
  v.Field("histories", s.histories);
}

}  // namespace tidegate
