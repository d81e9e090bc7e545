// SPDX-License-Identifier: Apache-2.0
//
// Small helpers to put a page together out of prometheus-cpp's value types.
#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <string>
#include <utility>
#include <vector>

namespace tidegate::reporters {

using PageLabels = std::vector<prometheus::ClientMetric::Label>;

inline prometheus::MetricFamily MakeFamily(std::string name, std::string help,
                                           prometheus::MetricType type) {
  prometheus::MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  return family;
}

inline prometheus::MetricFamily MakeGauge(std::string name, std::string help) {
  return MakeFamily(std::move(name), std::move(help), prometheus::MetricType::Gauge);
}

inline prometheus::MetricFamily MakeCounter(std::string name, std::string help) {
  return MakeFamily(std::move(name), std::move(help), prometheus::MetricType::Counter);
}

/// Adds a series to a gauge or counter.
inline void AddSeries(prometheus::MetricFamily& family, PageLabels labels, double value) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  if (family.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  family.metric.push_back(std::move(metric));
}

/// This process's CPU time, memory, files and start time; what cannot be read is left out.
std::vector<prometheus::MetricFamily> ProcessFamilies();

}  // namespace tidegate::reporters
