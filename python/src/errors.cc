// SPDX-License-Identifier: Apache-2.0
#include "errors.h"

#include <array>
#include <exception>
#include <optional>
#include <utility>

namespace tidegate::python {

namespace {

constexpr std::array kCodes = {
    ErrorCode::kInvalidArgument,  ErrorCode::kNotFound, ErrorCode::kNoData,
    ErrorCode::kUnavailable,      ErrorCode::kConflict, ErrorCode::kDeadlineExceeded,
    ErrorCode::kPermissionDenied, ErrorCode::kInternal,
};

// Borrowed from the module, which holds them for as long as the interpreter lives.
PyObject* base_class = nullptr;
std::array<PyObject*, kCodes.size()> code_classes{};

const char* DocOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "The configuration or the call has to be fixed; the message names path and value.";
    case ErrorCode::kNotFound:
      return "There is nothing of that name.";
    case ErrorCode::kNoData:
      return "Too little is known to judge; a workload holds.";
    case ErrorCode::kUnavailable:
      return "Try again at the next tick.";
    case ErrorCode::kDeadlineExceeded:
      return "The answer came too late and was dropped.";
    case ErrorCode::kConflict:
      return "Something else changed it, or is using it; observe again.";
    case ErrorCode::kPermissionDenied:
      return "Not allowed; do not retry in a loop.";
    case ErrorCode::kInternal:
      return "A bug, or an exception in a callback.";
  }
  return "";
}

// InvalidArgumentError is a ValueError too, NotFoundError a LookupError.
PyObject* SecondBase(ErrorCode code) {
  if (code == ErrorCode::kInvalidArgument) return PyExc_ValueError;
  if (code == ErrorCode::kNotFound) return PyExc_LookupError;
  return nullptr;
}

py::object MakeClass(const std::string& name, const char* doc, const py::object& bases,
                     const py::dict& members) {
  const std::string full = "tidegate." + name;
  PyObject* made = PyErr_NewExceptionWithDoc(full.c_str(), doc, bases.ptr(), members.ptr());
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

void Raise(const Error& error) {
  const py::object exception = ToException(error);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
}

std::string PlaceOf(const py::error_already_set& raised) {
  if (!raised.trace()) return {};
  py::object trace = raised.trace();
  while (!trace.attr("tb_next").is_none()) trace = trace.attr("tb_next");
  const py::object file = trace.attr("tb_frame").attr("f_code").attr("co_filename");
  return " (" + py::str(file).cast<std::string>() + ":" +
         py::str(trace.attr("tb_lineno")).cast<std::string>() + ")";
}

Error Described(const py::error_already_set& raised, const std::string& who) {
  try {
    if (IsTidegateError(raised.value())) {
      Error error = FromTidegateError(raised.value());
      error.message = who + ": " + error.message;
      return error;
    }
    const auto type = raised.type().attr("__name__").cast<std::string>();
    const auto text = py::str(raised.value()).cast<std::string>();
    return {ErrorCode::kInternal, who + " raised " + type + ": " + text + PlaceOf(raised)};
  } catch (const py::error_already_set&) {
    return {ErrorCode::kInternal, who + " raised an exception that cannot be shown"};
  }
}

}  // namespace

void BindErrors(py::module_& module) {
  py::dict members;
  members["code"] = "Internal";
  const py::object property = py::module_::import("builtins").attr("property");
  members["message"] = property(py::module_::import("builtins").attr("str"), py::none(), py::none(),
                                "What went wrong, with path and value.");
  const py::object base = MakeClass("Error", "What Tidegate raises; `code` says what to do next.",
                                    py::reinterpret_borrow<py::object>(PyExc_Exception), members);
  base_class = base.ptr();
  module.attr("Error") = base;
  for (const ErrorCode code : kCodes) {
    py::dict of_code;
    of_code["code"] = std::string(ToString(code));
    py::object bases = base;
    if (PyObject* second = SecondBase(code); second != nullptr) {
      bases = py::make_tuple(base, py::reinterpret_borrow<py::object>(second));
    }
    const std::string name = std::string(ToString(code)) + "Error";
    const py::object made = MakeClass(name, DocOf(code), bases, of_code);
    code_classes.at(static_cast<std::size_t>(code)) = made.ptr();
    module.attr(name.c_str()) = made;
  }
  py::register_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const ResultError& error) {
      Raise(error.error());
    }
  });
}

py::object ToException(const Error& error) {
  const py::handle type = code_classes.at(static_cast<std::size_t>(error.code));
  return type(error.message);
}

bool IsTidegateError(py::handle value) {
  const int is = PyObject_IsInstance(value.ptr(), base_class);
  if (is < 0) throw py::error_already_set();
  return is == 1;
}

Error FromTidegateError(py::handle value) {
  const auto code = CodeOfName(py::str(value.attr("code")).cast<std::string>());
  return {code.value_or(ErrorCode::kInternal), py::str(value).cast<std::string>()};
}

std::optional<ErrorCode> CodeOfName(std::string_view name) {
  for (const ErrorCode code : kCodes) {
    if (ToString(code) == name) return code;
  }
  return std::nullopt;
}

Error FromPython(py::error_already_set& raised, const std::string& who) {
  Error error = Described(raised, who);
  // Last: what runs Python code from here on is interrupted.
  if (raised.matches(PyExc_KeyboardInterrupt)) PyErr_SetInterrupt();
  return error;
}

}  // namespace tidegate::python
