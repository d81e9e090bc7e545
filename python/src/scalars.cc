// SPDX-License-Identifier: Apache-2.0
#include "scalars.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include <datetime.h>  // of Python

#include "hpa/quantity.h"

namespace tidegate::python {

namespace {

constexpr std::int64_t kNanos = 1'000'000'000;
constexpr double kMostSeconds = 9.2e9;  // what fits into 64 bits of nanoseconds
constexpr std::int64_t kDaySeconds = 86'400;

// Python's datetime.h has its C interface in a pointer of each translation unit.
void ImportDatetime() {
  if (PyDateTimeAPI == nullptr) PyDateTime_IMPORT;
  if (PyDateTimeAPI == nullptr) throw py::error_already_set();
}

bool IsNumber(py::handle value) {
  return !PyBool_Check(value.ptr()) && !PyUnicode_Check(value.ptr()) &&
         (PyFloat_Check(value.ptr()) || PyLong_Check(value.ptr()) ||
          py::hasattr(value, "__float__") || PyIndex_Check(value.ptr()));
}

std::optional<double> AsDouble(py::handle value) {
  if (!IsNumber(value)) return std::nullopt;
  const double number = PyFloat_AsDouble(value.ptr());
  if (number == -1.0 && PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    return std::nullopt;
  }
  return number;
}

Duration FromTimedelta(py::handle value, const Path& path) {
  const std::int64_t seconds = PyDateTime_DELTA_GET_DAYS(value.ptr()) * kDaySeconds +
                               PyDateTime_DELTA_GET_SECONDS(value.ptr());
  if (std::fabs(static_cast<double>(seconds)) > kMostSeconds) {
    FailWant(path, "a time within 290 years", value);
  }
  return Duration(seconds * kNanos + PyDateTime_DELTA_GET_MICROSECONDS(value.ptr()) * 1000);
}

// "5m", "1h30m", "500ms": Go's notation, which HPA's flags and Prometheus share.
std::optional<Duration> ParseDuration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 6> kUnits = {
      {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}}};
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const std::size_t digits = text.find_first_not_of("0123456789.");
    if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
    std::size_t used = 0;
    double number = 0;
    try {
      number = std::stod(std::string(text.substr(0, digits)), &used);
    } catch (const std::exception&) {
      return std::nullopt;
    }
    if (used != digits) return std::nullopt;
    text.remove_prefix(digits);
    const std::string_view unit = text.substr(0, text.find_first_of("0123456789."));
    const auto* found = std::find_if(kUnits.begin(), kUnits.end(),
                                     [&](const auto& entry) { return entry.first == unit; });
    if (found == kUnits.end()) return std::nullopt;
    total += number * found->second;
    text.remove_prefix(unit.size());
  }
  return SecondsToDuration(total);
}

TimePoint FromDatetime(py::handle value, const Path& path) {
  if (value.attr("tzinfo").is_none()) {
    FailWant(path, "a datetime with a time zone", value);
  }
  const py::object epoch =
      py::module_::import("datetime")
          .attr("datetime")
          .attr("fromtimestamp")(0, py::module_::import("datetime").attr("timezone").attr("utc"));
  return TimePoint(FromTimedelta(value - epoch, path));
}

TimePoint FromNanoseconds(py::handle value, const Path& path) {
  constexpr std::int64_t kMillisecond = 1'000'000;
  const std::int64_t nanos = ReadInteger(value, path, std::numeric_limits<std::int64_t>::min(),
                                         std::numeric_limits<std::int64_t>::max());
  if (nanos != 0 && std::llabs(nanos) < kMillisecond) {
    const std::string text = std::to_string(nanos);
    Fail(path, "the int " + text + " is " + text + " nanoseconds after 1970; write " + text +
                   ".0 for seconds");
  }
  return TimePoint(Duration(nanos));
}

}  // namespace

// Whole and fractional part apart, so that no digit that the double has is lost.
std::optional<Duration> SecondsToDuration(double seconds) {
  if (!(std::fabs(seconds) <= kMostSeconds)) return std::nullopt;
  const double whole = std::floor(seconds);
  return Duration(static_cast<std::int64_t>(whole) * kNanos +
                  std::llround((seconds - whole) * 1e9));
}

bool ReadBool(py::handle value, const Path& path) {
  if (PyBool_Check(value.ptr())) return value.is(py::handle(Py_True));
  if (std::string_view(Py_TYPE(value.ptr())->tp_name).starts_with("numpy.bool")) {
    return PyObject_IsTrue(value.ptr()) == 1;
  }
  FailWant(path, "True or False", value);
}

std::int64_t ReadInteger(py::handle value, const Path& path, std::int64_t low, std::int64_t high) {
  if (PyBool_Check(value.ptr()) || !PyIndex_Check(value.ptr())) {
    FailWant(path, "an integer", value);
  }
  const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
  if (!number) throw py::error_already_set();
  int overflow = 0;
  const std::int64_t result = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
  if (overflow != 0 || result < low || result > high) {
    FailWant(path, "an integer from " + std::to_string(low) + " to " + std::to_string(high), value);
  }
  return result;
}

double ReadDouble(py::handle value, const Path& path) {
  const std::optional<double> number = AsDouble(value);
  if (!number) FailWant(path, "a number", value);
  return *number;
}

std::string ReadString(py::handle value, const Path& path) {
  if (!py::isinstance<py::str>(value)) FailWant(path, "text", value);
  return value.cast<std::string>();
}

MilliValue ReadQuantity(py::handle value, const Path& path) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1000;
  if (PyLong_Check(value.ptr()) && !PyBool_Check(value.ptr())) {
    return ReadInteger(value, path, -kMost, kMost) * 1000;
  }
  if (py::isinstance<py::str>(value)) {
    const auto parsed = hpa::Quantity::Parse(value.cast<std::string>());
    if (parsed) return parsed->Milli();
  }
  const std::optional<double> number = AsDouble(value);
  if (!number) FailWant(path, "a number or a quantity such as \"1500m\"", value);
  if (!std::isfinite(*number) || std::fabs(*number) > static_cast<double>(kMost)) {
    FailWant(path, "a finite number up to 9.2e15", value);
  }
  return std::llround(*number * 1000);
}

Duration ReadDuration(py::handle value, const Path& path) {
  ImportDatetime();
  if (PyDelta_Check(value.ptr())) return FromTimedelta(value, path);
  if (py::isinstance<py::str>(value)) {
    if (const auto parsed = ParseDuration(value.cast<std::string>())) return *parsed;
  } else if (const std::optional<double> seconds = AsDouble(value)) {
    if (const auto duration = SecondsToDuration(*seconds)) return *duration;
  }
  FailWant(path, "seconds, a timedelta or a duration such as \"5m\"", value);
}

TimePoint ReadTime(py::handle value, const Path& path) {
  ImportDatetime();
  if (PyDateTime_Check(value.ptr())) return FromDatetime(value, path);
  if (PyIndex_Check(value.ptr()) && !PyBool_Check(value.ptr())) return FromNanoseconds(value, path);
  if (const std::optional<double> seconds = AsDouble(value)) {
    if (const auto duration = SecondsToDuration(*seconds)) return TimePoint(*duration);
  }
  FailWant(path, "float seconds, int nanoseconds or a datetime", value);
}

py::object WriteQuantity(MilliValue value) { return py::float_(static_cast<double>(value) / 1000); }

py::object WriteDuration(Duration value) {
  return py::float_(static_cast<double>(value.count()) / 1e9);
}

py::object WriteTime(TimePoint value) { return py::int_(value.time_since_epoch().count()); }

}  // namespace tidegate::python
