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
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tidegate/result.h"

namespace tidegate {

class Regex {
 public:
  static constexpr std::size_t kMaxPatternLength = 4096;
  static constexpr std::size_t kMaxProgramSize = 20'000;

  /// kInvalidArgument: what is wrong with `pattern`, or what of it is not supported.
  static Result<Regex> Compile(std::string_view pattern);

  /// Whether all of `text` matches.
  bool FullMatch(std::string_view text) const;

  enum class Op : std::uint8_t { kClass, kSplit, kJump, kAssert, kMatch };
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

  std::vector<Instruction> program_;
  std::vector<CharSet> sets_;
};

}  // namespace tidegate
