// SPDX-License-Identifier: Apache-2.0
//
// Numbers, text, instants and spans of time between Python and C++.
//
//   instants   in: float seconds, int nanoseconds (time.time(), time.time_ns()) or an aware
//              datetime; out: int nanoseconds, exact
//   durations  in: seconds, timedelta or text such as "5m"; out: float seconds
//   quantities in: number or text such as "1500m"; out: float
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>
#include <string>

#include "path.h"
#include "tidegate/types.h"

namespace tidegate::python {

bool ReadBool(py::handle value, const Path& path);
/// An integer in [low, high]; takes what has __index__, but no bool.
std::int64_t ReadInteger(py::handle value, const Path& path, std::int64_t low, std::int64_t high);
/// A finite or infinite number, or NaN; takes what has __float__, but no bool and no text.
double ReadDouble(py::handle value, const Path& path);
std::string ReadString(py::handle value, const Path& path);
MilliValue ReadQuantity(py::handle value, const Path& path);
Duration ReadDuration(py::handle value, const Path& path);
TimePoint ReadTime(py::handle value, const Path& path);

/// The same as numbers of C++; absent if it is not finite or does not fit into 64 bits.
std::optional<Duration> SecondsToDuration(double seconds);

py::object WriteQuantity(MilliValue value);
py::object WriteDuration(Duration value);
py::object WriteTime(TimePoint value);

}  // namespace tidegate::python
