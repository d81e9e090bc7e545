// SPDX-License-Identifier: Apache-2.0
#include "convert.h"

namespace tidegate::python {

Error Convert<Error>::From(py::handle value, const Path& path) {
  if (IsTidegateError(value)) return FromTidegateError(value);
  const py::dict fields = ReadMapping(value, path, "a tidegate.Error or its dict");
  if (fields.size() != 2 || !fields.contains("code") || !fields.contains("message")) {
    FailWant(path, "a dict of code and message", value);
  }
  const std::string code = ReadString(fields["code"], path.Member("code"));
  const std::optional<ErrorCode> known = CodeOfName(code);
  if (!known) FailWant(path.Member("code"), "the name of an error code", fields["code"]);
  return {*known, ReadString(fields["message"], path.Member("message"))};
}

ConditionStatus Convert<ConditionStatus>::From(py::handle value, const Path& path) {
  if (PyBool_Check(value.ptr())) {
    return value.is(py::handle(Py_True)) ? ConditionStatus::kTrue : ConditionStatus::kFalse;
  }
  if (py::isinstance<py::str>(value) && value.cast<std::string>() == "Unknown") {
    return ConditionStatus::kUnknown;
  }
  FailWant(path, "True, False, \"Unknown\" or None", value);
}

py::object Convert<ConditionStatus>::To(ConditionStatus value) {
  if (value == ConditionStatus::kUnknown) return py::str("Unknown");
  return py::bool_(value == ConditionStatus::kTrue);
}

std::size_t ReadEnum(py::handle value, const Path& path, std::span<const std::string_view> names) {
  if (py::isinstance<py::str>(value)) {
    const auto text = value.cast<std::string>();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == text) return i;
    }
  }
  std::string want = "one of";
  for (std::size_t i = 0; i < names.size(); ++i) {
    want.append(i == 0 ? " \"" : ", \"").append(names[i]).append("\"");
  }
  FailWant(path, want, value);
}

std::string LiteralOf(std::span<const std::string_view> names) {
  std::string text = "Literal[";
  for (std::size_t i = 0; i < names.size(); ++i) {
    text.append(i == 0 ? "'" : ", '").append(names[i]).append("'");
  }
  return text + "]";
}

py::object ReadSequence(py::handle value, const Path& path) {
  const bool text = py::isinstance<py::str>(value) || py::isinstance<py::bytes>(value);
  if (text || PyDict_Check(value.ptr()) || PySequence_Check(value.ptr()) == 0) {
    FailWant(path, "a list", value);
  }
  PyObject* items = PySequence_Tuple(value.ptr());
  if (items == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(items);
}

py::dict ReadMapping(py::handle value, const Path& path, const std::string& want) {
  if (PyDict_Check(value.ptr())) return py::reinterpret_borrow<py::dict>(value);
  const bool sequence = PyList_Check(value.ptr()) || PyTuple_Check(value.ptr());
  if (sequence || PyMapping_Check(value.ptr()) == 0 || !py::hasattr(value, "items")) {
    FailWant(path, want, value);
  }
  return py::dict(py::reinterpret_borrow<py::object>(value));
}

py::object FrozenDict(const py::dict& dict) {
  PyObject* frozen = PyDictProxy_New(dict.ptr());
  if (frozen == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(frozen);
}

}  // namespace tidegate::python
