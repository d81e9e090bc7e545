// SPDX-License-Identifier: Apache-2.0
//
// Convert<T>: how a C++ value is read from and shown to Python.
//
//   From(object, path)  what the caller passed; complains with the path
//   To(value)           what attributes give: immutable, so that nothing is changed by accident
//   Plain(value)        what to_dict() gives: dicts, lists, text, numbers
//   Accepts(), Gives()  the same as type annotations, for the stub
#pragma once

#include <pybind11/pybind11.h>

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "enums.h"
#include "errors.h"
#include "path.h"
#include "scalars.h"
#include "tidegate/observation.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate::python {

template <typename T>
struct Convert;

template <>
struct Convert<bool> {
  static bool From(py::handle value, const Path& path) { return ReadBool(value, path); }
  static py::object To(bool value) { return py::bool_(value); }
  static py::object Plain(bool value) { return To(value); }
  static std::string Accepts() { return "bool"; }
  static std::string Gives() { return "bool"; }
};

/// Every std::int64_t of the public values is a MilliValue; counts have other widths.
template <>
struct Convert<MilliValue> {
  static MilliValue From(py::handle value, const Path& path) { return ReadQuantity(value, path); }
  static py::object To(MilliValue value) { return WriteQuantity(value); }
  static py::object Plain(MilliValue value) { return To(value); }
  static std::string Accepts() { return "Quantity"; }
  static std::string Gives() { return "float"; }
};

template <std::integral T>
struct Convert<T> {
  static T From(py::handle value, const Path& path) {
    constexpr auto kHigh = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<T>(ReadInteger(value, path,
                                      static_cast<std::int64_t>(std::numeric_limits<T>::min()),
                                      static_cast<std::int64_t>(kHigh < kMost ? kHigh : kMost)));
  }
  static py::object To(T value) { return py::int_(value); }
  static py::object Plain(T value) { return To(value); }
  static std::string Accepts() { return "int"; }
  static std::string Gives() { return "int"; }
};

template <>
struct Convert<double> {
  static double From(py::handle value, const Path& path) { return ReadDouble(value, path); }
  static py::object To(double value) { return py::float_(value); }
  static py::object Plain(double value) { return To(value); }
  static std::string Accepts() { return "float"; }
  static std::string Gives() { return "float"; }
};

template <>
struct Convert<std::string> {
  static std::string From(py::handle value, const Path& path) { return ReadString(value, path); }
  static py::object To(const std::string& value) { return py::str(value); }
  static py::object Plain(const std::string& value) { return To(value); }
  static std::string Accepts() { return "str"; }
  static std::string Gives() { return "str"; }
};

template <>
struct Convert<Duration> {
  static Duration From(py::handle value, const Path& path) { return ReadDuration(value, path); }
  static py::object To(Duration value) { return WriteDuration(value); }
  static py::object Plain(Duration value) { return To(value); }
  static std::string Accepts() { return "Seconds"; }
  static std::string Gives() { return "float"; }
};

template <>
struct Convert<TimePoint> {
  static TimePoint From(py::handle value, const Path& path) { return ReadTime(value, path); }
  static py::object To(TimePoint value) { return WriteTime(value); }
  static py::object Plain(TimePoint value) { return To(value); }
  static std::string Accepts() { return "Time"; }
  static std::string Gives() { return "int"; }
};

/// Instances of tidegate.Error, which are values here and are raised elsewhere.
template <>
struct Convert<Error> {
  static Error From(py::handle value, const Path& path);
  static py::object To(const Error& value) { return ToException(value); }
  static py::object Plain(const Error& value) {
    py::dict plain;
    plain["code"] = std::string(ToString(value.code));
    plain["message"] = value.message;
    return plain;
  }
  static std::string Accepts() { return "Error | Mapping[str, str]"; }
  static std::string Gives() { return "Error"; }
};

/// True, False or "Unknown".
template <>
struct Convert<ConditionStatus> {
  static ConditionStatus From(py::handle value, const Path& path);
  static py::object To(ConditionStatus value);
  static py::object Plain(ConditionStatus value) { return To(value); }
  static std::string Accepts() { return "bool | Literal['Unknown']"; }
  static std::string Gives() { return Accepts(); }
};

std::size_t ReadEnum(py::handle value, const Path& path, std::span<const std::string_view> names);
std::string LiteralOf(std::span<const std::string_view> names);

