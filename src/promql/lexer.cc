// SPDX-License-Identifier: Apache-2.0
#include "promql/lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "exposition/utf8.h"

namespace tidegate::promql {
namespace {

constexpr std::array<std::string_view, 12> kKeywords = {
    "and", "or",       "unless",     "atan2",       "by",   "without",
    "on",  "ignoring", "group_left", "group_right", "bool", "offset",
};
constexpr std::array<std::string_view, 14> kAggregators = {
    "sum",  "avg",     "count",  "min",      "max",          "group",  "stddev",
    "topk", "bottomk", "stdvar", "quantile", "count_values", "limitk", "limit_ratio",
};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsAlpha(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAlnum(char c) { return IsAlpha(c) || IsDigit(c); }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> Run() {
    while (tokens_.empty() ||
           (tokens_.back().kind != TokenKind::kEnd && tokens_.back().kind != TokenKind::kError)) {
      SkipSpaceAndComments();
      begin_ = pos_;
      if (in_braces_) {
        InsideBraces();
      } else {
        Statement();
      }
    }
    return std::move(tokens_);
  }

 private:
  char Peek(std::size_t ahead = 0) const {
    return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0';
  }
  bool Done() const { return pos_ >= text_.size(); }

  void Emit(TokenKind kind) {
    tokens_.push_back({kind, std::string(text_.substr(begin_, pos_ - begin_)), begin_});
  }
  void Take(TokenKind kind, std::size_t size = 1) {
    pos_ += size;
    Emit(kind);
  }
  void Fail(std::string what) { tokens_.push_back({TokenKind::kError, std::move(what), begin_}); }

  // The character at pos_, for a message.
  std::string Shown() const {
    if (Done()) return "'\xEF\xBF\xBD'";
    const CodePoint point = DecodeUtf8(text_.substr(pos_));
    return "'" + (point.valid ? std::string(text_.substr(pos_, point.size)) : "\xEF\xBF\xBD") + "'";
  }

  void SkipSpaceAndComments() {
    while (!Done()) {
      if (IsSpace(Peek())) {
        ++pos_;
      } else if (Peek() == '#') {
        pos_ = std::min(text_.find('\n', pos_), text_.size());
      } else {
        return;
      }
    }
  }

  void Statement() {
    if (Done()) return End();
    const char c = Peek();
    if (in_brackets_ && c == ':') return Take(TokenKind::kColon);
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return NumberOrDuration();
    if (IsAlpha(c) || c == ':') return Identifier();
    if (c == '"' || c == '\'' || c == '`') return String();
    switch (c) {
      case '(':
        ++open_parens_;
        return Take(TokenKind::kLeftParen);
      case ')':
        if (open_parens_-- == 0) return Fail("unexpected right parenthesis ')'");
        return Take(TokenKind::kRightParen);
      case '{':
        in_braces_ = true;
        return Take(TokenKind::kLeftBrace);
      case '[':
        if (in_brackets_) return Fail("unexpected left bracket '['");
        in_brackets_ = true;
        return Take(TokenKind::kLeftBracket);
      case ']':
        if (!in_brackets_) return Fail("unexpected right bracket ']'");
        in_brackets_ = false;
        return Take(TokenKind::kRightBracket);
      case ',':
        return Take(TokenKind::kComma);
      default:
        return Operator();
    }
  }

  void End() {
    if (open_parens_ > 0) return Fail("unclosed left parenthesis");
    if (in_brackets_) return Fail("unexpected end of input in subquery or range");
    Emit(TokenKind::kEnd);
  }

  void Operator() {
    const char c = Peek();
    const char next = Peek(1);
    if ((c == '=' || c == '!' || c == '<' || c == '>') && next == '=') {
      return Take(TokenKind::kOperator, 2);
    }
    if (c == '=' && next == '~') {
      ++pos_;
      return Fail("unexpected character after '=': '~'");
    }
    if (c == '!') {
      ++pos_;
      return Fail("unexpected character after '!': " + Shown());
    }
    if (std::string_view("+-*/%^<>=@").find(c) != std::string_view::npos) {
      return Take(TokenKind::kOperator);
    }
    Fail("unexpected character: " + Shown());
  }

  void InsideBraces() {
    if (Done()) return Fail("unexpected end of input inside braces");
    const char c = Peek();
    if (IsAlpha(c)) {
      while (IsAlnum(Peek())) ++pos_;
      return Emit(TokenKind::kIdentifier);
    }
    if (c == '"' || c == '\'' || c == '`') return String();
    if (c == ',') return Take(TokenKind::kComma);
    if (c == '{') return Fail("unexpected left brace '{'");
    if (c == '}') {
      in_braces_ = false;
      return Take(TokenKind::kRightBrace);
    }
    if (c == '=') return Take(TokenKind::kOperator, Peek(1) == '~' ? 2 : 1);
    if (c == '!') {
      if (Peek(1) == '=' || Peek(1) == '~') return Take(TokenKind::kOperator, 2);
      ++pos_;
      return Fail("unexpected character after '!' inside braces: " + Shown());
    }
    Fail("unexpected character inside braces: " + Shown());
  }

  void Identifier() {
    while (IsAlnum(Peek()) || Peek() == ':') ++pos_;
    const std::string_view name = text_.substr(begin_, pos_ - begin_);
    const std::string lower = ToLower(name);
    if (lower == "inf" || lower == "nan") return Emit(TokenKind::kNumber);
    const bool plain = name.find(':') == std::string_view::npos;
    Emit(plain ? TokenKind::kIdentifier : TokenKind::kMetricIdentifier);
  }

  void NumberOrDuration() {
    if (ScanNumber()) return Emit(TokenKind::kNumber);
    pos_ = begin_;
    if (ScanDuration()) return Emit(TokenKind::kDuration);
    const std::size_t end = std::min(pos_ + 1, text_.size());
    Fail("bad number or duration syntax: \"" + std::string(text_.substr(begin_, end - begin_)) +
         "\"");
  }

  void ScanDigits(bool hex) {
    while (hex ? IsHexDigit(Peek()) : IsDigit(Peek())) {
      ++pos_;
      if (Peek() == '_' && (hex ? IsHexDigit(Peek(1)) : IsDigit(Peek(1)))) ++pos_;
    }
  }

  bool ScanNumber() {
    const bool hex = Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X');
    if (hex) pos_ += 2;
    ScanDigits(hex);
    if (Peek() == '.') {
      ++pos_;
      ScanDigits(hex);
    }
    const char exponent = Peek();
    if (hex ? exponent == 'p' || exponent == 'P' : exponent == 'e' || exponent == 'E') {
      ++pos_;
      if (Peek() == '+' || Peek() == '-') ++pos_;
      if (!IsDigit(Peek())) return false;
      ScanDigits(false);
    }
    return !IsAlnum(Peek());
  }

  // Digits and a unit, as often as there are any.
  bool ScanDuration() {
    do {
      while (IsDigit(Peek())) ++pos_;
      const char unit = Peek();
      if (std::string_view("smhdwy").find(unit) == std::string_view::npos || Done()) return false;
      ++pos_;
      if (unit == 'm' && Peek() == 's') ++pos_;
    } while (IsDigit(Peek()));
    return !IsAlnum(Peek());
  }

  void String() {
    const char quote = Peek();
    ++pos_;
    while (!Done() && Peek() != quote) {
      if (quote != '`' && Peek() == '\n') break;
      if (quote != '`' && Peek() == '\\') ++pos_;
      ++pos_;
    }
    if (Done() || Peek() != quote) {
      return Fail(quote == '`' ? "unterminated raw string" : "unterminated quoted string");
    }
    Take(TokenKind::kString);
  }

  std::string_view text_;
  std::size_t pos_ = 0;
  std::size_t begin_ = 0;
  int open_parens_ = 0;
  bool in_braces_ = false;
  bool in_brackets_ = false;
  std::vector<Token> tokens_;
};

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

}  // namespace

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool IsKeyword(std::string_view lower) {
  return std::find(kKeywords.begin(), kKeywords.end(), lower) != kKeywords.end();
}

bool IsAggregator(std::string_view lower) {
  return std::find(kAggregators.begin(), kAggregators.end(), lower) != kAggregators.end();
}

std::vector<Token> Tokenize(std::string_view text) { return Lexer(text).Run(); }

std::string Describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
      return "end of input";
    case TokenKind::kNumber:
      return "number " + Quoted(token.text);
    case TokenKind::kDuration:
      return "duration " + Quoted(token.text);
    case TokenKind::kString:
      return "string " + Quoted(token.text);
    case TokenKind::kMetricIdentifier:
      return "metric identifier " + Quoted(token.text);
    case TokenKind::kOperator:
      return token.text == "=" ? Quoted("=") : "<op:" + token.text + ">";
    case TokenKind::kIdentifier: {
      const std::string lower = ToLower(token.text);
      if (IsAggregator(lower)) return "<aggr:" + lower + ">";
      if (lower == "and" || lower == "or" || lower == "unless" || lower == "atan2") {
        return "<op:" + lower + ">";
      }
      return IsKeyword(lower) ? "<" + lower + ">" : "identifier " + Quoted(token.text);
    }
    default:
      return Quoted(token.text);
  }
}

}  // namespace tidegate::promql
