// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

#include "config/scalars.h"
#include "core/capacity.h"
#include "core/text.h"
#include "scaler/commands.h"
#include "tidegate/describe.h"
#include "tidegate/record.h"
#include "tidegate/reporters/journal.h"

namespace tidegate::scaler {

namespace {

// One workload of one tick.
struct Found {
  TimePoint now;
  WorkloadInput input;
  WorkloadOutput output;
  Applied applied;
};

std::string FormatTime(TimePoint time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t unix_time = seconds.time_since_epoch().count();
  std::tm utc{};
  gmtime_r(&unix_time, &utc);
  char text[64];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds).count();
  char all[80];
  std::snprintf(all, sizeof all, "%s.%03dZ", text, static_cast<int>(ms));
  return all;
}

// RFC 3339 in UTC, or seconds since 1970.
std::optional<TimePoint> ParseTime(const std::string& text) {
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (end != nullptr && *end == '\0' && !text.empty()) {
    return TimePoint(Duration(static_cast<std::int64_t>(seconds * 1e9)));
  }
  std::tm utc{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  if (rest == nullptr) return std::nullopt;
  TimePoint time(std::chrono::seconds(timegm(&utc)));
  if (*rest == '.') {
    const double fraction = std::strtod(rest, &end);
    time += Duration(std::llround(fraction * 1e9));
    rest = end;
  }
  if (std::string_view(rest) != "Z") return std::nullopt;
  return time;
}

std::string Number(MilliValue milli) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", static_cast<double>(milli) / 1000);
  return text;
}

std::string Join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void PrintGroup(const char* what, const std::vector<std::string>& names) {
  if (!names.empty()) std::printf("      %-8s %s\n", what, Join(names).c_str());
}

void PrintReplicas(const ScalingSpec& spec, const Observation& seen) {
  std::printf("  replicas: %d wanted, %d there\n", seen.spec_replicas, seen.status_replicas);
  if (spec.slice && spec.slice->moldable()) {
    std::printf("  a replica is a unit of capacity: slices for about %d\n",
                core::ReplicasOf(*spec.slice, seen.slices));
  }
  for (const Replica& replica : seen.replicas) {
    std::printf("    %-16s %-9s %-9s%s%s%s\n", replica.name.c_str(),
                std::string(NameOf(replica.phase)).c_str(),
                replica.ready == ConditionStatus::kTrue ? "ready" : "not ready",
                replica.terminating ? " terminating" : "", replica.message.empty() ? "" : "  ",
                replica.message.c_str());
  }
}

void PrintReading(const Reading& reading) {
  for (const ReplicaReading& each : reading.replicas) {
    std::printf("      %-16s %s\n", each.replica.c_str(), Number(each.value).c_str());
  }
  for (const MilliValue value : reading.values) {
    std::printf("      value            %s\n", Number(value).c_str());
  }
  for (const Doubt& doubt : reading.doubts) {
    std::printf("      doubt: %s%s%s, %s\n", doubt.replica.c_str(),
                doubt.replica.empty() ? "" : " is ", std::string(NameOf(doubt.kind)).c_str(),
                doubt.detail.c_str());
  }
}

constexpr ReplicaGroup kGroups[] = {ReplicaGroup::kReady, ReplicaGroup::kUnready,
                                    ReplicaGroup::kMissing, ReplicaGroup::kIgnored};

// The names of the replicas of one group.
std::vector<std::string> Members(const MetricTrace& trace, const Observation& seen,
                                 ReplicaGroup group) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(trace.groups.size(), seen.replicas.size()); ++i) {
    if (trace.groups[i] == group) names.push_back(seen.replicas[i].name);
  }
  return names;
}

void PrintMetric(const MetricTrace& trace, const Observation& seen) {
  if (trace.error) {
    std::printf("      error: %s\n", trace.error->message.c_str());
    return;
  }
  const std::string usage = trace.utilization ? std::to_string(*trace.utilization) + "% of requests"
                                              : Number(trace.usage);
  const std::string target =
      trace.utilization ? std::to_string(trace.target / 1000) + "%" : Number(trace.target);
  std::printf("      current value %s / target value %s = %.6g  ->  %d replicas\n", usage.c_str(),
              target.c_str(), trace.ratio, trace.proposal);
  if (trace.filled_ratio) {
    std::printf("      filled in: %.6g, %s\n", *trace.filled_ratio,
                trace.ratio < 1 ? "missing ones as at the target, unready ones left out"
                                : "missing and unready ones as 0");
  }
  for (const ReplicaGroup group : kGroups) {
    PrintGroup(std::string(NameOf(group)).c_str(), Members(trace, seen, group));
  }
}

