// SPDX-License-Identifier: Apache-2.0
//
// What a history remembers of a metric.
//
// Thread safety: pure functions.
#pragma once

#include <string>

#include "tidegate/decision.h"
#include "tidegate/spec.h"

namespace tidegate::core {

/// Metrics of one name in different containers are told apart by their place.
inline std::string MemoryKey(std::size_t place, const MetricSpec& metric) {
  return std::to_string(place) + " " + metric.name;
}

/// Null: nothing is remembered.
inline const MetricMemory* Recall(const std::string& key, const History& history) {
  for (const MetricMemory& each : history.metrics) {
    if (each.metric == key) return &each;
  }
  return nullptr;
}

/// What is there already, or a place for it.
inline MetricMemory& Remember(const std::string& key, History& history) {
  for (MetricMemory& each : history.metrics) {
    if (each.metric == key) return each;
  }
  MetricMemory& memory = history.metrics.emplace_back();
  memory.metric = key;
  return memory;
}

}  // namespace tidegate::core