template <typename E>
requires std::is_enum_v<E>
struct Convert<E> {
  static E From(py::handle value, const Path& path) {
    return static_cast<E>(ReadEnum(value, path, kEnumNames<E>));
  }
  static py::object To(E value) {
    return py::str(std::string(kEnumNames<E>.at(static_cast<std::size_t>(value))));
  }
  static py::object Plain(E value) { return To(value); }
  static std::string Accepts() { return LiteralOf(kEnumNames<E>); }
  static std::string Gives() { return Accepts(); }
};

template <typename T>
struct Convert<std::optional<T>> {
  static std::optional<T> From(py::handle value, const Path& path) {
    if (value.is_none()) return std::nullopt;
    return Convert<T>::From(value, path);
  }
  static py::object To(const std::optional<T>& value) {
    return value ? Convert<T>::To(*value) : py::none();
  }
  static py::object Plain(const std::optional<T>& value) {
    return value ? Convert<T>::Plain(*value) : py::none();
  }
  static std::string Accepts() { return Convert<T>::Accepts() + " | None"; }
  static std::string Gives() { return Convert<T>::Gives() + " | None"; }
};

/// Any sequence but text and bytes.
py::object ReadSequence(py::handle value, const Path& path);
/// Any mapping, as a dict.
py::dict ReadMapping(py::handle value, const Path& path, const std::string& want);
/// A view that cannot be changed.
py::object FrozenDict(const py::dict& dict);

template <typename T>
struct Convert<std::vector<T>> {
  static std::vector<T> From(py::handle value, const Path& path) {
    const py::object items = ReadSequence(value, path);
    const std::size_t size = py::len(items);
    std::vector<T> result;
    result.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
      result.push_back(Convert<T>::From(items[py::int_(i)], path.Item(i)));
    }
    return result;
  }
  static py::object To(const std::vector<T>& value) {
    py::tuple result(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) result[i] = Convert<T>::To(value[i]);
    return result;
  }
  static py::object Plain(const std::vector<T>& value) {
    py::list result(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) result[i] = Convert<T>::Plain(value[i]);
    return result;
  }
  static std::string Accepts() { return "Sequence[" + Convert<T>::Accepts() + "]"; }
  static std::string Gives() { return "tuple[" + Convert<T>::Gives() + ", ...]"; }
};

template <typename T>
struct Convert<std::map<std::string, T>> {
  static std::map<std::string, T> From(py::handle value, const Path& path) {
    std::map<std::string, T> result;
    for (const auto& [key, item] : ReadMapping(value, path, "a dict")) {
      const std::string name = ReadString(key, path);
      result.insert_or_assign(name, Convert<T>::From(item, path.Entry(name)));
    }
    return result;
  }
  static py::object To(const std::map<std::string, T>& value) {
    py::dict result;
    for (const auto& [key, item] : value) result[py::str(key)] = Convert<T>::To(item);
    return FrozenDict(result);
  }
  static py::object Plain(const std::map<std::string, T>& value) {
    py::dict result;
    for (const auto& [key, item] : value) result[py::str(key)] = Convert<T>::Plain(item);
    return result;
  }
  static std::string Accepts() { return "Mapping[str, " + Convert<T>::Accepts() + "]"; }
  static std::string Gives() { return "Mapping[str, " + Convert<T>::Gives() + "]"; }
};

/// By resource: {"cpu": 0.5}.
template <>
struct Convert<ResourceList> {
  using Map = std::map<std::string, MilliValue>;

  static ResourceList From(py::handle value, const Path& path) {
    ResourceList result;
    for (const auto& [resource, request] : Convert<Map>::From(value, path)) {
      result.push_back({resource, request});
    }
    return result;
  }
  static Map AsMap(const ResourceList& value) {
    Map map;
    for (const ResourceRequest& each : value) map[each.resource] = each.value;
    return map;
  }
  static py::object To(const ResourceList& value) { return Convert<Map>::To(AsMap(value)); }
  static py::object Plain(const ResourceList& value) { return Convert<Map>::Plain(AsMap(value)); }
  static std::string Accepts() { return Convert<Map>::Accepts(); }
  static std::string Gives() { return Convert<Map>::Gives(); }
};

}  // namespace tidegate::python
