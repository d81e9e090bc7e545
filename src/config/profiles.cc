// SPDX-License-Identifier: Apache-2.0
#include "config/profiles.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "config/profile_table.h"
#include "config/reader.h"
#include "config/scalars.h"
#include "runtime/readings.h"

namespace tidegate::config {
namespace {

constexpr std::string_view kWindowOfScrapes = "30s";
constexpr std::string_view kWindowOfAPrometheus = "2m";  // which often scrapes every 30 s

const Profile* FindProfile(std::string_view name) {
  const auto* found = std::find_if(std::begin(kProfiles), std::end(kProfiles),
                                   [&](const Profile& profile) { return profile.name == name; });
  return found == std::end(kProfiles) ? nullptr : found;
}

const Signal* FindSignal(const Profile& profile, std::string_view name) {
  const auto found = std::find_if(profile.signals.begin(), profile.signals.end(),
                                  [&](const Signal& signal) { return signal.name == name; });
  return found == profile.signals.end() ? nullptr : &*found;
}

/// `name{own,given}`
std::string Selector(std::string_view name, const std::string& matchers) {
  std::string text(name);
  if (matchers.empty()) return text;
  if (text.back() != '}') return text + matchers;
  return text.substr(0, text.size() - 1) + "," + matchers.substr(1);
}

/// Makes the queries of one profile in one form.
class Writer {
 public:
  Writer(const Profile& profile, const SignalForm& form) : profile_(profile), form_(form) {}

  std::string Query(const Signal& signal) const {
    switch (signal.kind) {
      case SignalKind::kTotal:
        return Aggregate("sum", Gauges(signal.series)) + Times(signal.scale);
      case SignalKind::kMean:
        return Aggregate("avg", Gauges(signal.series)) + Times(signal.scale);
      case SignalKind::kLargest:
        return Aggregate("max", Gauges(signal.series)) + Times(signal.scale);
      case SignalKind::kRate:
        return Rate(signal.series) + Times(signal.scale);
      case SignalKind::kBusy:
        return "(" + Join(signal.series, " + ", [&](auto name) { return Rate({name}); }) + ")" +
               Times(signal.scale);
      case SignalKind::kPerRequest:
        return Each(Rate(signal.series), signal);
      case SignalKind::kBusyEach:
        return Each("(" + Join(signal.series, " + ", [&](auto name) { return Rate({name}); }) + ")",
                    signal);
      case SignalKind::kBest:
        return Best(signal);
      case SignalKind::kP95:
        return P95(signal);
      case SignalKind::kSignals:
        return Join(signal.series, " + ",
                    [&](auto name) { return Query(*FindSignal(profile_, name)); });
    }
    return {};
  }

 private:
  template <typename F>
  static std::string Join(const SeriesNames& names, std::string_view between, F text) {
    std::string joined;
    for (const std::string_view name : names) {
      if (name.empty()) continue;
      joined += (joined.empty() ? "" : std::string(between)) + text(name);
    }
    return joined;
  }

  static std::string Times(double scale) {
    if (scale == 1) return {};
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, scale).ptr;
    return " * " + std::string(text, end);
  }

  std::string Aggregate(std::string_view op, const std::string& of) const {
    const std::string by = form_.group.empty() ? "" : " by (" + form_.group + ") ";
    return std::string(op) + by + "(" + of + ")";
  }

  std::string Gauges(const SeriesNames& names) const {
    return Join(names, " or ", [&](auto name) { return Selector(name, form_.matchers); });
  }

  std::string Rate(const SeriesNames& names) const {
    return Aggregate("sum", Join(names, " or ", [&](auto name) {
                       return "rate(" + Selector(name, form_.matchers) + "[" + form_.window + "])";
                     }));
  }

  std::string Each(const std::string& what, const Signal& signal) const {
    const std::string requests = Rate(signal.requests);
    return what + " / (" + requests + " > 0)" + Times(signal.scale) + OrIdle(requests);
  }

  /// Series by series, so that each has its own mean; those that nothing was spent on have none.
  std::string Best(const Signal& signal) const {
    const auto rate = [&](std::string_view name) {
      return "rate(" + Selector(name, form_.matchers) + "[" + form_.window + "])";
    };
    return Aggregate("max", rate(signal.requests[0]) + " / (" + Join(signal.series, " + ", rate) +
                                " > 0)") +
           Times(signal.scale);
  }

