// SPDX-License-Identifier: Apache-2.0
//
// How a rule of Prometheus Adapter makes a metric's name of a series' name, and back.
//
// Thread safety: const members are safe to call concurrently.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "regex/regex.h"
#include "tidegate/result.h"

namespace tidegate::config {

/// `name.matches` finds the leftmost match, `name.as` is expanded with its groups as Go's
/// regexp.Expand() does: `${1}_rate`, but `$1_rate` is a group called "1_rate".
class NameMapping {
 public:
  /// kInvalidArgument: what is wrong with `matches`. kNotFound: what with `as`.
  static Result<NameMapping> Compile(const std::string& matches, const std::string& as);

  /// The name that a series gets; absent: it does not match.
  std::optional<std::string> NameOf(std::string_view series) const;

  /// The series that gets this name. Absent: none does, or no single one can be told, which needs
  /// a pattern of literals and groups of `.*` or `.+`.
  std::optional<std::string> SeriesOf(std::string_view name) const;

  /// Whether SeriesOf() can tell at all.
  bool is_reversible() const;
  /// The name that every series gets; absent: it depends.
  std::optional<std::string> fixed() const;

 private:
  struct Piece {
    std::string literal;    ///< if it is no group
    std::size_t group = 0;  ///< its number
    bool is_group = false;
  };

  Status ReadAs(const std::string& as);
  void ReadPieces(std::string_view matches);

  std::optional<Regex> matches_;  ///< group 1 is the match, the pattern's own follow
  std::vector<Piece> as_;
  std::optional<Regex> back_;                 ///< what a name has to be like
  std::optional<std::vector<Piece>> pieces_;  ///< of `matches`; absent: it is not that simple
};

}  // namespace tidegate::config
