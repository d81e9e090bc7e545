// SPDX-License-Identifier: Apache-2.0
//
// Relabelling rules as configuration files have them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"
#include "config/reader.h"
#include "tidegate/fields.h"
#include "tidegate/relabel.h"

namespace tidegate::config {

/// Prometheus's `source_labels`, or `sourceLabels` of Kubernetes' objects.
enum class KeyStyle { kSnake, kCamel };

/// One rule as it is written; what is absent has Prometheus's default.
template <KeyStyle kStyle>
struct RelabelEntry {
  std::optional<std::vector<std::string>> source_labels;
  std::optional<std::string> separator;
  std::optional<std::string> regex;
  std::uint64_t modulus = 0;
  std::optional<std::string> target_label;
  std::optional<std::string> replacement;
  std::optional<std::string> action;
};

void Describe(FieldVisitor& v, RelabelEntry<KeyStyle::kSnake>& s);
void Describe(FieldVisitor& v, RelabelEntry<KeyStyle::kCamel>& s);

/// The rules that were read from the list at `path` below `root`. What Prometheus would refuse is a
/// problem, in its words.
template <KeyStyle kStyle>
std::vector<RelabelConfig> RelabelConfigsOf(const std::vector<RelabelEntry<kStyle>>& entries,
                                            const Node& root, const std::string& path,
                                            std::vector<Problem>& problems);

}  // namespace tidegate::config
