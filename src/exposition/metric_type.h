// SPDX-License-Identifier: Apache-2.0
//
// What a TYPE line says of a family, and which samples it says it of.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tidegate/export.h"
#include "tidegate/types.h"

namespace tidegate {

enum class MetricType : std::uint8_t {
  kUnknown,
  kCounter,
  kGauge,
  kHistogram,
  kSummary,
  kGaugeHistogram,  // this one and the following: OpenMetrics only
  kInfo,
  kStateset,
};

/// "counter", "gaugehistogram" …; kUnknown is "unknown".
TIDEGATE_EXPORT std::string_view TypeName(MetricType type);

/// What a TYPE line may say in this format; text calls kUnknown "untyped".
std::optional<MetricType> TypeFromName(std::string_view name, PageFormat format);

/// The type of the samples called `name`, given the family of the TYPE line before them: that type
/// if they belong to the family, kGauge for its `_created`, else kUnknown.
MetricType TypeOfSample(std::string_view name, std::string_view family, MetricType type,
                        PageFormat format);

}  // namespace tidegate
