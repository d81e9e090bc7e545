# SPDX-License-Identifier: Apache-2.0
"""Policies written in Python."""

import gc
import weakref

import pytest

import tidegate


class Fixed:
    """Believes in one number."""

    name = "fixed"

    def __init__(self, replicas="5"):
        self.replicas = int(replicas)

    def propose(self, input):
        return tidegate.Proposal(replicas=self.replicas, reason=f"always {self.replicas}")


def decide(spec, policies, options=None, count=4):
    wanted = spec.replace(policies=[{"name": "mine", "options": options or {}}])
    seen = tidegate.Observation.all_ready(count, since=-600.0)
    return tidegate.decide(wanted, seen, [tidegate.Reading()], None, 15.0, policies=policies)


def test_an_object_decides(spec):
    output = decide(spec, {"mine": Fixed()})
    assert output.decision.desired == 5
    assert output.decision.steps[0] == tidegate.Step(
        stage="policy", replicas=5, wanted=5, cause="proposal", reason="mine: always 5"
    )


def test_a_class_is_made_from_options(spec):
    assert decide(spec, {"mine": Fixed}, {"replicas": "6"}).decision.desired == 6
    assert decide(spec, {"mine": Fixed}).decision.desired == 5


def test_options_for_an_object_are_refused(spec):
    with pytest.raises(tidegate.InvalidArgumentError, match='"mine" takes no options, got "x"'):
        decide(spec, {"mine": Fixed()}, {"x": "1"})


def test_wrong_options_are_the_makers_exception(spec):
    with pytest.raises(tidegate.InvalidArgumentError, match='"mine" raised TypeError: .*horizon'):
        decide(spec, {"mine": Fixed}, {"horizon": "1"})
    with pytest.raises(tidegate.InvalidArgumentError, match='"mine" raised ValueError: '):
        decide(spec, {"mine": Fixed}, {"replicas": "many"})
    with pytest.raises(tidegate.InvalidArgumentError, match='"mine": want an object .* got 7'):
        decide(spec, {"mine": lambda: 7})


def test_a_policy_sees_its_whole_input_and_may_keep_it(spec):
    kept = []

    class Curious:
        def propose(self, input):
            kept.append(input)
            return tidegate.Proposal(replicas=1, reason="")

    decide(spec, {"mine": Curious()})
    (seen,) = kept
    assert isinstance(seen, tidegate.PolicyInput)
    assert seen.spec.workload == "web"
    assert len(seen.observation.replicas) == 4
    assert seen.readings == (tidegate.Reading(),)
    assert seen.history.recommendations is None
    assert seen.now == 15_000_000_000


def test_policies_combine_by_the_largest(spec):
    both = spec.replace(policies=[{"name": "low"}, {"name": "high"}])
    output = tidegate.decide(
        both,
        tidegate.Observation.all_ready(4, since=-600.0),
        [tidegate.Reading()],
        None,
        15.0,
        policies={"low": Fixed(2), "high": Fixed(6)},
    )
    assert output.decision.desired == 6
    assert [step.stage for step in output.decision.steps] == ["policy", "policy", "combine"]


class Raises:
    def __init__(self, exception):
        self.exception = exception

    def propose(self, input):
        raise self.exception


def test_an_exception_holds_its_workload(spec):
    output = decide(spec, {"mine": Raises(ZeroDivisionError("by zero"))})
    assert output.decision.desired == 4
    assert isinstance(output.decision.error, tidegate.InternalError)
    message = str(output.decision.error)
    assert message.startswith('policy "mine" raised ZeroDivisionError: by zero (')
    assert "test_policy.py:" in message


def test_tidegates_errors_keep_their_code(spec):
    output = decide(spec, {"mine": Raises(tidegate.NoDataError("too short a window"))})
    assert output.decision.desired == 4
    assert isinstance(output.decision.error, tidegate.NoDataError)
    assert str(output.decision.error) == 'policy "mine": too short a window'


def test_ctrl_c_in_a_policy_is_not_swallowed(spec, ctrl_c):
    with pytest.raises(KeyboardInterrupt):
        decide(spec, {"mine": Raises(KeyboardInterrupt())})
        for _ in range(1000):
            pass


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "want a Proposal or a dict, got None"),
        (7, "want a Proposal or a dict, got 7"),
        ({"replicas": "seven"}, 'mine.replicas: want an integer, got "seven"'),
    ],
)
def test_a_wrong_answer_holds(spec, answer, message):
    class Wrong:
        def propose(self, input):
            return answer

    output = decide(spec, {"mine": Wrong()})
    assert output.decision.desired == 4
    assert message in str(output.decision.error)


@pytest.mark.parametrize("wrong", [7, "text", None])
def test_what_is_no_policy(wrong):
    with pytest.raises(tidegate.InvalidArgumentError, match=r'^policies\["mine"\]: want an object'):
        tidegate.PolicyRegistry().add(wrong, name="mine")


def test_a_registry_has_the_shipped_ones_and_takes_more(spec):
    registry = tidegate.PolicyRegistry()
    assert "target_tracking" in registry.names()
    registry.add(Fixed())
    registry.add(Fixed(6), name="mine")
    assert {"fixed", "mine"} <= set(registry.names())
    assert decide(spec, registry).decision.desired == 6
    with pytest.raises(tidegate.InvalidArgumentError, match="^name: want text, got None"):
        registry.add(lambda: Fixed())


def test_a_policy_lives_as_long_as_its_controller_and_no_longer(spec):
    policy = Fixed()
    alive = weakref.ref(policy)
    wanted = spec.replace(policies=[{"name": "mine"}])
    controller = tidegate.Controller(
        [wanted], policies={"mine": policy}, clock=tidegate.SimClock(15.0)
    )
    controller.set_replicas("web", tidegate.Observation.all_ready(4, since=-600.0))
    del policy
    gc.collect()
    assert alive() is not None
    assert controller.tick().workloads[0].decision.desired == 5
    del controller
    gc.collect()
    assert alive() is None
