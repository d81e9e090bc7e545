// SPDX-License-Identifier: Apache-2.0
#include "manifest/json_text.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "text/utf8.h"

namespace tidegate::manifest {
namespace {

using config::Node;
using config::NodePtr;

constexpr std::size_t kMaxDepth = 500;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  Result<NodePtr> Read() {
    NodePtr root = Value(0);
    if (root != nullptr) Blanks();
    if (root != nullptr && at_ < text_.size()) root = Fail("after top-level value");
    if (root == nullptr) return Error{ErrorCode::kInvalidArgument, error_};
    return root;
  }

 private:
  NodePtr Fail(std::string_view where) {
    if (!error_.empty()) return nullptr;
    if (at_ >= text_.size()) {
      error_ = "unexpected end of JSON input";
    } else {
      const std::size_t length = DecodeUtf8(text_.substr(at_)).size;
      error_ = "invalid character '" + std::string(text_.substr(at_, length)) + "' " +
               std::string(where);
    }
    return nullptr;
  }

  void Advance(std::size_t count) {
    for (; count > 0; --count, ++at_) {
      if (text_[at_] == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      }
    }
  }

  void Blanks() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
      Advance(1);
    }
  }

  bool Take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    Advance(1);
    return true;
  }

  config::Position Here() const { return {line_, static_cast<int>(at_ - line_start_) + 1}; }

  std::shared_ptr<Node> NewNode(Node::Kind kind) const {
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->at = Here();
    return node;
  }

  NodePtr Value(std::size_t depth) {
    Blanks();
    if (at_ >= text_.size()) return Fail("");
    if (depth > kMaxDepth) {
      error_ = "exceeded max depth";
      return nullptr;
    }
    switch (text_[at_]) {
      case '{':
        return Object(depth);
      case '[':
        return Array(depth);
      case '"':
        return String();
      case 't':
        return Word("true");
      case 'f':
        return Word("false");
      case 'n':
        return Word("null");
      default:
        return Number();
    }
  }

  NodePtr Object(std::size_t depth) {
    std::shared_ptr<Node> node = NewNode(Node::Kind::kMap);
    Advance(1);
    Blanks();
    if (Take('}')) return node;
    while (true) {
      Blanks();
      if (at_ >= text_.size() || text_[at_] != '"') {
        return Fail("looking for beginning of object key string");
      }
      config::Member member;
      member.at = Here();
      const NodePtr key = String();
      if (key == nullptr) return nullptr;
      member.key = key->text;
      Blanks();
      if (!Take(':')) return Fail("after object key");
      member.value = Value(depth + 1);
      if (member.value == nullptr) return nullptr;
      node->members.push_back(std::move(member));
      Blanks();
      if (Take('}')) return node;
      if (!Take(',')) return Fail("after object key:value pair");
    }
  }

  NodePtr Array(std::size_t depth) {
    std::shared_ptr<Node> node = NewNode(Node::Kind::kList);
    Advance(1);
    Blanks();
    if (Take(']')) return node;
    while (true) {
      NodePtr item = Value(depth + 1);
      if (item == nullptr) return nullptr;
      node->items.push_back(std::move(item));
      Blanks();
      if (Take(']')) return node;
      if (!Take(',')) return Fail("after array element");
    }
  }

  NodePtr Word(std::string_view word) {
    std::shared_ptr<Node> node = NewNode(word == "null" ? Node::Kind::kNull : Node::Kind::kScalar);
    for (const char c : word) {
      if (!Take(c)) return Fail("in literal " + std::string(word));
    }
    if (word != "null") node->text = word;
    return node;
  }

  bool Digits() {
    const std::size_t start = at_;
    while (at_ < text_.size() && IsDigit(text_[at_])) Advance(1);
    return at_ > start;
  }

  NodePtr Number() {
    std::shared_ptr<Node> node = NewNode(Node::Kind::kScalar);
    const std::size_t start = at_;
    const bool negative = Take('-');
    if (!Take('0') && !Digits()) {
      return Fail(negative ? "in numeric literal" : "looking for beginning of value");
    }
    if (Take('.') && !Digits()) return Fail("after decimal point in numeric literal");
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      if (!Digits()) return Fail("in exponent of numeric literal");
    }
    node->text = text_.substr(start, at_ - start);
    return node;
  }

  NodePtr String() {
    std::shared_ptr<Node> node = NewNode(Node::Kind::kScalar);
    node->quoted = true;
    Advance(1);
    while (at_ < text_.size() && text_[at_] != '"') {
      const auto c = static_cast<std::uint8_t>(text_[at_]);
      if (c < 0x20) return Fail("in string literal");
      if (c == '\\') {
        if (!Escape(node->text)) return nullptr;
        continue;
      }
      const CodePoint point = DecodeUtf8(text_.substr(at_));
      node->text += point.valid ? text_.substr(at_, point.size) : "\xEF\xBF\xBD";
      Advance(point.size);
    }
    if (!Take('"')) return Fail("");
    return node;
  }

  bool Escape(std::string& out) {
    Advance(1);
    if (at_ >= text_.size()) return Fail("") != nullptr;
    const std::size_t simple = std::string_view("\"\\/bfnrt").find(text_[at_]);
    if (simple != std::string_view::npos) {
      out += "\"\\/\b\f\n\r\t"[simple];
      Advance(1);
      return true;
    }
    if (text_[at_] != 'u') return Fail("in string escape code") != nullptr;
    Advance(1);
    const std::optional<std::uint32_t> unit = Hex();
    if (!unit) return Fail("in \\u hexadecimal character escape") != nullptr;
    if (*unit >= 0xD800 && *unit < 0xDC00 && text_.substr(at_, 2) == "\\u") {
      const std::size_t before = at_;
      Advance(2);
      const std::optional<std::uint32_t> low = Hex();
      if (!low) return Fail("in \\u hexadecimal character escape") != nullptr;
      if (*low >= 0xDC00 && *low < 0xE000) {
        AppendUtf8(0x10000 + ((*unit - 0xD800) << 10U) + (*low - 0xDC00), out);
        return true;
      }
      at_ = before;  // not a pair: the second is read on its own
    }
    AppendUtf8(*unit >= 0xD800 && *unit < 0xE000 ? 0xFFFD : *unit, out);
    return true;
  }

  std::optional<std::uint32_t> Hex() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      if (at_ >= text_.size()) return std::nullopt;
      const char c = text_[at_];
      const std::size_t lower = std::string_view("0123456789abcdef").find(c);
      const std::size_t upper = std::string_view("0123456789ABCDEF").find(c);
      if (lower == std::string_view::npos && upper == std::string_view::npos) return std::nullopt;
      value = value * 16 + static_cast<std::uint32_t>(std::min(lower, upper));
      Advance(1);
    }
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::size_t line_start_ = 0;
  std::string error_;
};

}  // namespace

Result<NodePtr> ParseJsonText(std::string_view text) { return JsonReader(text).Read(); }

}  // namespace tidegate::manifest
