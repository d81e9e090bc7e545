# SPDX-License-Identifier: Apache-2.0
"""The value classes: keywords in, attributes out, ==, repr, dicts, and what they refuse."""

import copy
import datetime
import inspect
import json
import pickle

import numpy
import pytest

import tidegate

VALUE_CLASSES = [
    cls for _, cls in inspect.getmembers(tidegate, inspect.isclass) if hasattr(cls, "__fields__")
]


def test_there_are_value_classes():
    assert tidegate.ScalingSpec in VALUE_CLASSES
    assert len(VALUE_CLASSES) >= 30


@pytest.mark.parametrize("cls", VALUE_CLASSES, ids=lambda cls: cls.__name__)
def test_every_class_survives_its_own_dict_and_json(cls):
    value = cls()
    plain = value.to_dict()
    assert list(plain) == list(cls.__match_args__)
    assert cls.from_dict(plain) == value
    assert cls.from_dict(json.loads(json.dumps(plain))) == value
    assert cls(**plain) == value
    assert cls.__name__ in repr(value)


@pytest.mark.parametrize("cls", VALUE_CLASSES, ids=lambda cls: cls.__name__)
def test_every_class_is_immutable_unhashable_and_not_pickled(cls):
    value = cls()
    with pytest.raises(AttributeError):
        setattr(value, cls.__match_args__[0], None)
    with pytest.raises(TypeError, match="unhashable"):
        hash(value)
    with pytest.raises(TypeError, match=f"cannot pickle {cls.__name__}; keep its to_dict"):
        pickle.dumps(value)
    assert copy.copy(value) == value
    assert copy.deepcopy([value]) == [value]
    assert value != "something else"


def test_keywords_become_attributes(spec):
    assert (spec.workload, spec.min_replicas, spec.max_replicas) == ("web", 1, 7)
    (metric,) = spec.metrics
    assert (metric.type, metric.name) == ("Pods", "queue")
    assert metric.target.average_value == 10.0
    assert metric.target.value is None
    assert spec.behavior is None
    assert spec.hpa.tolerance == 0.1


def test_nested_values_may_be_dicts(spec):
    same = tidegate.ScalingSpec(
        workload="web",
        max_replicas=7,
        metrics=({"name": "queue", "target": {"average_value": "10"}},),
    )
    assert same == spec


def test_replace_makes_a_copy(spec):
    wider = spec.replace(max_replicas=9)
    assert (spec.max_replicas, wider.max_replicas) == (7, 9)
    assert wider.metrics == spec.metrics
    assert wider != spec


def test_collections_cannot_be_changed_by_accident(spec):
    with pytest.raises(AttributeError):
        spec.metrics.append(tidegate.MetricSpec())
    policy = tidegate.PolicySpec(name="p", options={"horizon": "30s"})
    with pytest.raises(TypeError):
        policy.options["horizon"] = "60s"
    assert policy.options == {"horizon": "30s"}


def test_repr_names_what_is_not_default(spec):
    assert repr(tidegate.ScalingSpec()) == "ScalingSpec()"
    assert repr(tidegate.Step(stage="bounds", replicas=7, reason="cap")) == (
        "Step(stage='bounds', replicas=7, reason='cap')"
    )
    assert eval(repr(spec), vars(tidegate)) == spec


def test_values_match_patterns():
    namespace = {"tidegate": tidegate, "step": tidegate.Step(stage="hold", replicas=3)}
    exec(
        "match step:\n"
        "    case tidegate.Step('hold', replicas):\n"
        "        held = replicas\n",
        namespace,
    )
    assert namespace["held"] == 3


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"max_replicas": "seven"}, 'spec.max_replicas: want an integer, got "seven"'),
        ({"max_replicas": 7.5}, "spec.max_replicas: want an integer, got 7.5"),
        ({"max_replicas": True}, "spec.max_replicas: want an integer, got True"),
        ({"max_replicas": None}, "spec.max_replicas: want an integer, got None"),
        (
            {"max_replicas": 2**31},
            "spec.max_replicas: want an integer from -2147483648 to 2147483647, got 2147483648",
        ),
        ({"max_replica": 7}, 'spec: no field "max_replica"; the nearest is "max_replicas"'),
        ({"workload": 3}, "spec.workload: want text, got 3"),
        ({"metrics": "queue"}, 'spec.metrics: want a list, got "queue"'),
        ({"metrics": {"name": "q"}}, "spec.metrics: want a list, got {'name': 'q'}"),
        ({"metrics": [3]}, "spec.metrics[0]: want a MetricSpec or a dict, got 3"),
        (
            {"metrics": [{}, {"type": "Pod"}]},
            'spec.metrics[1].type: want one of "Resource", "ContainerResource", "Pods", "Object",'
            ' "External", "Unknown", got "Pod"',
        ),
        (
            {"metrics": [{"target": {"averageValue": 1}}]},
            'spec.metrics[0].target: no field "averageValue"; the nearest is "average_value"',
        ),
        (
            {"metrics": [{"target": {"value": "fast"}}]},
            'spec.metrics[0].target.value: want a number or a quantity such as "1500m",'
            ' got "fast"',
        ),
        (
            {"metrics": [{"selector": {"match_labels": {"app": 1}}}]},
            'spec.metrics[0].selector.match_labels["app"]: want text, got 1',
        ),
        (
            {"behavior": {"scale_down": {"stabilization_window_seconds": "5 min"}}},
            "spec.behavior.scale_down.stabilization_window_seconds: want seconds, a timedelta or a"
            ' duration such as "5m", got "5 min"',
        ),
        ({"hpa": {"tolerance": "0.1"}}, 'spec.hpa.tolerance: want a number, got "0.1"'),
        ({"workload": "x", 3: 4}, "spec: want text, got 3"),
    ],
)
def test_what_is_wrong_is_said_with_path_and_value(keywords, message):
    with pytest.raises(tidegate.InvalidArgumentError) as raised:
        tidegate.ScalingSpec.from_dict(keywords)
    assert str(raised.value) == message


