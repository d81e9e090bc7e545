// SPDX-License-Identifier: Apache-2.0
//
// Node -> struct of hpa/api.h, by its field list, with the rules of Go's decoder: which values a
// member takes, what null and a repeated member do, and which error is reported of several.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/node.h"
#include "hpa/api_fields.h"
#include "manifest/literal.h"

namespace tidegate::manifest {

struct DecodeError {
  config::Position at;
  std::string message;
};

struct DecodeOptions {
  Syntax syntax = Syntax::kYaml;
  std::string_view package = "v2";  ///< of the version's types in error messages
  bool ignore_case = false;         ///< of members, as encoding/json does
};

class Decoder {
 public:
  explicit Decoder(const DecodeOptions& options) : options_(options) {}

  template <typename T>
  void Decode(const config::Node& node, T& out) {
    Value(node, out, {});
  }

  /// The error that Go reports: the first that ends the decoding, else the first of all.
  std::optional<DecodeError> error() const { return fatal_ ? fatal_ : saved_; }

  /// Members that are unknown or repeated, which only a strict decoder refuses.
  const std::vector<DecodeError>& strict_errors() const { return strict_; }

 private:
  using Node = config::Node;
  using FieldInfo = hpa::api::FieldInfo;

  /// Offers a member of a document to each field of a struct.
  struct Matcher {
    Decoder& decoder;
    const config::Member& member;
    bool fold = false;
    int index = 0;
    int matched = -1;

    template <typename M>
    void operator()(std::string_view name, M& field, const FieldInfo& info = {}) {
      const int here = index++;
      if (matched >= 0 || !SameName(member.key, name, fold)) return;
      matched = here;
      decoder.Field(member, name, field, info);
    }
  };

  /// Equal, or equal but for ASCII case and the two letters that fold into it.
  static bool SameName(std::string_view key, std::string_view name, bool fold);

  template <typename T>
  std::string GoType(const T* /*type*/, const FieldInfo& info) const {
    if constexpr (std::is_same_v<T, std::string>) {
      return info.go_type.empty() ? "string" : Qualified(info.go_type);
    } else if constexpr (std::is_same_v<T, bool>) {
      return "bool";
    } else if constexpr (std::is_same_v<T, std::int32_t>) {
      return "int32";
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      return "int64";
    } else if constexpr (std::is_same_v<T, hpa::api::StringMap>) {
      return "map[string]string";
    } else if constexpr (hpa::api::kIsList<T>) {
      return "[]" + GoType(static_cast<const typename T::value_type*>(nullptr), info);
    } else {
      return Qualified(hpa::api::GoName(static_cast<const T*>(nullptr)));
    }
  }

  std::string Qualified(std::string_view name) const {
    if (name.find('.') != std::string_view::npos) return std::string(name);
    return std::string(options_.package) + "." + std::string(name);
  }

  template <typename T>
  void Field(const config::Member& member, std::string_view name, T& field, const FieldInfo& info) {
    const std::size_t size = path_.size();
    if (!path_.empty()) path_ += '.';
    path_ += name;
    fields_.emplace_back(name);
    Value(*member.value, field, info);
    fields_.pop_back();
    path_.resize(size);
  }

  template <typename T>
  void Value(const Node& node, std::optional<T>& out, const FieldInfo& info) {
    if (node.kind == Node::Kind::kNull || IsNullLiteral(node)) {
      out.reset();
      return;
    }
    if (!out) out.emplace();
    Value(node, *out, info);
    if constexpr (std::is_same_v<T, hpa::api::Time>) {
      if (out->seconds == kZeroTime) out.reset();
    }
  }

  template <typename T>
  void Value(const Node& node, std::vector<T>& out, const FieldInfo& info) {
    if (node.kind == Node::Kind::kNull || IsNullLiteral(node)) return out.clear();
    if (node.kind != Node::Kind::kList) return Mismatch(node, GoType(&out, info));
    const std::size_t size = path_.size();
    for (std::size_t i = 0; i < node.items.size() && !fatal_; ++i) {
      if (i >= out.size()) out.emplace_back();  // one that is there is read into, as Go does
      path_ += "[" + std::to_string(i) + "]";
      Value(*node.items[i], out[i], info);
      path_.resize(size);
    }
    out.resize(node.items.size());
  }

