// SPDX-License-Identifier: Apache-2.0
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "reporters/holds.h"
#include "reporters/restarts.h"
#include "tidegate/reporters/log.h"

namespace tidegate {
namespace {

using reporters::Change;

std::string Text(const Error& error) {
  return std::string(ToString(error.code)) + ": " + error.message;
}

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

struct SaidTarget {
  bool up = false;
  std::size_t skipped_lines = 0;  // the most of a page that were said
};

/// By name and target, of which a replica may have several.
using Targets = std::map<std::pair<std::string, std::string>, SaidTarget>;

/// What has been said about one workload, so that it is not said again.
struct Said {
  std::optional<Change> last_change;  // wanted, perhaps not yet carried out
  bool change_pending = false;
  std::set<std::string> hold_kinds;  // empty: does not hold
  TimePoint hold_start{};
  std::optional<ErrorCode> fault;  // of applying
  Targets targets;
  bool lacks_slices = false;
  reporters::RestartWatch restarts;
};

class LogReporter final : public Reporter {
 public:
  void OnTick(const TickReport& report) override {
    for (std::size_t i = 0; i < report.output.workloads.size(); ++i) {
      const WorkloadInput& input = report.input.workloads[i];
      const Decision& decision = report.output.workloads[i].decision;
      Said& said = said_[decision.workload];
      SayHold(input, decision, report.input.now, said);
      if (i < report.applied.size()) SayChange(decision, report.applied[i], said);
      SayPlace(decision, said);
      if (input.error) continue;  // nothing was observed, and no target is in the report
      SayRestarts(input.observation, decision.workload, said);
      if (i < report.targets.size()) {
        SayTargets(input, decision.workload, report.targets[i], said);
      }
    }
    SayFleet(report.fleet_targets);
  }

  void OnReplace(const std::set<WorkloadId>& workloads) override {
    std::erase_if(said_, [&](const auto& entry) { return !workloads.contains(entry.first); });
  }

 private:
  static void SayHold(const WorkloadInput& input, const Decision& decision, TimePoint now,
                      Said& said);
  static void SayChange(const Decision& decision, const Applied& applied, Said& said);
  static void SayPlace(const Decision& decision, Said& said);
  static void SayRestarts(const Observation& observation, const WorkloadId& workload, Said& said);
  static void SayTargets(const WorkloadInput& input, const WorkloadId& workload,
                         const std::vector<TargetState>& states, Said& said);
  void SayFleet(std::span<const TargetState> states);

