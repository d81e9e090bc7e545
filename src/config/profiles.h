// SPDX-License-Identifier: Apache-2.0
//
// What the usual servers call their signals: a metric may be named by its meaning, such as
// `waiting`, and the profile of the server makes the query of it.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/config.h"

namespace tidegate::config {

enum class SignalKind {
  kTotal,       ///< of gauges: their sum
  kMean,        ///< of gauges
  kLargest,     ///< of gauges
  kRate,        ///< of counters, per second
  kBusy,        ///< of counters of time: how many are at it, on average
  kPerRequest,  ///< of two counters: what has come of the one for each of the other
  kBusyEach,    ///< of counters of time, all of them: how long each of what is counted has taken
  kBest,        ///< of a counter by series: the most that time spent on it has given, per second
  kP95,         ///< of a histogram, without its `_bucket`
  kSignals,     ///< other signals, added up
};

/// Series in order of preference: a server that has renamed one has the next. Of kBusy, kBusyEach,
/// kBest and kSignals: all of them.
using SeriesNames = std::array<std::string_view, 3>;

struct Signal {
  std::string_view name;
  std::string_view unit;
  SignalKind kind = SignalKind::kTotal;
  SeriesNames series{};
  SeriesNames requests{};  ///< kPerRequest, kBusyEach: what is divided by; kBest: what is given
  double scale = 1;        ///< from the series' unit to this one
  std::string_view note = {};
};

struct Profile {
  std::string_view name;
  std::string_view server;
  std::span<const Signal> signals;
  std::string_view idle = {};  ///< the signal that is 0 while there is nothing to do
};

std::span<const Profile> Profiles();
std::span<const std::string_view> ProfileNames();

/// How a signal's query is put.
struct SignalForm {
  std::string matchers = {};  ///< `{model="flower"}`, or nothing
  std::string group = {};     ///< label to group by; empty: one value in all
  std::string window = "30s";
};

/// PromQL. What is per request has the value 0 while the server is idle, and no value while it has
/// requests and finishes none: a server that hangs is not idle.
std::string SignalQuery(const Profile& profile, const Signal& signal, const SignalForm& form);

/// The query of a metric that is called `SIGNAL`, of the workload's profile, or `PROFILE.SIGNAL`;
/// "" if it is none. kNotFound: the profile has no such signal; it names the nearest.
Result<std::string> QueryOfSignal(const Autoscaler& autoscaler, const MetricSpec& metric);

}  // namespace tidegate::config
