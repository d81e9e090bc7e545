# SPDX-License-Identifier: Apache-2.0
"""What a typed program writes. A type checker must accept it all, and refuse each marked line:
a mark that is not needed is an error as well."""

from datetime import timedelta

import tidegate


class Threshold:
    """One replica more while the first reading is above a limit."""

    name = "threshold"

    def __init__(self, limit: str = "10") -> None:
        self.limit = float(limit)

    def propose(self, input: tidegate.PolicyInput) -> tidegate.Proposal:
        value = max((each.value for each in input.readings[0].replicas), default=0.0)
        more = 1 if value > self.limit else 0
        current = input.observation.spec_replicas
        return tidegate.Proposal(replicas=current + more, reason=f"{value} against {self.limit}")


class NoPolicy:
    def recommend(self) -> int:
        return 3


def specification() -> tidegate.ScalingSpec:
    return tidegate.ScalingSpec(
        workload="web",
        max_replicas=7,
        metrics=[{"name": "queue", "target": {"average_value": "1500m"}}],
        behavior=tidegate.Behavior(
            scale_down={"stabilization_window_seconds": timedelta(minutes=1)}
        ),
    )


def typed() -> list[int]:
    spec = specification()
    seen = tidegate.Observation.all_ready(2, since=0.0)
    reading = tidegate.Reading(replicas=[tidegate.ReplicaReading(replica="replica-0", value=3)])
    output = tidegate.decide(
        spec, seen, [reading], None, 15.0, policies={"threshold": Threshold, "own": Threshold()}
    )
    window: float | None = None
    if spec.behavior is not None:
        window = spec.behavior.scale_down.stabilization_window_seconds
    assert window == 60.0
    stages: list[str] = [step.stage for step in output.decision.steps]
    assert stages
    with tidegate.Controller([spec], clock=tidegate.SimClock()) as controller:
        ticked = controller.tick()
    return [output.decision.desired, *(item.decision.desired for item in ticked.workloads)]


def wrong() -> None:
    tidegate.ScalingSpec(max_replicas="seven")  # type: ignore[arg-type]
    tidegate.ScalingSpec(max_replica=7)  # type: ignore[call-arg]
    tidegate.MetricSpec(type="Pod")  # type: ignore[arg-type]
    specification().max_replicas = 3  # type: ignore[misc]
    specification().metrics.append(tidegate.MetricSpec())  # type: ignore[attr-defined]
    tidegate.Controller([], policies={"none": NoPolicy()})  # type: ignore[dict-item]
    tidegate.SeriesStore().observe_many("queue", None, [1.0])  # type: ignore[arg-type]
