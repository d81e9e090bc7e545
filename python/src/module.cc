// SPDX-License-Identifier: Apache-2.0
#include <pybind11/pybind11.h>

#include "bind.h"
#include "errors.h"
#include "policy.h"

PYBIND11_MODULE(_core, module) {
  namespace python = tidegate::python;
  module.doc() = "In-process autoscaling: what the package tidegate is made of.";
  module.attr("__version__") = TIDEGATE_VERSION;
  python::BindErrors(module);
  python::BindValues(module);
  python::BindPolicies(module);
  python::BindPlan(module);
  python::BindSeries(module);
  python::BindClock(module);
  python::BindController(module);
}
