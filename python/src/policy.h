// SPDX-License-Identifier: Apache-2.0
//
// Policies written in Python: a C++ adapter owns the object and takes the GIL for each call.
//
// Not a class to derive from: an object's overrides would be lost once Python let go of it, while
// C++ still holds it.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <string>

#include "tidegate/policy_registry.h"

namespace tidegate::python {

namespace py = pybind11;

/// A Python object that may be copied and dropped without the GIL. Looking at it needs the GIL.
using HeldObject = std::shared_ptr<py::object>;
HeldObject Hold(py::object object);

/// `policy` has propose(self, input), or makes such an object from options as keywords.
void AddPolicy(PolicyRegistry& registry, const std::string& name, const py::object& policy);

/// None: the policies that Tidegate ships; a PolicyRegistry; or a dict of more policies.
PolicyRegistry ReadPolicies(const py::object& policies);

void BindPolicies(py::module_& module);

}  // namespace tidegate::python
