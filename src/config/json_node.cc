// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "config/node.h"

namespace tidegate::config {

const Node* Node::Find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return member.value.get();
  }
  return nullptr;
}

namespace {

/// nlohmann's SAX events -> Node.
class JsonBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit JsonBuilder(std::size_t max_depth) : max_depth_(max_depth) {}

  NodePtr Take() { return std::move(root_); }
  const std::string& error() const { return error_; }

  bool null() override { return Add(std::make_shared<Node>()); }
  bool boolean(bool value) override { return Scalar(value ? "true" : "false", false); }
  bool number_integer(number_integer_t value) override {
    return Scalar(std::to_string(value), false);
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Scalar(std::to_string(value), false);
  }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    return Scalar(text, false);
  }
  bool string(string_t& value) override { return Scalar(std::move(value), true); }
  bool binary(binary_t& /*value*/) override { return Fail("a binary value"); }

  bool start_object(std::size_t /*size*/) override { return Open(Node::Kind::kMap); }
  bool key(string_t& value) override {
    if (!keys_.back().insert(value).second) return Fail("duplicate key \"" + value + "\"");
    stack_.back()->members.push_back({std::move(value), {}, nullptr});
    return true;
  }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t /*size*/) override { return Open(Node::Kind::kList); }
  bool end_array() override { return Close(); }

  bool parse_error(std::size_t position, const std::string& /*last_token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return Fail("not valid JSON at byte " + std::to_string(position));
  }

 private:
  bool Fail(std::string message) {
    if (error_.empty()) error_ = std::move(message);
    return false;
  }

  bool Scalar(std::string text, bool quoted) {
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::kScalar;
    node->quoted = quoted;
    node->text = std::move(text);
    return Add(std::move(node));
  }

  bool Open(Node::Kind kind) {
    if (stack_.size() >= max_depth_) {
      return Fail("nested more than " + std::to_string(max_depth_) + " levels deep");
    }
    auto node = std::make_shared<Node>();
    node->kind = kind;
    stack_.push_back(std::move(node));
    keys_.emplace_back();
    return true;
  }

  bool Close() {
    std::shared_ptr<Node> node = std::move(stack_.back());
    stack_.pop_back();
    keys_.pop_back();
    return Add(std::move(node));
  }

  bool Add(std::shared_ptr<Node> node) {
    if (stack_.empty()) {
      root_ = std::move(node);
    } else if (stack_.back()->kind == Node::Kind::kList) {
      stack_.back()->items.push_back(std::move(node));
    } else {
      stack_.back()->members.back().value = std::move(node);
    }
    return true;
  }

  std::size_t max_depth_;
  NodePtr root_;
  std::vector<std::shared_ptr<Node>> stack_;
  std::vector<std::set<std::string>> keys_;
  std::string error_;
};

}  // namespace

Result<NodePtr> ParseJson(std::string_view text, std::size_t max_depth) {
  JsonBuilder builder(max_depth);
  bool parsed = false;
  try {
    parsed = nlohmann::json::sax_parse(text, &builder);
  } catch (const std::exception& e) {
    return Error{ErrorCode::kInvalidArgument, std::string("not valid JSON: ") + e.what()};
  }
  if (!parsed) {
    return Error{ErrorCode::kInvalidArgument,
                 builder.error().empty() ? std::string("not valid JSON") : builder.error()};
  }
  return builder.Take();
}

}  // namespace tidegate::config
