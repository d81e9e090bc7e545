// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>

#include "tidegate/series_store.h"

namespace tidegate::python {

namespace py = pybind11;

/// Ingests every row of the array and says how many; the GIL is released meanwhile. A row that is
/// refused raises, and the rows before it stay.
std::size_t ObserveMany(SeriesStore& store, const py::object& metric, const py::object& labels,
                        const py::object& rows);

}  // namespace tidegate::python
