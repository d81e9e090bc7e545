// SPDX-License-Identifier: Apache-2.0
//
// A parsed text as a tree that remembers where everything was written.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/result.h"

namespace tidegate::config {

/// From 1; line 0: not known.
struct Position {
  int line = 0;
  int column = 0;
};

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Member {
  std::string key;
  Position at;  ///< of the key
  NodePtr value;
};

struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  Position at;
  bool quoted = false;  ///< a scalar that can only be a string
  std::string text;     ///< of a scalar
  std::vector<NodePtr> items;
  std::vector<Member> members;  ///< in the order of the text; keys are unique
  std::size_t size = 1;         ///< nodes below and including this one, aliases expanded
  std::size_t height = 1;

  const Node* Find(std::string_view key) const;
};

/// What keeps a hostile text small. Aliases count as what they stand for.
struct Limits {
  std::size_t bytes = 1u << 20;
  std::size_t nodes = 100'000;  ///< of a document
  std::size_t documents = 1000;
  std::size_t depth = 64;
};

struct SyntaxProblem {
  Position at;
  std::string message;
};

struct ParsedText {
  std::vector<NodePtr> documents;
  std::vector<SyntaxProblem> problems;
};

/// All documents of a YAML (or JSON) text. Never throws.
ParsedText ParseYaml(std::string_view text, const Limits& limits = {});

/// One JSON value; numbers keep their digits. kInvalidArgument tells the byte.
Result<NodePtr> ParseJson(std::string_view text, std::size_t max_depth = 64);

}  // namespace tidegate::config
