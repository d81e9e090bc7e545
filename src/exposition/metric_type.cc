// SPDX-License-Identifier: Apache-2.0
#include "exposition/metric_type.h"

#include <array>

namespace tidegate {
namespace {

constexpr std::array<std::string_view, 8> kNames = {
    "unknown", "counter", "gauge", "histogram", "summary", "gaugehistogram", "info", "stateset"};

// Whether `name` is the family's with one of the suffixes that samples of the type have.
bool HasSuffixOfType(std::string_view suffix, MetricType type, bool open_metrics) {
  switch (type) {
    case MetricType::kCounter:
      return open_metrics && suffix == "_total";
    case MetricType::kHistogram:
      return suffix == "_bucket" || suffix == "_count" || suffix == "_sum";
    case MetricType::kSummary:
      return suffix == "_count" || suffix == "_sum";
    case MetricType::kGaugeHistogram:
      return suffix == "_bucket" || suffix == "_gcount" || suffix == "_gsum";
    case MetricType::kInfo:
      return suffix == "_info";
    case MetricType::kUnknown:
    case MetricType::kGauge:
    case MetricType::kStateset:
      break;
  }
  return false;
}

}  // namespace

std::string_view TypeName(MetricType type) { return kNames[static_cast<std::size_t>(type)]; }

std::optional<MetricType> TypeFromName(std::string_view name, PageFormat format) {
  const bool text = format == PageFormat::kText;
  if (text && name == "untyped") return MetricType::kUnknown;
  for (std::size_t i = text ? 1 : 0; i < (text ? 5 : kNames.size()); ++i) {
    if (name == kNames[i]) return static_cast<MetricType>(i);
  }
  return std::nullopt;
}

MetricType TypeOfSample(std::string_view name, std::string_view family, MetricType type,
                        PageFormat format) {
  if (type == MetricType::kUnknown || name.size() < family.size() ||
      name.substr(0, family.size()) != family) {
    return MetricType::kUnknown;
  }
  const std::string_view suffix = name.substr(family.size());
  const bool open_metrics = format == PageFormat::kOpenMetrics;
  if (suffix.empty() || HasSuffixOfType(suffix, type, open_metrics)) return type;
  return open_metrics && suffix == "_created" ? MetricType::kGauge : MetricType::kUnknown;
}

}  // namespace tidegate
