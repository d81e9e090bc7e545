// SPDX-License-Identifier: Apache-2.0
#include "value_class.h"

namespace tidegate::python {

namespace {

void SetField(const ClassTable& table, void* value, const std::string& name, py::handle to,
              const Path& path) {
  std::vector<std::string_view> known;
  for (const FieldEntry& field : table.fields) {
    if (field.name == name) return field.set(value, to, path.Member(name));
    known.push_back(field.name);
  }
  FailUnknown(path, "field", name, known);
}

// The fields that are not at their defaults.
std::string Repr(const ClassTable& table, const void* value) {
  std::string text(table.name);
  std::string_view separator = "(";
  for (const FieldEntry& field : table.fields) {
    if (field.equal(value, table.defaults)) continue;
    const auto shown = py::repr(field.shown(value)).cast<std::string>();
    text.append(separator).append(field.name).append("=").append(shown);
    separator = ", ";
  }
  return text + (separator == "(" ? "()" : ")");
}

py::object FromDict(const ClassTable& table, const py::object& fields) {
  py::object made = table.copy(table.defaults);
  const Path root(table.root);
  SetFields(table, table.address(made), ReadMapping(fields, root, "a dict"), root);
  return made;
}

py::object Replace(const ClassTable& table, const py::object& self, const py::kwargs& fields) {
  py::object made = table.copy(table.address(self));
  SetFields(table, table.address(made), fields, Path(table.root));
  return made;
}

py::object Compare(const ClassTable& table, const py::object& self, const py::object& other) {
  if (!py::isinstance(other, py::type::of(self))) {
    return py::reinterpret_borrow<py::object>(Py_NotImplemented);
  }
  return py::bool_(EqualFields(table, table.address(self), table.address(other)));
}

template <typename Function, typename... Extra>
void Define(const py::object& cls, const char* name, Function function, const Extra&... extra) {
  cls.attr(name) = py::cpp_function(function, py::name(name), py::is_method(cls),
                                    py::sibling(py::getattr(cls, name, py::none())), extra...);
}

void DefineAttributes(const py::object& cls, const ClassTable& table) {
  const py::object property = py::module_::import("builtins").attr("property");
  py::list names;
  py::list annotations;
  for (const FieldEntry& field : table.fields) {
    const std::string name(field.name);
    const py::cpp_function get(
        [&table, &field](const py::object& self) { return field.to(table.address(self)); },
        py::name(name.c_str()), py::is_method(cls));
    cls.attr(name.c_str()) = property(get, py::none(), py::none(), std::string(field.doc));
    names.append(name);
    annotations.append(py::make_tuple(name, field.accepts, field.gives, std::string(field.doc)));
  }
  cls.attr("__match_args__") = py::tuple(names);
  cls.attr("__fields__") = py::tuple(annotations);
}

}  // namespace

void SetFields(const ClassTable& table, void* value, const py::dict& fields, const Path& path) {
  for (const auto& [key, item] : fields) {
    SetField(table, value, ReadString(key, path), item, path);
  }
  table.complete(value);
}

bool EqualFields(const ClassTable& table, const void* a, const void* b) {
  for (const FieldEntry& field : table.fields) {
    if (!field.equal(a, b)) return false;
  }
  return true;
}

py::dict PlainFields(const ClassTable& table, const void* value) {
  py::dict plain;
  for (const FieldEntry& field : table.fields) {
    plain[py::str(std::string(field.name))] = field.plain(value);
  }
  return plain;
}

void DefineMembers(py::object cls, const ClassTable& table) {
  DefineAttributes(cls, table);
  Define(
      cls, "replace",
      [&table](const py::object& self, const py::kwargs& fields) {
        return Replace(table, self, fields);
      },
      py::doc("A copy with some fields changed."));
  Define(
      cls, "to_dict",
      [&table](const py::object& self) { return PlainFields(table, table.address(self)); },
      py::doc("Dicts, lists, text and numbers only."));
  cls.attr("from_dict") = py::staticmethod(py::cpp_function(
      [&table](const py::object& fields) { return FromDict(table, fields); }, py::name("from_dict"),
      py::scope(cls), py::arg("fields"), py::doc("What to_dict() gave.")));
  Define(cls, "__repr__",
         [&table](const py::object& self) { return Repr(table, table.address(self)); });
  Define(cls, "__eq__", [&table](const py::object& self, const py::object& other) {
    return Compare(table, self, other);
  });
  cls.attr("__hash__") = py::none();
  Define(cls, "__copy__", [](const py::object& self) { return self; });
  Define(cls, "__deepcopy__", [](const py::object& self, const py::object&) { return self; });
  Define(cls, "__reduce_ex__", [&table](const py::object&, const py::object&) -> py::object {
    throw py::type_error("cannot pickle " + std::string(table.name) +
                         "; keep its to_dict() instead");
  });
}

}  // namespace tidegate::python
