// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "config/scalars.h"

namespace tidegate::config {
namespace {

using Json = nlohmann::ordered_json;

/// Words that YAML 1.1 or 1.2 would take for something else than a string.
bool Ambiguous(const std::string& text) {
  constexpr std::array<std::string_view, 11> kWords{"true", "false", "null", "yes", "no", "on",
                                                    "off",  "y",     "n",    "~",   ""};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
}

bool Plain(const std::string& text) {
  if (Ambiguous(text) || std::isalpha(static_cast<unsigned char>(text[0])) == 0) return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/';
  });
}

std::string Scalar(const Json& value) {
  if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    return Plain(text) ? text : JsonString(text);
  }
  if (value.is_number_float()) return FormatRatio(value.get<double>());
  return value.dump();
}

std::string Key(const std::string& key) { return Plain(key) ? key : JsonString(key); }

void Print(const Json& value, std::size_t indent, std::string& out) {
  const std::string spaces(indent, ' ');
  for (const auto& [key, member] : value.items()) {
    const std::string head = value.is_array() ? "-" : Key(key) + ":";
    if (!member.is_structured() || member.empty()) {
      out += spaces + head + " " + (member.is_structured() ? member.dump() : Scalar(member)) + "\n";
    } else if (value.is_array()) {
      std::string inner;  // the first member goes beside the dash
      Print(member, indent + 2, inner);
      out += spaces + "- " + inner.substr(indent + 2);
    } else {
      out += spaces + head + "\n";
      Print(member, indent + 2, out);
    }
  }
}

}  // namespace

std::string YamlText(std::string_view json) {
  std::string out;
  Print(Json::parse(json), 0, out);
  return out;
}

}  // namespace tidegate::config
