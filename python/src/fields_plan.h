// SPDX-License-Identifier: Apache-2.0
//
// The fields of a tick: what goes in, what comes out, what became of it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "fields_decision.h"
#include "fields_observation.h"
#include "fields_spec.h"
#include "tidegate/plan.h"
#include "tidegate/reporter.h"

namespace tidegate::python {

/// PolicyInput as a value: a Python policy may keep it, and a test may make one.
struct OwnedPolicyInput {
  ScalingSpec spec;
  Observation observation;
  std::vector<Reading> readings;
  History history;
  TimePoint now{};
};

/// TickReport as a value.
struct OwnedTickReport {
  TickInput input;
  TickOutput output;
  std::vector<Applied> applied;
  std::vector<History> histories;
  Duration gather_duration{};
  Duration plan_duration{};
  Duration apply_duration{};
  Duration lateness{};
};

/// Workload without the parts that have effects: they do not come from Python yet.
struct WorkloadOptions {
  ScalingSpec spec;
  std::map<std::string, std::string> queries;
  Duration period = std::chrono::seconds(1);
  Duration max_sample_age = std::chrono::seconds(10);
  double min_window_coverage = 0.8;
};

template <>
struct Fields<WorkloadInput> {
  static constexpr std::string_view kName = "WorkloadInput";
  static constexpr std::string_view kRoot = "workload";
  static constexpr std::string_view kDoc = "One workload at one tick.";
  static constexpr auto kList = std::make_tuple(
      F("spec", &WorkloadInput::spec, "What is asked."),
      F("observation", &WorkloadInput::observation, "What was seen."),
      F("readings", &WorkloadInput::readings, "One for each of spec.metrics, in its order."),
      F("history", &WorkloadInput::history, "What is remembered."),
      F("error", &WorkloadInput::error, "The backend could not be observed: hold."));
};

template <>
struct Fields<Device> {
  static constexpr std::string_view kName = "Device";
  static constexpr std::string_view kRoot = "device";
  static constexpr std::string_view kDoc = "A GPU in MIG mode.";
  static constexpr auto kList = std::make_tuple(
      F("id", &Device::id, "Such as its UUID."), F("model", &Device::model, "Such as a100-40gb."),
      F("node", &Device::node, "The machine; may be empty."),
      F("domain", &Device::domain, "The NVLink domain; may be empty."),
      F("state", &Device::state, "Whether it takes new slices."));
};

template <>
struct Fields<DeviceLimit> {
  static constexpr std::string_view kName = "DeviceLimit";
  static constexpr std::string_view kRoot = "budget";
  static constexpr std::string_view kDoc = "How many devices of a model may be in use.";
  static constexpr auto kList =
      std::make_tuple(F("model", &DeviceLimit::model, "Such as a100-40gb."),
                      F("devices", &DeviceLimit::devices, "So many."));
};

template <>
struct Fields<DeviceSlice> {
  static constexpr std::string_view kName = "DeviceSlice";
  static constexpr std::string_view kRoot = "slice";
  static constexpr std::string_view kDoc = "A slice that exists, whoever made it.";
  static constexpr auto kList = std::make_tuple(
      F("id", &DeviceSlice::id, "What CUDA_VISIBLE_DEVICES takes."),
      F("device", &DeviceSlice::device, "The GPU's id."),
      F("profile", &DeviceSlice::profile, "Such as 3g.20gb."),
      F("start", &DeviceSlice::start, "The first of its memory slices."),
      F("usable", &DeviceSlice::usable, "A replica may get it."),
      F("removable", &DeviceSlice::removable, "May be destroyed where its room is needed."));
};

template <>
struct Fields<RefusedLayout> {
  static constexpr std::string_view kName = "RefusedLayout";
  static constexpr std::string_view kRoot = "refused";
  static constexpr std::string_view kDoc = "Profiles that a driver refused to make together.";
  static constexpr auto kList =
      std::make_tuple(F("model", &RefusedLayout::model, "Such as a100-40gb."),
                      F("profiles", &RefusedLayout::profiles, "With repetitions."));
};

template <>
struct Fields<DriverSlices> {
  static constexpr std::string_view kName = "DriverSlices";
  static constexpr std::string_view kRoot = "driver";
  static constexpr std::string_view kDoc = "What a driver says of the devices.";
  static constexpr auto kList =
      std::make_tuple(F("slices", &DriverSlices::slices, "Those that exist."),
                      F("reconfigure", &DriverSlices::reconfigure, "Others can be made."),
                      F("refused", &DriverSlices::refused, "Never planned again."),
                      F("notes", &DriverSlices::notes, "What is left out, what is wrong."));
};

template <>
struct Fields<Inventory> {
  static constexpr std::string_view kName = "Inventory";
  static constexpr std::string_view kRoot = "inventory";
  static constexpr std::string_view kDoc = "GPUs whose slices workloads share.";
  static constexpr auto kList = std::make_tuple(
      F("devices", &Inventory::devices, "The GPUs."),
      F("budgets", &Inventory::budgets, "How many of a model may be in use."),
      F("repack_after", &Inventory::repack_after, "At rest for so long: replicas may move."),
      F("driver", &Inventory::driver, "None: every slice that fits can be had."));
};

template <>
struct Fields<TickInput> {
  static constexpr std::string_view kName = "TickInput";
  static constexpr std::string_view kRoot = "input";
  static constexpr std::string_view kDoc = "All that plan_tick() looks at.";
  static constexpr auto kList =
      std::make_tuple(F("now", &TickInput::now, "The tick's time."),
                      F("workloads", &TickInput::workloads, "Each workload's part."),
                      F("inventory", &TickInput::inventory, "For workloads on slices."),
                      F("held", &TickInput::held, "Slices of workloads not in this tick."));
};

template <>
struct Fields<WorkloadOutput> {
  static constexpr std::string_view kName = "WorkloadOutput";
  static constexpr std::string_view kRoot = "output";
  static constexpr std::string_view kDoc = "What came out for one workload.";
  static constexpr auto kList =
      std::make_tuple(F("decision", &WorkloadOutput::decision, "What was decided and why."),
                      F("command", &WorkloadOutput::command, "None: leave the backend alone."),
                      F("next", &WorkloadOutput::next, "The history to hand in at the next tick."));
};

template <>
struct Fields<TickOutput> {
  static constexpr std::string_view kName = "TickOutput";
  static constexpr std::string_view kRoot = "output";
  static constexpr std::string_view kDoc = "What plan_tick() came to.";
  static constexpr auto kList =
      std::make_tuple(F("workloads", &TickOutput::workloads, "In the order of the input."));
};

template <>
struct Fields<Applied> {
  static constexpr std::string_view kName = "Applied";
  static constexpr std::string_view kRoot = "applied";
  static constexpr std::string_view kDoc = "What applying a decision came to.";
  static constexpr auto kList =
      std::make_tuple(F("scaled", &Applied::scaled, "The backend accepted a new count."),
                      F("error", &Applied::error, "Retried at the next tick."));
};

template <>
struct Fields<OwnedTickReport> {
  static constexpr std::string_view kName = "TickReport";
  static constexpr std::string_view kRoot = "report";
  static constexpr std::string_view kDoc = "What happened at a tick, for on_tick.";
  static constexpr auto kList = std::make_tuple(
      F("input", &OwnedTickReport::input, "What went in."),
      F("output", &OwnedTickReport::output, "What came out."),
      F("applied", &OwnedTickReport::applied, "What became of it, workload by workload."),
      F("histories", &OwnedTickReport::histories, "What the next tick starts from."),
      F("gather_duration", &OwnedTickReport::gather_duration, "Observing and reading."),
      F("plan_duration", &OwnedTickReport::plan_duration, "Deciding."),
      F("apply_duration", &OwnedTickReport::apply_duration, "Applying."),
      F("lateness", &OwnedTickReport::lateness, "How late the tick began."));
};

template <>
struct Fields<OwnedPolicyInput> {
  static constexpr std::string_view kName = "PolicyInput";
  static constexpr std::string_view kRoot = "input";
  static constexpr std::string_view kDoc = "What a policy may look at.";
  static constexpr auto kList = std::make_tuple(
      F("spec", &OwnedPolicyInput::spec, "What is asked."),
      F("observation", &OwnedPolicyInput::observation, "What was seen."),
      F("readings", &OwnedPolicyInput::readings, "One for each of spec.metrics, in its order."),
      F("history", &OwnedPolicyInput::history, "What is remembered."),
      F("now", &OwnedPolicyInput::now, "The tick's time."));
};

template <>
struct Fields<WorkloadOptions> {
  static constexpr std::string_view kName = "Workload";
  static constexpr std::string_view kRoot = "workload";
  static constexpr std::string_view kDoc = "One workload of a Controller.";
  static constexpr auto kList = std::make_tuple(
      F("spec", &WorkloadOptions::spec, "What is asked."),
      F("queries", &WorkloadOptions::queries, "Metric name to PromQL; absent: its selector."),
      F("period", &WorkloadOptions::period, "Between its ticks."),
      F("max_sample_age", &WorkloadOptions::max_sample_age, "Older samples are stale."),
      F("min_window_coverage", &WorkloadOptions::min_window_coverage,
        "Below this share of a window a reading is partial: no scale-down."));
};

}  // namespace tidegate::python
