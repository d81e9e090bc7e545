// SPDX-License-Identifier: Apache-2.0
//
// One field list per struct: the only place where a key is named.
//
//   void Describe(FieldVisitor& v, ScalingRules& s) {
//     v.Field("selectPolicy", s.select_policy, {.doc = "Which policy wins."});
//   }
//
// Visitors make everything else of it: parsing with unknown-key, type and range errors, the
// dump, the JSON Schema, the reference page, records, Python's keyword arguments. The interface
// is type-erased and standard-library-only, so policies outside the tree can describe their
// options without ever seeing JSON. Defaults live only in the structs.
//
// Thread safety: a visitor is used by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/types.h"

namespace tidegate {

struct FieldInfo {
  std::string_view doc = {};
  /// Inclusive bounds; of a Duration in seconds, of a quantity in its unit.
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::string_view below = {};  ///< said of a value below `min`; empty: a text with the bound
  /// The strings that are allowed; empty: any. Of an enum: its first names, if not all of them may
  /// be written in a file.
  std::span<const std::string_view> choices = {};
  bool required = false;
  std::string_view missing = {};  ///< said where a required member is absent
  bool secret = false;            ///< never dumped: shown as "***"
  bool hidden = false;            ///< kept in records only; people can neither write nor read it
  /// The range of an integer's C++ type; FieldVisitor sets it.
  double type_min = -std::numeric_limits<double>::infinity();
  double type_max = std::numeric_limits<double>::infinity();
};

/// Names of an enum's values, in order; specialized next to each enum's Describe().
template <typename E>
struct EnumNames;  // static constexpr std::array<std::string_view, N> kNames

class TIDEGATE_EXPORT FieldVisitor {
 public:
  virtual ~FieldVisitor();

  /// Names one field. T: bool, integers, double, string, Duration, TimePoint, an enum with
  /// EnumNames, a struct with Describe(), or optional, vector or map<string, …> of those.
  template <typename T>
  void Field(std::string_view key, T& value, const FieldInfo& info = {}) {
    if (!Enter(key, info)) return;
    Visit(value, info);
    Leave();
  }

  /// A MilliValue written as a Kubernetes quantity ("1500m", "2", "1Gi").
  template <typename T>  // MilliValue or optional<MilliValue>
  void Quantity(std::string_view key, T& value, const FieldInfo& info = {}) {
    if (!Enter(key, info)) return;
    if constexpr (std::is_same_v<T, MilliValue>) {
      QuantityValue(value, info);
    } else {
      VisitOptional(value, [&](MilliValue& v) { QuantityValue(v, info); });
    }
    Leave();
  }

  /// A Duration written as whole seconds, as HPA does (`periodSeconds: 15`).
  template <typename T>  // Duration or optional<Duration>
  void Seconds(std::string_view key, T& value, const FieldInfo& info = {}) {
    if (!Enter(key, info)) return;
    if constexpr (std::is_same_v<T, Duration>) {
      SecondsValue(value, info);
    } else {
      VisitOptional(value, [&](Duration& v) { SecondsValue(v, info); });
    }
    Leave();
  }

  /// A double that Kubernetes has as a quantity (`tolerance: 50m`).
  template <typename T>  // double or optional<double>
  void Ratio(std::string_view key, T& value, const FieldInfo& info = {}) {
    if (!Enter(key, info)) return;
    if constexpr (std::is_same_v<T, double>) {
      RatioValue(value, info);
    } else {
      VisitOptional(value, [&](double& v) { RatioValue(v, info); });
    }
    Leave();
  }

  /// A member object that the struct itself does not have: `describe()` names fields in it.
  template <typename F>
  void Nested(std::string_view key, F describe, const FieldInfo& info = {}) {
    if (!Enter(key, info)) return;
    BeginStruct();
    describe();
    EndStruct();
    Leave();
  }

  /// One of several member objects of which the value has just the `active` one.
  template <typename F>
  void Alternative(std::string_view key, bool active, F describe, const FieldInfo& info = {}) {
    if (!EnterAlternative(key, active, info)) return;
    BeginStruct();
    describe();
    EndStruct();
    Leave();
  }

  /// A key that may be there and is not looked at.
  virtual void Ignored(std::string_view /*key*/) {}
  /// A key that others know and that is refused here, and why.
  virtual void Refused(std::string_view /*key*/, std::string_view /*why*/) {}

  /// Values are being set from a text. A struct whose defaults depend on being written down at
  /// all (HPA's behavior) sets them in Describe() when this is true.
  virtual bool reading() const { return false; }

