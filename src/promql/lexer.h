// SPDX-License-Identifier: Apache-2.0
//
// PromQL text -> tokens. What a character means depends on where it stands: in a selector's braces
// every word is a name, in brackets only durations and what computes them may stand.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::promql {

enum class TokenKind {
  kEnd,
  kError,  ///< `text` says what is wrong; nothing follows
  kNumber,
  kDuration,
  kString,  ///< `text` with its quotes
  kIdentifier,
  kMetricIdentifier,  ///< a name with ':'
  kKeyword,           ///< a word with a meaning; most of them are legal metric names too
  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  kComma,
  kColon,
  kOperator,  ///< + - * / % ^ == != < <= > >= = =~ !~ @ </ >/
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  std::string keyword;  ///< of kKeyword: `text` in lower case
  std::size_t pos = 0;  ///< byte offset

  std::size_t end() const { return pos + text.size(); }
  bool Is(std::string_view word) const { return kind == TokenKind::kKeyword && keyword == word; }
  bool IsOperator(std::string_view op) const { return kind == TokenKind::kOperator && text == op; }
};

/// Ends with kEnd or kError.
/// `utf8_names`: names without quotes may have letters of all scripts and, behind the first
/// character, dots.
std::vector<Token> Tokenize(std::string_view text, bool utf8_names = false);

/// What an error message calls the token: `number "2"`, `<op:+>`, `end of input`.
std::string Describe(const Token& token);

bool IsAggregator(std::string_view lower);

}  // namespace tidegate::promql
