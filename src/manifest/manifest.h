// SPDX-License-Identifier: Apache-2.0
//
// HorizontalPodAutoscalers as texts: every version of the API in, v1 and v2 out.
//
// Decoding does what the API server does with a request: decode, default, convert to v2. The
// plain decoder's error refuses the object; the strict one's are those of kubectl's validation.
//
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"
#include "hpa/conversion.h"
#include "hpa/validation.h"
#include "manifest/decoder.h"
#include "manifest/literal.h"

namespace tidegate::manifest {

enum class Version { kV1, kV2beta1, kV2beta2, kV2 };

/// "v2"; "autoscaling/v2".
std::string_view ToString(Version version);
std::string ApiVersion(Version version);
/// Absent: not an apiVersion of HorizontalPodAutoscaler.
std::optional<Version> VersionOf(std::string_view api_version);

/// `kind` and `apiVersion` of a document; "" where they are not there.
struct TypeMeta {
  std::string kind;
  std::string api_version;
  std::optional<DecodeError> error;  ///< one of them is not a string
};
TypeMeta TypeOf(const config::Node& root, Syntax syntax);

struct DecodedHpa {
  std::optional<DecodeError> error;  ///< of the plain decoder; then there is no object
  std::vector<DecodeError> strict;   ///< unknown and repeated members
  Version version = Version::kV2;
  hpa::api::HorizontalPodAutoscaler object;

  /// "strict decoding error: …", or the plain decoder's error; "": none.
  std::string StrictText() const;
};

/// `implied`: of an item of a HorizontalPodAutoscalerList, which may lack kind and apiVersion.
DecodedHpa DecodeHpa(const config::Node& root, Syntax syntax,
                     const hpa::Compatibility& release = {},
                     std::optional<Version> implied = std::nullopt);

/// One line of JSON with the API's members in its order.
std::string EncodeV2(const hpa::api::HorizontalPodAutoscaler& hpa);
std::string EncodeV1(const hpa::api::HorizontalPodAutoscaler& hpa);

/// Where a field of v2 ("spec.metrics[0].pods.target.averageValue") is written in a document of
/// `version`, or the innermost part of it that is.
config::Position PositionOf(const config::Node& root, Version version, std::string_view field);

}  // namespace tidegate::manifest
