// SPDX-License-Identifier: Apache-2.0
#include "sim_clock.h"

#include <string>
#include <utility>

#include "bind.h"
#include "convert.h"

namespace tidegate::python {

TimePoint SimClock::Now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

bool SimClock::WaitUntil(TimePoint when, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  return moved_.wait(lock, std::move(stop), [&] { return now_ >= when; });
}

Status SimClock::MoveTo(TimePoint when) {
  const std::lock_guard lock(mutex_);
  return MoveLocked(when);
}

Status SimClock::Advance(Duration by) {
  const std::lock_guard lock(mutex_);
  return MoveLocked(now_ + by);
}

Status SimClock::MoveLocked(TimePoint when) {
  if (when < now_) {
    return Error{ErrorCode::kInvalidArgument, "clock: time does not go back, got " +
                                                  std::to_string(when.time_since_epoch().count()) +
                                                  " after " +
                                                  std::to_string(now_.time_since_epoch().count())};
  }
  now_ = when;
  moved_.notify_all();
  return {};
}

void BindClock(py::module_& module) {
  const auto check = [](const Status& status) {
    if (!status) throw ResultError(status.error());
  };
  py::class_<SimClock>(module, "SimClock", "Time that stands still until it is moved.")
      .def(py::init([](const py::object& start) {
             return std::make_unique<SimClock>(ReadTime(start, Path("start")));
           }),
           py::arg("start") = 0.0)
      .def(
          "now", [](const SimClock& self) { return WriteTime(self.Now()); },
          "Nanoseconds since 1970.")
      .def(
          "advance",
          [check](SimClock& self, const py::object& seconds) {
            check(self.Advance(ReadDuration(seconds, Path("seconds"))));
          },
          py::arg("seconds"), "Moves the time on by a duration.")
      .def(
          "move_to",
          [check](SimClock& self, const py::object& time) {
            check(self.MoveTo(ReadTime(time, Path("time"))));
          },
          py::arg("time"), "Moves the time on to an instant.");
}

}  // namespace tidegate::python
