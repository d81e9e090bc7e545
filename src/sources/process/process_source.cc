// SPDX-License-Identifier: Apache-2.0
#include "tidegate/sources/process.h"

#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "series/staleness.h"
#include "sources/process/usage.h"
#include "sources/schedule.h"

namespace tidegate {
namespace {

using process::CpuCounter;
using process::Usage;

/// How often what has fallen is looked at again, until it is believed.
constexpr int kSecondLooks = 3;

struct Target {
  std::optional<ProcessId> process;
  Schedule schedule;
  CpuCounter cpu;
  std::set<std::string> live;  // its series that have not ended
  TargetState state;
};

using Targets = std::map<std::string, Target>;  // by replica

std::string Replaced(std::string text, std::string_view what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

class ProcessSource final : public Source {
 public:
  explicit ProcessSource(ProcessOptions options) : options_(std::move(options)) {}

  Status Collect(const CollectRequest& request, SampleSink& sink) override;
  std::vector<TargetState> targets() const override;

 private:
  Targets& Reconcile(const CollectRequest& request, SampleSink& sink);
  Result<Usage> Look(const Target& target) const;
  Result<Usage> Read(Target& target) const;
  void Store(const CollectRequest& request, const Usage& usage, Target& target, SampleSink& sink);
  static void End(const CollectRequest& request, Target& target, SampleSink& sink);
  static Labels LabelsOf(const CollectRequest& request, const Target& target);

  const ProcessOptions options_;

  // Guards the shape of the maps and every TargetState; the rest of a target belongs to the thread
  // that collects for its workload.
  mutable std::mutex mutex_;
  std::map<WorkloadId, Targets> workloads_;
};

Status ProcessSource::Collect(const CollectRequest& request, SampleSink& sink) {
  Targets& targets = Reconcile(request, sink);
  if (request.deadline <= request.now) {
    return Error{ErrorCode::kDeadlineExceeded, "no time left to look at " + request.workload};
  }
  for (auto& [replica, target] : targets) {
    if (!target.schedule.IsDue(request.now, options_.interval)) continue;
    target.schedule.Advance(request.now, options_.interval);
    const Result<Usage> usage = Read(target);
    if (usage) {
      Store(request, *usage, target, sink);
    } else {
      End(request, target, sink);
    }
    const std::lock_guard lock(mutex_);
    target.state.up = usage.has_value();
    target.state.last_attempt = request.now;
    if (usage) target.state.last_success = request.now;
    target.state.samples = target.live.size();
    target.state.error = usage ? "" : usage.error().message;
  }
  return {};
}

/// Makes the targets those of the replicas that there are now.
Targets& ProcessSource::Reconcile(const CollectRequest& request, SampleSink& sink) {
  std::map<std::string, const Replica*> running;
  for (const Replica& replica : request.replicas) {
    if (replica.Alive()) running[replica.name] = &replica;
  }
  const std::lock_guard lock(mutex_);
  Targets& targets = workloads_[request.workload];
  for (auto at = targets.begin(); at != targets.end();) {
    const auto found = running.find(at->first);
    const bool same = found != running.end() && found->second->process == at->second.process;
    if (!same) End(request, at->second, sink);
    at = same ? std::next(at) : targets.erase(at);
  }
  for (const auto& [name, replica] : running) {
    Target& target = targets[name];
    target.process = replica->process;
    target.state.replica = name;
    target.state.target = options_.cgroup.empty()
                              ? "process " + (target.process ? std::to_string(target.process->pid)
                                                             : std::string("unknown"))
                              : Replaced(options_.cgroup, "{replica}", name);
  }
  return targets;
}

Result<Usage> ProcessSource::Look(const Target& target) const {
  if (!options_.cgroup.empty()) return process::ReadCgroup(target.state.target);
  if (!target.process) {
    return Error{ErrorCode::kNoData, "the replica's process is not known"};
  }
  return process::ReadProcesses(*target.process, options_.proportional_memory);
}

/// `cpu_seconds` is that of a counter.
Result<Usage> ProcessSource::Read(Target& target) const {
  Result<Usage> usage = Look(target);
  for (int i = 0; i < kSecondLooks && usage && target.cpu.Fell(usage->cpu_seconds); ++i) {
    usage = Look(target);
  }
  if (usage) usage->cpu_seconds = target.cpu.Advance(usage->cpu_seconds);
  return usage;
}

Labels ProcessSource::LabelsOf(const CollectRequest& request, const Target& target) {
  return {{"replica", target.state.replica}, {"source", "process"}, {"workload", request.workload}};
}

void ProcessSource::Store(const CollectRequest& request, const Usage& usage, Target& target,
                          SampleSink& sink) {
  const Labels labels = LabelsOf(request, target);
  const auto store = [&](const char* name, double value) {
    // What the store refuses it counts; that is no failure of the target.
    (void)sink.Ingest(name, labels, value, request.now);
    target.live.insert(name);
  };
  const bool cgroup = !options_.cgroup.empty();
  store(cgroup ? "container_cpu_usage_seconds_total" : "process_cpu_seconds_total",
        usage.cpu_seconds);
  store(cgroup ? "container_memory_working_set_bytes" : "process_resident_memory_bytes",
        usage.memory_bytes);
  if (usage.proportional_bytes) {
    store("process_proportional_memory_bytes", *usage.proportional_bytes);
  }
}

void ProcessSource::End(const CollectRequest& request, Target& target, SampleSink& sink) {
  const Labels labels = LabelsOf(request, target);
  for (const std::string& name : target.live) {
    (void)sink.Ingest(name, labels, kStaleMarker, request.now);
  }
  target.live.clear();
}

std::vector<TargetState> ProcessSource::targets() const {
  std::vector<TargetState> states;
  const std::lock_guard lock(mutex_);
  for (const auto& [workload, targets] : workloads_) {
    for (const auto& [replica, target] : targets) states.push_back(target.state);
  }
  return states;
}

}  // namespace

std::unique_ptr<Source> MakeProcessSource(ProcessOptions options) {
  return std::make_unique<ProcessSource>(std::move(options));
}

std::string_view ProcessQuery(std::string_view resource) {
  if (resource == "cpu") {
    return "sum(rate(container_cpu_usage_seconds_total{source=\"process\"}[15s]) or "
           "rate(process_cpu_seconds_total{source=\"process\"}[15s]))";
  }
  if (resource == "memory") {
    return "sum(container_memory_working_set_bytes{source=\"process\"} or "
           "process_proportional_memory_bytes{source=\"process\"} or "
           "process_resident_memory_bytes{source=\"process\"})";
  }
  return {};
}

}  // namespace tidegate