void PrintText(const Found& found) {
  const Decision& decision = found.output.decision;
  std::printf("%s at %s: %d -> %d%s%s\n", decision.workload.c_str(), FormatTime(found.now).c_str(),
              decision.current, decision.desired, decision.reason.empty() ? "" : "  because of ",
              decision.reason.c_str());
  PrintReplicas(found.input.spec, found.input.observation);
  for (std::size_t i = 0; i < found.input.readings.size(); ++i) {
    const Reading& reading = found.input.readings[i];
    const std::string name =
        i < decision.metrics.size() ? decision.metrics[i].metric : found.input.spec.metrics[i].name;
    std::printf("  metric %s, age %s\n", name.c_str(), FormatDuration(reading.age).c_str());
    PrintReading(reading);
    if (i < decision.metrics.size()) PrintMetric(decision.metrics[i], found.input.observation);
  }
  std::printf("  steps:\n");
  for (const Step& step : decision.steps) {
    std::printf("    %-10s %3d  %s%s%s\n", std::string(tidegate::ToString(step.stage)).c_str(),
                step.replicas, step.reason.c_str(), step.until ? ", until " : "",
                step.until ? FormatTime(*step.until).c_str() : "");
  }
  if (decision.steps.empty()) std::printf("    none: nothing to change\n");
  if (decision.error) std::printf("  error: %s\n", decision.error->message.c_str());
  if (found.output.command && !found.output.command->victims.empty()) {
    std::printf("  victims: %s\n", Join(found.output.command->victims).c_str());
  }
  if (found.applied.error) {
    std::printf("  not applied: %s\n", found.applied.error->message.c_str());
  }
}

// [{"metric":"…","ready":["web-0"],"unready":[],"missing":[],"ignored":[]}]
std::string GroupsJson(const Found& found) {
  std::string json;
  for (const MetricTrace& trace : found.output.decision.metrics) {
    json += (json.empty() ? "{\"metric\":" : ",{\"metric\":") + config::JsonString(trace.metric);
    for (const ReplicaGroup group : kGroups) {
      std::string names;
      for (const std::string& name : Members(trace, found.input.observation, group)) {
        names += (names.empty() ? "" : ",") + config::JsonString(name);
      }
      json += ",\"" + std::string(NameOf(group)) + "\":[" + names + "]";
    }
    json += "}";
  }
  return "[" + json + "]";
}

void PrintJson(const Found& found) {
  std::printf("{\"time\":\"%s\",\"input\":%s,\"decision\":%s,\"groups\":%s,\"scaled\":%s}\n",
              FormatTime(found.now).c_str(), ToJson(found.input).c_str(),
              ToJson(found.output.decision).c_str(), GroupsJson(found).c_str(),
              found.applied.scaled ? "true" : "false");
}

}  // namespace

int Explain(const ExplainOptions& options) {
  std::optional<TimePoint> until;
  if (!options.at.empty()) {
    until = ParseTime(options.at);
    if (!until) {
      std::fprintf(stderr, "tidegate: --at: want 2026-01-31T12:00:00Z or seconds, got \"%s\"\n",
                   options.at.c_str());
      return 2;
    }
  }
  std::map<WorkloadId, Found> last;
  const Status read = ReadJournal(options.journal, [&](const TickRecord& record) {
    if (until && record.input.now > *until) return Status();
    for (std::size_t i = 0; i < record.input.workloads.size(); ++i) {
      const WorkloadOutput& output = record.output.workloads[i];
      const WorkloadId& id = record.input.workloads[i].spec.workload;
      if (!options.workload.empty() && id != options.workload) continue;
      if (options.last_change && output.decision.desired == output.decision.current) continue;
      last[id] = {record.input.now, record.input.workloads[i], output,
                  i < record.applied.size() ? record.applied[i] : Applied{}};
    }
    return Status();
  });
  if (!read) {
    std::fprintf(stderr, "tidegate: %s\n", read.error().message.c_str());
    return 1;
  }
  if (last.empty()) {
    std::fprintf(stderr, "tidegate: %s has no such tick\n", options.journal.c_str());
    return 1;
  }
  for (const auto& [id, found] : last) {
    options.output == Output::kJson ? PrintJson(found) : PrintText(found);
  }
  return 0;
}

}  // namespace tidegate::scaler
