// SPDX-License-Identifier: Apache-2.0
#include "rows.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "path.h"
#include "scalars.h"

namespace tidegate::python {

namespace {

constexpr py::ssize_t kWidth = 8;  // of float64 and int64
constexpr std::string_view kWant =
    "a float64 array of (seconds, value) rows or a structured array of time and value";

py::buffer_info Export(const py::object& array) {
  if (!py::isinstance<py::buffer>(array)) FailWant(Path("rows"), std::string(kWant), array);
  return py::reinterpret_borrow<py::buffer>(array).request();
}

[[noreturn]] void FailFormat(const py::buffer_info& info) {
  Fail(Path("rows"), "want " + std::string(kWant) + ", got " + std::to_string(info.ndim) +
                         " dimensions of format \"" + info.format + "\"");
}

// One "d:time:" of a structure's format "T{d:time:d:value:}", in native byte order.
struct Member {
  char code;
  std::string_view name;
};
std::optional<Member> TakeMember(std::string_view& format) {
  while (!format.empty() && (format.front() == '@' || format.front() == '=')) {
    format.remove_prefix(1);
  }
  if (format.size() < 3 || format[1] != ':') return std::nullopt;
  const char code = format.front() == 'l' ? 'q' : format.front();
  const std::size_t end = format.find(':', 2);
  if (end == std::string_view::npos || (code != 'd' && code != 'q')) return std::nullopt;
  const Member member{code, format.substr(2, end - 2)};
  format.remove_prefix(end + 1);
  return member;
}

}  // namespace

Rows::Rows(const py::object& array) : info_(Export(array)) {
  if (info_.ndim == 2) {
    ReadColumns();
  } else {
    ReadStructure();
  }
  size_ = static_cast<std::size_t>(info_.shape[0]);
}

void Rows::ReadColumns() {
  if (info_.format != "d" || info_.shape[1] != 2) FailFormat(info_);
  value_offset_ = info_.strides[1];
}

void Rows::ReadStructure() {
  std::string_view format = info_.format;
  if (info_.ndim != 1 || info_.itemsize != 2 * kWidth || !format.starts_with("T{")) {
    FailFormat(info_);
  }
  format.remove_prefix(2);
  bool has_time = false;
  bool has_value = false;
  for (const py::ssize_t offset : {py::ssize_t{0}, kWidth}) {
    const std::optional<Member> member = TakeMember(format);
    if (!member) FailFormat(info_);
    if (member->name == "time") {
      has_time = true;
      time_offset_ = offset;
      nanoseconds_ = member->code == 'q';
    } else if (member->name == "value" && member->code == 'd') {
      has_value = true;
      value_offset_ = offset;
    }
  }
  if (!has_time || !has_value || format != "}") FailFormat(info_);
}

Result<Rows::Sample> Rows::At(std::size_t row) const {
  const char* start =
      static_cast<const char*>(info_.ptr) + static_cast<py::ssize_t>(row) * info_.strides[0];
  Sample sample{};
  std::memcpy(&sample.value, start + value_offset_, sizeof sample.value);
  if (nanoseconds_) {
    std::int64_t nanos = 0;
    std::memcpy(&nanos, start + time_offset_, sizeof nanos);
    sample.at = TimePoint(Duration(nanos));
    return sample;
  }
  double seconds = 0;
  std::memcpy(&seconds, start + time_offset_, sizeof seconds);
  const std::optional<Duration> since = SecondsToDuration(seconds);
  if (!since) {
    return Error{ErrorCode::kInvalidArgument, "time: want seconds, got " + std::to_string(seconds)};
  }
  sample.at = TimePoint(*since);
  return sample;
}

}  // namespace tidegate::python
