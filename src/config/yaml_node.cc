// SPDX-License-Identifier: Apache-2.0
//
// yaml-cpp's events -> Node. The event interface rather than YAML::Node, because that has no
// positions of keys, keeps silent about duplicate keys and expands aliases without a limit.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <istream>
#include <map>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "config/node.h"
#include "text/utf8.h"

namespace tidegate::config {
namespace {

Position At(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {mark.line + 1, mark.column + 1};
}

/// Leaves yaml-cpp's parser; never leaves this file.
struct LimitReached {
  SyntaxProblem problem;
};

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const Limits& limits, std::vector<SyntaxProblem>& problems)
      : limits_(limits), problems_(problems) {}

  NodePtr Take() { return std::exchange(root_, nullptr); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // At a stray bracket yaml-cpp begins one empty document after the other, for ever.
    if (documents_ > 0 && mark.pos == last_start_) {
      throw LimitReached{{At(mark), "not valid YAML: something that does not belong here"}};
    }
    if (++documents_ > limits_.documents) {
      throw LimitReached{
          {At(mark), "more than " + std::to_string(limits_.documents) + " documents"}};
    }
    last_start_ = mark.pos;
    root_.reset();
    stack_.clear();
    anchors_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto node = std::make_shared<Node>();
    // What is not there is best shown by its key; the mark is where the parser noticed.
    const bool is_value = !stack_.empty() && stack_.back().has_key;
    node->at = is_value ? stack_.back().pending.at : At(mark);
    Add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw LimitReached{{At(mark), "an alias must not be inside of what it stands for"}};
    }
    Attach(found->second, At(mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::kScalar;
    node->at = At(mark);
    node->quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    node->text = value;
    Add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(Node::Kind::kList, mark, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(Node::Kind::kMap, mark, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    std::shared_ptr<Node> node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    bool has_key = false;
    bool drop_value = false;
    Member pending;
    std::map<std::string, int> keys;  ///< and the lines they are in
  };

  void Open(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (stack_.size() >= limits_.depth) TooDeep(At(mark));
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->at = At(mark);
    stack_.push_back({std::move(node), anchor, false, false, {}, {}});
  }

  void Close() {
    Frame top = std::move(stack_.back());
    stack_.pop_back();
    Add(std::move(top.node), top.anchor);
  }

  void Add(std::shared_ptr<Node> node, YAML::anchor_t anchor) {
    const Position at = node->at;
    NodePtr done = std::move(node);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = done;
    Attach(done, at);
  }

  void Attach(const NodePtr& node, Position at) {
    if (stack_.size() + node->height > limits_.depth + 1) TooDeep(at);
    if (stack_.empty()) {
      root_ = node;
      return;
    }
    Frame& top = stack_.back();
    top.node->size += node->size;
    top.node->height = std::max(top.node->height, node->height + 1);
    if (top.node->size > limits_.nodes) {
      throw LimitReached{{at, "more than " + std::to_string(limits_.nodes) +
                                  " values (aliases count as what they stand for)"}};
    }
    if (top.node->kind == Node::Kind::kList) {
      top.node->items.push_back(node);
    } else {
      AttachToMap(top, node, at);
    }
  }

  void AttachToMap(Frame& top, const NodePtr& node, Position at) {
    if (!top.has_key) {
      top.has_key = true;
      top.drop_value = node->kind != Node::Kind::kScalar;
      if (top.drop_value) {
        problems_.push_back({at, "a key must be a string"});
        return;
      }
      const auto [known, is_new] = top.keys.emplace(node->text, at.line);
      if (!is_new) {
        problems_.push_back({at, "duplicate key \"" + node->text + "\"; it is already in line " +
                                     std::to_string(known->second)});
        top.drop_value = true;
        return;
      }
      top.pending = {node->text, at, nullptr};
      return;
    }
    top.has_key = false;
    if (top.drop_value) return;
    top.pending.value = node;
    top.node->members.push_back(std::move(top.pending));
  }

  [[noreturn]] void TooDeep(Position at) const {
    throw LimitReached{{at, "nested more than " + std::to_string(limits_.depth) + " levels deep"}};
  }

  const Limits& limits_;
  std::vector<SyntaxProblem>& problems_;
  std::size_t documents_ = 0;
  int last_start_ = 0;
  NodePtr root_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, NodePtr> anchors_;
};

/// What to look for where yaml-cpp's words alone help nobody; "": they will do.
std::string_view HintFor(std::string_view words) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kHints = {{
      {"illegal map value",
       ": this line or the one before lacks its \"KEY: \", or its indentation"},
      {"end of map not found", ": indent this line as its neighbours are"},
      {"end of map flow not found", ": a \"{\" is not closed, or a comma or quotes are missing"},
      {"end of sequence flow not found",
       ": a \"[\" is not closed, or a comma or quotes are missing"},
      {"unknown token", ": a text that begins with this needs quotes"},
  }};
  for (const auto& [about, hint] : kHints) {
    if (about == words) return hint;
  }
  return "";
}

/// yaml-cpp's words, but for tabs, about which it has the most misleading ones.
SyntaxProblem Explain(const YAML::Exception& error, std::string_view text) {
  const Position at = At(error.mark);
  for (int line = 1; line < at.line && !text.empty(); ++line) {
    text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
  }
  const std::size_t first = text.find_first_not_of(' ');
  if (at.line > 0 && first != std::string_view::npos && text[first] == '\t') {
    return {{at.line, static_cast<int>(first) + 1},
            "not valid YAML: a tab in the indentation; use spaces"};
  }
  return {at, "not valid YAML: " + error.msg + std::string(HintFor(error.msg))};
}

// yaml-cpp takes any bytes; what comes of them is no text for JSON or for people.
std::optional<SyntaxProblem> NotText(std::string_view text) {
  Position at{1, 1};
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    if (!point.valid) return SyntaxProblem{at, "not UTF-8; save the file as UTF-8"};
    if (point.value == 0) return SyntaxProblem{at, "a NUL byte; not a text file"};
    at = point.value == '\n' ? Position{at.line + 1, 1} : Position{at.line, at.column + 1};
    text.remove_prefix(point.size);
  }
  return std::nullopt;
}

}  // namespace

ParsedText ParseYaml(std::string_view text, const Limits& limits) {
  ParsedText out;
  if (text.size() > limits.bytes) {
    out.problems.push_back({{},
                            "the file is too large: " + std::to_string(text.size()) +
                                " bytes, at most " + std::to_string(limits.bytes)});
    return out;
  }
  if (const auto problem = NotText(text)) {
    out.problems.push_back(*problem);
    return out;
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(limits, out.problems);
    while (parser.HandleNextDocument(builder)) {
      NodePtr root = builder.Take();
      if (root) out.documents.push_back(std::move(root));
    }
  } catch (const LimitReached& e) {
    out.problems.push_back(e.problem);
  } catch (const YAML::Exception& e) {
    out.problems.push_back(Explain(e, text));
  } catch (const std::exception& e) {
    out.problems.push_back({{}, std::string("not valid YAML: ") + e.what()});
  }
  return out;
}

}  // namespace tidegate::config
