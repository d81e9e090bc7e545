// SPDX-License-Identifier: Apache-2.0
//
// Many samples of one series, read where they lie: any object with the buffer protocol, so numpy
// arrays without needing numpy.
#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>

#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate::python {

namespace py = pybind11;

/// Either a 2-D array of float64 with two columns, seconds and value, or a structured array with
/// the fields `time` (float64 seconds or int64 nanoseconds) and `value` (float64).
///
/// Keeps the buffer exported until it goes, which needs the GIL; At() does not. The array's owner
/// must not write to it meanwhile.
class Rows {
 public:
  struct Sample {
    TimePoint at;
    double value;
  };

  explicit Rows(const py::object& array);

  std::size_t size() const { return size_; }
  /// kInvalidArgument: no time, such as NaN.
  Result<Sample> At(std::size_t row) const;

 private:
  void ReadColumns();
  void ReadStructure();

  py::buffer_info info_;
  std::size_t size_ = 0;
  py::ssize_t time_offset_ = 0;
  py::ssize_t value_offset_ = 0;
  bool nanoseconds_ = false;
};

}  // namespace tidegate::python
