// SPDX-License-Identifier: Apache-2.0
//
// PromQL text -> tokens. Keywords are identifiers here: most of them are legal metric names too,
// so it is the parser who knows.
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
  kString,            ///< `text` with its quotes
  kIdentifier,        ///< a name or keyword
  kMetricIdentifier,  ///< a name with ':'
  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  kComma,
  kColon,
  kOperator,  ///< + - * / % ^ == != < <= > >= = =~ !~ @
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  std::size_t pos = 0;  ///< byte offset
};

/// Ends with kEnd or kError.
std::vector<Token> Tokenize(std::string_view text);

/// What an error message calls the token: `number "2"`, `<op:+>`, `end of input`.
std::string Describe(const Token& token);

bool IsKeyword(std::string_view lower);
bool IsAggregator(std::string_view lower);
std::string ToLower(std::string_view text);

}  // namespace tidegate::promql
