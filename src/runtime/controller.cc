// SPDX-License-Identifier: Apache-2.0
#include "tidegate/controller.h"

#include <algorithm>
#include <exception>
#include <future>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "core/capacity.h"
#include "runtime/call_pool.h"
#include "runtime/readings.h"
#include "runtime/selection.h"
#include "tidegate/promql.h"

namespace tidegate {

namespace {

constexpr std::size_t kMaxCallThreads = 64;
constexpr std::size_t kMaxSourceThreads = 16;
const WorkloadId kNoWorkload;

// What a seam throws costs its own workload a hold.
template <typename F>
auto Guarded(std::string_view what, F call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& e) {
    return Error{ErrorCode::kInternal, std::string(what) + " threw: " + e.what()};
  } catch (...) {
    return Error{ErrorCode::kInternal, std::string(what) + " threw"};
  }
}

// What Apply() came to, filled in on a call thread.
struct Outcome {
  std::int32_t from = 0;
  std::int32_t to = 0;
  bool scaled = false;
  std::optional<Error> error;
};

// A workload with what its parts are doing. `input` and `outcome` belong to a call thread while
// `gathering` or `applying` is running, else to the control thread.
struct Slot {
  Workload workload;
  std::vector<runtime::MetricReader> readers;  // one for each metric
  std::vector<runtime::ReadOptions> rules;     // likewise
  std::vector<CollectQuery> answers;           // likewise, if the source answers queries; else none
  History history;
  WorkloadStatus status;
  Observation given;      // by SetReplicas()
  WorkloadReplicas seen;  // by the last look that came back
  TimePoint next_due{};
  std::vector<ReplicaSlice> slices;  // as they were seen last
  std::vector<ReplicaSlice> asked;   // by a command since then
  WorkloadInput input;
  std::vector<TargetState> targets;
  std::vector<std::string> read;  // the URLs of those that are the source's own
  Outcome outcome;
  std::future<void> gathering;
  std::future<void> applying;

  const WorkloadId& id() const { return workload.spec.workload; }
};

bool Running(const std::future<void>& call) {
  return call.valid() && call.wait_for(Duration::zero()) != std::future_status::ready;
}

const MetricQuery* FindQuery(const Workload& workload, const MetricSpec& metric) {
  const auto own =
      std::find_if(workload.queries.begin(), workload.queries.end(),
                   [&](const MetricQuery& query) { return query.metric == metric.name; });
  return own != workload.queries.end() ? &*own : nullptr;
}

std::string QueryText(const Workload& workload, const MetricSpec& metric) {
  const MetricQuery* own = FindQuery(workload, metric);
  return own != nullptr && !own->query.empty() ? own->query : runtime::DefaultQuery(metric);
}

// What the metric's own query leaves open is the workload's.
runtime::ReadOptions RulesOf(const Workload& workload, const MetricSpec& metric) {
  runtime::ReadOptions rules{.workload = workload.spec.workload,
                             .max_sample_age = workload.max_sample_age,
                             .min_window_coverage = workload.min_window_coverage};
  if (const MetricQuery* own = FindQuery(workload, metric)) {
    rules.max_sample_age = own->max_age.value_or(workload.max_sample_age);
    rules.min_window_coverage = own->min_coverage.value_or(workload.min_window_coverage);
    rules.window = own->window;
    rules.empty_as_zero = own->empty_as_zero;
  }
  if (rules.window.bucket <= Duration::zero()) rules.window.bucket = workload.period;
  rules.step = workload.period;
  return rules;
}

// Makes `query` one of those that the source answers; the answer is what is left to look for.
Result<std::string> AskSource(const MetricSpec& metric, std::string query, Slot& slot) {
  for (const CollectQuery& other : slot.answers) {
    if (other.metric == metric.name && other.query != query) {
      return Error{ErrorCode::kInvalidArgument,
                   "another metric of this name asks for " + other.query};
    }
  }
  slot.answers.push_back({metric.name, std::move(query), metric.PerReplica()});
  return runtime::AnswerQuery(metric.name, slot.id());
}

Status CompileQueries(Slot& slot) {
  const Workload& workload = slot.workload;
  const bool answered = workload.source != nullptr && workload.source->answers_queries();
  for (const MetricSpec& metric : workload.spec.metrics) {
    Result<std::string> text = QueryText(workload, metric);
    if (answered) text = AskSource(metric, *std::move(text), slot);
    auto query = text ? Query::Compile(*text) : Result<Query>(text.error());
    if (!query) {
      return Error{ErrorCode::kInvalidArgument,
                   slot.id() + ": query of metric " + metric.name + ": " + query.error().message};
    }
    slot.readers.emplace_back(*std::move(query));
    slot.rules.push_back(RulesOf(workload, metric));
  }
  return {};
}

// Where the replicas of a workload are not alike, they get requests by their capacity, in tenths.
std::int32_t WeightOf(const WorkloadInput& input, const Replica& replica) {
  if (!input.spec.slice || !input.spec.slice->moldable()) return 1;
  for (const ReplicaSlice& slice : input.observation.slices) {
    if (slice.replica != replica.name) continue;
    const MilliValue capacity = core::CapacityOf(*input.spec.slice, slice.profile);
    return static_cast<std::int32_t>(std::clamp<MilliValue>((capacity + 50) / 100, 1, 1000));
  }
  return 1;
}

std::vector<Endpoint> Endpoints(const WorkloadInput& input,
                                const std::optional<ScaleCommand>& command,
                                const std::string& port) {
  const Observation& observation = input.observation;
  std::vector<Endpoint> endpoints;
  for (const Replica& replica : observation.replicas) {
    const auto found = replica.ports.find(port);
    const bool victim = command && std::find(command->victims.begin(), command->victims.end(),
                                             replica.name) != command->victims.end();
    if (!replica.Serving() || victim || found == replica.ports.end()) continue;
    endpoints.push_back({.replica = replica.name,
                         .host = replica.host,
                         .port = found->second,
                         .weight = WeightOf(input, replica)});
  }
  std::sort(endpoints.begin(), endpoints.end());
  return endpoints;
}

}  // namespace

