// SPDX-License-Identifier: Apache-2.0
//
// Controller: the loop, from Python.
//
// The GIL is released in tick, run, ingest, replace and while a thread is joined, because the
// policies and callbacks that these may wait for take it. Threads still running when the
// interpreter exits are stopped and joined by an atexit hook, while Python code can still run.
#include "tidegate/controller.h"

#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "bind.h"
#include "callbacks.h"
#include "fields_plan.h"
#include "fields_series.h"
#include "policy.h"
#include "runner.h"
#include "series.h"
#include "sim_clock.h"

namespace tidegate::python {

namespace {

constexpr std::chrono::milliseconds kSignalPeriod{50};  // how soon Ctrl-C is seen

void Check(const Status& status) {
  if (!status) throw ResultError(status.error());
}

// A controller with what it needs, and the thread that may be in it.
class Loop {
 public:
  Loop(py::object clock, std::unique_ptr<Controller> owned)
      : controller(std::move(owned)), clock_(std::move(clock)) {}
  // REQUIRES: the GIL, and not the runner's own thread.
  ~Loop() {
    const py::gil_scoped_release unlocked;
    runner.Stop();
    controller.reset();
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Runner runner;
  std::unique_ptr<Controller> controller;

 private:
  py::object clock_;  // keeps it alive: the controller borrows it
};

// What is left when the interpreter exits. Guarded by the GIL; never destroyed.
struct Loops {
  std::set<std::shared_ptr<Loop>> live;
  std::vector<std::shared_ptr<Loop>> dropped;  // by their own threads, which cannot join themselves
  bool exiting = false;
};
Loops& AllLoops() {
  static auto* loops = new Loops;
  return *loops;
}

// Ends the loops that were dropped by their own threads.
void Bury() {
  std::vector<std::shared_ptr<Loop>> dropped;
  dropped.swap(AllLoops().dropped);
}

void StopAll() {
  AllLoops().exiting = true;
  const std::set<std::shared_ptr<Loop>> live = AllLoops().live;
  {
    const py::gil_scoped_release unlocked;
    for (const std::shared_ptr<Loop>& loop : live) loop->runner.Stop();
  }
  Bury();
}

std::vector<WorkloadOptions> ReadWorkloads(const py::object& workloads) {
  const Path path("workloads");
  const py::object items = ReadSequence(workloads, path);
  std::vector<WorkloadOptions> result;
  for (std::size_t i = 0; i < py::len(items); ++i) {
    const py::object item = items[py::int_(i)];
    if (py::isinstance<ScalingSpec>(item)) {
      result.push_back({.spec = item.cast<const ScalingSpec&>(), .queries = {}});
    } else {
      result.push_back(Convert<WorkloadOptions>::From(item, path.Item(i)));
    }
  }
  return result;
}

std::vector<Workload> MakeWorkloads(const std::vector<WorkloadOptions>& options) {
  std::vector<Workload> workloads;
  for (const WorkloadOptions& from : options) {
    Workload& workload = workloads.emplace_back();
    workload.spec = from.spec;
    workload.period = from.period;
    workload.max_sample_age = from.max_sample_age;
    workload.min_window_coverage = from.min_window_coverage;
    for (const auto& [metric, query] : from.queries) {
      workload.queries.push_back({.metric = metric, .query = query});
    }
  }
  return workloads;
}

class PyController {
 public:
  PyController(const std::vector<WorkloadOptions>& workloads, py::object clock,
               Components components, const ControllerOptions& options) {
    Bury();
    if (!clock.is_none()) components.clock = &clock.cast<SimClock&>();
    std::unique_ptr<Controller> controller;
    {
      const py::gil_scoped_release unlocked;
      controller =
          Controller::Create(MakeWorkloads(workloads), std::move(components), options).value();
    }
    loop_ = std::make_shared<Loop>(std::move(clock), std::move(controller));
    AllLoops().live.insert(loop_);
  }

  ~PyController() {
    AllLoops().live.erase(loop_);
    if (!loop_->runner.TicksHere()) return;
    loop_->runner.Stop();  // called by its own thread: a request only
    AllLoops().dropped.push_back(std::move(loop_));
  }

  PyController(const PyController&) = delete;
  PyController& operator=(const PyController&) = delete;

  TickOutput Tick() {
    Check(runner().Begin());
    const py::gil_scoped_release unlocked;
    TickOutput output = controller().Tick();
    runner().End();
    return output;
  }

  void RunInThread() {
    if (AllLoops().exiting)
      throw ResultError({ErrorCode::kUnavailable, "controller: Python is exiting"});
    Check(runner().Start(controller()));
  }

  // In a thread all the same, so that signals are handled here meanwhile.
  void Run() {
    RunInThread();
    while (true) {
      bool ended = false;
      {
        const py::gil_scoped_release unlocked;
        ended = runner().WaitFor(kSignalPeriod);
      }
      const bool interrupted = PyErr_CheckSignals() != 0;
      if (!ended && !interrupted) continue;
      // The pending exception must not be seen by callbacks of the last tick.
      std::optional<py::error_already_set> raised;
      if (interrupted) raised.emplace();
      Stop();
      if (raised) throw std::move(*raised);
      return;
    }
  }

  void Stop() {
    const py::gil_scoped_release unlocked;
    runner().Stop();
  }

  bool running() const { return runner().running(); }

