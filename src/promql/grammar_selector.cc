// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "promql/grammar.h"
#include "promql/literals.h"
#include "text/utf8.h"

namespace tidegate::promql {
namespace {

constexpr std::string_view kMatching = "label matching";
constexpr std::string_view kGrouping = "grouping opts";

}  // namespace

std::optional<std::string> Grammar::TextOf(const Token& string) {
  Result<std::string> text = Unquote(string.text);
  if (text) return *std::move(text);
  Fail(string.pos, "error unquoting string " + GoQuote(string.text) + ": invalid syntax");
  return std::nullopt;
}

ExprPtr Grammar::Selector() {
  const std::size_t begin = Peek().pos;
  VectorSelector selector;
  if (Peek().kind != TokenKind::kLeftBrace) selector.name = Take().text;
  if (Accept(TokenKind::kLeftBrace) && !Matchers(selector.matchers)) return nullptr;
  if (selector.name) {
    AddMatcher(begin, std::string(kMetricNameLabel), MatchOp::kEqual, *selector.name,
               selector.matchers);
  }
  return Make(begin, ExprType::kVector, 0, std::move(selector));
}

// Behind '{', up to and with '}'.
bool Grammar::Matchers(std::vector<Matcher>& matchers) {
  while (!fail_ && !Accept(TokenKind::kRightBrace)) {
    const Token label = Peek();
    const bool quoted = label.kind == TokenKind::kString;
    if (!quoted && label.kind != TokenKind::kIdentifier) {
      Unexpected(kMatching, "identifier or \"}\"");
      return false;
    }
    Take();
    std::optional<std::string> name = quoted ? TextOf(label) : label.text;
    if (!name) return false;
    const bool alone = Peek().kind == TokenKind::kComma || Peek().kind == TokenKind::kRightBrace;
    if (quoted && alone) {
      AddMatcher(label.pos, std::string(kMetricNameLabel), MatchOp::kEqual, *std::move(name),
                 matchers);
    } else if (!OneMatcher(label, *std::move(name), matchers)) {
      return false;
    }
    if (!fail_ && Peek().kind != TokenKind::kRightBrace && !Accept(TokenKind::kComma)) {
      Unexpected(kMatching, "\",\" or \"}\"");
    }
  }
  return !fail_;
}

// Behind the label.
bool Grammar::OneMatcher(const Token& label, std::string name, std::vector<Matcher>& matchers) {
  static constexpr std::array<std::pair<std::string_view, MatchOp>, 4> kOps = {
      {{"=", MatchOp::kEqual},
       {"!=", MatchOp::kNotEqual},
       {"=~", MatchOp::kMatch},
       {"!~", MatchOp::kNoMatch}}};
  std::optional<MatchOp> op;
  for (const auto& [text, candidate] : kOps) {
    if (!op && AcceptOperator(text)) op = candidate;
  }
  if (!op) {
    const bool quoted = label.kind == TokenKind::kString;
    Unexpected(kMatching, quoted ? "\",\" or \"}\"" : "label matching operator");
    return false;
  }
  const Token value = Peek();
  if (!Accept(TokenKind::kString)) {
    Unexpected(kMatching, "string");
    return false;
  }
  std::optional<std::string> text = TextOf(value);
  return text && AddMatcher(label.pos, std::move(name), *op, *std::move(text), matchers);
}

bool Grammar::AddMatcher(std::size_t pos, std::string label, MatchOp op, std::string value,
                         std::vector<Matcher>& matchers) {
  Result<Matcher> matcher = Matcher::Make(std::move(label), op, std::move(value));
  if (!matcher) {
    Fail(pos, matcher.error().message);
    return false;
  }
  matchers.push_back(*std::move(matcher));
  return true;
}

// (a, b): of by, without, on, ignoring and the like.
bool Grammar::LabelList(std::vector<std::string>& labels) {
  if (!Accept(TokenKind::kLeftParen)) {
    Unexpected(kGrouping, "\"(\"");
    return false;
  }
  while (!Accept(TokenKind::kRightParen)) {
    if (!OneLabel(labels)) return false;
    if (Peek().kind != TokenKind::kRightParen && !Accept(TokenKind::kComma)) {
      Unexpected(kGrouping, "\",\" or \")\"");
      return false;
    }
  }
  return true;
}

bool Grammar::OneLabel(std::vector<std::string>& labels) {
  const Token token = Peek();
  const bool quoted = token.kind == TokenKind::kString;
  const bool word = token.kind == TokenKind::kIdentifier ||
                    token.kind == TokenKind::kMetricIdentifier || token.kind == TokenKind::kKeyword;
  // `without` is the one word that cannot be a label here.
  if ((!quoted && !word) || token.Is("without")) {
    Unexpected(kGrouping, "label");
    return false;
  }
  Take();
  const std::optional<std::string> name = quoted ? TextOf(token) : token.text;
  if (name && (name->empty() || !IsUtf8(*name))) {
    Fail(token.pos, "invalid label name for grouping: " + GoQuote(*name));
  }
  if (fail_) return false;
  labels.push_back(*name);
  return true;
}

}  // namespace tidegate::promql
