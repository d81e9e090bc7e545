// SPDX-License-Identifier: Apache-2.0
#include "manifest/decoder.h"

#include <algorithm>
#include <utility>

#include "hpa/field_errors.h"
#include "hpa/names.h"

namespace tidegate::manifest {
namespace {

using config::Node;

constexpr std::size_t kMaxStrictErrors = 100;

char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// In lower case; the long s and the Kelvin sign are letters of ASCII then.
std::string Folded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\xC5\xBF") {
      out += 's';
      i += 1;
    } else if (text.substr(i, 3) == "\xE2\x84\xAA") {
      out += 'k';
      i += 2;
    } else {
      out += LowerAscii(text[i]);
    }
  }
  return out;
}

std::string_view KindName(Literal::Kind kind) {
  switch (kind) {
    case Literal::Kind::kNull:
      return "null";
    case Literal::Kind::kBool:
      return "bool";
    case Literal::Kind::kNumber:
      return "number";
    case Literal::Kind::kString:
      break;
  }
  return "string";
}

}  // namespace

bool Decoder::SameName(std::string_view key, std::string_view name, bool fold) {
  return fold ? Folded(key) == Folded(name) : key == name;
}

bool Decoder::IsNullLiteral(const Node& node) const {
  return node.kind == Node::Kind::kScalar &&
         LiteralOf(node, options_.syntax).kind == Literal::Kind::kNull;
}

std::optional<Literal> Decoder::Scalar(const Node& node, const std::string& go_type) {
  if (node.kind == Node::Kind::kList || node.kind == Node::Kind::kMap) {
    Mismatch(node, go_type);
    return std::nullopt;
  }
  return LiteralOf(node, options_.syntax);
}

std::string Decoder::MismatchText(const Node& node, const std::string& go_type,
                                  const std::string& value) const {
  std::string what = node.kind == Node::Kind::kMap    ? "object"
                     : node.kind == Node::Kind::kList ? "array"
                                                      : "";
  if (what.empty()) what = KindName(LiteralOf(node, options_.syntax).kind);
  std::string where = "Go value";
  if (!fields_.empty()) {
    where = "Go struct field " + std::string(struct_.substr(struct_.find('.') + 1));
    for (const std::string& field : fields_) where += "." + field;
  }
  return "json: cannot unmarshal " + what + value + " into " + where + " of type " + go_type;
}

void Decoder::Mismatch(const Node& node, const std::string& go_type, const std::string& value) {
  if (!saved_) saved_ = {node.at, MismatchText(node, go_type, value)};
}

void Decoder::Fatal(const Node& node, std::string message) {
  if (!fatal_) fatal_ = {node.at, std::move(message)};
}

void Decoder::Strict(const config::Member& member, std::string_view what) {
  if (strict_.size() >= kMaxStrictErrors) return;
  const std::string path = path_.empty() ? member.key : path_ + "." + member.key;
  const std::string message = std::string(what) + " " + hpa::GoQuote(path);
  const auto same = [&](const DecodeError& error) { return error.message == message; };
  if (std::none_of(strict_.begin(), strict_.end(), same)) strict_.push_back({member.at, message});
}

void Decoder::Value(const Node& node, bool& out, const FieldInfo& info) {
  const std::optional<Literal> literal = Scalar(node, GoType(&out, info));
  if (!literal || literal->kind == Literal::Kind::kNull) return;
  if (literal->kind != Literal::Kind::kBool) return Mismatch(node, GoType(&out, info));
  out = literal->text == "true";
}

void Decoder::Value(const Node& node, std::string& out, const FieldInfo& info) {
  const std::optional<Literal> literal = Scalar(node, GoType(&out, info));
  if (!literal || literal->kind == Literal::Kind::kNull) return;
  if (literal->kind != Literal::Kind::kString) return Mismatch(node, GoType(&out, info));
  out = literal->text;
}

void Decoder::Value(const Node& node, hpa::api::StringMap& out, const FieldInfo& info) {
  if (node.kind == Node::Kind::kNull || IsNullLiteral(node)) return out.clear();
  if (node.kind != Node::Kind::kMap) return Mismatch(node, GoType(&out, info));
  std::set<std::string_view> seen;
  for (const config::Member& member : node.members) {
    if (!seen.insert(member.key).second) Strict(member, "duplicate field");
    std::string value;
    Value(*member.value, value, {});
    out[member.key] = std::move(value);
  }
}

void Decoder::Value(const Node& node, hpa::Quantity& out, const FieldInfo& /*info*/) {
  Result<hpa::Quantity> quantity = hpa::Quantity::FromJson(JsonText(node, options_.syntax));
  if (!quantity) return Fatal(node, quantity.error().message);
  out = *std::move(quantity);
}

void Decoder::Value(const Node& node, hpa::api::Time& out, const FieldInfo& /*info*/) {
  const Literal literal = LiteralOf(node, options_.syntax);
  if (node.kind != Node::Kind::kScalar || literal.kind != Literal::Kind::kString) {
    return Fatal(node, MismatchText(node, "string", ""));
  }
  const std::optional<std::int64_t> seconds = ParseTime(literal.text);
  if (seconds) {
    out.seconds = *seconds;
    return;
  }
  const std::string quoted = hpa::GoQuote(literal.text);
  const bool has_year =
      literal.text.size() > 4 && literal.text.find_first_not_of("0123456789") >= 4;
  Fatal(node, "parsing time " + quoted + " as \"2006-01-02T15:04:05Z07:00\": cannot parse " +
                  (has_year ? "it" : quoted + " as \"2006\""));
}

void Decoder::Value(const Node& node, hpa::api::RawJson& out, const FieldInfo& /*info*/) {
  out.text = JsonText(node, options_.syntax);
}

}  // namespace tidegate::manifest
