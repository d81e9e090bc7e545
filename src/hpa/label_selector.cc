// SPDX-License-Identifier: Apache-2.0
#include "hpa/label_selector.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "hpa/names.h"

namespace tidegate::hpa {

namespace {

using Operator = Selector::Operator;
using Requirement = Selector::Requirement;

Error Invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) text += separator;
    text += part;
  }
  return text;
}

std::optional<std::int64_t> ParseInteger(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// As Go's JSON writes the list of values; nil only where the object form gave none.
std::string ListText(const std::vector<std::string>& values, bool from_object) {
  if (values.empty() && from_object) return "null";
  std::string text = "[";
  for (const std::string& value : values) text += (text.size() > 1 ? "," : "") + GoQuote(value);
  return text + "]";
}

// What is wrong with a requirement, in upstream's words and order.
std::vector<std::string> Problems(const Requirement& requirement, bool from_object,
                                  const Compatibility& release) {
  std::vector<std::string> problems;
  const auto add = [&](const std::string& path, const std::string& value, std::string_view why) {
    problems.push_back(path + ": Invalid value: " + value + ": " + std::string(why));
  };
  if (const auto broken = CheckLabelKey(requirement.key, release); !broken.empty()) {
    add("key", GoQuote(requirement.key), Join(broken, "; "));
  }
  const std::vector<std::string>& values = requirement.values;
  const auto wrong_count = [&](std::string_view why) {
    add("values", ListText(values, from_object), why);
  };
  switch (requirement.op) {
    case Operator::kIn:
    case Operator::kNotIn:
      if (values.empty()) wrong_count("for 'in', 'notin' operators, values set can't be empty");
      break;
    case Operator::kEquals:
    case Operator::kDoubleEquals:
    case Operator::kNotEquals:
      if (values.size() != 1) wrong_count("exact-match compatibility requires one single value");
      break;
    case Operator::kExists:
    case Operator::kDoesNotExist:
      if (!values.empty()) wrong_count("values set must be empty for exists and does not exist");
      break;
    case Operator::kGreaterThan:
    case Operator::kLessThan:
      if (values.size() != 1) {
        wrong_count("for 'Gt', 'Lt' operators, exactly one value is required");
      }
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (ParseInteger(values[i])) continue;
        add("values[" + std::to_string(i) + "]", GoQuote(values[i]),
            "for 'Gt', 'Lt' operators, the value must be an integer");
      }
      break;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto broken = CheckLabelValue(values[i], release);
    if (broken.empty()) continue;
    add("values[" + std::to_string(i) + "][" + requirement.key + "]", GoQuote(values[i]),
        Join(broken, "; "));
  }
  return problems;
}

// Several errors as Go's aggregate writes them: each once, in brackets.
std::optional<Error> Check(const Requirement& requirement, bool from_object,
                           const Compatibility& release) {
  std::vector<std::string> problems = Problems(requirement, from_object, release);
  if (problems.empty()) return std::nullopt;
  std::vector<std::string> distinct;
  for (std::string& problem : problems) {
    if (std::find(distinct.begin(), distinct.end(), problem) == distinct.end()) {
      distinct.push_back(std::move(problem));
    }
  }
  return Invalid(distinct.size() == 1 ? distinct.front() : "[" + Join(distinct, ", ") + "]");
}

void SortByKey(std::vector<Requirement>& requirements) {
  std::stable_sort(requirements.begin(), requirements.end(),
                   [](const Requirement& a, const Requirement& b) { return a.key < b.key; });
}

// --- the text form ---

enum class TokenType {
  kError,
  kEnd,
  kClose,
  kComma,
  kNot,
  kOperator,
  kIdentifier,
  kIn,
  kNotIn,
  kOpen
};

struct Token {
  TokenType type = TokenType::kEnd;
  std::string text;
};

constexpr std::array<std::pair<std::string_view, Operator>, 5> kSymbols = {{
    {"=", Operator::kEquals},
    {"==", Operator::kDoubleEquals},
    {"!=", Operator::kNotEquals},
    {">", Operator::kGreaterThan},
    {"<", Operator::kLessThan},
}};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool IsSpecial(char c) { return std::string_view("=!(),><").find(c) != std::string_view::npos; }

