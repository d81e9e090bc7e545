// SPDX-License-Identifier: Apache-2.0
//
// Scalars of a manifest as JSON has them: what kubectl sends to the API server for them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/node.h"

namespace tidegate::manifest {

enum class Syntax { kYaml, kJson };

struct Literal {
  enum class Kind { kNull, kBool, kNumber, kString };

  Kind kind = Kind::kNull;
  std::string text;  ///< of a number as JSON writes it, of a string its characters
};

/// What an unquoted YAML scalar is by YAML 1.1's rules: `yes` is true, `1e3` is 1000, `1_0` is 10.
Literal LiteralOf(const config::Node& node, Syntax syntax);

/// A node as JSON without blanks.
std::string JsonText(const config::Node& node, Syntax syntax);

/// RFC 3339 -> seconds since 1970; absent: it is not one.
std::optional<std::int64_t> ParseTime(std::string_view text);
/// "2026-11-25T17:50:28Z".
std::string FormatTime(std::int64_t seconds);

}  // namespace tidegate::manifest
