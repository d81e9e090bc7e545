// SPDX-License-Identifier: Apache-2.0
//
// A group of targets as it is written down: in static_configs, and in what file_sd_configs and
// http_sd_configs read.
#pragma once

#include <string>
#include <vector>

#include "tidegate/fields.h"
#include "tidegate/types.h"

namespace tidegate::config {

struct TargetGroupEntry {
  std::vector<std::string> targets;
  Labels labels;
};

inline void Describe(FieldVisitor& v, TargetGroupEntry& s) {
  v.Field("targets", s.targets);
  v.Field("labels", s.labels);
}

}  // namespace tidegate::config
