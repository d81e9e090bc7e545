// SPDX-License-Identifier: Apache-2.0
//
// SeriesStore and Query.
#include "series.h"

#include "bind.h"
#include "fields_series.h"
#include "rows.h"
#include "tidegate/promql.h"
#include "tidegate/series_store.h"

namespace tidegate::python {

namespace {

// The text of a str or bytes where it lies; borrowed from `page`.
std::string_view TextOf(const py::object& page) {
  if (PyBytes_Check(page.ptr())) {
    return {PyBytes_AS_STRING(page.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(page.ptr()))};
  }
  if (!PyUnicode_Check(page.ptr())) FailWant(Path("page"), "text or bytes", page);
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(page.ptr(), &size);
  if (text == nullptr) throw py::error_already_set();
  return {text, static_cast<std::size_t>(size)};
}

Labels ReadLabels(const py::object& labels, std::string_view name) {
  return labels.is_none() ? Labels{} : Convert<Labels>::From(labels, Path(name));
}

void IngestOne(SeriesStore& store, const py::object& metric, const py::object& labels,
               const py::object& value, const py::object& at) {
  const std::string name = ReadString(metric, Path("metric"));
  const Labels of = ReadLabels(labels, "labels");
  const double number = ReadDouble(value, Path("value"));
  const TimePoint when = ReadTime(at, Path("at"));
  const py::gil_scoped_release unlocked;
  const Status status = store.Ingest(name, of, number, when);
  if (!status) throw ResultError(status.error());
}

PageSummary IngestOnePage(SeriesStore& store, const py::object& page, const py::object& at,
                          const py::object& target, bool lenient) {
  const std::string_view text = TextOf(page);
  const TimePoint when = ReadTime(at, Path("at"));
  const Labels of = ReadLabels(target, "target");
  const py::gil_scoped_release unlocked;
  return store.IngestPage(text, PageFormat::kText, of, when, {.lenient = lenient}).value();
}

void EndTarget(SeriesStore& store, const py::object& target, const py::object& at) {
  const Labels of = ReadLabels(target, "target");
  const TimePoint when = ReadTime(at, Path("at"));
  const py::gil_scoped_release unlocked;
  store.MarkStale(of, when);
}

QueryResult EvaluateQuery(const Query& query, const SeriesStore& store, const py::object& at,
                          const py::object& matchers, const py::object& lookback) {
  EvaluateOptions options;
  options.matchers = ReadLabels(matchers, "matchers");
  if (!lookback.is_none()) options.lookback = ReadDuration(lookback, Path("lookback"));
  const TimePoint when = ReadTime(at, Path("at"));
  const py::gil_scoped_release unlocked;
  return query.Evaluate(store, when, options).value();
}

QueryResult EvaluateRange(const Query& query, const SeriesStore& store, const py::object& start,
                          const py::object& end, const py::object& step, const py::object& matchers,
                          const py::object& lookback) {
  EvaluateOptions options;
  options.matchers = ReadLabels(matchers, "matchers");
  if (!lookback.is_none()) options.lookback = ReadDuration(lookback, Path("lookback"));
  const TimePoint first = ReadTime(start, Path("start"));
  const TimePoint last = ReadTime(end, Path("end"));
  const Duration interval = ReadDuration(step, Path("step"));
  const py::gil_scoped_release unlocked;
  return query.EvaluateRange(store, first, last, interval, options).value();
}

void BindQuery(py::module_& module) {
  py::class_<Query>(module, "Query", "A PromQL expression, compiled once.")
      .def_static(
          "compile",
          [](const py::object& text) {
            return Query::Compile(ReadString(text, Path("text"))).value();
          },
          py::arg("text"))
      .def("evaluate", &EvaluateQuery, py::arg("store"), py::arg("at"), py::kw_only(),
           py::arg("matchers") = py::none(), py::arg("lookback") = py::none(),
           "The answer at a time, with what a scaler has to know about it.")
      .def("evaluate_range", &EvaluateRange, py::arg("store"), py::arg("start"), py::arg("end"),
           py::arg("step"), py::kw_only(), py::arg("matchers") = py::none(),
           py::arg("lookback") = py::none(), "The answers from start to end, every step: a matrix.")
      .def_property_readonly("text", &Query::text, "What was compiled.")
      .def_property_readonly(
          "longest_range", [](const Query& self) { return WriteDuration(self.longest_range()); },
          "Of its range selectors, in seconds; 0: there is none.");
}

}  // namespace

std::size_t ObserveMany(SeriesStore& store, const py::object& metric, const py::object& labels,
                        const py::object& rows) {
  const std::string name = ReadString(metric, Path("metric"));
  const Labels of = ReadLabels(labels, "labels");
  const Rows samples(rows);
  const py::gil_scoped_release unlocked;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Result<Rows::Sample> sample = samples.At(i);
    const Status status =
        sample ? store.Ingest(name, of, sample->value, sample->at) : Status(sample.error());
    if (status) continue;
    throw ResultError(
        {status.error().code, "rows[" + std::to_string(i) + "]: " + status.error().message});
  }
  return samples.size();
}

void BindSeries(py::module_& module) {
  py::class_<SeriesStore>(module, "SeriesStore", "The samples of the recent past, bounded.")
      .def(py::init([](const py::kwargs& options) {
             return std::make_unique<SeriesStore>(
                 Convert<SeriesStoreOptions>::From(options, Path("series")));
           }),
           "Takes the fields of SeriesStoreOptions.")
      .def("ingest", &IngestOne, py::arg("metric"), py::arg("labels"), py::arg("value"),
           py::arg("at"), "One sample; from any thread.")
      .def("observe_many", &ObserveMany, py::arg("metric"), py::arg("labels"), py::arg("rows"),
           "All rows of an array of (time, value), read in place; how many there were.")
      .def("ingest_page", &IngestOnePage, py::arg("page"), py::arg("at"),
           py::arg("target") = py::none(), py::kw_only(), py::arg("lenient") = false,
           "A page in Prometheus text format: all or nothing, or without lines that are wrong.")
      .def("mark_stale", &EndTarget, py::arg("target"), py::arg("at"),
           "Ends every series of the target.")
      .def("stats", &SeriesStore::stats, "What it holds and has refused.");
  BindQuery(module);
}

}  // namespace tidegate::python
