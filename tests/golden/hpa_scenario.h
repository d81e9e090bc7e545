// SPDX-License-Identifier: Apache-2.0
//
// A scenario of the set `hpa`: its JSON as the library's values. The schema is described in
// README.md of the stored vectors and, in short, in tests/golden/README.md.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "hpa/label_selector.h"
#include "tidegate/observation.h"
#include "tidegate/spec.h"
#include "tidegate/status.h"

namespace tidegate::golden {

using Json = nlohmann::json;

/// A member, or an empty object where it is absent or null.
const Json& Member(const Json& object, const char* key);

TimePoint ToTime(const Json& seconds);
Json FromTime(TimePoint time);

/// The spec of an HPA as the API server stores it, under the scenario's flags and gates.
ScalingSpec ParseSpec(const Json& hpa_spec, const Json& scenario);

struct GoldenPod {
  Replica replica;
  Labels labels;
};

/// All pods of the namespace, selected or not.
std::vector<GoldenPod> ParsePods(const Json& step, const ScalingSpec& spec);

/// What the metrics APIs answer about a metric.
Reading ReadMetric(const MetricSpec& metric, const Json& metrics, const std::string& name_space);

History ParseHistory(const Json& initial);
std::vector<Condition> ParseConditions(const Json& initial);

Json FromHistory(const History& history, Json result);
Json FromMetrics(const std::vector<MetricStatus>& metrics);
Json FromConditions(const std::vector<Condition>& conditions);
Json FromEvents(const std::vector<Event>& events);

}  // namespace tidegate::golden
