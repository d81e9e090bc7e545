// SPDX-License-Identifier: Apache-2.0
#include "random_tick.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "tidegate/describe.h"

namespace tidegate::testing {
namespace {

/// Fills whatever a field list names with random values of its type; no distribution of the
/// standard library, whose results differ between implementations.
class Randomizer {
 public:
  explicit Randomizer(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t Below(std::uint64_t bound) { return engine_() % bound; }
  bool Coin() { return Below(2) == 0; }

  template <typename T>
  T Integer() {
    switch (Below(6)) {
      case 0:
        return 0;
      case 1:
        return std::numeric_limits<T>::max();
      case 2:
        return std::numeric_limits<T>::min();
      case 3:
        return static_cast<T>(Below(100));
      default:
        return static_cast<T>(engine_());
    }
  }

  double Double() {
    constexpr std::array<double, 6> kSpecial{0.0, -0.0, 0.1, 1e300, 5e-324, -1.0};
    if (Below(4) == 0) return kSpecial[Below(kSpecial.size())];
    const double any = std::bit_cast<double>(engine_());
    return std::isnan(any) ? std::numeric_limits<double>::infinity() : any;
  }

  std::string Text() {
    constexpr std::array<const char*, 6> kParts{"flower", "-", "\"\\\n", "über", "\x01", "]}"};
    std::string out;
    for (std::uint64_t n = Below(4); n > 0; --n) out += kParts[Below(kParts.size())];
    return out;
  }

  Duration Span() {
    const std::int64_t count = Integer<std::int64_t>();
    return Duration(Coin() ? count / 1'000'000'000 * 1'000'000'000 : count);
  }
  TimePoint Instant() { return TimePoint(Duration(Integer<std::int64_t>())); }

  template <typename E>
  E Enum() {
    return static_cast<E>(Below(EnumNames<E>::kNames.size()));
  }

  template <typename F>
  auto List(F make) {
    std::vector<decltype(make())> out;
    for (std::uint64_t n = Below(3); n > 0; --n) out.push_back(make());
    return out;
  }

  template <typename F>
  auto Maybe(F make) {
    std::optional<decltype(make())> out;
    if (Coin()) out = make();
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : r_(seed) {}

  TickRecord Tick() {
    TickRecord out;
    out.input.now = r_.Instant();
    out.input.workloads = r_.List([&] { return Input(); });
    out.input.inventory = Gpus();
    for (std::uint64_t n = r_.Below(3); n > 0; --n) out.input.held[r_.Text()] = Slices();
    out.output.workloads = r_.List([&] { return Output(); });
    out.applied = r_.List([&] { return Applied{r_.Coin(), Maybe(&Maker::Failure)}; });
    out.histories = r_.List([&] { return Past(); });
    return out;
  }

 private:
  template <typename T>
  std::optional<T> Maybe(T (Maker::*make)()) {
    return r_.Maybe([&] { return (this->*make)(); });
  }
  std::optional<std::int32_t> MaybeCount() {
    return r_.Maybe([&] { return r_.Integer<std::int32_t>(); });
  }
  std::optional<MilliValue> MaybeMilli() {
    return r_.Maybe([&] { return r_.Integer<MilliValue>(); });
  }
  std::vector<std::string> Names() {
    return r_.List([&] { return r_.Text(); });
  }
  std::map<std::string, std::string> Texts() {
    std::map<std::string, std::string> out;
    for (std::uint64_t n = r_.Below(3); n > 0; --n) out[r_.Text()] = r_.Text();
    return out;
  }
  Error Failure() { return {r_.Enum<ErrorCode>(), r_.Text()}; }
  ObjectReference Object() { return {r_.Text(), r_.Text(), r_.Text()}; }

  MetricSpec Metric() {
    MetricSpec out;
    out.type = r_.Enum<MetricSourceType>();
    out.name = r_.Text();
    out.container = r_.Text();
    out.selector = r_.Maybe([&] {
      return LabelSelector{Texts(), r_.List([&] {
                             return LabelSelectorRequirement{r_.Text(), r_.Text(), Names()};
                           })};
    });
    out.described_object = Object();
    out.target = {r_.Enum<MetricTargetType>(), MaybeMilli(), MaybeMilli(), MaybeCount()};
    return out;
  }

  ScalingRules Rules() {
    ScalingRules out;
    out.stabilization_window = r_.Maybe([&] { return r_.Span(); });
    out.select_policy = r_.Enum<SelectPolicy>();
    out.policies = r_.List([&] {
      return ScalingPolicy{r_.Enum<ScalingPolicyType>(), r_.Integer<std::int32_t>(), r_.Span()};
    });
    out.tolerance = r_.Maybe([&] { return r_.Double(); });
    return out;
  }
  Behavior Rates() { return {Rules(), Rules()}; }

  ScalingSpec Spec() {
    ScalingSpec out;
    out.workload = r_.Text();
    out.scale_target_ref = Object();
    out.min_replicas = r_.Integer<std::int32_t>();
    out.max_replicas = r_.Integer<std::int32_t>();
    out.metrics = r_.List([&] { return Metric(); });
    out.behavior = Maybe(&Maker::Rates);
    out.policies = r_.List([&] { return PolicySpec{r_.Text(), Texts()}; });
    out.missing_data = r_.Enum<MissingData>();
    out.missing_replicas = r_.Maybe([&] {
      return MissingReplicas{r_.Span(), r_.Integer<std::int32_t>()};
    });
    out.fallbacks = r_.List([&] {
      return Fallback{r_.Text(), r_.Span(), r_.Span(), r_.Enum<FallbackBehavior>(),
                      r_.Integer<std::int32_t>()};
    });
    out.compatibility = r_.Enum<KubernetesVersion>();
    for (std::uint64_t n = r_.Below(3); n > 0; --n) out.feature_gates[r_.Text()] = r_.Coin();
    out.hpa = {r_.Double(), r_.Span(), r_.Span(), r_.Span()};
    out.slice = r_.Maybe([&] {
      return SliceSpec{r_.Text(), r_.Integer<MilliValue>(), r_.Integer<std::int32_t>(),
                       r_.Integer<std::int32_t>()};
    });
    return out;
  }

  ResourceList Requests() {  // each resource once, in the order in which a record has them
    std::map<std::string, MilliValue> by_name;
    for (std::uint64_t n = r_.Below(3); n > 0; --n) by_name[r_.Text()] = r_.Integer<int64_t>();
    ResourceList out;
    for (const auto& [resource, value] : by_name) out.push_back({resource, value});
    return out;
  }

  Container Part() {
    Container out;
    out.name = r_.Text();
    out.requests = Requests();
    out.restartable_init = r_.Coin();
    return out;
  }

  Replica OneReplica() {
    Replica out;
    out.name = r_.Text();
    out.phase = r_.Enum<ReplicaPhase>();
    out.ready = r_.Maybe([&] { return r_.Enum<ConditionStatus>(); });
    out.ready_transition = r_.Instant();
    out.start_time = r_.Maybe([&] { return r_.Instant(); });
    out.terminating = r_.Coin();
    out.containers = r_.List([&] { return Part(); });
    out.pod_requests = r_.Maybe([&] { return Requests(); });
    out.host = r_.Text();
    for (std::uint64_t n = r_.Below(3); n > 0; --n) out.ports[r_.Text()] = r_.Integer<uint16_t>();
    out.restarts = r_.Integer<std::int32_t>();
    out.restart_reason = r_.Text();
    out.message = r_.Text();
    return out;
  }

  std::vector<ReplicaReading> ReplicaReadings() {
    return r_.List([&] {
      return ReplicaReading{r_.Text(), r_.Integer<MilliValue>(), r_.Instant(), r_.Span()};
    });
  }

  Reading OneReading() {
    Reading out;
    out.replicas = ReplicaReadings();
    out.fallback = MaybeCount();
    out.ignored = Names();
    out.values = r_.List([&] { return r_.Integer<MilliValue>(); });
    out.doubts = r_.List([&] { return Doubt{r_.Enum<DoubtKind>(), r_.Text(), r_.Text()}; });
    out.error = Maybe(&Maker::Failure);
    out.age = r_.Span();
    return out;
  }

  History Past() {
    const auto event = [&] {
      return ScaleEvent{r_.Integer<std::int32_t>(), r_.Instant(), r_.Coin()};
    };
    History out;
    out.recommendations = r_.Maybe([&] {
      return r_.List([&] { return Recommendation{r_.Integer<std::int32_t>(), r_.Instant()}; });
    });
    out.scale_up_events = r_.List(event);
    out.scale_down_events = r_.List(event);
    out.last_scale_time = r_.Maybe([&] { return r_.Instant(); });
    out.scaled_to_zero = r_.Coin();
    out.metrics = r_.List([&] {
      return MetricMemory{r_.Text(),
                          r_.Maybe([&] { return r_.Instant(); }),
                          r_.Maybe([&] { return r_.Instant(); }),
                          ReplicaReadings(),
                          r_.List([&] { return r_.Integer<MilliValue>(); }),
                          r_.List([&] {
                            return MissingReplica{r_.Text(), r_.Instant()};
                          })};
    });
    return out;
  }

  std::vector<ReplicaSlice> Slices() {
    return r_.List([&] {
      return ReplicaSlice{r_.Text(), r_.Text(), r_.Text(), r_.Integer<std::int32_t>(),
                          r_.Text(), r_.Text()};
    });
  }

  Inventory Gpus() {
    Inventory out;
    out.devices = r_.List([&] {
      return Device{r_.Text(), r_.Coin() ? "a30" : r_.Text(), r_.Text(), r_.Text(),
                    r_.Enum<DeviceState>()};
    });
    out.budgets = r_.List([&] { return DeviceLimit{r_.Text(), r_.Integer<std::int32_t>()}; });
    out.repack_after = r_.Maybe([&] { return r_.Span(); });
    return out;
  }

  WorkloadInput Input() {
    WorkloadInput out;
    out.spec = Spec();
    out.observation = {r_.Integer<std::int32_t>(), r_.Integer<std::int32_t>(),
                       r_.List([&] { return OneReplica(); }), r_.Maybe([&] {
                         return SelectorProblem{r_.Enum<SelectorFault>(), r_.Text()};
                       }),
                       Slices()};
    out.readings = r_.List([&] { return OneReading(); });
    out.history = Past();
    out.error = Maybe(&Maker::Failure);
    return out;
  }

  MetricTrace Trace() {
    MetricTrace out;
    out.metric = r_.Text();
    out.spec_metric = MaybeCount();
    out.proposal = r_.Integer<std::int32_t>();
    out.usage = r_.Integer<MilliValue>();
    out.target = r_.Integer<MilliValue>();
    out.utilization = MaybeCount();
    out.ratio = r_.Double();
    out.filled_ratio = r_.Maybe([&] { return r_.Double(); });
    out.groups = r_.List([&] { return r_.Enum<ReplicaGroup>(); });
    out.error = Maybe(&Maker::Failure);
    out.fallback = r_.Coin();
    return out;
  }

  WorkloadOutput Output() {
    WorkloadOutput out;
    out.decision.workload = r_.Text();
    out.decision.current = r_.Integer<std::int32_t>();
    out.decision.desired = r_.Integer<std::int32_t>();
    out.decision.proposed = MaybeCount();
    out.decision.reason = r_.Text();
    out.decision.decided_by = MaybeCount();
    out.decision.steps = r_.List([&] {
      return Step{r_.Enum<Stage>(),
                  r_.Enum<StepCause>(),
                  r_.Integer<std::int32_t>(),
                  r_.Integer<std::int32_t>(),
                  r_.Span(),
                  r_.Maybe([&] { return r_.Instant(); }),
                  r_.Text()};
    });
    out.decision.metrics = r_.List([&] { return Trace(); });
    out.decision.error = Maybe(&Maker::Failure);
    out.command = r_.Maybe([&] {
      return ScaleCommand{r_.Text(), r_.Integer<std::int32_t>(), Names(), Slices()};
    });
    out.next = Past();
    return out;
  }

  Randomizer r_;
};

}  // namespace

TickRecord RandomTick(std::uint64_t seed) { return Maker(seed).Tick(); }

}  // namespace tidegate::testing
