// SPDX-License-Identifier: Apache-2.0
//
// Struct of hpa/api.h -> JSON text as the API server writes it: its members, their order, what is
// left out where it is empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "hpa/api_fields.h"
#include "hpa/field_errors.h"
#include "manifest/literal.h"

namespace tidegate::manifest {

enum class Names {
  kJson,      ///< minReplicas; empty members are left out where the API does
  kExported,  ///< MinReplicas, and every member: the internal form that one annotation has
};

class Encoder {
 public:
  explicit Encoder(Names names = Names::kJson) : names_(names) {}

  template <typename T>
  std::string Encode(const T& value) {
    Value(value);
    return std::move(out_);
  }

  /// An object with its `kind` and `apiVersion` in front.
  template <typename T>
  std::string EncodeObject(std::string_view kind, std::string_view api_version, const T& object) {
    out_ = "{\"kind\":" + hpa::GoJsonString(kind) +
           ",\"apiVersion\":" + hpa::GoJsonString(api_version) + ",";
    first_ = true;
    hpa::api::Fields(*this, object);
    out_ += '}';
    return std::move(out_);
  }

  /// Called by the field lists.
  template <typename M>
  void operator()(std::string_view name, const M& member, const hpa::api::FieldInfo& info = {}) {
    if (names_ == Names::kJson && LeftOut(member, info)) return;
    if (!first_) out_ += ',';
    std::string shown(name);
    if (names_ == Names::kExported && shown[0] >= 'a') {
      shown[0] = static_cast<char>(shown[0] - 'a' + 'A');
    }
    out_ += hpa::GoJsonString(shown) + ":";
    Value(member);
    first_ = false;
  }

 private:
  /// An absent pointer always; a list or a time that may be null only where it says so.
  template <typename T>
  static bool LeftOut(const std::optional<T>& member, const hpa::api::FieldInfo& info) {
    if constexpr (hpa::api::kIsList<T>) return info.omit_empty && (!member || member->empty());
    if constexpr (std::is_same_v<T, hpa::api::Time>) return info.omit_empty && !member;
    return !member;
  }
  template <typename T>
  static bool LeftOut(const T& member, const hpa::api::FieldInfo& info) {
    if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, hpa::api::StringMap> ||
                  hpa::api::kIsList<T>) {
      return info.omit_empty && member.empty();
    } else if constexpr (std::is_arithmetic_v<T>) {
      return info.omit_empty && member == T{};
    } else {
      return false;
    }
  }

  template <typename T>
  void Value(const std::optional<T>& value) {
    if (value) {
      Value(*value);
    } else {
      out_ += "null";
    }
  }
  template <typename T>
  void Value(const std::vector<T>& value) {
    out_ += '[';
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out_ += ',';
      Value(value[i]);
    }
    out_ += ']';
  }
  template <typename T>
  void Value(const T& value) {
    const bool outer = first_;
    out_ += '{';
    first_ = true;
    hpa::api::Fields(*this, value);
    out_ += '}';
    first_ = outer;
  }
  void Value(const std::string& value) { out_ += hpa::GoJsonString(value); }
  void Value(bool value) { out_ += value ? "true" : "false"; }
  void Value(std::int32_t value) { out_ += std::to_string(value); }
  void Value(std::int64_t value) { out_ += std::to_string(value); }
  void Value(const hpa::Quantity& value) { out_ += hpa::GoJsonString(value.ToString()); }
  void Value(const hpa::api::Time& value) { out_ += "\"" + FormatTime(value.seconds) + "\""; }
  void Value(const hpa::api::RawJson& value) { out_ += value.text; }
  void Value(const hpa::api::StringMap& value) {
    out_ += '{';
    bool first = true;
    for (const auto& [key, text] : value) {
      if (!first) out_ += ',';
      out_ += hpa::GoJsonString(key) + ":" + hpa::GoJsonString(text);
      first = false;
    }
    out_ += '}';
  }

  Names names_;
  std::string out_;
  bool first_ = true;
};

}  // namespace tidegate::manifest
