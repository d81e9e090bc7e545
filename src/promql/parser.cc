// SPDX-License-Identifier: Apache-2.0
#include "promql/parser.h"

#include <algorithm>
#include <utility>

#include "promql/check.h"
#include "promql/grammar.h"

namespace tidegate::promql {
namespace {

constexpr std::size_t kMaxTextLength = std::size_t{64} * 1024;

Error Wrong(std::string_view text, const Failure& failure) {
  return Error{ErrorCode::kInvalidArgument,
               Place(text, failure.pos) + ": parse error: " + failure.what};
}

}  // namespace

std::string Place(std::string_view text, std::size_t pos) {
  if (text.empty()) return "unknown position";
  const std::string_view before = text.substr(0, std::min(pos, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;
  return std::to_string(line) + ":" + std::to_string(column);
}

Result<ExprPtr> Parse(std::string_view text, const CompileOptions& options) {
  if (text.size() > kMaxTextLength) {
    return Wrong(text,
                 {0, "the expression is longer than " + std::to_string(kMaxTextLength) + " bytes"});
  }
  Grammar grammar(text, options);
  ExprPtr root = grammar.Run();
  if (!root) return Wrong(text, grammar.failure());
  if (const std::optional<Failure> failure = Check(text, *root)) return Wrong(text, *failure);
  return root;
}

}  // namespace tidegate::promql