def test_long_values_are_cut_in_messages():
    with pytest.raises(tidegate.InvalidArgumentError, match="x…$"):
        tidegate.ScalingSpec(max_replicas="x" * 1000)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (2, 2.0),
        (1.5, 1.5),
        (0.1, 0.1),
        ("1500m", 1.5),
        ("1Gi", 2.0**30),
        ("0.0001", 0.001),  # rounds up, as Kubernetes does
        (numpy.float32(0.5), 0.5),
        (numpy.int64(3), 3.0),
        (9_000_000_000_000_000, 9e15),
    ],
)
def test_quantities(written, read):
    assert tidegate.MetricTarget(value=written).value == read


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), 1e16, 10**16, "1 Gi", True, [1]])
def test_no_quantities(wrong):
    with pytest.raises(tidegate.InvalidArgumentError, match="^target.value: want "):
        tidegate.MetricTarget(value=wrong)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (15, 15.0),
        (0.25, 0.25),
        ("1h30m", 5400.0),
        ("1.5s", 1.5),
        ("250ms", 0.25),
        (datetime.timedelta(days=1, microseconds=1), 86400.000001),
    ],
)
def test_durations(written, read):
    assert tidegate.ScalingPolicy(period_seconds=written).period_seconds == read


@pytest.mark.parametrize("wrong", ["", "5", "m", "5x", "1.2.3s", float("nan"), 1e11, None, True])
def test_no_durations(wrong):
    with pytest.raises(tidegate.InvalidArgumentError, match="^policy.period_seconds: want "):
        tidegate.ScalingPolicy(period_seconds=wrong)


@pytest.mark.parametrize(
    ("written", "nanoseconds"),
    [
        (0, 0),
        (1.5, 1_500_000_000),
        (-0.5, -500_000_000),
        (1_700_000_000.25, 1_700_000_000_250_000_000),
        (1_700_000_000_123_456_789, 1_700_000_000_123_456_789),
        (
            datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc),
            1_704_067_200_000_000_000,
        ),
        (
            datetime.datetime(
                2024, 1, 1, 1, 0, 0, 7, tzinfo=datetime.timezone(datetime.timedelta(hours=1))
            ),
            1_704_067_200_000_007_000,
        ),
        (numpy.float64(2.0), 2_000_000_000),
        (numpy.int64(2_000_000_000), 2_000_000_000),
    ],
)
def test_instants_are_read_and_given_as_exact_nanoseconds(written, nanoseconds):
    event = tidegate.ScaleEvent(time=written)
    assert event.time == nanoseconds
    assert type(event.time) is int
    assert tidegate.ScaleEvent(time=event.time) == event


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (30, "write 30.0 for seconds"),
        (datetime.datetime(2024, 1, 1), "want a datetime with a time zone"),
        (float("nan"), "want float seconds, int nanoseconds or a datetime, got nan"),
        ("now", 'want float seconds, int nanoseconds or a datetime, got "now"'),
        (2**63, "want an integer from"),
        (True, "want float seconds, int nanoseconds or a datetime, got True"),
    ],
)
def test_no_instants(wrong, message):
    with pytest.raises(tidegate.InvalidArgumentError, match="^event.time: ") as raised:
        tidegate.ScaleEvent(time=wrong)
    assert message in str(raised.value)


@pytest.mark.parametrize("ready", [True, False, "Unknown", None])
def test_ready_has_four_states(ready):
    assert tidegate.Replica(ready=ready).ready is ready or ready == "Unknown"
    assert tidegate.Replica(ready=ready).ready == ready


def test_ready_is_nothing_else():
    with pytest.raises(tidegate.InvalidArgumentError, match='^replica.ready: .* got "True"'):
        tidegate.Replica(ready="True")


def test_ports_are_sixteen_bits():
    assert tidegate.Replica(ports={"http": 8000}).ports == {"http": 8000}
    with pytest.raises(tidegate.InvalidArgumentError, match=r'^replica.ports\["http"\]: '):
        tidegate.Replica(ports={"http": 65536})


def test_observation_of_ready_replicas():
    seen = tidegate.Observation.all_ready(2, since=10.0, prefix="web-")
    assert (seen.spec_replicas, seen.status_replicas) == (2, 2)
    assert [replica.name for replica in seen.replicas] == ["web-0", "web-1"]
    assert all(replica.serving for replica in seen.replicas)
    assert seen.replicas[0].start_time == 10_000_000_000
    assert not tidegate.Replica(phase="Running", ready=True, terminating=True).serving


def test_a_behavior_given_in_part_has_the_rest_of_hpas_defaults():
    behavior = tidegate.Behavior(scale_down={"stabilization_window_seconds": 60})
    defaults = tidegate.default_behavior()
    assert behavior.scale_up == defaults.scale_up
    assert behavior.scale_down.stabilization_window_seconds == 60.0
    assert behavior.scale_down.policies == defaults.scale_down.policies
    assert tidegate.Behavior() == defaults
    own = tidegate.Behavior(scale_up={"policies": [{"value": 1, "period_seconds": 60}]})
    assert [policy.value for policy in own.scale_up.policies] == [1]


def test_a_number_of_devices_is_a_plain_number():
    budget = tidegate.DeviceLimit(model="a100-40gb", devices=2)
    assert budget.devices == 2 and isinstance(budget.devices, int)
    with pytest.raises(tidegate.InvalidArgumentError, match="want an integer"):
        tidegate.DeviceLimit(devices=1.5)