std::optional<TokenType> SymbolType(std::string_view text) {
  if (text == ")") return TokenType::kClose;
  if (text == "(") return TokenType::kOpen;
  if (text == ",") return TokenType::kComma;
  if (text == "!") return TokenType::kNot;
  for (const auto& [symbol, op] : kSymbols) {
    if (symbol == text) return TokenType::kOperator;
  }
  return std::nullopt;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> Scan() {
    std::vector<Token> tokens;
    do {
      tokens.push_back(Next());
    } while (tokens.back().type != TokenType::kEnd);
    return tokens;
  }

 private:
  Token Next() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    if (at_ >= text_.size() || text_[at_] == '\0') return {};
    return IsSpecial(text_[at_]) ? Symbol() : Word();
  }

  // The longest run of special characters that is a symbol; it ends where one more is none.
  Token Symbol() {
    const std::size_t begin = at_;
    std::optional<Token> longest;
    while (at_ < text_.size() && IsSpecial(text_[at_])) {
      const std::string_view run = text_.substr(begin, at_ + 1 - begin);
      const std::optional<TokenType> type = SymbolType(run);
      if (type) {
        longest = Token{*type, std::string(run)};
      } else if (longest) {
        break;
      }
      ++at_;
    }
    if (longest) return *std::move(longest);
    return {TokenType::kError, "error expected: keyword found '" +
                                   std::string(text_.substr(begin, at_ - begin)) + "'"};
  }

  Token Word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != '\0' && !IsSpecial(text_[at_]) &&
           !IsSpace(text_[at_])) {
      ++at_;
    }
    std::string word(text_.substr(begin, at_ - begin));
    if (at_ < text_.size() && text_[at_] == '\0') ++at_;
    const TokenType type = word == "in"      ? TokenType::kIn
                           : word == "notin" ? TokenType::kNotIn
                                             : TokenType::kIdentifier;
    return {type, std::move(word)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

class Parser {
 public:
  Parser(std::string_view text, const Compatibility& release)
      : tokens_(Lexer(text).Scan()), release_(release) {}

  Result<std::vector<Requirement>> Parse() {
    std::vector<Requirement> requirements;
    while (true) {
      const Token& token = Value();
      if (token.type == TokenType::kEnd) return requirements;
      if (!StartsRequirement(token)) {
        return Invalid("found '" + token.text + "', expected: !, identifier, or 'end of string'");
      }
      Result<Requirement> requirement = ParseRequirement();
      if (!requirement) {
        return Invalid("unable to parse requirement: " + requirement.error().message);
      }
      requirements.push_back(*std::move(requirement));
      const Token& next = Take();
      if (next.type == TokenType::kEnd) return requirements;
      if (next.type != TokenType::kComma) {
        return Invalid("found '" + next.text + "', expected: ',' or 'end of string'");
      }
      if (!StartsRequirement(Value())) {
        return Invalid("found '" + Value().text + "', expected: identifier after ','");
      }
    }
  }

 private:
  // "in" and "notin" are words like any other where a key or a value stands.
  static bool IsIdentifier(const Token& token) {
    return token.type == TokenType::kIdentifier || token.type == TokenType::kIn ||
           token.type == TokenType::kNotIn;
  }
  static bool StartsRequirement(const Token& token) {
    return IsIdentifier(token) || token.type == TokenType::kNot;
  }

  const Token& Value() const { return tokens_[at_]; }
  const Token& Take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }

  Result<Requirement> ParseRequirement() {
    Requirement requirement;
    const Token* key = &Take();
    const bool negated = key->type == TokenType::kNot;
    if (negated) key = &Take();
    if (!IsIdentifier(*key)) return Invalid("found '" + key->text + "', expected: identifier");
    if (const auto broken = CheckLabelKey(key->text, release_); !broken.empty()) {
      return Invalid("<nil>: Invalid value: " + GoQuote(key->text) + ": " + Join(broken, "; "));
    }
    requirement.key = key->text;
    const bool alone = Value().type == TokenType::kEnd || Value().type == TokenType::kComma;
    if (negated || alone) {
      requirement.op = negated ? Operator::kDoesNotExist : Operator::kExists;
    } else if (Status parsed = ParseOperatorAndValues(requirement); !parsed) {
      return parsed.error();
    }
    if (auto error = Check(requirement, false, release_)) return *error;
    return requirement;
  }

  Status ParseOperatorAndValues(Requirement& requirement) {
    const Token& token = Take();
    std::set<std::string> values;
    Status parsed;
    if (token.type == TokenType::kIn || token.type == TokenType::kNotIn) {
      requirement.op = token.type == TokenType::kIn ? Operator::kIn : Operator::kNotIn;
      parsed = ParseValues(values);
    } else if (token.type == TokenType::kOperator) {
      for (const auto& [symbol, op] : kSymbols) {
        if (symbol == token.text) requirement.op = op;
      }
      parsed = ParseExactValue(values);
    } else {
      return Invalid("found '" + token.text + "', expected: in, notin, =, ==, !=, gt, lt");
    }
    requirement.values.assign(values.begin(), values.end());
    return parsed;
  }

  Status ParseValues(std::set<std::string>& values) {
    const Token& open = Take();
    if (open.type != TokenType::kOpen) return Invalid("found '" + open.text + "' expected: '('");
    if (Value().type == TokenType::kClose) {
      Take();
      values.insert("");
      return {};
    }
    if (!IsIdentifier(Value()) && Value().type != TokenType::kComma) {
      return Invalid("found '" + Value().text + "', expected: ',', ')' or identifier");
    }
    return ParseList(values);
  }

  // Up to and with the closing parenthesis. Nothing between commas is the empty value.
  Status ParseList(std::set<std::string>& values) {
    while (true) {
      const Token& token = Take();
      if (IsIdentifier(token)) {
        values.insert(token.text);
        if (Value().type == TokenType::kClose) break;
        if (Value().type == TokenType::kComma) continue;
        return Invalid("found '" + Value().text + "', expected: ',' or ')'");
      }
      if (token.type != TokenType::kComma) {
        return Invalid("found '" + token.text + "', expected: ',', or identifier");
      }
      if (values.empty()) values.insert("");
      if (Value().type == TokenType::kComma || Value().type == TokenType::kClose) {
        values.insert("");
      }
      if (Value().type == TokenType::kClose) break;
    }
    Take();
    return {};
  }

  Status ParseExactValue(std::set<std::string>& values) {
    if (Value().type == TokenType::kEnd || Value().type == TokenType::kComma) {
      values.insert("");
      return {};
    }
    const Token& token = Take();
    if (!IsIdentifier(token)) {
      return Invalid("found '" + token.text + "', expected: identifier");
    }
    values.insert(token.text);
    return {};
  }

  std::vector<Token> tokens_;
  const Compatibility& release_;
  std::size_t at_ = 0;
};

