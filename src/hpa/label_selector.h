// SPDX-License-Identifier: Apache-2.0
//
// Kubernetes' label selectors: the text form of scale.status.selector ("app=web,tier in (a,b)")
// and the object form of a metric's selector.
//
// Thread safety: plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hpa/compatibility.h"
#include "tidegate/export.h"
#include "tidegate/result.h"
#include "tidegate/spec.h"
#include "tidegate/types.h"

namespace tidegate::hpa {

/// A set of requirements, all of which have to match; none: everything matches.
class TIDEGATE_EXPORT Selector {
 public:
  enum class Operator {
    kIn,
    kNotIn,
    kEquals,
    kDoubleEquals,
    kNotEquals,
    kExists,
    kDoesNotExist,
    kGreaterThan,
    kLessThan,
  };

  struct Requirement {
    std::string key;
    Operator op = Operator::kExists;
    std::vector<std::string> values;  // sorted, each once

    bool Matches(const Labels& labels) const;
  };

  /// kInvalidArgument with upstream's text.
  static Result<Selector> Parse(std::string_view text, const Compatibility& release);
  /// Of the object form. kInvalidArgument with upstream's text.
  static Result<Selector> From(const LabelSelector& selector, const Compatibility& release);

  bool Matches(const Labels& labels) const;
  /// The canonical text: requirements by key.
  std::string ToString() const;

 private:
  std::vector<Requirement> requirements_;
};

/// The object form as Go prints it in messages; absent: "nil".
TIDEGATE_EXPORT std::string DebugText(const std::optional<LabelSelector>& selector);

}  // namespace tidegate::hpa