class Controller::Impl {
 public:
  Impl(Components components, ControllerOptions options)
      : own_clock_(components.clock == nullptr ? MakeSystemClock() : nullptr),
        clock_(components.clock == nullptr ? *own_clock_ : *components.clock),
        components_(std::move(components)),
        options_(std::move(options)),
        store_(options_.series),
        calls_(kMaxCallThreads),
        source_calls_(kMaxSourceThreads) {
    ReplaceSources(std::move(components_.sources));
  }

  Status Replace(std::vector<Workload> workloads) {
    const std::lock_guard lock(mutex_);
    std::map<WorkloadId, std::unique_ptr<Slot>> slots;
    PolicySet policies;
    for (Workload& workload : workloads) {
      auto slot = MakeSlot(workload, policies);
      if (!slot) return slot.error();
      const WorkloadId id = (*slot)->id();
      if (!slots.emplace(id, *std::move(slot)).second) {
        return Error{ErrorCode::kInvalidArgument, "two workloads are named \"" + id + "\""};
      }
    }
    for (auto& [id, slot] : slots_) Finish(*slot);
    for (auto& [id, slot] : slots) TakeOver(*slot);
    slots_ = std::move(slots);
    policies_ = std::move(policies);
    Select();
    ReportWorkloads();
    return {};
  }

  void CollectOnce() {
    const std::lock_guard lock(mutex_);
    const TimePoint now = clock_.Now();
    std::vector<Slot*> all;
    for (const auto& [id, slot] : slots_) all.push_back(slot.get());
    fleet_targets_ = FleetTargets();
    Gather(all, now);
    CollectFleet(all, now);
    for (const FleetSource& each : fleet_) {
      const TimePoint deadline = now + options_.source_timeout;
      each.collecting.wait_for(std::max(Duration::zero(), deadline - clock_.Now()));
    }
  }

  TickOutput Tick() {
    const std::lock_guard lock(mutex_);
    const TimePoint now = clock_.Now();
    std::vector<Slot*> due = Due(now);
    const Duration lateness = Lateness(due, now);
    fleet_targets_ = FleetTargets();
    Gather(due, now);
    const TimePoint gathered = clock_.Now();
    TickInput input{.now = now, .workloads = {}};
    for (Slot* slot : due) input.workloads.push_back(InputOf(*slot));
    CollectFleet(due, now);
    RefreshSlices(now);
    AddInventory(due, input);
    TickOutput output = Plan(input);
    const TimePoint planned = clock_.Now();
    const std::vector<Applied> applied = Apply(due, input, output);
    Report(due, input, output, applied,
           {.gather = gathered - now,
            .plan = planned - gathered,
            .apply = clock_.Now() - planned,
            .lateness = lateness});
    return output;
  }

