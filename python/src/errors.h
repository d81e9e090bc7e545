// SPDX-License-Identifier: Apache-2.0
//
// Errors as Python exceptions: one class for each code, all of them tidegate.Error.
#pragma once

#include <pybind11/pybind11.h>

#include <optional>
#include <string>
#include <string_view>

#include "tidegate/result.h"

namespace tidegate::python {

namespace py = pybind11;

/// Makes the classes and translates ResultError into them from then on.
void BindErrors(py::module_& module);

/// An instance of the code's class, not raised.
py::object ToException(const Error& error);
bool IsTidegateError(py::handle value);
/// REQUIRES: IsTidegateError(value).
Error FromTidegateError(py::handle value);

std::optional<ErrorCode> CodeOfName(std::string_view name);

/// What a Python callback raised, as an Error whose message begins with `who`. A KeyboardInterrupt
/// is raised again as soon as the main thread runs Python code.
Error FromPython(py::error_already_set& raised, const std::string& who);

}  // namespace tidegate::python
