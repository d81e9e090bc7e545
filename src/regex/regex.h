// SPDX-License-Identifier: Apache-2.0
//
// Regex: the RE2 syntax that Prometheus's label matchers use, always anchored at both ends, with
// time linear in the text: no pattern can make it backtrack.
//
// There are literals, `.`, classes (with \d \s \w and [:alpha:] names), groups, `|`, `* + ? {n,m}`
// greedy or not, `^ $ \A \z \b \B`, and the flags i, s and U. Case is folded for ASCII letters.
// Not there: \p{…} classes, \Q…\E, the flag m.
//
// Thread safety: const members are safe to call concurrently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/result.h"

namespace tidegate {

class TIDEGATE_EXPORT Regex {
 public:
  static constexpr std::size_t kMaxPatternLength = 4096;
  static constexpr std::size_t kMaxProgramSize = 20'000;

  /// kInvalidArgument: what is wrong with `pattern`, or what of it is not supported.
  static Result<Regex> Compile(std::string_view pattern);

  /// Whether all of `text` matches.
  bool FullMatch(std::string_view text) const;

  /// If all of `text` matches: what each group matched, the whole first; of several ways to match
  /// the one that Perl would take. A group that took no part is empty.
  std::optional<std::vector<std::string_view>> Groups(std::string_view text) const;
  /// `replacement` with $1, ${1}, $name, ${name} and $$ filled in, as Go's Expand does; `groups`
  /// are what Groups() returned.
  std::string Expand(std::string_view replacement,
                     const std::vector<std::string_view>& groups) const;
  /// The name of each group, "" of those without one; the whole is group 0.
  const std::vector<std::string>& group_names() const { return group_names_; }

  enum class Op : std::uint8_t { kClass, kSplit, kJump, kAssert, kSave, kMatch };
  enum class Assertion : std::uint8_t { kTextBegin, kTextEnd, kWordBoundary, kNotWordBoundary };
  using CharRange = std::pair<char32_t, char32_t>;
  using CharSet = std::vector<CharRange>;  ///< sorted, not overlapping

  struct Instruction {
    Op op = Op::kMatch;
    Assertion assertion = Assertion::kTextBegin;
    std::uint32_t first = 0;   ///< next instruction; of kClass: the one after a match
    std::uint32_t second = 0;  ///< of kSplit: the other way; of kClass: index into sets
  };

 private:
  friend class RegexCompiler;
  class Threads;
  class CapturingThreads;

  static bool Holds(Assertion assertion, std::string_view text, std::size_t pos);
  bool Accepts(const Instruction& instruction, char32_t c) const;

  std::vector<Instruction> program_;
  std::vector<CharSet> sets_;
  std::vector<std::string> group_names_ = {""};
};

}  // namespace tidegate