  void ReplaceSources(std::vector<std::unique_ptr<Source>> sources) {
    const std::lock_guard lock(mutex_);
    for (FleetSource& each : fleet_) {
      if (each.collecting.valid()) each.collecting.wait();
    }
    fleet_.clear();
    for (auto& source : sources) fleet_.push_back({std::move(source), {}});
  }

  void Run(const std::stop_token& stop) {
    while (clock_.WaitUntil(NextDue(), stop)) Tick();
  }

  Status SetReplicas(const WorkloadId& id, const Observation& observation) {
    const std::lock_guard lock(mutex_);
    const auto found = slots_.find(id);
    if (found == slots_.end()) {
      return Error{ErrorCode::kNotFound, "no workload named \"" + id + "\""};
    }
    found->second->given = observation;
    return {};
  }

  SeriesStore& store() { return store_; }
  Clock& clock() { return clock_; }

 private:
  struct Durations {
    Duration gather;
    Duration plan;
    Duration apply;
    Duration lateness;
  };

  /// A source of no one workload, and its call that may be running.
  struct FleetSource {
    std::unique_ptr<Source> source;
    std::future<void> collecting;
  };
  using TargetsPtr = std::shared_ptr<const std::vector<TargetState>>;

  TargetsPtr FleetTargets() const {
    auto all = std::make_shared<std::vector<TargetState>>();
    for (const FleetSource& each : fleet_) {
      for (TargetState& state : each.source->targets()) all->push_back(std::move(state));
    }
    return all;
  }

  // The workloads' replicas as they were seen last; those of a late one are the ones before.
  void CollectFleet(const std::vector<Slot*>& due, TimePoint now) {
    if (fleet_.empty()) return;
    for (Slot* slot : due) {
      if (Running(slot->gathering) || slot->input.error) continue;
      slot->seen = {slot->id(), slot->input.observation.replicas, slot->read};
    }
    auto replicas = std::make_shared<std::vector<WorkloadReplicas>>();
    for (const auto& [id, slot] : slots_) {
      replicas->push_back(slot->seen);
      replicas->back().workload = id;
    }
    const TimePoint deadline = now + options_.source_timeout;
    for (FleetSource& each : fleet_) {
      if (Running(each.collecting)) continue;
      each.collecting =
          source_calls_.Submit([this, source = each.source.get(), replicas, now, deadline] {
            (void)Guarded("source", [&]() -> Status {  // its targets say what is wrong
              return source->Collect({.workload = kNoWorkload,
                                      .replicas = {},
                                      .now = now,
                                      .deadline = deadline,
                                      .queries = {},
                                      .fleet = *replicas},
                                     store_);
            });
          });
    }
  }

  Result<std::unique_ptr<Slot>> MakeSlot(Workload& workload, PolicySet& policies) {
    const WorkloadId& id = workload.spec.workload;
    if (id.empty()) return Error{ErrorCode::kInvalidArgument, "a workload has no name"};
    if (workload.spec.metrics.empty() && workload.spec.policies.empty()) {
      return Error{ErrorCode::kInvalidArgument, id + ": the workload has no metrics"};
    }
    if (workload.spec.slice && CurrentInventory().devices.empty()) {
      return Error{ErrorCode::kInvalidArgument,
                   id + ": slice: there are no devices to place it on"};
    }
    if (workload.period <= Duration::zero()) {
      return Error{ErrorCode::kInvalidArgument, id + ": period must be greater than 0"};
    }
    if (Status added = policies.AddAll(workload.spec, components_.policies); !added) {
      return Error{added.error().code, id + ": " + added.error().message};
    }
    auto slot = std::make_unique<Slot>();
    slot->workload = std::move(workload);
    if (Status compiled = CompileQueries(*slot); !compiled) return compiled.error();
    return slot;
  }

