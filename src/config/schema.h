// SPDX-License-Identifier: Apache-2.0
//
// What a field list says about its struct, without a value: for the JSON Schema and the
// reference page.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/fields.h"

namespace tidegate::config {

enum class FieldType {
  kObject,
  kList,
  kMap,
  kBoolean,
  kInteger,
  kNumber,
  kString,
  kDuration,
  kInstant,
  kQuantity,
  kSeconds,
  kRatio,
  kEnum,
};

struct FieldNode {
  std::string key;  ///< empty: a list's element or a map's value
  FieldType type = FieldType::kObject;
  FieldInfo info;
  bool optional = false;                             ///< absent by default
  std::string default_value;                         ///< as JSON; empty: none
  std::vector<std::string> choices;                  ///< of an enum, or of a string that has such
  std::vector<std::unique_ptr<FieldNode>> children;  ///< members; or the one element
};

/// `describe` names the fields of one object.
std::unique_ptr<FieldNode> BuildFieldTree(const std::function<void(FieldVisitor&)>& describe);

/// The kinds of Tidegate's documents, in the order of the reference.
struct DocumentSchema {
  std::string kind;
  std::string api_version;
  std::string doc;
  std::unique_ptr<FieldNode> spec;
};
std::vector<DocumentSchema> DocumentSchemas();

}  // namespace tidegate::config
