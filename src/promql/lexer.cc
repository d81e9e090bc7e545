// SPDX-License-Identifier: Apache-2.0
#include "promql/lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "promql/literals.h"
#include "text/utf8.h"

namespace tidegate::promql {
namespace {

constexpr std::array<std::string_view, 4> kWordOperators = {"and", "or", "unless", "atan2"};
constexpr std::array<std::string_view, 14> kAggregators = {
    "sum",  "avg",     "count",  "min",      "max",          "group",  "stddev",
    "topk", "bottomk", "stdvar", "quantile", "count_values", "limitk", "limit_ratio",
};
constexpr std::array<std::string_view, 13> kModifiers = {
    "offset",     "smoothed",    "anchored", "by",        "without",    "on",   "ignoring",
    "group_left", "group_right", "fill",     "fill_left", "fill_right", "bool",
};
constexpr std::array<std::string_view, 2> kQueryTimes = {"start", "end"};
constexpr std::array<std::string_view, 4> kDurationWords = {"step", "range", "max_of", "min_of"};
constexpr std::string_view kDigits = "0123456789";

template <std::size_t N>
bool Contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlpha(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAlnum(char c) { return IsAlpha(c) || IsDigit(c); }

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool IsKeyword(std::string_view lower) {
  return Contains(kWordOperators, lower) || Contains(kAggregators, lower) ||
         Contains(kModifiers, lower) || Contains(kQueryTimes, lower) ||
         Contains(kDurationWords, lower);
}

// Letters outside of ASCII, by block: of what is no letter the common blocks are left out.
bool IsLetter(char32_t c) {
  constexpr std::array<std::pair<char32_t, char32_t>, 10> kOthers = {{{0x80, 0xA9},
                                                                      {0xAB, 0xB4},
                                                                      {0xB6, 0xB9},
                                                                      {0xBB, 0xBF},
                                                                      {0xD7, 0xD7},
                                                                      {0xF7, 0xF7},
                                                                      {0x2000, 0x2BFF},
                                                                      {0x3000, 0x3004},
                                                                      {0xE000, 0xFE2F},
                                                                      {0x1F000, 0x1FAFF}}};
  return c >= 0x80 && std::none_of(kOthers.begin(), kOthers.end(), [c](const auto& range) {
           return c >= range.first && c <= range.second;
         });
}

bool IsDurationWordStart(char c) {
  const std::string lower = ToLower(std::string_view(&c, 1));
  return std::any_of(kDurationWords.begin(), kDurationWords.end(),
                     [&lower](std::string_view word) { return word.front() == lower.front(); });
}

class Lexer {
 public:
  Lexer(std::string_view text, bool utf8_names) : text_(text), utf8_names_(utf8_names) {}

  std::vector<Token> Run() {
    while (tokens_.empty() ||
           (tokens_.back().kind != TokenKind::kEnd && tokens_.back().kind != TokenKind::kError)) {
      SkipSpaceAndComments();
      begin_ = pos_;
      if (in_braces_) {
        InsideBraces();
      } else if (in_duration_) {
        InsideDuration();
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
  bool At(std::string_view set) const { return !Done() && set.find(Peek()) != set.npos; }
  bool Accept(std::string_view set) {
    if (!At(set)) return false;
    ++pos_;
    return true;
  }

  void Emit(TokenKind kind) {
    tokens_.push_back({kind, std::string(text_.substr(begin_, pos_ - begin_)), {}, begin_});
  }
  void Take(TokenKind kind, std::size_t size = 1) {
    pos_ += size;
    Emit(kind);
  }
  void EmitKeyword(std::string lower) {
    Emit(TokenKind::kKeyword);
    tokens_.back().keyword = std::move(lower);
  }
  void Fail(std::string what) {
    tokens_.push_back({TokenKind::kError, std::move(what), {}, begin_});
  }
  void FailBehind(std::string what) {
    begin_ = pos_;
    Fail(std::move(what));
  }

  // The character at pos_, for a message.
  CodePoint Here() const { return Done() ? CodePoint{} : DecodeUtf8(text_.substr(pos_)); }
  std::string Shown() const { return GoQuote(Here().value); }

  bool AtNameStart() const {
    if (Done()) return false;
    return IsAlpha(Peek()) || (utf8_names_ && Here().valid && IsLetter(Here().value));
  }
  // Takes one character of a name, if there is one.
  bool TakeOfName() {
    if (IsDigit(Peek()) || (utf8_names_ && Peek() == '.') || AtNameStart()) {
      pos_ += Here().size;
      return true;
    }
    return false;
  }

  void SkipSpaceAndComments() {
    while (!Done()) {
      if (IsSpace(Peek())) {
        ++pos_;
      } else if (Peek() == '#' && !in_duration_) {
        while (!Done() && Peek() != '\n' && Peek() != '\r') ++pos_;
      } else {
        return;
      }
    }
  }

  void Statement() {
    if (Done()) return End();
    const char c = Peek();
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return NumberOrDuration();
    if (AtNameStart() || c == ':') return in_brackets_ ? BehindDuration() : Word();
    if (c == '"' || c == '\'' || c == '`') return String();
    switch (c) {
      case '(':
        return LeftParen();
      case ')':
        return RightParen();
      case '{':
        in_braces_ = true;
        return Take(TokenKind::kLeftBrace);
      case '[':
        if (in_brackets_) return Fail("unexpected left bracket '['");
        in_brackets_ = in_duration_ = true;
        got_colon_ = got_duration_ = false;
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
    if (open_parens_ != 0) return Fail("unclosed left parenthesis");
    if (in_brackets_) return Fail("unclosed left bracket");
    Emit(TokenKind::kEnd);
  }

  void LeftParen() {
    ++open_parens_;
    Take(TokenKind::kLeftParen);
  }

  void RightParen() {
    if (open_parens_-- > 0) return Take(TokenKind::kRightParen);
    ++pos_;
    FailBehind("unexpected right parenthesis ')'");
  }

  void Operator() {
    const char c = Peek();
    const char next = Peek(1);
    if ((c == '=' || c == '!' || c == '<' || c == '>') && next == '=') {
      return Take(TokenKind::kOperator, 2);
    }
    if ((c == '<' || c == '>') && next == '/') return Take(TokenKind::kOperator, 2);
    if (c == '=' && next == '~') return Fail("unexpected character after '=': '~'");
    if (c == '!') {
      ++pos_;
      return Fail("unexpected character after '!': " + Shown());
    }
    if (At("+-*/%^<>=@")) return Take(TokenKind::kOperator);
    Fail("unexpected character: " + Shown());
  }

  // In brackets, behind the first number: a colon, or a word that computes a duration.
  void BehindDuration() {
    const std::string first = Shown();
    if (Peek() == ':') {
      if (got_colon_) return Fail("unexpected colon ':'");
      got_colon_ = true;
      return Take(TokenKind::kColon);
    }
    if (IsDurationWordStart(Peek()) && DurationWord()) return;
    Fail("unexpected character: " + first + ", expected ':'");
  }

  bool DurationWord() {
    while (IsAlpha(Peek())) ++pos_;
    std::string lower = ToLower(text_.substr(begin_, pos_ - begin_));
    if (!Contains(kDurationWords, lower)) return false;
    EmitKeyword(std::move(lower));
    return true;
  }

  // In brackets, up to the first number.
  void InsideDuration() {
    if (Done()) return Fail("unexpected end of input in duration expression");
    const char c = Peek();
    if (c == '(') return LeftParen();
    if (c == ')') return RightParen();
    if (c == ',') return Take(TokenKind::kComma);
    if (At("+-*/%^")) return Take(TokenKind::kOperator);
    if (c == ']') {
      in_brackets_ = in_duration_ = got_colon_ = false;
      return Take(TokenKind::kRightBracket);
    }
    if (c == ':') return ColonInDuration();
    const std::string shown = Shown();
    if (IsDurationWordStart(c)) {
      got_duration_ = true;
      if (DurationWord()) return;
    } else if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) {
      got_duration_ = true;
      in_duration_ = false;
      return NumberOrDuration();
    }
    Fail("unexpected character in duration expression: " + shown);
  }

  void ColonInDuration() {
    ++pos_;
    if (!got_duration_) {
      return FailBehind("unexpected colon before duration in duration expression");
    }
    if (got_colon_) return FailBehind("unexpected repeated colon in duration expression");
    got_colon_ = true;
    Emit(TokenKind::kColon);
  }

  void InsideBraces() {
    if (Done()) return Fail("unexpected end of input inside braces");
    const char c = Peek();
    if (AtNameStart()) {
      while (!Done() && TakeOfName()) {
      }
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

  void Word() {
    while (!Done() && (Accept(":") || TakeOfName())) {
    }
    const std::string_view name = text_.substr(begin_, pos_ - begin_);
    std::string lower = ToLower(name);
    if (lower == "inf" || lower == "nan") return Emit(TokenKind::kNumber);
    // These came late to the language: only in front of a parenthesis are they no names.
    const bool fill = lower.compare(0, 4, "fill") == 0 && !ParenFollows();
    if (IsKeyword(lower) && !fill) return EmitKeyword(std::move(lower));
    const bool plain = name.find(':') == std::string_view::npos;
    Emit(plain ? TokenKind::kIdentifier : TokenKind::kMetricIdentifier);
  }

  bool ParenFollows() const {
    std::size_t at = pos_;
    while (at < text_.size() && IsSpace(text_[at])) ++at;
    return at < text_.size() && text_[at] == '(';
  }

  void NumberOrDuration() {
    if (ScanNumber()) return Emit(TokenKind::kNumber);
    if (ScanUnits()) return Emit(TokenKind::kDuration);
    Fail("bad number or duration syntax: " + GoQuote(text_.substr(begin_, pos_ - begin_)));
  }

  // Leaves pos_ behind what it has understood: a duration goes on from there.
  bool ScanNumber() {
    std::string_view digits = kDigits;
    if (Accept("0") && Accept("xX")) {
      Accept("_");
      digits = "0123456789abcdefABCDEF";
    }
    Accept(".");
    Accept(digits);
    bool dot = false;
    bool exponent = false;
    while (!Done() && (At(digits) || At("._eE"))) {
      if ((dot && Accept(".")) || (exponent && Accept("eE"))) return false;
      if (Accept(".")) {
        dot = true;
        if (Accept("_.") || digits != kDigits) return false;
      } else if (Accept("eE")) {
        exponent = true;
        Accept("+-");
        if (Accept("._eE") || Done()) return false;
      } else if (Accept("_")) {
        if (Accept("._eE") || Done()) return false;
      } else {
        while (Accept(digits)) {
        }
      }
    }
    return !IsAlnum(Peek());
  }

  // Behind digits: a unit, then digits and units as often as there are any.
  bool ScanUnits() {
    if (!Accept("smhdwy")) return false;
    Accept("s");
    while (Accept(kDigits)) {
      while (Accept(kDigits)) {
      }
      if (!Accept("smhdw")) return false;
      Accept("s");
    }
    if (!IsAlnum(Peek())) return true;
    ++pos_;
    return false;
  }

  void String() {
    const char quote = Peek();
    ++pos_;
    while (true) {
      const CodePoint point = Here();
      if (Done() || (quote != '`' && Peek() == '\n')) {
        return Fail(quote == '`' ? "unterminated raw string" : "unterminated quoted string");
      }
      if (point.value == 0xFFFD) return Fail("invalid UTF-8 rune");
      pos_ += point.size;
      if (point.value == static_cast<unsigned char>(quote)) return Emit(TokenKind::kString);
      if (point.value == '\\' && quote != '`' && !Escape(quote)) return;
    }
  }

  // Behind the backslash; false: it has failed.
  bool Escape(char quote) {
    if (Done()) return FailEscape("escape sequence not terminated");
    const CodePoint letter = Here();
    if (At("abfnrtv\\") || Peek() == quote) {
      ++pos_;
      return true;
    }
    if (At("01234567")) return Digits(3, 8, 255);
    if (!At("xuU")) return FailEscape("unknown escape sequence " + GoCodePoint(letter.value));
    const char kind = text_[pos_++];
    if (kind == 'x') return Digits(2, 16, 255);
    return Digits(kind == 'u' ? 4 : 8, 16, 0x10FFFF);
  }

  bool Digits(int count, std::uint32_t base, std::uint32_t max) {
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) {
      if (Done()) return FailEscape("escape sequence not terminated");
      const std::string lower = ToLower(text_.substr(pos_, 1));
      const std::size_t digit = std::string_view("0123456789abcdef").find(lower);
      if (digit >= base) {
        return FailEscape("illegal character " + GoCodePoint(Here().value) + " in escape sequence");
      }
      value = value * base + static_cast<std::uint32_t>(digit);
      ++pos_;
    }
    if (value <= max && (value < 0xD800 || value >= 0xE000)) return true;
    return FailEscape("escape sequence is an invalid Unicode code point");
  }

  bool FailEscape(std::string what) {
    Fail(std::move(what));
    return false;
  }

  std::string_view text_;
  const bool utf8_names_;
  std::size_t pos_ = 0;
  std::size_t begin_ = 0;
  int open_parens_ = 0;
  bool in_braces_ = false;
  bool in_brackets_ = false;
  bool in_duration_ = false;   // in brackets, in front of the first number
  bool got_colon_ = false;     // in these brackets
  bool got_duration_ = false;  // in these brackets
  std::vector<Token> tokens_;
};

// Long literals are cut.
std::string Cut(std::string_view text) {
  constexpr std::size_t kShown = 10;
  if (text.size() <= kShown) return GoQuote(text);
  std::size_t size = 0;
  for (std::size_t points = 0; points < kShown && size < text.size(); ++points) {
    size += DecodeUtf8(text.substr(size)).size;
  }
  return GoQuote(text.substr(0, size)) + "...";
}

std::string DescribeKeyword(const Token& token) {
  if (IsAggregator(token.keyword)) return "<aggr:" + token.text + ">";
  if (Contains(kWordOperators, token.keyword)) return "<op:" + token.text + ">";
  if (Contains(kModifiers, token.keyword)) return "<" + token.text + ">";
  return Cut(token.text);
}

}  // namespace

bool IsAggregator(std::string_view lower) { return Contains(kAggregators, lower); }

std::vector<Token> Tokenize(std::string_view text, bool utf8_names) {
  return Lexer(text, utf8_names).Run();
}

std::string Describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
      return "end of input";
    case TokenKind::kNumber:
      return "number " + Cut(token.text);
    case TokenKind::kDuration:
      return "duration " + Cut(token.text);
    case TokenKind::kString:
      return "string " + Cut(token.text);
    case TokenKind::kIdentifier:
      return "identifier " + GoQuote(token.text);
    case TokenKind::kMetricIdentifier:
      return "metric identifier " + GoQuote(token.text);
    case TokenKind::kOperator:
      return token.text == "=" ? "\"=\"" : "<op:" + token.text + ">";
    case TokenKind::kKeyword:
      return DescribeKeyword(token);
    default:
      return GoQuote(token.text);
  }
}

}  // namespace tidegate::promql
