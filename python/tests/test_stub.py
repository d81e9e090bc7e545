# SPDX-License-Identifier: Apache-2.0
"""The stub says what the module is: names, keywords, types."""

import ast
import importlib.resources
import inspect
import re
import subprocess
import sys

import pytest

import tidegate
import tidegate._core

STUB = ast.parse(importlib.resources.files(tidegate).joinpath("_core.pyi").read_text())
# What every Python object has, or the stub need not say again.
INHERITED = set(dir(Exception)) | {"__module__", "__match_args__", "__fields__", "__copy__", "__deepcopy__"}
# What the module's classes have for pybind11's sake.
INTERNAL = re.compile(r"^_pybind11_|^__weakref__$|^__cpp")


def stub_classes():
    return {
        node.name: node
        for node in STUB.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    }


def stub_functions(body):
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef)}


def public(namespace):
    return {name for name in namespace if not name.startswith("_")}


def test_the_package_and_the_stub_name_the_same():
    assigned = {"__version__"}
    stubbed = set(stub_classes()) | set(stub_functions(STUB.body)) | assigned
    assert stubbed == set(tidegate.__all__)
    assert public(vars(tidegate._core)) | assigned == stubbed
    assert all(hasattr(tidegate, name) for name in tidegate.__all__)
    assert list(tidegate.__all__) == sorted(tidegate.__all__)


@pytest.mark.parametrize("name", sorted(stub_classes()))
def test_each_class_has_the_members_of_its_stub(name):
    node = stub_classes()[name]
    cls = getattr(tidegate, name)
    stubbed = set(stub_functions(node.body)) | {
        item.target.id for item in node.body if isinstance(item, ast.AnnAssign)
    }
    real = {member for member in vars(cls) if not INTERNAL.search(member)} - INHERITED
    if issubclass(cls, tidegate.Error):
        stubbed |= {"code"}
        real |= {"code"}
        assert [base.__name__ for base in cls.__bases__] == [base.id for base in node.bases]
    assert stubbed - INHERITED == real
    for member, function in stub_functions(node.body).items():
        is_property = any(
            isinstance(decorator, ast.Name) and decorator.id == "property"
            for decorator in function.decorator_list
        )
        assert isinstance(inspect.getattr_static(cls, member), property) == is_property


def arguments(function):
    args = function.args
    return [arg.arg for arg in args.args + args.kwonlyargs if arg.arg != "self"]


def real_arguments(function):
    signature = function.__doc__.splitlines()[0]
    inside = re.match(r"^\w+\((.*)\) -> ", signature).group(1)
    names = re.findall(r"(?:^|, )(\w+): ", re.sub(r"\[[^][]*\]", "", inside))
    return [name for name in names if name not in ("self", "arg0")]


def checked_functions():
    for name, node in stub_functions(STUB.body).items():
        yield name, node, getattr(tidegate, name)
    for owner in ["PolicyRegistry", "Query", "SimClock", "Controller", "SeriesStore"]:
        for name, node in stub_functions(stub_classes()[owner].body).items():
            real = inspect.getattr_static(getattr(tidegate, owner), name)
            if isinstance(real, property) or name in ("__enter__", "__exit__"):
                continue
            if (owner, name) == ("SeriesStore", "__init__"):
                continue  # **keywords: the fields of SeriesStoreOptions, see below
            yield f"{owner}.{name}", node, getattr(getattr(tidegate, owner), name)


@pytest.mark.parametrize(
    ("node", "real"), [pytest.param(*rest, id=name) for name, *rest in checked_functions()]
)
def test_each_function_has_the_arguments_of_its_stub(node, real):
    assert arguments(node) == real_arguments(real)


def test_a_store_takes_its_options_fields():
    init = stub_functions(stub_classes()["SeriesStore"].body)["__init__"]
    assert arguments(init) == list(tidegate.SeriesStoreOptions.__match_args__)


def test_the_stub_is_what_the_module_says_it_is(repository):
    made = subprocess.run(
        [sys.executable, repository / "python/tools/make_stub.py", "--check"],
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    installed = importlib.resources.files(tidegate).joinpath("_core.pyi").read_text()
    assert installed == (repository / "python/tidegate/_core.pyi").read_text()
    assert importlib.resources.files(tidegate).joinpath("py.typed").is_file()


def test_a_type_checker_agrees(repository):
    checked = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--no-error-summary"),
            *("--cache-dir", repository / "build/mypy-cache"),
            *("--config-file", repository / "pyproject.toml"),
            repository / "python/tests/typed_usage.py",
        ],
        capture_output=True,
        text=True,
    )
    assert checked.stdout + checked.stderr == ""
    assert checked.returncode == 0
