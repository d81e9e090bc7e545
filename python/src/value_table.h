// SPDX-License-Identifier: Apache-2.0
//
// Makes the table and the class of a struct from its list of fields. A list that misses a member
// of its struct does not compile.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "value_class.h"

namespace tidegate::python {

// How many members an aggregate has: as many initializers as it takes.
struct AnyMember {
  template <typename U>
  operator U() const noexcept;  // NOLINT: implicit
};
template <typename T, std::size_t... I>
constexpr bool TakesMembers(std::index_sequence<I...> /*indices*/) {
  return requires { T{((void)I, AnyMember{})...}; };
}
template <typename T>
inline constexpr std::size_t kFieldCount = std::tuple_size_v<decltype(Fields<T>::kList)>;
template <typename T>
constexpr bool ListIsComplete() {
  return TakesMembers<T>(std::make_index_sequence<kFieldCount<T>>()) &&
         !TakesMembers<T>(std::make_index_sequence<kFieldCount<T> + 1>());
}

// Equality by fields: some structs have no operator==.
template <Described T>
bool Equal(const T& a, const T& b);
template <typename T>
bool Equal(const std::optional<T>& a, const std::optional<T>& b);
template <Described T>
bool Equal(const std::vector<T>& a, const std::vector<T>& b);
template <typename T>
bool Equal(const T& a, const T& b) {
  return a == b;
}
template <Described T>
bool Equal(const T& a, const T& b) {
  return EqualFields(*table_of<T>, &a, &b);
}
template <typename T>
bool Equal(const std::optional<T>& a, const std::optional<T>& b) {
  return a.has_value() == b.has_value() && (!a || Equal(*a, *b));
}
template <Described T>
bool Equal(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!Equal(a[i], b[i])) return false;
  }
  return true;
}

template <typename T>
struct IsMap : std::false_type {};
template <typename T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <typename T>
struct IsMap<std::optional<T>> : IsMap<T> {};

template <Described T, std::size_t I>
struct FieldFunctions {
  static constexpr auto kField = std::get<I>(Fields<T>::kList);
  using Member = std::remove_cvref_t<decltype(std::declval<T&>().*(kField.member))>;

  static const Member& Of(const void* value) {
    return static_cast<const T*>(value)->*(kField.member);
  }
  static py::object To(const void* value) { return Convert<Member>::To(Of(value)); }
  static py::object Plain(const void* value) { return Convert<Member>::Plain(Of(value)); }
  static bool AreEqual(const void* a, const void* b) { return Equal(Of(a), Of(b)); }
  static void Set(void* value, py::handle to, const Path& path) {
    static_cast<T*>(value)->*(kField.member) = Convert<Member>::From(to, path);
  }
  static FieldEntry Entry() {
    return {.name = kField.name,
            .doc = kField.doc,
            .accepts = Convert<Member>::Accepts(),
            .gives = Convert<Member>::Gives(),
            .to = &To,
            .plain = &Plain,
            .shown = IsMap<Member>::value ? &Plain : &To,
            .equal = &AreEqual,
            .set = &Set};
  }
};

template <Described T>
void Complete([[maybe_unused]] void* value) {
  if constexpr (requires(T & typed) { Fields<T>::Complete(typed); }) {
    Fields<T>::Complete(*static_cast<T*>(value));
  }
}

template <Described T>
const ClassTable& MakeTable() {
  static const T defaults{};
  static const ClassTable table = []<std::size_t... I>(std::index_sequence<I...>) {
    return ClassTable{
        .name = Fields<T>::kName,
        .root = Fields<T>::kRoot,
        .fields = {FieldFunctions<T, I>::Entry()...},
        .defaults = &defaults,
        .address = [](py::handle object) -> void* { return &object.cast<T&>(); },
        .copy = [](const void* value) { return Convert<T>::To(*static_cast<const T*>(value)); },
        .complete = &Complete<T>};
  }
  (std::make_index_sequence<kFieldCount<T>>());
  return table;
}

template <Described T>
py::class_<T> BindValue(py::module_& module) {
  static_assert(ListIsComplete<T>(), "the list of fields misses a member of the struct");
  const ClassTable& table = MakeTable<T>();
  table_of<T> = &table;
  const std::string name(table.name);
  const std::string doc(Fields<T>::kDoc);
  py::class_<T> cls(module, name.c_str(), doc.c_str());
  cls.def(py::init([&table](const py::kwargs& fields) {
    T value{};
    SetFields(table, &value, fields, Path(table.root));
    return value;
  }));
  DefineMembers(cls, table);
  return cls;
}

}  // namespace tidegate::python
