// SPDX-License-Identifier: Apache-2.0
//
// A Python callable as a Reporter. What it raises goes to sys.unraisablehook: a reporter must not
// fail the tick.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "tidegate/reporter.h"

namespace tidegate::python {

namespace py = pybind11;

std::unique_ptr<Reporter> MakeCallback(py::object on_tick);

}  // namespace tidegate::python