  // Has the store keep what the workloads' queries select.
  void Select() {
    runtime::MetricNames names;
    if (!options_.keep_all_series) {
      names.emplace(options_.series.metrics.begin(), options_.series.metrics.end());
    }
    for (const auto& [id, slot] : slots_) {
      for (const runtime::MetricReader& reader : slot->readers) {
        runtime::AddMetrics(reader.query(), names);
      }
    }
    selection_.Replace(std::move(names), clock_.Now());
    store_.KeepOnly(selection_.names());
    for (const auto& [id, slot] : slots_) {
      for (std::size_t i = 0; i < slot->readers.size(); ++i) {
        slot->rules[i].since = selection_.Since(slot->readers[i].query());
      }
    }
  }

  // A call that is running uses the slot: no slot goes before its calls have come back.
  static void Finish(Slot& slot) {
    if (slot.gathering.valid()) slot.gathering.wait();
    if (slot.applying.valid()) slot.applying.wait();
  }

  // What a workload of the same name remembers, and its backend if that is to go on.
  void TakeOver(Slot& slot) {
    const auto old = slots_.find(slot.id());
    if (old == slots_.end()) {
      const auto known = components_.histories.find(slot.id());
      if (known != components_.histories.end()) slot.history = known->second;
      slot.next_due = clock_.Now();
      return;
    }
    Slot& running = *old->second;
    slot.history = running.history;
    slot.status = running.status;
    slot.given = running.given;
    slot.slices = running.slices;
    slot.asked = running.asked;
    slot.next_due = std::min(running.next_due, clock_.Now() + slot.workload.period);
    if (slot.workload.keep_backend) slot.workload.backend = std::move(running.workload.backend);
  }

  TimePoint NextDue() {
    const std::lock_guard lock(mutex_);
    TimePoint next = clock_.Now() + std::chrono::seconds(1);
    for (const auto& [id, slot] : slots_) next = std::min(next, slot->next_due);
    return next;
  }

  std::vector<Slot*> Due(TimePoint now) {
    std::vector<Slot*> due;
    for (const auto& [id, slot] : slots_) {
      if (slot->next_due <= now) due.push_back(slot.get());
    }
    return due;
  }

  // Plans the next tick on the workload's own grid; ticks that were missed stay missed.
  static Duration Lateness(const std::vector<Slot*>& due, TimePoint now) {
    Duration worst{};
    for (Slot* slot : due) {
      worst = std::max(worst, now - slot->next_due);
      const Duration period = slot->workload.period;
      slot->next_due += period * ((now - slot->next_due) / period + 1);
    }
    return worst;
  }

  void Gather(const std::vector<Slot*>& due, TimePoint now) {
    const TimePoint deadline = now + options_.gather_timeout;
    for (Slot* slot : due) {
      if (Running(slot->gathering)) continue;
      if (slot->workload.backend == nullptr && slot->workload.source == nullptr) {
        GatherOne(*slot, *fleet_targets_, now, deadline);
      } else {
        slot->gathering = calls_.Submit([this, slot, now, deadline, fleet = fleet_targets_] {
          GatherOne(*slot, *fleet, now, deadline);
        });
      }
    }
    for (Slot* slot : due) {
      if (slot->gathering.valid()) {
        slot->gathering.wait_for(std::max(Duration::zero(), deadline - clock_.Now()));
      }
    }
  }

  void GatherOne(Slot& slot, const std::vector<TargetState>& fleet, TimePoint now,
                 TimePoint deadline) {
    Workload& workload = slot.workload;
    slot.targets.clear();
    slot.input = {.spec = workload.spec,
                  .observation = slot.given,
                  .readings = {},
                  .history = {},
                  .error = std::nullopt};
    if (workload.backend != nullptr) {
      auto seen = Guarded("backend", [&]() -> Result<Observation> {
        return workload.backend->Observe(slot.id(), deadline);
      });
      if (!seen) {
        slot.input.error = seen.error();
        return;
      }
      slot.input.observation = *std::move(seen);
    }
    Status collected;
    if (workload.source != nullptr) {
      // A source has no clock: it counts from `now`, so it is given what observing has left.
      collected = Guarded("source", [&]() -> Status {
        return workload.source->Collect({.workload = slot.id(),
                                         .replicas = slot.input.observation.replicas,
                                         .now = now,
                                         .deadline = now + (deadline - clock_.Now()),
                                         .queries = slot.answers},
                                        store_);
      });
      slot.targets = workload.source->targets();
    }
    slot.read.clear();
    for (const TargetState& target : slot.targets) slot.read.push_back(target.target);
    std::copy_if(fleet.begin(), fleet.end(), std::back_inserter(slot.targets),
                 [&](const TargetState& target) { return target.workload == slot.id(); });
    for (std::size_t i = 0; i < workload.spec.metrics.size(); ++i) {
      Reading reading = slot.readers[i].Read(workload.spec.metrics[i], slot.input.observation,
                                             store_, slot.rules[i], now, slot.targets);
      runtime::Qualify(workload.spec.metrics[i].name, slot.targets, reading);
      slot.readers[i].DoubtSkipped(workload.spec.metrics[i], slot.id(), slot.targets, fleet,
                                   reading);
      if (!collected && !reading.error) reading.error = collected.error();
      slot.input.readings.push_back(std::move(reading));
    }
  }

