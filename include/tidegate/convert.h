// SPDX-License-Identifier: Apache-2.0
//
// Manifests between Kubernetes and Tidegate: a HorizontalPodAutoscaler of any version as one of
// autoscaling/v2 or v1 or as an Autoscaler, and an Autoscaler as a HorizontalPodAutoscaler.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tidegate/config.h"
#include "tidegate/export.h"

namespace tidegate {

struct ConvertOptions {
  enum class Target { kAutoscaler, kV2, kV1 };
  enum class Format { kYaml, kJson };

  Target to = Target::kAutoscaler;
  Format format = Format::kYaml;
};

struct Converted {
  std::string text;                     ///< "" if there are problems
  std::vector<ConfigProblem> problems;  ///< what is invalid, in the API server's words
  std::vector<ConfigProblem> losses;    ///< what has no counterpart, and is not in `text`
};

/// All documents of a file, lists included. Quantities keep their text, and the defaults of the
/// API server are filled in.
TIDEGATE_EXPORT Converted ConvertManifests(std::string_view text, std::string_view file_name,
                                           const ConvertOptions& options);

}  // namespace tidegate