std::optional<Operator> OperatorOf(std::string_view name) {
  if (name == "In") return Operator::kIn;
  if (name == "NotIn") return Operator::kNotIn;
  if (name == "Exists") return Operator::kExists;
  if (name == "DoesNotExist") return Operator::kDoesNotExist;
  return std::nullopt;
}

}  // namespace

bool Selector::Requirement::Matches(const Labels& labels) const {
  const auto found = labels.find(key);
  const bool exists = found != labels.end();
  const auto has_value = [&] {
    return std::find(values.begin(), values.end(), found->second) != values.end();
  };
  switch (op) {
    case Operator::kIn:
    case Operator::kEquals:
    case Operator::kDoubleEquals:
      return exists && has_value();
    case Operator::kNotIn:
    case Operator::kNotEquals:
      return !exists || !has_value();
    case Operator::kExists:
      return exists;
    case Operator::kDoesNotExist:
      return !exists;
    case Operator::kGreaterThan:
    case Operator::kLessThan:
      break;
  }
  if (!exists) return false;
  const auto value = ParseInteger(found->second);
  const auto bound = ParseInteger(values.front());
  if (!value || !bound) return false;
  return op == Operator::kGreaterThan ? *value > *bound : *value < *bound;
}

Result<Selector> Selector::Parse(std::string_view text, const Compatibility& release) {
  Result<std::vector<Requirement>> requirements = Parser(text, release).Parse();
  if (!requirements) return requirements.error();
  Selector selector;
  selector.requirements_ = *std::move(requirements);
  SortByKey(selector.requirements_);
  return selector;
}

Result<Selector> Selector::From(const LabelSelector& object, const Compatibility& release) {
  Selector selector;
  for (const auto& [key, value] : object.match_labels) {
    selector.requirements_.push_back({.key = key, .op = Operator::kEquals, .values = {value}});
    if (auto error = Check(selector.requirements_.back(), true, release)) return *error;
  }
  for (const LabelSelectorRequirement& expression : object.match_expressions) {
    const std::optional<Operator> op = OperatorOf(expression.op);
    if (!op) return Invalid(GoQuote(expression.op) + " is not a valid label selector operator");
    Requirement requirement{.key = expression.key, .op = *op, .values = expression.values};
    if (auto error = Check(requirement, true, release)) return *error;
    selector.requirements_.push_back(std::move(requirement));
  }
  SortByKey(selector.requirements_);
  return selector;
}

bool Selector::Matches(const Labels& labels) const {
  return std::all_of(requirements_.begin(), requirements_.end(),
                     [&](const Requirement& requirement) { return requirement.Matches(labels); });
}

std::string Selector::ToString() const {
  std::string text;
  for (const Requirement& requirement : requirements_) {
    if (!text.empty()) text += ",";
    std::vector<std::string> sorted = requirement.values;
    std::sort(sorted.begin(), sorted.end());
    const std::string values = Join(sorted, ",");
    switch (requirement.op) {
      case Operator::kIn:
        text += requirement.key + " in (" + values + ")";
        break;
      case Operator::kNotIn:
        text += requirement.key + " notin (" + values + ")";
        break;
      case Operator::kExists:
        text += requirement.key;
        break;
      case Operator::kDoesNotExist:
        text += "!" + requirement.key;
        break;
      default:
        text += requirement.key;
        for (const auto& [symbol, op] : kSymbols) {
          if (op == requirement.op) text += symbol;
        }
        text += values;
    }
  }
  return text;
}

std::string DebugText(const std::optional<LabelSelector>& selector) {
  if (!selector) return "nil";
  std::string text = "&LabelSelector{MatchLabels:map[string]string{";
  for (const auto& [name, value] : selector->match_labels) text += name + ": " + value + ",";
  text += "},MatchExpressions:[]LabelSelectorRequirement{";
  for (const LabelSelectorRequirement& expression : selector->match_expressions) {
    text += "LabelSelectorRequirement{Key:" + expression.key + ",Operator:" + expression.op +
            ",Values:[" + Join(expression.values, " ") + "],},";
  }
  return text + "},}";
}

}  // namespace tidegate::hpa