  // A call that is still running belongs to its thread: the workload holds without a look at it.
  WorkloadInput InputOf(Slot& slot) const {
    if (Running(slot.gathering)) {
      WorkloadInput late{.spec = slot.workload.spec,
                         .observation = {},
                         .readings = {},
                         .history = slot.history,
                         .error = std::nullopt};
      late.error = Error{ErrorCode::kDeadlineExceeded, "observing took too long"};
      return late;
    }
    WorkloadInput input = slot.input;
    input.history = slot.history;
    return input;
  }

  Inventory CurrentInventory() const {
    if (components_.slice_driver == nullptr) return components_.inventory;
    Inventory inventory = components_.slice_driver->inventory();
    inventory.budgets = components_.inventory.budgets;
    inventory.repack_after = components_.inventory.repack_after;
    return inventory;
  }

  // No tick waits for the driver: what it sees is there at a later one.
  void RefreshSlices(TimePoint now) {
    if (components_.slice_driver == nullptr || Running(refreshing_)) return;
    refreshing_ = source_calls_.Submit([this, now] {
      (void)Guarded("slice driver",
                    [&]() -> Status { return components_.slice_driver->Refresh(now); });
    });
  }

  // The GPUs, and what is taken of them by workloads that are not seen in this tick.
  void AddInventory(const std::vector<Slot*>& due, TickInput& input) {
    Inventory inventory = CurrentInventory();
    if (inventory.devices.empty() && !inventory.driver) return;
    input.inventory = std::move(inventory);
    for (const auto& [id, slot] : slots_) {
      if (!slot->slices.empty()) input.held[id] = slot->slices;
    }
    for (std::size_t i = 0; i < due.size(); ++i) {
      if (input.workloads[i].error) continue;
      if (!Running(due[i]->applying)) due[i]->asked.clear();
      ShowAsked(*due[i], input.workloads[i].observation);
      due[i]->slices = input.workloads[i].observation.slices;
      input.held.erase(due[i]->id());
    }
    for (const auto& [id, slot] : slots_) HoldAsked(*slot, input.held);
  }

  // By its place: a slice that was made since has another name.
  static bool Contains(const std::vector<ReplicaSlice>& slices, const ReplicaSlice& wanted) {
    return std::any_of(slices.begin(), slices.end(), [&](const ReplicaSlice& slice) {
      return slice.device == wanted.device && slice.profile == wanted.profile &&
             slice.start == wanted.start;
    });
  }

  // Making slices takes seconds. They are on their way, and no others are planned for them.
  static void ShowAsked(const Slot& slot, Observation& seen) {
    for (const ReplicaSlice& asked : slot.asked) {
      if (asked.replica.empty() && !Contains(seen.slices, asked)) seen.slices.push_back(asked);
    }
  }

  // What a command asked for and no observation has shown yet.
  static void HoldAsked(const Slot& slot, HeldSlices& held) {
    for (const ReplicaSlice& asked : slot.asked) {
      if (!Contains(slot.slices, asked)) held[slot.id()].push_back(asked);
    }
  }

  // As PlanTick() does, but with a planner that knows the devices already.
  TickOutput Plan(const TickInput& input) {
    TickOutput output;
    planner_.PlanTick(input, policies_, output);
    for (std::size_t i = 0; i < input.workloads.size(); ++i) {
      Explain(input.workloads[i], output.workloads[i].decision);
    }
    return output;
  }

