# SPDX-License-Identifier: Apache-2.0
"""decide() and plan_tick(): pure functions of what is handed in."""

import datetime
import threading

import pytest

import tidegate


def test_load_above_target_scales_up_and_says_why(spec, reading):
    seen = tidegate.Observation.all_ready(2, since=-600.0)
    output = tidegate.decide(spec, seen, [reading(seen, 15)], tidegate.History(), 15.0)
    assert (output.decision.current, output.decision.desired) == (2, 3)
    assert output.decision.proposed == 3
    assert output.command == tidegate.ScaleCommand(workload="web", replicas=3)
    assert output.decision.reason == "pods metric queue above target"
    (step,) = output.decision.steps
    assert (step.stage, step.replicas) == ("policy", 3)
    assert "15" in step.reason
    (trace,) = output.decision.metrics
    assert (trace.usage, trace.target, trace.ratio) == (15.0, 10.0, 1.5)
    assert trace.groups == ("ready", "ready")


def test_the_bound_is_a_step(spec, reading):
    seen = tidegate.Observation.all_ready(6, since=-600.0)
    output = tidegate.decide(spec, seen, [reading(seen, 30)], None, 15.0)
    assert output.decision.desired == 7
    assert output.decision.steps[-1].stage == "bounds"


def test_missing_data_holds_and_says_why(spec):
    seen = tidegate.Observation.all_ready(3, since=-600.0)
    nothing = tidegate.Reading(error=tidegate.NoDataError("no samples of queue"))
    output = tidegate.decide(spec, seen, [nothing], None, 15.0)
    assert output.decision.desired == 3
    assert output.command is None
    assert isinstance(output.decision.error, tidegate.NoDataError)
    assert "no samples of queue" in str(output.decision.error)


def test_doubt_holds_on_the_way_down(spec, reading):
    seen = tidegate.Observation.all_ready(3, since=-600.0)
    doubtful = reading(seen, 1).replace(
        doubts=[{"kind": "stale", "replica": "replica-1", "detail": "newest sample is 6 s old"}]
    )
    output = tidegate.decide(spec, seen, [doubtful], None, 15.0)
    assert output.decision.desired == 3
    assert output.decision.steps[-1].stage == "hold"
    assert "replica-1 stale (newest sample is 6 s old)" in output.decision.steps[-1].reason


def test_an_unobservable_backend_holds(spec):
    output = tidegate.decide(
        spec,
        tidegate.Observation(spec_replicas=4),
        [],
        None,
        15.0,
        error=tidegate.UnavailableError("connection refused"),
    )
    assert output.decision.desired == 4
    assert isinstance(output.decision.error, tidegate.UnavailableError)


def test_history_in_history_out(spec, reading):
    few = tidegate.Observation.all_ready(4, since=-600.0)
    first = tidegate.decide(spec, few, [reading(few, 10)], tidegate.History(), 0.0)
    assert first.decision.desired == 4
    held = tidegate.decide(spec, few, [reading(few, 2)], first.next, 299.0)
    assert held.decision.desired == 4
    assert held.decision.steps[-1].stage == "stabilize"
    later = tidegate.decide(spec, few, [reading(few, 2)], held.next, 301.0)
    assert later.decision.desired == 1
    assert len(later.command.victims) == 3
    # The same call again: nothing was remembered outside of the history.
    assert tidegate.decide(spec, few, [reading(few, 2)], held.next, 301.0) == later


@pytest.mark.parametrize(
    "now",
    [15.0, 15_000_000_000, datetime.datetime(1970, 1, 1, 0, 0, 15, tzinfo=datetime.timezone.utc)],
)
def test_now_in_three_forms(spec, reading, now):
    seen = tidegate.Observation.all_ready(2, since=-600.0)
    output = tidegate.decide(spec, seen, [reading(seen, 15)], None, now)
    assert output.next.recommendations[-1].time == 15_000_000_000


def test_arguments_are_checked_by_path(spec):
    seen = tidegate.Observation.all_ready(2)
    with pytest.raises(tidegate.InvalidArgumentError, match="^now: the int 15 is 15 nanoseconds"):
        tidegate.decide(spec, seen, [], None, 15)
    with pytest.raises(tidegate.InvalidArgumentError, match=r"^readings\[1\]: want a Reading"):
        tidegate.decide(spec, seen, [tidegate.Reading(), 3], None, 15.0)
    with pytest.raises(tidegate.InvalidArgumentError, match="^spec: want a ScalingSpec or a dict"):
        tidegate.decide("web", seen, [], None, 15.0)
    with pytest.raises(TypeError):
        tidegate.decide(spec, seen)


def test_an_unknown_policy_is_named(spec):
    wanted = spec.replace(policies=[{"name": "magic"}])
    with pytest.raises(tidegate.NotFoundError, match='"magic".*target_tracking'):
        tidegate.decide(wanted, tidegate.Observation.all_ready(1), [], None, 15.0)


def test_plan_tick_is_decide_for_each(spec, reading):
    seen = tidegate.Observation.all_ready(2, since=-600.0)
    workloads = [
        tidegate.WorkloadInput(
            spec=spec.replace(workload=name), observation=seen, readings=[reading(seen, load)]
        )
        for name, load in [("a", 5), ("b", 30)]
    ]
    output = tidegate.plan_tick(tidegate.TickInput(now=15.0, workloads=workloads))
    alone = [
        tidegate.decide(item.spec, item.observation, item.readings, item.history, 15.0)
        for item in workloads
    ]
    assert list(output.workloads) == alone
    assert [item.decision.workload for item in output.workloads] == ["a", "b"]


def test_a_tick_survives_json(spec, reading):
    seen = tidegate.Observation.all_ready(2, since=-600.0)
    tick = tidegate.TickInput(
        now=1_700_000_000_123_456_789,
        workloads=[{"spec": spec, "observation": seen, "readings": [reading(seen, 15)]}],
    )
    again = tidegate.TickInput.from_dict(tick.to_dict())
    assert again == tick
    assert tidegate.plan_tick(again) == tidegate.plan_tick(tick)


def test_record_scale_feeds_the_rate_limits(spec):
    limited = spec.replace(
        behavior={"scale_up": {"policies": [{"value": 2, "period_seconds": 60}]}}
    )
    before = tidegate.History()
    after = tidegate.record_scale(limited, 1, 3, 15.0, before)
    assert before == tidegate.History()
    assert [(event.change, event.time) for event in after.scale_up_events] == [(2, 15_000_000_000)]


def test_threads_may_decide_at_once(spec, reading):
    seen = tidegate.Observation.all_ready(3, since=-600.0)
    wanted = tidegate.decide(spec, seen, [reading(seen, 15)], None, 15.0)
    different = []

    def decide_often():
        for _ in range(200):
            if tidegate.decide(spec, seen, [reading(seen, 15)], None, 15.0) != wanted:
                different.append(threading.get_ident())

    threads = [threading.Thread(target=decide_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert different == []
