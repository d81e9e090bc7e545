// SPDX-License-Identifier: Apache-2.0
//
// Where a value stands inside what the caller passed, and how it is complained about:
// `spec.metrics[0].target.average_value: want a quantity, got "fast"`.
#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace tidegate::python {

namespace py = pybind11;

/// A chain of borrowed names, spelled out only when something is wrong.
class Path {
 public:
  explicit Path(std::string_view root) : name_(root) {}

  Path Member(std::string_view name) const { return Path(this, name, kMember, 0); }
  Path Entry(std::string_view key) const { return Path(this, key, kEntry, 0); }
  Path Item(std::size_t index) const { return Path(this, {}, kItem, index); }

  std::string ToString() const;

 private:
  enum Kind { kMember, kEntry, kItem };
  Path(const Path* parent, std::string_view name, Kind kind, std::size_t index)
      : parent_(parent), name_(name), kind_(kind), index_(index) {}

  const Path* parent_ = nullptr;
  std::string_view name_;
  Kind kind_ = kMember;
  std::size_t index_ = 0;
};

/// Throws ResultError{kInvalidArgument, "<path>: <text>"}.
[[noreturn]] void Fail(const Path& path, const std::string& text);
/// Likewise: `want <want>, got <value>`.
[[noreturn]] void FailWant(const Path& path, const std::string& want, py::handle got);
/// Likewise: `no field "<name>"; the nearest is "<…>"`.
[[noreturn]] void FailUnknown(const Path& path, std::string_view what, std::string_view name,
                              std::span<const std::string_view> known);

/// "a Reading", "an Observation".
std::string WithArticle(std::string_view noun);

/// The Python value for a message: strings in double quotes, long ones cut.
std::string Show(py::handle value);

/// The known name with the fewest edits to it; `known` is not empty.
std::string_view Nearest(std::string_view name, std::span<const std::string_view> known);

}  // namespace tidegate::python