  std::vector<Applied> Apply(const std::vector<Slot*>& due, const TickInput& input,
                             const TickOutput& output) {
    std::vector<Applied> applied(due.size());
    const TimePoint wait = clock_.Now() + options_.apply_wait;
    const TimePoint deadline = clock_.Now() + options_.apply_timeout;
    std::vector<bool> started(due.size(), false);
    for (std::size_t i = 0; i < due.size(); ++i) {
      Slot& slot = *due[i];
      slot.history = output.workloads[i].next;
      if (Settle(slot, input.now, applied[i])) started[i] = Start(slot, input, output, i, deadline);
    }
    for (std::size_t i = 0; i < due.size(); ++i) {
      if (!started[i]) continue;
      due[i]->applying.wait_for(std::max(Duration::zero(), wait - clock_.Now()));
      Settle(*due[i], input.now, applied[i]);
    }
    return applied;
  }

  // Takes in the outcome of a finished call; false: it is still running.
  static bool Settle(Slot& slot, TimePoint now, Applied& applied) {
    if (!slot.applying.valid()) return true;
    if (Running(slot.applying)) {
      applied.error = Error{ErrorCode::kDeadlineExceeded, "applying takes long; it goes on"};
      return false;
    }
    slot.applying = {};
    applied.error = slot.outcome.error;
    applied.scaled = applied.scaled || slot.outcome.scaled;
    if (slot.outcome.scaled) {
      RecordScale(slot.workload.spec, slot.outcome.from, slot.outcome.to, now, slot.history);
    }
    return true;
  }

  bool Start(Slot& slot, const TickInput& input, const TickOutput& output, std::size_t i,
             TimePoint deadline) {
    const WorkloadInput& seen = input.workloads[i];
    const std::optional<ScaleCommand>& command = output.workloads[i].command;
    const bool has_parts = slot.workload.balancer != nullptr || (command && slot.workload.backend);
    if (options_.dry_run || seen.error || !has_parts) return false;
    slot.outcome = {.from = output.workloads[i].decision.current,
                    .to = output.workloads[i].decision.desired,
                    .scaled = false,
                    .error = std::nullopt};
    slot.asked = command ? command->slices : std::vector<ReplicaSlice>();
    slot.applying =
        calls_.Submit([this, &slot, command, deadline, held = HeldByAny(input, output),
                       endpoints = Endpoints(seen, command, slot.workload.balancer_port)] {
          ApplyOne(slot, command, endpoints, held, deadline);
        });
    return true;
  }

  // What replicas have, are about to get, or are leaving.
  std::vector<ReplicaSlice> HeldByAny(const TickInput& input, const TickOutput& output) const {
    std::vector<ReplicaSlice> held;
    if (components_.slice_driver == nullptr) return held;
    const auto add = [&](const std::vector<ReplicaSlice>& slices) {
      held.insert(held.end(), slices.begin(), slices.end());
    };
    for (const auto& [id, slices] : input.held) add(slices);
    for (const WorkloadInput& workload : input.workloads) add(workload.observation.slices);
    for (const WorkloadOutput& workload : output.workloads) {
      if (workload.command) add(workload.command->slices);
    }
    return held;
  }

  // Hands the backend the slices that there are; others are asked for again.
  Status ApplyCommand(Slot& slot, ScaleCommand command, const std::vector<ReplicaSlice>& held,
                      TimePoint deadline) {
    Status made;
    if (components_.slice_driver != nullptr && !command.slices.empty()) {
      SliceSupply supply = components_.slice_driver->Make(command.slices, held, deadline);
      command.slices = std::move(supply.slices);
      if (supply.error) made = *supply.error;
      if (command.slices.empty()) return made;
    }
    const Status applied = slot.workload.backend->Apply(command, deadline);
    return applied ? made : applied;
  }

  // The balancer lets a victim go before the backend stops it; growing need not wait for it.
  void ApplyOne(Slot& slot, const std::optional<ScaleCommand>& command,
                const std::vector<Endpoint>& endpoints, const std::vector<ReplicaSlice>& held,
                TimePoint deadline) {
    bool released = true;
    if (slot.workload.balancer != nullptr) {
      const auto sync = Guarded("balancer", [&]() -> Result<SyncState> {
        return slot.workload.balancer->Sync(endpoints, deadline);
      });
      released = sync.has_value() && *sync == SyncState::kInEffect;
      if (!sync) slot.outcome.error = sync.error();
    }
    const bool down = command && (slot.outcome.to < slot.outcome.from || !command->victims.empty());
    if (!command || slot.workload.backend == nullptr || (down && !released)) return;
    const Status done = Guarded(
        "backend", [&]() -> Status { return ApplyCommand(slot, *command, held, deadline); });
    slot.outcome.scaled = done.ok() && slot.outcome.to != slot.outcome.from;
    if (!done) slot.outcome.error = done.error();
  }