  void Ingest(const py::object& metric, const py::object& labels, const py::object& value,
              const py::object& at) {
    const std::string name = ReadString(metric, Path("metric"));
    const Labels of = labels.is_none() ? Labels{} : Convert<Labels>::From(labels, Path("labels"));
    const double number = ReadDouble(value, Path("value"));
    std::optional<TimePoint> when;
    if (!at.is_none()) when = ReadTime(at, Path("at"));
    const py::gil_scoped_release unlocked;
    Check(when ? controller().Ingest(name, of, number, *when)
               : controller().Ingest(name, of, number));
  }

  std::size_t IngestMany(const py::object& metric, const py::object& labels,
                         const py::object& rows) {
    return ObserveMany(controller().store(), metric, labels, rows);
  }

  void SetReplicas(const py::object& workload, const py::object& observation) {
    CheckOutsideTick("set_replicas");
    const std::string id = ReadString(workload, Path("workload"));
    const auto seen = Convert<Observation>::From(observation, Path("observation"));
    const py::gil_scoped_release unlocked;
    Check(controller().SetReplicas(id, seen));
  }

  void Replace(const py::object& workloads) {
    CheckOutsideTick("replace");
    const std::vector<WorkloadOptions> options = ReadWorkloads(workloads);
    const py::gil_scoped_release unlocked;
    Check(controller().Replace(MakeWorkloads(options)));
  }

  SeriesStore& store() { return controller().store(); }

 private:
  // A tick holds the controller's lock while it asks policies and tells callbacks.
  void CheckOutsideTick(const std::string& method) const {
    if (!runner().TicksHere()) return;
    throw ResultError(
        {ErrorCode::kConflict, "controller: " + method + "() is called from inside a tick"});
  }

  Runner& runner() const { return loop_->runner; }
  Controller& controller() const { return *loop_->controller; }

  std::shared_ptr<Loop> loop_;
};

template <typename T>
void SetUnlessNone(T& option, const py::object& value, std::string_view name) {
  if (!value.is_none()) option = Convert<T>::From(value, Path(name));
}

std::unique_ptr<PyController> Make(const py::object& workloads, const py::object& policies,
                                   const py::object& clock, const py::object& histories,
                                   const py::object& on_tick, const py::object& gather_timeout,
                                   const py::object& apply_wait, const py::object& apply_timeout,
                                   bool dry_run, const py::object& series) {
  if (!clock.is_none() && !py::isinstance<SimClock>(clock)) {
    FailWant(Path("clock"), "a SimClock or None", clock);
  }
  Components components;
  components.policies = ReadPolicies(policies);
  SetUnlessNone(components.histories, histories, "histories");
  if (!on_tick.is_none()) components.reporters.push_back(MakeCallback(on_tick));
  ControllerOptions options;
  options.dry_run = dry_run;
  options.keep_all_series = true;  // `store` may be asked for them
  SetUnlessNone(options.gather_timeout, gather_timeout, "gather_timeout");
  SetUnlessNone(options.apply_wait, apply_wait, "apply_wait");
  SetUnlessNone(options.apply_timeout, apply_timeout, "apply_timeout");
  SetUnlessNone(options.series, series, "series");
  return std::make_unique<PyController>(ReadWorkloads(workloads), clock, std::move(components),
                                        options);
}

}  // namespace

void BindController(py::module_& module) {
  const auto none = py::none();
  py::class_<PyController>(module, "Controller",
                           "The loop: gather, plan, apply, report. Leaving its `with` block stops "
                           "and joins its thread.")
      .def(py::init(&Make), py::arg("workloads"), py::kw_only(), py::arg("policies") = none,
           py::arg("clock") = none, py::arg("histories") = none, py::arg("on_tick") = none,
           py::arg("gather_timeout") = none, py::arg("apply_wait") = none,
           py::arg("apply_timeout") = none, py::arg("dry_run") = false, py::arg("series") = none)
      .def("tick", &PyController::Tick, "One pass over the workloads that are due.")
      .def("run", &PyController::Run, "Ticks until stop() or Ctrl-C.")
      .def("run_in_thread", &PyController::RunInThread, "Ticks in a thread until stop().")
      .def("stop", &PyController::Stop, "Stops and joins; harmless if nothing runs.")
      .def_property_readonly("running", &PyController::running, "Whether run() is going on.")
      .def("ingest", &PyController::Ingest, py::arg("metric"), py::arg("labels"), py::arg("value"),
           py::arg("at") = none, "One sample, now by default; from any thread.")
      .def("observe_many", &PyController::IngestMany, py::arg("metric"), py::arg("labels"),
           py::arg("rows"), "All rows of an array of (time, value); how many there were.")
      .def("set_replicas", &PyController::SetReplicas, py::arg("workload"), py::arg("observation"),
           "Tells how many replicas a workload has.")
      .def("replace", &PyController::Replace, py::arg("workloads"),
           "Replaces all workloads between two ticks; histories of those that stay are kept.")
      .def_property_readonly("store", &PyController::store,
                             py::return_value_policy::reference_internal, "Its samples.")
      .def("__enter__", [](py::object self) { return self; })
      .def("__exit__", [](PyController& self, const py::args&) { self.Stop(); });
  py::module_::import("atexit").attr("register")(py::cpp_function(&StopAll));
}

}  // namespace tidegate::python