  template <typename T>
  void Value(const Node& node, T& out, const FieldInfo& /*info*/) {
    if (node.kind == Node::Kind::kNull || IsNullLiteral(node)) return;
    if (node.kind != Node::Kind::kMap) return Mismatch(node, GoType(&out, {}));
    const std::string_view outer = struct_;
    struct_ = hpa::api::GoName(static_cast<const T*>(nullptr));
    std::set<int> seen;
    for (const config::Member& member : node.members) {
      if (fatal_) break;
      const int index = Offer(member, out);
      if (index < 0) {
        Strict(member, "unknown field");
      } else if (!seen.insert(index).second) {
        Strict(member, "duplicate field");
      }
    }
    struct_ = outer;
  }

  template <typename T>
  int Offer(const config::Member& member, T& out) {
    if constexpr (std::is_same_v<T, hpa::api::HorizontalPodAutoscaler> ||
                  std::is_same_v<T, hpa::api::v1::HorizontalPodAutoscaler> ||
                  std::is_same_v<T, hpa::api::v2beta1::HorizontalPodAutoscaler>) {
      if (member.key == "kind") return kKindIndex;
      if (member.key == "apiVersion") return kVersionIndex;
    }
    Matcher exact{*this, member};
    hpa::api::Fields(exact, out);
    if (exact.matched >= 0 || !options_.ignore_case) return exact.matched;
    Matcher folded{*this, member, true};
    hpa::api::Fields(folded, out);
    return folded.matched;
  }

  template <typename T>
  void Integer(const Node& node, T& out) {
    const std::optional<Literal> literal = Scalar(node, GoType(&out, {}));
    if (!literal || literal->kind == Literal::Kind::kNull) return;
    std::int64_t value = 0;
    const char* end = literal->text.data() + literal->text.size();
    const auto [stop, status] = std::from_chars(literal->text.data(), end, value);
    const bool number = literal->kind == Literal::Kind::kNumber;
    const bool fits = number && stop == end && status == std::errc() &&
                      value >= std::numeric_limits<T>::min() &&
                      value <= std::numeric_limits<T>::max();
    if (!fits) return Mismatch(node, GoType(&out, {}), number ? " " + literal->text : "");
    out = static_cast<T>(value);
  }

  void Value(const Node& node, std::int32_t& out, const FieldInfo& /*info*/) { Integer(node, out); }
  void Value(const Node& node, std::int64_t& out, const FieldInfo& /*info*/) { Integer(node, out); }
  void Value(const Node& node, bool& out, const FieldInfo& info);
  void Value(const Node& node, std::string& out, const FieldInfo& info);
  void Value(const Node& node, hpa::api::StringMap& out, const FieldInfo& info);
  void Value(const Node& node, hpa::Quantity& out, const FieldInfo& info);
  void Value(const Node& node, hpa::api::Time& out, const FieldInfo& info);
  void Value(const Node& node, hpa::api::RawJson& out, const FieldInfo& info);

  bool IsNullLiteral(const Node& node) const;
  /// Absent, after a report: it is a list or a map.
  std::optional<Literal> Scalar(const Node& node, const std::string& go_type);
  std::string MismatchText(const Node& node, const std::string& go_type,
                           const std::string& value) const;
  void Mismatch(const Node& node, const std::string& go_type, const std::string& value = "");
  void Fatal(const Node& node, std::string message);
  void Strict(const config::Member& member, std::string_view what);

  static constexpr int kKindIndex = 1000;
  static constexpr int kVersionIndex = 1001;
  static constexpr std::int64_t kZeroTime = -62'135'596'800;  // 0001-01-01, Go's zero time

  DecodeOptions options_;
  std::optional<DecodeError> fatal_;
  std::optional<DecodeError> saved_;
  std::vector<DecodeError> strict_;
  std::string path_;                 // of what strict errors are about
  std::vector<std::string> fields_;  // as error messages have it: without indices
  std::string_view struct_;          // the innermost struct
};

}  // namespace tidegate::manifest