  void Report(const std::vector<Slot*>& due, const TickInput& input, const TickOutput& output,
              const std::vector<Applied>& applied, const Durations& durations) {
    if (due.empty()) return;
    std::vector<History> histories;
    std::vector<StatusUpdate> statuses;
    std::vector<std::vector<TargetState>> targets;
    for (std::size_t i = 0; i < due.size(); ++i) {
      Slot& slot = *due[i];
      histories.push_back(slot.history);
      statuses.push_back(UpdateStatus(slot.status, input.workloads[i], output.workloads[i],
                                      applied[i], std::nullopt, input.now));
      slot.status = statuses.back().status;
      targets.push_back(Running(slot.gathering) ? std::vector<TargetState>{} : slot.targets);
    }
    const TickReport report{.input = input,
                            .output = output,
                            .applied = applied,
                            .histories = histories,
                            .statuses = statuses,
                            .targets = targets,
                            .fleet_targets = *fleet_targets_,
                            .gather_duration = durations.gather,
                            .plan_duration = durations.plan,
                            .apply_duration = durations.apply,
                            .lateness = durations.lateness};
    Tell([&report](Reporter& reporter) { reporter.OnTick(report); });
  }

  void ReportWorkloads() {
    std::set<WorkloadId> workloads;
    for (const auto& [id, slot] : slots_) workloads.insert(id);
    Tell([&workloads](Reporter& reporter) { reporter.OnReplace(workloads); });
  }

  template <typename F>
  void Tell(F call) {
    for (const auto& reporter : components_.reporters) {
      try {
        call(*reporter);
      } catch (...) {  // a reporter never fails the tick
      }
    }
  }

  std::unique_ptr<Clock> own_clock_;
  Clock& clock_;
  Components components_;
  const ControllerOptions options_;
  SeriesStore store_;
  std::mutex mutex_;  // of everything below but calls_
  std::map<WorkloadId, std::unique_ptr<Slot>> slots_;
  PolicySet policies_;
  runtime::Selection selection_;
  Planner planner_;
  std::vector<FleetSource> fleet_;
  std::future<void> refreshing_;  // what the slice driver sees
  TargetsPtr fleet_targets_ = std::make_shared<std::vector<TargetState>>();  // before this tick
  // Last: joined before what their calls use goes away.
  runtime::CallPool calls_;
  runtime::CallPool source_calls_;
};

Controller::Controller(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Controller::~Controller() = default;

Result<std::unique_ptr<Controller>> Controller::Create(std::vector<Workload> workloads,
                                                       Components components,
                                                       ControllerOptions options) {
  auto impl = std::make_unique<Impl>(std::move(components), std::move(options));
  if (Status replaced = impl->Replace(std::move(workloads)); !replaced) return replaced.error();
  return std::unique_ptr<Controller>(new Controller(std::move(impl)));
}

TickOutput Controller::Tick() { return impl_->Tick(); }

void Controller::CollectOnce() { impl_->CollectOnce(); }

void Controller::ReplaceSources(std::vector<std::unique_ptr<Source>> sources) {
  impl_->ReplaceSources(std::move(sources));
}

void Controller::Run(const std::stop_token& stop) { impl_->Run(stop); }

Status Controller::Ingest(std::string_view metric, const Labels& labels, double value) {
  return Ingest(metric, labels, value, impl_->clock().Now());
}

Status Controller::Ingest(std::string_view metric, const Labels& labels, double value,
                          TimePoint at) {
  return impl_->store().Ingest(metric, labels, value, at);
}

Status Controller::SetReplicas(const WorkloadId& workload, const Observation& observation) {
  return impl_->SetReplicas(workload, observation);
}

Status Controller::Replace(std::vector<Workload> workloads) {
  return impl_->Replace(std::move(workloads));
}

SeriesStore& Controller::store() { return impl_->store(); }

}  // namespace tidegate
