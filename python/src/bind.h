// SPDX-License-Identifier: Apache-2.0
//
// The parts of the module, in the order in which they are bound.
#pragma once

#include <pybind11/pybind11.h>

namespace tidegate::python {

namespace py = pybind11;

void BindValues(py::module_& module);
void BindPlan(py::module_& module);
void BindSeries(py::module_& module);
void BindClock(py::module_& module);
void BindController(py::module_& module);

}  // namespace tidegate::python