  /// 0, if no request is finished because there are none.
  std::string OrIdle(const std::string& requests) const {
    const Signal& load = *FindSignal(profile_, profile_.idle);
    return " or (" + requests + " == 0 and " + Query(load) + " == 0)";
  }

  std::string P95(const Signal& signal) const {
    const std::string base(signal.series[0]);
    const std::string requests = Rate({base + "_count"});
    const std::string by = form_.group.empty() ? "le" : "le, " + form_.group;
    return "(histogram_quantile(0.95, sum by (" + by + ") (rate(" +
           Selector(base + "_bucket", form_.matchers) + "[" + form_.window + "]))) and " +
           requests + " > 0)" + OrIdle(requests);
  }

  const Profile& profile_;
  const SignalForm& form_;
};

Error NoSignal(const Profile& profile, std::string_view name) {
  std::vector<std::string_view> names;
  std::string known;
  for (const Signal& signal : profile.signals) {
    names.push_back(signal.name);
    known += (known.empty() ? "" : ", ") + JsonString(signal.name);
  }
  return {ErrorCode::kNotFound, "profile " + JsonString(profile.name) + " has no signal " +
                                    JsonString(name) + "; known are " + known +
                                    "; another metric needs a query" + Nearest(name, names)};
}

}  // namespace

std::span<const Profile> Profiles() { return kProfiles; }

std::span<const std::string_view> ProfileNames() {
  static constexpr auto kNames = [] {
    std::array<std::string_view, std::size(kProfiles)> names;
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = kProfiles[i].name;
    return names;
  }();
  return kNames;
}

std::string SignalQuery(const Profile& profile, const Signal& signal, const SignalForm& form) {
  return Writer(profile, form).Query(signal);
}

Result<std::string> QueryOfSignal(const Autoscaler& autoscaler, const MetricSpec& metric) {
  const Profile* profile = FindProfile(autoscaler.profile.value_or(""));
  std::string_view name = metric.name;
  const std::size_t dot = name.find('.');
  if (dot != std::string_view::npos && FindProfile(name.substr(0, dot)) != nullptr) {
    profile = FindProfile(name.substr(0, dot));
    name.remove_prefix(dot + 1);
  }
  if (profile == nullptr) return std::string();
  const Signal* signal = FindSignal(*profile, name);
  if (signal == nullptr) return NoSignal(*profile, name);
  SignalForm form{.matchers = runtime::SelectorText(metric.selector)};
  form.window = autoscaler.prometheus ? kWindowOfAPrometheus : kWindowOfScrapes;
  if (autoscaler.prometheus && metric.PerReplica()) {
    form.group = autoscaler.prometheus->replica_label;
  }
  return SignalQuery(*profile, *signal, form);
}

}  // namespace tidegate::config

namespace tidegate {

std::string ProfileReference() {
  std::string page =
      "# Profiles\n\n"
      "Generated from the table in `src/config/profile_table.h`; do not edit.\n\n"
      "`profile: vllm` lets a workload's metrics be called by what they mean: a metric without a\n"
      "query whose name is one of the signals below gets the query that the server needs. A "
      "metric\n"
      "of another profile is called `PROFILE.SIGNAL`, such as `dcgm.engine_active`. The metric's\n"
      "`selector` chooses series, such as those of one model.\n\n"
      "Rates and means are taken over 30 s of scrapes, or over 2 min where a Prometheus is asked.\n"
      "Times are in seconds: a target of `50m` is 50 ms. What is per request is 0 while nothing\n"
      "happens, and has no value while there are requests and none is finished: that holds the\n"
      "count, since a server that hangs is not idle.\n";
  for (const config::Profile& profile : config::kProfiles) {
    page += "\n## " + std::string(profile.name) + "\n\n" + std::string(profile.server) +
            ".\n\n| signal | unit | query | |\n|---|---|---|---|\n";
    for (const config::Signal& signal : profile.signals) {
      page += "| `" + std::string(signal.name) + "` | " + std::string(signal.unit) + " | `" +
              config::SignalQuery(profile, signal, {}) + "` | " + std::string(signal.note) + " |\n";
    }
  }
  return page;
}

}  // namespace tidegate