  std::map<WorkloadId, Said> said_;
  Targets fleet_;  // of no workload
};

// The text of a hold carries ages and so differs at each tick; its kinds tell one from another.
void LogReporter::SayHold(const WorkloadInput& input, const Decision& decision, TimePoint now,
                          Said& said) {
  const std::optional<reporters::Hold> hold = reporters::HoldOf(input, decision);
  const std::set<std::string> kinds = hold ? hold->kinds : std::set<std::string>{};
  if (kinds == said.hold_kinds) return;
  if (said.hold_kinds.empty()) said.hold_start = now;
  if (hold && input.error) {  // then the count is not known
    spdlog::warn("{}: holds: {}", decision.workload, hold->text);
  } else if (hold) {
    spdlog::warn("{}: holds {} replicas: {}", decision.workload, decision.desired, hold->text);
  } else {
    spdlog::info("{}: no longer holds, after {:.1f} s", decision.workload,
                 Seconds(now - said.hold_start));
  }
  said.hold_kinds = kinds;
}

void LogReporter::SayChange(const Decision& decision, const Applied& applied, Said& said) {
  const std::optional<Change> change = reporters::ChangeOf(decision);
  const bool is_new = change && (!said.last_change || said.last_change->from != change->from ||
                                 said.last_change->to != change->to);
  if (applied.scaled) {
    // What took several ticks is reported with the tick at which it was done.
    const std::optional<Change> done = change ? change : said.last_change;
    if (done) {
      spdlog::info("{}: scaled from {} to {}: {}", decision.workload, done->from, done->to,
                   done->reason);
    }
  } else if (is_new || (change && !said.change_pending)) {
    spdlog::info("{}: wants to go from {} to {}: {}", decision.workload, change->from, change->to,
                 change->reason);
  }
  said.change_pending = change && !applied.scaled;
  if (change) said.last_change = change;
  const std::optional<ErrorCode> fault =
      applied.error ? std::optional(applied.error->code) : std::nullopt;
  if (fault == said.fault) return;
  if (applied.error) {
    spdlog::warn("{}: cannot apply: {}", decision.workload, Text(*applied.error));
  } else {
    spdlog::info("{}: applying works again", decision.workload);
  }
  said.fault = fault;
}

// A move each time; that slices are lacking when it begins, and when it ends.
void LogReporter::SayPlace(const Decision& decision, Said& said) {
  const Step* refused = nullptr;
  for (const Step& step : decision.steps) {
    if (step.stage != Stage::kPlace) continue;
    if (step.cause == StepCause::kMove) {
      spdlog::info("{}: {}", decision.workload, step.reason);
    } else {
      refused = &step;
    }
  }
  if (refused != nullptr && !said.lacks_slices) {
    spdlog::warn("{}: {}", decision.workload, refused->reason);
  } else if (refused == nullptr && said.lacks_slices) {
    spdlog::info("{}: has a slice for each replica again", decision.workload);
  }
  said.lacks_slices = refused != nullptr;
}

void LogReporter::SayRestarts(const Observation& observation, const WorkloadId& workload,
                              Said& said) {
  for (const reporters::Restart& restart : said.restarts.Observe(observation)) {
    const Replica& replica = *restart.replica;
    spdlog::warn("{}: replica {}: restart {}{}{}", workload, replica.name, replica.restarts,
                 replica.restart_reason.empty() ? "" : ": ", replica.restart_reason);
  }
}

/// A replica that is still starting may well not answer yet; that is no news.
bool IsExpectedUp(const WorkloadInput& input, const std::string& replica) {
  if (replica.empty()) return true;
  for (const Replica& candidate : input.observation.replicas) {
    if (candidate.name == replica) return candidate.Serving();
  }
  return false;
}

/// That lines were skipped when it begins, when there are more of them, and when it ends: how many
/// there are may differ at each tick.
std::size_t SaySkipped(const std::string& owner, const std::string& name, const TargetState& state,
                       std::size_t said) {
  if (state.skipped_lines > said) {
    spdlog::warn("{}: target {}: {}", owner, name, state.warning);
  } else if (state.skipped_lines == 0 && said > 0) {
    spdlog::info("{}: target {}: no line is skipped any more", owner, name);
    return 0;
  }
  return std::max(said, state.skipped_lines);
}

/// `owner`: the workload or the job. Writes into `now` what was in `before`, as far as it is known.
void SayTarget(const std::string& owner, const TargetState& state, bool is_expected_up,
               const Targets& before, Targets& now) {
  const std::string& name = state.replica.empty() ? state.target : state.replica;
  const std::pair key(name, state.target);
  const auto was = before.find(key);
  const bool known = was != before.end();
  const std::size_t said = known ? was->second.skipped_lines : 0;
  if (state.up) {
    if (known && !was->second.up) spdlog::info("{}: target {} is up again", owner, name);
    now[key] = {true, SaySkipped(owner, name, state, said)};
  } else if (known || is_expected_up) {
    if (!known || was->second.up) {
      spdlog::warn("{}: target {} is down: {}", owner, name, state.error);
    }
    now[key] = {false, said};
  }
}

void LogReporter::SayTargets(const WorkloadInput& input, const WorkloadId& workload,
                             const std::vector<TargetState>& states, Said& said) {
  Targets now;
  for (const TargetState& state : states) {
    SayTarget(workload, state, IsExpectedUp(input, state.replica), said.targets, now);
  }
  said.targets = std::move(now);
}

// Those that are some workload's replicas are among its targets. One that is not due yet is no
// news.
void LogReporter::SayFleet(std::span<const TargetState> states) {
  Targets now;
  for (const TargetState& state : states) {
    const bool tried = state.last_attempt != TimePoint() || !state.error.empty();
    if (!state.workload.empty() || !tried) continue;
    SayTarget(state.job, state, true, fleet_, now);
  }
  fleet_ = std::move(now);
}

}  // namespace

std::unique_ptr<Reporter> MakeLogReporter() { return std::make_unique<LogReporter>(); }

}  // namespace tidegate