 protected:
  /// Goes to a member; false: there is nothing to do for it.
  virtual bool Enter(std::string_view key, const FieldInfo& info) = 0;
  virtual bool EnterAlternative(std::string_view key, bool active, const FieldInfo& info) {
    return active && Enter(key, info);
  }
  virtual void Leave() = 0;

  virtual void Value(bool& value, const FieldInfo& info) = 0;
  virtual void Value(std::int64_t& value, const FieldInfo& info) = 0;
  virtual void Value(double& value, const FieldInfo& info) = 0;
  virtual void Value(std::string& value, const FieldInfo& info) = 0;
  virtual void Value(Duration& value, const FieldInfo& info) = 0;   ///< "30s", "1h30m"
  virtual void Value(TimePoint& value, const FieldInfo& info) = 0;  ///< RFC 3339 with ns
  virtual void QuantityValue(MilliValue& value, const FieldInfo& info) = 0;
  virtual void SecondsValue(Duration& value, const FieldInfo& info) = 0;
  virtual void RatioValue(double& value, const FieldInfo& info) = 0;
  virtual void EnumValue(std::size_t& index, std::span<const std::string_view> names,
                         const FieldInfo& info) = 0;

  virtual void BeginStruct() = 0;
  virtual void EndStruct() = 0;
  /// `present` is the value's state on entry and what it shall become on return.
  virtual void BeginOptional(bool& present) = 0;
  /// Likewise for the number of elements.
  virtual void BeginList(std::size_t& size) = 0;
  virtual void Element(std::size_t index) = 0;
  virtual void EndList() = 0;
  /// Likewise for the keys.
  virtual void BeginMap(std::vector<std::string>& keys) = 0;
  virtual void Entry(const std::string& key) = 0;
  virtual void EndMap() = 0;

 private:
  template <typename T>
  void Visit(T& value, const FieldInfo& info) {
    if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::int64_t> ||
                  std::is_same_v<T, double> || std::is_same_v<T, std::string> ||
                  std::is_same_v<T, Duration> || std::is_same_v<T, TimePoint>) {
      Value(value, info);
    } else if constexpr (std::is_integral_v<T>) {
      VisitInteger(value, info);
    } else if constexpr (std::is_enum_v<T>) {
      auto index = static_cast<std::size_t>(value);
      EnumValue(index, EnumNames<T>::kNames, info);
      value = static_cast<T>(index);
    } else {
      VisitCompound(value, info);
    }
  }

  template <typename T>
  void VisitInteger(T& value, const FieldInfo& info) {
    FieldInfo bounded = info;
    constexpr auto kLow = static_cast<double>(std::numeric_limits<T>::min());
    constexpr auto kHigh = static_cast<double>(std::numeric_limits<T>::max());
    bounded.type_min = kLow;
    bounded.type_max = kHigh;
    if (bounded.min < kLow) bounded.min = kLow;
    if (bounded.max > kHigh) bounded.max = kHigh;
    auto wide = static_cast<std::int64_t>(value);
    Value(wide, bounded);
    value = static_cast<T>(wide);
  }

  template <typename T>
  void VisitCompound(std::optional<T>& value, const FieldInfo& info) {
    VisitOptional(value, [&](T& v) { Visit(v, info); });
  }

  template <typename T>
  void VisitCompound(std::vector<T>& value, const FieldInfo& info) {
    std::size_t size = value.size();
    BeginList(size);
    if (reading()) value.clear();  // a list replaces the one before it, it is not merged
    value.resize(size);
    for (std::size_t i = 0; i < size; ++i) {
      Element(i);
      Visit(value[i], info);
    }
    EndList();
  }

  template <typename T>
  void VisitCompound(std::map<std::string, T>& value, const FieldInfo& info) {
    std::vector<std::string> keys;
    keys.reserve(value.size());
    for (const auto& [key, unused] : value) keys.push_back(key);
    BeginMap(keys);
    if (reading()) value.clear();
    for (const std::string& key : keys) {
      Entry(key);
      Visit(value[key], info);
    }
    EndMap();
  }

  template <typename T>
  void VisitCompound(T& value, const FieldInfo& /*info*/) {
    BeginStruct();
    Describe(*this, value);
    EndStruct();
  }

  template <typename T, typename F>
  void VisitOptional(std::optional<T>& value, F visit) {
    bool present = value.has_value();
    BeginOptional(present);
    if (!present) {
      value.reset();
      return;
    }
    if (!value) value.emplace();
    visit(*value);
  }
};

}  // namespace tidegate
