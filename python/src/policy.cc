// SPDX-License-Identifier: Apache-2.0
#include "policy.h"

#include <pybind11/stl.h>

#include <string_view>
#include <utility>
#include <vector>

#include "errors.h"
#include "fields_plan.h"
#include "tidegate/policy.h"

namespace tidegate::python {

namespace {

std::string Quoted(const std::string& name) { return "policy \"" + name + "\""; }

class PythonPolicy final : public Policy {
 public:
  PythonPolicy(std::string name, HeldObject object)
      : name_(std::move(name)), object_(std::move(object)) {}

  std::string_view name() const noexcept override { return name_; }

  Status Propose(const PolicyInput& input, Proposal& proposal) const override {
    const py::gil_scoped_acquire gil;
    try {
      OwnedPolicyInput owned{input.spec,
                             input.observation,
                             {input.readings.begin(), input.readings.end()},
                             input.history,
                             input.now};
      const py::object answer = object_->attr("propose")(std::move(owned));
      proposal = Convert<Proposal>::From(answer, Path(name_));
      return {};
    } catch (py::error_already_set& raised) {
      return FromPython(raised, Quoted(name_));
    } catch (const ResultError& wrong) {
      return Error{wrong.error().code, Quoted(name_) + " answered " + wrong.error().message};
    } catch (const std::exception& failed) {
      return Error{ErrorCode::kInternal, Quoted(name_) + " failed: " + failed.what()};
    }
  }

 private:
  std::string name_;
  HeldObject object_;
};

bool Proposes(const py::object& object) {
  return PyType_Check(object.ptr()) == 0 && py::hasattr(object, "propose");
}

Result<std::unique_ptr<Policy>> Instance(const std::string& name, const HeldObject& object,
                                         const PolicyOptions& options) {
  if (!options.empty()) {
    return Error{ErrorCode::kInvalidArgument, Quoted(name) + " takes no options, got \"" +
                                                  options.begin()->first +
                                                  "\"; register its class instead of an object"};
  }
  return std::unique_ptr<Policy>(std::make_unique<PythonPolicy>(name, object));
}

Result<std::unique_ptr<Policy>> FromFactory(const std::string& name, const HeldObject& factory,
                                            const PolicyOptions& options) {
  const py::gil_scoped_acquire gil;
  try {
    py::dict keywords;
    for (const auto& [key, value] : options) keywords[py::str(key)] = value;
    py::object made = (*factory)(**keywords);
    if (!Proposes(made)) {
      return Error{ErrorCode::kInvalidArgument,
                   Quoted(name) + ": want an object with propose(input), got " + Show(made)};
    }
    return std::unique_ptr<Policy>(std::make_unique<PythonPolicy>(name, Hold(std::move(made))));
  } catch (py::error_already_set& raised) {
    Error error = FromPython(raised, Quoted(name));
    error.code = ErrorCode::kInvalidArgument;
    return error;
  }
}

}  // namespace

HeldObject Hold(py::object object) {
  return {new py::object(std::move(object)), [](py::object* held) {
            if (Py_IsInitialized() == 0) return;  // the interpreter is gone, and its objects too
            const py::gil_scoped_acquire gil;
            delete held;
          }};
}

void AddPolicy(PolicyRegistry& registry, const std::string& name, const py::object& policy) {
  const bool instance = Proposes(policy);
  if (!instance && PyCallable_Check(policy.ptr()) == 0) {
    FailWant(Path("policies").Entry(name), "an object with propose(input), or its class", policy);
  }
  HeldObject held = Hold(policy);
  registry.Add(name, [name, held, instance](const PolicyOptions& options) {
    return instance ? Instance(name, held, options) : FromFactory(name, held, options);
  });
}

PolicyRegistry ReadPolicies(const py::object& policies) {
  if (policies.is_none()) return BuiltinPolicies();
  if (py::isinstance<PolicyRegistry>(policies)) return policies.cast<const PolicyRegistry&>();
  PolicyRegistry registry = BuiltinPolicies();
  const Path path("policies");
  for (const auto& [name, policy] : ReadMapping(policies, path, "a PolicyRegistry or a dict")) {
    AddPolicy(registry, ReadString(name, path), py::reinterpret_borrow<py::object>(policy));
  }
  return registry;
}

void BindPolicies(py::module_& module) {
  py::class_<PolicyRegistry>(module, "PolicyRegistry",
                             "Names to policies; has those that Tidegate ships.")
      .def(py::init(&BuiltinPolicies))
      .def(
          "add",
          [](PolicyRegistry& self, const py::object& policy, const py::object& name) {
            const py::object chosen = name.is_none() ? py::getattr(policy, "name", name) : name;
            AddPolicy(self, ReadString(chosen, Path("name")), policy);
          },
          py::arg("policy"), py::arg("name") = py::none(),
          "Adds an object with propose(input), or its class; the name defaults to its own.")
      .def("names", &PolicyRegistry::names, "The names that there are, sorted.");
}

}  // namespace tidegate::python
