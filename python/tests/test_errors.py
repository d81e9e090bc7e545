# SPDX-License-Identifier: Apache-2.0
"""One exception class for each error code; errors are values where they are not raised."""

import pytest

import tidegate

CODES = [
    "InvalidArgument",
    "NotFound",
    "NoData",
    "Unavailable",
    "DeadlineExceeded",
    "Conflict",
    "PermissionDenied",
    "Internal",
]


@pytest.mark.parametrize("code", CODES)
def test_one_class_for_each_code(code):
    cls = getattr(tidegate, f"{code}Error")
    error = cls("what is wrong")
    assert isinstance(error, tidegate.Error)
    assert (error.code, error.message, str(error)) == (code, "what is wrong", "what is wrong")
    assert cls.__module__ == "tidegate"
    assert cls.__doc__


def test_there_are_no_other_classes():
    classes = [
        value
        for value in vars(tidegate).values()
        if isinstance(value, type)
        and issubclass(value, tidegate.Error)
        and value is not tidegate.Error
    ]
    assert sorted(cls.code for cls in classes) == sorted(CODES)


def test_pythons_own_kinds_catch_them_too():
    with pytest.raises(ValueError, match="^spec.max_replicas: "):
        tidegate.ScalingSpec(max_replicas="seven")
    assert issubclass(tidegate.NotFoundError, LookupError)


@pytest.mark.parametrize("code", CODES)
def test_errors_are_values(code):
    reading = tidegate.Reading(error=getattr(tidegate, f"{code}Error")("no answer"))
    assert type(reading.error) is getattr(tidegate, f"{code}Error")
    assert reading.to_dict()["error"] == {"code": code, "message": "no answer"}
    assert tidegate.Reading.from_dict(reading.to_dict()) == reading
    assert reading != tidegate.Reading(error=tidegate.InternalError("another"))


@pytest.mark.parametrize(
    "wrong",
    [
        ValueError("x"),
        "x",
        {"code": "NoData"},
        {"code": "Nothing", "message": "x"},
        {"code": "NoData", "message": 3},
    ],
)
def test_what_is_no_error(wrong):
    with pytest.raises(tidegate.InvalidArgumentError, match=r"^reading\.error"):
        tidegate.Reading(error=wrong)
