// SPDX-License-Identifier: Apache-2.0
//
// Relabelling: rules that rewrite, keep or drop a set of labels, with the meaning that
// `relabel_configs` and `metric_relabel_configs` have in Prometheus 3.
//
// Thread safety: pure; const members may be called concurrently.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

enum class RelabelAction : std::uint8_t {
  kReplace,    ///< target_label becomes the replacement if the source matches
  kKeep,       ///< drops what does not match
  kDrop,       ///< drops what matches
  kKeepEqual,  ///< drops what differs from target_label
  kDropEqual,  ///< drops what equals target_label
  kHashMod,    ///< target_label becomes the source's hash modulo `modulus`
  kLabelMap,   ///< copies labels whose names match to the name that the replacement makes
  kLabelDrop,  ///< takes labels away whose names match
  kLabelKeep,  ///< takes labels away whose names do not match
  kLowercase,  ///< target_label becomes the source in lower case
  kUppercase,  ///< … in upper case
};

/// "replace", "keep", …
TIDEGATE_EXPORT std::string_view ToString(RelabelAction action) noexcept;

/// One rule. The source is the values of `source_labels`, with `separator` between them; absent
/// labels count as empty.
struct RelabelConfig {
  std::vector<std::string> source_labels;
  std::string separator = ";";
  std::optional<std::string> regex;  ///< RE2, of the whole source or name; absent: `(.*)`
  std::uint64_t modulus = 0;
  std::string target_label;        ///< of kReplace it may have `$1` and `${name}`
  std::string replacement = "$1";  ///< empty: the label is taken away
  RelabelAction action = RelabelAction::kReplace;

  friend bool operator==(const RelabelConfig&, const RelabelConfig&) = default;
};

/// kInvalidArgument: what Prometheus says of a rule that it refuses.
TIDEGATE_EXPORT Status CheckRelabelConfig(const RelabelConfig& config);

class TIDEGATE_EXPORT RelabelRules {
 public:
  /// None: everything is kept as it is.
  RelabelRules() = default;

  /// kInvalidArgument: `[2]: …`, the first rule that CheckRelabelConfig() refuses.
  static Result<RelabelRules> Compile(const std::vector<RelabelConfig>& configs);

  /// Applies the rules in their order. False: dropped, and `labels` are as they were.
  bool Apply(Labels& labels) const;

  bool empty() const { return rules_ == nullptr; }
  /// Whether they come from one Compile().
  friend bool operator==(const RelabelRules&, const RelabelRules&) = default;

 private:
  struct Rule;
  std::shared_ptr<const std::vector<Rule>> rules_;
};

}  // namespace tidegate
