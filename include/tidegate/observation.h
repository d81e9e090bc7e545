// SPDX-License-Identifier: Apache-2.0
//
// What was seen of a workload at a tick: its replicas, and what its metrics read.
//
// Plain values. "Not seen" is always an absent value or an Error, never a zero.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

/// What of a resource is requested, in milli-units.
struct ResourceRequest {
  std::string resource;
  MilliValue value = 0;

  friend bool operator==(const ResourceRequest&, const ResourceRequest&) = default;
};

/// Each resource once. A list, since there are few and they are looked up at every tick.
using ResourceList = std::vector<ResourceRequest>;

enum class ReplicaPhase : std::uint8_t { kPending, kRunning, kSucceeded, kFailed, kUnknown };
enum class ConditionStatus : std::uint8_t { kTrue, kFalse, kUnknown };

/// One container of a replica and what it requests, in milli-units by resource.
struct Container {
  std::string name;
  ResourceList requests;
  bool restartable_init = false;  ///< a sidecar: an init container with restartPolicy Always

  friend bool operator==(const Container&, const Container&) = default;
};

/// A process on this machine. Numbers come again; with its start one names it for good.
struct ProcessId {
  std::int32_t pid = 0;
  std::uint64_t start_ticks = 0;  ///< since boot, as /proc/PID/stat has it

  friend bool operator==(const ProcessId&, const ProcessId&) = default;
};

/// One running instance of a workload: a process, a pod. What every tick looks at comes first and
/// fits a cache line.
struct Replica {
  std::string name;
  ReplicaPhase phase = ReplicaPhase::kPending;
  std::optional<ConditionStatus> ready;  ///< absent: there is no Ready condition yet
  bool terminating = false;              ///< asked to go: draining, or has a deletionTimestamp
  TimePoint ready_transition{};          ///< when `ready` last changed
  std::optional<TimePoint> start_time;
  std::vector<Container> containers;  ///< regular ones, then restartable init containers
  /// What the pod as a whole requests, where it says so itself (spec.resources.requests): its own
  /// values, those of its containers for other resources, and its overhead.
  std::optional<ResourceList> pod_requests;
  std::string host;                            ///< where it serves; empty: not known
  std::map<std::string, std::uint16_t> ports;  ///< by name: "http", "metrics", …
  std::int32_t restarts = 0;                   ///< how often it has been started again
  std::string message;                         ///< why it is not ready, for people
  std::optional<ProcessId> process = {};       ///< on this machine: the root of its processes
  std::string restart_reason = {};             ///< what ended the run before, for people

  /// It has started and has not ended, as far as is known.
  bool Alive() const { return phase == ReplicaPhase::kRunning || phase == ReplicaPhase::kUnknown; }
  /// Running, Ready, and not asked to go: may be sent requests.
  bool Serving() const {
    return phase == ReplicaPhase::kRunning && ready == ConditionStatus::kTrue && !terminating;
  }
  friend bool operator==(const Replica&, const Replica&) = default;
};

/// A slice of a GPU that is taken for a replica.
struct ReplicaSlice {
  std::string id;          ///< "MIG-UUID": what CUDA_VISIBLE_DEVICES takes
  std::string device;      ///< Device::id, the GPU's UUID
  std::string profile;     ///< "1g.5gb"
  std::int32_t start = 0;  ///< the first of its memory slices
  std::string replica;     ///< who runs there; empty: nobody yet
  /// The slice whose replica goes once this one serves: a move. Empty: none.
  std::string replaces = {};

  friend bool operator==(const ReplicaSlice&, const ReplicaSlice&) = default;
};

/// Why the replicas of a workload cannot be told from others.
enum class SelectorFault {
  kMissing,    ///< the scale has no selector
  kInvalid,    ///< the selector cannot be parsed
  kAmbiguous,  ///< another autoscaler selects some of the same replicas
};

struct SelectorProblem {
  SelectorFault fault = SelectorFault::kMissing;
  std::string message;  ///< HPA's words

  friend bool operator==(const SelectorProblem&, const SelectorProblem&) = default;
};

/// What a backend saw of one workload.
struct Observation {
  std::int32_t spec_replicas = 0;    ///< how many are wanted (scale.spec.replicas)
  std::int32_t status_replicas = 0;  ///< how many there are, surge and terminating included
  std::vector<Replica> replicas;
  std::optional<SelectorProblem> selector_problem;  ///< set: no metric is looked at
  /// What is taken for its replicas, those that are going included.
  std::vector<ReplicaSlice> slices = {};

  friend bool operator==(const Observation&, const Observation&) = default;
};

/// Why a value, or its absence, is not to be trusted on the way down.
enum class DoubtKind {
  kMissing,  ///< no sample at all
  kStale,    ///< the newest sample is too old, or its target vanished
  kReset,    ///< a counter fell inside the window: the process behind it is another one
  kPartial,  ///< samples cover too little of the window
  kInvalid,  ///< NaN or infinite
};

/// One doubt about one reading, e.g. {kStale, "flower-2", "newest sample is 6.0 s old"}.
struct Doubt {
  DoubtKind kind = DoubtKind::kMissing;
  std::string replica;  ///< empty: the reading as a whole
  std::string detail;

  friend bool operator==(const Doubt&, const Doubt&) = default;
};

/// A metric's value on one replica.
struct ReplicaReading {
  std::string replica;
  MilliValue value = 0;
  TimePoint timestamp{};  ///< of the newest sample it was made from
  Duration window{};      ///< the range it covers; 0: an instant

  friend bool operator==(const ReplicaReading&, const ReplicaReading&) = default;
};

/// What a metric spec evaluated to at a tick.
///
/// `replicas` is filled for Resource, ContainerResource and Pods metrics, one entry for each
/// replica that has a value; `values` for Object (one) and External (any number) metrics.
struct Reading {
  std::vector<ReplicaReading> replicas;
  std::vector<MilliValue> values;
  std::vector<Doubt> doubts;
  std::optional<Error> error;             ///< set: there is no reading, and this is why
  Duration age{};                         ///< of the oldest sample that was relied on
  std::optional<std::int32_t> fallback;   ///< set: there is none, and the metric asks for so many
  std::vector<std::string> ignored = {};  ///< replicas that MissingReplicas leaves out

  friend bool operator==(const Reading&, const Reading&) = default;
};

}  // namespace tidegate
