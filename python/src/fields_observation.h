// SPDX-License-Identifier: Apache-2.0
//
// The fields of what was seen of a workload.
#pragma once

#include <string_view>
#include <tuple>

#include "tidegate/observation.h"
#include "value_class.h"

namespace tidegate::python {

template <>
struct Fields<Container> {
  static constexpr std::string_view kName = "Container";
  static constexpr std::string_view kRoot = "container";
  static constexpr std::string_view kDoc = "One container of a replica and what it requests.";
  static constexpr auto kList =
      std::make_tuple(F("name", &Container::name, "The container's name."),
                      F("requests", &Container::requests, "By resource, such as cpu."),
                      F("restartable_init", &Container::restartable_init, "It is a sidecar."));
};

template <>
struct Fields<ProcessId> {
  static constexpr std::string_view kName = "ProcessId";
  static constexpr std::string_view kRoot = "process";
  static constexpr std::string_view kDoc = "A process on this machine, for good.";
  static constexpr auto kList =
      std::make_tuple(F("pid", &ProcessId::pid, "Its number."),
                      F("start_ticks", &ProcessId::start_ticks, "When it started, since boot."));
};

template <>
struct Fields<Replica> {
  static constexpr std::string_view kName = "Replica";
  static constexpr std::string_view kRoot = "replica";
  static constexpr std::string_view kDoc = "One running instance of a workload.";
  static constexpr auto kList =
      std::make_tuple(F("name", &Replica::name, "Unique in its workload."),
                      F("phase", &Replica::phase, "How far its life has come."),
                      F("ready", &Replica::ready, "None: there is no Ready condition yet."),
                      F("ready_transition", &Replica::ready_transition, "When ready last changed."),
                      F("start_time", &Replica::start_time, "When it started; None: not known."),
                      F("terminating", &Replica::terminating, "Asked to go."),
                      F("containers", &Replica::containers, "With what they request."),
                      F("pod_requests", &Replica::pod_requests, "Of the pod as a whole."),
                      F("host", &Replica::host, "Where it serves; empty: not known."),
                      F("ports", &Replica::ports, "By name: http, metrics, …"),
                      F("restarts", &Replica::restarts, "How often it has been started again."),
                      F("restart_reason", &Replica::restart_reason, "What ended the run before."),
                      F("message", &Replica::message, "Why it is not ready."),
                      F("process", &Replica::process, "On this machine; None: not known."));
};

template <>
struct Fields<SelectorProblem> {
  static constexpr std::string_view kName = "SelectorProblem";
  static constexpr std::string_view kRoot = "problem";
  static constexpr std::string_view kDoc = "Why a workload's replicas cannot be told from others.";
  static constexpr auto kList =
      std::make_tuple(F("fault", &SelectorProblem::fault, "What is wrong with its selector."),
                      F("message", &SelectorProblem::message, "In HPA's words."));
};

template <>
struct Fields<ReplicaSlice> {
  static constexpr std::string_view kName = "ReplicaSlice";
  static constexpr std::string_view kRoot = "slice";
  static constexpr std::string_view kDoc = "A slice of a GPU that is taken for a replica.";
  static constexpr auto kList = std::make_tuple(
      F("id", &ReplicaSlice::id, "What CUDA_VISIBLE_DEVICES takes."),
      F("device", &ReplicaSlice::device, "The GPU's id."),
      F("profile", &ReplicaSlice::profile, "Such as 1g.5gb."),
      F("start", &ReplicaSlice::start, "The first of its memory slices."),
      F("replica", &ReplicaSlice::replica, "Who runs there; empty: nobody yet."),
      F("replaces", &ReplicaSlice::replaces, "The slice that it takes the place of; a move."));
};

template <>
struct Fields<Observation> {
  static constexpr std::string_view kName = "Observation";
  static constexpr std::string_view kRoot = "observation";
  static constexpr std::string_view kDoc = "What a backend saw of one workload.";
  static constexpr auto kList = std::make_tuple(
      F("spec_replicas", &Observation::spec_replicas, "How many are wanted."),
      F("status_replicas", &Observation::status_replicas, "How many there are."),
      F("replicas", &Observation::replicas, "Each of them."),
      F("selector_problem", &Observation::selector_problem, "Set: no metric is looked at."),
      F("slices", &Observation::slices, "What is taken for its replicas."));
};

template <>
struct Fields<Doubt> {
  static constexpr std::string_view kName = "Doubt";
  static constexpr std::string_view kRoot = "doubt";
  static constexpr std::string_view kDoc = "Why a value, or its absence, is not to be trusted.";
  static constexpr auto kList =
      std::make_tuple(F("kind", &Doubt::kind, "What is wrong with it."),
                      F("replica", &Doubt::replica, "Empty: the reading as a whole."),
                      F("detail", &Doubt::detail, "In words."));
};

template <>
struct Fields<ReplicaReading> {
  static constexpr std::string_view kName = "ReplicaReading";
  static constexpr std::string_view kRoot = "reading";
  static constexpr std::string_view kDoc = "A metric's value on one replica.";
  static constexpr auto kList = std::make_tuple(
      F("replica", &ReplicaReading::replica, "The replica's name."),
      F("value", &ReplicaReading::value, "The value."),
      F("timestamp", &ReplicaReading::timestamp, "Of the newest sample it was made from."),
      F("window", &ReplicaReading::window, "The range that it covers; 0: an instant."));
};

template <>
struct Fields<Reading> {
  static constexpr std::string_view kName = "Reading";
  static constexpr std::string_view kRoot = "reading";
  static constexpr std::string_view kDoc = "What a metric spec evaluated to at a tick.";
  static constexpr auto kList = std::make_tuple(
      F("replicas", &Reading::replicas, "Resource, ContainerResource and Pods metrics."),
      F("values", &Reading::values, "Object (one) and External (any number) metrics."),
      F("doubts", &Reading::doubts, "What is doubtful about it."),
      F("error", &Reading::error, "Set: there is no reading, and this is why."),
      F("age", &Reading::age, "Of the oldest sample that was relied on."),
      F("fallback", &Reading::fallback, "Set: there is none, and so many are asked for."),
      F("ignored", &Reading::ignored, "Replicas that missing_replicas leaves out."));
};

}  // namespace tidegate::python
