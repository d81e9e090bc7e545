// SPDX-License-Identifier: Apache-2.0
//
// Manifests between Kubernetes and Tidegate: a HorizontalPodAutoscaler of any version as one of
// autoscaling/v2 or v1 or as an Autoscaler, and an Autoscaler as a HorizontalPodAutoscaler.
//
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/config.h"
#include "tidegate/export.h"
#include "tidegate/spec.h"

namespace tidegate {

struct ConvertOptions {
  enum class Target { kAutoscaler, kV2, kV1 };
  enum class Format { kYaml, kJson };

  Target to = Target::kAutoscaler;
  Format format = Format::kYaml;
  /// The release whose API server judges, and which an Autoscaler made of a HorizontalPodAutoscaler
  /// behaves like. Absent: what an Autoscaler says itself, else ScalingSpec's default.
  std::optional<KubernetesVersion> compatibility = {};
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
