// SPDX-License-Identifier: Apache-2.0
//
// One list of fields for each struct makes its Python class: keyword constructor, read-only
// attributes, ==, repr, replace(), to_dict(), from_dict(), and its part of the stub.
//
// The classes are immutable: `spec.metrics.append(…)` fails instead of changing a copy that nobody
// looks at. What the classes have in common is written once, over a table of the fields; only
// value_table.h, which makes the tables, is a template over the structs.
#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "convert.h"
#include "path.h"

namespace tidegate::python {

template <typename T, typename M>
struct FieldOf {
  std::string_view name;
  M T::*member;
  std::string_view doc;
};

template <typename T, typename M>
constexpr FieldOf<T, M> F(std::string_view name, M T::*member, std::string_view doc) {
  return {name, member, doc};
}

/// Specialized for each struct that is a Python class: kName, kRoot (what messages call it), kDoc
/// and kList, a tuple of FieldOf in the struct's order. An optional Complete(T&) fills in what was
/// left out and depends on the rest.
template <typename T>
struct Fields;

template <typename T>
concept Described = requires {
  Fields<T>::kName;
};

/// One field of a struct that is passed by its address.
struct FieldEntry {
  std::string_view name;
  std::string_view doc;
  std::string accepts;  ///< type annotation of the keyword
  std::string gives;    ///< type annotation of the attribute
  py::object (*to)(const void* value);
  py::object (*plain)(const void* value);
  py::object (*shown)(const void* value);  ///< what repr shows
  bool (*equal)(const void* a, const void* b);
  void (*set)(void* value, py::handle to, const Path& path);
};

struct ClassTable {
  std::string_view name;
  std::string_view root;
  std::vector<FieldEntry> fields;
  const void* defaults;
  void* (*address)(py::handle object);  ///< throws for an object of another class
  py::object (*copy)(const void* value);
  void (*complete)(void* value);
};

/// Set when the class is bound.
template <Described T>
inline const ClassTable* table_of = nullptr;

void SetFields(const ClassTable& table, void* value, const py::dict& fields, const Path& path);
bool EqualFields(const ClassTable& table, const void* a, const void* b);
py::dict PlainFields(const ClassTable& table, const void* value);

/// Adds to a class all that does not depend on its struct's type; `table` lives forever.
void DefineMembers(py::object cls, const ClassTable& table);

template <Described T>
struct Convert<T> {
  static T From(py::handle value, const Path& path) {
    if (py::isinstance<T>(value)) return value.cast<const T&>();
    const std::string want = WithArticle(Fields<T>::kName) + " or a dict";
    T result{};
    SetFields(*table_of<T>, &result, ReadMapping(value, path, want), path);
    return result;
  }
  // Of a temporary: for an address that Python knows, cast() would give that object, not a copy.
  static py::object To(const T& value) { return py::cast(T(value)); }
  static py::object Plain(const T& value) { return PlainFields(*table_of<T>, &value); }
  static std::string Accepts() { return Gives() + " | Mapping[str, Any]"; }
  static std::string Gives() { return std::string(Fields<T>::kName); }
};

}  // namespace tidegate::python
