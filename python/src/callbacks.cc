// SPDX-License-Identifier: Apache-2.0
#include "callbacks.h"

#include <utility>

#include "fields_plan.h"
#include "policy.h"

namespace tidegate::python {

namespace {

class Callback final : public Reporter {
 public:
  explicit Callback(HeldObject on_tick) : on_tick_(std::move(on_tick)) {}

  void OnTick(const TickReport& report) override {
    const py::gil_scoped_acquire gil;
    try {
      (*on_tick_)(OwnedTickReport{.input = report.input,
                                  .output = report.output,
                                  .applied = report.applied,
                                  .histories = report.histories,
                                  .gather_duration = report.gather_duration,
                                  .plan_duration = report.plan_duration,
                                  .apply_duration = report.apply_duration,
                                  .lateness = report.lateness});
    } catch (py::error_already_set& raised) {
      if (raised.matches(PyExc_KeyboardInterrupt)) {
        PyErr_SetInterrupt();
        return;
      }
      raised.restore();
      PyErr_WriteUnraisable(on_tick_->ptr());
    }
  }

 private:
  HeldObject on_tick_;
};

}  // namespace

std::unique_ptr<Reporter> MakeCallback(py::object on_tick) {
  return std::make_unique<Callback>(Hold(std::move(on_tick)));
}

}  // namespace tidegate::python
