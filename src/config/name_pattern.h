// SPDX-License-Identifier: Apache-2.0
//
// The regular expressions that adapter rules use to make one name of another: `^(.*)_total$`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::config {

/// Literals, `.*` and `.+`, each of these with or without a group, `^` and `$`; at most three
/// wildcards, so that no text takes long. What is more than that is not understood.
class NamePattern {
 public:
  static std::optional<NamePattern> Compile(std::string_view pattern);

  /// The leftmost match, greedy: the whole of it, then its groups.
  std::optional<std::vector<std::string>> Match(std::string_view text) const;

 private:
  struct Piece {
    std::string literal;  ///< empty: a wildcard
    std::size_t min = 0;  ///< of a wildcard: characters
    bool group = false;
  };

  /// Puts the end of the match and of its groups into `ends`; false: no match from `at`.
  bool MatchFrom(std::string_view text, std::size_t at, std::size_t piece,
                 std::vector<std::size_t>& ends) const;

  std::vector<Piece> pieces_;
  bool from_start_ = false;
  bool to_end_ = false;
};

}  // namespace tidegate::config
