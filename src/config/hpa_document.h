// SPDX-License-Identifier: Apache-2.0
//
// The HorizontalPodAutoscalers of a file: which documents they are, and what the API server would
// say about each.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "config/reader.h"
#include "manifest/manifest.h"

namespace tidegate::config {

struct HpaDocument {
  const Node* root = nullptr;
  std::optional<manifest::Version> implied;  ///< an item of a HorizontalPodAutoscalerList
  manifest::Syntax syntax = manifest::Syntax::kYaml;
};

/// JSON if a text is that: all of YAML's flow style is not.
manifest::Syntax SyntaxOf(std::string_view text);

/// The items of a list document, each with the version that the list implies; absent: `root` is
/// none. `List` of v1 implies nothing.
std::optional<std::vector<HpaDocument>> ItemsOf(const Node& root, manifest::Syntax syntax);

/// metadata.name, or "".
std::string HpaName(const Node& root, manifest::Syntax syntax);

/// Absent after a report of what the decoder refuses, unknown and repeated members included.
std::optional<manifest::DecodedHpa> DecodeHpa(const HpaDocument& document,
                                              std::vector<Problem>& problems);

/// Reports what creating the object would be answered; true: nothing.
bool ValidateHpa(const HpaDocument& document, const manifest::DecodedHpa& decoded,
                 const hpa::Compatibility& release, std::vector<Problem>& problems);

}  // namespace tidegate::config
